//! Interactions: parse, validate, rules, decide, commit and trace, answer.
