//! What every test stands on: the real program on a region of invented people, and words of the domain to drive it.

pub mod browser;
pub mod builders;
pub mod client;
pub mod program;
pub mod receiver;
pub mod region;
pub mod totp;
pub mod webdriver;

pub use browser::Browser;
pub use builders::{Person, Published, a_document, a_person};
pub use client::{Client, Reply};
pub use region::{as_login, region};
