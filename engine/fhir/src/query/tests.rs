//! Promises of searches.
