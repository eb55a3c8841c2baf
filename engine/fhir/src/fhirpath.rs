//! FHIRPath: the normative release N1, the functions of FHIR R4, and what the official suite asks of the next release.
//!
//! An expression is parsed once ([`parse`], or [`compiled`] for those of definitions) and evaluated on borrowed JSON. What
//! it calls and how is checked when it is parsed; [`check`] also looks for elements and types that cannot be.

mod arithmetic;
mod ast;
mod cache;
mod check;
mod compare;
mod condition;
mod context;
mod eval;
mod few;
mod function;
mod functions;
mod item;
mod lexer;
mod moment;
mod number;
mod parser;
mod quantity;
#[cfg(test)]
mod tests;
mod types;

pub use ast::{Expr, Literal, Operator, TypeName};
pub use cache::compiled;
pub use check::check;
pub use context::{Conformance, Context, Resolve, STEPS, Terminology};
pub use eval::{evaluate, holds, is_broken};
pub use function::{Function, Target};
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
