//! The codes of documents in words: types, classes, places, settings, labels. Dated data of `data/record`.

use socle_kernel::Lang;
use socle_ui::Icon;
use std::sync::LazyLock;

/// Code system of document classes (TRE_A03).
pub const CLASS_SYSTEM: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument";
/// Code system of document formats (TRE_A11).
pub const FORMAT_SYSTEM: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode";
/// Code of "hidden from professionals".
pub const MASKED: &str = "MASQUE_PS";
/// Code of "not visible to the patient".
pub const INVISIBLE_TO_PATIENT: &str = "INVISIBLE_PATIENT";
/// Code of "not visible to the legal representatives".
pub const INVISIBLE_TO_REPRESENTATIVES: &str = "INVISIBLE_REPRESENTANTS_LEGAUX";
/// Type of the vaccination history, which is looked for without a limit of age.
pub const VACCINATION_HISTORY: &str = "11369-6";

/// A code with its words.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Code.
    pub code: &'static str,
    /// Code system.
    pub system: &'static str,
    fr: &'static str,
    en: &'static str,
}

impl Term {
    /// The words in the reader's language.
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.pick_static(self.fr, self.en)
    }
}

/// A document type (JDV_J07).
#[derive(Clone, Copy, Debug)]
pub struct DocumentType {
    /// Its code and words.
    pub term: Term,
    /// Code of the class it belongs to.
    pub class: &'static str,
    /// True for the types that are offered first.
    pub is_often_used: bool,
}

/// A document class (TRE_A03).
#[derive(Clone, Copy, Debug)]
pub struct DocumentClass {
    /// Its code and words.
    pub term: Term,
    /// Pictogram.
    pub icon: Icon,
    plain_fr: &'static str,
    plain_en: &'static str,
}

impl DocumentClass {
    /// What such a document is, in plain words.
    pub fn plain(&self, lang: Lang) -> &'static str {
        lang.pick_static(self.plain_fr, self.plain_en)
    }
}

static TYPES: LazyLock<Vec<DocumentType>> = LazyLock::new(|| {
    rows(include_str!("../../../data/record/types.tsv"), |[code, system, class, often, fr, en]| {
        DocumentType { term: Term { code, system, fr, en }, class, is_often_used: often == "1" }
    })
});

static CLASSES: LazyLock<Vec<DocumentClass>> = LazyLock::new(|| {
    rows(include_str!("../../../data/record/classes.tsv"), |[code, icon, fr, en, plain_fr, plain_en]| {
        DocumentClass {
            term: Term { code, system: CLASS_SYSTEM, fr, en },
            icon: icon_named(icon),
            plain_fr,
            plain_en,
        }
    })
});

static FACILITIES: LazyLock<Vec<Term>> =
    LazyLock::new(|| rows(include_str!("../../../data/record/facilities.tsv"), term));
static SETTINGS: LazyLock<Vec<Term>> =
    LazyLock::new(|| rows(include_str!("../../../data/record/settings.tsv"), term));
static LABELS: LazyLock<Vec<Term>> =
    LazyLock::new(|| rows(include_str!("../../../data/record/confidentiality.tsv"), term));

fn term([code, system, fr, en]: [&'static str; 4]) -> Term {
    Term { code, system, fr, en }
}

/// The rows of a table: comments and blank lines left out, exactly `N` columns.
fn rows<T, const N: usize>(table: &'static str, make: impl Fn([&'static str; N]) -> T) -> Vec<T> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            make(
                columns
                    .try_into()
                    .expect("every row of a shipped table has its columns; a test reads them all"),
            )
        })
        .collect()
}

fn icon_named(name: &str) -> Icon {
    match name {
        "Heart" => Icon::Heart,
        "Imaging" => Icon::Imaging,
        "Prescription" => Icon::Prescription,
        "Calendar" => Icon::Calendar,
        "Chart" => Icon::Chart,
        "Person" => Icon::Person,
        "Letter" => Icon::Letter,
        "Code" => Icon::Code,
        _ => Icon::Document,
    }
}

/// Every document type.
pub fn types() -> &'static [DocumentType] {
    &TYPES
}

/// A document type by its code, whatever system it came with.
pub fn find_type(code: &str) -> Option<&'static DocumentType> {
    TYPES.iter().find(|known| known.term.code == code)
}

/// Every document class.
pub fn classes() -> &'static [DocumentClass] {
    &CLASSES
}

/// A document class by its code.
pub fn find_class(code: &str) -> Option<&'static DocumentClass> {
    CLASSES.iter().find(|known| known.term.code == code)
}

/// Kinds of places of care (JDV_J02).
pub fn facilities() -> &'static [Term] {
    &FACILITIES
}

/// Practice settings (JDV_J04).
pub fn settings() -> &'static [Term] {
    &SETTINGS
}

/// Access labels (JDV_J08).
pub fn labels() -> &'static [Term] {
    &LABELS
}

/// A term of a table by its code.
pub fn find_term(table: &'static [Term], code: &str) -> Option<&'static Term> {
    table.iter().find(|known| known.code == code)
}

/// The pictogram of a type: finer than its class where people look for it.
pub fn icon_of(type_code: &str, class: &str) -> Icon {
    match type_code {
        "11502-2" | "60568-3" | "51969-4" | "DOCPAT05" | "PRESC-BIO" => Icon::Laboratory,
        VACCINATION_HISTORY | "87273-9" | "96874-3" => Icon::Vaccine,
        "11490-0" | "96349-6" | "18761-7" => Icon::Letter,
        "34112-3" | "15507-7" | "34133-9" => Icon::Hospital,
        _ => find_class(class).map_or(Icon::Document, |class| class.icon),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_every_document_type_of_the_national_list_in_both_languages() {
        let codes: HashSet<&str> = types().iter().map(|known| known.term.code).collect();
        assert_eq!((types().len(), codes.len()), (114, 114));
        for known in types() {
            assert!(
                known.term.label(Lang::Fr).len() > 3 && known.term.label(Lang::En).len() > 3,
                "{known:?}"
            );
            assert!(find_class(known.class).is_some(), "{} has no class", known.term.code);
        }
        assert_eq!(types().iter().filter(|known| known.is_often_used).count(), 20);
    }

    #[test]
    fn names_classes_places_settings_and_labels() {
        assert_eq!((classes().len(), facilities().len(), settings().len(), labels().len()), (12, 69, 12, 6));
        assert!(classes().iter().all(|class| class.plain(Lang::Fr) != class.plain(Lang::En)));
        assert_eq!(
            find_term(facilities(), "SA07").map(|term| term.label(Lang::Fr)),
            Some("Cabinet individuel")
        );
        let system = "https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument";
        assert_eq!(find_term(labels(), MASKED).map(|term| term.system), Some(system));
    }
}
