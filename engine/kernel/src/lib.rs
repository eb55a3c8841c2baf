//! The base of Socle: ids, clock, chance, principals, purposes, problems, sensitive values, limits.
//!
//! Level 0. No IO but the two files that read the clock and draw chance. Everything above depends on it, so it
//! stays tiny and changes rarely.

pub mod chance;
pub mod clock;
pub mod ids;
pub mod limits;
pub mod principal;
pub mod problem;
pub mod resource_type;
pub mod sensitive;
pub mod words;

pub use chance::{Chance, SeededChance, SystemChance};
pub use clock::{Clock, Instant, ManualClock, SystemClock};
pub use ids::{HomeId, IdCipher, Key, Seq};
pub use principal::{Capacity, Principal, Profession, Purpose, Subject, WorkSituation};
pub use problem::{Issue, Kind, Problem, Severity};
pub use resource_type::ResourceType;
pub use sensitive::Sensitive;
pub use words::{Lang, Words};
