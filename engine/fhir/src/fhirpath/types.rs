//! Types as `is`, `as`, `ofType` and `type()` know them.

use super::PathError;
use super::ast::{Expr, TypeName};
use super::item::Item;
use crate::definitions::{self, TypeKind};

/// The types of FHIRPath itself.
const SYSTEM: [&str; 9] =
    ["Any", "Boolean", "Date", "DateTime", "Decimal", "Integer", "Quantity", "String", "Time"];

/// A type name where it is written.
#[derive(Clone, Copy)]
pub(super) struct Named<'e> {
    namespace: Option<&'e str>,
    pub(super) name: &'e str,
}

impl<'e> From<&'e TypeName> for Named<'e> {
    fn from(name: &'e TypeName) -> Self {
        Named { namespace: name.namespace.as_deref(), name: &name.name }
    }
}

/// The type that an argument names: `Patient`, `FHIR.Patient`, `System.String`.
pub(super) fn name_of(expr: &Expr) -> Result<Named<'_>, PathError> {
    let name = match expr {
        Expr::Member(None, name) => Some(Named { namespace: None, name }),
        Expr::Member(Some(space), name) => match space.as_ref() {
            Expr::Member(None, space) => Some(Named { namespace: Some(space), name }),
            _ => None,
        },
        _ => None,
    };
    name.ok_or_else(|| PathError::new("a type name is expected"))
}

/// An error when there is no such type.
pub(super) fn expect_known(name: Named<'_>) -> Result<(), PathError> {
    let is_system = || SYSTEM.contains(&name.name);
    let is_fhir = || definitions::find_type(name.name).is_some();
    let is_known = match name.namespace {
        // Only a type of System has a name there; a question about another is answered with no.
        Some("System") => is_system() || is_fhir(),
        Some("FHIR") => is_fhir(),
        Some(_) => false,
        None => is_fhir() || is_system(),
    };
    if is_known { Ok(()) } else { Err(PathError::new(format!("the type {} is not known", name.name))) }
}

/// Whether `is` says yes.
pub(super) fn is_of_type(item: &Item<'_>, name: Named<'_>, is_strict: bool) -> bool {
    let wanted = name.name;
    match (item, name.namespace) {
        (Item::Element(element), Some("FHIR") | None) => {
            element.definition.is_a(wanted)
                || (!is_strict && is_misspelt_primitive(element.definition.name, wanted))
        }
        (Item::Resolved(definition), Some("FHIR") | None) => definition.is_a(wanted),
        (Item::Element(_) | Item::Resolved(_), Some(_)) => false,
        (computed, Some("System") | None) => {
            let own = computed.type_name();
            own == wanted || wanted == "Any" || (!is_strict && own.eq_ignore_ascii_case(wanted))
        }
        (_, Some(_)) => false,
    }
}

/// The official search parameters write `DateTime` where the type is `dateTime`.
fn is_misspelt_primitive(name: &str, wanted: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.eq_ignore_ascii_case(wanted)
}

/// `as` and `ofType` take a primitive for its own type only: a `code` is a `string` for `is`, not for them.
pub(super) fn is_exactly(item: &Item<'_>, name: Named<'_>, is_strict: bool) -> bool {
    if !is_of_type(item, name, is_strict) {
        return false;
    }
    match item {
        Item::Element(element) => {
            element.definition.kind != TypeKind::Primitive
                || element.definition.name.eq_ignore_ascii_case(name.name)
        }
        _ => true,
    }
}

/// What `type()` tells of an item.
pub(super) fn type_of<'a>(item: &Item<'a>) -> Item<'a> {
    let namespace = match item {
        Item::Element(_) | Item::Resolved(_) => "FHIR",
        _ => "System",
    };
    Item::Type { namespace, name: item.type_name() }
}
