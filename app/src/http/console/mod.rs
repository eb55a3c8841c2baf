//! `/bac-a-sable/api`: a page to try requests to the FHIR API. It asks as the person who signed in, through the same front door as
//! any client, and shows the answer with the command that asks the same. Works without scripts; loads nothing from elsewhere.

mod catalogue;
mod examples;

use super::fhir;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, header};
use socle_gate::Session;
use socle_kernel::{Kind, Lang, Problem, limits};
use socle_pipeline::{Page, PageAnswer, PageCall, View, Who};
use socle_ui::form::{Errors, Form, select, text, textarea};
use socle_ui::{Markup, Render, Space, Tone, html, parts};

/// Address of the page.
const ADDRESS: &str = "/bac-a-sable/api";
/// Methods that can be tried.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
/// Characters of an answer that the page shows; more is cut, and said so.
const SHOWN: usize = 100_000;
/// Largest answer the page reads, in bytes: what it shows is a small part of it.
const ANSWER_BYTES: usize = limits::BODY_BYTES;

/// The pages.
pub fn pages() -> Vec<Page> {
    vec![
        Page::get(ADDRESS, Who::SignedIn, |call, session| Box::pin(ask(call, session))),
        Page::post(ADDRESS, Who::SignedIn, |call, session| Box::pin(answer(call, session))),
        Page::get("/openapi.json", Who::Anyone, |call, _| Box::pin(description(call))),
    ]
}

/// A request as it was written in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    method: String,
    /// Relative to the FHIR base.
    address: String,
    prefer: String,
    if_match: String,
    body: String,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    is_cut: bool,
    command: String,
}

async fn description(call: &PageCall) -> Result<PageAnswer, Problem> {
    Ok(PageAnswer::json(200, &call.pipeline.openapi(call.lang)))
}

async fn ask(call: &PageCall, _session: &Session) -> Result<PageAnswer, Problem> {
    let asked = examples::find(call.query("exemple")).map_or_else(
        || Asked { method: "GET".into(), address: "Patient?_count=3".into(), ..Asked::default() },
        |example| example.asked(),
    );
    Ok(show(call, &asked, &Errors::new(), None))
}

async fn answer(call: &PageCall, _session: &Session) -> Result<PageAnswer, Problem> {
    let field = |name: &str| call.form.text(name).to_owned();
    let asked = Asked {
        method: field("methode"),
        address: field("adresse").trim_start_matches('/').to_owned(),
        prefer: field("preference"),
        if_match: field("version"),
        body: field("corps"),
    };
    let request = match request(&asked) {
        Ok(request) => request,
        Err(problem) => {
            let errors = Errors::from_problem(&problem, call.lang, |_| Some("adresse".into()));
            return Ok(show(call, &asked, &errors, None).with_status(problem.kind.status()));
        }
    };
    let response = fhir::handle_as(&call.pipeline, request, &call.identified, &call.request, call.lang).await;
    let told = told(call, &asked, response).await?;
    Ok(show(call, &asked, &Errors::new(), Some(&told)))
}

/// The HTTP request that was written.
fn request(asked: &Asked) -> Result<Request<Body>, Problem> {
    let wrong = |fr: &'static str, en: &'static str, received: &str| {
        Err(Problem::new(Kind::Invalid, fr, en)
            .at("adresse")
            .expecting("Patient?name=martin, Observation/ID, $fhirpath …")
            .receiving(received))
    };
    let Some(method) = METHODS.iter().find(|method| **method == asked.method) else {
        return wrong("Choisissez une méthode de la liste.", "Choose a method of the list.", &asked.method);
    };
    let address = encode(&asked.address);
    let mut request =
        match Request::builder().method(*method).uri(format!("/fhir/{address}")).body(Body::empty()) {
            Ok(request) => request,
            Err(_) => {
                return wrong(
                    "Cette adresse ne se lit pas. Écrivez-la comme après /fhir/.",
                    "This address cannot be read. Write it as after /fhir/.",
                    &asked.address,
                );
            }
        };
    let has_body =
        matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) && !asked.body.is_empty();
    let named = [
        (header::ACCEPT, "application/fhir+json"),
        (header::CONTENT_TYPE, if has_body { media_type(asked) } else { "" }),
        (header::HeaderName::from_static("prefer"), asked.prefer.as_str()),
        (header::IF_MATCH, asked.if_match.as_str()),
    ];
    for (name, value) in named.into_iter().filter(|(_, value)| !value.is_empty()) {
        let Ok(value) = value.parse() else {
            return wrong("Un en-tête ne se lit pas.", "A header cannot be read.", value);
        };
        request.headers_mut().insert(name, value);
    }
    if has_body {
        *request.body_mut() = Body::from(asked.body.clone());
    }
    Ok(request)
}

/// What the body is, by what it looks like.
fn media_type(asked: &Asked) -> &'static str {
    match (asked.body.starts_with('['), asked.address.ends_with("_search")) {
        (true, _) => "application/json-patch+json",
        (false, true) => "application/x-www-form-urlencoded",
        _ => "application/fhir+json",
    }
}

/// People write spaces, accents and `|` as they are; an address takes them percent-encoded. What is encoded already stays.
fn encode(address: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    percent_encoding::utf8_percent_encode(address, KEPT).to_string()
}

async fn told(call: &PageCall, asked: &Asked, response: Response<Body>) -> Result<Told, Problem> {
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, ANSWER_BYTES).await.map_err(|_| {
        Problem::new(
            Kind::TooLarge,
            "Cette réponse est trop grande pour cette page.",
            "This answer is too large for this page.",
        )
        .expecting(format!("at most {ANSWER_BYTES} bytes (BODY_BYTES)"))
    })?;
    let whole = match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) if bytes.is_empty() => String::new(),
        Err(_) => format!(
            "{} — {} octets / bytes",
            text_header(&head.headers, header::CONTENT_TYPE.as_str()),
            bytes.len()
        ),
    };
    let body: String = whole.chars().take(SHOWN).collect();
    let headers = [
        "content-type",
        "etag",
        "last-modified",
        "location",
        "preference-applied",
        "allow",
        "retry-after",
        "x-request-id",
    ];
    Ok(Told {
        status: head.status.as_u16(),
        headers: headers
            .iter()
            .map(|name| ((*name).to_owned(), text_header(&head.headers, name)))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        is_cut: body.len() < whole.len(),
        body,
        command: command(&call.pipeline.fhir_base(), asked),
    })
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
}

/// The same request for a terminal. The token stays a variable: it is a secret of its owner.
fn command(base: &str, asked: &Asked) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut command = format!("curl -s -X {} -H \"Authorization: Bearer $token\"", asked.method);
    for (name, value) in [("Prefer", &asked.prefer), ("If-Match", &asked.if_match)] {
        if !value.is_empty() {
            command += &format!(" -H {}", quoted(&format!("{name}: {value}")));
        }
    }
    if !asked.body.is_empty() && asked.method != "GET" {
        command +=
            &format!(" -H 'Content-Type: {}' --data-binary {}", media_type(asked), quoted(&asked.body));
    }
    format!("{command} {}", quoted(&format!("{base}/{}", encode(&asked.address))))
}

fn show(call: &PageCall, asked: &Asked, errors: &Errors, told: Option<&Told>) -> PageAnswer {
    let lang = call.lang;
    let view = View {
        space: Space::Public,
        title: lang.pick("Essayer l'API", "Try the API"),
        lead: Some(lang.pick(
            "Une requête FHIR en votre nom, avec vos droits. Chaque essai laisse la même trace qu'un accès ordinaire.",
            "A FHIR request in your name, with your rights. Every try leaves the same trace as any access.",
        )),
        has_errors: !errors.is_empty(),
        ..View::default()
    };
    let body = html! {
        @if let Some(told) = told { (result(lang, told)) }
        (form(lang, asked, errors, &call.identified.csrf))
        (examples::list(lang, ADDRESS))
        (catalogue::show(lang, ADDRESS, call.query("type"), call.pipeline.operations()))
    };
    call.page(&view, body)
}

fn form(lang: Lang, asked: &Asked, errors: &Errors, csrf: &str) -> Markup {
    let preferences =
        ["", "return=minimal", "return=representation", "return=OperationOutcome", "handling=lenient"];
    let words =
        |value: &str| if value.is_empty() { lang.pick("sans", "none").to_owned() } else { value.to_owned() };
    Form::post(lang, ADDRESS, csrf, errors, lang.pick("Envoyer la requête", "Send the request"))
        .field(
            select("methode", lang.pick("Méthode", "Method"), METHODS.map(|method| (method, method)))
                .value(asked.method.as_str()),
        )
        .field(
            text("adresse", lang.pick("Adresse, après /fhir/", "Address, after /fhir/"))
                .hint(lang.pick(
                    "Par exemple Patient?name=martin, ou Observation/identifiant",
                    "For example Patient?name=martin, or Observation/id",
                ))
                .value(asked.address.as_str()),
        )
        .field(
            select(
                "preference",
                lang.pick("Préférence (Prefer)", "Preference (Prefer)"),
                preferences.map(|value| (value.to_owned(), words(value))),
            )
            .value(asked.prefer.as_str())
            .optional(),
        )
        .field(
            text("version", lang.pick("Version attendue (If-Match)", "Expected version (If-Match)"))
                .hint(lang.pick("Par exemple W/\"1\"", "For example W/\"1\""))
                .value(asked.if_match.as_str())
                .optional(),
        )
        .field(
            textarea("corps", lang.pick("Corps, en JSON", "Body, in JSON"))
                .hint(lang.pick(
                    "Une ressource pour POST et PUT, un JSON Patch ou un Parameters pour PATCH",
                    "A resource for POST and PUT, a JSON Patch or Parameters for PATCH",
                ))
                .rows(12)
                .value(asked.body.as_str())
                .optional(),
        )
        .render()
}

fn result(lang: Lang, told: &Told) -> Markup {
    let tone = if told.status < 400 { Tone::Success } else { Tone::Danger };
    let rows: Vec<(&str, Markup)> =
        told.headers.iter().map(|(name, value)| (name.as_str(), html! { code { (value) } })).collect();
    parts::section(
        lang.pick("Réponse", "Answer"),
        html! {
            p role="status" { (parts::tag(&told.status.to_string(), tone)) }
            @if !rows.is_empty() { (parts::key_value(&rows)) }
            @if !told.body.is_empty() { (parts::copyable(lang, "reponse", lang.pick("Corps de la réponse", "Body of the answer"), &told.body)) }
            @if told.is_cut {
                p { (lang.pick("La suite n'est pas montrée ici : demandez-la avec la commande ci-dessous.", "The rest is not shown here: ask for it with the command below.")) }
            }
            (parts::copyable(lang, "commande", lang.pick("La même requête dans un terminal", "The same request in a terminal"), &told.command))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_an_address() {
        let asked = Asked {
            method: "GET".into(),
            address: "Observation?code=http://loinc.org|8867-4&date=ge2026".into(),
            ..Asked::default()
        };
        let request = request(&asked).expect("it can be read");
        assert_eq!(request.uri().to_string(), "/fhir/Observation?code=http://loinc.org%7C8867-4&date=ge2026");
        let error = self::request(&Asked { method: "TRACE".into(), ..asked });
        assert!(error.is_err(), "a method that is not offered is told, not sent");
    }

    #[test]
    fn the_command_holds_no_token_and_survives_quotes() {
        let asked = Asked {
            method: "POST".into(),
            address: "Patient".into(),
            body: "{\"a\":\"d'ici\"}".into(),
            ..Asked::default()
        };
        let command = command("http://127.0.0.1/fhir", &asked);
        assert!(command.contains("Bearer $token"));
        assert!(command.contains(r#"'{"a":"d'\''ici"}'"#));
    }
}
