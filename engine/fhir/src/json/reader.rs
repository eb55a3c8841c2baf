//! The strict JSON reader (RFC 8259) with positions for people.

use serde_json::{Map, Number, Value};
use socle_kernel::{Kind, Problem, limits};

/// Reads one document.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Reader { text, bytes: text.as_bytes(), at: 0 }
    }

    pub(super) fn read_document(mut self) -> Result<Value, Problem> {
        self.skip_blanks();
        let value = self.read_value(0)?;
        self.skip_blanks();
        if self.at < self.bytes.len() {
            return Err(self.wrong("la fin du texte", "the end of the text"));
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn read_value(&mut self, depth: usize) -> Result<Value, Problem> {
        match self.peek() {
            Some(b'{') => self.read_object(depth),
            Some(b'[') => self.read_array(depth),
            Some(b'"') => self.read_string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.read_number(),
            Some(b't') => self.read_word("true", Value::Bool(true)),
            Some(b'f') => self.read_word("false", Value::Bool(false)),
            Some(b'n') => self.read_word("null", Value::Null),
            _ => Err(self.wrong("une valeur JSON", "a JSON value")),
        }
    }

    fn read_word(&mut self, word: &str, value: Value) -> Result<Value, Problem> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.wrong("une valeur JSON", "a JSON value"))
        }
    }

    fn enter(&self, depth: usize) -> Result<usize, Problem> {
        if depth >= limits::NESTING {
            let (line, column) = self.position(self.at);
            return Err(Problem::new(
                Kind::Invalid,
                format!(
                    "L'imbrication dépasse {} niveaux (ligne {line}, colonne {column}).",
                    limits::NESTING
                ),
                format!("Nesting is deeper than {} levels (line {line}, column {column}).", limits::NESTING),
            )
            .coded("too-long")
            .expecting(format!("NESTING <= {}", limits::NESTING)));
        }
        Ok(depth + 1)
    }

    fn read_array(&mut self, depth: usize) -> Result<Value, Problem> {
        let depth = self.enter(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            self.skip_blanks();
            items.push(self.read_value(depth)?);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return Err(self.wrong("« , » ou « ] »", "`,` or `]`")),
            }
        }
    }

    fn read_object(&mut self, depth: usize) -> Result<Value, Problem> {
        let depth = self.enter(depth)?;
        self.at += 1;
        let mut members = Map::new();
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.wrong("un nom entre guillemets", "a name in quotation marks"));
            }
            let name = self.read_string()?;
            if members.contains_key(&name) {
                return Err(self.duplicate(&name, start));
            }
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(self.wrong("« : »", "`:`"));
            }
            self.at += 1;
            self.skip_blanks();
            let value = self.read_value(depth)?;
            members.insert(name, value);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.wrong("« , » ou « } »", "`,` or `}`")),
            }
        }
    }

    /// Reads a string; the current byte is its opening quotation mark.
    fn read_string(&mut self) -> Result<String, Problem> {
        self.at += 1;
        let mut out = String::new();
        let mut start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    out.push_str(&self.text[start..self.at]);
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(&self.text[start..self.at]);
                    self.at += 1;
                    out.push(self.read_escape()?);
                    start = self.at;
                }
                Some(byte) if byte >= 0x20 => self.at += 1,
                Some(_) => {
                    return Err(self.wrong(
                        "un caractère de contrôle échappé (\\n, \\t, \\u00..)",
                        "an escaped control character (\\n, \\t, \\u00..)",
                    ));
                }
                None => return Err(self.wrong("des guillemets fermants", "a closing quotation mark")),
            }
        }
    }

    fn read_escape(&mut self) -> Result<char, Problem> {
        let Some(byte) = self.peek() else {
            return Err(self.wrong("un échappement", "an escape"));
        };
        let plain = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.read_unicode_escape();
            }
            _ => return Err(self.wrong("un échappement JSON", "a JSON escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn read_unicode_escape(&mut self) -> Result<char, Problem> {
        let first = self.read_four_digits()?;
        let code = match first {
            0xd800..=0xdbff if self.bytes[self.at..].starts_with(b"\\u") => {
                self.at += 2;
                let second = self.read_four_digits()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self
                        .wrong("la seconde moitié d'une paire UTF-16", "the second half of a UTF-16 pair"));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code => code,
        };
        char::from_u32(code)
            .ok_or_else(|| self.wrong("un caractère Unicode entier", "a complete Unicode character"))
    }

    fn read_four_digits(&mut self) -> Result<u32, Problem> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.wrong("quatre chiffres hexadécimaux", "four hexadecimal digits"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn read_number(&mut self) -> Result<Value, Problem> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.wrong("un nombre sans zéro initial", "a number without leading zero"));
            }
        } else {
            self.read_digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.read_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.read_digits()?;
        }
        let text = &self.text[start..self.at];
        // Kept as written, `1E-22` too: this text is a JSON number, every digit of it was looked at above.
        Ok(Value::Number(Number::from_string_unchecked(text.to_owned())))
    }

    fn read_digits(&mut self) -> Result<(), Problem> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("un chiffre", "a digit")) } else { Ok(()) }
    }

    /// Line and column (in characters), both from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        (line, column)
    }

    fn wrong(&self, expected_fr: &str, expected_en: &str) -> Problem {
        let (line, column) = self.position(self.at);
        let received = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "end of text".to_owned(),
            Some(found) => found.escape_debug().to_string(),
        };
        Problem::new(
            Kind::Invalid,
            format!("JSON illisible à la ligne {line}, colonne {column} : {expected_fr} est attendu ici."),
            format!("Unreadable JSON at line {line}, column {column}: {expected_en} is expected here."),
        )
        .coded("structure")
        .expecting(expected_en)
        .receiving(received)
    }

    fn duplicate(&self, name: &str, at: usize) -> Problem {
        let (line, column) = self.position(at);
        Problem::new(
            Kind::Invalid,
            format!(
                "Le nom « {name} » est écrit deux fois dans le même objet (ligne {line}, colonne {column})."
            ),
            format!("The name `{name}` occurs twice in the same object (line {line}, column {column})."),
        )
        .coded("structure")
    }
}
