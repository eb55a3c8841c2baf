//! What an expression gives: elements of a resource, and values computed on the way.

use crate::date::FhirDate;
use crate::decimal::Decimal;
use crate::definitions::{self, CodeSet, Type, TypeKind};
use serde_json::Value;
use std::borrow::Cow;

/// An element of a resource, with its type.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Its JSON; `None` for a primitive that has extensions only.
    pub value: Option<&'a Value>,
    /// The JSON of `_name`: id and extensions of a primitive.
    pub sibling: Option<&'a Value>,
    /// Its type.
    pub definition: &'static Type,
    /// The codes it is bound to.
    pub codes: Option<&'static CodeSet>,
}

/// One item of a collection.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// An element of a resource.
    Element(Element<'a>),
    /// What a reference points to, when only its type is known.
    Resolved(&'static Type),
    /// A truth value.
    Boolean(bool),
    /// A text.
    String(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// A date.
    Date(Cow<'a, str>),
    /// A date with a time.
    DateTime(Cow<'a, str>),
    /// A time of day.
    Time(Cow<'a, str>),
    /// A number with a unit (UCUM, or a calendar word).
    Quantity(Decimal, Cow<'a, str>),
}

impl<'a> Element<'a> {
    /// A whole resource; `None` when its type is not known.
    pub fn resource(value: &'a Value) -> Option<Self> {
        let definition = definitions::find_type(value.get("resourceType")?.as_str()?)?;
        (definition.kind == TypeKind::Resource).then_some(Element {
            value: Some(value),
            sibling: None,
            definition,
            codes: None,
        })
    }

    /// The JSON text of a primitive.
    pub fn text(&self) -> Option<&'a str> {
        self.value.and_then(Value::as_str)
    }

    /// The elements of this FHIRPath name below this one.
    pub fn children(&self, name: &str, out: &mut Vec<Item<'a>>) {
        if self.definition.kind == TypeKind::Primitive {
            if let Some(sibling) = self.sibling {
                push_member(sibling, self.definition, name, name, out);
            }
            return;
        }
        let Some(value) = self.value else { return };
        let Some(element) = self.definition.element(name) else { return };
        if !element.is_choice {
            push_member(value, self.definition, name, name, out);
            return;
        }
        let Some(members) = value.as_object() else { return };
        for key in members.keys() {
            let plain = key.strip_prefix('_').unwrap_or(key);
            if !plain.starts_with(name) || (plain.len() < key.len() && members.contains_key(plain)) {
                continue;
            }
            if self.definition.member(plain).is_some_and(|member| member.element.name == name) {
                push_member(value, self.definition, plain, name, out);
            }
        }
    }

    /// All elements below this one, in JSON order.
    pub fn all_children(&self, out: &mut Vec<Item<'a>>) {
        let holder = if self.definition.kind == TypeKind::Primitive { self.sibling } else { self.value };
        let Some(members) = holder.and_then(Value::as_object) else { return };
        for key in members.keys() {
            let plain = key.strip_prefix('_').unwrap_or(key);
            if plain.len() < key.len() && members.contains_key(plain) {
                continue;
            }
            if let Some(holder) = holder {
                push_member(holder, self.definition, plain, plain, out);
            }
        }
    }

    /// The value of a primitive as a computed item; the element itself otherwise.
    pub fn to_system(self) -> Item<'a> {
        let Some(value) = self.value.filter(|_| self.definition.kind == TypeKind::Primitive) else {
            return self.to_quantity().unwrap_or(Item::Element(self));
        };
        match (self.definition.name, value) {
            (_, Value::Bool(truth)) => Item::Boolean(*truth),
            (name, Value::Number(number)) => {
                let whole = if name == "decimal" { None } else { number.as_i64() };
                match (whole, Decimal::parse(number.as_str())) {
                    (Some(whole), _) => Item::Integer(whole),
                    (None, Some(decimal)) => Item::Decimal(decimal),
                    (None, None) => Item::Element(self),
                }
            }
            ("date", Value::String(text)) => Item::Date(Cow::Borrowed(text)),
            ("dateTime" | "instant", Value::String(text)) => Item::DateTime(Cow::Borrowed(text)),
            ("time", Value::String(text)) => Item::Time(Cow::Borrowed(text)),
            (_, Value::String(text)) => Item::String(Cow::Borrowed(text)),
            _ => Item::Element(self),
        }
    }

    fn to_quantity(self) -> Option<Item<'a>> {
        if !self.definition.is_a("Quantity") {
            return None;
        }
        let value = self.value?;
        let number = Decimal::parse(value.get("value")?.as_number()?.as_str())?;
        let unit = value.get("code").or_else(|| value.get("unit")).and_then(Value::as_str).unwrap_or("1");
        Some(Item::Quantity(number, Cow::Borrowed(unit)))
    }
}

/// Adds the items of one JSON member (`key`, with its `_key`).
fn push_member<'a>(value: &'a Value, holder: &'static Type, key: &str, name: &str, out: &mut Vec<Item<'a>>) {
    let Some(member) = holder.member(key) else { return };
    if name.is_empty() {
        return;
    }
    let definition = member.type_ref.definition();
    let codes = member.element.codes;
    let content = value.get(key);
    let sibling = if definition.kind == TypeKind::Primitive { value.get(format!("_{key}")) } else { None };
    let mut push = |value: Option<&'a Value>, sibling: Option<&'a Value>| {
        let value = value.filter(|value| !value.is_null());
        let sibling = sibling.filter(|sibling| sibling.is_object());
        if value.is_none() && sibling.is_none() {
            return;
        }
        let definition = value.and_then(|v| inner_resource(v, definition)).unwrap_or(definition);
        out.push(Item::Element(Element { value, sibling, definition, codes }));
    };
    match (content, sibling) {
        (Some(Value::Array(items)), siblings) => {
            let siblings = siblings.and_then(Value::as_array);
            for (index, item) in items.iter().enumerate() {
                push(Some(item), siblings.and_then(|all| all.get(index)));
            }
        }
        (None, Some(Value::Array(siblings))) => siblings.iter().for_each(|sibling| push(None, Some(sibling))),
        (content, sibling) => push(content, sibling),
    }
}

/// The real type of an element declared as `Resource`.
fn inner_resource(value: &Value, declared: &'static Type) -> Option<&'static Type> {
    if declared.name != "Resource" {
        return None;
    }
    definitions::find_type(value.get("resourceType")?.as_str()?)
}

impl<'a> Item<'a> {
    /// This item with primitives turned into computed values.
    pub fn to_system(&self) -> Item<'a> {
        match self {
            Item::Element(element) => element.to_system(),
            other => other.clone(),
        }
    }

    /// The element, when this is one.
    pub fn element(&self) -> Option<&Element<'a>> {
        match self {
            Item::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The truth value, when this is one.
    pub fn boolean(&self) -> Option<bool> {
        match self.to_system() {
            Item::Boolean(truth) => Some(truth),
            _ => None,
        }
    }

    /// The text of strings, codes, dates and the like.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.to_system() {
            Item::String(text) | Item::Date(text) | Item::DateTime(text) | Item::Time(text) => Some(text),
            _ => None,
        }
    }

    /// The date, when this is one.
    pub fn date(&self) -> Option<FhirDate> {
        match self.to_system() {
            Item::Date(text) | Item::DateTime(text) => FhirDate::parse(text.trim_end_matches('T')),
            _ => None,
        }
    }

    /// The name of its type, as `is` compares it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Item::Element(element) => element.definition.name,
            Item::Resolved(definition) => definition.name,
            Item::Boolean(_) => "Boolean",
            Item::String(_) => "String",
            Item::Integer(_) => "Integer",
            Item::Decimal(_) => "Decimal",
            Item::Date(_) => "Date",
            Item::DateTime(_) => "DateTime",
            Item::Time(_) => "Time",
            Item::Quantity(..) => "Quantity",
        }
    }
}
