//! Homes, versions, sketches, keys, drawers, change feed, audit log, blobs. The only SQL in the project.
