//! The entries of a Bundle given to `[base]`, read into what they ask.

use crate::conditions::question;
use crate::interaction::{
    Address, Held, Interaction, OperationInput, Patch, Target, parse_preconditions, parse_query_text,
};
use crate::write::{Asked, bad_entry};
use serde_json::Value;
use socle_kernel::{Kind, Problem, ResourceType, limits};

/// One entry, read.
pub(crate) struct Entry {
    /// Position in the Bundle.
    pub position: usize,
    /// Its `fullUrl`.
    pub full_url: Option<String>,
    /// What it asks.
    pub act: Act,
}

/// What an entry asks.
pub(crate) enum Act {
    /// Something that changes nothing.
    Read(Box<Reading>),
    /// A change; its resource leaves the entry when a draft is made of it.
    Write {
        /// Which.
        asked: Box<Asked>,
        /// The resource.
        resource: Option<Value>,
    },
}

/// A reading entry.
#[derive(Clone)]
pub(crate) struct Reading {
    /// What is read.
    pub interaction: Interaction,
    /// What the caller holds already.
    pub held: Held,
    /// `_summary` and `_elements` of a read.
    pub shape: Vec<(String, String)>,
    /// True for `HEAD`: nothing is shown.
    pub is_head: bool,
}

impl Act {
    /// When a transaction does it: deletions, creations, changes, readings (R4, 3.1.0.11.2).
    pub(crate) fn turn(&self) -> u8 {
        match self {
            Act::Write { asked, .. } => match **asked {
                Asked::Delete { .. } => 0,
                Asked::Create { if_none_exist: None, .. } => 1,
                Asked::Create { .. } => 2,
                Asked::Update { .. } | Asked::Patch { .. } => 3,
            },
            Act::Read(_) => 4,
        }
    }
}

/// Takes the entries out of a Bundle.
pub(crate) fn take(mut bundle: Value) -> Result<Vec<Value>, Problem> {
    let entries = match bundle["entry"].take() {
        Value::Array(entries) => entries,
        Value::Null => Vec::new(),
        _ => {
            return Err(Problem::new(Kind::Invalid, "entry doit être une liste.", "entry must be a list.")
                .coded("structure")
                .at("Bundle.entry"));
        }
    };
    if entries.len() > limits::BUNDLE_ENTRIES {
        return Err(Problem::new(
            Kind::TooLarge,
            "Ce Bundle a trop d'entrées.",
            "This Bundle has too many entries.",
        )
        .at("Bundle.entry")
        .expecting(format!("at most {} (BUNDLE_ENTRIES)", limits::BUNDLE_ENTRIES))
        .receiving(entries.len().to_string()));
    }
    Ok(entries)
}

/// Reads one entry. `base` is the address of this API: an entry may name it.
pub(crate) fn read(mut entry: Value, position: usize, base: &str) -> Result<Entry, Problem> {
    if !entry.is_object() {
        return Err(
            bad_entry(position, "Une entrée est un objet.", "An entry is an object.").coded("structure")
        );
    }
    let resource = entry["resource"].take();
    let full_url = entry["fullUrl"].as_str().map(str::to_owned);
    let act = Request::of(&entry["request"], position, base)?.act(resource)?;
    Ok(Entry { position, full_url, act })
}

/// The `request` of an entry.
struct Request<'a> {
    position: usize,
    method: &'a str,
    url: &'a str,
    address: Address,
    params: Vec<(String, String)>,
    request: &'a Value,
}

impl<'a> Request<'a> {
    fn of(request: &'a Value, position: usize, base: &str) -> Result<Self, Problem> {
        let missing = |name: &str| {
            Problem::new(
                Kind::Invalid,
                "Chaque entrée dit sa méthode et son adresse.",
                "Every entry says its method and address.",
            )
            .coded("required")
            .at(format!("Bundle.entry[{position}].request.{name}"))
        };
        let method = request["method"].as_str().ok_or_else(|| missing("method"))?;
        let url = request["url"].as_str().ok_or_else(|| missing("url"))?;
        let relative = url.strip_prefix(base).map_or(url, |rest| rest.trim_start_matches('/'));
        let (path, query) = relative.split_once('?').unwrap_or((relative, ""));
        let at_url = |problem: Problem| problem.at(format!("Bundle.entry[{position}].request.url"));
        let params = parse_query_text(query).map_err(at_url)?;
        let address = Address::parse(path).map_err(at_url)?;
        Ok(Request { position, method, url, address, params, request })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.request[name].as_str()
    }

    fn at(&self, name: &str) -> String {
        format!("Bundle.entry[{}].request.{name}", self.position)
    }

    fn act(self, resource: Value) -> Result<Act, Problem> {
        match self.method {
            "GET" | "HEAD" => self.reading(),
            "POST" if matches!(self.address, Address::Operation(..)) => Ok(self.operation(resource)),
            "POST" | "PUT" | "PATCH" | "DELETE" => self.write(resource),
            _ => Err(self.senseless()),
        }
    }

    fn senseless(&self) -> Problem {
        bad_entry(
            self.position,
            "Cette méthode n'a pas de sens à cette adresse.",
            "This method makes no sense at this address.",
        )
        .at(self.at("method"))
        .expecting("GET | HEAD | POST | PUT | PATCH | DELETE")
        .receiving(format!("{} {}", self.method, self.url))
    }

    fn reading(self) -> Result<Act, Problem> {
        let held = Held {
            if_none_match: self.text("ifNoneMatch").map(str::to_owned),
            if_modified_since: self.text("ifModifiedSince").map(str::to_owned),
        };
        let is_head = self.method == "HEAD";
        let Some((interaction, shape)) = Interaction::of_reading(self.address.clone(), self.params.clone())
        else {
            return Err(self.senseless());
        };
        Ok(Act::Read(Box::new(Reading { interaction, held, shape, is_head })))
    }

    fn operation(self, resource: Value) -> Act {
        let Address::Operation(level, name) = self.address else { unreachable!("looked at before") };
        let body = Some(resource).filter(|resource| !resource.is_null());
        let input = OperationInput { query: self.params, body };
        let interaction = Interaction::Operation { name, level, input, is_get: false };
        Act::Read(Box::new(Reading { interaction, held: Held::default(), shape: Vec::new(), is_head: false }))
    }

    fn write(self, resource: Value) -> Result<Act, Problem> {
        let (if_match, existing) = parse_preconditions(self.text("ifMatch"), self.text("ifNoneMatch"))
            .map_err(|problem| problem.at(self.at("ifMatch")))?;
        let asked = match (self.method, &self.address) {
            ("POST", Address::Type(resource_type)) => {
                let condition = self.text("ifNoneExist").map(parse_query_text).transpose();
                let if_none_exist = condition.map_err(|problem| problem.at(self.at("ifNoneExist")))?;
                Asked::Create { resource_type: *resource_type, if_none_exist }
            }
            ("PUT", _) => Asked::Update { target: self.target()?, if_match, existing },
            ("PATCH", _) => {
                Asked::Patch { target: self.target()?, patch: patch_of(&resource, self.position)?, if_match }
            }
            ("DELETE", _) => Asked::Delete { target: self.target()?, if_match },
            _ => return Err(self.senseless()),
        };
        let resource = match asked {
            Asked::Create { .. } | Asked::Update { .. } => Some(resource),
            Asked::Patch { .. } | Asked::Delete { .. } => None,
        };
        if resource.as_ref().is_some_and(Value::is_null) {
            return Err(bad_entry(
                self.position,
                "Cette entrée demande une ressource.",
                "This entry needs a resource.",
            )
            .coded("required"));
        }
        Ok(Act::Write { asked: Box::new(asked), resource })
    }

    fn target(&self) -> Result<Target, Problem> {
        match &self.address {
            Address::Instance(resource_type, id) => Ok(Target::Id(*resource_type, id.clone())),
            Address::Type(resource_type) if !self.params.is_empty() => {
                Ok(Target::Where(*resource_type, self.params.clone()))
            }
            _ => Err(bad_entry(
                self.position,
                "L'adresse doit désigner une ressource.",
                "The address must mean one resource.",
            )
            .expecting("Type/id | Type?…")
            .receiving(self.url)),
        }
    }
}

/// A patch inside a Bundle: `Parameters` (FHIRPath Patch), or a `Binary` of JSON Patch.
fn patch_of(resource: &Value, position: usize) -> Result<Patch, Problem> {
    match resource["resourceType"].as_str() {
        Some("Parameters") => Ok(Patch::FhirPath(resource.clone())),
        Some("Binary") => {
            let media_type = resource["contentType"].as_str().unwrap_or("");
            if media_type.split(';').next().map(str::trim) != Some("application/json-patch+json") {
                return Err(bad_entry(
                    position,
                    "Ce format de patch n'est pas lu ici.",
                    "This patch format is not read here.",
                )
                .at(format!("Bundle.entry[{position}].resource.contentType"))
                .expecting("application/json-patch+json")
                .receiving(media_type));
            }
            let data = resource["data"].as_str().unwrap_or_default();
            let bytes = data_encoding::BASE64.decode(data.as_bytes()).map_err(|_| {
                bad_entry(position, "Ce patch n'est pas du base64.", "This patch is not base64.")
            })?;
            Ok(Patch::Json(socle_fhir::json::parse(&bytes)?))
        }
        other => Err(bad_entry(
            position,
            "Un patch est un Parameters ou un Binary.",
            "A patch is a Parameters or a Binary.",
        )
        .expecting("Parameters | Binary (application/json-patch+json)")
        .receiving(other.unwrap_or("(absent)"))),
    }
}

/// The types that conditions of these entries ask for.
pub(crate) fn asked_types(entries: &[Entry]) -> std::collections::HashSet<ResourceType> {
    let asked = entries.iter().filter_map(|entry| match &entry.act {
        Act::Write { asked, .. } => Some(asked.as_ref()),
        Act::Read(_) => None,
    });
    asked.filter_map(Asked::condition).map(|(of_type, _)| of_type).collect()
}

/// What these entries ask before they make something: others who ask the same wait for their turn.
pub(crate) fn questions(entries: &[Entry]) -> Vec<String> {
    let asked = entries.iter().filter_map(|entry| match &entry.act {
        Act::Write { asked, .. } => Some(asked.as_ref()),
        Act::Read(_) => None,
    });
    let making = asked.filter(|asked| matches!(asked, Asked::Create { .. } | Asked::Update { .. }));
    making.filter_map(Asked::condition).map(|(of_type, params)| question(of_type, params)).collect()
}
