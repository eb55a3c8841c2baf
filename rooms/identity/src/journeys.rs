//! Whole ways through the room, on a real store: signing in, choosing, asking for access, applications and their tokens.
//! HTTP itself is left out: a browser here is a jar of cookies in front of the pipeline.

mod applications;
mod browser;
mod region;
mod sign_in;
mod workspace;
