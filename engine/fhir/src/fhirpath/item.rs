//! What an expression gives: elements of a resource, and values computed on the way.

use super::moment::{Kind, Moment};
use crate::date::FhirDate;
use crate::decimal::Decimal;
use crate::definitions::{self, CodeSet, Member, Type, TypeKind};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::ControlFlow;

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
    /// What `type()` tells.
    Type {
        /// `FHIR` or `System`.
        namespace: &'static str,
        /// The name of the type.
        name: &'static str,
    },
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
        let _ = self.each_child(name, &mut |element| {
            out.push(Item::Element(element));
            ControlFlow::Continue::<(), ()>(())
        });
    }

    /// Gives the elements of this name one by one, until told to stop.
    pub(super) fn each_child<B>(
        &self,
        name: &str,
        give: &mut dyn FnMut(Element<'a>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let is_primitive = self.definition.kind == TypeKind::Primitive;
        let Some(holder) = (if is_primitive { self.sibling } else { self.value }) else {
            return ControlFlow::Continue(());
        };
        if let Some(member) = self.definition.member(name).filter(|member| !member.element.is_choice) {
            return each_of_member(holder.get(name), sibling(&member, holder, name), &member, give);
        }
        let Some(element) = self.definition.element(name).filter(|element| element.is_choice) else {
            return ControlFlow::Continue(());
        };
        let Some(members) = holder.as_object() else { return ControlFlow::Continue(()) };
        for key in members.keys() {
            let plain = key.strip_prefix('_').unwrap_or(key);
            if !plain.starts_with(name) || (plain.len() < key.len() && members.contains_key(plain)) {
                continue;
            }
            if let Some(member) = self.definition.member(plain).filter(|m| std::ptr::eq(m.element, element)) {
                each_of_member(holder.get(plain), sibling(&member, holder, plain), &member, give)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// All elements below this one, in JSON order.
    pub fn all_children(&self, out: &mut Vec<Item<'a>>) {
        let holder = if self.definition.kind == TypeKind::Primitive { self.sibling } else { self.value };
        let Some(members) = holder.and_then(Value::as_object) else { return };
        let has_siblings = members.keys().any(|key| key.starts_with('_'));
        for (key, value) in members {
            let plain = key.strip_prefix('_').unwrap_or(key);
            let is_sibling = plain.len() < key.len();
            if is_sibling && members.contains_key(plain) {
                continue;
            }
            let Some(member) = self.definition.member(plain) else { continue };
            let sibling = match holder {
                _ if is_sibling => Some(value),
                Some(holder) if has_siblings => sibling_of(holder, plain),
                _ => None,
            };
            let content = (!is_sibling).then_some(value);
            let _ = each_of_member(content, sibling, &member, &mut |element| {
                out.push(Item::Element(element));
                ControlFlow::Continue::<(), ()>(())
            });
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

/// Longest name of a JSON member that may have extensions.
const MEMBER_BYTES: usize = 96;

/// The JSON of `_key`, found without making a text of it.
fn sibling_of<'a>(holder: &'a Value, key: &str) -> Option<&'a Value> {
    let mut name = [b'_'; MEMBER_BYTES];
    let end = key.len() + 1;
    name.get_mut(1..end)?.copy_from_slice(key.as_bytes());
    holder.get(std::str::from_utf8(&name[..end]).ok()?)
}

/// The same, of a primitive only: nothing else has one.
fn sibling<'a>(member: &Member, holder: &'a Value, key: &str) -> Option<&'a Value> {
    let is_primitive = member.type_ref.definition().kind == TypeKind::Primitive;
    if is_primitive { sibling_of(holder, key) } else { None }
}

/// Gives the items of one JSON member: its content, and what stands beside it when it is a primitive.
fn each_of_member<'a, B>(
    content: Option<&'a Value>,
    sibling: Option<&'a Value>,
    member: &Member,
    give: &mut dyn FnMut(Element<'a>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let definition = member.type_ref.definition();
    let codes = member.element.codes;
    let sibling = sibling.filter(|_| definition.kind == TypeKind::Primitive);
    let mut give = |value: Option<&'a Value>, sibling: Option<&'a Value>| {
        let value = value.filter(|value| !value.is_null());
        let sibling = sibling.filter(|sibling| sibling.is_object());
        if value.is_none() && sibling.is_none() {
            return ControlFlow::Continue(());
        }
        let definition = value.and_then(|v| inner_resource(v, definition)).unwrap_or(definition);
        give(Element { value, sibling, definition, codes })
    };
    match (content, sibling) {
        (Some(Value::Array(items)), siblings) => {
            let siblings = siblings.and_then(Value::as_array);
            for (index, item) in items.iter().enumerate() {
                give(Some(item), siblings.and_then(|all| all.get(index)))?;
            }
            ControlFlow::Continue(())
        }
        (None, Some(Value::Array(siblings))) => {
            siblings.iter().try_for_each(|sibling| give(None, Some(sibling)))
        }
        (content, sibling) => give(content, sibling),
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

    /// The date, date with a time or time of day, when this is one.
    pub(super) fn moment(&self) -> Option<(Kind, Moment)> {
        let (kind, text) = match self {
            Item::Date(text) => (Kind::Date, text),
            Item::DateTime(text) => (Kind::DateTime, text),
            Item::Time(text) => (Kind::Time, text),
            _ => return None,
        };
        Moment::parse(kind, text).map(|moment| (kind, moment))
    }

    /// A computed moment.
    pub(super) fn of_moment(kind: Kind, moment: Moment) -> Self {
        let text = Cow::Owned(moment.to_string());
        match kind {
            Kind::Date => Item::Date(text),
            Kind::DateTime => Item::DateTime(text),
            Kind::Time => Item::Time(text),
        }
    }

    /// A computed number.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Item::Integer(number) => Some(Decimal::whole(*number)),
            Item::Decimal(number) => Some(*number),
            _ => None,
        }
    }

    /// A computed quantity; a number alone has the unit `1`.
    pub(super) fn quantity(&self) -> Option<(Decimal, &str)> {
        match self {
            Item::Quantity(number, unit) => Some((*number, unit)),
            other => other.number().map(|number| (number, "1")),
        }
    }

    /// True for a primitive that has extensions only.
    pub(super) fn is_valueless(&self) -> bool {
        matches!(self, Item::Element(e) if e.value.is_none() && e.definition.kind == TypeKind::Primitive)
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
            Item::Type { .. } => "TypeInfo",
        }
    }
}
