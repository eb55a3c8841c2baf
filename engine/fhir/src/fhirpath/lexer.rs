//! Cuts an expression into tokens.

use super::PathError;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Name(String),
    /// A name in backquotes: never a keyword.
    Quoted(String),
    /// A text literal.
    Text(String),
    /// A number, as written.
    Number(String),
    /// `@…`, without the `@`.
    Moment(String),
    /// `%name`.
    Variable(String),
    /// `$this`, `$index`, `$total`.
    Dollar(String),
    /// Punctuation and operators.
    Sign(&'static str),
}

const SIGNS: [&str; 22] = [
    "!=", "!~", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/", "&", "|", "<", ">",
    "=", "~",
];

/// The tokens with their byte offsets.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, PathError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    while let Some(token) = lexer.next()? {
        out.push(token);
    }
    Ok(out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn wrong(&self, message: &str) -> PathError {
        PathError { offset: Some(self.at), message: message.to_owned() }
    }

    fn next(&mut self) -> Result<Option<(usize, Token)>, PathError> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '\'' => Token::Text(self.quoted('\'')?),
            '`' => Token::Quoted(self.quoted('`')?),
            '@' => {
                self.at += 1;
                Token::Moment(self.moment())
            }
            '%' => {
                self.at += 1;
                Token::Variable(match self.rest().chars().next() {
                    Some('`') => self.quoted('`')?,
                    Some('\'') => self.quoted('\'')?,
                    _ => self.name()?,
                })
            }
            '$' => {
                self.at += 1;
                Token::Dollar(self.name()?)
            }
            '0'..='9' => Token::Number(self.number()),
            'a'..='z' | 'A'..='Z' | '_' => Token::Name(self.name()?),
            _ => {
                let sign = SIGNS.iter().find(|sign| self.rest().starts_with(**sign));
                let sign = sign.ok_or_else(|| self.wrong("unexpected character"))?;
                self.at += sign.len();
                Token::Sign(sign)
            }
        };
        Ok(Some((start, token)))
    }

    fn skip_blanks(&mut self) -> Result<(), PathError> {
        loop {
            let text = self.text;
            let trimmed = text[self.at..].trim_start();
            self.at = text.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let end = trimmed.find("*/").ok_or_else(|| self.wrong("comment without end"))?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let taken: String = self.rest().chars().take_while(|letter| keep(*letter)).collect();
        self.at += taken.len();
        taken
    }

    fn name(&mut self) -> Result<String, PathError> {
        let name = self.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if name.is_empty() { Err(self.wrong("a name is expected")) } else { Ok(name) }
    }

    fn number(&mut self) -> String {
        let mut number = self.take_while(|letter| letter.is_ascii_digit());
        let mut after = self.rest().chars();
        if after.next() == Some('.') && after.next().is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
            number.push('.');
            number += &self.take_while(|letter| letter.is_ascii_digit());
        }
        number
    }

    /// `2026-11-21T20:15:00.000+01:00`; a dot counts only when a digit follows (`@2026.toString()`).
    fn moment(&mut self) -> String {
        let bytes = self.rest().as_bytes();
        let mut end = 0;
        let mut has_time = false;
        while let Some(byte) = bytes.get(end) {
            let is_next_digit = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            let belongs = match byte {
                b'0'..=b'9' => true,
                b'-' => is_next_digit,
                b'T' => !has_time,
                b':' | b'+' | b'.' => has_time && is_next_digit,
                b'Z' => has_time,
                _ => false,
            };
            if !belongs {
                break;
            }
            has_time |= *byte == b'T';
            end += 1;
        }
        let moment = self.rest()[..end].to_owned();
        self.at += end;
        moment
    }

    fn quoted(&mut self, mark: char) -> Result<String, PathError> {
        let mut out = String::new();
        let mut letters = self.text[self.at + 1..].char_indices();
        let base = self.at + 1;
        while let Some((index, letter)) = letters.next() {
            if letter == mark {
                self.at = base + index + 1;
                return Ok(out);
            }
            if letter != '\\' {
                out.push(letter);
                continue;
            }
            match letters.next().map(|(_, escaped)| escaped) {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('f') => out.push('\u{c}'),
                Some('u') => {
                    let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    out.push(code.ok_or_else(|| self.wrong("a Unicode escape has four hexadecimal digits"))?);
                }
                Some(escaped) => out.push(escaped),
                None => break,
            }
        }
        Err(self.wrong("text without closing mark"))
    }
}
