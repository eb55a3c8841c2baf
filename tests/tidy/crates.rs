//! Rules on manifests: levels, the one door to the store, rooms apart, lints, reasons of dependencies.

use super::project::{Crate, Fault, crates as members, root, rust_files, workspace};
use std::fs;

/// The level of a crate; `None` for a folder that no rule knows.
fn level(folder: &str) -> Option<u8> {
    match folder {
        "engine/kernel" => Some(0),
        "engine/fhir" | "engine/ui" => Some(1),
        "engine/store" => Some(2),
        "engine/gate" => Some(3),
        "engine/pipeline" => Some(4),
        "population" => Some(5),
        "app" | "bench" => Some(6),
        _ if folder.starts_with("rooms/") => Some(5),
        _ => None,
    }
}

/// A crate uses crates of lower levels only, in its tests as well.
pub(super) fn levels() -> Vec<Fault> {
    levels_of(&members())
}

fn levels_of(crates: &[Crate]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for member in crates {
        let Some(own) = level(&member.folder) else {
            faults.push(Fault::new(
                "levels",
                &member.folder,
                "has no level: give it one in tests/tidy/crates.rs",
            ));
            continue;
        };
        for (table, name) in member.dependencies() {
            let Some(used) = crates.iter().find(|other| other.name == name) else { continue };
            if level(&used.folder).is_none_or(|used| used >= own) {
                let what = format!("{table}: {name} is not of a lower level");
                faults.push(Fault::new("levels", &member.folder, what));
            }
        }
    }
    faults
}

/// Nobody but the gate depends on the store.
pub(super) fn store() -> Vec<Fault> {
    let others = members().into_iter().filter(|member| member.folder != "engine/gate");
    others
        .filter(|member| member.dependencies().iter().any(|(_, name)| name == "socle-store"))
        .map(|member| Fault::new("store", member.folder, "only engine/gate may depend on socle-store"))
        .collect()
}

/// No room depends on a room, nor names one in its code.
pub(super) fn rooms() -> Vec<Fault> {
    let crates = members();
    let rooms: Vec<&Crate> = crates.iter().filter(|member| member.folder.starts_with("rooms/")).collect();
    let mut faults = Vec::new();
    for room in &rooms {
        for other in rooms.iter().filter(|other| other.name != room.name) {
            if room.dependencies().iter().any(|(_, name)| *name == other.name) {
                faults.push(Fault::new(
                    "rooms",
                    &room.folder,
                    format!("depends on the room {}", other.folder),
                ));
            }
        }
    }
    for file in rust_files().filter(|file| file.path.starts_with("rooms/")) {
        for other in rooms.iter().filter(|other| !file.path.starts_with(&format!("{}/", other.folder))) {
            let module = other.name.replace('-', "_");
            if !super::source::Source::of(&file.text).lines_with(&module).is_empty() {
                faults.push(Fault::new("rooms", &file.path, format!("names the room {}", other.folder)));
            }
        }
    }
    faults
}

/// Every crate takes the workspace's lints, and they forbid what must be absent.
pub(super) fn lints() -> Vec<Fault> {
    let mut faults: Vec<Fault> = members()
        .into_iter()
        .filter(|member| {
            let lints = member.manifest.get("lints").and_then(|lints| lints.get("workspace"));
            lints.and_then(toml::Value::as_bool) != Some(true)
        })
        .map(|member| Fault::new("lints", member.folder, "[lints] workspace = true is missing"))
        .collect();
    let manifest = workspace();
    let code = manifest["workspace"].get("lints").and_then(|lints| lints.get("rust")?.get("unsafe_code"));
    if code.and_then(toml::Value::as_str) != Some("forbid") {
        faults.push(Fault::new("lints", "Cargo.toml", "unsafe_code must be \"forbid\""));
    }
    faults
}

/// Every dependency of the workspace that is not ours has its reason on its line.
pub(super) fn reasons() -> Vec<Fault> {
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    without_reason(&text)
        .into_iter()
        .map(|name| {
            Fault::new(
                "reasons",
                "Cargo.toml",
                format!("{name} has no reason: `{name} = … # why it is here`"),
            )
        })
        .collect()
}

fn without_reason(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .filter(|(name, rest)| !name.starts_with(['#', ' ']) && !rest.contains("path = "))
        .filter(|(_, rest)| rest.rsplit_once(" # ").is_none_or(|(_, reason)| reason.trim().len() < 4))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Crate, levels_of, without_reason};

    fn a_crate(name: &str, folder: &str, dependency: &str) -> Crate {
        let manifest = format!("[dependencies]\n{dependency} = {{ workspace = true }}\n");
        Crate { name: name.into(), folder: folder.into(), manifest: manifest.parse().expect("TOML") }
    }

    #[test]
    fn looking_up_or_sideways_is_a_fault() {
        let kernel = a_crate("k", "engine/kernel", "serde");
        let pipeline = a_crate("p", "engine/pipeline", "k");
        assert!(levels_of(&[kernel.clone(), pipeline.clone()]).is_empty());
        let curious = a_crate("k", "engine/kernel", "p");
        assert_eq!(levels_of(&[curious, pipeline]).len(), 1, "each uses the other; the lower one may not");
        let room = a_crate("r", "rooms/record", "s");
        let other = a_crate("s", "rooms/sharing", "serde");
        assert_eq!(levels_of(&[room, other]).len(), 1);
        assert_eq!(levels_of(&[a_crate("x", "somewhere", "k")]).len(), 1, "a crate without a level");
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let text = "[workspace.dependencies]\n# Ours\nours = { path = \"a\" }\nb = \"1\" # bytes\nc = \"1\"\n[x]\nd = \"1\"\n";
        assert_eq!(without_reason(text), ["c"]);
    }
}
