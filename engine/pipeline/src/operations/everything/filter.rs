//! What of a record is asked for: period of care, types, changes since, page.

use super::WHOLE_HOME;
use crate::operations::Call;
use socle_fhir::date::{BEGINNING, FOREVER, FhirDate};
use socle_gate::{Glance, Session};
use socle_kernel::{Key, Kind, Problem, ResourceType, limits, resource_type};

/// What is asked for.
pub(super) struct Filter {
    /// Only these types; every type when empty.
    pub types: Vec<ResourceType>,
    /// Resources on a page.
    pub count: usize,
    /// For an encounter: its key and its reference.
    pub encounter: Option<(Key, String)>,
    start: i64,
    end: i64,
    since: Option<i64>,
    page: Option<String>,
}

impl Filter {
    pub(super) fn read(call: &Call) -> Result<Self, Problem> {
        let date = |name: &str| call.text(name).and_then(FhirDate::parse);
        let mut types = Vec::new();
        for name in call.texts("_type") {
            types.push(name.parse().map_err(|_| {
                Problem::new(
                    Kind::Invalid,
                    "Type de ressource inconnu en FHIR R4.",
                    "Unknown resource type in FHIR R4.",
                )
                .at("_type")
                .receiving(name)
            })?);
        }
        let count = match call.number("_count") {
            None => limits::PAGE_MAX,
            Some(count) => usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
                Problem::new(
                    Kind::Invalid,
                    "Un nombre supérieur à zéro est attendu.",
                    "A number above zero is expected.",
                )
                .at("_count")
                .receiving(count.to_string())
            })?,
        };
        Ok(Filter {
            types,
            count: count.min(limits::PAGE_MAX),
            encounter: None,
            start: date("start").map_or(BEGINNING, |date| date.start),
            end: date("end").map_or(FOREVER, |date| date.end),
            since: date("_since").map(|date| date.start),
            page: call.text("_page").map(str::to_owned),
        })
    }

    /// After which resource the page begins; true when after the whole home of that resource.
    pub(super) fn after(&self, session: &Session) -> Result<Option<(Key, bool)>, Problem> {
        let Some(token) = &self.page else { return Ok(None) };
        let (id, is_whole) = match token.strip_suffix(WHOLE_HOME) {
            Some(id) => (id, true),
            None => (token.as_str(), false),
        };
        match session.gate().cipher().open(id) {
            Some(key) => Ok(Some((key, is_whole))),
            None => Err(Problem::new(
                Kind::Invalid,
                "Ce lien de page n'est pas valable ; reprenez depuis le début.",
                "This page link is not valid; start again.",
            )
            .at("_page")),
        }
    }

    /// True for a resource that is asked for.
    pub(super) fn wants(&self, glance: &Glance<'_>) -> bool {
        let resource_type = glance.key.resource_type;
        (self.types.is_empty() || self.types.contains(&resource_type))
            && self.since.is_none_or(|since| glance.last_updated.micros() >= since)
            && self.is_in_period(glance)
            && self.is_of_encounter(glance)
    }

    fn is_in_period(&self, glance: &Glance<'_>) -> bool {
        if self.start == BEGINNING && self.end == FOREVER {
            return true;
        }
        match socle_fhir::care_period(glance.key.resource_type, &glance.sketch) {
            Some((start, end)) => start < self.end && end > self.start,
            None => true,
        }
    }

    fn is_of_encounter(&self, glance: &Glance<'_>) -> bool {
        let Some((key, reference)) = &self.encounter else { return true };
        let is_person = glance.key.resource_type == resource_type::PATIENT;
        is_person || glance.key == *key || refers_to(glance, reference)
    }
}

/// True when any search parameter of the resource holds this reference.
fn refers_to(glance: &Glance<'_>, reference: &str) -> bool {
    socle_fhir::parameters(glance.key.resource_type)
        .iter()
        .filter(|parameter| parameter.kind == socle_fhir::ParamKind::Reference)
        .flat_map(|parameter| glance.sketch.references(parameter.number))
        .any(|known| known.to_string() == reference)
}
