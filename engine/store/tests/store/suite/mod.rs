//! What every database must do. Each function takes an open, empty store.

pub mod audit;
pub mod blobs;
pub mod drawers;
pub mod erasure;
pub mod feed;
pub mod keys;
pub mod model;
pub mod people;
pub mod races;
pub mod resources;
