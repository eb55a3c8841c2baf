//! Units of measure (UCUM): what a unit code means, so that quantities in different units compare.
//!
//! A code is read into a factor and the base units it is made of, with their exponents. Arbitrary units (`[iU]`) count as
//! base units of their own. Temperatures (`Cel`, `[degF]`, `[degRe]`) have an offset; other special units (`[pH]`, `B`)
//! are comparable with themselves only.

mod factor;
mod read;
mod table;
#[cfg(test)]
mod tests;

use crate::decimal::Decimal;
use factor::Factor;
use std::fmt::Write as _;

/// What a unit code means.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    factor: Factor,
    /// Added to the value before it is multiplied: `Cel`.
    offset: Option<Decimal>,
    /// True when nothing may be multiplied with it.
    is_special: bool,
    /// Base units with their exponents, in the order of the table; none is zero.
    bases: Vec<(u16, i8)>,
}

impl Unit {
    /// Reads a case-sensitive UCUM code; `None` when it is not one.
    pub fn parse(code: &str) -> Option<Self> {
        read::unit(code, &|atom| table::atoms().get(atom))
    }

    /// The base units, as a UCUM code: `g.m-3`, `1`.
    pub fn dimension(&self) -> String {
        let mut out = String::new();
        for (base, exponent) in &self.bases {
            let separator = if out.is_empty() { "" } else { "." };
            out.push_str(separator);
            out.push_str(table::base_name(*base));
            if *exponent != 1 {
                let _ = write!(out, "{exponent}");
            }
        }
        if out.is_empty() { "1".to_owned() } else { out }
    }

    /// True when values in both units can be compared.
    pub fn is_comparable(&self, other: &Unit) -> bool {
        self.bases == other.bases
    }

    /// A value of this unit, in base units.
    pub fn to_base(&self, value: Decimal) -> Option<Decimal> {
        let value = match self.offset {
            Some(offset) => value.plus(offset)?,
            None => value,
        };
        self.factor.times(value)
    }

    /// A value in base units, in this unit.
    pub fn from_base(&self, value: Decimal) -> Option<Decimal> {
        let value = self.factor.inverse()?.times(value)?;
        match self.offset {
            Some(offset) => value.minus(offset),
            None => Some(value),
        }
    }
}

/// The canonical form of a quantity: its value in base units, and these units. `None` when the code is not UCUM or the
/// number does not fit. Equal quantities have equal canonical forms, to 18 significant digits.
pub fn canonical(value: Decimal, code: &str) -> Option<(Decimal, String)> {
    let unit = Unit::parse(code)?;
    Some((unit.to_base(value)?.shortened(), unit.dimension()))
}

/// A value of one unit in another; `None` when they are not comparable.
pub fn convert(value: Decimal, from: &str, to: &str) -> Option<Decimal> {
    if from == to {
        return Some(value);
    }
    let (from, to) = (Unit::parse(from)?, Unit::parse(to)?);
    if !from.is_comparable(&to) {
        return None;
    }
    to.from_base(from.to_base(value)?).map(Decimal::shortened)
}
