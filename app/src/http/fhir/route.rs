//! A method and an address into the interaction they mean.

use super::super::forms;
use super::body;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use socle_kernel::{Kind, Problem};
use socle_pipeline::interaction::parse_if_match;
use socle_pipeline::{Address, Interaction, OperationInput, Target};

pub(super) async fn interaction(
    request: Request<Body>,
    headers: &HeaderMap,
    address: Address,
    params: Vec<(String, String)>,
) -> Result<Interaction, Problem> {
    let method = request.method().clone();
    let if_match = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
        .map(parse_if_match)
        .transpose()?;
    Ok(match (method.as_str(), address) {
        ("GET" | "HEAD", Address::Metadata) => Interaction::Capabilities,
        ("GET" | "HEAD", Address::Instance(resource_type, id)) => Interaction::Read { resource_type, id },
        ("GET" | "HEAD", Address::Version(resource_type, id, version)) => {
            Interaction::VersionRead { resource_type, id, version }
        }
        ("GET" | "HEAD", Address::History(resource_type, id)) => {
            Interaction::History { resource_type, id, params }
        }
        ("GET" | "HEAD", Address::Type(resource_type)) => Interaction::Search { resource_type, params },
        ("POST", Address::TypeSearch(resource_type)) => {
            let form = forms::read(request).await?;
            let mut all = params;
            all.extend(form.fields.into_iter().filter(|(name, _)| name != "_format"));
            Interaction::Search { resource_type, params: all }
        }
        ("POST", Address::Type(resource_type)) => {
            let resource = body::resource(request, headers, Some(resource_type)).await?;
            let if_none_exist =
                headers.get("if-none-exist").and_then(|value| value.to_str().ok()).map(str::to_owned);
            Interaction::Create { resource_type, resource, if_none_exist }
        }
        ("GET" | "HEAD", Address::Operation(level, name)) => {
            let input = OperationInput { query: params, body: None };
            Interaction::Operation { name, level, input, is_get: true }
        }
        ("POST", Address::Operation(level, name)) => {
            let input = OperationInput { query: params, body: body::optional(request, headers).await? };
            Interaction::Operation { name, level, input, is_get: false }
        }
        ("POST", Address::Base) => {
            Interaction::Bundle(body::bundle(body::resource(request, headers, None).await?)?)
        }
        ("PUT", address) => {
            let target = target(address, params)?;
            let resource = body::resource(request, headers, Some(target.resource_type())).await?;
            let resource = body::with_id(resource, &target);
            Interaction::Update { target, resource, if_match }
        }
        ("PATCH", address) => {
            let target = target(address, params)?;
            let patch = body::patch(request, headers).await?;
            Interaction::Patch { target, patch, if_match }
        }
        ("DELETE", address) => Interaction::Delete { target: target(address, params)?, if_match },
        (method, address) => {
            return Err(Problem::new(
                Kind::NotOffered,
                "Cette méthode n'est pas offerte à cette adresse.",
                "This method is not offered at this address.",
            )
            .expecting(offered(&address))
            .receiving(method));
        }
    })
}

fn offered(address: &Address) -> &'static str {
    match address {
        Address::Base | Address::TypeSearch(_) => "POST",
        Address::Metadata | Address::History(..) | Address::Version(..) => "GET",
        Address::Type(_) => "GET, POST, PUT (?…), PATCH (?…), DELETE (?…)",
        Address::Instance(..) => "GET, PUT, PATCH, DELETE",
        Address::Operation(..) => "GET, POST",
    }
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
