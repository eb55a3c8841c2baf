//! The one door to the data: principals in, decisions out, and no answer without its trace.
//!
//! Only this crate may open the store. Everything above works through a [`Session`], whose answers are filtered by the
//! decision and whose result leaves only through [`Session::close`], which makes the trace durable first.

pub mod audit;
mod audit_event;
pub mod compartment;
pub mod decide;
pub mod drawers;
mod facts;
pub mod gate;
mod hidden;
mod history;
mod jobs;
mod kinds;
pub mod labels;
mod log;
pub mod matrix;
pub mod policy;
mod redact;
pub mod scopes;
pub mod search;
mod search_log;
pub mod session;
mod trace;
pub mod write;

pub use audit::{Deed, Entry, Outcome};
pub use compartment::{Glance, Seen};
pub use decide::{Act, Decision, Reason, Relation, Standing};
pub use drawers::{Drawers, Kept};
pub use gate::{Gate, Options};
pub use history::{History, HistoryPage};
pub use matrix::Matrix;
pub use policy::HomePolicy;
pub use search::{Compartment, Found, Page, Part, Search, Where};
pub use session::Session;
pub use socle_store::{
    AuditReport, BlobPlace, BlobRef, DrawerWrite, FeedStep, PersonQuery, PlatformKeys, StoreConfig,
    StoreError, StoreFigures, verify_file,
};
pub use trace::Traced;
pub use write::{Change, Written};
