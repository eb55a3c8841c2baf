//! Every limit of the platform has a name here. A limit that is met is told to the caller with this name.

use std::time::Duration;

/// Largest request body that is not a document, in bytes.
pub const BODY_BYTES: usize = 32 * 1024 * 1024;
/// Largest document content (a PDF, an image, a CDA), in bytes.
pub const DOCUMENT_BYTES: usize = 20 * 1024 * 1024;
/// Deepest nesting of a JSON or XML input.
pub const NESTING: usize = 64;
/// Entries of one Bundle given to `transaction` or `batch`.
pub const BUNDLE_ENTRIES: usize = 25_000;
/// Resources that one deletion by condition may delete together, where the operator allows several.
pub const DELETED_TOGETHER: usize = 1_000;
/// Steps of the change feed that one page of a history of a type or of the system may look at; past it the answer is `too-costly`.
pub const HISTORY_STEPS: usize = 250_000;
/// Longest address (path and query), in bytes.
pub const URI_BYTES: usize = 16 * 1024;
/// Results on one page of a search, when the caller names no number.
pub const PAGE_DEFAULT: usize = 20;
/// Results on one page of a search, at most.
pub const PAGE_MAX: usize = 1_000;
/// Rows that a search which names neither a person nor a key may look at before it answers `too-costly`.
pub const SCAN_ROWS: usize = 250_000;
/// Search parameters of one request.
pub const SEARCH_PARAMETERS: usize = 64;
/// Searches below a search: steps of a chain, reverse chains inside each other.
pub const SEARCH_DEPTH: usize = 4;
/// Types that one chained parameter may lead to before it must name one.
pub const SEARCH_CHAIN_TYPES: usize = 8;
/// Parameters in one `Parameters` resource given to an operation.
pub const OPERATION_PARAMETERS: usize = 1_000;
/// References to which one sub-question of a search (a chain, `_has`, `_list`) may lead.
pub const SEARCH_ANSWERS: usize = 10_000;
/// Alternatives (comma-separated) of one search parameter.
pub const SEARCH_ALTERNATIVES: usize = 256;
/// Requests that may wait for the writer; past it the answer is 503 with `Retry-After`.
pub const WRITE_QUEUE: usize = 4_096;
/// Bytes of commits that may wait for the writer; past it the answer is 503 with `Retry-After`.
pub const WRITE_QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// Longest wait for a view of the data when all are taken; past it the answer is 503 with `Retry-After`.
pub const SNAPSHOT_WAIT: Duration = Duration::from_secs(5);
/// Commits the writer puts into one transaction.
pub const GROUP_COMMIT: usize = 256;
/// How often a write that lost a race is tried again when the caller named no version.
pub const WRITE_RETRIES: usize = 5;
/// Longest a search by people's names goes on, in people.
pub const PEOPLE_FOUND: usize = 200;
/// Entities one audit line names; a page of more is traced as several lines.
pub const AUDIT_ENTITIES: usize = 100;
/// How often the head of the audit log is signed.
pub const AUDIT_HEAD_EVERY: Duration = Duration::from_secs(10);
/// How long a request may take before it is cut.
pub const REQUEST_TIME: Duration = Duration::from_secs(120);
/// How long a page session lasts at most (Pro Santé Connect: 4 h).
pub const SESSION_TIME: Duration = Duration::from_secs(4 * 3600);
/// How long a page session lasts without a request.
pub const SESSION_IDLE: Duration = Duration::from_secs(30 * 60);
/// Life of an access token given to an application.
pub const ACCESS_TOKEN_TIME: Duration = Duration::from_secs(10 * 60);
/// Life of a refresh token.
pub const REFRESH_TOKEN_TIME: Duration = Duration::from_secs(30 * 60);
/// Life of an authorization code.
pub const CODE_TIME: Duration = Duration::from_secs(60);
/// Life of a token printed by `socle token` (demonstration stores only).
pub const DEMO_TOKEN_TIME: Duration = Duration::from_secs(12 * 3600);
/// Wrong passwords or codes for one account before it is locked for [`LOCK_TIME`].
pub const SIGN_IN_FAILURES: u32 = 5;
/// How long a locked account stays locked.
pub const LOCK_TIME: Duration = Duration::from_secs(15 * 60);
/// Sign-in attempts from one network address in a minute.
pub const SIGN_IN_PER_MINUTE: u32 = 30;
/// Share of the disk that must stay free, in bytes, before writes are refused.
pub const DISK_RESERVE_BYTES: u64 = 64 * 1024 * 1024;
/// Changes that one step of a job is given.
pub const JOB_FEED_BATCH: usize = 500;
/// How long a process may work on a job or task before another one may take it over; it is prolonged at each step.
pub const JOB_LEASE_TIME: Duration = Duration::from_secs(60);
/// Wait after the first failure of a job; doubled at each one that follows.
pub const JOB_RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest wait between two attempts of a job.
pub const JOB_RETRY_LONGEST: Duration = Duration::from_secs(5 * 60);
/// Shortest rest of a job with nothing to do.
pub const JOB_REST_SHORTEST: Duration = Duration::from_millis(20);
/// Longest rest of a job before it looks again by itself.
pub const JOB_REST_LONGEST: Duration = Duration::from_secs(30);
/// How long jobs may take to end their step when the program stops.
pub const JOB_STOP_TIME: Duration = Duration::from_secs(10);
/// Attempts at one step of a task before it is given up.
pub const TASK_ATTEMPTS: u32 = 8;
/// How long a task that has ended is kept with its result.
pub const TASK_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Tasks of one caller that may be under way or waiting.
pub const TASKS_OF_ONE: usize = 5;
/// Subscriptions of one caller.
pub const SUBSCRIPTIONS_OF_ONE: usize = 50;
/// Subscriptions in all.
pub const SUBSCRIPTIONS: usize = 2_000;
/// How often subscriptions are looked at when nothing calls.
pub const SUBSCRIPTION_LOOK_EVERY: Duration = Duration::from_secs(30);
/// Changes noted for one subscription and not yet told; past it the subscription is given up.
pub const SUBSCRIPTION_BACKLOG: u64 = 10_000;
/// Subscriptions that are attended to at the same moment.
pub const SUBSCRIPTIONS_AT_ONCE: usize = 16;
/// Longest time that one delivery may take.
pub const DELIVERY_TIME: Duration = Duration::from_secs(30);
/// How long the others wait for a slow delivery before they go on without it.
pub const DELIVERY_PATIENCE: Duration = Duration::from_millis(500);
/// Shortest time between two notifications of one subscription; what happens meanwhile goes into the next one.
pub const DELIVERY_SPACING: Duration = Duration::from_millis(200);
/// Wait after the first failed delivery; doubled at each one that follows.
pub const DELIVERY_RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest wait between two attempts of a delivery.
pub const DELIVERY_RETRY_LONGEST: Duration = Duration::from_secs(10 * 60);
/// Failed deliveries in a row before a subscription is given up.
pub const DELIVERY_ATTEMPTS: u32 = 12;
/// Deliveries that the history of a subscription tells of.
pub const DELIVERY_HISTORY: usize = 20;
/// How long an event that was delivered can be asked for again.
pub const EVENT_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// Events in one notification, at most.
pub const NOTIFICATION_EVENTS: usize = 100;
/// Events in one notification, when the subscription says nothing.
pub const NOTIFICATION_EVENTS_DEFAULT: usize = 20;
/// Headers that a subscription may ask to send along.
pub const NOTIFICATION_HEADERS: usize = 10;
/// Shortest time between two signs of life.
pub const HEARTBEAT_SHORTEST: Duration = Duration::from_secs(10);
/// Longest time between two signs of life.
pub const HEARTBEAT_LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Life of a token that binds a connection to subscriptions.
pub const BINDING_TOKEN_TIME: Duration = Duration::from_secs(5 * 60);
/// How often an open connection checks that its owner still holds what they showed.
pub const LIVE_CHECK_EVERY: Duration = Duration::from_secs(10);
/// Connections for notifications open at the same time.
pub const LIVE_CONNECTIONS: usize = 1_000;
