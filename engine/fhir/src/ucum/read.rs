//! Reads a unit code with the grammar of UCUM.

use super::Unit;
use super::factor::Factor;
use super::table::Atom;
use crate::decimal::Decimal;

/// Longest code and deepest nesting of parentheses.
const CODE_BYTES: usize = 256;
const NESTING: usize = 16;
/// Largest exponent.
const EXPONENT: i8 = 24;

const PREFIXES: [(&str, i16); 22] = [
    ("da", 1),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
    ("R", 27),
    ("Q", 30),
];
const BINARY_PREFIXES: [(&str, u32); 4] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40)];

/// What an atom means, told by the table or by the one that builds it.
pub(super) type Look<'l> = &'l dyn Fn(&str) -> Option<&'l Atom>;

/// The meaning of a whole code.
pub(super) fn unit(code: &str, look: Look<'_>) -> Option<Unit> {
    if code.is_empty() || code.len() > CODE_BYTES || !code.is_ascii() {
        return None;
    }
    let mut reader = Reader { code, at: 0, depth: 0, look };
    let unit = reader.main_term()?;
    (reader.at == code.len()).then_some(unit)
}

struct Reader<'c, 'l> {
    code: &'c str,
    at: usize,
    depth: usize,
    look: Look<'l>,
}

impl Reader<'_, '_> {
    fn rest(&self) -> &str {
        &self.code[self.at..]
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += usize::from(found);
        found
    }

    fn main_term(&mut self) -> Option<Unit> {
        if self.take('/') {
            let first = self.component()?.power(-1)?;
            return self.more(first);
        }
        let first = self.component()?;
        self.more(first)
    }

    fn more(&mut self, mut left: Unit) -> Option<Unit> {
        loop {
            if self.take('.') {
                left = left.by(&self.component()?)?;
            } else if self.take('/') {
                left = left.by(&self.component()?.power(-1)?)?;
            } else {
                return Some(left);
            }
        }
    }

    fn component(&mut self) -> Option<Unit> {
        if self.take('(') {
            self.depth += 1;
            if self.depth > NESTING {
                return None;
            }
            let inner = self.main_term()?;
            self.depth -= 1;
            if !self.take(')') {
                return None;
            }
            self.annotation()?;
            return Some(inner);
        }
        if self.rest().starts_with('{') {
            self.annotation()?;
            return Some(Unit::number(Decimal::whole(1)));
        }
        let symbol = self.symbol()?;
        if symbol.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = Decimal::parse(&symbol)?;
            self.annotation()?;
            return (number.mantissa != 0).then(|| Unit::number(number));
        }
        let written = symbol.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        let (atom, exponent) = symbol.split_at(written);
        let exponent = if exponent.is_empty() { self.signed_exponent()? } else { exponent.parse().ok()? };
        self.annotation()?;
        if !(-EXPONENT..=EXPONENT).contains(&exponent) {
            return None;
        }
        self.simple(atom)?.power(exponent)
    }

    /// The letters of an atom with its prefix, and the digits behind it.
    fn symbol(&mut self) -> Option<String> {
        let start = self.at;
        let bytes = self.code.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'[' => self.at += self.rest().find(']')? + 1,
                b'"' | b'(' | b')' | b'+' | b'-' | b'.' | b'/' | b'=' | b']' | b'{' | b'}' => break,
                b'!'..=b'~' => self.at += 1,
                _ => return None,
            }
        }
        (self.at > start).then(|| self.code[start..self.at].to_owned())
    }

    fn signed_exponent(&mut self) -> Option<i8> {
        let rest = self.rest();
        if !rest.starts_with(['+', '-']) {
            return Some(1);
        }
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let exponent = rest[..=digits].parse().ok()?;
        self.at += 1 + digits;
        Some(exponent)
    }

    fn annotation(&mut self) -> Option<()> {
        if self.rest().starts_with('{') {
            self.at += self.rest().find('}')? + 1;
        }
        Some(())
    }

    fn simple(&self, symbol: &str) -> Option<Unit> {
        if let Some(atom) = (self.look)(symbol) {
            return Some(atom.unit.clone());
        }
        let metric = |rest: &str| (self.look)(rest).filter(|atom| atom.is_metric);
        for (prefix, power) in PREFIXES {
            if let Some(atom) = symbol.strip_prefix(prefix).and_then(metric) {
                return atom.unit.prefixed(Decimal { mantissa: 1, scale: -power });
            }
        }
        for (prefix, bits) in BINARY_PREFIXES {
            if let Some(atom) = symbol.strip_prefix(prefix).and_then(metric) {
                return atom.unit.prefixed(Decimal { mantissa: 1_i128 << bits, scale: 0 });
            }
        }
        None
    }
}

impl Unit {
    pub(super) fn number(number: Decimal) -> Self {
        Unit { factor: Factor::whole(number), offset: None, is_special: false, bases: Vec::new() }
    }

    /// `mCel`: the prefix counts before the offset.
    fn prefixed(&self, prefix: Decimal) -> Option<Unit> {
        let prefix = Factor::whole(prefix);
        let offset = match self.offset {
            Some(offset) => Some(prefix.inverse()?.times(offset)?),
            None => None,
        };
        Some(Unit { factor: self.factor.by(prefix)?, offset, ..self.clone() })
    }

    pub(super) fn by(&self, other: &Unit) -> Option<Unit> {
        let is_number = |unit: &Unit| unit.bases.is_empty() && unit.factor == Factor::one();
        if self.is_special || other.is_special {
            // A special unit stands alone, but for annotations.
            return match (is_number(self), is_number(other)) {
                (true, _) => Some(other.clone()),
                (_, true) => Some(self.clone()),
                _ => None,
            };
        }
        let mut bases = self.bases.clone();
        for (base, exponent) in &other.bases {
            match bases.binary_search_by_key(base, |(known, _)| *known) {
                Ok(index) => bases[index].1 = bases[index].1.checked_add(*exponent)?,
                Err(index) => bases.insert(index, (*base, *exponent)),
            }
        }
        bases.retain(|(_, exponent)| *exponent != 0);
        Some(Unit { factor: self.factor.by(other.factor)?, offset: None, is_special: false, bases })
    }

    pub(super) fn power(self, exponent: i8) -> Option<Unit> {
        if exponent == 1 {
            return Some(self);
        }
        if self.is_special {
            return None;
        }
        let raise = |(base, own): (u16, i8)| own.checked_mul(exponent).map(|power| (base, power));
        let bases: Option<Vec<(u16, i8)>> = self.bases.into_iter().map(raise).collect();
        let mut bases = bases?;
        bases.retain(|(_, exponent)| *exponent != 0);
        Some(Unit { factor: self.factor.power(exponent)?, offset: None, is_special: false, bases })
    }
}
