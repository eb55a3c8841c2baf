//! The pipeline as a whole on real stores: `cargo test -p socle-pipeline --test pipeline`.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod hidden;
