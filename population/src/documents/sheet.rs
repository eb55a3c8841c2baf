//! What a document says, before it is a PDF, a text or a CDA.

/// Where a document was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the place.
    pub name: String,
    /// Number and street.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Commune.
    pub city: String,
    /// Telephone.
    pub phone: String,
    /// FINESS number.
    pub finess: String,
    /// Practice setting code and label (TRE_A01).
    pub setting: (String, String),
    /// Sector of activity code and label (TRE_R02).
    pub sector: (String, String),
}

/// Whom a document is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Birth family name.
    pub family: String,
    /// Name used in life, when it differs.
    pub used_family: Option<String>,
    /// First names of the birth record.
    pub given: Vec<String>,
    /// True for a woman.
    pub is_female: bool,
    /// Date of birth as `20260301`.
    pub birth_compact: String,
    /// Date of birth as `01/03/2026`.
    pub birth_french: String,
    /// INSEE code and name of the place of birth.
    pub birth_place: (String, String),
    /// Matricule INS, 15 characters.
    pub ins: String,
    /// OID of the matricule.
    pub ins_oid: String,
    /// Number and street.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Commune.
    pub city: String,
}

/// Who wrote a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// Family name.
    pub family: String,
    /// First name.
    pub given: String,
    /// As on a letter: `Dr Anne MARTIN`.
    pub spoken: String,
    /// What they are: `Médecine générale`.
    pub profession: String,
    /// Profession code, with the know-how after a slash when there is one: `G15_10/SM54`.
    pub profession_code: String,
    /// National identifier: `8` + RPPS.
    pub id_nat_ps: String,
    /// `M` or `MME`.
    pub civility: String,
    /// `DR` or empty.
    pub title: String,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Column titles.
    pub head: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
}

/// A titled part of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Title.
    pub title: String,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
    /// A table, after the paragraphs.
    pub table: Option<Table>,
}

/// A document's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Title.
    pub title: String,
    /// Where it was made.
    pub place: Place,
    /// Whom it is about.
    pub patient: Traits,
    /// Who wrote it.
    pub author: Author,
    /// Date as `01/03/2026`.
    pub date: String,
    /// What it says.
    pub sections: Vec<Section>,
}

impl Traits {
    /// Family name and first name as a reader expects them.
    pub fn spoken(&self) -> String {
        let family = self.used_family.as_ref().unwrap_or(&self.family);
        let given = self.given.first().map_or("", String::as_str);
        format!("{} {given}", family.to_uppercase())
    }

    /// The mandatory traits on one line.
    pub fn line(&self) -> String {
        let born = if self.is_female { "née" } else { "né" };
        format!(
            "Nom de naissance : {} · Prénoms : {} · {born} le {} à {} ({})",
            self.family.to_uppercase(),
            self.given.join(" "),
            self.birth_french,
            self.birth_place.1,
            self.birth_place.0
        )
    }
}

impl Section {
    /// A part made of paragraphs.
    pub fn text(title: &str, paragraphs: impl IntoIterator<Item = String>) -> Section {
        Section { title: title.to_owned(), paragraphs: paragraphs.into_iter().collect(), table: None }
    }

    /// A part made of a table.
    pub fn table(title: &str, head: &[&str], rows: Vec<Vec<String>>) -> Section {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Section { title: title.to_owned(), paragraphs: Vec::new(), table: Some(Table { head, rows }) }
    }
}

/// A small sheet for tests and samples.
#[cfg(test)]
pub(crate) fn sample() -> Sheet {
    Sheet {
        title: "Compte rendu d'examens biologiques".into(),
        place: Place {
            name: "Laboratoire de l'Océan".into(),
            street: "3 rue des Ajoncs".into(),
            postal_code: "35000".into(),
            city: "Rennes".into(),
            phone: "02 61 91 00 01".into(),
            finess: "359900012".into(),
            setting: ("AMBULATOIRE".into(), "Ambulatoire".into()),
            sector: ("SA25".into(), "Laboratoire de biologie médicale".into()),
        },
        patient: Traits {
            family: "Tanguy".into(),
            used_family: Some("Perrin & Fils <b>".into()),
            given: vec!["Élise".into(), "Anne".into()],
            is_female: true,
            birth_compact: "19420301".into(),
            birth_french: "01/03/1942".into(),
            birth_place: ("35238".into(), "Rennes".into()),
            ins: "242033523800103".into(),
            ins_oid: crate::systems::INS_TEST_OID.into(),
            street: "1 rue du Port".into(),
            postal_code: "35000".into(),
            city: "Rennes".into(),
        },
        author: Author {
            family: "Martin".into(),
            given: "Anne".into(),
            spoken: "Dr Anne MARTIN".into(),
            profession: "Biologie médicale".into(),
            profession_code: "G15_10/SM03".into(),
            id_nat_ps: "810999000001".into(),
            civility: "MME".into(),
            title: "DR".into(),
        },
        date: "02/03/2026".into(),
        sections: vec![
            Section::table(
                "Biochimie",
                &["Examen", "Résultat", "Unité"],
                vec![vec!["Hémoglobine A1c".into(), "7,1".into(), "%".into()]],
            ),
            Section::text("Conclusion", ["Équilibre « à surveiller » : l'œdème a régressé…".into()]),
        ],
    }
}
