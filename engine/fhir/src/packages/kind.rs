//! The kinds of conformance resources that packages bring.

use serde_json::Value;

/// A kind of conformance resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A type, a profile or an extension.
    StructureDefinition,
    /// A choice of codes.
    ValueSet,
    /// A code system.
    CodeSystem,
    /// Codes beside codes of another system.
    ConceptMap,
    /// What can be searched by.
    SearchParameter,
    /// An operation.
    OperationDefinition,
    /// What belongs to a compartment.
    CompartmentDefinition,
    /// Names of a code or identifier system.
    NamingSystem,
    /// What a server or client does.
    CapabilityStatement,
    /// A graph of resources.
    GraphDefinition,
    /// A form.
    Questionnaire,
    /// How one structure becomes another.
    StructureMap,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 12] = [
        Kind::StructureDefinition,
        Kind::ValueSet,
        Kind::CodeSystem,
        Kind::ConceptMap,
        Kind::SearchParameter,
        Kind::OperationDefinition,
        Kind::CompartmentDefinition,
        Kind::NamingSystem,
        Kind::CapabilityStatement,
        Kind::GraphDefinition,
        Kind::Questionnaire,
        Kind::StructureMap,
    ];

    /// The name of the resource type.
    pub fn name(self) -> &'static str {
        match self {
            Kind::StructureDefinition => "StructureDefinition",
            Kind::ValueSet => "ValueSet",
            Kind::CodeSystem => "CodeSystem",
            Kind::ConceptMap => "ConceptMap",
            Kind::SearchParameter => "SearchParameter",
            Kind::OperationDefinition => "OperationDefinition",
            Kind::CompartmentDefinition => "CompartmentDefinition",
            Kind::NamingSystem => "NamingSystem",
            Kind::CapabilityStatement => "CapabilityStatement",
            Kind::GraphDefinition => "GraphDefinition",
            Kind::Questionnaire => "Questionnaire",
            Kind::StructureMap => "StructureMap",
        }
    }

    /// The kind of this resource type, when packages bring it.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The address by which others name the resource. A naming system has none of its own: the first address it names.
    pub(super) fn address(self, resource: &Value) -> String {
        let own = resource.get("url").and_then(Value::as_str);
        let named = || {
            let ids = resource.get("uniqueId")?.as_array()?;
            ids.iter().find(|id| id["type"] == "uri")?.get("value")?.as_str()
        };
        own.or_else(named).unwrap_or("").to_owned()
    }

    /// What the index tells besides names: the type a structure is about, the types and the code of a search
    /// parameter, the code of an operation, how complete a code system is.
    pub(super) fn about(self, resource: &Value) -> String {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        match self {
            Kind::StructureDefinition => text("type"),
            Kind::OperationDefinition | Kind::CompartmentDefinition => text("code"),
            Kind::CodeSystem => text("content"),
            Kind::SearchParameter => {
                let bases = resource.get("base").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let bases: Vec<&str> = bases.iter().filter_map(Value::as_str).collect();
                format!("{}.{}", bases.join(","), text("code"))
            }
            _ => String::new(),
        }
    }
}
