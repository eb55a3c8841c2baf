//! `$lookup` and `$subsumes`: what a code means, and how two codes of a system stand to each other.

use super::gap::Gap;
use super::system::{Concept, Content, Designation, System};
use super::{Terminology, grammar};
use serde_json::{Value, json};
use socle_kernel::{Kind, Problem};
use std::sync::Arc;

/// One thing known of a code.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The property's code: `parent`, `child`, `inactive`, or one of the system's own.
    pub code: String,
    /// The JSON name of the value, as `valueCode`.
    pub member: String,
    /// The value.
    pub value: Value,
    /// For codes, what they are called.
    pub description: Option<String>,
}

/// What a code means.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// Name of the code system.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// What the code is called.
    pub display: String,
    /// What it means, in a sentence.
    pub definition: Option<String>,
    /// Other names.
    pub designations: Vec<Designation>,
    /// The rest.
    pub facts: Vec<Fact>,
}

impl Designation {
    /// As it is written in an expansion.
    pub fn to_value(&self) -> Value {
        let mut out = json!({});
        if let Some(language) = &self.language {
            out["language"] = (**language).into();
        }
        if let Some(usage) = &self.usage {
            out["use"] = usage.clone();
        }
        out["value"] = (*self.value).into();
        out
    }
}

/// How two codes stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The same concept.
    Equivalent,
    /// The first is more general.
    Subsumes,
    /// The first is more special.
    SubsumedBy,
    /// Neither.
    NotSubsumed,
}

impl Standing {
    /// FHIR code.
    pub fn code(self) -> &'static str {
        match self {
            Standing::Equivalent => "equivalent",
            Standing::Subsumes => "subsumes",
            Standing::SubsumedBy => "subsumed-by",
            Standing::NotSubsumed => "not-subsumed",
        }
    }
}

impl Terminology {
    /// What a code means. `wanted` are the properties to give; empty for all.
    pub fn lookup(
        &self,
        system: &str,
        version: Option<&str>,
        code: &str,
        language: Option<&str>,
        wanted: &[&str],
    ) -> Result<Meaning, Problem> {
        let loaded = self.loaded(system, version)?;
        let Some(concept) = loaded.find(code) else { return self.by_form(&loaded, code) };
        let is_wanted =
            |name: &str| wanted.is_empty() || wanted.iter().any(|one| *one == name || *one == "*");
        let mut facts = Vec::new();
        let relatives = |name: &str, found: &mut dyn Iterator<Item = &Concept>| -> Vec<Fact> {
            let fact = |concept: &Concept| Fact {
                code: name.to_owned(),
                member: "valueCode".into(),
                value: (*concept.code).into(),
                description: concept.display_in(language).map(str::to_owned),
            };
            if is_wanted(name) { found.map(fact).collect() } else { Vec::new() }
        };
        facts.extend(relatives("parent", &mut loaded.parents(concept)));
        facts.extend(relatives("child", &mut loaded.children(concept)));
        let plain = |code: &str, value: bool| Fact {
            code: code.to_owned(),
            member: "valueBoolean".into(),
            value: value.into(),
            description: None,
        };
        if is_wanted("inactive") {
            facts.push(plain("inactive", concept.is_inactive));
        }
        if is_wanted("abstract") && concept.is_abstract {
            facts.push(plain("abstract", true));
        }
        for property in &concept.properties {
            if !matches!(&*property.code, "inactive" | "parent" | "child" | "abstract")
                && is_wanted(&property.code)
            {
                facts.push(Fact {
                    code: property.code.to_string(),
                    member: property.member.to_string(),
                    value: property.value.clone(),
                    description: None,
                });
            }
        }
        let gives_definition = is_wanted("definition");
        Ok(Meaning {
            name: loaded.name().unwrap_or(system).to_owned(),
            version: loaded.version().map(str::to_owned),
            display: concept.display_in(language).unwrap_or(code).to_owned(),
            definition: concept.definition.as_deref().filter(|_| gives_definition).map(str::to_owned),
            designations: if is_wanted("designation") { concept.designations.clone() } else { Vec::new() },
            facts,
        })
    }

    /// A code of which only the form is known, or none at all.
    fn by_form(&self, system: &System, code: &str) -> Result<Meaning, Problem> {
        let url = system.url().to_string();
        match grammar::of(&url).map(|grammar| grammar.check(code)) {
            Some(super::Membership::Yes) => Ok(Meaning {
                name: system.name().unwrap_or(&url).to_owned(),
                version: system.version().map(str::to_owned),
                display: code.to_owned(),
                definition: None,
                designations: Vec::new(),
                facts: Vec::new(),
            }),
            _ if system.content() == Content::Complete => Err(no_code(&url, code)),
            _ => Err(super::expand::refusal(&Gap::PartOfSystem(url), code).receiving(code)),
        }
    }

    /// How code `a` stands to code `b`.
    pub fn subsumes(
        &self,
        system: &str,
        version: Option<&str>,
        a: &str,
        b: &str,
    ) -> Result<Standing, Problem> {
        let loaded = self.loaded(system, version)?;
        for code in [a, b] {
            if loaded.find(code).is_none() {
                self.by_form(&loaded, code)?;
            }
        }
        let is_same = a == b || loaded.index(a).is_some_and(|index| Some(index) == loaded.index(b));
        if is_same {
            return Ok(Standing::Equivalent);
        }
        Ok(match (loaded.is_below(b, a), loaded.is_below(a, b)) {
            (Some(true), _) => Standing::Subsumes,
            (_, Some(true)) => Standing::SubsumedBy,
            _ if loaded.content() == Content::Complete => Standing::NotSubsumed,
            _ => return Err(super::expand::refusal(&Gap::PartOfSystem(system.to_owned()), system)),
        })
    }

    /// A code system, or its form when it is known by nothing else.
    fn loaded(&self, system: &str, version: Option<&str>) -> Result<Arc<System>, Problem> {
        let canonical = version.map_or(system.to_owned(), |version| format!("{system}|{version}"));
        if let Some(found) = self.system(&canonical) {
            return Ok(found);
        }
        let has_form = grammar::of(system).is_some() && version.is_none();
        let by_form = json!({ "resourceType": "CodeSystem", "url": system, "content": "not-present" });
        if let Some(found) = has_form.then(|| System::read(&by_form, &[])).flatten() {
            return Ok(Arc::new(found));
        }
        let versions = self.system(system).and_then(|other| other.version().map(str::to_owned));
        let words = Gap::NoSystem(canonical).words();
        let problem = Problem::new(Kind::NotFound, words.fr, words.en)
            .coded("not-supported")
            .at("system")
            .receiving(system);
        Err(match versions {
            Some(version) => problem.expecting(format!("{system}|{version}")),
            None => problem,
        })
    }
}

fn no_code(system: &str, code: &str) -> Problem {
    Problem::new(
        Kind::NotFound,
        format!("Ce code n'existe pas dans le système {system}."),
        format!("This code does not exist in the system {system}."),
    )
    .coded("not-found")
    .at("code")
    .receiving(code)
}

#[cfg(test)]
mod tests;
