//! `GET …/contenu`: the content of a document itself, in the page or as a file; and the files that a CDA carries.

use super::viewer;
use crate::document::{Document, bare_media_type};
use crate::reading::{self, Record};
use bytes::Bytes;
use socle_gate::Session;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall};

/// For the citizen.
pub async fn citizen(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let home = call.identified.principal.person_home().ok_or_else(Problem::not_found)?;
    let record = viewer::document(session, home, call.param("id")).await?;
    answer(call, session, &record).await
}

/// For a professional.
pub async fn professional(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let patient = reading::patient(call, session).await?;
    let record = viewer::document(session, patient.home, call.param("document")).await?;
    answer(call, session, &record).await
}

async fn answer(call: &PageCall, session: &Session, record: &Record) -> Result<PageAnswer, Problem> {
    let document = Document(&record.json);
    let id = document.content_id().ok_or_else(Problem::not_found)?;
    let (media_type, bytes) = reading::content(session, id).await?.ok_or_else(Problem::not_found)?;
    let (media_type, bytes) = part(&media_type, bytes, call.query("piece"), call.query("corps"))?;
    let is_inline = call.query("telecharger") != "1" && is_shown(&media_type);
    Ok(PageAnswer::content(&told(&media_type, &bytes), &file_name(document, &media_type), is_inline, bytes))
}

/// The whole content, or a file inside a structured document.
fn part(media_type: &str, bytes: Bytes, piece: &str, body: &str) -> Result<(String, Bytes), Problem> {
    if piece.is_empty() && body.is_empty() {
        return Ok((media_type.to_owned(), bytes));
    }
    let cda = socle_ui::cda::render(&bytes, Lang::Fr)?;
    if !body.is_empty() {
        return match cda.kind {
            socle_ui::cda::Kind::Level1 { media_type, content } => Ok((media_type, Bytes::from(content))),
            socle_ui::cda::Kind::Structured { .. } => Err(Problem::not_found()),
        };
    }
    let index: usize = piece.parse().map_err(|_| Problem::not_found())?;
    let attachment = cda.attachments.into_iter().nth(index).ok_or_else(Problem::not_found)?;
    Ok((attachment.media_type, Bytes::from(attachment.content)))
}

/// Formats that a browser shows and that run nothing; every other one is a file to save.
fn is_shown(media_type: &str) -> bool {
    matches!(
        bare_media_type(media_type).as_str(),
        "application/pdf" | "image/png" | "image/jpeg" | "image/gif" | "text/plain"
    )
}

/// The media type as told to the browser: a text says its encoding, anything unreadable is bytes.
fn told(media_type: &str, bytes: &[u8]) -> String {
    let bare = bare_media_type(media_type);
    let is_plain = bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-.".contains(&byte));
    match bare.as_str() {
        "text/plain" if std::str::from_utf8(bytes).is_ok() => "text/plain; charset=utf-8".to_owned(),
        "" => "application/octet-stream".to_owned(),
        _ if is_plain => bare,
        _ => "application/octet-stream".to_owned(),
    }
}

/// A name that says nothing of anyone's health: it stays in the list of downloads.
fn file_name(document: Document<'_>, media_type: &str) -> String {
    let day = document.day().map(|day| format!("-{day}")).unwrap_or_default();
    let ending = match bare_media_type(media_type).as_str() {
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "text/plain" => "txt",
        other if other.ends_with("xml") => "xml",
        _ => "bin",
    };
    format!("document{day}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_what_runs_nothing() {
        for shown in ["application/pdf", "image/png", "TEXT/PLAIN; charset=latin1"] {
            assert!(is_shown(shown), "{shown}");
        }
        for file in ["text/html", "image/svg+xml", "text/xml", "application/dicom", ""] {
            assert!(!is_shown(file), "{file}");
        }
    }

    #[test]
    fn tells_a_media_type_that_cannot_break_a_header() {
        assert_eq!(told("text/plain", "é".as_bytes()), "text/plain; charset=utf-8");
        assert_eq!(told("application/pdf; name=x", b""), "application/pdf");
        assert_eq!(told("a/b\r\nx: y", b""), "application/octet-stream");
        assert_eq!(told("", b""), "application/octet-stream");
    }

    #[test]
    fn names_files_without_health_content() {
        let document = serde_json::json!({ "description": "CR de biologie", "date": "2026-03-02" });
        assert_eq!(file_name(Document(&document), "application/pdf"), "document-2026-03-02.pdf");
    }
}
