//! Builds the tree of an expression from its tokens, with the precedence of the N1 grammar.

use super::ast::{Expr, Literal, Operator, TypeName};
use super::function::Function;
use super::lexer::{Token, tokens};
use super::moment::{Kind, Moment};
use super::{PathError, ast, quantity};
use crate::decimal::Decimal;

/// Deepest nesting of an expression.
const DEPTH: usize = 64;
/// Longest expression, in tokens: a long path is a deep tree, and evaluation must not run out of stack.
const TOKENS: usize = 800;

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expr, PathError> {
    let tokens = tokens(text)?;
    if tokens.len() > TOKENS {
        return Err(PathError::new(format!("an expression has at most {TOKENS} tokens")));
    }
    let mut parser = Parser { tokens, at: 0, end: text.len(), depth: 0 };
    let expr = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(_) => Err(parser.wrong("the expression should end here")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
    depth: usize,
}

/// Loosest first; within one level, from left to right.
const LEVELS: [&[(&str, Operator)]; 9] = [
    &[("implies", Operator::Implies)],
    &[("or", Operator::Or), ("xor", Operator::Xor)],
    &[("and", Operator::And)],
    &[("in", Operator::In), ("contains", Operator::Contains)],
    &[
        ("=", Operator::Equal),
        ("~", Operator::Equivalent),
        ("!=", Operator::NotEqual),
        ("!~", Operator::NotEquivalent),
    ],
    &[("<=", Operator::AtMost), ("<", Operator::Less), (">", Operator::Greater), (">=", Operator::AtLeast)],
    &[("|", Operator::Union)],
    &[("+", Operator::Plus), ("-", Operator::Minus), ("&", Operator::Concatenate)],
    &[("*", Operator::Times), ("/", Operator::DividedBy), ("div", Operator::Div), ("mod", Operator::Mod)],
];
/// `is` and `as` bind tighter than `|` and looser than `+`.
const TYPE_LEVEL: usize = 7;

impl Parser {
    fn wrong(&self, message: &str) -> PathError {
        let offset = self.tokens.get(self.at).map_or(self.end, |(offset, _)| *offset);
        PathError { offset: Some(offset), message: message.to_owned() }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), PathError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.wrong(&format!("`{sign}` is expected"))) }
    }

    fn take_operator(&mut self, level: usize) -> Option<Operator> {
        let word = match self.peek()? {
            Token::Sign(sign) => (*sign).to_owned(),
            Token::Name(name) => name.clone(),
            _ => return None,
        };
        let (_, operator) = LEVELS[level].iter().find(|(known, _)| *known == word)?;
        self.at += 1;
        Some(*operator)
    }

    fn binary(&mut self, level: usize) -> Result<Expr, PathError> {
        if level == 0 {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(self.wrong("the expression is nested too deeply"));
            }
        }
        let mut left = self.next_level(level)?;
        while let Some(operator) = self.take_operator(level) {
            let right = self.next_level(level)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        if level == 0 {
            self.depth -= 1;
        }
        Ok(left)
    }

    fn next_level(&mut self, level: usize) -> Result<Expr, PathError> {
        let next = level + 1;
        if next == TYPE_LEVEL {
            return self.typed();
        }
        if next < LEVELS.len() { self.binary(next) } else { self.polarity() }
    }

    fn typed(&mut self) -> Result<Expr, PathError> {
        let mut operand = self.binary(TYPE_LEVEL)?;
        loop {
            let is = match self.peek() {
                Some(Token::Name(name)) if name == "is" => true,
                Some(Token::Name(name)) if name == "as" => false,
                _ => return Ok(operand),
            };
            self.at += 1;
            let type_name = self.type_name()?;
            operand = if is {
                Expr::Is(Box::new(operand), type_name)
            } else {
                Expr::As(Box::new(operand), type_name)
            };
        }
    }

    fn type_name(&mut self) -> Result<TypeName, PathError> {
        let first = self.identifier()?;
        if self.take_sign(".") {
            return Ok(TypeName { namespace: Some(first), name: self.identifier()? });
        }
        Ok(TypeName { namespace: None, name: first })
    }

    fn identifier(&mut self) -> Result<String, PathError> {
        match self.peek() {
            Some(Token::Name(name) | Token::Quoted(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.wrong("a name is expected")),
        }
    }

    fn polarity(&mut self) -> Result<Expr, PathError> {
        let mut negative = false;
        let mut signs = 0;
        loop {
            if self.take_sign("-") {
                negative = !negative;
            } else if !self.take_sign("+") {
                break;
            }
            signs += 1;
            if signs > DEPTH {
                return Err(self.wrong("the expression is nested too deeply"));
            }
        }
        let operand = self.path()?;
        Ok(if negative { Expr::Negative(Box::new(operand)) } else { operand })
    }

    /// A term with its `.name`, `.call()` and `[index]`.
    fn path(&mut self) -> Result<Expr, PathError> {
        let mut target = self.term()?;
        loop {
            if self.take_sign(".") {
                target = self.invocation(Some(Box::new(target)))?;
            } else if self.take_sign("[") {
                let index = self.binary(0)?;
                self.expect_sign("]")?;
                target = Expr::Item(Box::new(target), Box::new(index));
            } else {
                return Ok(target);
            }
        }
    }

    fn invocation(&mut self, target: Option<Box<Expr>>) -> Result<Expr, PathError> {
        if let Some(Token::Dollar(name)) = self.peek() {
            let expr = dollar(name).ok_or_else(|| self.wrong("$this, $index or $total is expected"))?;
            self.at += 1;
            return Ok(expr);
        }
        let name = self.identifier()?;
        if !self.take_sign("(") {
            return Ok(Expr::Member(target, name));
        }
        let known = Function::find(&name);
        let (function, fewest, most) =
            known.ok_or_else(|| self.wrong(&format!("the function {name}() is not known")))?;
        let mut arguments = Vec::new();
        if !self.take_sign(")") {
            loop {
                arguments.push(self.binary(0)?);
                if self.take_sign(")") {
                    break;
                }
                self.expect_sign(",")?;
            }
        }
        if !(fewest..=most).contains(&arguments.len()) {
            let message = format!("{name}() takes {fewest} to {most} arguments, not {}", arguments.len());
            return Err(self.wrong(&message));
        }
        Ok(Expr::Call(target, function, arguments))
    }

    fn term(&mut self) -> Result<Expr, PathError> {
        if self.take_sign("(") {
            let inner = self.binary(0)?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        if self.take_sign("{") {
            self.expect_sign("}")?;
            return Ok(Expr::Empty);
        }
        let Some(token) = self.peek().cloned() else {
            return Err(self.wrong("an expression is expected"));
        };
        let literal = match token {
            Token::Name(name) if name == "true" || name == "false" => Literal::Boolean(name == "true"),
            Token::Text(text) => Literal::String(text),
            Token::Number(number) => return self.number(&number),
            Token::Moment(moment) => self.moment(moment)?,
            Token::Variable(name) => {
                self.at += 1;
                return Ok(Expr::Variable(name));
            }
            _ => return self.invocation(None),
        };
        self.at += 1;
        Ok(Expr::Literal(literal))
    }

    fn number(&mut self, number: &str) -> Result<Expr, PathError> {
        let decimal = Decimal::parse(number).ok_or_else(|| self.wrong("a number is expected"))?;
        let whole = if number.contains('.') { None } else { number.parse::<i64>().ok() };
        self.at += 1;
        let unit = match self.peek() {
            Some(Token::Text(unit)) => Some(unit.clone()),
            Some(Token::Name(word)) => quantity::calendar_word(word).map(str::to_owned),
            _ => None,
        };
        if let Some(unit) = unit {
            self.at += 1;
            return Ok(Expr::Literal(Literal::Quantity(decimal, unit)));
        }
        Ok(Expr::Literal(whole.map_or(Literal::Decimal(decimal), Literal::Integer)))
    }

    fn moment(&self, moment: String) -> Result<ast::Literal, PathError> {
        let (kind, text) = match moment.split_once('T') {
            Some(("", time)) => (Kind::Time, time.to_owned()),
            Some(_) => (Kind::DateTime, moment),
            None => (Kind::Date, moment),
        };
        if Moment::parse(kind, &text).is_none() {
            return Err(self.wrong("a date, a date with a time or a time is expected after `@`"));
        }
        Ok(match kind {
            Kind::Time => Literal::Time(text),
            Kind::DateTime => Literal::DateTime(text),
            Kind::Date => Literal::Date(text),
        })
    }
}

fn dollar(name: &str) -> Option<Expr> {
    match name {
        "this" => Some(Expr::This),
        "index" => Some(Expr::Index),
        "total" => Some(Expr::Total),
        _ => None,
    }
}
