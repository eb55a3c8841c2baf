//! A document of the record as people speak of it: read from a `DocumentReference`, nothing written.

use crate::terms;
use serde_json::Value;
use socle_kernel::Lang;
use socle_ui::dates::FhirDate;
use socle_ui::{Date, Icon};
use unicode_normalization::UnicodeNormalization;

/// The official extension that marks an archived document.
pub const IS_ARCHIVED: &str =
    "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived";

/// A `DocumentReference`, looked at.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a>(pub &'a Value);

impl<'a> Document<'a> {
    /// Title: of its content, else its description, else its type.
    pub fn title(self, lang: Lang) -> String {
        let attachment = self.attachment()["title"].as_str();
        let written = attachment
            .or_else(|| self.0["description"].as_str())
            .map(str::trim)
            .filter(|text| !text.is_empty());
        written.map_or_else(|| self.kind(lang), str::to_owned)
    }

    /// Its first content.
    pub fn attachment(self) -> &'a Value {
        &self.0["content"][0]["attachment"]
    }

    /// Code of its type: the first that the national list knows, else the first.
    pub fn type_code(self) -> &'a str {
        known_first(&self.0["type"], |code| terms::find_type(code).is_some())
    }

    /// Code of its class: as its producer wrote it, else the class of its type.
    pub fn class_code(self) -> &'a str {
        let written = items(&self.0["category"])
            .map(|concept| known_first(concept, |code| terms::find_class(code).is_some()))
            .find(|code| !code.is_empty());
        written.or_else(|| terms::find_type(self.type_code()).map(|known| known.class)).unwrap_or("")
    }

    /// Its type in words.
    pub fn kind(self, lang: Lang) -> String {
        let code = self.type_code();
        if let Some(known) = terms::find_type(code) {
            return known.term.label(lang).to_owned();
        }
        let written = words(&self.0["type"]);
        if written.is_empty() { lang.pick("Document", "Document").to_owned() } else { written }
    }

    /// Pictogram.
    pub fn icon(self) -> Icon {
        terms::icon_of(self.type_code(), self.class_code())
    }

    /// Who wrote it, one line, as the document itself says: display names and contained authors.
    pub fn author(self) -> String {
        let names: Vec<String> = items(&self.0["author"])
            .map(|author| self.name_of(author))
            .filter(|name| !name.is_empty())
            .collect();
        names.join(", ")
    }

    /// Literal references to authors that are named nowhere in the document.
    pub fn nameless_authors(self) -> Vec<&'a str> {
        items(&self.0["author"])
            .filter(|author| self.name_of(author).is_empty())
            .filter_map(|author| author["reference"].as_str().filter(|text| !text.starts_with('#')))
            .collect()
    }

    /// The organisation that keeps it, as the document says.
    pub fn custodian(self) -> String {
        self.name_of(&self.0["custodian"])
    }

    fn name_of(self, reference: &'a Value) -> String {
        if let Some(display) = reference["display"].as_str().filter(|text| !text.trim().is_empty()) {
            return display.trim().to_owned();
        }
        self.contained(reference).map(|resource| self.name_of_resource(resource)).unwrap_or_default()
    }

    fn contained(self, reference: &'a Value) -> Option<&'a Value> {
        let id = reference["reference"].as_str()?.strip_prefix('#')?;
        items(&self.0["contained"]).find(|resource| resource["id"] == id)
    }

    fn name_of_resource(self, resource: &'a Value) -> String {
        match resource["resourceType"].as_str() {
            Some("PractitionerRole") => {
                let name = |part: &'a Value| {
                    part["display"]
                        .as_str()
                        .map(str::to_owned)
                        .or_else(|| self.contained(part).map(name_of_resource))
                };
                let parts = [name(&resource["practitioner"]), name(&resource["organization"])];
                parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
            }
            _ => name_of_resource(resource),
        }
    }

    /// When the care happened, else when the document was written, no more precisely than it says.
    pub fn when(self) -> Option<FhirDate> {
        let care = self.0["context"]["period"]["start"].as_str();
        let written = self.attachment()["creation"].as_str().or_else(|| self.0["date"].as_str());
        care.and_then(FhirDate::parse).or_else(|| written.and_then(FhirDate::parse))
    }

    /// The day of [`Document::when`].
    pub fn day(self) -> Option<Date> {
        self.when().map(|when| when.date)
    }

    /// Codes of its access labels.
    pub fn labels(self) -> Vec<&'a str> {
        items(&self.0["securityLabel"])
            .flat_map(|concept| items(&concept["coding"]))
            .filter_map(|coding| coding["code"].as_str())
            .collect()
    }

    /// True when the person hid it from professionals.
    pub fn is_masked(self) -> bool {
        self.labels().contains(&terms::MASKED)
    }

    /// FHIR status.
    pub fn status(self) -> &'a str {
        self.0["status"].as_str().unwrap_or("")
    }

    /// `system|value` of its unique id.
    pub fn unique_id(self) -> Option<(&'a str, &'a str)> {
        let identifier = &self.0["masterIdentifier"];
        Some((identifier["system"].as_str().unwrap_or(""), identifier["value"].as_str()?))
    }

    /// References to the documents it replaces.
    pub fn replaces(self) -> Vec<&'a str> {
        items(&self.0["relatesTo"])
            .filter(|relation| relation["code"] == "replaces")
            .filter_map(|relation| relation["target"]["reference"].as_str())
            .collect()
    }

    /// Id of the `Binary` that holds its content, when it is kept here.
    pub fn content_id(self) -> Option<&'a str> {
        let url = self.attachment()["url"].as_str()?;
        let (_, id) = url.rsplit_once("Binary/")?;
        id.split('/').next().filter(|id| !id.is_empty())
    }

    /// Media type of its content, without parameters, in lower case.
    pub fn media_type(self) -> String {
        bare_media_type(self.attachment()["contentType"].as_str().unwrap_or(""))
    }

    /// Size of its content as declared.
    pub fn size(self) -> Option<u64> {
        number(&self.attachment()["size"])
    }

    /// Format and size in few words: `PDF, 120 Ko`.
    pub fn detail(self, lang: Lang) -> String {
        let format = format_words(lang, &self.media_type());
        let size = self.size().map(|bytes| socle_ui::dates::size(lang, bytes));
        [format, size].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// True when the title, the type's words, the author or the custodian hold every word that is looked for, whatever
    /// the accents and the case.
    pub fn is_about(self, lang: Lang, wanted: &str) -> bool {
        let year = self.day().map(|day| day.year().to_string()).unwrap_or_default();
        let text = plain(&format!(
            "{} {} {} {} {year}",
            self.title(lang),
            self.kind(lang),
            self.author(),
            self.custodian()
        ));
        plain(wanted).split_whitespace().all(|word| text.contains(word))
    }
}

/// The name of a person, organisation or device resource.
pub fn name_of_resource(resource: &Value) -> String {
    let name = &resource["name"];
    if let Some(text) = name.as_str() {
        return text.to_owned();
    }
    let name = &name[0];
    if resource["resourceType"] == "Device" {
        return resource["deviceName"][0]["name"].as_str().unwrap_or("").to_owned();
    }
    if let Some(text) = name["text"].as_str() {
        return text.to_owned();
    }
    let prefix = items(&name["prefix"]).chain(items(&name["suffix"])).filter_map(Value::as_str);
    let title = prefix.map(str::to_uppercase).find(|text| text == "DR" || text == "PR");
    let title = title.map(|text| if text == "DR" { "Dr" } else { "Pr" });
    let given = name["given"][0].as_str();
    let family = name["family"].as_str();
    [title, given, family].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The words of a concept: its text, else the display of its first coding, else its code.
pub fn words(concept: &Value) -> String {
    let text = concept["text"].as_str();
    let display = || items(&concept["coding"]).find_map(|coding| coding["display"].as_str());
    let code = || items(&concept["coding"]).find_map(|coding| coding["code"].as_str());
    text.or_else(display).or_else(code).unwrap_or("").to_owned()
}

/// Items of a JSON array; nothing for anything else.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A whole number, however JSON wrote it.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// A media type without its parameters, in lower case.
pub fn bare_media_type(text: &str) -> String {
    text.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Text without accents, in lower case, with blanks instead of marks: for searching.
pub fn plain(text: &str) -> String {
    let letters = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect()
}

fn format_words(lang: Lang, media_type: &str) -> Option<String> {
    let known = match media_type {
        "" => return None,
        "application/pdf" => "PDF",
        "image/jpeg" | "image/png" | "image/gif" => lang.pick("Image", "Image"),
        "text/plain" => lang.pick("Texte", "Text"),
        "text/xml" | "application/xml" | "application/hl7-cda+xml" | "application/hl7-sda+xml" => {
            lang.pick("Document structuré", "Structured document")
        }
        _ => lang.pick("Fichier", "File"),
    };
    Some(known.to_owned())
}

fn known_first(concept: &Value, is_known: impl Fn(&str) -> bool) -> &str {
    let codes = || items(&concept["coding"]).filter_map(|coding| coding["code"].as_str());
    codes().find(|code| is_known(code)).or_else(|| codes().next()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn official() -> Value {
        serde_json::from_str(include_str!(
            "../testdata/pdsm/DocumentReference-exemple-pdsm-documentreference.json"
        ))
        .unwrap()
    }

    #[test]
    fn reads_the_official_example() {
        let resource = official();
        let document = Document(&resource);
        assert_eq!(document.title(Lang::Fr), "CR Hospitalisation");
        assert_eq!((document.type_code(), document.class_code()), ("34133-9", "10"));
        assert_eq!(document.kind(Lang::En), "Summary of an episode of care");
        assert_eq!(document.content_id(), Some("6789"));
        assert_eq!(document.detail(Lang::Fr), "PDF, 345 Ko");
        assert_eq!(document.day(), Some("2025-04-20".parse().unwrap()));
        assert_eq!(document.nameless_authors(), ["PractitionerRole/practitionerrole-example"]);
        assert!(!document.is_masked());
    }

    #[test]
    fn names_contained_authors() {
        let mut resource = official();
        resource["author"][0]["reference"] = "#practitioner-example".into();
        assert_eq!(Document(&resource).author(), "Leclerc Sophie");
        resource["contained"][0]["name"][0]["text"].take();
        assert_eq!(Document(&resource).author(), "Dr Sophie Leclerc");
    }

    #[test]
    fn finds_words_whatever_the_accents() {
        let mut resource = official();
        resource["content"][0]["attachment"]["title"] = "Compte rendu d’échographie du genou".into();
        let document = Document(&resource);
        assert!(document.is_about(Lang::Fr, "ECHO genou 2025"));
        assert!(document.is_about(Lang::Fr, "épisode"));
        assert!(!document.is_about(Lang::Fr, "hanche"));
        assert!(document.is_about(Lang::Fr, ""));
    }
}
