//! Subscriptions in a store of their own: a carrier that remembers, a clock that tests move, people with and without rights.

mod house;
mod telling;
mod terms;
