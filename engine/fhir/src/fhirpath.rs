//! FHIRPath (normative release N1): the whole grammar is parsed; the evaluator knows what search parameters and
//! invariants commonly use, and names what it does not know instead of guessing.

mod ast;
mod compare;
mod context;
mod eval;
mod functions;
mod item;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub use ast::{Expr, Literal, Operator, TypeName};
pub use context::{Conformance, Context, Resolve, STEPS, Terminology};
pub use eval::evaluate;
pub use item::{Element, Item};
pub use parser::parse;

use std::fmt;

/// Why an expression cannot be read or evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// Byte offset in the expression, when it could not be read.
    pub offset: Option<usize>,
    /// What is wrong, for the log and for developers.
    pub message: String,
}

impl PathError {
    fn new(message: impl Into<String>) -> Self {
        PathError { offset: None, message: message.into() }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} (at byte {offset})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for PathError {}
