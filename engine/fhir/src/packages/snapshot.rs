//! Makes the snapshot of a profile that brings its differential only: the elements of its base, changed and completed.
//!
//! What is inherited, slices (also of choices and extensions), children of data types and of their profiles, content
//! references, and choices written with their type (`valueQuantity`) are carried out. Texts for people are taken
//! over as they stand.

use serde_json::{Map, Value, json};
use socle_kernel::{Problem, problem};
use std::collections::HashSet;
use std::sync::Arc;

/// How deep bases may rest on bases without a snapshot.
const DEPTH: usize = 16;
/// Largest snapshot, in elements.
const ELEMENTS: usize = 20_000;
/// Where the types of the standard are.
const OFFICIAL: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Finds a structure by canonical address.
pub type FindStructure<'f> = &'f dyn Fn(&str) -> Option<Arc<Value>>;

/// The profile with a snapshot; as it is when it has one.
pub fn complete(structure: &Value, find: FindStructure<'_>) -> Result<Value, Problem> {
    completed(structure, find, 0)
}

fn completed(structure: &Value, find: FindStructure<'_>, depth: usize) -> Result<Value, Problem> {
    if structure.get("snapshot").is_some() {
        return Ok(structure.clone());
    }
    let url = text(structure, "url");
    if depth > DEPTH {
        return Err(refused(
            url,
            "baseDefinition",
            "ses bases tournent en rond",
            "its bases go round in a circle",
        ));
    }
    let base_url = text(structure, "baseDefinition");
    let base = find(base_url).ok_or_else(|| {
        refused(
            url,
            "baseDefinition",
            &format!("sa base {base_url} n'est pas installée : ajoutez d'abord le paquet qui la contient"),
            &format!("its base {base_url} is not installed: add the package that holds it first"),
        )
    })?;
    let base = completed(&base, find, depth + 1)?;
    let differential = structure.pointer("/differential/element").and_then(Value::as_array);
    let mut work = Work { elements: inherited(&base, text(structure, "type")), find, depth, url };
    for element in differential.into_iter().flatten() {
        work.apply(element)?;
        if work.elements.len() > ELEMENTS {
            return Err(refused(url, "snapshot", "il est trop grand", "it is too large"));
        }
    }
    let elements: Vec<Value> = work.elements.into_iter().map(Value::Object).collect();
    let mut made = structure.clone();
    made["snapshot"] = json!({ "element": elements });
    Ok(made)
}

fn refused(url: &str, path: &str, fr: &str, en: &str) -> Problem {
    Problem::new(
        problem::Kind::Unprocessable,
        format!("Le profil {url} ne peut pas être complété : {fr}."),
        format!("The profile {url} cannot be completed: {en}."),
    )
    .at(format!("StructureDefinition.{path}"))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn member<'v>(element: &'v Map<String, Value>, name: &str) -> &'v str {
    element.get(name).and_then(Value::as_str).unwrap_or("")
}

/// The elements of the base, each with its id and where it comes from; the first segment is the new type's.
fn inherited(base: &Value, type_name: &str) -> Vec<Map<String, Value>> {
    let elements = base.pointer("/snapshot/element").and_then(Value::as_array);
    let root = elements.and_then(|all| all.first()).map_or("", |first| text(first, "path"));
    let type_name = type_name.rsplit('/').next().unwrap_or(type_name);
    let named = |text: &str| match text.strip_prefix(root) {
        Some(rest) if !type_name.is_empty() => format!("{type_name}{rest}"),
        _ => text.to_owned(),
    };
    let one = |element: &Value| {
        let mut element = element.as_object().cloned().unwrap_or_default();
        let (path, id) = (member(&element, "path").to_owned(), member(&element, "id").to_owned());
        if element.get("base").is_none() {
            let origin = json!({ "path": path, "min": element.get("min").cloned().unwrap_or(json!(0)), "max": member(&element, "max") });
            element.insert("base".to_owned(), origin);
        }
        element.insert("id".to_owned(), Value::String(named(if id.is_empty() { &path } else { &id })));
        element.insert("path".to_owned(), Value::String(named(&path)));
        element
    };
    elements.into_iter().flatten().map(one).collect()
}

struct Work<'f, 's> {
    elements: Vec<Map<String, Value>>,
    find: FindStructure<'f>,
    depth: usize,
    url: &'s str,
}

/// The id of an element of a differential: its own, or its path with the name of its slice.
fn id_of(element: &Value) -> String {
    match (text(element, "id"), text(element, "sliceName")) {
        ("", "") => text(element, "path").to_owned(),
        ("", slice) => format!("{}:{slice}", text(element, "path")),
        (id, _) => id.to_owned(),
    }
}

/// The id without its last segment, and that segment.
fn parts(id: &str) -> Option<(&str, &str)> {
    // Names of slices may hold points in badly written guides; the last point outside a name counts.
    id.rsplit_once('.')
}

impl Work<'_, '_> {
    fn apply(&mut self, differential: &Value) -> Result<(), Problem> {
        let id = id_of(differential);
        let place = self.place(&id, 0)?;
        merge(&mut self.elements[place], differential);
        Ok(())
    }

    fn find_id(&self, id: &str) -> Option<usize> {
        self.elements.iter().position(|element| member(element, "id") == id)
    }

    /// The place of an element, made when it is not there yet.
    fn place(&mut self, id: &str, depth: usize) -> Result<usize, Problem> {
        if let Some(found) = self.find_id(id) {
            return Ok(found);
        }
        let unknown = || {
            refused(
                self.url,
                "differential",
                &format!("l'élément {id} n'existe pas dans sa base"),
                &format!("the element {id} does not exist in its base"),
            )
        };
        if depth > DEPTH {
            return Err(unknown());
        }
        let Some((above, last)) = parts(id) else { return Err(unknown()) };
        if let Some((name, slice)) = last.split_once(':') {
            let whole = self.place(&format!("{above}.{name}"), depth + 1)?;
            return Ok(self.add_slice(whole, id, slice));
        }
        let parent = self.place(above, depth + 1)?;
        let above = member(&self.elements[parent], "id").to_owned();
        let id = format!("{above}.{last}");
        if let Some(found) = self.find_id(&id) {
            return Ok(found);
        }
        if !self.has_children(&above) {
            self.expand(parent)?;
            if let Some(found) = self.find_id(&id) {
                return Ok(found);
            }
        }
        self.typed_choice(&above, last).ok_or_else(|| {
            refused(
                self.url,
                "differential",
                &format!("l'élément {id} n'existe pas dans sa base"),
                &format!("the element {id} does not exist in its base"),
            )
        })
    }

    fn has_children(&self, id: &str) -> bool {
        let prefix = format!("{id}.");
        self.elements.iter().any(|element| member(element, "id").starts_with(&prefix))
    }

    /// Where what belongs to an element ends: its children, its slices and theirs.
    fn end(&self, place: usize) -> usize {
        let id = member(&self.elements[place], "id");
        let (children, slices) = (format!("{id}."), format!("{id}:"));
        let belongs = |element: &Map<String, Value>| {
            let other = member(element, "id");
            other.starts_with(&children) || other.starts_with(&slices)
        };
        place + 1 + self.elements[place + 1..].iter().take_while(|element| belongs(element)).count()
    }

    fn add_slice(&mut self, whole: usize, id: &str, slice: &str) -> usize {
        let mut made = self.elements[whole].clone();
        made.remove("slicing");
        made.insert("id".to_owned(), Value::String(id.to_owned()));
        made.insert("sliceName".to_owned(), Value::String(slice.to_owned()));
        made.insert("min".to_owned(), json!(0));
        let place = self.end(whole);
        self.elements.insert(place, made);
        // A slice that nobody announced: extensions by address, choices by type.
        let path = member(&self.elements[whole], "path").to_owned();
        if self.elements[whole].get("slicing").is_none() {
            let by = if path.ends_with("[x]") {
                json!([{ "type": "type", "path": "$this" }])
            } else {
                json!([{ "type": "value", "path": "url" }])
            };
            if path.ends_with("[x]") || path.ends_with("xtension") {
                let slicing = json!({ "discriminator": by, "ordered": false, "rules": "open" });
                self.elements[whole].insert("slicing".to_owned(), slicing);
            }
        }
        place
    }

    /// `valueQuantity` is the slice of `value[x]` that has this type.
    fn typed_choice(&mut self, above: &str, last: &str) -> Option<usize> {
        let prefix = format!("{above}.");
        let choices: Vec<(usize, String)> = (0..self.elements.len())
            .filter_map(|place| {
                let name = member(&self.elements[place], "id").strip_prefix(&prefix)?.strip_suffix("[x]")?;
                (!name.contains('.')).then(|| (place, name.to_owned()))
            })
            .collect();
        for (place, stem) in choices {
            let Some(named) = last.strip_prefix(&stem) else { continue };
            let types =
                self.elements[place].get("type").and_then(Value::as_array).cloned().unwrap_or_default();
            let Some(kind) = types.iter().find(|kind| text(kind, "code").eq_ignore_ascii_case(named)) else {
                continue;
            };
            let id = format!("{above}.{stem}[x]:{last}");
            if let Some(found) = self.find_id(&id) {
                return Some(found);
            }
            let made = self.add_slice(place, &id, last);
            self.elements[made].insert("type".to_owned(), json!([kind.clone()]));
            return Some(made);
        }
        None
    }

    /// Gives an element the children of its content reference, of its unsliced sibling, or of its type.
    fn expand(&mut self, place: usize) -> Result<(), Problem> {
        let element = self.elements[place].clone();
        let (id, path) = (member(&element, "id").to_owned(), member(&element, "path").to_owned());
        let content = member(&element, "contentReference").split_once('#').map(|(_, id)| id.to_owned());
        let sibling = id.rsplit_once('.').and_then(|(above, last)| {
            let (name, _) = last.split_once(':')?;
            Some(format!("{above}.{name}"))
        });
        let origin = content.or(sibling.filter(|sibling| self.has_children(sibling)));
        let below = match origin {
            Some(origin) => self.copied(&origin, &id, &path),
            None => self.of_type(&element, &id, &path)?,
        };
        self.elements.splice(place + 1..place + 1, below);
        Ok(())
    }

    fn copied(&self, origin: &str, id: &str, path: &str) -> Vec<Map<String, Value>> {
        let origin_path = self
            .find_id(origin)
            .map_or(String::new(), |place| member(&self.elements[place], "path").to_owned());
        let prefix = format!("{origin}.");
        let copies = self.elements.iter().filter_map(|element| {
            let rest = member(element, "id").strip_prefix(&prefix)?;
            let path_rest = member(element, "path").strip_prefix(&origin_path)?;
            let mut made = element.clone();
            made.insert("id".to_owned(), Value::String(format!("{id}.{rest}")));
            made.insert("path".to_owned(), Value::String(format!("{path}{path_rest}")));
            Some(made)
        });
        copies.collect()
    }

    fn of_type(
        &self,
        element: &Map<String, Value>,
        id: &str,
        path: &str,
    ) -> Result<Vec<Map<String, Value>>, Problem> {
        let types = element.get("type").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let profile = match types {
            [one] => one.get("profile").and_then(Value::as_array).and_then(|all| all.first()?.as_str()),
            _ => None,
        };
        let code = match types {
            [one] => text(one, "code"),
            // Of several types only what all have is known.
            _ => "Element",
        };
        let official = format!("{OFFICIAL}{code}");
        let found = profile.and_then(self.find).or_else(|| (self.find)(&official)).ok_or_else(|| {
            refused(
                self.url,
                "differential",
                &format!("le type {code} de {id} n'est pas connu"),
                &format!("the type {code} of {id} is not known"),
            )
        })?;
        let found = completed(&found, self.find, self.depth + 1)?;
        let elements = inherited(&found, "");
        let root = elements.first().map_or(String::new(), |first| member(first, "path").to_owned());
        let below = elements.into_iter().skip(1).filter_map(|mut made| {
            let id_rest = member(&made, "id").strip_prefix(&root)?.to_owned();
            let path_rest = member(&made, "path").strip_prefix(&root)?.to_owned();
            made.insert("id".to_owned(), Value::String(format!("{id}{id_rest}")));
            made.insert("path".to_owned(), Value::String(format!("{path}{path_rest}")));
            Some(made)
        });
        Ok(below.collect())
    }
}

/// Writes what a differential says over what was inherited.
fn merge(target: &mut Map<String, Value>, differential: &Value) {
    let Some(changes) = differential.as_object() else { return };
    for (name, value) in changes {
        match name.as_str() {
            "id" | "path" | "sliceName" | "base" => {}
            "constraint" | "mapping" | "condition" | "alias" => append(target, name, value),
            _ => {
                // Of a choice (`fixedCode`, `patternCoding`) the new one counts alone.
                for stem in ["fixed", "pattern", "minValue", "maxValue", "defaultValue"] {
                    if name.starts_with(stem) && *name != stem {
                        target.retain(|known, _| !known.starts_with(stem) || known == name);
                    }
                }
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

fn append(target: &mut Map<String, Value>, name: &str, value: &Value) {
    let Some(more) = value.as_array() else { return };
    let list = target.entry(name.to_owned()).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    let keys: HashSet<String> = more.iter().map(|one| text(one, "key").to_owned()).collect();
    list.retain(|one| text(one, "key").is_empty() || !keys.contains(text(one, "key")));
    for one in more {
        if !list.contains(one) {
            list.push(one.clone());
        }
    }
}
