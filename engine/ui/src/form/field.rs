//! Fields of a form as values. Each constructor demands the name and the label; the rest is optional.

/// How wide a text field is drawn: a hint of the expected length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// The whole line, up to the reading width.
    #[default]
    Full,
    /// About twenty characters.
    Medium,
    /// About ten characters.
    Short,
}

/// One choice of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// One sentence under it (radios and checkboxes).
    pub hint: Option<String>,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Choice { value: value.into(), label: label.into(), hint: None }
    }

    /// A choice with one sentence under it.
    pub fn with_hint(value: impl Into<String>, label: impl Into<String>, hint: impl Into<String>) -> Self {
        Choice { value: value.into(), label: label.into(), hint: Some(hint.into()) }
    }
}

impl<V: Into<String>, L: Into<String>> From<(V, L)> for Choice {
    fn from((value, label): (V, L)) -> Self {
        Choice::new(value, label)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// `input` of this type.
    Input(&'static str),
    OneTimeCode,
    /// Three text fields: `name-day`, `name-month`, `name-year`.
    Date {
        day: String,
        month: String,
        year: String,
    },
    Select(Vec<Choice>),
    Radios(Vec<Choice>),
    Checkboxes(Vec<Choice>, Vec<String>),
    /// One box with its own label.
    Checkbox {
        is_checked: bool,
    },
    TextArea {
        rows: u8,
    },
    File {
        accept: String,
    },
}

/// A field: its control and everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub(crate) control: Control,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
    pub(crate) value: String,
    pub(crate) autocomplete: Option<String>,
    pub(crate) inputmode: Option<&'static str>,
    pub(crate) width: Width,
    pub(crate) is_optional: bool,
    pub(crate) is_inline: bool,
    pub(crate) maxlength: Option<usize>,
    pub(crate) suffix: Option<String>,
}

impl Field {
    fn new(control: Control, name: impl Into<String>, label: impl Into<String>) -> Self {
        Field {
            control,
            name: name.into(),
            label: label.into(),
            hint: None,
            value: String::new(),
            autocomplete: None,
            inputmode: None,
            width: Width::Full,
            is_optional: false,
            is_inline: false,
            maxlength: None,
            suffix: None,
        }
    }

    /// A sentence before the control: format, example, where to find it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is already there (or the chosen value of radios and select). Ignored by passwords and files.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// What is already in the three fields of a date: day, month, year.
    pub fn date_value(
        mut self,
        day: impl Into<String>,
        month: impl Into<String>,
        year: impl Into<String>,
    ) -> Self {
        if let Control::Date { .. } = self.control {
            self.control = Control::Date { day: day.into(), month: month.into(), year: year.into() };
        }
        self
    }

    /// What is already in the three fields of a date.
    pub fn on(self, date: jiff::civil::Date) -> Self {
        self.date_value(date.day().to_string(), date.month().to_string(), date.year().to_string())
    }

    /// The ticked values of checkboxes.
    pub fn values(mut self, ticked: impl IntoIterator<Item = impl Into<String>>) -> Self {
        if let Control::Checkboxes(_, values) = &mut self.control {
            *values = ticked.into_iter().map(Into::into).collect();
        }
        self
    }

    /// Ticks a single checkbox.
    pub fn checked(mut self, is_checked: bool) -> Self {
        if let Control::Checkbox { .. } = self.control {
            self.control = Control::Checkbox { is_checked };
        }
        self
    }

    /// The HTML autocomplete token: `family-name`, `bday`, `username`, `current-password`, `off` … For a date, `bday`
    /// becomes `bday-day`, `bday-month`, `bday-year`.
    pub fn autocomplete(mut self, token: impl Into<String>) -> Self {
        self.autocomplete = Some(token.into());
        self
    }

    /// The keyboard of phones: `numeric`, `decimal`, `email`, `tel`.
    pub fn inputmode(mut self, mode: &'static str) -> Self {
        self.inputmode = Some(mode);
        self
    }

    /// How wide the field is drawn.
    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Says "(facultatif)" after the label. Fields are required unless they say so.
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Radios or checkboxes side by side: for two or three short choices.
    pub fn inline(mut self) -> Self {
        self.is_inline = true;
        self
    }

    /// The most characters the field takes.
    pub fn maxlength(mut self, characters: usize) -> Self {
        self.maxlength = Some(characters);
        self
    }

    /// The unit after the field: `kg`, `cm`, `°C`.
    pub fn suffix(mut self, unit: impl Into<String>) -> Self {
        self.suffix = Some(unit.into());
        self
    }

    /// Lines of a text area.
    pub fn rows(mut self, rows: u8) -> Self {
        if let Control::TextArea { .. } = self.control {
            self.control = Control::TextArea { rows };
        }
        self
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self.control, Control::File { .. })
    }
}

/// One line of text.
pub fn text(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Input("text"), name, label)
}

/// An e-mail address.
pub fn email(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Input("email"), name, label).autocomplete("email")
}

/// A telephone number.
pub fn tel(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Input("tel"), name, label).autocomplete("tel").width(Width::Medium)
}

/// A number, typed as text with the numeric keyboard (spinners change values by accident).
pub fn number(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Input("text"), name, label)
        .inputmode("decimal")
        .autocomplete("off")
        .width(Width::Short)
}

/// Words to search for.
pub fn search(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Input("search"), name, label).autocomplete("off")
}

/// A password; never written back into the page.
pub fn password(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Input("password"), name, label).autocomplete("current-password").width(Width::Medium)
}

/// A one-time code of six digits.
pub fn one_time_code(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::OneTimeCode, name, label)
        .autocomplete("one-time-code")
        .inputmode("numeric")
        .width(Width::Short)
}

/// A date that people know: three fields `name-day`, `name-month`, `name-year`.
pub fn date(name: impl Into<String>, label: impl Into<String>) -> Field {
    let control = Control::Date { day: String::new(), month: String::new(), year: String::new() };
    Field::new(control, name, label).inputmode("numeric")
}

/// One choice of many, in a list that opens. Prefer [`radios`] up to seven.
pub fn select<O: Into<Choice>>(
    name: impl Into<String>,
    label: impl Into<String>,
    options: impl IntoIterator<Item = O>,
) -> Field {
    Field::new(Control::Select(options.into_iter().map(Into::into).collect()), name, label)
}

/// One choice of a few.
pub fn radios<O: Into<Choice>>(
    name: impl Into<String>,
    label: impl Into<String>,
    options: impl IntoIterator<Item = O>,
) -> Field {
    Field::new(Control::Radios(options.into_iter().map(Into::into).collect()), name, label)
}

/// Any number of a few choices.
pub fn checkboxes<O: Into<Choice>>(
    name: impl Into<String>,
    label: impl Into<String>,
    options: impl IntoIterator<Item = O>,
) -> Field {
    Field::new(Control::Checkboxes(options.into_iter().map(Into::into).collect(), Vec::new()), name, label)
}

/// One box to tick; sent as `name=on`.
pub fn checkbox(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::Checkbox { is_checked: false }, name, label)
}

/// Several lines of text.
pub fn textarea(name: impl Into<String>, label: impl Into<String>) -> Field {
    Field::new(Control::TextArea { rows: 5 }, name, label)
}

/// A file to send; `accept` as in HTML (`.pdf,image/png`).
pub fn file(name: impl Into<String>, label: impl Into<String>, accept: impl Into<String>) -> Field {
    Field::new(Control::File { accept: accept.into() }, name, label)
}
