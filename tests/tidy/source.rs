//! Rust text as a tidy rule looks at it: code without comments and strings, and the strings by themselves.

/// A source file taken apart. Both parts keep their line numbers.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The code; comments, strings and characters are blank.
    pub(super) code: String,
    /// Every string with the line it begins on, counted from 1.
    pub(super) strings: Vec<(usize, String)>,
}

impl Source {
    /// Takes a text apart.
    pub(super) fn of(text: &str) -> Source {
        let mut reader = Reader { rest: text, source: Source::default(), line: 1 };
        while !reader.rest.is_empty() {
            reader.step();
        }
        reader.source
    }

    /// Lines on which a word of the code stands by itself.
    pub(super) fn lines_with(&self, word: &str) -> Vec<usize> {
        let holds = |line: &str| line.match_indices(word).any(|(at, _)| stands_alone(line, at, word.len()));
        self.code.lines().enumerate().filter(|(_, line)| holds(line)).map(|(index, _)| index + 1).collect()
    }
}

/// True when what is found is no part of a longer name.
fn stands_alone(line: &str, at: usize, length: usize) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    !line[..at].ends_with(is_name) && !line[at + length..].starts_with(is_name)
}

struct Reader<'a> {
    rest: &'a str,
    source: Source,
    line: usize,
}

impl Reader<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            return self.skip(rest.find('\n').unwrap_or(rest.len()));
        }
        if rest.starts_with("/*") {
            return self.skip(block_comment(rest));
        }
        if let Some(hashes) = raw_string(rest, self.source.code.chars().last()) {
            let open = rest.find('"').expect("a raw string has a quotation mark") + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            let length = rest[open..].find(&end).unwrap_or(rest.len() - open);
            return self.string(open, length, end.len());
        }
        if let Some(inside) = rest.strip_prefix('"') {
            let length = plain_string(inside);
            return self.string(1, length, 1);
        }
        if let Some(length) = character(rest) {
            return self.skip(length);
        }
        let first = rest.chars().next().expect("there is a rest");
        self.take(first.len_utf8(), true);
    }

    fn string(&mut self, open: usize, length: usize, close: usize) {
        let text = self.rest[open..open + length].to_owned();
        self.source.strings.push((self.line, text));
        self.skip((open + length + close).min(self.rest.len()));
    }

    fn skip(&mut self, length: usize) {
        self.take(length, false);
    }

    fn take(&mut self, length: usize, is_code: bool) {
        let (taken, rest) = self.rest.split_at(length);
        for c in taken.chars() {
            self.line += usize::from(c == '\n');
            self.source.code.push(if is_code || c == '\n' { c } else { ' ' });
        }
        self.rest = rest;
    }
}

/// Length of a block comment, with those inside it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Number of `#` of a raw string that begins here; `None` when none does.
fn raw_string(text: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let rest = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = rest.chars().take_while(|c| *c == '#').count();
    rest[hashes..].starts_with('"').then_some(hashes)
}

/// Length of a string up to its closing mark.
fn plain_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Length of a character literal; `None` for a lifetime or anything else.
fn character(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    if let Some(escape) = rest.strip_prefix('\\') {
        let first = escape.chars().next()?.len_utf8();
        return escape[first..].find('\'').map(|end| end + first + 3);
    }
    let first = rest.chars().next()?.len_utf8();
    rest[first..].starts_with('\'').then_some(first + 2)
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn comments_and_strings_are_no_code() {
        let source = Source::of(
            "let a = \"unsafe\"; // unsafe\n/* unsafe /* unsafe */ unsafe */ let b = 'u';\nunsafe {}",
        );
        assert_eq!(source.lines_with("unsafe"), [3]);
        assert_eq!(source.strings, [(1, "unsafe".to_owned())]);
    }

    #[test]
    fn raw_strings_escapes_and_lifetimes_are_told_apart() {
        let source = Source::of(
            "fn f<'a>(x: &'a str) { g(r#\"a \"quoted\" word\"#, \"\\\"\", '\"', '\\'', b\"x\"); unsafe_code(); }",
        );
        let texts: Vec<&str> = source.strings.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["a \"quoted\" word", "\\\"", "x"]);
        assert!(source.lines_with("unsafe").is_empty(), "a longer name is another word");
        assert_eq!(source.lines_with("unsafe_code"), [1]);
    }

    #[test]
    fn a_string_over_several_lines_keeps_the_numbers_right() {
        let source = Source::of("f(\"one\ntwo\");\nnow()");
        assert_eq!(source.lines_with("now"), [3]);
        assert_eq!(source.strings[0].0, 1);
    }
}
