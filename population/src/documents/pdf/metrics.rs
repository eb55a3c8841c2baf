//! Widths and encoding of the built-in Helvetica, so that lines break where they should.

use unicode_normalization::UnicodeNormalization;

/// Widths of the characters 32 to 126, in thousandths of the size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const USUAL_WIDTH: u16 = 556;

/// The text in WinAnsi; what it cannot write becomes `?`.
pub(super) fn encode(text: &str) -> Vec<u8> {
    text.chars().map(encode_letter).collect()
}

fn encode_letter(letter: char) -> u8 {
    match letter {
        ' '..='~' => letter as u8,
        '\u{a0}'..='\u{ff}' => letter as u32 as u8,
        '€' => 0x80,
        '…' => 0x85,
        'Œ' => 0x8c,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '–' => 0x96,
        '—' => 0x97,
        'œ' => 0x9c,
        'Ÿ' => 0x9f,
        '\u{202f}' | '\u{2009}' => 0xa0,
        _ => b'?',
    }
}

/// Width of a text at a size, in points.
pub(super) fn width(text: &str, size: f32) -> f32 {
    let thousandths: u32 = text.chars().map(letter_width).sum();
    thousandths as f32 * size / 1000.0
}

fn letter_width(letter: char) -> u32 {
    // An accented letter is as wide as the letter itself.
    let base = if letter.is_ascii() { letter } else { letter.nfd().next().unwrap_or(letter) };
    let index = (base as usize).wrapping_sub(32);
    u32::from(WIDTHS.get(index).copied().unwrap_or(USUAL_WIDTH))
}

/// The text in lines no wider than the space; a word that is wider alone stays whole.
pub(super) fn wrap(text: &str, size: f32, space: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    let blank = width(" ", size);
    for word in text.split_whitespace() {
        let length = width(word, size);
        if !line.is_empty() && used + blank + length > space {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += blank;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::{encode, width, wrap};

    #[test]
    fn writes_french() {
        assert_eq!(encode("Œuf à 2 € – « ça »"), b"\x8cuf \xe0 2 \x80 \x96 \xab \xe7a \xbb");
        assert_eq!(encode("日"), b"?");
    }

    #[test]
    fn lines_fit_their_space() {
        let text = "Hémoglobine glyquée, équilibre du diabète à améliorer avant la prochaine consultation";
        let lines = wrap(text, 10.0, 120.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| width(line, 10.0) <= 120.0));
        assert_eq!(lines.join(" "), text);
    }
}
