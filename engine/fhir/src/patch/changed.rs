//! What changed between two versions, in names that can be told without telling values.

use serde_json::Value;

/// The names of the top-level elements that differ; extensions by address, as `extension(url)`. `meta.versionId` and
/// `meta.lastUpdated` do not count.
pub fn changed_elements(before: &Value, after: &Value) -> Vec<String> {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return Vec::new();
    };
    let mut names: Vec<&str> = old.keys().map(String::as_str).collect();
    names.extend(new.keys().map(String::as_str).filter(|name| !old.contains_key(*name)));
    let mut changed = Vec::new();
    for name in names {
        let (one, other) = (old.get(name), new.get(name));
        match name {
            "meta" if without_version(one) == without_version(other) => {}
            "extension" | "modifierExtension" => changed_extensions(name, one, other, &mut changed),
            _ if one != other => {
                let plain = name.strip_prefix('_').unwrap_or(name).to_owned();
                if !changed.contains(&plain) {
                    changed.push(plain);
                }
            }
            _ => {}
        }
    }
    changed
}

fn without_version(meta: Option<&Value>) -> Value {
    let mut meta = meta.cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    if let Some(members) = meta.as_object_mut() {
        members.shift_remove("versionId");
        members.shift_remove("lastUpdated");
    }
    meta
}

fn changed_extensions(name: &str, before: Option<&Value>, after: Option<&Value>, changed: &mut Vec<String>) {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let address = |extension: &Value| extension.get("url").and_then(Value::as_str).unwrap_or("").to_owned();
    let (old, new) = (list(before), list(after));
    let mut addresses: Vec<String> = old.iter().chain(&new).map(address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    for url in addresses {
        let of =
            |all: &[Value]| -> Vec<Value> { all.iter().filter(|e| address(e) == url).cloned().collect() };
        if of(&old) != of(&new) {
            changed.push(format!("{name}({url})"));
        }
    }
}
