//! The store, through its door.
//!
//! `suite` holds what every database must do; `sqlite` runs it on SQLite and adds what only concerns its files.

mod builders;
mod sqlite;
mod suite;
