//! What documents say: sheets filled from the chart.

use super::chart::{Chart, Finding, Visit};
use super::measures::french;
use crate::calendar::Day;
use crate::documents::cda::{Entry, StructuredSection};
use crate::documents::sheet::{Author, Place, Section, Sheet, Traits};
use crate::names::Sex;
use crate::systems::INS_TEST_OID;

/// A sheet with everything but its sections.
pub(super) fn sheet(chart: &Chart<'_>, title: &str, author: usize, site: usize, day: Day) -> Sheet {
    Sheet {
        title: title.to_owned(),
        place: place(chart, site),
        patient: traits(chart),
        author: signature(chart, author),
        date: day.french(),
        sections: Vec::new(),
    }
}

fn place(chart: &Chart<'_>, site: usize) -> Place {
    let network = &chart.region.network;
    let site = &network.sites[site];
    let kind = &network.places[site.kind];
    let commune = &chart.region.geography.communes[site.commune];
    let pair = |(code, label): (&str, &str)| (code.to_owned(), label.to_owned());
    Place {
        name: site.name.clone(),
        street: site.street.clone(),
        postal_code: commune.postal_code.clone(),
        city: commune.name.clone(),
        phone: site.phone.clone(),
        finess: site.finess.clone(),
        setting: pair(kind.setting),
        sector: pair(kind.sector),
    }
}

fn traits(chart: &Chart<'_>) -> Traits {
    let who = chart.who;
    let birth_place = &chart.region.geography.birth_places[usize::from(who.member.place)];
    let (street, commune) = &who.homes[0];
    let commune = &chart.region.geography.communes[*commune];
    Traits {
        family: who.family.clone(),
        used_family: who.used_family.clone(),
        given: who.given.iter().map(|given| (*given).to_owned()).collect(),
        is_female: who.sex() == Sex::Female,
        birth_compact: who.birth().compact(),
        birth_french: who.birth().french(),
        birth_place: (birth_place.code.clone(), birth_place.name.clone()),
        ins: who.ins.clone(),
        ins_oid: INS_TEST_OID.to_owned(),
        street: street.clone(),
        postal_code: commune.postal_code.clone(),
        city: commune.name.clone(),
    }
}

fn signature(chart: &Chart<'_>, author: usize) -> Author {
    let network = &chart.region.network;
    let person = &network.professionals[author];
    let profession = network.profession(author);
    let code = match profession.specialty {
        Some((know_how, _)) => format!("G15_{}/{know_how}", profession.code),
        None => format!("G15_{}", profession.code),
    };
    Author {
        family: person.family.clone(),
        given: person.given.clone(),
        spoken: network.spoken_name(author),
        profession: profession.spoken().to_owned(),
        profession_code: code,
        id_nat_ps: format!("8{}", person.number),
        civility: person.sex.pick("M", "MME").to_owned(),
        title: profession.title.to_owned(),
    }
}

/// Sections of a consultation.
pub(super) fn consultation(chart: &Chart<'_>, visit: &Visit) -> Vec<Section> {
    let mut sections = vec![
        Section::text("Motif", [format!("{}.", visit.reason)]),
        Section::text("Examen", visit.measured.clone()),
    ];
    let history = history_lines(chart, visit.day);
    if !history.is_empty() {
        sections.push(Section::text("Antécédents", history));
    }
    let treatments: Vec<String> = chart
        .facts
        .medicines
        .iter()
        .filter(|(_, since)| *since <= visit.day)
        .map(|(medicine, _)| format!("{} : {}", medicine.name, medicine.posology))
        .collect();
    if !treatments.is_empty() {
        sections.push(Section::text("Traitements", treatments));
    }
    sections.push(Section::text("Conclusion", [conclusion(chart)]));
    sections
}

fn conclusion(chart: &Chart<'_>) -> String {
    if chart.facts.illnesses.is_empty() {
        "Examen rassurant. Conseils donnés ; revoir si les symptômes persistent.".to_owned()
    } else {
        "État stable. Poursuite du traitement ; prochaine consultation dans trois mois.".to_owned()
    }
}

fn history_lines(chart: &Chart<'_>, until: Day) -> Vec<String> {
    chart
        .facts
        .illnesses
        .iter()
        .filter(|(_, since)| *since <= until)
        .map(|(illness, since)| format!("{} (depuis {})", illness.label, since.year()))
        .collect()
}

/// Sections of a prescription.
pub(super) fn prescription(chart: &Chart<'_>) -> Vec<Section> {
    let rows = chart
        .facts
        .medicines
        .iter()
        .map(|(medicine, _)| {
            vec![medicine.name.to_owned(), medicine.posology.to_owned(), "3 mois".to_owned()]
        })
        .collect();
    vec![
        Section::table(
            "Médicaments prescrits en dénomination commune",
            &["Médicament", "Posologie", "Durée"],
            rows,
        ),
        Section::text("À renouveler", ["Ordonnance à renouveler deux fois.".to_owned()]),
    ]
}

/// Sections of a report written in sentences.
pub(super) fn told(parts: &[(&str, &str)]) -> Vec<Section> {
    parts.iter().map(|(title, words)| Section::text(title, [(*words).to_owned()])).collect()
}

/// The structured section of results of laboratory, and its narrative.
pub(super) fn results(findings: &[Finding<'_>]) -> StructuredSection {
    let rows = findings
        .iter()
        .map(|finding| {
            let test = finding.test;
            vec![
                test.label.to_owned(),
                format!("{} {}", french(finding.value, test.decimals), test.unit),
                format!("{} à {}", french(test.low, test.decimals), french(test.high, test.decimals)),
                finding.day.french(),
            ]
        })
        .collect();
    let entries = findings
        .iter()
        .map(|finding| {
            let test = finding.test;
            let decimals = test.decimals;
            Entry::Result {
                loinc: test.loinc.to_owned(),
                label: test.label.to_owned(),
                value: format!("{:.decimals$}", finding.value),
                ucum: test.ucum.to_owned(),
                range: Some((format!("{:.decimals$}", test.low), format!("{:.decimals$}", test.high))),
                at: finding.day.compact(),
            }
        })
        .collect();
    StructuredSection {
        code: ("18719-5".to_owned(), "Biochimie".to_owned()),
        templates: vec!["1.3.6.1.4.1.19376.1.3.3.2.1".to_owned()],
        narrative: Section::table("Résultats", &["Examen", "Résultat", "Valeurs usuelles", "Date"], rows),
        entries,
    }
}

/// The structured section of vaccinations.
pub(super) fn vaccinations(chart: &Chart<'_>) -> StructuredSection {
    let vaccines = &chart.facts.vaccines;
    let rows = vaccines
        .iter()
        .map(|(_, label, day, lot)| vec![(*label).to_owned(), day.french(), lot.clone()])
        .collect();
    let entries = vaccines
        .iter()
        .map(|(atc, label, day, lot)| Entry::Vaccine {
            atc: (*atc).to_owned(),
            label: (*label).to_owned(),
            at: day.compact(),
            lot: lot.clone(),
        })
        .collect();
    StructuredSection {
        code: ("11369-6".to_owned(), "Historique des vaccinations".to_owned()),
        templates: vec![
            "2.16.840.1.113883.10.20.1.6".to_owned(),
            "1.3.6.1.4.1.19376.1.5.3.1.3.23".to_owned(),
            "1.2.250.1.213.1.1.2.147".to_owned(),
        ],
        narrative: Section::table("Vaccinations", &["Vaccin", "Date", "Lot"], rows),
        entries,
    }
}

/// The structured sections of a medical summary: illnesses and treatments.
pub(super) fn summary(chart: &Chart<'_>) -> Vec<StructuredSection> {
    let illnesses = &chart.facts.illnesses;
    let medicines = &chart.facts.medicines;
    let problems = StructuredSection {
        code: ("11450-4".to_owned(), "Problèmes actifs".to_owned()),
        templates: vec!["1.3.6.1.4.1.19376.1.5.3.1.3.6".to_owned()],
        narrative: Section::table(
            "Problèmes",
            &["Problème", "Code CIM-10", "Depuis"],
            illnesses
                .iter()
                .map(|(illness, since)| {
                    vec![illness.label.to_owned(), illness.code.to_owned(), since.french()]
                })
                .collect(),
        ),
        entries: illnesses
            .iter()
            .map(|(illness, since)| Entry::Problem {
                code: illness.code.to_owned(),
                label: illness.label.to_owned(),
                since: since.compact(),
                is_active: illness.is_chronic,
            })
            .collect(),
    };
    let treatments = StructuredSection {
        code: ("10160-0".to_owned(), "Traitements".to_owned()),
        templates: vec!["1.3.6.1.4.1.19376.1.5.3.1.3.19".to_owned()],
        narrative: Section::table(
            "Traitements au long cours",
            &["Médicament", "Posologie", "Depuis"],
            medicines
                .iter()
                .map(|(medicine, since)| {
                    vec![medicine.name.to_owned(), medicine.posology.to_owned(), since.french()]
                })
                .collect(),
        ),
        entries: medicines
            .iter()
            .map(|(medicine, since)| Entry::Medicine {
                atc: medicine.atc.to_owned(),
                label: medicine.name.to_owned(),
                since: since.compact(),
            })
            .collect(),
    };
    vec![problems, treatments]
}
