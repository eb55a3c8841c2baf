//! Parts of codes and addresses, for the operators `co`, `sw` and `ew` of `_filter`.

use super::sketch::EntryKind;
use super::token;

/// Where the part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartMode {
    /// Anywhere.
    Contains,
    /// At the start.
    Start,
    /// At the end.
    End,
}

/// A part that is looked for, without regard to ASCII case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartTest {
    mode: PartMode,
    part: Vec<u8>,
}

impl PartTest {
    pub(crate) fn new(mode: PartMode, part: &str) -> Self {
        PartTest { mode, part: part.as_bytes().to_vec() }
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        let text = match kind {
            EntryKind::Token => token::decode(payload).map_or(&[][..], |(_, code)| code.as_bytes()),
            EntryKind::Uri => payload,
            _ => return false,
        };
        let length = self.part.len();
        let is_part = |found: &[u8]| found.eq_ignore_ascii_case(&self.part);
        match self.mode {
            _ if length == 0 || length > text.len() => false,
            PartMode::Contains => text.windows(length).any(is_part),
            PartMode::Start => is_part(&text[..length]),
            PartMode::End => is_part(&text[text.len() - length..]),
        }
    }
}
