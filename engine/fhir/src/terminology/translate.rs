//! `$translate`: codes beside codes of another system, by concept maps.

use super::{Terminology, url_of};
use serde_json::Value;
use socle_kernel::{Kind, Problem, Words};
use std::sync::Arc;

use super::check::Coded;

/// Concept maps that name one another for what they do not map themselves, at most.
const OTHER_MAPS: usize = 8;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Translate {
    /// The map to use; else every map that fits.
    pub url: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The value set the code is chosen from.
    pub source: Option<String>,
    /// The value set to translate into.
    pub target: Option<String>,
    /// The code system to translate into.
    pub target_system: Option<String>,
    /// From target to source.
    pub reverse: bool,
    /// Values that the translation may depend on: element, system, value.
    pub dependencies: Vec<(String, Option<String>, String)>,
}

/// One translation.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// `equivalent`, `wider`, `unmatched`…
    pub equivalence: String,
    /// The code, as a `Coding`; none for `unmatched`.
    pub concept: Option<Value>,
    /// Other values that come with it, as in the map (`property`, `system`, `value`).
    pub products: Vec<Value>,
    /// The map that says so.
    pub source: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Translation {
    /// True when a code was found that means something of the same.
    pub is_found: bool,
    /// Why nothing was.
    pub message: Option<Words>,
    /// Every translation.
    pub matches: Vec<Match>,
}

impl Terminology {
    /// Translates codings; `own` is a map given for the occasion.
    pub fn translate(
        &self,
        asked: &Translate,
        codings: &[Coded],
        own: Option<Arc<Value>>,
    ) -> Result<Translation, Problem> {
        let maps = self.maps_for(asked, own)?;
        let mut found = Translation::default();
        for coding in codings {
            for map in &maps {
                self.by_map(map, asked, coding, 0, &mut found.matches);
            }
        }
        found.matches.dedup();
        found.is_found = found.matches.iter().any(|one| {
            one.concept.is_some() && !matches!(one.equivalence.as_str(), "unmatched" | "disjoint")
        });
        if !found.is_found {
            let count = maps.len();
            found.message = Some(Words::new(
                format!("Aucune correspondance, dans {count} table(s) de correspondance consultée(s)."),
                format!("No translation, in {count} concept map(s) looked at."),
            ));
        }
        Ok(found)
    }

    fn maps_for(&self, asked: &Translate, own: Option<Arc<Value>>) -> Result<Vec<Arc<Value>>, Problem> {
        if let Some(map) = own {
            return Ok(vec![map]);
        }
        if let Some(url) = &asked.url {
            let canonical = asked.version.as_ref().map_or(url.clone(), |version| format!("{url}|{version}"));
            let map = self.find("ConceptMap", &canonical).ok_or_else(|| {
                Problem::new(
                    Kind::NotFound,
                    "Cette table de correspondance n'est pas chargée.",
                    "This concept map is not loaded.",
                )
                .at("url")
                .receiving(canonical)
            })?;
            return Ok(vec![map]);
        }
        if asked.source.is_none() && asked.target.is_none() && asked.target_system.is_none() {
            return Err(Problem::new(
                Kind::Invalid,
                "Dites par quelle table, ou vers quoi, traduire.",
                "Say by which map, or into what, to translate.",
            )
            .coded("required")
            .expecting("url | conceptMap | source | target | targetsystem"));
        }
        let (from, to) = if asked.reverse { ("target", "source") } else { ("source", "target") };
        let names = |map: &Value, side: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| {
                let named =
                    map[format!("{side}Canonical")].as_str().or_else(|| map[format!("{side}Uri")].as_str());
                named.is_some_and(|named| named == wanted || url_of(named) == wanted)
            })
        };
        let mut maps = self.maps();
        maps.retain(|map| names(map, from, &asked.source) && names(map, to, &asked.target));
        Ok(maps)
    }

    fn by_map(&self, map: &Value, asked: &Translate, coding: &Coded, depth: usize, out: &mut Vec<Match>) {
        let (from, to) = if asked.reverse { ("target", "source") } else { ("source", "target") };
        let source = map["url"].as_str().unwrap_or("").to_owned();
        for group in map["group"].as_array().into_iter().flatten() {
            let is_from = coding.system.as_deref().is_none_or(|system| group[from] == system);
            let is_to = asked.target_system.as_deref().is_none_or(|system| group[to] == system);
            if !is_from || !is_to {
                continue;
            }
            let before = out.len();
            if asked.reverse {
                backwards(group, coding, &source, out);
            } else {
                forwards(group, asked, coding, &source, out);
                if out.len() == before {
                    self.unmapped(group, asked, coding, &source, depth, out);
                }
            }
        }
    }

    /// What a map says of codes that it does not name.
    fn unmapped(
        &self,
        group: &Value,
        asked: &Translate,
        coding: &Coded,
        source: &str,
        depth: usize,
        out: &mut Vec<Match>,
    ) {
        let rule = &group["unmapped"];
        let give = |code: &str, display: Option<&str>, equivalence: &str| Match {
            equivalence: equivalence.to_owned(),
            concept: Some(concept(&group["target"], &group["targetVersion"], code, display)),
            products: Vec::new(),
            source: source.to_owned(),
        };
        match rule["mode"].as_str() {
            Some("provided") => out.push(give(&coding.code, coding.display.as_deref(), "equal")),
            Some("fixed") => {
                if let Some(code) = rule["code"].as_str() {
                    out.push(give(code, rule["display"].as_str(), "inexact"));
                }
            }
            Some("other-map") if depth < OTHER_MAPS => {
                if let Some(other) = rule["url"].as_str().and_then(|url| self.find("ConceptMap", url)) {
                    self.by_map(&other, asked, coding, depth + 1, out);
                }
            }
            _ => {}
        }
    }
}

fn concept(system: &Value, version: &Value, code: &str, display: Option<&str>) -> Value {
    let mut coding = serde_json::json!({});
    if let Some(system) = system.as_str() {
        coding["system"] = system.into();
    }
    if let Some(version) = version.as_str() {
        coding["version"] = version.into();
    }
    coding["code"] = code.into();
    if let Some(display) = display {
        coding["display"] = display.into();
    }
    coding
}

fn forwards(group: &Value, asked: &Translate, coding: &Coded, source: &str, out: &mut Vec<Match>) {
    let elements = group["element"].as_array().into_iter().flatten();
    for element in elements.filter(|element| element["code"] == coding.code.as_str()) {
        for target in element["target"].as_array().into_iter().flatten() {
            if !holds(target, &asked.dependencies) {
                continue;
            }
            let code = target["code"].as_str();
            out.push(Match {
                equivalence: target["equivalence"].as_str().unwrap_or("relatedto").to_owned(),
                concept: code.map(|code| {
                    concept(&group["target"], &group["targetVersion"], code, target["display"].as_str())
                }),
                products: target["product"].as_array().cloned().unwrap_or_default(),
                source: source.to_owned(),
            });
        }
    }
}

/// A target counts when every value it depends on was given as it says.
fn holds(target: &Value, given: &[(String, Option<String>, String)]) -> bool {
    target["dependsOn"].as_array().into_iter().flatten().all(|needed| {
        given.iter().any(|(element, system, value)| {
            needed["property"] == element.as_str()
                && needed["value"] == value.as_str()
                && needed["system"].as_str().is_none_or(|wanted| system.as_deref() == Some(wanted))
        })
    })
}

fn backwards(group: &Value, coding: &Coded, source: &str, out: &mut Vec<Match>) {
    for element in group["element"].as_array().into_iter().flatten() {
        for target in element["target"].as_array().into_iter().flatten() {
            let (true, Some(code)) = (target["code"] == coding.code.as_str(), element["code"].as_str())
            else {
                continue;
            };
            // What the target is to the source, the source is to the target the other way round.
            let equivalence = match target["equivalence"].as_str().unwrap_or("relatedto") {
                "wider" => "narrower",
                "narrower" => "wider",
                "subsumes" => "specializes",
                "specializes" => "subsumes",
                same => same,
            };
            out.push(Match {
                equivalence: equivalence.to_owned(),
                concept: Some(concept(
                    &group["source"],
                    &group["sourceVersion"],
                    code,
                    element["display"].as_str(),
                )),
                products: Vec::new(),
                source: source.to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests;
