//! The HTTP face: requests into interactions and page calls, answers into bytes. Knows no room.

pub mod console;
pub mod fhir;
pub mod forms;
pub mod live;
pub mod outcome;
pub mod page;
pub mod public;
pub mod request;
pub mod router;
mod websocket;
