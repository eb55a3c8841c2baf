//! What a caller of validation chooses.

use serde_json::Value;
use socle_kernel::Instant;
use std::sync::Arc;

/// How severe validation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// What breaks a rule is an error.
    #[default]
    Strict,
    /// Base structure is refused; what breaks a profile, an invariant or a binding is a warning.
    Lenient,
    /// Only what storage needs: an object of a known type.
    Off,
}

impl Mode {
    /// Reads a setting: `strict`, `lenient` or `off`.
    pub fn named(name: &str) -> Option<Mode> {
        match name {
            "strict" => Some(Mode::Strict),
            "lenient" => Some(Mode::Lenient),
            "off" => Some(Mode::Off),
            _ => None,
        }
    }
}

/// Answers whether a code is in a value set; `None` when that cannot be known.
pub type CodeTest<'o> = &'o (dyn Fn(&str, Option<&str>, &str) -> Option<bool> + Sync);
/// Finds a questionnaire by its canonical address.
pub type FindQuestionnaire<'o> = &'o (dyn Fn(&str) -> Option<Arc<Value>> + Sync);

/// What a caller of validation chooses.
#[derive(Clone, Copy, Default)]
pub struct Options<'o> {
    /// How severe.
    pub mode: Mode,
    /// Tell also what is only good to know: preferred codes, unknown extensions, best practices.
    pub tells_information: bool,
    /// Who knows value sets, instead of the terminologies of the packages: value set, system, code.
    pub codes: Option<CodeTest<'o>>,
    /// Who knows questionnaires besides the packages and the contained ones.
    pub questionnaires: Option<FindQuestionnaire<'o>>,
    /// The current moment, for rules that compare with it.
    pub now: Option<Instant>,
}
