//! The atoms of UCUM, derived once from the compact table (origin in `data/ucum/README.md`).

use super::factor::Factor;
use super::{Unit, read};
use crate::decimal::Decimal;
use std::collections::HashMap;
use std::sync::OnceLock;

const UNITS: &str = include_str!("../../../../data/ucum/units.tsv");

/// One atom.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) unit: Unit,
    pub(super) is_metric: bool,
}

/// The atoms by their code.
pub(super) fn atoms() -> &'static HashMap<&'static str, Atom> {
    static ATOMS: OnceLock<HashMap<&'static str, Atom>> = OnceLock::new();
    ATOMS.get_or_init(|| derive(&lines()))
}

struct Line {
    code: &'static str,
    how: &'static str,
    value: &'static str,
    unit: &'static str,
}

fn lines() -> Vec<Line> {
    let rows = UNITS.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut columns = row.split('\t');
        let mut next = || columns.next();
        Some(Line { code: next()?, how: next()?, value: next()?, unit: next()? })
    })
    .collect()
}

/// Codes that stand for themselves in a dimension, by their number.
fn bases() -> &'static [&'static str] {
    static BASES: OnceLock<Vec<&'static str>> = OnceLock::new();
    BASES.get_or_init(|| {
        let stands = |line: &Line| line.unit.is_empty();
        lines().iter().filter(|line| stands(line)).map(|line| line.code).collect()
    })
}

pub(super) fn base_name(base: u16) -> &'static str {
    bases().get(usize::from(base)).copied().unwrap_or("?")
}

/// A line may use atoms that stand below it: what cannot be read yet is tried again.
fn derive(lines: &[Line]) -> HashMap<&'static str, Atom> {
    let mut atoms: HashMap<&'static str, Atom> = HashMap::new();
    let mut waiting: Vec<&Line> = lines.iter().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|line| match meaning(line, &atoms) {
            Some(atom) => {
                atoms.insert(line.code, atom);
                false
            }
            None => true,
        });
        if waiting.is_empty() || waiting.len() == before {
            return atoms;
        }
    }
}

fn meaning(line: &Line, known: &HashMap<&'static str, Atom>) -> Option<Atom> {
    let is_metric = matches!(line.how, "base" | "metric") || line.code == "[iU]" || line.code == "Cel";
    let is_metric = is_metric || (line.how == "special" && line.code.starts_with(['B', 'N']));
    if line.unit.is_empty() {
        return stands_for_itself(line).map(|unit| Atom { unit, is_metric });
    }
    let unit = read::unit(line.unit, &|atom| known.get(atom))?;
    let unit = Unit::number(Decimal::parse(line.value)?).by(&unit)?;
    Some(Atom { unit, is_metric })
}

fn stands_for_itself(line: &Line) -> Option<Unit> {
    let base = |code: &str| -> Option<u16> {
        let index = bases().iter().position(|known| *known == code)?;
        u16::try_from(index).ok()
    };
    let kelvins = |numerator: i64, denominator: i64, offset: &str| -> Option<Unit> {
        let factor = Factor::whole(Decimal::whole(numerator))
            .by(Factor::whole(Decimal::whole(denominator)).inverse()?)?;
        Some(Unit { factor, offset: Decimal::parse(offset), is_special: true, bases: vec![(base("K")?, 1)] })
    };
    match line.code {
        "Cel" => kelvins(1, 1, "273.15"),
        "[degF]" => kelvins(5, 9, "459.67"),
        "[degRe]" => kelvins(5, 4, "218.52"),
        code => Some(Unit {
            factor: Factor::one(),
            offset: None,
            is_special: line.how == "special",
            bases: vec![(base(code)?, 1)],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_can_be_derived() {
        let atoms = atoms();
        let lost: Vec<&str> =
            lines().iter().map(|line| line.code).filter(|c| !atoms.contains_key(c)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        assert!(atoms.len() > 290, "{}", atoms.len());
    }
}
