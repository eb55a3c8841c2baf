//! FHIR R4 as values: JSON, definitions, validation, search, patch. No IO.
//!
//! Level 1. Everything here is a function of its arguments: the store, the pipeline and the rooms give it resources as
//! JSON values and get values, issues or bytes back. Tables of definitions are embedded and unpacked on first use.

pub mod date;
pub mod decimal;
pub mod definitions;
pub mod fhirpath;
pub mod index;
pub mod json;
pub mod names;
pub mod owner;
pub mod packages;
pub mod patch;
pub mod query;
pub mod reference;
pub mod search;
pub mod terminology;
pub mod ucum;
pub mod validate;

pub use index::{Indexed, PersonNames, index};
pub use json::{Head, compose, head, parse, to_text};
pub use names::normalise_name;
pub use owner::{Owner, owner};
pub use patch::{apply_fhirpath_patch, apply_json_patch, changed_elements};
pub use query::{
    Ask, AskKind, Contained, ContainedType, Include, Lead, PersonFilter, Query, RowFacts, SubSearch, Summary,
    Total, parse_query, parse_system_query,
};
pub use reference::{Reference, rewrite_links, rewrite_references};
pub use search::reference::Literal;
pub use search::sketch::Sketch;
pub use search::{ParamKind, Parameter, care_period, parameter, parameters};
pub use serde_json::Value;
pub use validate::check;
