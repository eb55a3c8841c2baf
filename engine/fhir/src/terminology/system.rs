//! A code system ready to be asked: concepts by code, their parents and children, names in several languages.

use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// How much of a code system is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it: a code that is not there is not a code.
    Complete,
    /// Some of it (`fragment`, `example`): a code that is not there may be one.
    Part,
    /// Nothing of it.
    Absent,
}

/// A name of a concept in some language or for some use.
#[derive(Clone, Debug)]
pub struct Designation {
    /// BCP 47 tag.
    pub language: Option<Box<str>>,
    /// `Coding` of what it is for.
    pub usage: Option<Value>,
    /// The name.
    pub value: Box<str>,
}

impl Designation {
    /// Those of a concept, in a code system or a value set.
    pub(super) fn read(concept: &Value) -> Vec<Designation> {
        let all = concept["designation"].as_array().map(Vec::as_slice).unwrap_or_default();
        let read = |one: &Value| {
            Some(Designation {
                language: one["language"].as_str().map(Into::into),
                usage: one.get("use").cloned(),
                value: one["value"].as_str()?.into(),
            })
        };
        all.iter().filter_map(read).collect()
    }

    /// True when it is written in this language (`fr` also means `fr-FR`, and the other way round).
    pub fn is_in(&self, language: &str) -> bool {
        self.language.as_deref().is_some_and(|own| {
            let primary = |tag: &str| tag.split('-').next().unwrap_or("").to_ascii_lowercase();
            primary(own) == primary(language)
        })
    }
}

/// Something known of a concept.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its code.
    pub code: Box<str>,
    /// The JSON name of its value, as `valueCode`.
    pub member: Box<str>,
    /// The value.
    pub value: Value,
}

impl Property {
    /// The value as text, for filters.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            Value::Object(coding) => coding.get("code").and_then(Value::as_str).unwrap_or("").to_owned(),
            other => other.to_string(),
        }
    }
}

/// One concept of a code system.
#[derive(Debug, Default)]
pub struct Concept {
    /// Its code.
    pub code: Box<str>,
    /// What it is called.
    pub display: Option<Box<str>>,
    /// What it means.
    pub definition: Option<Box<str>>,
    /// Other names, supplements included.
    pub designations: Vec<Designation>,
    /// What is known of it besides.
    pub properties: Vec<Property>,
    /// No longer to be used.
    pub is_inactive: bool,
    /// Only groups others; not to be chosen itself.
    pub is_abstract: bool,
    language: Option<Arc<str>>,
    parents: Vec<u32>,
    children: Vec<u32>,
}

impl Concept {
    /// What it is called in a language, when it has a name in it; else its display.
    pub fn display_in(&self, language: Option<&str>) -> Option<&str> {
        let own = || self.display.as_deref();
        let Some(language) = language else { return own() };
        if let (Some(written), Some(display)) = (&self.language, &self.display)
            && written.split('-').next() == language.split('-').next()
        {
            return Some(display);
        }
        let named = self.designations.iter().find(|one| one.is_in(language));
        named.map(|one| &*one.value).or_else(own)
    }
}

/// A code system.
#[derive(Debug)]
pub struct System {
    url: Arc<str>,
    version: Option<Box<str>>,
    name: Option<Box<str>>,
    content: Content,
    is_case_sensitive: bool,
    is_hierarchy: bool,
    concepts: Vec<Concept>,
    by_code: HashMap<Box<str>, u32>,
}

impl System {
    /// Reads a `CodeSystem` and what supplements it. `None` when it has no address.
    pub fn read(resource: &Value, supplements: &[Arc<Value>]) -> Option<System> {
        let meaning = resource["hierarchyMeaning"].as_str();
        let mut system = System {
            url: resource["url"].as_str()?.into(),
            version: resource["version"].as_str().map(Into::into),
            name: resource["name"].as_str().or_else(|| resource["title"].as_str()).map(Into::into),
            content: match resource["content"].as_str() {
                Some("complete") => Content::Complete,
                Some("fragment" | "example") => Content::Part,
                _ => Content::Absent,
            },
            is_case_sensitive: resource["caseSensitive"] != false,
            is_hierarchy: !matches!(meaning, Some("part-of")),
            concepts: Vec::new(),
            by_code: HashMap::new(),
        };
        let language = resource["language"].as_str().map(Arc::from);
        system.add(&resource["concept"], None, language.as_ref());
        system.link(resource);
        for supplement in supplements {
            system.supplement(&supplement["concept"]);
        }
        Some(system)
    }

    fn add(&mut self, concepts: &Value, parent: Option<u32>, language: Option<&Arc<str>>) {
        for one in concepts.as_array().map(Vec::as_slice).unwrap_or_default() {
            let Some(code) = one["code"].as_str() else { continue };
            let properties = properties(one);
            let is =
                |names: [&str; 2]| properties.iter().any(|p| names.contains(&&*p.code) && p.value == true);
            let status = properties.iter().find(|p| &*p.code == "status").map(Property::text);
            let concept = Concept {
                code: code.into(),
                display: one["display"].as_str().map(Into::into),
                definition: one["definition"].as_str().map(Into::into),
                designations: Designation::read(one),
                is_inactive: is(["inactive", "inactive"])
                    || matches!(status.as_deref(), Some("inactive" | "retired" | "withdrawn")),
                is_abstract: is(["notSelectable", "abstract"]),
                properties,
                language: language.cloned(),
                parents: parent.into_iter().collect(),
                children: Vec::new(),
            };
            let index = u32::try_from(self.concepts.len()).unwrap_or(u32::MAX);
            let key = self.key(code);
            self.concepts.push(concept);
            self.by_code.entry(key).or_insert(index);
            if let Some(parent) = parent {
                self.concepts[parent as usize].children.push(index);
            }
            self.add(&one["concept"], Some(index), language);
        }
    }

    /// Follows the properties that name parents or children.
    fn link(&mut self, resource: &Value) {
        let declared = resource["property"].as_array().map(Vec::as_slice).unwrap_or_default();
        let role = |code: &str| -> Option<bool> {
            let uri = declared.iter().find(|p| p["code"] == code).and_then(|p| p["uri"].as_str());
            match (uri.and_then(|uri| uri.rsplit(['#', '/']).next()), code) {
                (Some("parent"), _) | (_, "parent" | "subsumedBy") => Some(true),
                (Some("child"), _) | (_, "child") => Some(false),
                _ => None,
            }
        };
        let mut links = Vec::new();
        for (index, concept) in (0_u32..).zip(&self.concepts) {
            for property in &concept.properties {
                let Some(is_parent) = role(&property.code) else { continue };
                let Some(other) = self.index(&property.text()) else { continue };
                links.push(if is_parent { (other, index) } else { (index, other) });
            }
        }
        for (parent, child) in links {
            if parent != child && !self.concepts[child as usize].parents.contains(&parent) {
                self.concepts[child as usize].parents.push(parent);
                self.concepts[parent as usize].children.push(child);
            }
        }
    }

    fn supplement(&mut self, concepts: &Value) {
        for one in concepts.as_array().map(Vec::as_slice).unwrap_or_default() {
            if let Some(index) = one["code"].as_str().and_then(|code| self.index(code)) {
                let concept = &mut self.concepts[index as usize];
                concept.designations.extend(Designation::read(one));
                concept.properties.extend(properties(one));
            }
            self.supplement(&one["concept"]);
        }
    }

    fn key(&self, code: &str) -> Box<str> {
        if self.is_case_sensitive { code.into() } else { code.to_lowercase().into() }
    }

    /// The place of a code.
    pub(super) fn index(&self, code: &str) -> Option<u32> {
        if self.is_case_sensitive {
            self.by_code.get(code).copied()
        } else {
            self.by_code.get(&*code.to_lowercase()).copied()
        }
    }

    /// Its address.
    pub fn url(&self) -> &Arc<str> {
        &self.url
    }

    /// Its version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Its name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How much of it is loaded.
    pub fn content(&self) -> Content {
        self.content
    }

    /// True when `A` and `a` are two codes.
    pub fn is_case_sensitive(&self) -> bool {
        self.is_case_sensitive
    }

    /// How many concepts are loaded.
    pub fn len(&self) -> usize {
        self.concepts.len()
    }

    /// True when none is.
    pub fn is_empty(&self) -> bool {
        self.concepts.is_empty()
    }

    /// Its concepts, parents before children.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The concept with this code.
    pub fn find(&self, code: &str) -> Option<&Concept> {
        self.index(code).map(|index| &self.concepts[index as usize])
    }

    /// The concepts right above one.
    pub fn parents<'a>(&'a self, concept: &'a Concept) -> impl Iterator<Item = &'a Concept> {
        concept.parents.iter().map(|index| &self.concepts[*index as usize])
    }

    /// The concepts right below one.
    pub fn children<'a>(&'a self, concept: &'a Concept) -> impl Iterator<Item = &'a Concept> {
        concept.children.iter().map(|index| &self.concepts[*index as usize])
    }

    /// Is a code the other or below it? `None` when one of them is not known here.
    pub fn is_below(&self, code: &str, ancestor: &str) -> Option<bool> {
        let (code, ancestor) = (self.index(code)?, self.index(ancestor)?);
        Some(code == ancestor || (self.is_hierarchy && self.reach(code, |c| &c.parents).contains(&ancestor)))
    }

    /// The places of a concept's descendants, itself not among them.
    pub(super) fn descendants(&self, index: u32) -> Vec<u32> {
        self.reach(index, |concept| &concept.children)
    }

    /// The places of a concept's ancestors, itself not among them.
    pub(super) fn ancestors(&self, index: u32) -> Vec<u32> {
        self.reach(index, |concept| &concept.parents)
    }

    fn reach(&self, from: u32, step: impl Fn(&Concept) -> &Vec<u32>) -> Vec<u32> {
        let mut seen = vec![false; self.concepts.len()];
        seen[from as usize] = true;
        let (mut found, mut open) = (Vec::new(), vec![from]);
        while let Some(index) = open.pop() {
            for next in step(&self.concepts[index as usize]) {
                if !std::mem::replace(&mut seen[*next as usize], true) {
                    found.push(*next);
                    open.push(*next);
                }
            }
        }
        found
    }
}

fn properties(concept: &Value) -> Vec<Property> {
    let all = concept["property"].as_array().map(Vec::as_slice).unwrap_or_default();
    let read = |one: &Value| {
        let (member, value) = one.as_object()?.iter().find(|(name, _)| name.starts_with("value"))?;
        Some(Property {
            code: one["code"].as_str()?.into(),
            member: member.as_str().into(),
            value: value.clone(),
        })
    };
    all.iter().filter_map(read).collect()
}
