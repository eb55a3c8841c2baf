//! Uri parameters: addresses, compared exactly.

use super::sketch::EntryKind;
use crate::fhirpath::Item;

/// Gives the entries of one item.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    if let Some(text) = item.text().filter(|text| !text.is_empty()) {
        out(EntryKind::Uri, text.as_bytes());
    }
}

/// How an address is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UriMode {
    /// The same address; a canonical with a version is found without it too.
    Exact,
    /// The address or one below it (`:below`).
    Below,
    /// The address or one above it (`:above`).
    Above,
}

/// One alternative of a uri search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UriTest {
    mode: UriMode,
    text: String,
}

impl UriTest {
    /// `None` for an empty address.
    pub(crate) fn new(mode: UriMode, text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| UriTest { mode, text: text.to_owned() })
    }

    /// The key of the address.
    pub(crate) fn key(&self) -> Option<Vec<u8>> {
        (self.mode == UriMode::Exact).then(|| self.text.clone().into_bytes())
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if kind != EntryKind::Uri {
            return false;
        }
        let wanted = self.text.as_bytes();
        let starts = |long: &[u8], short: &[u8], next: u8| {
            long.strip_prefix(short)
                .is_some_and(|rest| rest.is_empty() || rest[0] == next || short.ends_with(&[next]))
        };
        match self.mode {
            UriMode::Exact => starts(payload, wanted, b'|'),
            UriMode::Below => starts(payload, wanted, b'/'),
            UriMode::Above => starts(wanted, payload, b'/'),
        }
    }
}
