//! The tree of an expression.

use super::function::Function;
use crate::decimal::Decimal;

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `{}`.
    Empty,
    /// A value written in the expression.
    Literal(Literal),
    /// `$this`.
    This,
    /// `$index`.
    Index,
    /// `$total`.
    Total,
    /// `%name`.
    Variable(String),
    /// `target.name`; without target, on the focus.
    Member(Option<Box<Expr>>, String),
    /// `target.name(arguments)`; without target, on the focus.
    Call(Option<Box<Expr>>, Function, Vec<Expr>),
    /// `target[index]`.
    Item(Box<Expr>, Box<Expr>),
    /// `-operand`.
    Negative(Box<Expr>),
    /// `left operator right`.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `operand is Type`.
    Is(Box<Expr>, TypeName),
    /// `operand as Type`.
    As(Box<Expr>, TypeName),
}

/// A value written in an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`.
    Boolean(bool),
    /// `'text'`.
    String(String),
    /// `42`.
    Integer(i64),
    /// `4.20`.
    Decimal(Decimal),
    /// `@2026-11-21`.
    Date(String),
    /// `@2026-11-21T20:15:00Z`.
    DateTime(String),
    /// `@T20:15`.
    Time(String),
    /// `4 'mg'`, `2 days`.
    Quantity(Decimal, String),
}

/// `FHIR.Patient`, `System.String`, `Quantity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// `FHIR` or `System`, when written.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// Operators with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `*`
    Times,
    /// `/`
    DividedBy,
    /// `div`
    Div,
    /// `mod`
    Mod,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `&`
    Concatenate,
    /// `|`
    Union,
    /// `<=`
    AtMost,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `~`
    Equivalent,
    /// `!=`
    NotEqual,
    /// `!~`
    NotEquivalent,
    /// `in`
    In,
    /// `contains`
    Contains,
    /// `and`
    And,
    /// `or`
    Or,
    /// `xor`
    Xor,
    /// `implies`
    Implies,
}
