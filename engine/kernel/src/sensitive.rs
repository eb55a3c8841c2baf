//! Personal data that must not reach a log by accident.

use std::fmt;

/// A value that prints as `…` in logs and error messages. [`Sensitive::expose`] is the only way to it, so a search
/// for that word finds every place that shows personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Sensitive(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn never_prints_what_it_holds() {
        let name = Sensitive::new("Dupont");
        assert_eq!(format!("{name} {name:?}"), "… …");
        assert_eq!(*name.expose(), "Dupont");
    }
}
