//! The documents of a person: which ones, by whom, about what.

use super::chart::{Chart, Finding, Visit};
use super::sheets;
use crate::calendar::Day;
use crate::care::profession;
use crate::documents::kinds::{self, Kind};
use crate::documents::publish::{Form, Paper, publish};
use crate::documents::sheet::Section;
use crate::documents::visibility::HiddenFrom;

/// Results printed on one laboratory report, at most.
const RESULTS: usize = 12;

/// Two or three documents, more for older people: those that the history calls for.
pub(super) fn draw(chart: &mut Chart<'_>) {
    let wanted = match chart.age() {
        ..18 => chart.draw.between(1, 3),
        18..40 => chart.draw.between(1, 3),
        40..60 => chart.draw.between(2, 3),
        _ => chart.draw.between(2, 4),
    };
    let mut made = 0;
    let mut candidates: Vec<fn(&mut Chart<'_>) -> bool> = vec![
        latest_laboratory,
        latest_consultation,
        imaging,
        hospital,
        latest_prescription,
        latest_vaccinations,
        latest_summary,
        nursing,
        certificate,
    ];
    chart.draw.shuffle(&mut candidates);
    for candidate in candidates {
        if made < wanted && candidate(chart) {
            made += 1;
        }
    }
}

fn main_site(chart: &Chart<'_>, professional: usize) -> usize {
    chart.region.network.professionals[professional].situations[0].0
}

/// Publishes a document of a professional at their main place.
pub(super) fn paper(
    chart: &mut Chart<'_>,
    kind: &'static Kind,
    (title, description): (&str, &str),
    author: usize,
    day: Day,
    sections: Vec<Section>,
    form: Form,
) {
    let paper = prepare(chart, kind, (title, description), author, day, sections);
    publish(chart, &Paper { form, ..paper });
}

/// A document as PDF before it is published, hidden from nobody.
fn prepare(
    chart: &Chart<'_>,
    kind: &'static Kind,
    (title, description): (&str, &str),
    author: usize,
    day: Day,
    sections: Vec<Section>,
) -> Paper {
    let site = main_site(chart, author);
    let encounter = chart.facts.visits.iter().find(|visit| visit.day == day).map(|visit| visit.url.clone());
    let mut sheet = sheets::sheet(chart, title, author, site, day);
    sheet.sections = sections;
    let description = description.to_owned();
    Paper { kind, sheet, author, site, day, encounter, description, form: Form::Pdf, hidden_from: None }
}

/// An imaging result that the patient must not discover alone: hidden until the visit that explains it.
pub(super) fn awaited_announcement(chart: &mut Chart<'_>, radiologist: usize, day: Day) {
    let sections = sheets::told(&[
        ("Indication", "Surveillance d'une hypothyroïdie, gêne à la déglutition."),
        ("Technique", "Échographie de la thyroïde et des aires ganglionnaires cervicales."),
        ("Résultat", "Nodule du lobe droit de 17 mm, hypoéchogène, contours irréguliers, EU-TIRADS 5."),
        (
            "Conclusion",
            "Cytoponction à discuter. Résultat à expliquer par le médecin traitant en consultation.",
        ),
    ]);
    let title = ("Compte rendu d'imagerie", "Échographie de la thyroïde");
    let paper = prepare(chart, &kinds::IMAGING, title, radiologist, day, sections);
    publish(chart, &Paper { hidden_from: Some(HiddenFrom::Patient), ..paper });
}

/// Report of a visit that a minor asked for without their parents.
pub(super) fn without_parents(chart: &mut Chart<'_>, day: Day) {
    let sections = sheets::told(&[
        ("Motif", "Consultation de prévention en santé sexuelle, à la demande de la personne mineure."),
        (
            "Cadre",
            "Reçue seule. S'oppose à l'information de ses parents (article L. 1111-5 du code de la santé publique) ; encouragée à leur en parler.",
        ),
        ("Conclusion", "Information donnée, examens de dépistage proposés, à revoir dans un mois."),
    ]);
    let title = ("Compte rendu de consultation", "Prévention en santé sexuelle");
    let doctor = chart.who.team.doctor;
    let paper = prepare(chart, &kinds::CONSULTATION, title, doctor, day, sections);
    publish(chart, &Paper { hidden_from: Some(HiddenFrom::Representatives), ..paper });
}

fn latest_consultation(chart: &mut Chart<'_>) -> bool {
    let Some(visit) = chart.facts.visits.first().cloned() else { return false };
    consultation(chart, &visit, Form::Pdf);
    true
}

/// Report of a visit.
pub(super) fn consultation(chart: &mut Chart<'_>, visit: &Visit, form: Form) {
    let sections = sheets::consultation(chart, visit);
    let is_child = chart.who.birth().years_until(visit.day) < 16;
    let (kind, title) = if is_child && visit.reason.contains("enfant") {
        (&kinds::CHILD_EXAMINATION, "Examen de suivi de l'enfant")
    } else {
        (&kinds::CONSULTATION, "Compte rendu de consultation")
    };
    paper(chart, kind, (title, visit.reason), visit.professional, visit.day, sections, form);
}

fn latest_laboratory(chart: &mut Chart<'_>) -> bool {
    let Some(day) = chart.facts.results.iter().map(|finding| finding.day).max() else { return false };
    let is_structured = chart.draw.percent(60.0);
    laboratory(chart, day, is_structured);
    true
}

/// Report of the results of a day, structured or as PDF.
pub(super) fn laboratory(chart: &mut Chart<'_>, day: Day, is_structured: bool) {
    let findings: Vec<Finding<'_>> =
        chart.facts.results.iter().filter(|finding| finding.day == day).take(RESULTS).cloned().collect();
    let author = chart.near(profession::BIOLOGIST);
    let section = sheets::results(&findings);
    let sections = vec![
        section.narrative.clone(),
        Section::text("Commentaire", ["Résultats à interpréter avec le contexte clinique.".to_owned()]),
    ];
    let form =
        if is_structured { Form::CdaThree(kinds::LABORATORY_FORMAT, vec![section]) } else { Form::Pdf };
    let title = ("Compte rendu d'examens biologiques", "Résultats de biologie");
    paper(chart, &kinds::LABORATORY, title, author, day, sections, form);
}

fn imaging(chart: &mut Chart<'_>) -> bool {
    let known = chart.facts.acts.iter().find(|(place, ..)| *place == "imaging").copied();
    let Some((_, label, day, radiologist)) = known else { return false };
    let sections = sheets::told(&[
        ("Indication", "Demande du médecin traitant."),
        ("Technique", label),
        ("Résultat", "Pas d'anomalie évolutive. Comparaison avec les examens antérieurs sans particularité."),
        ("Conclusion", "Examen sans anomalie significative."),
    ]);
    let title = ("Compte rendu d'imagerie", label);
    paper(chart, &kinds::IMAGING, title, radiologist, day, sections, Form::CdaOne);
    if chart.draw.percent(60.0) {
        let variant = chart.draw.below(91);
        picture(chart, radiologist, day, variant);
    }
    true
}

/// A picture beside its report.
pub(super) fn picture(chart: &mut Chart<'_>, radiologist: usize, day: Day, variant: u32) {
    let title = ("Cliché du thorax", "Image dessinée pour la démonstration");
    paper(chart, &kinds::PICTURE, title, radiologist, day, Vec::new(), Form::Image(variant));
}

fn hospital(chart: &mut Chart<'_>) -> bool {
    let known = chart.facts.acts.iter().find(|(place, ..)| *place == "hospital").copied();
    let Some((_, label, day, surgeon)) = known else { return false };
    stay(chart, label, day, surgeon, chart.end);
    true
}

/// Report of a stay, or the letter at discharge.
pub(super) fn stay(chart: &mut Chart<'_>, label: &str, day: Day, author: usize, end: Day) {
    let out = day.plus_days(3).min(end);
    let words = format!("Séjour du {} au {} pour : {label}.", day.french(), out.french());
    let sections = sheets::told(&[
        ("Motif du séjour", words.as_str()),
        (
            "Histoire",
            "Intervention programmée, sans incident. Suites simples, douleur contrôlée par paracétamol.",
        ),
        (
            "Sortie",
            "Retour au domicile. Pansements par l'infirmier, ablation des fils à dix jours si besoin.",
        ),
        ("Suivi", "Consultation de contrôle dans un mois ; le médecin traitant reçoit ce compte rendu."),
    ]);
    if chart.draw.percent(50.0) {
        let title = ("Compte rendu d'hospitalisation", label);
        paper(chart, &kinds::STAY, title, author, out, sections, Form::Pdf);
    } else {
        let title = ("Lettre de liaison à la sortie", label);
        paper(chart, &kinds::DISCHARGE, title, author, out, sections, Form::CdaOne);
    }
}

fn latest_prescription(chart: &mut Chart<'_>) -> bool {
    if chart.facts.medicines.is_empty() {
        return false;
    }
    let day = chart.facts.visits.first().map_or(chart.day_before_end(20), |visit| visit.day);
    prescription(chart, day, Form::Pdf);
    true
}

/// A prescription of what is taken.
pub(super) fn prescription(chart: &mut Chart<'_>, day: Day, form: Form) {
    let sections = sheets::prescription(chart);
    let doctor = chart.who.team.doctor;
    paper(
        chart,
        &kinds::PRESCRIPTION,
        ("Ordonnance", "Prescription de médicaments"),
        doctor,
        day,
        sections,
        form,
    );
}

fn latest_vaccinations(chart: &mut Chart<'_>) -> bool {
    let Some(day) = chart.facts.vaccines.iter().map(|vaccine| vaccine.2).max() else { return false };
    vaccinations(chart, day);
    true
}

/// The history of vaccinations, structured.
pub(super) fn vaccinations(chart: &mut Chart<'_>, day: Day) {
    let section = sheets::vaccinations(chart);
    let doctor = chart.who.team.doctor;
    let form = Form::CdaThree(kinds::VACCINATION_FORMAT, vec![section]);
    let title = ("Historique des vaccinations", "Vaccinations connues");
    paper(chart, &kinds::VACCINATIONS, title, doctor, day, Vec::new(), form);
}

fn latest_summary(chart: &mut Chart<'_>) -> bool {
    if chart.facts.illnesses.is_empty() {
        return false;
    }
    let days = chart.draw.between(10, 400);
    let day = chart.day_before_end(days);
    summary(chart, day);
    true
}

/// The medical summary by the treating doctor, structured.
pub(super) fn summary(chart: &mut Chart<'_>, day: Day) {
    let sections = sheets::summary(chart);
    let doctor = chart.who.team.doctor;
    let form = Form::CdaThree(kinds::SUMMARY_FORMAT, sections);
    let title = ("Synthèse médicale", "Volet de synthèse médicale");
    paper(chart, &kinds::MEDICAL_SUMMARY, title, doctor, day, Vec::new(), form);
}

fn nursing(chart: &mut Chart<'_>) -> bool {
    let network = &chart.region.network;
    let nurse = chart
        .who
        .team
        .others
        .iter()
        .copied()
        .find(|other| network.profession(*other).id == profession::NURSE);
    let Some(nurse) = nurse else { return false };
    let days = chart.draw.between(3, 300);
    let day = chart.day_before_end(days);
    note(chart, nurse, day);
    true
}

/// Notes of a nurse, as plain text.
pub(super) fn note(chart: &mut Chart<'_>, nurse: usize, day: Day) {
    let sections = sheets::told(&[
        ("Soins", "Passage à domicile : surveillance, aide à la prise des médicaments, pansement simple."),
        ("Observations", "Bon état général, pas de fièvre, alimentation correcte."),
        ("Transmission", "Rien à signaler au médecin traitant. Prochain passage demain matin."),
    ]);
    let title = ("Fiche de suivi infirmier", "Suivi de soins à domicile");
    paper(chart, &kinds::NURSING, title, nurse, day, sections, Form::Text);
}

fn certificate(chart: &mut Chart<'_>) -> bool {
    let Some(visit) = chart.facts.visits.iter().find(|visit| visit.reason.contains("Certificat")).cloned()
    else {
        return false;
    };
    let words = format!(
        "Je soussigné certifie avoir examiné ce jour {} et n'avoir pas constaté de contre-indication à la pratique du sport.",
        chart.who.spoken_family()
    );
    let sections = vec![Section::text("Certificat", [words])];
    let title = ("Certificat médical", "Absence de contre-indication au sport");
    paper(chart, &kinds::CERTIFICATE, title, visit.professional, visit.day, sections, Form::Pdf);
    true
}
