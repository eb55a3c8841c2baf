//! A professional publishes to a person's record; the person reads, hides one document, and sees who did what.

use super::{PIXEL, fill_publication, testdata};
use crate::harness::browser::Page;
use crate::harness::{Browser, Person, builders::fresh, region};

/// A professional finds a person at the desk, by date of birth first.
fn find_patient(browser: &mut Browser, person: &Person) -> Page {
    let desk = browser.open("/pro").expect(200);
    let birth: Vec<&str> = person.resource["birthDate"].as_str().unwrap().split('-').collect();
    let form = desk.form_where(|form| form.fields.iter().any(|(name, _)| name == "naissance-day"));
    let letters: String = person.family.chars().take(3).collect();
    let found = browser
        .submit(
            &form
                .fill("naissance-day", birth[2])
                .fill("naissance-month", birth[1])
                .fill("naissance-year", birth[0])
                .fill("nom", &letters),
        )
        .expect(200);
    let link = found
        .links("/pro/patients/")
        .into_iter()
        .find(|link| link.contains(&person.id))
        .unwrap_or_else(|| panic!("not found: {}", found.words()));
    browser.open(&link)
}

fn publish(browser: &mut Browser, person: &Person, title: &str, file: (&str, &str, &[u8])) -> String {
    let page = browser.open(&format!("/pro/patients/{}/documents/publier", person.id)).expect(200);
    let form = fill_publication(page.form(&format!("/pro/patients/{}/documents/publier", person.id)), title);
    let done = browser.submit(&form.choose("fichier", file.0, file.1, file.2)).expect(200);
    assert!(done.path.contains("fait=publie"), "{}: {}", done.path, done.words());
    done.shows(title);
    let path = done.path.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_person_reads_hides_and_sees_who_did_what() {
    let person = Person::of_login("citoyen-1");
    let number = fresh();
    let titles = ["Synthèse médicale", "Lettre de liaison", "Cliché du genou"]
        .map(|title| format!("{title} {number}"));

    // A professional signs in with a password and a code, chooses where they work, finds the person and publishes.
    let mut physician = Browser::new();
    let choice = physician.sign_in("medecin-1");
    assert!(choice.path.starts_with("/connexion/situation"), "{}", choice.path);
    assert!(physician.choose_first(choice).path.starts_with("/pro"));
    let record = find_patient(&mut physician, &person).expect(200);
    record.shows(&person.family);
    let cda =
        super::cda::copy_for(&std::fs::read_to_string(testdata("cda/VSM_1.4_2022.01.xml")).unwrap(), &person);
    let pdf = b"%PDF-1.7\n% lettre\n%%EOF\n";
    let cda = publish(&mut physician, &person, &titles[0], ("vsm.xml", "text/xml", cda.as_bytes()));
    let letter = publish(&mut physician, &person, &titles[1], ("lettre.pdf", "application/pdf", pdf));
    let image = publish(&mut physician, &person, &titles[2], ("genou.png", "image/png", PIXEL));

    // The person signs in, finds the three, reads them.
    let mut citizen = Browser::new();
    let home = citizen.sign_in("citoyen-1");
    assert!(home.path.starts_with("/mon-espace"), "{}", home.path);
    home.expect(200).shows(&titles[0]);
    let list = citizen.open("/mon-espace/documents").expect(200);
    for title in &titles {
        list.shows(title);
    }
    let page = citizen.open(&format!("/mon-espace/documents/{cda}")).expect(200);
    page.shows(&titles[0]);
    let body = citizen.open(&format!("/mon-espace/documents/{cda}/contenu?corps=1"));
    assert!(page.words().len() + body.words().len() > 2000, "the summary is readable: {}", page.words());
    citizen.open(&format!("/mon-espace/documents/{letter}")).expect(200).shows(&titles[1]);
    let content = citizen.fetch(&format!("/mon-espace/documents/{letter}/contenu"), &[]);
    assert_eq!(
        (content.status, content.header("content-type"), content.body.as_slice()),
        (200, "application/pdf", pdf.as_slice())
    );
    let content = citizen.fetch(&format!("/mon-espace/documents/{image}/contenu"), &[]);
    assert_eq!((content.status, content.body.as_slice()), (200, PIXEL));

    // They hide the letter.
    let page = citizen.open(&format!("/mon-espace/documents/{letter}"));
    let hidden =
        citizen.submit(&page.form(&format!("/mon-espace/documents/{letter}/visibilite"))).expect(200);
    assert!(hidden.path.contains("fait=masque"), "{}", hidden.path);

    // Another professional comes in an emergency, says why, and finds no trace of the letter.
    let mut other = Browser::new();
    other.demonstration("medecin-2");
    let door = find_patient(&mut other, &person);
    assert!(door.path.contains("/acces"), "asked why: {}", door.path);
    let reason = format!("Malaise sur la voie publique, essai {number}");
    let form = door.form_where(|form| form.value("choix") == "urgence");
    let record = other.submit(&form.fill("motif", "vital").fill("precision", &reason)).expect(200);
    record.hides(&titles[1]);
    let documents = other.open(&format!("/pro/patients/{}/documents", person.id)).expect(200);
    documents.shows(&titles[0]).shows(&titles[2]).hides(&titles[1]).hides(&letter);
    other.open(&format!("/pro/patients/{}/documents/{image}", person.id)).expect(200).shows(&titles[2]);
    let missing = other.open(&format!("/pro/patients/{}/documents/{letter}", person.id)).expect(404);
    missing.hides(&titles[1]);
    other.open(&format!("/pro/patients/{}/documents/{letter}/contenu", person.id)).expect(404);

    // The author still sees it.
    physician.open(&format!("/pro/patients/{}/documents/{letter}", person.id)).expect(200).shows(&titles[1]);

    // The log tells all of it in plain sentences.
    let log = citizen.open("/mon-espace/acces").expect(200);
    let [first, second] = ["medecin-1", "medecin-2"].map(|login| region().account(login, "name"));
    log.shows(&second).shows(&reason).shows("en urgence (bris de glace)").shows(&first).shows("a déposé");
    let own = citizen.open("/mon-espace/acces?qui=moi").expect(200);
    own.shows("changé la visibilité de").shows(&titles[1]).hides(&reason);
    let english = citizen.open("/mon-espace/acces?lang=en").expect(200);
    english.shows("emergency").shows(&reason);
}

#[test]
fn a_person_shows_again_what_they_hid_and_is_asked_first() {
    let person = Person::of_login("citoyen-5");
    let mut nurse = Browser::new();
    nurse.demonstration("infirmier-1");
    let title = format!("Transmission {}", fresh());
    let id = publish(&mut nurse, &person, &title, ("note.txt", "text/plain", "Pansement refait.".as_bytes()));
    let mut citizen = Browser::new();
    citizen.demonstration("citoyen-5");
    let action = format!("/mon-espace/documents/{id}/visibilite");
    let page = citizen.open(&format!("/mon-espace/documents/{id}")).expect(200);
    page.shows("Pansement refait.");
    let page = citizen.submit(&page.form(&action)).expect(200);
    let asked = citizen.submit(&page.form(&action)).expect(200);
    asked.shows("pourront de nouveau le lire");
    let shown = citizen.submit(&asked.form(&action)).expect(200);
    assert!(shown.path.contains("fait=montre"), "{}", shown.path);
}

#[test]
fn a_person_blocks_a_professional_who_then_finds_nothing() {
    let person = Person::of_login("citoyen-3");
    let name = region().account("kine-1", "name");
    let practitioner = region().account("kine-1", "practitioner_id");
    let mut physiotherapist = Browser::new();
    physiotherapist.demonstration("kine-1");
    let agree = |browser: &mut Browser| {
        let door = browser.open(&format!("/pro/patients/{}/acces", person.id));
        let form = door.form_where(|form| form.value("choix") == "accord");
        browser.submit(&form.fill("accord", "oui"))
    };
    let record = agree(&mut physiotherapist).expect(200);
    assert!(record.path.ends_with(&format!("/pro/patients/{}", person.id)), "{}", record.path);
    let mut citizen = Browser::new();
    citizen.demonstration("citoyen-3");
    let log = citizen.open("/mon-espace/acces").expect(200);
    log.shows(&name);
    let page = citizen.open("/mon-espace/partage/bloquer").expect(200);
    let form = page.form_where(|form| {
        form.action == "/mon-espace/partage/bloquer"
            && form.fields.iter().any(|(_, value)| value.contains(&practitioner))
    });
    let done = citizen.submit(&form).expect(200);
    assert!(done.words().contains(&name), "{}: {}", done.path, done.words());
    let refused = physiotherapist.open(&format!("/pro/patients/{}/documents", person.id));
    assert!(refused.path.contains("/acces") || refused.status == 404, "{} {}", refused.status, refused.path);
    refused.hides("bloqué");
}
