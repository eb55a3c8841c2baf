//! Forms: a field cannot exist without its label, an error cannot exist without its entry in the summary.
//!
//! ```
//! use socle_ui::{Lang, Render, form::{self, Errors, Form}};
//! let mut errors = Errors::new();
//! errors.add("nom", "Indiquez le nom de naissance");
//! let markup = Form::post(Lang::Fr, "/mon-espace/identite", "jeton", &errors, "Enregistrer")
//!     .field(form::text("nom", "Nom de naissance").autocomplete("family-name"))
//!     .field(form::date("naissance", "Date de naissance").hint("Par exemple 27 3 1985"))
//!     .render();
//! assert!(markup.into_string().contains("Il y a un problème"));
//! ```

mod errors;
mod field;
mod write;

pub use errors::Errors;
pub use field::{
    Choice, Field, Width, checkbox, checkboxes, date, email, file, number, one_time_code, password, radios,
    search, select, tel, text, textarea,
};

use maud::{Markup, Render, html};
use socle_kernel::Lang;

/// How a button looks; what it does is its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// The one main act of the page.
    #[default]
    Primary,
    /// Any other act.
    Secondary,
    /// An act that removes or stops something.
    Danger,
    /// An act that stays in the background.
    Quiet,
}

impl Style {
    /// Classes of a button or of a link that looks like one.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Style::Primary => "button",
            Style::Secondary => "button button-secondary",
            Style::Danger => "button button-danger",
            Style::Quiet => "button button-quiet",
        }
    }
}

/// What a form is made of, in order.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Field(Field),
    Group { legend: String, hint: Option<String>, fields: Vec<Field> },
    Section(String),
    Markup(Markup),
}

#[derive(Clone, Debug)]
pub(crate) struct Button {
    pub label: String,
    pub style: Style,
    pub value: Option<(String, String)>,
}

/// A form and all its fields. Build it, then [`Render::render`] it (or splice it into `html!`).
#[derive(Clone, Debug)]
pub struct Form<'a> {
    pub(crate) lang: Lang,
    pub(crate) action: &'a str,
    pub(crate) csrf: Option<&'a str>,
    pub(crate) errors: Option<&'a Errors>,
    pub(crate) id_prefix: String,
    pub(crate) is_multipart: bool,
    pub(crate) is_inline: bool,
    pub(crate) label: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) buttons: Vec<Button>,
    pub(crate) cancel: Option<(String, String)>,
}

impl<'a> Form<'a> {
    /// A form that changes something: carries the token and shows the errors.
    pub fn post(
        lang: Lang,
        action: &'a str,
        csrf: &'a str,
        errors: &'a Errors,
        submit: impl Into<String>,
    ) -> Self {
        Form { csrf: Some(csrf), errors: Some(errors), ..Form::get(lang, action, submit) }
    }

    /// A form that only asks (search, filters): its fields end in the address.
    pub fn get(lang: Lang, action: &'a str, submit: impl Into<String>) -> Self {
        Form {
            lang,
            action,
            csrf: None,
            errors: None,
            id_prefix: String::new(),
            is_multipart: false,
            is_inline: false,
            label: None,
            pieces: Vec::new(),
            hidden: Vec::new(),
            buttons: vec![Button { label: submit.into(), style: Style::Primary, value: None }],
            cancel: None,
        }
    }

    /// The errors of a form that only asks (a search with an unreadable date).
    pub fn errors(mut self, errors: &'a Errors) -> Self {
        self.errors = Some(errors);
        self
    }

    /// Puts a word before every id, when a page has several forms with the same field names.
    pub fn id_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.id_prefix = format!("{}-", prefix.into());
        self
    }

    /// Sends files: `multipart/form-data`. Set by itself when a field is a file.
    pub fn multipart(mut self) -> Self {
        self.is_multipart = true;
        self
    }

    /// Fields side by side where there is room: filters, search bars.
    pub fn inline(mut self) -> Self {
        self.is_inline = true;
        self
    }

    /// Marks a search form as the `search` landmark with this name.
    pub fn landmark(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a field.
    pub fn field(mut self, field: Field) -> Self {
        self.is_multipart |= field.is_file();
        self.pieces.push(Piece::Field(field));
        self
    }

    /// Adds fields under one legend (`fieldset`).
    pub fn legend(mut self, legend: impl Into<String>, fields: Vec<Field>) -> Self {
        self.is_multipart |= fields.iter().any(Field::is_file);
        self.pieces.push(Piece::Group { legend: legend.into(), hint: None, fields });
        self
    }

    /// Adds fields under one legend with a hint.
    pub fn legend_with_hint(
        mut self,
        legend: impl Into<String>,
        hint: impl Into<String>,
        fields: Vec<Field>,
    ) -> Self {
        self.is_multipart |= fields.iter().any(Field::is_file);
        self.pieces.push(Piece::Group { legend: legend.into(), hint: Some(hint.into()), fields });
        self
    }

    /// A heading of level 2 between fields.
    pub fn section(mut self, heading: impl Into<String>) -> Self {
        self.pieces.push(Piece::Section(heading.into()));
        self
    }

    /// Anything that is not a field: an explanation, a notice, a summary list.
    pub fn markup(mut self, markup: Markup) -> Self {
        self.pieces.push(Piece::Markup(markup));
        self
    }

    /// A value that travels with the form.
    pub fn hidden(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// Changes the look of the submit button.
    pub fn style(mut self, style: Style) -> Self {
        if let Some(first) = self.buttons.first_mut() {
            first.style = style;
        }
        self
    }

    /// Gives the submit button a name and a value, for forms with several buttons.
    pub fn submit_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Some(first) = self.buttons.first_mut() {
            first.value = Some((name.into(), value.into()));
        }
        self
    }

    /// One more button, told apart on the server by its name and value.
    pub fn button(
        mut self,
        label: impl Into<String>,
        style: Style,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.buttons.push(Button { label: label.into(), style, value: Some((name.into(), value.into())) });
        self
    }

    /// A link that leaves the form.
    pub fn cancel(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.cancel = Some((label.into(), href.into()));
        self
    }
}

impl Render for Form<'_> {
    fn render(&self) -> Markup {
        write::form(self)
    }
}

/// One button that does one act (POST with the token), with the values it needs.
pub fn action_form(action: &str, csrf: &str, label: &str, style: Style, hidden: &[(&str, &str)]) -> Markup {
    action_form_about(action, csrf, label, "", style, hidden)
}

/// As [`action_form`] where several buttons say the same: `about` names the thing for people who do not see the row
/// ("Révoquer" *l'accès de Kiné Jaurès*).
pub fn action_form_about(
    action: &str,
    csrf: &str,
    label: &str,
    about: &str,
    style: Style,
    hidden: &[(&str, &str)],
) -> Markup {
    html! {
        form class="action" method="post" action=(action) {
            input type="hidden" name="csrf" value=(csrf);
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            button class=(style.class()) type="submit" {
                (label) @if !about.is_empty() { span class="unseen" { " " (about) } }
            }
        }
    }
}

/// A link that looks like a button: for going somewhere, never for changing something.
pub fn button_link(label: &str, href: &str, style: Style) -> Markup {
    html! { a class=(style.class()) href=(href) { (label) } }
}

#[cfg(test)]
mod tests;
