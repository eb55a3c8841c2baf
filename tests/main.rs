//! The tests of the whole program, in one binary so that its server starts once: `cargo test -p socle --test socle`.
//!
//! | folder | what it holds |
//! |---|---|
//! | `harness/` | the program, its clients, browsers and builders |
//! | `http/` | the FHIR API by interaction, and the publishing and finding of documents |
//! | `access/` | role × label × act (`table.txt`), and the refusal of every route (`routes.txt`) |
//! | `clients/` | FHIR clients of other people |
//! | `journeys/` | whole stories, without scripts and in a real browser |
//! | `pages/` | every page: structure, accessibility, weight |
//! | `conformance/` | data that this project did not make |
//! | `faults/` | power cuts, races, tampering, bad input |

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod access;
mod clients;
mod conformance;
mod faults;
mod harness;
mod http;
mod journeys;
mod pages;
mod tidy;
