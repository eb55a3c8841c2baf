//! Documents as they circulate: PDF, text, image, CDA, and the FHIR resources that publish them.

pub mod cda;
pub(crate) mod kinds;
pub mod pdf;
pub mod png;
pub(crate) mod publish;
pub mod sheet;
mod text;
pub(crate) mod visibility;

pub(crate) use text::plain;
