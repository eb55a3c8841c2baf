//! Requests to begin with: one click fills the form.

use super::Asked;
use socle_kernel::Lang;
use socle_ui::{Markup, html, parts};

/// A request with what it shows.
pub(super) struct Example {
    /// Its name in the address of the page.
    pub code: &'static str,
    /// What it shows, in French and English.
    words: (&'static str, &'static str),
    method: &'static str,
    address: &'static str,
    body: &'static str,
}

impl Example {
    /// The filled form.
    pub(super) fn asked(&self) -> Asked {
        Asked {
            method: self.method.into(),
            address: self.address.into(),
            body: self.body.into(),
            ..Asked::default()
        }
    }
}

const EXAMPLES: [Example; 9] = [
    Example {
        code: "capacites",
        words: ("Ce que le serveur offre", "What the server offers"),
        method: "GET",
        address: "metadata",
        body: "",
    },
    Example {
        code: "annuaire",
        words: ("Des professionnels et leur situation", "Professionals and their situation"),
        method: "GET",
        address: "PractitionerRole?_count=3&_include=PractitionerRole:practitioner",
        body: "",
    },
    Example {
        code: "documents",
        words: (
            "Les documents d'une personne, les plus récents d'abord",
            "A person's documents, newest first",
        ),
        method: "GET",
        address: "DocumentReference?patient=Patient/ID&_sort=-date&_count=5",
        body: "",
    },
    Example {
        code: "filtre",
        words: ("Une recherche avec _filter", "A search with _filter"),
        method: "GET",
        address: "Organization?_filter=name co \"centre\" and active eq true&_count=3",
        body: "",
    },
    Example {
        code: "erreur",
        words: (
            "Un paramètre inconnu : l'erreur dit lesquels existent",
            "An unknown parameter: the error says which exist",
        ),
        method: "GET",
        address: "Patient?couleur=bleu",
        body: "",
    },
    Example {
        code: "valeurs",
        words: ("Les codes d'un jeu de valeurs", "The codes of a value set"),
        method: "GET",
        address: "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/observation-status",
        body: "",
    },
    Example {
        code: "valider",
        words: ("Valider une ressource sans l'enregistrer", "Validate a resource without storing it"),
        method: "POST",
        address: "Observation/$validate",
        body: "{\n  \"resourceType\": \"Observation\",\n  \"status\": \"fini\",\n  \"code\": { \"text\": \"Poids\" },\n  \"valueQuantity\": { \"value\": 71, \"unit\": \"kg\" }\n}",
    },
    Example {
        code: "fhirpath",
        words: ("Évaluer une expression FHIRPath", "Evaluate a FHIRPath expression"),
        method: "POST",
        address: "$fhirpath",
        body: "{\n  \"resourceType\": \"Parameters\",\n  \"parameter\": [\n    { \"name\": \"expression\", \"valueString\": \"name.given.first() & ' ' & name.family.upper()\" },\n    { \"name\": \"resource\", \"resource\": { \"resourceType\": \"Patient\", \"name\": [{ \"family\": \"Morvan\", \"given\": [\"Claire\"] }] } }\n  ]\n}",
    },
    Example {
        code: "lot",
        words: ("Deux lectures en une requête (batch)", "Two reads in one request (batch)"),
        method: "POST",
        address: "",
        body: "{\n  \"resourceType\": \"Bundle\",\n  \"type\": \"batch\",\n  \"entry\": [\n    { \"request\": { \"method\": \"GET\", \"url\": \"Organization?_count=1\" } },\n    { \"request\": { \"method\": \"GET\", \"url\": \"Location?_count=1\" } }\n  ]\n}",
    },
];

/// The example of this code.
pub(super) fn find(code: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.code == code)
}

/// Links to all of them.
pub(super) fn list(lang: Lang, address: &str) -> Markup {
    parts::section(
        lang.pick("Pour commencer", "To begin with"),
        html! {
            ul {
                @for example in &EXAMPLES {
                    li { a href={ (address) "?exemple=" (example.code) } { (lang.pick(example.words.0, example.words.1)) } }
                }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_can_be_found_and_its_body_is_json() {
        for example in &EXAMPLES {
            assert!(find(example.code).is_some_and(|found| found.address == example.address));
            if !example.body.is_empty() {
                serde_json::from_str::<serde_json::Value>(example.body).expect(example.code);
            }
        }
    }
}
