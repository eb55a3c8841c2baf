//! What goes wrong in the world: power cuts, races, tampering, bad input, a bad environment.

mod bad_input;
mod environment;
mod notifications;
mod paths;
mod power;
mod races;
mod tampering;
