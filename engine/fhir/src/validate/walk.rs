//! Walks through a resource beside its definition.

use super::primitive;
use crate::definitions::{self, Element, Member, Type, TypeKind};
use crate::reference::Reference;
use serde_json::{Map, Value};
use socle_kernel::{Issue, Words};

/// Issues told for one resource; more would not help anybody.
const ISSUES: usize = 100;

pub(super) fn check(resource: &Value) -> Vec<Issue> {
    let mut walk = Walk { issues: Vec::new(), contained_depth: 0 };
    walk.resource(resource, None);
    walk.issues
}

struct Walk {
    issues: Vec<Issue>,
    contained_depth: usize,
}

fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl Walk {
    fn push(&mut self, issue: Issue) {
        if self.issues.len() < ISSUES {
            self.issues.push(issue);
        }
    }

    fn error(
        &mut self,
        code: &'static str,
        path: &str,
        fr: String,
        en: String,
        expected: &str,
        received: &str,
    ) {
        let mut issue = Issue::error(code, path, Words::new(fr, en)).received(received);
        issue.expected = (!expected.is_empty()).then(|| expected.to_owned());
        self.push(issue);
    }

    /// A whole resource; `path` is `None` at the top, where the path starts with the type.
    fn resource(&mut self, value: &Value, path: Option<&str>) {
        let Some(members) = value.as_object() else {
            return self.shape(path.unwrap_or(""), "object", value);
        };
        let named = members.get("resourceType").and_then(Value::as_str);
        let definition = named.and_then(definitions::find_type).filter(|found| {
            found.kind == TypeKind::Resource && !matches!(found.name, "Resource" | "DomainResource")
        });
        let Some(definition) = definition else {
            let path = path.map_or_else(|| "resourceType".to_owned(), |path| format!("{path}.resourceType"));
            return self.error(
                "structure",
                &path,
                "Le type de la ressource est absent ou inconnu de FHIR R4.".to_owned(),
                "The type of the resource is missing or unknown to FHIR R4.".to_owned(),
                "Patient, DocumentReference, …",
                named.unwrap_or("nothing"),
            );
        };
        let path = path.unwrap_or(definition.name).to_owned();
        self.members(definition, members, &path);
    }

    fn shape(&mut self, path: &str, expected: &str, value: &Value) {
        let (fr, en) = match expected {
            "array" => (
                "Cet élément se répète : écrivez un tableau JSON, même pour une seule valeur.",
                "This element repeats: write a JSON array, even for a single value.",
            ),
            "object" => ("Cet élément est un objet JSON.", "This element is a JSON object."),
            _ => (
                "Cet élément n'a pas le type JSON attendu : un nombre ou un booléen s'écrit sans guillemets, un texte avec.",
                "This element has not the expected JSON type: numbers and booleans go without quotation marks, texts with.",
            ),
        };
        self.error("structure", path, fr.to_owned(), en.to_owned(), expected, json_kind(value));
    }

    fn empty(&mut self, path: &str) {
        self.error(
            "structure",
            path,
            "FHIR n'admet rien de vide : retirez l'élément ou donnez-lui un contenu.".to_owned(),
            "FHIR allows nothing empty: leave the element out or give it a content.".to_owned(),
            "a content",
            "nothing",
        );
    }

    /// The members of a resource or of a complex element.
    fn members(&mut self, definition: &'static Type, members: &Map<String, Value>, path: &str) {
        let is_resource = definition.kind == TypeKind::Resource;
        let own = members.len() - usize::from(is_resource && members.contains_key("resourceType"));
        if own == 0 && !is_resource {
            return self.empty(path);
        }
        for (name, value) in members {
            if is_resource && name == "resourceType" {
                continue;
            }
            let plain = name.strip_prefix('_').unwrap_or(name);
            let Some(member) = definition.member(plain) else {
                self.unknown(definition, name, path);
                continue;
            };
            let is_sibling = plain.len() < name.len();
            let below = format!("{path}.{}", member.element.name);
            if is_sibling {
                self.sibling(&member, value, members.get(plain), &below);
            } else {
                self.member(&member, value, members.get(&format!("_{name}")), &below);
            }
        }
        self.cardinality(definition, members, path);
        match definition.name {
            "Extension" => self.extension(members, path),
            "Reference" => self.reference(members, path),
            _ => {}
        }
    }

    fn unknown(&mut self, definition: &'static Type, name: &str, path: &str) {
        let known: Vec<&str> = definition.member_names().collect();
        self.error(
            "structure",
            &format!("{path}.{name}"),
            format!(
                "L'élément « {name} » n'existe pas dans {}. Vérifiez son nom ou retirez-le.",
                definition.name
            ),
            format!("{} has no element `{name}`. Check its name or leave it out.", definition.name),
            &known.join(", "),
            name,
        );
    }

    /// `_name`: id and extensions of a primitive.
    fn sibling(&mut self, member: &Member, value: &Value, main: Option<&Value>, path: &str) {
        let definition = member.type_ref.definition();
        if definition.kind != TypeKind::Primitive {
            return self.error(
                "structure",
                path,
                "Seul un type primitif a un membre qui commence par « _ ».".to_owned(),
                "Only a primitive type has a member that starts with `_`.".to_owned(),
                "",
                json_kind(value),
            );
        }
        if !member.element.is_array() {
            return self.sibling_object(definition, value, path);
        }
        let Some(items) = value.as_array() else { return self.shape(path, "array", value) };
        if main.and_then(Value::as_array).is_some_and(|main| main.len() != items.len()) {
            self.error(
                "structure",
                path,
                "Les deux tableaux d'un élément primitif ont la même longueur : complétez avec null."
                    .to_owned(),
                "Both arrays of a primitive element have the same length: fill up with null.".to_owned(),
                "the same length",
                &items.len().to_string(),
            );
        }
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
            self.sibling_object(definition, item, &format!("{path}[{index}]"));
        }
    }

    fn sibling_object(&mut self, definition: &'static Type, value: &Value, path: &str) {
        match value.as_object() {
            Some(members) => self.members(definition, members, path),
            None => self.shape(path, "object", value),
        }
    }

    /// One member: a value, or an array of values.
    fn member(&mut self, member: &Member, value: &Value, sibling: Option<&Value>, path: &str) {
        if !member.element.is_array() {
            if value.is_array() {
                return self.error(
                    "structure",
                    path,
                    "Cet élément ne se répète pas : écrivez la valeur sans tableau.".to_owned(),
                    "This element does not repeat: write the value without array.".to_owned(),
                    "one value",
                    "array",
                );
            }
            return self.value(member, value, path);
        }
        let Some(items) = value.as_array() else { return self.shape(path, "array", value) };
        if items.is_empty() {
            return self.empty(path);
        }
        let siblings = sibling.and_then(Value::as_array);
        for (index, item) in items.iter().enumerate() {
            let has_sibling = siblings.and_then(|all| all.get(index)).is_some_and(Value::is_object);
            if !(item.is_null() && has_sibling) {
                self.value(member, item, &format!("{path}[{index}]"));
            }
        }
    }

    fn value(&mut self, member: &Member, value: &Value, path: &str) {
        let definition = member.type_ref.definition();
        if definition.name == "Resource" {
            return self.inner_resource(member, value, path);
        }
        if definition.kind != TypeKind::Primitive {
            return match value.as_object() {
                Some(members) => self.members(definition, members, path),
                None => self.shape(path, "object", value),
            };
        }
        let kind = definition.name;
        if !primitive::has_right_json_type(kind, value) {
            let expected = match kind {
                "boolean" => "boolean",
                "integer" | "unsignedInt" | "positiveInt" | "decimal" => "number",
                _ => "string",
            };
            return self.shape(path, expected, value);
        }
        if value.as_str() == Some("") {
            return self.empty(path);
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !primitive::is_valid(kind, value) {
            return self.error(
                "value",
                path,
                format!("La valeur n'a pas le format du type {kind}. Corrigez-la selon la forme attendue."),
                format!("The value has not the format of the type {kind}. Write it in the expected form."),
                primitive::expected(kind),
                &text,
            );
        }
        self.code(member, &text, path);
    }

    fn code(&mut self, member: &Member, code: &str, path: &str) {
        let Some(codes) = member.element.codes.filter(|codes| codes.system_of(code).is_none()) else {
            return;
        };
        let known: Vec<&str> = codes.codes.iter().map(|(code, _)| *code).take(40).collect();
        self.error(
            "code-invalid",
            path,
            format!(
                "Le code n'est pas dans le jeu de valeurs obligatoire {}. Choisissez un code de la liste.",
                codes.address
            ),
            format!("The code is not in the required value set {}. Pick a code of the list.", codes.address),
            &known.join(", "),
            code,
        );
    }

    fn inner_resource(&mut self, member: &Member, value: &Value, path: &str) {
        let is_contained = member.element.name == "contained";
        if is_contained && self.contained_depth > 0 {
            return self.error(
                "structure",
                path,
                "Une ressource contenue n'en contient pas d'autre : placez-la à côté.".to_owned(),
                "A contained resource contains no other: put it beside.".to_owned(),
                "",
                "contained",
            );
        }
        if is_contained && value.get("id").and_then(Value::as_str).is_none() {
            self.error(
                "required",
                &format!("{path}.id"),
                "Une ressource contenue a un id, par lequel la référence « #id » la désigne.".to_owned(),
                "A contained resource has an id, by which the reference `#id` names it.".to_owned(),
                "id",
                "nothing",
            );
        }
        self.contained_depth += usize::from(is_contained);
        self.resource(value, Some(path));
        self.contained_depth -= usize::from(is_contained);
    }

    fn cardinality(&mut self, definition: &'static Type, members: &Map<String, Value>, path: &str) {
        for element in &definition.elements {
            if element.min == 0 && !element.is_choice {
                continue;
            }
            let count = count(definition, element, members);
            if u32::try_from(count).unwrap_or(u32::MAX) < element.min {
                self.missing(element, path, count);
            }
            if element.is_choice && count > 1 {
                self.error(
                    "structure",
                    &format!("{path}.{}", element.name),
                    format!("« {}[x] » n'admet qu'un seul de ses types à la fois.", element.name),
                    format!("`{}[x]` allows only one of its types at a time.", element.name),
                    "one",
                    &count.to_string(),
                );
            }
        }
        for element in definition.elements.iter().filter(|e| e.max.is_some_and(|max| max > 1)) {
            let count = count(definition, element, members);
            let max = element.max.unwrap_or(u32::MAX);
            if u32::try_from(count).unwrap_or(u32::MAX) > max {
                self.error(
                    "structure",
                    &format!("{path}.{}", element.name),
                    "Cet élément a trop de valeurs.".to_owned(),
                    "This element has too many values.".to_owned(),
                    &format!("at most {max}"),
                    &count.to_string(),
                );
            }
        }
    }

    fn missing(&mut self, element: &Element, path: &str, count: usize) {
        let name = element.name;
        self.error(
            "required",
            &format!("{path}.{name}"),
            format!("L'élément « {name} » est obligatoire. Ajoutez-le."),
            format!("The element `{name}` is mandatory. Add it."),
            &format!("at least {}", element.min),
            &count.to_string(),
        );
    }

    fn extension(&mut self, members: &Map<String, Value>, path: &str) {
        let has_value = members.keys().any(|name| name.trim_start_matches('_').starts_with("value"));
        let has_inner = members.contains_key("extension");
        if has_value == has_inner {
            self.error(
                "structure",
                path,
                "Une extension a soit une valeur (value[x]), soit des extensions, jamais les deux ni aucune."
                    .to_owned(),
                "An extension has either a value (value[x]) or extensions, never both nor none.".to_owned(),
                "value[x] or extension",
                if has_value { "value[x] and extension" } else { "nothing" },
            );
        }
    }

    fn reference(&mut self, members: &Map<String, Value>, path: &str) {
        let Some(text) = members.get("reference").and_then(Value::as_str) else { return };
        let is_address = |text: &str| {
            let scheme = text.split(':').next().unwrap_or("");
            text.len() > scheme.len() + 1
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        };
        if matches!(Reference::parse(text), Reference::Other(_)) && !is_address(text) {
            self.error(
                "value",
                &format!("{path}.reference"),
                "La référence ne se lit pas. Écrivez Type/id, une adresse, urn:uuid:… ou #id.".to_owned(),
                "The reference cannot be read. Write Type/id, an address, urn:uuid:… or #id.".to_owned(),
                "Type/id, https://…/Type/id, urn:uuid:…, #id",
                text,
            );
        }
    }
}

/// How many values an element has, primitives with extensions only included.
fn count(definition: &'static Type, element: &'static Element, members: &Map<String, Value>) -> usize {
    if !element.is_choice {
        let length = |name: &str| match members.get(name) {
            Some(Value::Array(items)) => items.len(),
            Some(_) => 1,
            None => 0,
        };
        return length(element.name).max(length(&format!("_{}", element.name)));
    }
    let mut names: Vec<&str> = members
        .keys()
        .map(|name| name.strip_prefix('_').unwrap_or(name))
        .filter(|name| definition.member(name).is_some_and(|member| std::ptr::eq(member.element, element)))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}
