//! Promises of validation.
