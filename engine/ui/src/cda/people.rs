//! Names, addresses and numbers of the people and organisations in a header.

use super::read::Xml;
use socle_kernel::Lang;

/// The root of INS numbers: NIR, NIA, and the test range.
const INS_ROOTS: [&str; 4] =
    ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"];

/// The INS of a role, when it has one.
pub(super) fn ins<'a>(role: Xml<'a>) -> Option<&'a str> {
    role.all("id")
        .find(|id| id.attribute("root").is_some_and(|root| INS_ROOTS.contains(&root)))?
        .attribute("extension")
}

/// A name in one line: title, given names, family name. Birth and used names are told apart when they differ.
pub(super) fn name(lang: Lang, element: Xml<'_>) -> String {
    let parts = |kind: &'static str, wanted: Option<&str>| -> Vec<String> {
        element
            .all(kind)
            .filter(|part| match (wanted, part.attribute("qualifier")) {
                (Some(wanted), Some(qualifier)) => qualifier.split_whitespace().any(|word| word == wanted),
                (Some(_), None) => false,
                (None, qualifier) => qualifier.is_none(),
            })
            .map(Xml::words)
            .filter(|words| !words.is_empty())
            .collect()
    };
    let first = |kind: &'static str, qualifiers: [Option<&str>; 3]| {
        qualifiers
            .into_iter()
            .map(|wanted| parts(kind, wanted))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    };
    let given = first("given", [Some("CL"), Some("BR"), None]).join(" ");
    let family = first("family", [Some("CL"), Some("BR"), None]).join(" ");
    let birth_family = parts("family", Some("BR")).join(" ");
    let titles: Vec<String> = element
        .all("prefix")
        .chain(element.all("suffix"))
        .map(Xml::words)
        .filter(|words| !words.is_empty())
        .collect();
    let mut words: Vec<String> = titles;
    words.extend([given, family.clone()].into_iter().filter(|part| !part.is_empty()));
    let mut line = words.join(" ");
    if line.is_empty() {
        line = element.words();
    }
    if !birth_family.is_empty() && !birth_family.eq_ignore_ascii_case(&family) {
        line.push_str(&format!(" ({} {birth_family})", lang.pick("nom de naissance", "birth name")));
    }
    line
}

/// All given names at birth, as the civil registry has them.
pub(super) fn birth_given(element: Xml<'_>) -> Option<String> {
    let unqualified =
        element.all("given").find(|given| given.attribute("qualifier").is_none()).map(Xml::words);
    unqualified.filter(|words| !words.is_empty())
}

/// An address in one line.
pub(super) fn address(element: Xml<'_>) -> Option<String> {
    let parts = |names: &[&'static str]| -> String {
        element
            .0
            .children()
            .map(Xml)
            .filter(|part| names.contains(&part.name()))
            .map(Xml::words)
            .filter(|words| !words.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let street =
        parts(&["houseNumber", "houseNumberNumeric", "streetNameType", "streetName", "streetAddressLine"]);
    let more = parts(&["unitID", "additionalLocator", "deliveryAddressLine", "postBox"]);
    let town = parts(&["postalCode", "city"]);
    let country = parts(&["country"]);
    let line: Vec<String> =
        [street, more, town, country].into_iter().filter(|part| !part.is_empty()).collect();
    let line = line.join(", ");
    let line = if line.is_empty() { element.words() } else { line };
    (!line.is_empty()).then_some(line)
}

/// Telephone numbers and mail addresses, without their scheme.
pub(super) fn telecoms(element: Xml<'_>) -> Vec<String> {
    element
        .all("telecom")
        .filter_map(|telecom| telecom.attribute("value"))
        .map(|value| value.split_once(':').map_or(value, |(_, rest)| rest).to_owned())
        .filter(|value| !value.is_empty())
        .collect()
}

/// A person or device in a role and the organisation behind: "DR Charles DAVID, Médecin, Hôpital …".
pub(super) fn line(lang: Lang, role: Xml<'_>) -> String {
    const PEOPLE: [&str; 5] =
        ["assignedPerson", "relatedPerson", "associatedPerson", "informationRecipient", "guardianPerson"];
    const ORGANIZATIONS: [&str; 4] =
        ["representedOrganization", "scopingOrganization", "receivedOrganization", "guardianOrganization"];
    let child = |names: &[&'static str]| names.iter().find_map(|name| role.child(name)?.child("name"));
    let mut parts: Vec<String> = Vec::new();
    parts.extend(child(&PEOPLE).map(|found| name(lang, found)));
    if let Some(device) = role.child("assignedAuthoringDevice") {
        parts.extend(
            ["softwareName", "manufacturerModelName"]
                .into_iter()
                .filter_map(|n| device.child(n))
                .map(Xml::words),
        );
    }
    parts.extend(role.child("code").and_then(Xml::display));
    parts.extend(child(&ORGANIZATIONS).map(Xml::words));
    parts.retain(|part| !part.is_empty());
    parts.dedup();
    parts.join(", ")
}
