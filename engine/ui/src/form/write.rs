//! Writes a form and its fields as HTML.

use super::field::{Choice, Control, Field, Width};
use super::{Button, Errors, Form, Piece};
use maud::{Markup, html};
use socle_kernel::Lang;

/// What every field needs to know of its form.
struct Around<'a> {
    lang: Lang,
    errors: Option<&'a Errors>,
    prefix: &'a str,
}

impl Around<'_> {
    fn id(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn error(&self, field: &Field) -> Option<&str> {
        self.errors.and_then(|errors| errors.get(&field.name))
    }

    /// The ids that `aria-describedby` lists: hint, then error.
    fn described_by(&self, field: &Field) -> Option<String> {
        let id = self.id(&field.name);
        let hint = field.hint.is_some().then(|| format!("{id}-hint"));
        let error = self.error(field).map(|_| format!("{id}-error"));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

pub(super) fn form(form: &Form<'_>) -> Markup {
    let around = Around { lang: form.lang, errors: form.errors, prefix: &form.id_prefix };
    let class = if form.is_inline { "form form-inline" } else { "form" };
    html! {
        @if let Some(errors) = form.errors { (summary(&around, form, errors)) }
        form class=(class) method=(if form.csrf.is_some() { "post" } else { "get" }) action=(form.action) novalidate
            role=[form.label.as_ref().map(|_| "search")] aria-label=[form.label.as_deref()]
            enctype=[form.is_multipart.then_some("multipart/form-data")] {
            @if let Some(csrf) = form.csrf { input type="hidden" name="csrf" value=(csrf); }
            @for (name, value) in &form.hidden { input type="hidden" name=(name) value=(value); }
            @for piece in &form.pieces { (write_piece(&around, piece)) }
            div class="buttons" {
                @for button in &form.buttons { (write_button(button)) }
                @if let Some((label, href)) = &form.cancel { a class="cancel" href=(href) { (label) } }
            }
        }
    }
}

fn write_button(button: &Button) -> Markup {
    let (name, value) = match &button.value {
        Some((name, value)) => (Some(name), Some(value)),
        None => (None, None),
    };
    html! { button class=(button.style.class()) type="submit" name=[name] value=[value] { (button.label) } }
}

fn write_piece(around: &Around<'_>, piece: &Piece) -> Markup {
    match piece {
        Piece::Field(field) => write_field(around, field),
        Piece::Section(heading) => html! { h2 { (heading) } },
        Piece::Markup(markup) => markup.clone(),
        Piece::Group { legend, hint, fields } => html! {
            fieldset class="group" {
                legend { (legend) }
                @if let Some(hint) = hint { p class="hint" { (hint) } }
                @for field in fields { (write_field(around, field)) }
            }
        },
    }
}

/// The list of what is wrong, before the form, in the order of the fields. An error whose field is not in the form is
/// still said, first.
fn summary(around: &Around<'_>, form: &Form<'_>, errors: &Errors) -> Markup {
    let title_id = around.id("problem");
    let mut lines: Vec<(Option<usize>, &str, &str)> = errors
        .iter()
        .map(|(name, message)| (fields(form).position(|f| f.name == name), name, message))
        .collect();
    lines.sort_by_key(|(position, _, _)| *position);
    html! {
        @if !errors.is_empty() {
            div class="problem" role="alert" aria-labelledby=(title_id) tabindex="-1" data-focus {
                h2 id=(title_id) { (around.lang.pick("Il y a un problème", "There is a problem")) }
                ul {
                    @for (_, name, message) in lines {
                        li {
                            @match target(around, form, name) {
                                Some(id) => a href={ "#" (id) } { (message) },
                                None => (message),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Every field of the form, in order.
fn fields<'f>(form: &'f Form<'_>) -> impl Iterator<Item = &'f Field> {
    form.pieces.iter().flat_map(|piece| match piece {
        Piece::Field(field) => std::slice::from_ref(field),
        Piece::Group { fields, .. } => fields.as_slice(),
        Piece::Section(_) | Piece::Markup(_) => &[],
    })
}

/// The id of the first control of the field with this name.
fn target(around: &Around<'_>, form: &Form<'_>, name: &str) -> Option<String> {
    let field = fields(form).find(|field| field.name == name)?;
    let id = around.id(name);
    Some(match field.control {
        Control::Date { .. } => format!("{id}-day"),
        Control::Radios(_) | Control::Checkboxes(..) => format!("{id}-1"),
        _ => id,
    })
}

fn write_field(around: &Around<'_>, field: &Field) -> Markup {
    let class = if around.error(field).is_some() { "field field-wrong" } else { "field" };
    match &field.control {
        Control::Date { day, month, year } => {
            write_group(around, field, class, write_date(around, field, [day, month, year]))
        }
        Control::Radios(choices) => {
            let is_ticked = |choice: &Choice| choice.value == field.value;
            write_group(around, field, class, write_choices(around, field, "radio", choices, &is_ticked))
        }
        Control::Checkboxes(choices, ticked) => {
            let is_ticked = |choice: &Choice| ticked.contains(&choice.value);
            write_group(around, field, class, write_choices(around, field, "checkbox", choices, &is_ticked))
        }
        Control::Checkbox { is_checked } => write_checkbox(around, field, class, *is_checked),
        _ => html! {
            div class=(class) {
                label for=(around.id(&field.name)) { (field.label) (optional(around, field)) }
                (hint_and_error(around, field))
                @match &field.suffix {
                    Some(unit) => div class="with-unit" { (write_control(around, field)) span class="unit" { (unit) } },
                    None => (write_control(around, field)),
                }
            }
        },
    }
}

fn optional(around: &Around<'_>, field: &Field) -> Markup {
    html! {
        @if field.is_optional { " " span class="optional" { (around.lang.pick("(facultatif)", "(optional)")) } }
    }
}

fn hint_and_error(around: &Around<'_>, field: &Field) -> Markup {
    let id = around.id(&field.name);
    html! {
        @if let Some(hint) = &field.hint { p class="hint" id={ (id) "-hint" } { (hint) } }
        @if let Some(error) = around.error(field) {
            p class="error" id={ (id) "-error" } {
                span class="unseen" { (around.lang.pick("Erreur : ", "Error: ")) } (error)
            }
        }
    }
}

/// Several controls that answer one question.
fn write_group(around: &Around<'_>, field: &Field, class: &str, controls: Markup) -> Markup {
    html! {
        fieldset class=(class) aria-describedby=[around.described_by(field)] {
            legend { (field.label) (optional(around, field)) }
            (hint_and_error(around, field))
            (controls)
        }
    }
}

fn width_class(field: &Field) -> &'static str {
    match field.width {
        Width::Full => "input",
        Width::Medium => "input input-medium",
        Width::Short => "input input-short",
    }
}

fn write_control(around: &Around<'_>, field: &Field) -> Markup {
    let id = around.id(&field.name);
    let described = around.described_by(field);
    let invalid = around.error(field).map(|_| "true");
    let required = (!field.is_optional && around.errors.is_some()).then_some("true");
    match &field.control {
        Control::Select(choices) => html! {
            select class=(width_class(field)) id=(id) name=(field.name) aria-describedby=[described]
                aria-invalid=[invalid] aria-required=[required] autocomplete=[field.autocomplete.as_deref()] {
                @for choice in choices {
                    option value=(choice.value) selected[choice.value == field.value] { (choice.label) }
                }
            }
        },
        Control::TextArea { rows } => html! {
            textarea class=(width_class(field)) id=(id) name=(field.name) rows=(rows) maxlength=[field.maxlength]
                aria-describedby=[described] aria-invalid=[invalid] aria-required=[required]
                autocomplete=[field.autocomplete.as_deref()] {
                // HTML drops the first line break of a text area: one more keeps what the person wrote.
                "\n" (field.value)
            }
        },
        Control::File { accept } => html! {
            input class="input input-file" type="file" id=(id) name=(field.name) accept=(accept)
                aria-describedby=[described] aria-invalid=[invalid] aria-required=[required];
        },
        Control::OneTimeCode => html! {
            input class="input input-code" type="text" id=(id) name=(field.name) maxlength="8"
                autocomplete=[field.autocomplete.as_deref()] inputmode="numeric" spellcheck="false"
                aria-describedby=[described] aria-invalid=[invalid] aria-required=[required];
        },
        Control::Input(kind) => {
            let value = (*kind != "password").then_some(field.value.as_str());
            let spelling = matches!(*kind, "password" | "email").then_some("false");
            html! {
                input class=(width_class(field)) type=(kind) id=(id) name=(field.name) value=[value]
                    autocomplete=[field.autocomplete.as_deref()] inputmode=[field.inputmode] spellcheck=[spelling]
                    maxlength=[field.maxlength] aria-describedby=[described] aria-invalid=[invalid]
                    aria-required=[required];
            }
        }
        Control::Date { .. } | Control::Radios(_) | Control::Checkboxes(..) | Control::Checkbox { .. } => {
            html! {}
        }
    }
}

fn write_date(around: &Around<'_>, field: &Field, values: [&String; 3]) -> Markup {
    let id = around.id(&field.name);
    let invalid = around.error(field).map(|_| "true");
    let parts = [
        ("day", around.lang.pick("Jour", "Day"), "2"),
        ("month", around.lang.pick("Mois", "Month"), "2"),
        ("year", around.lang.pick("Année", "Year"), "4"),
    ];
    html! {
        div class="date" {
            @for ((part, label, length), value) in parts.into_iter().zip(values) {
                div class=[(part == "year").then_some("date-year")] {
                    label for={ (id) "-" (part) } { (label) }
                    input class="input" type="text" inputmode="numeric" maxlength=(length) value=(value)
                        id={ (id) "-" (part) } name={ (field.name) "-" (part) } aria-invalid=[invalid]
                        autocomplete=[field.autocomplete.as_ref().map(|token| date_token(token, part))];
                }
            }
        }
    }
}

/// The autocomplete token of one part of a date.
fn date_token(token: &str, part: &str) -> String {
    if token == "bday" { format!("bday-{part}") } else { token.to_owned() }
}

fn write_choices(
    around: &Around<'_>,
    field: &Field,
    kind: &str,
    choices: &[Choice],
    is_ticked: &dyn Fn(&Choice) -> bool,
) -> Markup {
    let id = around.id(&field.name);
    html! {
        div class=(if field.is_inline { "choices choices-inline" } else { "choices" }) {
            @for (index, choice) in choices.iter().enumerate() {
                @let id = format!("{id}-{}", index + 1);
                div class="choice" {
                    input type=(kind) id=(id) name=(field.name) value=(choice.value) checked[is_ticked(choice)]
                        aria-describedby=[choice.hint.as_ref().map(|_| format!("{id}-hint"))];
                    label for=(id) { (choice.label) }
                    @if let Some(hint) = &choice.hint { p class="hint" id={ (id) "-hint" } { (hint) } }
                }
            }
        }
    }
}

fn write_checkbox(around: &Around<'_>, field: &Field, class: &str, is_checked: bool) -> Markup {
    let id = around.id(&field.name);
    html! {
        div class=(class) {
            @if let Some(error) = around.error(field) {
                p class="error" id={ (id) "-error" } {
                    span class="unseen" { (around.lang.pick("Erreur : ", "Error: ")) } (error)
                }
            }
            div class="choice" {
                input type="checkbox" id=(id) name=(field.name) value="on" checked[is_checked]
                    aria-describedby=[around.described_by(field)]
                    aria-invalid=[around.error(field).map(|_| "true")];
                label for=(id) { (field.label) (optional(around, field)) }
                @if let Some(hint) = &field.hint { p class="hint" id={ (id) "-hint" } { (hint) } }
            }
        }
    }
}
