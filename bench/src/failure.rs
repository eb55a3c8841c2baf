//! What a measurement can fail of. It ends there: a figure measured beside a failure means nothing.

use std::fmt;

/// Why there is no figure.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// In a sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Failure(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure(error.to_string())
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Failure(format!("HTTP: {error}"))
    }
}

impl From<hyper::http::Error> for Failure {
    fn from(error: hyper::http::Error) -> Self {
        Failure(format!("a request that cannot be written: {error}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure(format!("an answer that is not the JSON expected: {error}"))
    }
}
