//! The header of a document: what it is, about whom, by whom, for whom, when.

use super::people;
use super::read::Xml;
use super::time;
use crate::dates;
use crate::parts::{Row, card, details, summary_list};
use maud::{Markup, html};
use socle_kernel::Lang;

/// The patient's traits: label and value.
pub(super) fn patient(lang: Lang, root: Xml<'_>) -> Vec<(String, String)> {
    let Some(role) = root.at("recordTarget/patientRole") else { return Vec::new() };
    let person = role.child("patient");
    let name = person.and_then(|person| person.child("name"));
    let guardians = person.into_iter().flat_map(|person| person.all("guardian"));
    let mut traits: Vec<(&str, Option<String>)> = vec![
        (lang.pick("Nom", "Name"), name.map(|name| people::name(lang, name))),
        (lang.pick("Prénoms de naissance", "Given names at birth"), name.and_then(people::birth_given)),
        (
            lang.pick("Date de naissance", "Date of birth"),
            value_of(lang, person.and_then(|p| p.child("birthTime"))),
        ),
        (
            lang.pick("Sexe", "Sex"),
            person.and_then(|p| p.child("administrativeGenderCode")).and_then(Xml::display),
        ),
        (lang.pick("Lieu de naissance", "Place of birth"), person.and_then(birthplace)),
        ("INS", people::ins(role).map(dates::ins)),
        (lang.pick("Adresse", "Address"), role.child("addr").and_then(people::address)),
        (lang.pick("Coordonnées", "Contact"), joined(people::telecoms(role))),
    ];
    for guardian in guardians {
        let line = people::line(lang, guardian);
        traits.push((lang.pick("Représentant légal", "Legal representative"), Some(line)));
    }
    let kept = traits.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?)));
    kept.filter(|(_, value)| !value.is_empty()).collect()
}

fn birthplace(person: Xml<'_>) -> Option<String> {
    let place = person.at("birthplace/place")?;
    let name = place.child("name").map(Xml::words);
    let county = place.child("addr").and_then(|addr| {
        let words = people::address(addr)?;
        // An INSEE code alone is told as what it is.
        Some(if words.bytes().all(|byte| byte.is_ascii_digit()) { format!("INSEE {words}") } else { words })
    });
    joined([name, county].into_iter().flatten().filter(|part| !part.is_empty()).collect())
}

fn joined(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn value_of(lang: Lang, element: Option<Xml<'_>>) -> Option<String> {
    element.and_then(|element| element.attribute("value")).map(|value| time::words(lang, value))
}

/// When the document was written, in words.
pub(super) fn date(lang: Lang, root: Xml<'_>) -> String {
    value_of(lang, root.child("effectiveTime")).unwrap_or_default()
}

/// Its authors, one line each.
pub(super) fn authors(lang: Lang, root: Xml<'_>) -> Vec<String> {
    let roles = root.all("author").filter_map(|author| author.child("assignedAuthor"));
    roles.map(|role| people::line(lang, role)).filter(|line| !line.is_empty()).collect()
}

/// The organisation that keeps it.
pub(super) fn custodian(root: Xml<'_>) -> String {
    root.at("custodian/assignedCustodian/representedCustodianOrganization/name")
        .map(Xml::words)
        .unwrap_or_default()
}

/// The whole header as two cards (document, patient) and the people in a part that opens.
pub(super) fn write(lang: Lang, root: Xml<'_>) -> Markup {
    let others = people_around(lang, root);
    html! {
        div class="cda-head" {
            (card(lang.pick("Document", "Document"), summary_list(&rows(document(lang, root)))))
            (card(lang.pick("Patient", "Patient"), summary_list(&rows(patient(lang, root)))))
        }
        @if !others.is_empty() {
            (details(lang.pick("Personnes et identifiants du document", "People and identifiers of the document"),
                summary_list(&rows(others))))
        }
    }
}

/// One row per label: its values under each other, each once.
fn rows(pairs: Vec<(String, String)>) -> Vec<Row> {
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for (label, value) in pairs {
        match grouped.iter_mut().find(|(known, _)| *known == label) {
            Some((_, values)) => values.push(value),
            None => grouped.push((label, vec![value])),
        }
    }
    let row = |(label, values): (String, Vec<String>)| match values.as_slice() {
        [one] => Row::text(label, one),
        many => Row::new(label, html! { ul class="plain" { @for value in many { li { (value) } } } }),
    };
    grouped.into_iter().map(row).collect()
}

/// What one wants to know first: kind, date, authors, organisation, care, what it replaces.
fn document(lang: Lang, root: Xml<'_>) -> Vec<(String, String)> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    pairs.push((lang.pick("Type", "Type"), root.child("code").and_then(Xml::display).unwrap_or_default()));
    pairs.push((lang.pick("Date", "Date"), date(lang, root)));
    for author in authors(lang, root) {
        pairs.push((lang.pick("Auteur", "Author"), author));
    }
    pairs.push((lang.pick("Organisation", "Organization"), custodian(root)));
    for event in root.all("documentationOf").filter_map(|documented| documented.child("serviceEvent")) {
        pairs.push((lang.pick("Acte documenté", "Documented act"), event_words(lang, event)));
    }
    if let Some(period) =
        root.at("componentOf/encompassingEncounter/effectiveTime").and_then(|t| time::interval(lang, t))
    {
        pairs.push((lang.pick("Prise en charge", "Encounter"), period));
    }
    for related in root.all("relatedDocument") {
        let label = match related.attribute("typeCode") {
            Some("RPLC") => lang.pick("Remplace le document", "Replaces the document"),
            Some("APND") => lang.pick("Complète le document", "Adds to the document"),
            Some("XFRM") => lang.pick("Transformé du document", "Transformed from the document"),
            _ => lang.pick("Document lié", "Related document"),
        };
        pairs.push((label, related.child("parentDocument").map(identifiers).unwrap_or_default()));
    }
    for order in root.all("inFulfillmentOf").filter_map(|order| order.child("order")) {
        pairs.push((lang.pick("Répond à la prescription", "Fulfils the order"), identifiers(order)));
    }
    for recipient in
        root.all("informationRecipient").filter_map(|recipient| recipient.child("intendedRecipient"))
    {
        pairs.push((lang.pick("Destinataire", "Recipient"), people::line(lang, recipient)));
    }
    if let Some(code) = root.child("confidentialityCode").filter(|code| code.attribute("code") != Some("N")) {
        pairs.push((lang.pick("Confidentialité", "Confidentiality"), code.display().unwrap_or_default()));
    }
    kept(pairs)
}

fn kept(pairs: Vec<(&str, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (label, value) in pairs {
        let pair = (label.to_owned(), value);
        if !pair.1.is_empty() && !kept.contains(&pair) {
            kept.push(pair);
        }
    }
    kept
}

fn event_words(lang: Lang, event: Xml<'_>) -> String {
    let what = event.child("code").and_then(Xml::display);
    let when = event.child("effectiveTime").and_then(|element| time::interval(lang, element));
    let who = event.at("performer/assignedEntity").map(|entity| people::line(lang, entity));
    [what, who, when].into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Identifiers as the document writes them: root and extension.
fn identifiers(element: Xml<'_>) -> String {
    let id = |id: Xml<'_>| match (id.attribute("root"), id.attribute("extension")) {
        (Some(root), Some(extension)) => Some(format!("{root} / {extension}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    };
    element.all("id").filter_map(id).collect::<Vec<_>>().join(", ")
}

/// Everyone else named in the header, and the identifiers.
fn people_around(lang: Lang, root: Xml<'_>) -> Vec<(String, String)> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    let signed = |label, element: Xml<'_>| {
        let who =
            element.child("assignedEntity").map(|entity| people::line(lang, entity)).unwrap_or_default();
        let when = value_of(lang, element.child("time"));
        (
            label,
            [Some(who), when]
                .into_iter()
                .flatten()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    for element in root.all("legalAuthenticator") {
        pairs.push(signed(lang.pick("Responsable du document", "Legal authenticator"), element));
    }
    for element in root.all("authenticator") {
        pairs.push(signed(lang.pick("Validé par", "Authenticated by"), element));
    }
    if let Some(entity) = root.at("dataEnterer/assignedEntity") {
        pairs.push((lang.pick("Saisi par", "Entered by"), people::line(lang, entity)));
    }
    for element in root.all("informant") {
        let role = element.child("relatedEntity").or_else(|| element.child("assignedEntity"));
        pairs.push((
            lang.pick("Informateur", "Informant"),
            role.map(|role| contact_line(lang, role)).unwrap_or_default(),
        ));
    }
    for element in root.all("participant") {
        let label = element.child("functionCode").and_then(Xml::display);
        let line = element.child("associatedEntity").map(|role| contact_line(lang, role)).unwrap_or_default();
        let line = label.map_or(line.clone(), |label| format!("{label}{} {line}", lang.pick("\u{a0}:", ":")));
        pairs.push((lang.pick("Participant", "Participant"), line));
    }
    let facility = root.at("componentOf/encompassingEncounter/location/healthCareFacility");
    if let Some(place) =
        facility.and_then(|f| f.at("location/name").map(Xml::words).or_else(|| f.child("code")?.display()))
    {
        pairs.push((lang.pick("Lieu de prise en charge", "Place of care"), place));
    }
    pairs.push((lang.pick("Identifiant du document", "Document identifier"), identifiers(root)));
    let version =
        root.child("versionNumber").and_then(|version| version.attribute("value")).unwrap_or_default();
    pairs.push((lang.pick("Version", "Version"), version.to_owned()));
    kept(pairs)
}

/// A person with how to reach them.
fn contact_line(lang: Lang, role: Xml<'_>) -> String {
    let mut parts = vec![people::line(lang, role)];
    parts.extend(people::telecoms(role));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}
