//! Publishes a document: a `DocumentReference` as PDSm's comprehensive profile wants it, and its `Binary`.

use super::cda::{self, StructuredSection};
use super::kinds::{self, Format, Kind};
use super::sheet::Sheet;
use super::visibility::HiddenFrom;
use super::{pdf, plain, png};
use crate::calendar::Day;
use crate::person::Chart;
use crate::resource::{coding, concept, list, meta, named_reference, object, reference, text};
use crate::systems::{self, DOCUMENT_CLASS, INS_TEST, SECTOR, SETTING};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

const PROFILE: &str =
    "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-document-reference";

/// The form a document takes.
pub(crate) enum Form {
    Pdf,
    Text,
    /// A picture, by its variant.
    Image(u32),
    /// CDA around a PDF.
    CdaOne,
    /// CDA with sections.
    CdaThree(Format, Vec<StructuredSection>),
}

/// A document to publish.
pub(crate) struct Paper {
    pub(crate) kind: &'static Kind,
    pub(crate) sheet: Sheet,
    /// Index of the professional who wrote it.
    pub(crate) author: usize,
    /// Index of the place.
    pub(crate) site: usize,
    pub(crate) day: Day,
    /// Address of the visit it comes from.
    pub(crate) encounter: Option<String>,
    pub(crate) description: String,
    pub(crate) form: Form,
    /// Who must not see it, when a rule of care says so.
    pub(crate) hidden_from: Option<HiddenFrom>,
}

struct Content {
    media: &'static str,
    format: Format,
    bytes: Vec<u8>,
}

/// Adds the document and its content to the chart.
pub(crate) fn publish(chart: &mut Chart<'_>, paper: &Paper) {
    let (hour, minute) = (chart.draw.between(8, 18) as u32, chart.draw.below(60));
    let document_id = chart.draw.uuid();
    let content = content(chart, paper, &document_id, hour, minute);
    let (document_url, binary_url) = (chart.draw.urn(), chart.draw.urn());
    let made_at = paper.day.at(hour, minute);
    let document = document_reference(chart, paper, &content, &document_id, &binary_url, &made_at);
    let binary = object([
        ("resourceType", text("Binary")),
        ("meta", meta(None)),
        ("contentType", text(content.media)),
        ("securityContext", reference(&document_url)),
        ("data", text(BASE64.encode(&content.bytes))),
    ]);
    chart.add_at(&document_url, document);
    chart.add_at(&binary_url, binary);
}

fn content(chart: &mut Chart<'_>, paper: &Paper, id: &str, hour: u32, minute: u32) -> Content {
    let header = || cda::Header {
        id: id.to_owned(),
        set_id: id.to_owned(),
        code: (paper.kind.code.to_owned(), paper.kind.oid().to_owned(), paper.kind.label.to_owned()),
        made_at: paper.day.compact_at(hour, minute),
        act_at: paper.day.compact_at(hour.saturating_sub(1), minute),
        templates: Vec::new(),
    };
    match &paper.form {
        Form::Pdf => Content {
            media: "application/pdf",
            format: kinds::PDF_FORMAT,
            bytes: pdf::document(&paper.sheet),
        },
        Form::Text => Content {
            media: "text/plain",
            format: kinds::TEXT_FORMAT,
            bytes: plain(&paper.sheet).into_bytes(),
        },
        Form::Image(variant) => {
            Content { media: "image/png", format: kinds::MEDIA_FORMAT, bytes: png::chest(*variant) }
        }
        Form::CdaOne => {
            let inner = pdf::document(&paper.sheet);
            let bytes = cda::level1(&header(), &paper.sheet, &inner).into_bytes();
            Content { media: "text/xml", format: kinds::PDF_FORMAT, bytes }
        }
        Form::CdaThree(format, sections) => {
            let mut header = header();
            header.set_id = chart.draw.uuid();
            let bytes = cda::level3(&header, &paper.sheet, sections).into_bytes();
            Content { media: "text/xml", format: *format, bytes }
        }
    }
}

fn document_reference(
    chart: &Chart<'_>,
    paper: &Paper,
    content: &Content,
    id: &str,
    binary: &str,
    made_at: &str,
) -> Value {
    let network = &chart.region.network;
    let site = &network.sites[paper.site];
    let place = &network.places[site.kind];
    let organization = network.organization_reference(site);
    let period = object([("start", text(paper.day.at(8, 0))), ("end", text(made_at))]);
    let mut context = object([
        ("period", period),
        ("facilityType", concept(SECTOR, place.sector.0, place.sector.1)),
        ("practiceSetting", concept(SETTING, place.setting.0, place.setting.1)),
        ("sourcePatientInfo", reference("#patient")),
    ]);
    if let Some(encounter) = &paper.encounter {
        context["encounter"] = list(reference(encounter));
    }
    let master = object([
        ("use", text("usual")),
        ("system", text("urn:ietf:rfc:3986")),
        ("value", text(format!("urn:uuid:{id}"))),
    ]);
    let class = concept(DOCUMENT_CLASS, paper.kind.class.0, paper.kind.class.1);
    object([
        ("resourceType", text("DocumentReference")),
        ("meta", meta(Some(PROFILE))),
        ("language", text("fr-FR")),
        ("contained", contained(chart, paper, &organization)),
        ("masterIdentifier", master),
        ("status", text("current")),
        ("docStatus", text("final")),
        ("type", concept(paper.kind.system, paper.kind.code, paper.kind.label)),
        ("category", list(class)),
        ("subject", named_reference(&chart.patient, &paper.sheet.patient.spoken())),
        ("date", text(made_at)),
        ("author", list(named_reference("#role", &paper.sheet.author.spoken))),
        ("authenticator", reference("#role")),
        ("custodian", named_reference(&organization, &site.name)),
        ("description", text(&paper.description)),
        ("securityLabel", security_labels(paper)),
        ("content", list(attached(paper, content, binary, made_at))),
        ("context", context),
    ])
}

/// Ordinary confidentiality, and the label that hides the document when there is one.
fn security_labels(paper: &Paper) -> Value {
    let normal = concept("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", "normal");
    let hidden = paper.hidden_from.map(HiddenFrom::label);
    Value::Array(std::iter::once(normal).chain(hidden).collect())
}

fn attached(paper: &Paper, content: &Content, binary: &str, made_at: &str) -> Value {
    let (system, code, display) = content.format;
    let attachment = object([
        ("contentType", text(content.media)),
        ("language", text("fr-FR")),
        ("url", text(binary)),
        ("size", content.bytes.len().into()),
        ("hash", text(BASE64.encode(&Sha1::digest(&content.bytes)))),
        ("title", text(&paper.sheet.title)),
        ("creation", text(made_at)),
    ]);
    object([("attachment", attachment), ("format", coding(system, code, display))])
}

/// Who wrote it and whom it is about, as they were on that day.
fn contained(chart: &Chart<'_>, paper: &Paper, organization: &str) -> Value {
    let network = &chart.region.network;
    let site = &network.sites[paper.site];
    let place = &network.places[site.kind];
    let profession = network.profession(paper.author);
    let mut role = json!({
        "resourceType": "PractitionerRole",
        "id": "role",
        "active": true,
        "practitioner": reference("#author"),
        "organization": {
            "reference": organization,
            "identifier": { "system": systems::FINESS, "value": site.finess },
            "display": site.name,
        },
        "code": [
            concept(profession.system, profession.code, profession.label),
            concept(SECTOR, place.sector.0, place.sector.1),
        ],
    });
    if let Some((code, label)) = profession.specialty {
        role["specialty"] = json!([concept(systems::SPECIALTY, code, label)]);
    }
    json!([
        {
            "resourceType": "Practitioner",
            "id": "author",
            "identifier": network.practitioner_identifiers(paper.author),
            "name": network.practitioner_name(paper.author),
            "qualification": network.qualifications(paper.author),
        },
        role,
        {
            "resourceType": "Patient",
            "id": "patient",
            "identifier": [{ "use": "official", "system": INS_TEST, "value": chart.who.ins }],
            "name": [chart.who.official_name()],
            "gender": chart.who.sex().code(),
            "birthDate": chart.who.birth().to_string(),
        },
    ])
}
