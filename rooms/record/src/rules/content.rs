//! The content of a document: out of the document into a `Binary` of its own, measured, and not something else than it says.

use crate::document::{bare_media_type, number};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use socle_gate::Session;
use socle_kernel::{Issue, Kind, Problem, Words, ids, limits, resource_type};
use socle_pipeline::{Draft, Plan};

/// Moves contents that came along into `Binary` drafts, claims those of the plan, and compares what was declared with
/// what is there.
pub fn settle(plan: &mut Plan, index: usize, session: &Session) -> Result<(), Problem> {
    let count = plan.drafts[index].resource()["content"].as_array().map_or(0, Vec::len);
    for position in 0..count {
        let attachment = &plan.drafts[index].resource()["content"][position]["attachment"];
        if !attachment["data"].is_null() {
            let mut random = [0u8; 16];
            session.gate().chance().fill(&mut random);
            move_out(plan, index, position, random)?;
        } else if let Some(url) = attachment["url"].as_str()
            && let Some(binary) =
                plan.find(url).filter(|at| plan.drafts[*at].resource_type == resource_type::BINARY)
        {
            claim(plan, index, position, binary)?;
        }
    }
    Ok(())
}

/// A content that came inside the document (ITI-105).
fn move_out(plan: &mut Plan, index: usize, position: usize, random: [u8; 16]) -> Result<(), Problem> {
    let path = format!("DocumentReference.content[{position}].attachment");
    let attachment = &plan.drafts[index].resource()["content"][position]["attachment"];
    let content = decode(attachment["data"].as_str().unwrap_or(""), &format!("{path}.data"))?;
    let media_type = attachment["contentType"].as_str().unwrap_or("").to_owned();
    let mut warnings: Vec<Issue> =
        check_kind(&media_type, &content, &format!("{path}.contentType"))?.into_iter().collect();
    warnings.extend(compare(attachment, &content, &path));
    let full_url = format!("urn:uuid:{}", uuid_of(random));
    let draft = &mut plan.drafts[index];
    draft.warnings.extend(warnings);
    if let Some(members) = draft
        .resource
        .as_mut()
        .and_then(|resource| resource["content"][position]["attachment"].as_object_mut())
    {
        members.shift_remove("data");
        members.insert("url".into(), full_url.clone().into());
        fill(members, &content);
    }
    let binary = json!({ "resourceType": "Binary", "contentType": media_type });
    plan.add(Draft {
        full_url: Some(full_url),
        content: Some(content),
        owner: Some(index),
        ..Draft::create(resource_type::BINARY, binary)
    });
    Ok(())
}

/// A content that came beside the document (ITI-65).
fn claim(plan: &mut Plan, index: usize, position: usize, binary: usize) -> Result<(), Problem> {
    let path = format!("DocumentReference.content[{position}].attachment");
    check_binary(&mut plan.drafts[binary])?;
    plan.drafts[binary].owner = Some(index);
    let Some(content) = plan.drafts[binary].content.take() else { return Ok(()) };
    let held = plan.drafts[binary].resource()["contentType"].as_str().unwrap_or("").to_owned();
    let draft = &mut plan.drafts[index];
    let attachment = &draft.resource()["content"][position]["attachment"];
    let mut warnings = compare(attachment, &content, &path);
    let declared = attachment["contentType"].as_str().unwrap_or("");
    if !declared.is_empty() && bare_media_type(declared) != bare_media_type(&held) {
        let words = Words::new(
            "Le type déclaré n'est pas celui du contenu (Binary.contentType).",
            "The declared type is not the one of the content (Binary.contentType).",
        );
        let issue = Issue::warning("value", format!("{path}.contentType"), words);
        warnings.push(issue.expected(held).received(declared));
    }
    draft.warnings.extend(warnings);
    if let Some(members) = draft
        .resource
        .as_mut()
        .and_then(|resource| resource["content"][position]["attachment"].as_object_mut())
    {
        fill(members, &content);
    }
    plan.drafts[binary].content = Some(content);
    Ok(())
}

/// What holds of every content: a type, within the limit, and not something else than it says.
pub fn check_binary(draft: &mut Draft) -> Result<(), Problem> {
    let media_type = draft.resource()["contentType"].as_str().unwrap_or("").to_owned();
    if media_type.trim().is_empty() {
        return Err(missing_type("Binary.contentType"));
    }
    let Some(content) = &draft.content else { return Ok(()) };
    within_limit(content.len(), "Binary.data")?;
    if let Some(warning) = check_kind(&media_type, content, "Binary.contentType")?
        && !draft.warnings.contains(&warning)
    {
        draft.warnings.push(warning);
    }
    Ok(())
}

/// Size and hash that the sender left out.
fn fill(attachment: &mut serde_json::Map<String, Value>, content: &[u8]) {
    if attachment.get("size").is_none_or(Value::is_null) {
        attachment.insert("size".into(), content.len().into());
    }
    if attachment.get("hash").is_none_or(Value::is_null) {
        attachment.insert("hash".into(), sha1_base64(content).into());
    }
}

/// SHA-1 in base64, as FHIR R4 writes `Attachment.hash`.
pub fn sha1_base64(content: &[u8]) -> String {
    BASE64.encode(&Sha1::digest(content))
}

fn decode(data: &str, path: &str) -> Result<Vec<u8>, Problem> {
    // Line breaks inside base64 are common and harmless.
    let bare: Vec<u8> = data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if bare.is_empty() {
        let problem = Problem::new(
            Kind::Unprocessable,
            "Le contenu du document est vide.",
            "The content of the document is empty.",
        );
        return Err(problem.coded("required").at(path).expecting("base64 (RFC 4648)").receiving("(empty)"));
    }
    // Told before decoding: three bytes for four characters.
    within_limit(bare.len() / 4 * 3, path)?;
    BASE64.decode(&bare).map_err(|error| {
        Problem::new(
            Kind::Unprocessable,
            "Le contenu du document n'est pas du base64 valide.",
            "The content of the document is not valid base64.",
        )
        .coded("value")
        .at(path)
        .expecting("base64 (RFC 4648)")
        .receiving(error.to_string())
    })
}

fn within_limit(size: usize, path: &str) -> Result<(), Problem> {
    if size <= limits::DOCUMENT_BYTES {
        return Ok(());
    }
    Err(Problem::new(Kind::TooLarge, "Document trop volumineux.", "Document too large.")
        .at(path)
        .expecting(format!("at most {} bytes (DOCUMENT_BYTES)", limits::DOCUMENT_BYTES))
        .receiving(format!("{size} bytes")))
}

/// Declared size and hash that are not those of the content: stored as declared, and told.
fn compare(attachment: &Value, content: &[u8], path: &str) -> Vec<Issue> {
    let mut warnings = Vec::new();
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    if let Some(declared) = number(&attachment["size"]).filter(|declared| *declared != size) {
        let words = Words::new(
            "La taille déclarée n'est pas celle du contenu ; elle est gardée telle quelle.",
            "The declared size is not the one of the content; it is kept as it is.",
        );
        let issue = Issue::warning("value", format!("{path}.size"), words);
        warnings
            .push(issue.expected(format!("{size} (measured)")).received(format!("{declared} (declared)")));
    }
    let measured = Sha1::digest(content);
    if let Some(declared) = attachment["hash"].as_str().filter(|declared| !is_hash(declared, &measured)) {
        let words = Words::new(
            "L'empreinte SHA-1 déclarée n'est pas celle du contenu ; elle est gardée telle quelle.",
            "The declared SHA-1 hash is not the one of the content; it is kept as it is.",
        );
        let issue = Issue::warning("value", format!("{path}.hash"), words);
        let expected = format!("{} (measured)", BASE64.encode(&measured));
        warnings.push(issue.expected(expected).received(format!("{declared} (declared)")));
    }
    warnings
}

/// FHIR writes the hash in base64, XDS in hexadecimal digits; both are met.
fn is_hash(declared: &str, measured: &[u8]) -> bool {
    let declared = declared.trim().as_bytes();
    BASE64.decode(declared).is_ok_and(|bytes| bytes == measured)
        || HEXLOWER_PERMISSIVE.decode(declared).is_ok_and(|bytes| bytes == measured)
}

/// Formats that are told by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Pdf,
    Png,
    Jpeg,
    Gif,
    Xml,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Pdf => "PDF",
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Gif => "GIF",
            Format::Xml => "XML",
        }
    }

    fn declared(media_type: &str) -> Option<Format> {
        match media_type {
            "application/pdf" => Some(Format::Pdf),
            "image/png" => Some(Format::Png),
            "image/jpeg" => Some(Format::Jpeg),
            "image/gif" => Some(Format::Gif),
            "text/xml" | "application/xml" => Some(Format::Xml),
            other if other.ends_with("+xml") => Some(Format::Xml),
            _ => None,
        }
    }

    fn measured(content: &[u8]) -> Option<Format> {
        let marks: [(&[u8], Format); 4] = [
            (b"%PDF-", Format::Pdf),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"\xff\xd8\xff", Format::Jpeg),
            (b"GIF8", Format::Gif),
        ];
        if let Some((_, format)) = marks.iter().find(|(mark, _)| content.starts_with(mark)) {
            return Some(*format);
        }
        let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        text.trim_ascii_start().starts_with(b"<?xml").then_some(Format::Xml)
    }
}

/// Refuses a content that is certainly something else than declared; warns when it cannot be recognised.
fn check_kind(media_type: &str, content: &[u8], path: &str) -> Result<Option<Issue>, Problem> {
    let bare = bare_media_type(media_type);
    if bare.is_empty() {
        return Err(missing_type(path));
    }
    let Some(declared) = Format::declared(&bare) else { return Ok(None) };
    match Format::measured(content) {
        Some(measured) if measured == declared => Ok(None),
        Some(measured) => Err(Problem::new(
            Kind::Unprocessable,
            "Le contenu n'est pas du type déclaré.",
            "The content is not of the declared type.",
        )
        .coded("value")
        .at(path)
        .expecting(measured.name())
        .receiving(bare)),
        // An XML document may start without its declaration.
        None if declared == Format::Xml && content.trim_ascii_start().starts_with(b"<") => Ok(None),
        None => {
            let words = Words::new(
                "Les premiers octets du contenu ne sont pas ceux du type déclaré ; vérifiez que le document s'ouvre.",
                "The first bytes of the content are not those of the declared type; check that the document opens.",
            );
            Ok(Some(Issue::warning("value", path, words).expected(declared.name())))
        }
    }
}

fn missing_type(path: &str) -> Problem {
    Problem::new(
        Kind::Unprocessable,
        "Le type du contenu doit être indiqué.",
        "The type of the content must be given.",
    )
    .coded("required")
    .at(path)
    .expecting("a media type, as application/pdf")
    .receiving("(absent)")
}

/// Random bytes as a UUID of version 4.
pub fn uuid_of(mut random: [u8; 16]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    ids::uuid_text(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &[u8] = b"%PDF-1.4 demo";

    fn plan(attachment: Value) -> Plan {
        let resource =
            json!({ "resourceType": "DocumentReference", "content": [{ "attachment": attachment }] });
        Plan::of(Draft::create(resource_type::DOCUMENT_REFERENCE, resource))
    }

    #[test]
    fn moves_the_content_into_a_binary_of_the_document() {
        let mut plan = plan(json!({ "contentType": "application/pdf", "data": BASE64.encode(PDF) }));
        move_out(&mut plan, 0, 0, [7; 16]).unwrap();
        let binary = &plan.drafts[1];
        assert_eq!((binary.owner, binary.content.as_deref()), (Some(0), Some(PDF)));
        assert_eq!(binary.resource()["contentType"], "application/pdf");
        let attachment = &plan.drafts[0].resource()["content"][0]["attachment"];
        assert_eq!(attachment["url"].as_str(), binary.full_url.as_deref());
        assert!(attachment["data"].is_null());
        assert_eq!(attachment["size"], 13);
        assert_eq!(attachment["hash"], sha1_base64(PDF));
        assert!(plan.drafts[0].warnings.is_empty());
    }

    #[test]
    fn keeps_declared_size_and_hash_and_tells_the_measured_ones() {
        let example = include_str!("../../testdata/pdsm/DocumentReference-PDSmSimplifiedExample.json");
        let example: Value = serde_json::from_str(example).unwrap();
        let mut plan = plan(example["content"][0]["attachment"].clone());
        move_out(&mut plan, 0, 0, [7; 16]).unwrap();
        let attachment = &plan.drafts[0].resource()["content"][0]["attachment"];
        assert_eq!(attachment["size"], 250_000);
        let told: Vec<(&str, Option<&str>)> = plan.drafts[0]
            .warnings
            .iter()
            .map(|issue| (issue.path.as_str(), issue.expected.as_deref()))
            .collect();
        let path = "DocumentReference.content[0].attachment";
        assert_eq!(told[0], (&*format!("{path}.contentType"), Some("PDF")));
        assert_eq!(told[1], (&*format!("{path}.size"), Some("11 (measured)")));
        assert_eq!(told[2].0, format!("{path}.hash"));
    }

    #[test]
    fn refuses_what_is_not_base64_empty_or_of_no_type() {
        for (data, media_type) in
            [("pas du base64!", "application/pdf"), ("", "application/pdf"), ("SGVsbG8=", "")]
        {
            let mut plan = plan(json!({ "contentType": media_type, "data": data }));
            let problem = move_out(&mut plan, 0, 0, [7; 16]).unwrap_err();
            assert_eq!(problem.kind, Kind::Unprocessable, "{data} {media_type}");
            assert_eq!(plan.drafts.len(), 1);
        }
    }

    #[test]
    fn refuses_a_content_that_is_certainly_something_else() {
        let png = b"\x89PNG\r\n\x1a\n....";
        assert_eq!(
            check_kind("application/pdf", png, "p").unwrap_err().issues[0].expected.as_deref(),
            Some("PNG")
        );
        assert!(check_kind("image/png", png, "p").unwrap().is_none());
        assert!(
            check_kind("text/xml; charset=utf-8", b"\xef\xbb\xbf<?xml version='1.0'?>", "p")
                .unwrap()
                .is_none()
        );
        assert!(check_kind("application/hl7-cda+xml", b"\n<ClinicalDocument/>", "p").unwrap().is_none());
        assert!(check_kind("application/pdf", b"<?xml version='1.0'?>", "p").is_err());
        assert!(check_kind("text/plain", PDF, "p").unwrap().is_none());
    }

    #[test]
    fn refuses_a_document_above_the_limit() {
        let mut draft =
            Draft::create(resource_type::BINARY, json!({ "contentType": "application/octet-stream" }));
        draft.content = Some(vec![0; limits::DOCUMENT_BYTES]);
        assert!(check_binary(&mut draft).is_ok());
        draft.content = Some(vec![0; limits::DOCUMENT_BYTES + 1]);
        let problem = check_binary(&mut draft).unwrap_err();
        assert_eq!(problem.kind, Kind::TooLarge);
        assert!(problem.issues[0].expected.as_deref().unwrap().contains("DOCUMENT_BYTES"));
    }

    #[test]
    fn claims_the_binary_beside_the_document() {
        let mut plan = plan(json!({ "contentType": "image/png", "url": "urn:uuid:b" }));
        let mut binary = Draft::create(resource_type::BINARY, json!({ "contentType": "application/pdf" }));
        binary.full_url = Some("urn:uuid:b".into());
        binary.content = Some(PDF.to_vec());
        plan.drafts.push(binary);
        claim(&mut plan, 0, 0, 1).unwrap();
        assert_eq!((plan.drafts[1].owner, plan.drafts[1].content.as_deref()), (Some(0), Some(PDF)));
        assert_eq!(plan.drafts[0].resource()["content"][0]["attachment"]["size"], 13);
        assert_eq!(plan.drafts[0].warnings[0].expected.as_deref(), Some("application/pdf"));
    }

    #[test]
    fn knows_a_hash_in_base64_and_in_hexadecimal() {
        let measured = Sha1::digest(PDF);
        assert!(is_hash(&sha1_base64(PDF), &measured));
        assert!(is_hash(&data_encoding::HEXUPPER.encode(&measured), &measured));
        assert!(!is_hash("2jmj7l5rSw0yVb/vlWAYkK/YBwk=", &measured));
    }
}
