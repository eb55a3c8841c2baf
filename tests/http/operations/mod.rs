//! Operations (`$name`), one file each.

mod asking;
mod document;
mod everything;
mod fhirpath;
mod lastn;
mod meta;
mod terminology;
mod validate;
