//! A method and an address into the interaction they mean.

use super::super::forms;
use super::body;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use serde_json::Value;
use socle_kernel::{Kind, Problem};
use socle_pipeline::interaction::parse_preconditions;
use socle_pipeline::{Address, Existing, Held, Interaction, OperationInput, Target};

/// What a request asks.
pub(super) struct Asked {
    /// The interaction.
    pub interaction: Interaction,
    /// What the caller holds already, for a read.
    pub held: Held,
    /// `_summary` and `_elements` of a read.
    pub shape: Vec<(String, String)>,
}

impl From<Interaction> for Asked {
    fn from(interaction: Interaction) -> Self {
        Asked { interaction, held: Held::default(), shape: Vec::new() }
    }
}

/// Reads a request. `requires_version` is the operator's: a change must then name its version.
pub(super) async fn asked(
    request: Request<Body>,
    headers: &HeaderMap,
    address: Address,
    params: Vec<(String, String)>,
    requires_version: bool,
) -> Result<Asked, Problem> {
    let method = request.method().clone();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if matches!(method, Method::GET | Method::HEAD) {
        let offered = address.clone();
        let Some((interaction, shape)) = Interaction::of_reading(address, params) else {
            return Err(not_offered(&offered, &method));
        };
        let is_read = matches!(interaction, Interaction::Read { .. } | Interaction::VersionRead { .. });
        let held = Held {
            if_none_match: text(header::IF_NONE_MATCH.as_str()).filter(|_| is_read).map(str::to_owned),
            if_modified_since: text(header::IF_MODIFIED_SINCE.as_str())
                .filter(|_| is_read)
                .map(str::to_owned),
        };
        return Ok(Asked { interaction, held, shape });
    }
    let (if_match, existing) =
        parse_preconditions(text(header::IF_MATCH.as_str()), text(header::IF_NONE_MATCH.as_str()))?;
    let is_change = matches!(method, Method::PUT | Method::PATCH | Method::DELETE);
    if requires_version
        && is_change
        && matches!(address, Address::Instance(..))
        && existing == Existing::Either
    {
        return Err(version_unnamed("If-Match"));
    }
    Ok(match (method.as_str(), address) {
        ("POST", Address::TypeSearch(resource_type)) => {
            Interaction::Search { resource_type, params: with_form(request, params).await? }
        }
        ("POST", Address::SystemSearch) => {
            Interaction::SearchSystem { params: with_form(request, params).await? }
        }
        ("POST", Address::CompartmentSearch(owner, id, resource_type)) => {
            let params = with_form(request, params).await?;
            Interaction::SearchCompartment { owner: (owner, id), resource_type, params }
        }
        ("POST", Address::Type(resource_type)) => {
            let resource = body::resource(request, headers, Some(resource_type)).await?;
            // The search alone is asked for; some clients send an address.
            let condition = text("if-none-exist").map(|text| text.rsplit('?').next().unwrap_or(text));
            Interaction::Create { resource_type, resource, if_none_exist: condition.map(str::to_owned) }
        }
        ("POST", Address::Operation(level, name)) => {
            let input = OperationInput { query: params, body: body::optional(request, headers).await? };
            Interaction::Operation { name, level, input, is_get: false }
        }
        ("POST", Address::Base) => {
            let bundle = body::bundle(body::resource(request, headers, None).await?)?;
            if requires_version {
                names_versions(&bundle)?;
            }
            Interaction::Bundle(bundle)
        }
        ("PUT", address) => {
            let target = target(address, params)?;
            let resource = body::resource(request, headers, Some(target.resource_type())).await?;
            let resource = body::with_id(resource, &target);
            Interaction::Update { target, resource, if_match, existing }
        }
        ("PATCH", address) => {
            let target = target(address, params)?;
            let patch = body::patch(request, headers).await?;
            Interaction::Patch { target, patch, if_match }
        }
        ("DELETE", address) => Interaction::Delete { target: target(address, params)?, if_match },
        (_, address) => return Err(not_offered(&address, &method)),
    }
    .into())
}

/// The parameters of a search by `POST`: those of the address, then those of the form.
async fn with_form(
    request: Request<Body>,
    mut params: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, Problem> {
    let form = forms::read(request).await?;
    params.extend(form.fields.into_iter().filter(|(name, _)| name != "_format" && name != "_pretty"));
    Ok(params)
}

/// The methods of an address, for `Allow`.
pub(super) fn offered(address: &Address) -> &'static str {
    match address {
        Address::Base => "GET, HEAD, POST, OPTIONS",
        Address::TypeSearch(_) | Address::SystemSearch | Address::CompartmentSearch(..) => "POST, OPTIONS",
        Address::Compartment(..)
        | Address::Metadata
        | Address::History(..)
        | Address::HistoryOf(_)
        | Address::Version(..) => "GET, HEAD, OPTIONS",
        Address::Type(_) => "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        Address::Instance(..) => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        Address::Operation(..) => "GET, HEAD, POST, OPTIONS",
    }
}

/// True when a method makes sense at an address at all.
pub(super) fn is_offered(address: &Address, method: &Method) -> bool {
    offered(address).split(", ").any(|offered| offered == method.as_str())
}

/// A method that is not offered at an address.
pub(super) fn not_offered(address: &Address, method: &Method) -> Problem {
    Problem::new(
        Kind::NotOffered,
        "Cette méthode n'est pas offerte à cette adresse.",
        "This method is not offered at this address.",
    )
    .expecting(offered(address))
    .receiving(method.as_str())
}

fn target(address: Address, params: Vec<(String, String)>) -> Result<Target, Problem> {
    match address {
        Address::Instance(resource_type, id) => Ok(Target::Id(resource_type, id)),
        Address::Type(resource_type) if !params.is_empty() => Ok(Target::Where(resource_type, params)),
        address => Err(Problem::new(
            Kind::NotOffered,
            "L'adresse doit désigner une ressource.",
            "The address must mean one resource.",
        )
        .expecting(offered(&address))),
    }
}

fn version_unnamed(place: &str) -> Problem {
    Problem::new(
        Kind::VersionUnnamed,
        "Nommez la version que vous changez : lisez la ressource, puis envoyez If-Match avec son ETag (ou If-None-Match: * pour en créer une).",
        "Name the version you change: read the resource, then send If-Match with its ETag (or If-None-Match: * to make one).",
    )
    .at(place)
    .expecting("W/\"<version>\"")
}

/// The same for the entries of a Bundle.
fn names_versions(bundle: &Value) -> Result<(), Problem> {
    for (index, entry) in bundle["entry"].as_array().into_iter().flatten().enumerate() {
        let request = &entry["request"];
        let is_change = matches!(request["method"].as_str(), Some("PUT" | "PATCH" | "DELETE"));
        let is_by_id = request["url"].as_str().is_some_and(|url| !url.contains('?'));
        let is_named = request["ifMatch"].is_string() || request["ifNoneMatch"] == "*";
        if is_change && is_by_id && !is_named {
            return Err(version_unnamed(&format!("Bundle.entry[{index}].request.ifMatch")));
        }
    }
    Ok(())
}
