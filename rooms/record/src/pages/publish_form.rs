//! The form of a publication: what was sent, what is wrong with it, and how it is drawn. Pure.

use crate::cda_header::Header;
use crate::document::bare_media_type;
use crate::terms;
use maud::{Render, html};
use socle_kernel::Lang;
use socle_pipeline::Form as SentForm;
use socle_ui::form::{self, Choice, Errors, Form};
use socle_ui::{Date, Markup, dates};

/// Longest title.
const TITLE_CHARACTERS: usize = 200;

/// What was sent, as it came.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Title.
    pub title: String,
    /// Type chosen among the most used.
    pub type_code: String,
    /// Type chosen among all.
    pub other_type: String,
    /// Day, month, year of the care.
    pub day: [String; 3],
    /// Kind of place.
    pub facility: String,
    /// Practice setting.
    pub setting: String,
    /// Access labels.
    pub labels: Vec<String>,
    /// Id of the document to replace; empty for a new one.
    pub replaces: String,
}

/// A document of the caller, to replace.
#[derive(Clone, Debug)]
pub struct Own {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Title and date.
    pub label: String,
    /// Code of its type.
    pub type_code: String,
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Address of the form.
    pub action: String,
    /// Token.
    pub csrf: String,
    /// What is in the fields.
    pub sent: Sent,
    /// Documents that may be replaced.
    pub own: Vec<Own>,
    /// What is wrong.
    pub errors: Errors,
}

impl Sent {
    /// The fields of a form.
    pub fn of(form: &SentForm) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        let labels =
            form.fields.iter().filter(|(name, _)| name == "visibilite").map(|(_, value)| value.clone());
        let offered = [terms::MASKED, terms::INVISIBLE_TO_PATIENT, terms::INVISIBLE_TO_REPRESENTATIVES];
        Sent {
            title: text("titre"),
            type_code: text("type"),
            other_type: text("autre-type"),
            day: [text("date-day"), text("date-month"), text("date-year")],
            facility: text("lieu"),
            setting: text("cadre"),
            labels: labels.filter(|label| offered.contains(&label.as_str())).collect(),
            replaces: text("remplace"),
        }
    }

    /// The type: the one among all counts when it was chosen.
    pub fn chosen_type(&self) -> &str {
        if self.other_type.is_empty() { &self.type_code } else { &self.other_type }
    }

    /// Fills what was left empty with what the document says of itself.
    pub fn complete_from(&mut self, header: &Header) {
        if self.title.is_empty() {
            self.title = header.title.chars().take(TITLE_CHARACTERS).collect();
        }
        if self.chosen_type().is_empty() && terms::find_type(&header.type_code).is_some() {
            self.other_type = header.type_code.clone();
        }
        let started = header.care_started.as_deref().or(header.written.as_deref());
        if self.day.iter().all(String::is_empty)
            && let Some(date) = started.and_then(dates::FhirDate::parse)
        {
            let date = date.date;
            self.day = [date.day().to_string(), date.month().to_string(), date.year().to_string()];
        }
        if self.facility.is_empty()
            && let Some(known) =
                header.facility.as_deref().and_then(|code| terms::find_term(terms::facilities(), code))
        {
            self.facility = known.code.to_owned();
        }
    }

    fn date(&self) -> Option<Date> {
        let [day, month, year] = &self.day;
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    }
}

/// Says what is wrong; gives the day of the care when nothing is.
pub fn check(lang: Lang, sent: &Sent, today: Date, errors: &mut Errors) -> Option<Date> {
    if sent.title.is_empty() {
        errors.add("titre", lang.pick("Donnez un titre au document", "Give the document a title"));
    } else if sent.title.chars().count() > TITLE_CHARACTERS {
        errors.add(
            "titre",
            lang.pick("Raccourcissez le titre à 200 caractères", "Shorten the title to 200 characters"),
        );
    }
    if terms::find_type(sent.chosen_type()).is_none() {
        errors.add("type", lang.pick("Choisissez le type du document", "Choose the type of the document"));
    }
    let day = sent.date().filter(|day| *day <= today);
    if day.is_none() {
        errors.add(
            "date",
            lang.pick(
                "Indiquez une date passée, par exemple 27 3 2026",
                "Give a date in the past, for example 27 3 2026",
            ),
        );
    }
    if terms::find_term(terms::facilities(), &sent.facility).is_none() {
        errors.add("lieu", lang.pick("Choisissez le lieu de soins", "Choose the kind of place"));
    }
    if terms::find_term(terms::settings(), &sent.setting).is_none() {
        errors.add(
            "cadre",
            lang.pick("Choisissez le cadre de la prise en charge", "Choose the setting of care"),
        );
    }
    day.filter(|_| errors.is_empty())
}

/// The field an issue of the pipeline belongs to.
pub fn field_of(path: &str) -> Option<String> {
    let field = if path.contains("relatesTo") {
        "remplace"
    } else if path.contains("attachment") || path.starts_with("Binary") || path.contains("masterIdentifier") {
        "fichier"
    } else {
        return None;
    };
    Some(field.to_owned())
}

/// The media type of a file: from its first bytes, else as sent.
pub fn media_type_of(content: &[u8], sent: &str, file_name: &str) -> String {
    let marks: [(&[u8], &str); 4] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
    ];
    if let Some((_, media_type)) = marks.iter().find(|(mark, _)| content.starts_with(mark)) {
        return (*media_type).to_owned();
    }
    let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content).trim_ascii_start();
    if text.starts_with(b"<?xml") || text.starts_with(b"<ClinicalDocument") {
        return "text/xml".to_owned();
    }
    let sent = bare_media_type(sent);
    match (sent.as_str(), file_name.to_lowercase().ends_with(".txt")) {
        ("" | "application/octet-stream", true) => "text/plain".to_owned(),
        ("", false) => "application/octet-stream".to_owned(),
        _ => sent,
    }
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let sent = &context.sent;
    let [day, month, year] = &sent.day;
    let submit = lang.pick("Publier le document", "Publish the document");
    let mut form = Form::post(lang, &context.action, &context.csrf, &context.errors, submit)
        .field(
            form::file("fichier", lang.pick("Fichier", "File"), ".pdf,.png,.jpg,.jpeg,.txt,.xml").hint(lang.pick(
                "PDF, image, texte ou document CDA (XML), 20 Mo au plus. Un CDA remplit lui-même les champs laissés vides.",
                "PDF, image, text or CDA document (XML), 20 MB at most. A CDA fills in fields left empty by itself.",
            )),
        )
        .field(
            form::text("titre", lang.pick("Titre", "Title"))
                .hint(lang.pick("Tel que la personne le lira", "As the person will read it"))
                .autocomplete("off")
                .maxlength(TITLE_CHARACTERS)
                .value(sent.title.clone()),
        )
        .field(form::select("type", lang.pick("Type de document", "Type of document"), often_used(lang)).value(sent.type_code.clone()))
        .field(
            form::select("autre-type", lang.pick("Autre type, s’il n’est pas dans la liste ci-dessus", "Other type, when it is not in the list above"), all_types(lang))
                .value(sent.other_type.clone())
                .optional(),
        )
        .field(
            form::date("date", lang.pick("Date des soins", "Date of care"))
                .hint(lang.pick("Par exemple 27 3 2026", "For example 27 3 2026"))
                .date_value(day.clone(), month.clone(), year.clone()),
        )
        .field(form::select("lieu", lang.pick("Lieu de soins", "Kind of place"), of_table(lang, terms::facilities())).value(sent.facility.clone()))
        .field(form::select("cadre", lang.pick("Cadre de la prise en charge", "Setting of care"), of_table(lang, terms::settings())).value(sent.setting.clone()))
        .field(visibility(lang).values(sent.labels.clone()));
    if !context.own.is_empty() {
        let mut choices =
            vec![Choice::new("", lang.pick("Non, c’est un nouveau document", "No, it is a new document"))];
        choices.extend(context.own.iter().map(|own| Choice::new(own.id.clone(), own.label.clone())));
        form = form.field(
            form::select(
                "remplace",
                lang.pick("Ce document en remplace-t-il un autre ?", "Does this document replace another?"),
                choices,
            )
            .hint(lang.pick(
                "Seuls vos propres documents en vigueur sont proposés",
                "Only your own documents in force are offered",
            ))
            .value(sent.replaces.clone())
            .optional(),
        );
    } else if !sent.replaces.is_empty() {
        form = form.hidden("remplace", sent.replaces.clone());
    }
    let back = context.action.strip_suffix("/publier").unwrap_or(&context.action);
    html! {
        p { (lang.pick(
            "La personne voit le document dès sa publication. Elle doit avoir été informée et ne pas s’y être opposée.",
            "The person sees the document as soon as it is published. They must have been told, and not have objected.",
        )) }
        (form.cancel(lang.pick("Annuler", "Cancel"), back.to_owned()).render())
    }
}

fn visibility(lang: Lang) -> form::Field {
    let choices = vec![
        Choice::with_hint(
            terms::MASKED,
            lang.pick("Masqué aux professionnels", "Hidden from professionals"),
            lang.pick(
                "Vous seul, parmi les professionnels, le verrez.",
                "You alone among professionals will see it.",
            ),
        ),
        Choice::with_hint(
            terms::INVISIBLE_TO_PATIENT,
            lang.pick(
                "Non visible par la personne jusqu’à la consultation d’annonce",
                "Not visible to the person until the announcement visit",
            ),
            lang.pick(
                "Rien n’en révèle l’existence avant que vous ne leviez cette restriction.",
                "Nothing tells that it exists until you lift this restriction.",
            ),
        ),
        Choice::with_hint(
            terms::INVISIBLE_TO_REPRESENTATIVES,
            lang.pick("Non visible par les représentants légaux", "Not visible to the legal representatives"),
            lang.pick(
                "Pour une personne mineure qui demande le secret.",
                "For a minor who asks for secrecy.",
            ),
        ),
    ];
    form::checkboxes("visibilite", lang.pick("Restreindre la visibilité", "Restrict visibility"), choices)
        .hint(lang.pick(
            "Sans restriction, la personne et son équipe de soins le voient.",
            "Without restriction, the person and their care team see it.",
        ))
        .optional()
}

fn often_used(lang: Lang) -> Vec<Choice> {
    let mut choices = vec![Choice::new(
        "",
        lang.pick("Choisir, ou laisser le CDA le dire", "Choose, or let the CDA say it"),
    )];
    for class in terms::classes() {
        let of_class =
            terms::types().iter().filter(|known| known.is_often_used && known.class == class.term.code);
        choices.extend(of_class.map(|known| {
            Choice::new(known.term.code, format!("{} : {}", class.term.label(lang), known.term.label(lang)))
        }));
    }
    choices
}

fn all_types(lang: Lang) -> Vec<Choice> {
    let mut types: Vec<(&str, &str)> =
        terms::types().iter().map(|known| (known.term.label(lang), known.term.code)).collect();
    types.sort_by_key(|(label, _)| crate::document::plain(label));
    let none = Choice::new("", lang.pick("Aucun", "None"));
    std::iter::once(none).chain(types.into_iter().map(|(label, code)| Choice::new(code, label))).collect()
}

fn of_table(lang: Lang, table: &'static [terms::Term]) -> Vec<Choice> {
    let none = Choice::new("", lang.pick("Choisir", "Choose"));
    std::iter::once(none).chain(table.iter().map(|term| Choice::new(term.code, term.label(lang)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Sent {
        Sent {
            title: "CR".into(),
            type_code: "11488-4".into(),
            day: ["2", "3", "2026"].map(str::to_owned),
            facility: "SA07".into(),
            setting: "AMBULATOIRE".into(),
            ..Sent::default()
        }
    }

    #[test]
    fn asks_for_what_is_missing_field_by_field() {
        let today: Date = "2026-11-21".parse().unwrap();
        let mut errors = Errors::new();
        assert_eq!(check(Lang::Fr, &complete(), today, &mut errors), Some("2026-03-02".parse().unwrap()));
        let mut errors = Errors::new();
        assert_eq!(check(Lang::Fr, &Sent::default(), today, &mut errors), None);
        let fields: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["titre", "type", "date", "lieu", "cadre"]);
        let mut errors = Errors::new();
        let tomorrow = Sent { day: ["22", "11", "2026"].map(str::to_owned), ..complete() };
        assert_eq!(check(Lang::Fr, &tomorrow, today, &mut errors), None);
        assert!(errors.get("date").is_some());
    }

    #[test]
    fn takes_from_a_cda_only_what_was_left_empty() {
        let header = Header {
            title: "CR de biologie".into(),
            type_code: "11502-2".into(),
            care_started: Some("2026-03-02".into()),
            facility: Some("SA25".into()),
            ..Header::default()
        };
        let mut sent = Sent { title: "Mon titre".into(), ..Sent::default() };
        sent.complete_from(&header);
        assert_eq!(
            (sent.title.as_str(), sent.chosen_type(), sent.facility.as_str()),
            ("Mon titre", "11502-2", "SA25")
        );
        assert_eq!(sent.date(), Some("2026-03-02".parse().unwrap()));
        let mut sent = complete();
        sent.complete_from(&header);
        assert_eq!((sent.chosen_type(), sent.facility.as_str()), ("11488-4", "SA07"));
    }

    #[test]
    fn believes_the_first_bytes_before_the_browser() {
        assert_eq!(media_type_of(b"%PDF-1.7", "text/plain", "a.txt"), "application/pdf");
        assert_eq!(
            media_type_of(b"\xef\xbb\xbf<?xml version='1.0'?>", "application/octet-stream", "a"),
            "text/xml"
        );
        assert_eq!(media_type_of(b"bonjour", "", "note.TXT"), "text/plain");
        assert_eq!(media_type_of(b"bonjour", "", "note"), "application/octet-stream");
    }
}
