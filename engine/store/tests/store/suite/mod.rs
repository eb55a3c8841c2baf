//! What every database must do. Each function takes an open, empty store.

pub mod resources;
