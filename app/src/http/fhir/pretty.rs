//! `_pretty=true`: the same JSON with line breaks, every text and number as it was.

/// Spaces of one level.
const INDENT: usize = 2;

/// Lays JSON out for people. It was written here, so it is well formed; nothing but blanks is added.
pub(super) fn laid_out(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 3 / 2);
    let mut depth = 0_usize;
    let (mut is_text, mut is_escaped) = (false, false);
    let mut previous = 0_u8;
    for byte in json.iter().copied() {
        if is_text {
            out.push(byte);
            (is_escaped, is_text) = match byte {
                _ if is_escaped => (false, true),
                b'\\' => (true, true),
                other => (false, other != b'"'),
            };
            continue;
        }
        match byte {
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !matches!(previous, b'{' | b'[') {
                    line(&mut out, depth);
                }
                out.push(byte);
            }
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            _ => {
                if matches!(previous, b'{' | b'[') {
                    line(&mut out, depth);
                }
                out.push(byte);
                match byte {
                    b'"' => is_text = true,
                    b'{' | b'[' => depth += 1,
                    b',' => line(&mut out, depth),
                    b':' => out.push(b' '),
                    _ => {}
                }
            }
        }
        previous = byte;
    }
    out.push(b'\n');
    out
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + depth * INDENT, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blanks_are_added() {
        let json = br#"{"a":[1.50,{"b":"x \"{,}: y\\"}],"c":{},"d":[],"e":1E-22}"#;
        let expected = "{\n  \"a\": [\n    1.50,\n    {\n      \"b\": \"x \\\"{,}: y\\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \"e\": 1E-22\n}\n";
        assert_eq!(String::from_utf8_lossy(&laid_out(json)), expected);
    }
}
