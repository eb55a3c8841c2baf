//! Values of a search: alternatives, parts and escapes.

/// Cuts at each unescaped separator. Escapes stay, for the next cut.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (index, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == separator {
            parts.push(&text[start..index]);
            start = index + letter.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Takes the escapes away: `\,` `\|` `\$` `\\`.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            _ => out.push(letter),
        }
    }
    out
}

/// The unescaped parts of a token or quantity.
pub(super) fn parts(text: &str) -> Vec<String> {
    split(text, '|').into_iter().map(unescape).collect()
}
