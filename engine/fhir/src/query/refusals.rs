//! What a search is told when it cannot be understood: what is wrong, what would be right, and the nearest right name.

use crate::search::{ParamKind, Parameter, parameters};
use socle_kernel::{Kind, Problem, ResourceType};

/// Why a parameter was not read.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nothing has this name: lenient handling leaves it out.
    Unknown(Problem),
    /// The name is known, but not what was written with it.
    Wrong(Problem),
}

impl Refusal {
    /// The problem, whichever it is.
    pub(super) fn problem(self) -> Problem {
        match self {
            Refusal::Unknown(problem) | Refusal::Wrong(problem) => problem,
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::Wrong(problem)
    }
}

/// Parameters every type has that are no search parameter of the definitions.
pub(super) const COMMON: [&str; 14] = [
    "_contained",
    "_containedType",
    "_count",
    "_elements",
    "_filter",
    "_has",
    "_include",
    "_list",
    "_revinclude",
    "_sort",
    "_summary",
    "_total",
    "_type",
    "_format",
];

fn known_codes(resource_type: ResourceType) -> String {
    let mut codes: Vec<&str> = parameters(resource_type).iter().map(|known| known.code).collect();
    codes.extend(COMMON);
    codes.sort_unstable();
    codes.join(", ")
}

/// The codes by which results may be put in order.
pub(super) fn sortable_codes(resource_type: ResourceType) -> String {
    let may_sort = |known: &&Parameter| !matches!(known.kind, ParamKind::Composite | ParamKind::Special);
    parameters(resource_type).iter().filter(may_sort).map(|known| known.code).collect::<Vec<_>>().join(", ")
}

/// The codes that point to resources.
pub(super) fn reference_codes(resource_type: ResourceType) -> String {
    let known = parameters(resource_type).iter().filter(|known| known.kind == ParamKind::Reference);
    known.map(|known| known.code).collect::<Vec<_>>().join(", ")
}

/// The known word that was probably meant.
pub(super) fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let near = known.map(|word| (distance(&wanted, &word.to_lowercase()), word));
    near.filter(|(distance, _)| *distance <= most).min().map(|(_, word)| word)
}

/// Letters to add, take away, change, or exchange with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let width = other.len() + 1;
    let mut cost: Vec<usize> = (0..(one.len() + 1) * width)
        .map(|at| if at % width == 0 { at / width } else { at % width })
        .collect();
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let change = usize::from(one[i - 1] != other[j - 1]);
            let mut best = (cost[(i - 1) * width + j] + 1)
                .min(cost[i * width + j - 1] + 1)
                .min(cost[(i - 1) * width + j - 1] + change);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(cost[(i - 2) * width + j - 2] + 1);
            }
            cost[i * width + j] = best;
        }
    }
    cost[one.len() * width + other.len()]
}

/// No parameter has this name.
pub(super) fn unknown(resource_type: ResourceType, name: &str) -> Problem {
    let code = name.split([':', '.']).next().unwrap_or(name);
    let codes = parameters(resource_type).iter().map(|known| known.code).chain(COMMON);
    let (french, english) = match nearest(code, codes) {
        Some(near) => (format!(" Vouliez-vous dire « {near} » ?"), format!(" Did you mean `{near}`?")),
        None => (String::new(), String::new()),
    };
    Problem::new(
        Kind::Invalid,
        format!("Le paramètre « {name} » n'existe pas pour {resource_type}.{french} Choisissez-en un dans la liste, ou envoyez « Prefer: handling=lenient » pour qu'il soit ignoré."),
        format!("{resource_type} has no search parameter `{name}`.{english} Pick one of the list, or send `Prefer: handling=lenient` to have it ignored."),
    )
    .coded("not-supported")
    .at(name)
    .expecting(known_codes(resource_type))
    .receiving(name)
}

/// The value cannot be read.
pub(super) fn bad_value(name: &str, received: &str, expected: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!(
            "La valeur du paramètre « {name} » ne se lit pas. Écrivez-la sous l'une des formes attendues."
        ),
        format!("The value of the parameter `{name}` cannot be read. Write it in one of the expected forms."),
    )
    .coded("value")
    .at(name)
    .expecting(expected)
    .receiving(received)
}

/// The modifier is none of this parameter's.
pub(super) fn bad_modifier(name: &str, received: &str, expected: &str) -> Problem {
    let known = expected.split(", ").filter(|word| !word.is_empty());
    let (french, english) = match nearest(received, known) {
        Some(near) => (format!(" Vouliez-vous dire « :{near} » ?"), format!(" Did you mean `:{near}`?")),
        None => (String::new(), String::new()),
    };
    Problem::new(
        Kind::Invalid,
        format!("Le modificateur « :{received} » ne s'applique pas au paramètre « {name} ».{french}"),
        format!("The modifier `:{received}` does not apply to the parameter `{name}`.{english}"),
    )
    .coded("not-supported")
    .at(name)
    .expecting(expected)
    .receiving(received)
}

/// More of something than a search may have.
pub(super) fn too_many(name: &str, what: [&str; 2], limit: (&str, usize), received: usize) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!("La recherche a trop de {} : {} au plus.", what[0], limit.1),
        format!("The search has too many {}: at most {}.", what[1], limit.1),
    )
    .coded("too-costly")
    .at(name)
    .expecting(format!("{} <= {}", limit.0, limit.1))
    .receiving(received.to_string())
}

/// Understood, and not offered, with the reason.
pub(super) fn not_offered(name: &str, french: &str, english: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!("Le paramètre « {name} » n'est pas proposé ainsi par ce serveur. {french}"),
        format!("The parameter `{name}` is not offered in this way by this server. {english}"),
    )
    .coded("not-supported")
    .at(name)
    .receiving(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::Lang;
    use socle_kernel::resource_type::PATIENT;

    #[test]
    fn the_nearest_name_is_proposed() {
        let known = ["birthdate", "family", "given", "gender"];
        for (wanted, expected) in [
            ("birthDate", Some("birthdate")),
            ("brithdate", Some("birthdate")),
            ("familly", Some("family")),
            ("gendre", Some("gender")),
            ("organisation", None),
        ] {
            assert_eq!(nearest(wanted, known.into_iter()), expected, "{wanted}");
        }
        let problem = unknown(PATIENT, "familly:exact");
        assert!(problem.headline(Lang::Fr).contains("« family »"), "{problem}");
        assert!(problem.headline(Lang::En).contains("`family`"), "{problem}");
        let problem = bad_modifier("family", "exat", "exact, contains, missing");
        assert!(problem.headline(Lang::En).contains("`:exact`"), "{problem}");
    }
}
