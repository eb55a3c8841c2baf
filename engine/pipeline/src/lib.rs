//! One pipeline for every way in: FHIR, pages, imports.
//!
//! Parse → validate → the rooms' rules → the gate decides → commit and trace → answer. Knows no HTTP: `app` turns requests
//! into an [`Interaction`] or a [`PageCall`] and answers into bytes.

mod address;
mod bundle;
mod capabilities;
mod compartment;
mod conditions;
mod directory;
mod drafts;
mod entries;
mod execute;
mod frame;
mod history;
mod import;
mod include;
pub mod interaction;
pub mod jobs;
mod links;
mod openapi;
pub mod operations;
mod owner;
pub mod page;
pub mod pipeline;
pub mod plan;
mod query;
mod read;
pub mod room;
mod search;
mod shape;
pub mod subscriptions;
mod subset;
pub mod transaction;
mod turns;
mod write;

pub use frame::{PersonShown, View, encode};
pub use import::{ImportOutcome, Imported, Validation};
pub use interaction::{
    Address, Answer, Existing, Held, Interaction, Level, OperationInput, Patch, Prefer, Returned,
    StatementMode, Target,
};
pub use jobs::{Effects, Job, Next, Owner, Runner, Running, Step, Task, TaskState, Tasks, Wake, Work};
pub use operations::{Call, Definition, Operation, Place};
pub use page::{Form, Handler, Method, Page, PageAnswer, PageCall, Upload, Who};
pub use pipeline::{Pipeline, Settings};
pub use plan::{Draft, Plan, Verb, Via};
pub use room::{Authenticator, Credentials, Identified, Importer, Room, Rules};
pub use subset::shape;
pub use transaction::{outcome, stored};
