//! The histories of the people of the story.

use super::chart::{Chart, Visit};
use super::history::{Body, draw_visits, encounter};
use super::illnesses::{add_act, add_allergy, add_illness, condition, medicine, usual_tests};
use super::measures::{self, At};
use super::{papers, sheets, vaccines};
use crate::calendar::Day;
use crate::care::profession;
use crate::documents::kinds;
use crate::documents::publish::Form;
use crate::plan::Figure;

/// Adds the history of a person of the story.
pub(super) fn add(chart: &mut Chart<'_>, figure: Figure) {
    vaccines::add(chart);
    match figure {
        Figure::Citizen1 => rich_record(chart),
        Figure::Lina => small_child(chart),
        Figure::Parent1 | Figure::Parent2 => young_parent(chart),
        Figure::Citizen2 => diabetes(chart),
        Figure::Mother => elderly(chart),
        Figure::Carer1 | Figure::Homonym => ordinary(chart),
        Figure::Citizen3 => pregnancy(chart),
        Figure::Citizen4 => nearly_empty(chart),
        Figure::Citizen5 => heart(chart),
    }
}

fn illness(chart: &mut Chart<'_>, id: &str, days: i32, rounds: i32) {
    let region = chart.region;
    let since = chart.day_before_end(days);
    add_illness(chart, region.clinic.illness(id), since, rounds);
}

fn act(chart: &mut Chart<'_>, id: &str, days: i32) {
    let region = chart.region;
    let day = chart.day_before_end(days);
    let known = region.clinic.acts.iter().find(|act| act.id == id);
    add_act(chart, known.expect("the story names procedures of the table"), day);
}

/// A visit with its measures, remembered for reports.
fn visit(chart: &mut Chart<'_>, professional: usize, days: i32, reason: (&str, &str, &'static str)) -> Visit {
    let day = chart.day_before_end(days);
    let url = encounter(chart, professional, (day, day), "AMB", reason);
    let body = Body::draw(chart);
    let measured = body.measure(chart, &At { day, professional, encounter: Some(&url) });
    let visit = Visit { day, professional, url, reason: reason.2, measured };
    chart.facts.visits.push(visit.clone());
    visit
}

const FOLLOW_UP: (&str, &str, &str) =
    ("Z76.0", "Délivrance d'une ordonnance renouvelée", "Renouvellement du traitement");
const CHECK_UP: (&str, &str, &str) = ("Z00.0", "Examen médical général", "Bilan de prévention");
const USUAL: [&str; 6] = ["hemoglobine", "leucocytes", "plaquettes", "glucose", "creatinine", "ldl"];

/// Six years of a record with every form of document.
fn rich_record(chart: &mut Chart<'_>) {
    let region = chart.region;
    let doctor = chart.who.team.doctor;
    for (id, days) in [("asthme", 2600), ("migraine", 1500), ("hypothyroidie", 900)] {
        illness(chart, id, days, 3);
    }
    let penicillin = region.clinic.allergies.iter().find(|allergy| allergy.id == "penicilline");
    add_allergy(chart, penicillin.expect("the story names an allergy of the table"), 2900);
    act(chart, "appendicectomie", 1130);
    for (days, form) in [(2150, Form::Pdf), (1480, Form::CdaOne), (620, Form::Pdf), (35, Form::Pdf)] {
        let visit = visit(chart, doctor, days, if days == 620 { CHECK_UP } else { FOLLOW_UP });
        papers::consultation(chart, &visit, form);
    }
    for (days, is_structured) in [(1900, false), (840, true), (28, true)] {
        let day = chart.day_before_end(days);
        usual_tests(chart, &USUAL, day);
        papers::laboratory(chart, day, is_structured);
    }
    emergency_and_surgery(chart, 1132);
    let radiologist = chart.near(profession::RADIOLOGIST);
    let pictured_on = chart.day_before_end(410);
    let words = sheets::told(&[
        ("Indication", "Toux persistante chez une personne asthmatique."),
        ("Technique", "Radiographie du thorax de face."),
        ("Résultat", "Parenchyme clair, pas d'épanchement, silhouette cardiaque de taille normale."),
        ("Conclusion", "Examen normal."),
    ]);
    let title = ("Compte rendu d'imagerie", "Radiographie du thorax");
    papers::paper(chart, &kinds::IMAGING, title, radiologist, pictured_on, words, Form::CdaOne);
    papers::picture(chart, radiologist, pictured_on, 7);
    for days in [1478, 33] {
        let day = chart.day_before_end(days);
        papers::prescription(chart, day, Form::Pdf);
    }
    order_tests(chart, 40);
    let vaccinated_on = chart.day_before_end(300);
    papers::vaccinations(chart, vaccinated_on);
    let summed_on = chart.day_before_end(34);
    papers::summary(chart, summed_on);
    let nurse = region.network.by_login("infirmier-1");
    let noted_on = chart.day_before_end(1120);
    papers::note(chart, nurse, noted_on);
    let scanned_on = chart.day_before_end(5);
    papers::awaited_announcement(chart, radiologist, scanned_on);
}

/// Emergency department, operation, stay: three documents of one hospital.
fn emergency_and_surgery(chart: &mut Chart<'_>, days: i32) {
    let surgeon = chart.near(profession::SURGEON);
    let day = chart.day_before_end(days);
    let reason = ("K35", "Appendicite aiguë", "Douleur de la fosse iliaque droite");
    encounter(chart, surgeon, (day, day), "EMER", reason);
    encounter(chart, surgeon, (day, day.plus_days(3)), "IMP", reason);
    condition(chart, "K35", "Appendicite aiguë", day, false);
    let arrival = sheets::told(&[
        ("Motif", "Douleur abdominale et fièvre depuis vingt-quatre heures."),
        ("Examen", "Défense de la fosse iliaque droite. Température 38,4 °C."),
        ("Orientation", "Hospitalisation en chirurgie viscérale."),
    ]);
    let title = ("Compte rendu de passage aux urgences", "Douleur abdominale");
    papers::paper(chart, &kinds::EMERGENCY, title, surgeon, day, arrival, Form::Pdf);
    let operation = sheets::told(&[
        ("Indication", "Appendicite aiguë non compliquée."),
        ("Intervention", "Appendicectomie par cœlioscopie, sans incident. Durée : 45 minutes."),
        ("Suites", "Lever le soir même, alimentation reprise le lendemain."),
    ]);
    let title = ("Compte rendu opératoire", "Appendicectomie");
    papers::paper(chart, &kinds::OPERATION, title, surgeon, day.plus_days(1), operation, Form::Pdf);
    papers::stay(chart, "appendicectomie", day, surgeon, chart.end);
}

fn order_tests(chart: &mut Chart<'_>, days: i32) {
    let day = chart.day_before_end(days);
    let doctor = chart.who.team.doctor;
    let words = sheets::told(&[(
        "Examens à réaliser",
        "Numération formule sanguine, glycémie à jeun, créatinine, TSH.",
    )]);
    let title = ("Ordonnance de biologie", "Examens de suivi");
    papers::paper(chart, &kinds::LABORATORY_ORDER, title, doctor, day, words, Form::Pdf);
}

/// The mandatory examinations of the first eighteen months, measured at each.
fn small_child(chart: &mut Chart<'_>) {
    let region = chart.region;
    let doctor = chart.who.team.doctor;
    let paediatrician = region.network.by_login("medecin-3");
    for (rank, months) in [0, 1, 2, 3, 4, 5, 8, 11, 12, 16].into_iter().enumerate() {
        let day = chart.who.birth().plus_months(months).plus_days(6);
        if day > chart.end {
            break;
        }
        let professional = if rank % 3 == 0 { paediatrician } else { doctor };
        let reason = ("Z00.1", "Examen de routine de l'enfant", "Examen de suivi de l'enfant");
        let url = encounter(chart, professional, (day, day), "AMB", reason);
        let measured = measures::growth(chart, &At { day, professional, encounter: Some(&url) }, 0.3);
        let visit = Visit { day, professional, url, reason: reason.2, measured };
        chart.facts.visits.push(visit.clone());
        if matches!(months, 0 | 8 | 16) {
            papers::consultation(chart, &visit, Form::Pdf);
        }
    }
    let day = chart.day_before_end(20);
    papers::vaccinations(chart, day);
}

fn young_parent(chart: &mut Chart<'_>) {
    draw_visits(chart, 3);
    let day = chart.day_before_end(200);
    usual_tests(chart, &USUAL, day);
    papers::laboratory(chart, day, true);
    if let Some(visit) = chart.facts.visits.first().cloned() {
        papers::consultation(chart, &visit, Form::Pdf);
    }
}

/// Ten years of type 2 diabetes: two rounds of tests a year.
fn diabetes(chart: &mut Chart<'_>) {
    illness(chart, "diabete2", 3700, 20);
    illness(chart, "hta", 3200, 6);
    illness(chart, "lipides", 3000, 6);
    let doctor = chart.who.team.doctor;
    for years in (0..10).rev() {
        let visit = visit(chart, doctor, years * 365 + 25, FOLLOW_UP);
        if years % 2 == 0 {
            papers::consultation(chart, &visit, Form::Pdf);
        }
    }
    let latest = chart.facts.results.iter().map(|finding| finding.day).max();
    if let Some(day) = latest {
        papers::laboratory(chart, day, true);
    }
    let day = chart.day_before_end(26);
    papers::prescription(chart, day, Form::Pdf);
    papers::summary(chart, day);
    act(chart, "coloscopie", 1500);
}

fn elderly(chart: &mut Chart<'_>) {
    for (id, days) in
        [("hta", 5000), ("arthrose", 4000), ("osteoporose", 2200), ("insuffisance_cardiaque", 700)]
    {
        illness(chart, id, days, 3);
    }
    act(chart, "cataracte", 2600);
    act(chart, "hanche", 1400);
    draw_visits(chart, 6);
    let nurse = chart.region.network.by_login("infirmier-1");
    for days in [60, 12] {
        let day = chart.day_before_end(days);
        papers::note(chart, nurse, day);
    }
    let surgeon = chart.near(profession::SURGEON);
    let day = chart.day_before_end(1400);
    papers::stay(chart, "prothèse totale de hanche", day, surgeon, chart.end);
    let summed_on = chart.day_before_end(45);
    papers::summary(chart, summed_on);
    papers::prescription(chart, summed_on, Form::Pdf);
}

fn ordinary(chart: &mut Chart<'_>) {
    draw_visits(chart, 3);
    illness(chart, "rhinite", 2500, 1);
    if let Some(visit) = chart.facts.visits.first().cloned() {
        papers::consultation(chart, &visit, Form::Pdf);
    }
}

/// Six months of pregnancy with a midwife.
fn pregnancy(chart: &mut Chart<'_>) {
    let region = chart.region;
    let midwife = region.network.by_login("sage-femme-1");
    let since = chart.day_before_end(168);
    condition(chart, "Z34", "Surveillance d'une grossesse normale", since, true);
    medicine(chart, region.clinic.medicine("acide_folique"), "Grossesse", since, true);
    for days in [150, 120, 90, 60, 30, 4] {
        let reason = ("Z34", "Surveillance d'une grossesse normale", "Suivi de grossesse");
        visit(chart, midwife, days, reason);
    }
    let day = chart.day_before_end(88);
    usual_tests(chart, &["hemoglobine", "plaquettes", "glucose", "ferritine"], day);
    papers::laboratory(chart, day, true);
    let words = sheets::told(&[
        ("Grossesse", "Première grossesse, un enfant, 24 semaines d'aménorrhée environ."),
        (
            "Suivi",
            "Examens mensuels sans particularité, échographies du premier et du deuxième trimestre normales.",
        ),
        ("Prévention", "Vaccination contre le VRS proposée entre 32 et 36 semaines."),
    ]);
    let written_on = chart.day_before_end(4);
    let title = ("Synthèse de suivi de grossesse", "Suivi par la sage-femme");
    papers::paper(chart, &kinds::PREGNANCY, title, midwife, written_on, words, Form::Pdf);
}

fn nearly_empty(chart: &mut Chart<'_>) {
    let doctor = chart.who.team.doctor;
    let reason = ("J06", "Infections aiguës des voies respiratoires supérieures", "Fièvre et toux");
    let day = chart.day_before_end(240);
    encounter(chart, doctor, (day, day), "AMB", reason);
}

/// An infarction five years ago, a stent, rhythm trouble since.
fn heart(chart: &mut Chart<'_>) {
    let region = chart.region;
    for (id, days) in [("coronaire", 1800), ("lipides", 1900), ("fibrillation", 400)] {
        illness(chart, id, days, 4);
    }
    let since = chart.day_before_end(1800);
    condition(chart, "I21", "Infarctus aigu du myocarde", since, false);
    medicine(chart, region.clinic.medicine("clopidogrel"), "Pose d'un stent", since, false);
    act(chart, "echocardiographie", 380);
    act(chart, "ecg", 20);
    let cardiologist = region.network.by_login("medecin-2");
    let reason = ("I25", "Cardiopathie ischémique chronique", "Suivi de cardiologie");
    for days in [1450, 1090, 380, 20] {
        let visit = visit(chart, cardiologist, days, reason);
        papers::consultation(chart, &visit, if days == 380 { Form::CdaOne } else { Form::Pdf });
    }
    encounter(
        chart,
        cardiologist,
        (since, since.plus_days(6)),
        "IMP",
        ("I21", "Infarctus aigu du myocarde", "Douleur thoracique"),
    );
    papers::stay(chart, "infarctus du myocarde, pose d'un stent", since, cardiologist, chart.end);
    let day: Day = chart.day_before_end(19);
    papers::prescription(chart, day, Form::Pdf);
}
