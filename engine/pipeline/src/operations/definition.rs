//! What an operation declares of itself, and its face as an `OperationDefinition`.

use crate::interaction::Level;
use serde_json::{Value, json};
use socle_kernel::ResourceType;

/// Where an operation may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// `[base]/$name`.
    System,
    /// `[base]/Type/$name`.
    Type,
    /// `[base]/Type/id/$name`.
    Instance,
}

impl Place {
    fn of(level: &Level) -> Self {
        match level {
            Level::System => Place::System,
            Level::Type(_) => Place::Type,
            Level::Instance(..) => Place::Instance,
        }
    }
}

/// What an operation is, what it takes and gives. A table of the program.
#[derive(Debug)]
pub struct Definition {
    /// Id under which its `OperationDefinition` is served, as `Patient-everything`.
    pub id: &'static str,
    /// Its code, without the `$`.
    pub code: &'static str,
    /// Its name for computers, as `PatientEverything`.
    pub name: &'static str,
    /// Canonical address of the definition it follows; empty for one of our own.
    pub canonical: &'static str,
    /// What it does, in French.
    pub fr: &'static str,
    /// What it does, in English.
    pub en: &'static str,
    /// Where it may be asked.
    pub places: &'static [Place],
    /// Of which types; empty for all.
    pub types: &'static [ResourceType],
    /// True when it may change data: it is then asked with `POST` only.
    pub affects_state: bool,
    /// True when it takes the search parameters of its type beside its own.
    pub takes_search: bool,
    /// What it takes.
    pub inputs: &'static [Parameter],
    /// What it gives.
    pub outputs: &'static [Parameter],
}

/// A parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// How many at least.
    pub min: u32,
    /// How many at most; `None` for no bound.
    pub max: Option<u32>,
    /// Its FHIR type: a data type, a resource type, `Resource`, `*` for any data type; empty when it has parts.
    pub kind: &'static str,
    /// Its parts.
    pub parts: &'static [Parameter],
    /// What it says, in French.
    pub fr: &'static str,
    /// What it says, in English.
    pub en: &'static str,
}

impl Parameter {
    /// A parameter that may be left out.
    pub const fn optional(
        name: &'static str,
        kind: &'static str,
        fr: &'static str,
        en: &'static str,
    ) -> Self {
        Parameter { name, min: 0, max: Some(1), kind, parts: &[], fr, en }
    }

    /// A parameter that must be there.
    pub const fn required(
        name: &'static str,
        kind: &'static str,
        fr: &'static str,
        en: &'static str,
    ) -> Self {
        let mut parameter = Parameter::optional(name, kind, fr, en);
        parameter.min = 1;
        parameter
    }

    /// A parameter that may be there any number of times.
    pub const fn repeated(
        name: &'static str,
        kind: &'static str,
        fr: &'static str,
        en: &'static str,
    ) -> Self {
        let mut parameter = Parameter::optional(name, kind, fr, en);
        parameter.max = None;
        parameter
    }

    /// A repeated parameter made of parts.
    pub const fn group(
        name: &'static str,
        parts: &'static [Parameter],
        fr: &'static str,
        en: &'static str,
    ) -> Self {
        let mut parameter = Parameter::repeated(name, "", fr, en);
        parameter.parts = parts;
        parameter
    }

    /// True when its value is a resource.
    pub fn is_resource(&self) -> bool {
        matches!(self.kind, "Resource" | "DomainResource") || self.kind.parse::<ResourceType>().is_ok()
    }

    fn to_value(&self, direction: &str) -> Value {
        let mut value = json!({ "name": self.name });
        if !direction.is_empty() {
            value["use"] = direction.into();
        }
        value["min"] = self.min.into();
        value["max"] = self.max.map_or("*".to_owned(), |max| max.to_string()).into();
        value["documentation"] = self.en.into();
        value["_documentation"] = translated(self.fr);
        match self.kind {
            "" => {}
            "*" => value["type"] = "Element".into(),
            kind => value["type"] = kind.into(),
        }
        if !self.parts.is_empty() {
            value["part"] = self.parts.iter().map(|part| part.to_value(direction)).collect();
        }
        value
    }
}

impl Definition {
    /// True when it may be asked at this level (of this type).
    pub fn is_at(&self, level: &Level) -> bool {
        self.places.contains(&Place::of(level))
            && level.resource_type().is_none_or(|resource_type| self.takes_type(resource_type))
    }

    /// True when it may be asked of this type or of its resources.
    pub fn is_for(&self, resource_type: ResourceType) -> bool {
        self.places.iter().any(|place| *place != Place::System) && self.takes_type(resource_type)
    }

    fn takes_type(&self, resource_type: ResourceType) -> bool {
        self.types.is_empty() || self.types.contains(&resource_type)
    }

    pub(crate) fn answers(&self, code: &str, level: &Level) -> bool {
        self.code == code && self.is_at(level)
    }

    /// True when some address would mean both.
    pub(crate) fn overlaps(&self, other: &Definition) -> bool {
        let shares_type = self.types.is_empty()
            || other.types.is_empty()
            || self.types.iter().any(|resource_type| other.types.contains(resource_type));
        let shares_place = self
            .places
            .iter()
            .any(|place| other.places.contains(place) && (*place == Place::System || shares_type));
        self.id == other.id || (self.code == other.code && shares_place)
    }

    /// The address of the definition that clients should know it by.
    pub fn canonical_or_served(&self, base: &str) -> String {
        if self.canonical.is_empty() { self.served_at(base) } else { self.canonical.to_owned() }
    }

    fn served_at(&self, base: &str) -> String {
        format!("{base}/OperationDefinition/{}", self.id)
    }

    /// The addresses at which it is offered, as patterns.
    pub fn addresses(&self) -> Vec<String> {
        let types: Vec<&str> = match self.types {
            [] => vec!["<Type>"],
            types => types.iter().map(|resource_type| resource_type.name()).collect(),
        };
        let mut addresses = Vec::new();
        for place in self.places {
            match place {
                Place::System => addresses.push(format!("${}", self.code)),
                Place::Type => {
                    addresses.extend(types.iter().map(|name| format!("{name}/${}", self.code)));
                }
                Place::Instance => {
                    addresses.extend(types.iter().map(|name| format!("{name}/<id>/${}", self.code)));
                }
            }
        }
        addresses
    }

    /// The parameters by name, for messages.
    pub(crate) fn input_names(&self) -> String {
        let mut names: Vec<&str> = self.inputs.iter().map(|parameter| parameter.name).collect();
        if self.takes_search {
            names.push("(search parameters)");
        }
        if names.is_empty() { "(none)".to_owned() } else { names.join(", ") }
    }

    /// Its `OperationDefinition`.
    pub fn to_resource(&self, base: &str) -> Value {
        let mut value = json!({
            "resourceType": "OperationDefinition",
            "id": self.id,
            "url": self.served_at(base),
            "name": self.name,
            "status": "active",
            "kind": "operation",
            "publisher": "Socle",
            "description": self.en,
            "_description": translated(self.fr),
            "affectsState": self.affects_state,
            "code": self.code,
        });
        if !self.canonical.is_empty() {
            value["base"] = self.canonical.into();
        }
        let types: Vec<&str> = match self.types {
            [] if self.places == [Place::System] => Vec::new(),
            [] => vec!["Resource"],
            types => types.iter().map(|resource_type| resource_type.name()).collect(),
        };
        if !types.is_empty() {
            value["resource"] = types.into();
        }
        value["system"] = self.places.contains(&Place::System).into();
        value["type"] = self.places.contains(&Place::Type).into();
        value["instance"] = self.places.contains(&Place::Instance).into();
        let inputs = self.inputs.iter().map(|parameter| parameter.to_value("in"));
        let outputs = self.outputs.iter().map(|parameter| parameter.to_value("out"));
        let parameters: Vec<Value> = inputs.chain(outputs).collect();
        if !parameters.is_empty() {
            value["parameter"] = parameters.into();
        }
        value
    }
}

/// The French text of a description written in English, as the FHIR extension for translations.
fn translated(fr: &str) -> Value {
    json!({ "extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/translation",
        "extension": [
            { "url": "lang", "valueCode": "fr" },
            { "url": "content", "valueString": fr },
        ],
    }] })
}
