//! `$validate-code`: is this code one of the value set or the code system, and is it called so?

use super::expand::refusal;
use super::gap::Gap;
use super::set::{CompiledSet, in_system};
use super::{Membership, Terminology};
use crate::names::normalise_name;
use serde_json::Value;
use socle_kernel::{Kind, Problem, Words};

/// A code to check.
#[derive(Clone, Debug, Default)]
pub struct Coded {
    /// Its system; without, a code of any system of the set.
    pub system: Option<String>,
    /// The version of the system.
    pub version: Option<String>,
    /// The code.
    pub code: String,
    /// What the caller calls it.
    pub display: Option<String>,
}

impl Coded {
    /// Reads a `Coding`; `None` without a code.
    pub fn of(coding: &Value) -> Option<Coded> {
        let text = |name: &str| coding[name].as_str().map(str::to_owned);
        Some(Coded {
            system: text("system"),
            version: text("version"),
            code: text("code")?,
            display: text("display"),
        })
    }

    /// Reads the codings of a `CodeableConcept`.
    pub fn all_of(concept: &Value) -> Vec<Coded> {
        concept["coding"].as_array().into_iter().flatten().filter_map(Coded::of).collect()
    }

    fn name(&self) -> String {
        format!("{}#{}", self.system.as_deref().unwrap_or(""), self.code)
    }
}

/// How strictly to check, and in which language names are given.
#[derive(Clone, Debug, Default)]
pub struct Checking {
    /// Codes that only group others count too.
    pub allows_abstract: bool,
    /// Language of the name that is given back.
    pub language: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Valid, and called as it may be called.
    pub is_valid: bool,
    /// Why not, or what to mend.
    pub message: Option<Words>,
    /// What it is called.
    pub display: Option<String>,
    /// The code that was found.
    pub code: Option<String>,
    /// Its system.
    pub system: Option<String>,
    /// The version of the system that was looked at.
    pub version: Option<String>,
}

/// What is known of one coding.
enum Found {
    Valid(Verdict),
    Invalid(Words),
    Unsure(Gap),
}

impl Terminology {
    /// Checks codings of one concept against a value set: one that is in it is enough. When none is and one cannot be
    /// judged, that is said instead of a "no".
    pub fn check_in_set(
        &self,
        set: &CompiledSet,
        codings: &[Coded],
        how: &Checking,
    ) -> Result<Verdict, Problem> {
        let url = set.resource()["url"].as_str().unwrap_or("ValueSet");
        best(codings, url, |coding| self.in_set(set, coding, how))
    }

    /// Checks codings against a code system.
    pub fn check_in_system(
        &self,
        system: &str,
        codings: &[Coded],
        how: &Checking,
    ) -> Result<Verdict, Problem> {
        best(codings, system, |coding| self.in_code_system(system, coding, how))
    }

    fn in_set(&self, set: &CompiledSet, coding: &Coded, how: &Checking) -> Found {
        let systems = set.systems_of(&coding.code);
        let system = match &coding.system {
            Some(system) => Some(system.as_str()),
            // A code without a system is only clear when one system of the set has it.
            None if systems.len() > 1 => return Found::Invalid(ambiguous(&coding.code, &systems)),
            None => systems.first().copied(),
        };
        match set.contains(system, &coding.code) {
            Membership::Unknown => {
                return Found::Unsure(set.gap().unwrap_or_else(|| Gap::NoSystem(coding.name())));
            }
            Membership::No => {
                let url = set.resource()["url"].as_str().unwrap_or("");
                let names = self.display_near(coding);
                return Found::Invalid(Words::new(
                    format!("Le code {}{names} n'est pas dans le jeu de valeurs {url}.", coding.name()),
                    format!("The code {}{names} is not in the value set {url}.", coding.name()),
                ));
            }
            Membership::Yes => {}
        }
        let Some(system) = system else {
            return Found::Valid(Verdict {
                is_valid: true,
                code: Some(coding.code.clone()),
                ..Verdict::default()
            });
        };
        if let Some(found) = self.other_version(system, coding) {
            return found;
        }
        let Some(entry) = set.entry(system, &coding.code) else {
            return self.in_code_system(system, coding, how);
        };
        if entry.is_abstract() && !how.allows_abstract {
            return Found::Invalid(only_groups(coding));
        }
        let names: Vec<&str> =
            entry.display.into_iter().chain(entry.designations().map(|d| &*d.value)).collect();
        let general = entry.concept.and_then(|concept| concept.display.as_deref());
        let verdict = Verdict {
            is_valid: true,
            message: None,
            display: entry.display_in(how.language.as_deref()).map(str::to_owned),
            code: Some(entry.code.to_owned()),
            system: Some(entry.system.to_owned()),
            version: entry.version.or_else(|| entry.of.and_then(|of| of.version())).map(str::to_owned),
        };
        named(coding, verdict, names.into_iter().chain(general))
    }

    fn in_code_system(&self, url: &str, coding: &Coded, how: &Checking) -> Found {
        if let Some(system) = &coding.system
            && system != url
        {
            return Found::Invalid(Words::new(
                format!("Le code est d'un autre système : {system} au lieu de {url}."),
                format!("The code is of another system: {system} instead of {url}."),
            ));
        }
        if let Some(found) = self.other_version(url, coding) {
            return found;
        }
        let system = self.system(url);
        match in_system(system.as_deref(), url, &coding.code) {
            Membership::Unknown if system.is_some() => {
                return Found::Unsure(Gap::PartOfSystem(url.to_owned()));
            }
            Membership::Unknown => return Found::Unsure(Gap::NoSystem(url.to_owned())),
            Membership::No => {
                return Found::Invalid(Words::new(
                    format!("Le code « {} » n'existe pas dans le système {url}.", coding.code),
                    format!("The code \"{}\" does not exist in the system {url}.", coding.code),
                ));
            }
            Membership::Yes => {}
        }
        let concept = system.as_deref().and_then(|system| system.find(&coding.code));
        if concept.is_some_and(|concept| concept.is_abstract) && !how.allows_abstract {
            return Found::Invalid(only_groups(coding));
        }
        let verdict = Verdict {
            is_valid: true,
            message: None,
            display: concept.and_then(|c| c.display_in(how.language.as_deref())).map(str::to_owned),
            code: Some(concept.map_or(coding.code.clone(), |concept| concept.code.to_string())),
            system: Some(url.to_owned()),
            version: system.as_deref().and_then(|system| system.version()).map(str::to_owned),
        };
        let names = concept.into_iter().flat_map(|concept| {
            concept.display.as_deref().into_iter().chain(concept.designations.iter().map(|d| &*d.value))
        });
        named(coding, verdict, names)
    }

    /// A version that is asked for and not the one that is loaded cannot be judged.
    fn other_version(&self, system: &str, coding: &Coded) -> Option<Found> {
        let asked = coding.version.as_deref()?;
        let loaded = self.system(system)?;
        let is_other = loaded.version().is_some_and(|version| version != asked);
        let is_loaded = self.find("CodeSystem", &format!("{system}|{asked}")).is_some();
        (is_other && !is_loaded).then(|| Found::Unsure(Gap::NoSystem(format!("{system}|{asked}"))))
    }

    /// What the code is called in its system, for messages.
    fn display_near(&self, coding: &Coded) -> String {
        let system = coding.system.as_deref().unwrap_or("");
        self.display(system, &coding.code, None).map_or(String::new(), |name| format!(" ({name})"))
    }
}

/// The first coding that holds; else why none does.
fn best(codings: &[Coded], url: &str, check: impl Fn(&Coded) -> Found) -> Result<Verdict, Problem> {
    let mut reasons: Vec<Words> = Vec::new();
    let mut unsure = None;
    for coding in codings {
        match check(coding) {
            Found::Valid(verdict) if verdict.is_valid => return Ok(verdict),
            Found::Valid(verdict) => return Ok(verdict),
            Found::Invalid(words) => reasons.push(words),
            Found::Unsure(gap) => unsure = Some(gap),
        }
    }
    if let Some(gap) = unsure {
        return Err(refusal(&gap, url));
    }
    if codings.is_empty() {
        return Err(Problem::new(
            Kind::Invalid,
            "Il n'y a pas de code à vérifier.",
            "There is no code to check.",
        )
        .coded("required")
        .expecting("code | coding | codeableConcept"));
    }
    let join = |pick: fn(&Words) -> &str| reasons.iter().map(pick).collect::<Vec<_>>().join(" ");
    let message = Words::new(join(|words| &words.fr), join(|words| &words.en));
    Ok(Verdict { message: Some(message), ..Verdict::default() })
}

/// Holds what the caller calls the code against its names. A code whose names are not known is not judged by them.
fn named<'a>(coding: &Coded, mut verdict: Verdict, names: impl Iterator<Item = &'a str>) -> Found {
    let Some(given) = &coding.display else { return Found::Valid(verdict) };
    let names: Vec<&str> = names.collect();
    if !names.is_empty() && !names.iter().any(|name| normalise_name(name) == normalise_name(given)) {
        let right = verdict.display.as_deref().unwrap_or(names[0]);
        verdict.is_valid = false;
        verdict.message = Some(Words::new(
            format!("Le libellé « {given} » n'est pas celui du code {} : « {right} ».", coding.name()),
            format!("The display \"{given}\" is not that of the code {}: \"{right}\".", coding.name()),
        ));
    }
    Found::Valid(verdict)
}

fn only_groups(coding: &Coded) -> Words {
    Words::new(
        format!(
            "Le code {} ne fait qu'en regrouper d'autres : il ne se choisit pas (abstract=true l'admet).",
            coding.name()
        ),
        format!(
            "The code {} only groups others: it cannot be chosen (abstract=true admits it).",
            coding.name()
        ),
    )
}

fn ambiguous(code: &str, systems: &[&str]) -> Words {
    let list = systems.join(", ");
    Words::new(
        format!(
            "Le code « {code} » existe dans plusieurs systèmes de ce jeu de valeurs : précisez lequel ({list})."
        ),
        format!("The code \"{code}\" exists in several systems of this value set: say which ({list})."),
    )
}

#[cfg(test)]
mod tests;
