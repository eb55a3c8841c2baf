//! Promises of patches.
