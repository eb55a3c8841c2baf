//! Forms: `application/x-www-form-urlencoded` and `multipart/form-data`, under limits.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use socle_kernel::{Kind, Problem, limits};
use socle_pipeline::{Form, Upload};

/// Bytes of multipart framing and fields beside the document itself.
const FRAMING_BYTES: usize = 256 * 1024;
/// Largest urlencoded form.
const FIELDS_BYTES: usize = 1024 * 1024;
/// Parts of one multipart form.
const PARTS: usize = 200;

/// Reads the form of a request, whatever its encoding; an empty form when it has none.
pub async fn read(request: Request<Body>) -> Result<Form, Problem> {
    let media_type =
        super::request::header(request.headers(), header::CONTENT_TYPE.as_str()).to_ascii_lowercase();
    if media_type.starts_with("multipart/form-data") {
        return read_multipart(request).await;
    }
    if !media_type.is_empty() && !media_type.starts_with("application/x-www-form-urlencoded") {
        return Err(Problem::new(
            Kind::UnsupportedMedia,
            "Un formulaire est attendu.",
            "A form is expected.",
        )
        .at("Content-Type")
        .expecting("application/x-www-form-urlencoded | multipart/form-data")
        .receiving(media_type));
    }
    let bytes = body(request.into_body(), FIELDS_BYTES).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        Problem::new(Kind::Invalid, "Le formulaire n'est pas de l'UTF-8.", "The form is not UTF-8.")
    })?;
    Ok(Form { fields: socle_pipeline::interaction::parse_query_text(text)?, files: Vec::new() })
}

/// Reads a whole body under a limit.
pub async fn body(body: Body, limit: usize) -> Result<bytes::Bytes, Problem> {
    to_bytes(body, limit).await.map_err(|error| {
        let is_too_large = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if is_too_large {
            Problem::new(Kind::TooLarge, "Contenu trop volumineux.", "Content too large.")
                .expecting(format!("at most {limit} bytes{}", name_of(limit)))
        } else {
            Problem::new(
                Kind::Invalid,
                "Le contenu n'a pas pu être lu jusqu'au bout.",
                "The content could not be read to its end.",
            )
        }
    })
}

/// The name of a limit, for who met it.
fn name_of(limit: usize) -> &'static str {
    match limit {
        limits::BODY_BYTES => " (BODY_BYTES)",
        limits::DOCUMENT_BYTES => " (DOCUMENT_BYTES)",
        _ => "",
    }
}

async fn read_multipart(request: Request<Body>) -> Result<Form, Problem> {
    let (parts, body) = request.into_parts();
    let limited = http_body_util::Limited::new(body, limits::DOCUMENT_BYTES + FRAMING_BYTES);
    let request = Request::from_parts(parts, Body::new(limited));
    let malformed = |_| {
        Problem::new(
            Kind::Invalid,
            "Le formulaire est incomplet ou mal formé.",
            "The form is incomplete or malformed.",
        )
    };
    let mut multipart = Multipart::from_request(request, &()).await.map_err(malformed)?;
    let mut form = Form::default();
    let mut count = 0;
    while let Some(part) = multipart.next_field().await.map_err(too_large)? {
        count += 1;
        if count > PARTS {
            return Err(Problem::new(Kind::TooLarge, "Trop de champs.", "Too many fields.")
                .expecting(format!("at most {PARTS}")));
        }
        let name = part.name().unwrap_or("").to_owned();
        let file_name = part.file_name().map(|name| name.rsplit(['/', '\\']).next().unwrap_or("").to_owned());
        let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let content = part.bytes().await.map_err(too_large)?;
        match file_name {
            Some(file_name) => form.files.push(Upload { field: name, file_name, media_type, content }),
            None => {
                let text = String::from_utf8(content.to_vec()).map_err(|_| {
                    Problem::new(Kind::Invalid, "Un champ n'est pas de l'UTF-8.", "A field is not UTF-8.")
                        .at(name.clone())
                })?;
                form.fields.push((name, text));
            }
        }
    }
    Ok(form)
}

fn too_large(error: axum::extract::multipart::MultipartError) -> Problem {
    let is_limit = error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE
        || error.body_text().contains("length limit");
    if is_limit {
        Problem::new(Kind::TooLarge, "Fichier trop volumineux.", "File too large.")
            .expecting(format!("at most {} bytes (DOCUMENT_BYTES)", limits::DOCUMENT_BYTES))
    } else {
        Problem::new(
            Kind::Invalid,
            "Le formulaire est incomplet ou mal formé.",
            "The form is incomplete or malformed.",
        )
    }
}
