//! The *matrice d'habilitation*: which profession may read which kind of document and of structured data. Dated data,
//! default deny; see `data/access/README.md`.

use serde::Deserialize;
use socle_kernel::{Profession, ResourceType};
use std::collections::{HashMap, HashSet};

const SHIPPED: &str = include_str!("../../../data/access/matrix.toml");

/// A profession's rights.
#[derive(Clone, Debug, Default)]
struct Rights {
    documents: Set,
    data: Set,
    writes: Set,
}

/// A set of codes written either as a list or as everything but a list.
#[derive(Clone, Debug, Default)]
enum Set {
    #[default]
    None,
    Only(HashSet<String>),
    AllBut(HashSet<String>),
}

impl Set {
    fn holds(&self, code: &str) -> bool {
        match self {
            Set::None => false,
            Set::Only(codes) => codes.contains(code),
            Set::AllBut(codes) => !codes.contains(code),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    in_force_on: String,
    source: String,
    open_types: Vec<String>,
    profile: HashMap<String, ProfileText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileText {
    professions: Vec<String>,
    documents: Vec<String>,
    data: Vec<String>,
    writes: Vec<String>,
}

/// The matrix in force.
#[derive(Debug)]
pub struct Matrix {
    /// Version of the data.
    pub version: String,
    /// Day from which it holds.
    pub in_force_on: String,
    /// Where it comes from.
    pub source: String,
    by_profession: HashMap<String, Rights>,
    open_types: HashSet<String>,
}

impl Matrix {
    /// The matrix that ships with the program.
    pub fn shipped() -> Self {
        Matrix::parse(SHIPPED).expect("the shipped matrix is checked by a test")
    }

    /// Reads a matrix; the error names line and field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut by_profession = HashMap::new();
        for (name, profile) in file.profile {
            let rights = Rights {
                documents: set(&profile.documents).map_err(|error| format!("{name}.documents: {error}"))?,
                data: set(&profile.data).map_err(|error| format!("{name}.data: {error}"))?,
                writes: set(&profile.writes).map_err(|error| format!("{name}.writes: {error}"))?,
            };
            for code in profile.professions {
                if by_profession.insert(code.clone(), rights.clone()).is_some() {
                    return Err(format!("{name}: profession {code} is in two profiles"));
                }
            }
        }
        Ok(Matrix {
            version: file.version,
            in_force_on: file.in_force_on,
            source: file.source,
            by_profession,
            open_types: file.open_types.into_iter().collect(),
        })
    }

    /// May this profession read a document with these type codes (LOINC or TRE_A05; a type often carries both)? With a
    /// list of allowed codes one of them is enough; with a list of exceptions none of them may be on it.
    pub fn may_read_document(&self, profession: &Profession, codes: &[&str]) -> bool {
        self.by_profession.get(&profession.0).is_some_and(|rights| match &rights.documents {
            Set::None => false,
            Set::Only(allowed) => codes.iter().any(|code| allowed.contains(*code)),
            Set::AllBut(denied) => !codes.iter().any(|code| denied.contains(*code)),
        })
    }

    /// May this profession read structured data of this type?
    pub fn may_read_data(&self, profession: &Profession, resource_type: ResourceType) -> bool {
        self.by_profession.get(&profession.0).is_some_and(|rights| rights.data.holds(resource_type.name()))
    }

    /// May this profession write resources of this type to a person's record?
    pub fn may_write(&self, profession: &Profession, resource_type: ResourceType) -> bool {
        self.by_profession.get(&profession.0).is_some_and(|rights| rights.writes.holds(resource_type.name()))
    }

    /// Directory and reference types that every signed-in caller may read where they belong to nobody's record.
    pub fn is_open(&self, resource_type: ResourceType) -> bool {
        self.open_types.contains(resource_type.name())
    }
}

/// `["*"]` everything, `["*", "-X"]` everything but X, `["A", "B"]` only these, `[]` nothing.
fn set(codes: &[String]) -> Result<Set, String> {
    if codes.is_empty() {
        return Ok(Set::None);
    }
    if codes[0] == "*" {
        let mut but = HashSet::new();
        for code in &codes[1..] {
            let code = code
                .strip_prefix('-')
                .ok_or_else(|| format!("after \"*\" only \"-code\" is allowed, not {code:?}"))?;
            but.insert(code.to_owned());
        }
        return Ok(Set::AllBut(but));
    }
    if let Some(code) = codes.iter().find(|code| code.starts_with('-') || *code == "*") {
        return Err(format!("{code:?} is only allowed after a first \"*\""));
    }
    Ok(Set::Only(codes.iter().cloned().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::resource_type;

    fn profession(code: &str) -> Profession {
        Profession(code.into())
    }

    #[test]
    fn the_known_facts_hold() {
        let matrix = Matrix::shipped();
        // Physicians: all types but the certificate of residence.
        assert!(matrix.may_read_document(&profession("10"), &["11488-4"]));
        assert!(!matrix.may_read_document(&profession("10"), &["ATTEST_RESID"]));
        // Dentists: no psychological assessment, no tele-medicine request, no psychiatric synthesis.
        assert!(matrix.may_read_document(&profession("40"), &["57833-6"]));
        for code in ["CR_PSY", "TELEMED_DEM", "SYNTH_PSY", "PROJ_EHPAD", "SORTIE_SOCIAL"] {
            assert!(!matrix.may_read_document(&profession("40"), &[code]), "{code}");
        }
        // Social professionals: much narrower.
        assert!(!matrix.may_read_document(&profession("SOCIAL"), &["11502-2"]));
    }

    #[test]
    fn an_unknown_profession_reads_nothing() {
        let matrix = Matrix::shipped();
        assert!(!matrix.may_read_document(&profession("999"), &["11488-4"]));
        assert!(!matrix.may_read_data(&profession("999"), resource_type::OBSERVATION));
        assert!(!matrix.may_write(&profession("999"), resource_type::DOCUMENT_REFERENCE));
    }

    #[test]
    fn a_malformed_matrix_is_refused_with_the_place() {
        let text = SHIPPED.replacen("documents = [\"*\"", "documents = [\"A\", \"*\"", 1);
        let error = Matrix::parse(&text).expect_err("refused");
        assert!(error.contains("documents"), "{error}");
    }
}
