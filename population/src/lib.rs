//! A synthetic region: invented people on the real geography of a region of France, with their professionals, places
//! of care, histories and documents. Same settings, same bytes.
//!
//! Level 6. Everything is drawn from a seed; nothing reads the clock or the system's chance. Start at [`Region`].

mod accounts;
mod calendar;
mod care;
mod clinic;
pub mod documents;
mod draw;
mod geo;
mod growth;
pub mod identifiers;
mod ins;
mod names;
mod person;
mod plan;
mod pyramid;
mod region;
mod resource;
pub mod systems;

pub use accounts::{AccountSeed, Represented, Represents, Role};
pub use documents::{cda, pdf, png};
pub use ins::{N13, ins_key};
pub use region::{PEOPLE_MAX, Region, Settings};
