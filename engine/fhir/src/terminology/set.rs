//! A compiled value set: what it includes and excludes, as rules that answer quickly, and can be listed when they are finite.

use super::Membership;
use super::entry::{Entry, Item};
use super::gap::Gap;
use super::grammar::{self, Grammar, Rule};
use super::system::{Concept, Content, System};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// Which codes of one system a clause means.
#[derive(Debug)]
pub(super) enum What {
    /// Whatever the nested sets hold.
    Anything,
    /// Every code of a loaded system.
    Whole(Arc<System>),
    /// Some concepts of a loaded system, in its order.
    Picked(Arc<System>, Vec<u32>),
    /// Codes named one by one; `by_code` is their order. A list known in part says no "no".
    Listed { items: Vec<Item>, by_code: Vec<u32>, of: Option<Arc<System>>, is_all: bool },
    /// Codes that follow a grammar, and these rules.
    Syntax(Grammar, Vec<Rule>),
    /// Cannot be said.
    Unknown(Gap),
}

/// One `include` or `exclude`.
#[derive(Debug)]
pub(super) struct Clause {
    pub system: Option<Arc<str>>,
    pub version: Option<Box<str>>,
    pub what: What,
    pub sets: Vec<Result<Arc<CompiledSet>, Gap>>,
}

/// A compiled value set.
#[derive(Debug)]
pub struct CompiledSet {
    pub(super) resource: Arc<Value>,
    pub(super) include: Vec<Clause>,
    pub(super) exclude: Vec<Clause>,
    pub(super) needs: Vec<Box<str>>,
}

/// Is a code one of a system's, loaded or known by its grammar?
pub(super) fn in_system(system: Option<&System>, url: &str, code: &str) -> Membership {
    let by_grammar = || grammar::of(url).map_or(Membership::Unknown, |grammar| grammar.check(code));
    match system {
        Some(system) if system.find(code).is_some() => Membership::Yes,
        Some(system) if system.content() == Content::Complete => Membership::No,
        _ => by_grammar(),
    }
}

impl What {
    fn contains(&self, code: &str) -> Membership {
        match self {
            What::Anything => Membership::Yes,
            What::Whole(system) => in_system(Some(system), system.url(), code),
            What::Picked(system, picked) => match system.index(code) {
                Some(index) if picked.binary_search(&index).is_ok() => Membership::Yes,
                _ if system.content() == Content::Complete => Membership::No,
                _ => Membership::Unknown,
            },
            What::Listed { items, by_code, of, is_all } => {
                let is_folded = of.as_ref().is_some_and(|system| !system.is_case_sensitive());
                let place = |index: &u32| &*items[*index as usize].code;
                let is_found = by_code.binary_search_by(|index| place(index).cmp(code)).is_ok()
                    || (is_folded
                        && items.iter().any(|item| item.code.to_lowercase() == code.to_lowercase()));
                match (is_found, is_all) {
                    (true, _) => Membership::Yes,
                    (false, true) => Membership::No,
                    (false, false) => Membership::Unknown,
                }
            }
            What::Syntax(grammar, rules) => {
                let all = rules.iter().all(|rule| rule.holds(code));
                grammar.check(code).and(all.into())
            }
            What::Unknown(_) => Membership::Unknown,
        }
    }

    /// The codes one by one.
    fn entries<'a>(&'a self, clause: &'a Clause) -> Result<Vec<Entry<'a>>, Gap> {
        let version = clause.version.as_deref();
        let of_system = |system: &'a System, concept: &'a Concept| Entry {
            system: system.url(),
            version,
            code: &concept.code,
            display: concept.display.as_deref(),
            concept: Some(concept),
            of: Some(system),
            item: None,
        };
        let url = || clause.system.as_deref().unwrap_or("").to_owned();
        match self {
            What::Anything => Ok(Vec::new()),
            What::Whole(system) => Ok(system.concepts().iter().map(|c| of_system(system, c)).collect()),
            What::Picked(system, picked) => Ok(picked
                .iter()
                .map(|index| of_system(system, &system.concepts()[*index as usize]))
                .collect()),
            What::Listed { items, of, .. } => Ok(items
                .iter()
                .map(|item| {
                    let concept = of.as_deref().and_then(|system| system.find(&item.code));
                    let general = concept.and_then(|concept| concept.display.as_deref());
                    let system = clause.system.as_deref().unwrap_or("");
                    let display = item.display.as_deref().or(general);
                    Entry {
                        system,
                        version,
                        code: &item.code,
                        display,
                        concept,
                        of: of.as_deref(),
                        item: Some(item),
                    }
                })
                .collect()),
            What::Syntax(..) => Err(Gap::Endless(url())),
            // The rest of a list that is known in part: what is known is listed, and the list said to be open.
            What::Unknown(Gap::PartOfSystem(_)) => Ok(Vec::new()),
            What::Unknown(gap) => Err(gap.clone()),
        }
    }
}

impl Clause {
    fn contains(&self, system: Option<&str>, code: &str) -> Membership {
        if let (Some(own), Some(asked)) = (&self.system, system)
            && **own != *asked
        {
            // An OID and an address may be two names of one system: nothing is sure then.
            let may_be_same = own.starts_with("urn:oid:") != asked.starts_with("urn:oid:");
            let is_code = may_be_same && self.what.contains(code) != Membership::No;
            return if is_code { Membership::Unknown } else { Membership::No };
        }
        let mut answer = self.what.contains(code);
        for set in &self.sets {
            if answer == Membership::No {
                break;
            }
            // A code asked for without its system is one of the system this clause is about.
            let asked = system.or(self.system.as_deref());
            answer = answer.and(set.as_ref().map_or(Membership::Unknown, |set| set.contains(asked, code)));
        }
        answer
    }

    fn entries(&self) -> Result<Vec<Entry<'_>>, Gap> {
        let mut sets = self.sets.iter();
        let found = match &self.what {
            What::Anything => match sets.next() {
                Some(Ok(first)) => first.entries()?,
                Some(Err(gap)) => return Err(gap.clone()),
                None => Vec::new(),
            },
            what => what.entries(self)?,
        };
        let others: Vec<&CompiledSet> =
            sets.map(|set| set.as_deref().map_err(Gap::clone)).collect::<Result<_, _>>()?;
        keep(found, |entry| {
            others
                .iter()
                .fold(Membership::Yes, |answer, set| answer.and(set.contains(Some(entry.system), entry.code)))
        })
    }

    /// Why this clause is not sure of everything.
    fn gap(&self) -> Option<Gap> {
        match &self.what {
            What::Unknown(gap) => Some(gap.clone()),
            What::Whole(system) | What::Picked(system, _) if system.content() != Content::Complete => {
                Some(Gap::PartOfSystem(system.url().to_string()))
            }
            What::Listed { is_all: false, .. } => {
                Some(Gap::PartOfSystem(self.system.as_deref().unwrap_or("").to_owned()))
            }
            What::Syntax(..) => Some(Gap::NoSystem(self.system.as_deref().unwrap_or("").to_owned())),
            _ => self.sets.iter().find_map(|set| match set {
                Ok(set) => set.gap(),
                Err(gap) => Some(gap.clone()),
            }),
        }
    }
}

/// The entries of which a rule is sure; one it cannot judge stops the list.
fn keep<'a>(entries: Vec<Entry<'a>>, rule: impl Fn(&Entry<'a>) -> Membership) -> Result<Vec<Entry<'a>>, Gap> {
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        match rule(&entry) {
            Membership::Yes => kept.push(entry),
            Membership::No => {}
            Membership::Unknown => return Err(Gap::PartOfSystem(entry.system.to_owned())),
        }
    }
    Ok(kept)
}

impl CompiledSet {
    /// Its definition.
    pub fn resource(&self) -> &Arc<Value> {
        &self.resource
    }

    /// Every canonical address it was made from, and those that were not found.
    pub fn needs(&self) -> &[Box<str>] {
        &self.needs
    }

    /// True when a set it draws on was left out because it was being compiled itself.
    pub(super) fn is_cut(&self) -> bool {
        let sets = self.include.iter().chain(&self.exclude).flat_map(|clause| &clause.sets);
        sets.into_iter().any(|set| match set {
            Ok(set) => set.is_cut(),
            Err(gap) => matches!(gap, Gap::Nested(_)),
        })
    }

    pub(super) fn weight(&self) -> usize {
        let weigh = |clause: &Clause| match &clause.what {
            What::Listed { items, .. } => items.len(),
            What::Picked(_, picked) => picked.len() / 8,
            _ => 0,
        };
        1 + self.include.iter().chain(&self.exclude).map(weigh).sum::<usize>()
    }

    /// Is this code in the set? Without a system, a code of any system of the set.
    pub fn contains(&self, system: Option<&str>, code: &str) -> Membership {
        let mut answer = Membership::No;
        for include in &self.include {
            answer = answer.or(include.contains(system, code).and(self.left_in(include, system, code)));
            if answer == Membership::Yes {
                break;
            }
        }
        answer
    }

    /// That no `exclude` takes away what an `include` brings.
    fn left_in(&self, include: &Clause, system: Option<&str>, code: &str) -> Membership {
        let asked = system.or(include.system.as_deref());
        self.exclude
            .iter()
            .fold(Membership::Yes, |answer, exclude| answer.and(exclude.contains(asked, code).negated()))
    }

    /// The systems in which this set has the code; one per system.
    pub fn systems_of(&self, code: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for system in self.systems() {
            if self.contains(Some(system), code).is_yes() && !found.contains(&system) {
                found.push(system);
            }
        }
        found
    }

    /// The code systems it draws on.
    pub fn systems(&self) -> Vec<&str> {
        let mut systems: Vec<&str> = Vec::new();
        for clause in &self.include {
            systems.extend(clause.system.as_deref());
            if matches!(clause.what, What::Anything) {
                systems.extend(clause.sets.iter().flatten().flat_map(|set| set.systems()));
            }
        }
        let mut seen = HashSet::new();
        systems.retain(|system| seen.insert(*system));
        systems
    }

    /// The loaded code systems that it draws on, each once.
    pub fn loaded(&self) -> Vec<&System> {
        let mut found: Vec<&System> = Vec::new();
        for clause in &self.include {
            match &clause.what {
                What::Whole(system) | What::Picked(system, _) => found.push(system),
                What::Listed { of, .. } => found.extend(of.as_deref()),
                What::Anything => found.extend(clause.sets.iter().flatten().flat_map(|set| set.loaded())),
                What::Syntax(..) | What::Unknown(_) => {}
            }
        }
        let mut seen = HashSet::new();
        found.retain(|system| seen.insert((system.url().clone(), system.version().map(str::to_owned))));
        found
    }

    /// True when it may hold more codes than can be listed: a system it draws on is loaded in part.
    pub fn is_open(&self) -> bool {
        self.gap().is_some()
    }

    /// All of its codes that are loaded, each once, in the order of the definition.
    pub fn entries(&self) -> Result<Vec<Entry<'_>>, Gap> {
        let mut all = Vec::new();
        for include in &self.include {
            let found = include.entries()?;
            all.extend(keep(found, |entry| self.left_in(include, Some(entry.system), entry.code))?);
        }
        let mut seen = HashSet::with_capacity(all.len());
        all.retain(|entry| seen.insert((entry.system, entry.code)));
        Ok(all)
    }

    /// What this set names a code, with what its system says.
    pub fn entry(&self, system: &str, code: &str) -> Option<Entry<'_>> {
        self.include.iter().find_map(|clause| {
            if clause.system.as_deref().is_some_and(|own| own != system) {
                return None;
            }
            match &clause.what {
                What::Anything => clause.sets.iter().flatten().find_map(|set| set.entry(system, code)),
                What::Whole(of) | What::Picked(of, _) => {
                    let concept = of.find(code)?;
                    let display = concept.display.as_deref();
                    let version = clause.version.as_deref();
                    Some(Entry {
                        system: of.url(),
                        version,
                        code: &concept.code,
                        display,
                        concept: Some(concept),
                        of: Some(of),
                        item: None,
                    })
                }
                What::Listed { .. } => {
                    clause.what.entries(clause).ok()?.into_iter().find(|entry| entry.code == code)
                }
                _ => None,
            }
        })
    }

    /// Why this set is not sure of everything, when it is not.
    pub fn gap(&self) -> Option<Gap> {
        self.include.iter().chain(&self.exclude).find_map(Clause::gap)
    }
}
