//! Words in the two languages of the platform. A text exists in both or does not compile.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The language a person reads. French first, English complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// French, the default.
    #[default]
    Fr,
    /// English.
    En,
}

impl Lang {
    /// The one of the two texts that this reader wants.
    pub fn pick<'a>(self, fr: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Fr => fr,
            Lang::En => en,
        }
    }

    /// BCP 47 tag, for `lang` attributes and `Content-Language`.
    pub fn tag(self) -> &'static str {
        self.pick_static("fr", "en")
    }

    /// As [`Lang::pick`], for texts that live as long as the program.
    pub fn pick_static(self, fr: &'static str, en: &'static str) -> &'static str {
        match self {
            Lang::Fr => fr,
            Lang::En => en,
        }
    }

    /// Reads an `Accept-Language` header or a `lang` parameter; French when it names neither language.
    pub fn from_header(value: &str) -> Lang {
        for part in value.split(',') {
            let tag = part.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            if tag.starts_with("fr") {
                return Lang::Fr;
            }
            if tag.starts_with("en") {
                return Lang::En;
            }
        }
        Lang::Fr
    }
}

/// One sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// French text.
    pub fr: Cow<'static, str>,
    /// English text.
    pub en: Cow<'static, str>,
}

impl Words {
    /// Pairs a French and an English text.
    pub fn new(fr: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Words { fr: fr.into(), en: en.into() }
    }

    /// The text in the reader's language.
    pub fn in_lang(&self, lang: Lang) -> &str {
        lang.pick(&self.fr, &self.en)
    }
}
