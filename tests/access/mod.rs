//! Who may do what, and that nobody may without having signed in.

mod routes;
mod table;
