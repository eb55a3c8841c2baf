//! `_filter`: expressions over search parameters (the grammar of the R4 page).
//!
//! `and` and `or` are read from left to right, without one binding tighter than the other; parentheses say otherwise.
//! `not(…)` is the opposite. A test is a path, an operator and a value; it holds when one value of the parameter passes.

use super::ask::{self, Depth};
use super::refusals::{Refusal, bad_value, too_many, unknown};
use super::test;
use super::tree::Node;
use super::{Asks, Leaf, Query};
use crate::search::parameter;
use socle_kernel::{Kind, Problem};

/// Parentheses inside each other.
const NESTING: usize = 16;

/// The operators of `_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Lt,
    Ge,
    Le,
    Ap,
    Sa,
    Eb,
    Pr,
    Po,
    Ss,
    Sb,
    In,
    Ni,
    Re,
}

/// Every operator as it is written.
pub(super) const OPERATORS: [(&str, Operator); 19] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("co", Operator::Co),
    ("sw", Operator::Sw),
    ("ew", Operator::Ew),
    ("gt", Operator::Gt),
    ("lt", Operator::Lt),
    ("ge", Operator::Ge),
    ("le", Operator::Le),
    ("ap", Operator::Ap),
    ("sa", Operator::Sa),
    ("eb", Operator::Eb),
    ("pr", Operator::Pr),
    ("po", Operator::Po),
    ("ss", Operator::Ss),
    ("sb", Operator::Sb),
    ("in", Operator::In),
    ("ni", Operator::Ni),
    ("re", Operator::Re),
];

impl Operator {
    fn from_code(code: &str) -> Option<Self> {
        OPERATORS.iter().find(|(known, _)| *known == code).map(|(_, operator)| *operator)
    }

    /// As it is written.
    pub(super) fn code(self) -> &'static str {
        OPERATORS.iter().find(|(_, known)| *known == self).map_or("", |(code, _)| code)
    }
}

/// Reads an expression; its leaves and sub-questions go to the query.
pub(super) fn filter(query: &mut Query, text: &str, depth: Depth) -> Result<Node, Refusal> {
    let mut reader = Reader { text, at: 0, depth };
    let node = reader.expression(query, 0)?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.wrong("and, or, end").into());
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: Depth,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, mark: char) -> bool {
        let is_there = self.rest().starts_with(mark);
        self.at += usize::from(is_there) * mark.len_utf8();
        is_there
    }

    /// The letters up to a blank or a mark of the grammar.
    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !is_part(letter)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes a keyword that stands alone.
    fn keyword(&mut self, keyword: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(keyword) else { return false };
        let is_alone = after.chars().next().is_none_or(|next| next.is_whitespace() || next == '(');
        if is_alone {
            self.at += keyword.len();
        }
        is_alone
    }

    fn wrong(&self, expected: &str) -> Problem {
        let place = self.text[..self.at].chars().count() + 1;
        let received: String = self.rest().chars().take(40).collect();
        Problem::new(
            Kind::Invalid,
            format!("L'expression de « _filter » ne se lit pas à partir du caractère {place}."),
            format!("The expression of `_filter` cannot be read from character {place}."),
        )
        .coded("value")
        .at("_filter")
        .expecting(expected)
        .receiving(received)
    }

    fn expression(&mut self, query: &mut Query, nesting: usize) -> Result<Node, Refusal> {
        let mut found = self.term(query, nesting)?;
        loop {
            self.skip_blanks();
            let is_and = self.keyword("and");
            if !is_and && !self.keyword("or") {
                return Ok(found);
            }
            let next = self.term(query, nesting)?;
            found = if is_and { Node::All(vec![found, next]) } else { Node::Any(vec![found, next]) };
        }
    }

    fn term(&mut self, query: &mut Query, nesting: usize) -> Result<Node, Refusal> {
        if nesting > NESTING {
            let limit = ("NESTING", NESTING);
            return Err(too_many("_filter", ["parenthèses", "parentheses"], limit, nesting).into());
        }
        self.skip_blanks();
        let start = self.at;
        let is_negated = self.keyword("not");
        self.skip_blanks();
        if is_negated && !self.rest().starts_with('(') {
            self.at = start;
            return Err(self.wrong("not(…)").into());
        }
        if self.take('(') {
            let inner = self.expression(query, nesting + 1)?;
            self.skip_blanks();
            if !self.take(')') {
                return Err(self.wrong(")").into());
            }
            return Ok(if is_negated { Node::Not(Box::new(inner)) } else { inner });
        }
        self.test(query)
    }

    /// `path operator value`.
    fn test(&mut self, query: &mut Query) -> Result<Node, Refusal> {
        let start = self.at;
        let first = self.name()?;
        let bracket = self.bracket()?;
        let path_rest = self.take('.').then_some(self.at);
        if path_rest.is_some() {
            self.path()?;
        } else if bracket.is_some() {
            return Err(self.wrong(".").into());
        }
        let path = &self.text[start..self.at];
        self.skip_blanks();
        let before = self.at;
        let operator = Operator::from_code(self.word(|letter| letter.is_ascii_alphabetic()));
        let Some(operator) = operator.filter(|_| self.rest().starts_with(char::is_whitespace)) else {
            self.at = before;
            return Err(self.wrong(&OPERATORS.map(|(code, _)| code).join(", ")).into());
        };
        self.skip_blanks();
        let value = self.value()?;
        let Some(rest) = path_rest.filter(|_| parameter(query.resource_type, path).is_none()) else {
            return self.simple(query, path, operator, &value);
        };
        let below = &self.text[rest..self.at];
        let below = match bracket {
            Some(condition) => format!("({condition}) and {below}"),
            None => below.to_owned(),
        };
        let (code, named) = first.split_once(':').map_or((first, None), |(code, named)| (code, Some(named)));
        let Some(known) = parameter(query.resource_type, code) else {
            return Err(Refusal::Wrong(unknown(query.resource_type, code)));
        };
        let leaf = ask::chain_to(query, known, named, (path, "_filter"), &below, self.depth)?;
        Ok(Node::Leaf(leaf))
    }

    fn simple(
        &mut self,
        query: &mut Query,
        path: &str,
        operator: Operator,
        value: &str,
    ) -> Result<Node, Refusal> {
        if path.starts_with("_has:") {
            let (before, code) = path.rsplit_once(':').unwrap_or((path, ""));
            let inner = format!("{code} {} {}", operator.code(), serde_json::Value::from(value));
            let leaf = ask::has(query, &format!("{before}:_filter"), &inner, self.depth)?;
            return Ok(Node::Leaf(leaf));
        }
        let leaf = match path {
            "_id" | "_lastUpdated" => row_leaf(path, operator, value)?,
            _ => {
                let Some(known) = parameter(query.resource_type, path) else {
                    return Err(Refusal::Wrong(unknown(query.resource_type, path)));
                };
                test::filtered(known, operator, value)?
            }
        };
        Ok(Node::Leaf(query.leaf(leaf, "_filter")?))
    }

    fn name(&mut self) -> Result<&'a str, Problem> {
        let name = self.word(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | ':'));
        if name.is_empty() { Err(self.wrong("parameter, not(…), (…)")) } else { Ok(name) }
    }

    /// `[filter]`, as its text.
    fn bracket(&mut self) -> Result<Option<&'a str>, Problem> {
        if !self.take('[') {
            return Ok(None);
        }
        let start = self.at;
        let (mut open, mut is_quoted, mut is_escaped) = (1_usize, false, false);
        for (index, letter) in self.rest().char_indices() {
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                '[' if !is_quoted => open += 1,
                ']' if !is_quoted => open -= 1,
                _ => {}
            }
            if open == 0 {
                self.at = start + index + 1;
                return Ok(Some(&self.text[start..start + index]));
            }
        }
        Err(self.wrong("]"))
    }

    fn path(&mut self) -> Result<(), Problem> {
        loop {
            self.name()?;
            self.bracket()?;
            if !self.take('.') {
                return Ok(());
            }
        }
    }

    /// A JSON string, or letters up to a blank, `)` or `]`.
    fn value(&mut self) -> Result<String, Problem> {
        if !self.rest().starts_with('"') {
            let word = self.word(|letter| !letter.is_whitespace() && letter != ')' && letter != ']');
            return if word.is_empty() { Err(self.wrong("\"text\", value")) } else { Ok(word.to_owned()) };
        }
        let mut escaped = false;
        let end = self.rest().char_indices().skip(1).find_map(|(index, letter)| {
            let is_end = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            is_end.then_some(index + 1)
        });
        let text = end.and_then(|end| serde_json::from_str::<String>(&self.rest()[..end]).ok());
        let (Some(end), Some(text)) = (end, text) else { return Err(self.wrong("\"text\"")) };
        self.at += end;
        Ok(text)
    }
}

/// `pr`: `true` or `false`.
pub(super) fn presence(value: &str) -> Result<bool, Problem> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad_value("_filter", value, "pr true, pr false")),
    }
}

fn row_leaf(path: &str, operator: Operator, value: &str) -> Result<Leaf, Problem> {
    if operator == Operator::Pr {
        return Ok(Leaf { is_negated: !presence(value)?, ..Leaf::of_row(Asks::Always) });
    }
    if path == "_lastUpdated" {
        return Ok(Leaf::of_row(Asks::LastUpdated(vec![test::date_filter(path, operator, value)?])));
    }
    let is_negated = match operator {
        Operator::Eq => false,
        Operator::Ne => true,
        _ => return Err(test::bad_operator(path, operator, "eq, ne, pr")),
    };
    Ok(Leaf { is_negated, ..Leaf::of_row(Asks::Ids(vec![value.to_owned()])) })
}
