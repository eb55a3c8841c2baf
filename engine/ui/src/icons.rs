//! The mark of Socle and its icons, drawn for it as inline SVG that follows the text's colour.

use maud::{Markup, PreEscaped, html};

/// A pictogram. Always decorative: the words beside it carry the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// A sheet of text: any document.
    Document,
    /// A flask: laboratory results.
    Laboratory,
    /// A framed picture: imaging.
    Imaging,
    /// A capsule: prescriptions and treatments.
    Prescription,
    /// A syringe: vaccination.
    Vaccine,
    /// An envelope: mail and letters.
    Letter,
    /// A hospital building: stays, organisations.
    Hospital,
    /// A calendar: appointments.
    Calendar,
    /// One person.
    Person,
    /// Two persons: a family, a care team.
    People,
    /// A shield: rights and security.
    Shield,
    /// An eye: who looked.
    Eye,
    /// A crossed eye: masked.
    Hidden,
    /// A heart with a pulse: measures and summary.
    Heart,
    /// A magnifying glass.
    Search,
    /// A key: access.
    Key,
    /// A plus sign.
    Plus,
    /// A tick.
    Check,
    /// A triangle with an exclamation mark.
    Warning,
    /// A circle with an `i`.
    Info,
    /// A tray with an arrow downward: download.
    Download,
    /// A clock.
    Clock,
    /// A map pin: places.
    Place,
    /// Two chevrons: code and the sandbox.
    Code,
    /// Three bars: figures.
    Chart,
    /// A telephone handset.
    Phone,
    /// A speech bubble.
    Message,
    /// Two arrows: share, exchange.
    Share,
}

impl Icon {
    /// All of them, for the gallery.
    pub const ALL: [Icon; 28] = [
        Icon::Document,
        Icon::Laboratory,
        Icon::Imaging,
        Icon::Prescription,
        Icon::Vaccine,
        Icon::Letter,
        Icon::Hospital,
        Icon::Calendar,
        Icon::Person,
        Icon::People,
        Icon::Shield,
        Icon::Eye,
        Icon::Hidden,
        Icon::Heart,
        Icon::Search,
        Icon::Key,
        Icon::Plus,
        Icon::Check,
        Icon::Warning,
        Icon::Info,
        Icon::Download,
        Icon::Clock,
        Icon::Place,
        Icon::Code,
        Icon::Chart,
        Icon::Phone,
        Icon::Message,
        Icon::Share,
    ];

    /// The outline on a 24 by 24 grid, drawn with a line of 1.75.
    fn outline(self) -> &'static str {
        match self {
            Icon::Document => "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
            Icon::Laboratory => "M9 3h6M10 3v6l-5 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M8 15h8",
            Icon::Imaging => "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
            Icon::Prescription => {
                "M5.6 12.7l7.1-7.1a4 4 0 0 1 5.7 5.7l-7.1 7.1a4 4 0 0 1-5.7-5.7zM9.2 9.2l5.7 5.7"
            }
            Icon::Vaccine => "M14 4l6 6M17 7l-3.5 3.5M7 11l6 6M10 8l6 6-5 5H5v-6zM5 19l-2 2",
            Icon::Letter => "M3.5 6h17v12h-17zM3.5 7l8.5 6 8.5-6",
            Icon::Hospital => "M5 21V5h14v16M3 21h18M12 8v6M9 11h6M10 21v-4h4v4",
            Icon::Calendar => "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
            Icon::Person => "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.5 21a7.5 7.5 0 0 1 15 0",
            Icon::People => {
                "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 20a6.5 6.5 0 0 1 13 0M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.5a6.5 6.5 0 0 1 3.5 5.5"
            }
            Icon::Shield => {
                "M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.500-1.500-7.500-5-7.500-9.500V6zM8.500 12l2.500 2.500 4.500-5"
            }
            Icon::Eye => {
                "M2.500 12C5 7.500 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"
            }
            Icon::Hidden => {
                "M4 4l16 16M9.500 5.900A9 9 0 0 1 12 5.500c3.700 0 7 2 9.500 6.500a15 15 0 0 1-2.600 3.400M6.300 7.300A14 14 0 0 0 2.500 12c2.500 4.500 5.800 6.500 9.500 6.500 1.600 0 3.200-.4 4.600-1.200M9.900 9.900a3 3 0 0 0 4.200 4.200"
            }
            Icon::Heart => {
                "M12 20s-8.500-5-8.500-11A4.500 4.500 0 0 1 12 6.800 4.500 4.500 0 0 1 20.500 9c0 6-8.500 11-8.500 11zM6.500 12.500H10l1.500-3 2 5 1.300-2H17.500"
            }
            Icon::Search => "M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13zM15.300 15.300L21 21",
            Icon::Key => {
                "M8 11a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9zM11.200 12.300L20 3.500M16 7.500l3 3M13.500 10l2 2"
            }
            Icon::Plus => "M12 5v14M5 12h14",
            Icon::Check => "M4.500 12.500l5 5 10-11",
            Icon::Warning => "M12 3.500L22 20.500H2zM12 10v5M12 17.800v.01",
            Icon::Info => "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5.500M12 7.600v.01",
            Icon::Download => "M12 4v11M7.500 10.500L12 15l4.500-4.500M4 17v3h16v-3",
            Icon::Clock => "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5.200l3.500 2",
            Icon::Place => {
                "M12 21s-7-6.200-7-11a7 7 0 0 1 14 0c0 4.800-7 11-7 11zM12 7.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z"
            }
            Icon::Code => "M8.500 6.500L3 12l5.500 5.500M15.500 6.500L21 12l-5.500 5.500",
            Icon::Chart => "M4 20h16M7 16v-4M12 16V6M17 16V9",
            Icon::Phone => {
                "M5 4h4l1.500 4.500L8 10.200a12 12 0 0 0 5.800 5.800l1.700-2.500L20 15v4a1.500 1.500 0 0 1-1.600 1.500C10.500 20 4 13.500 3.500 5.600A1.500 1.500 0 0 1 5 4z"
            }
            Icon::Message => "M4 5h16v11h-8l-5 4v-4H4z",
            Icon::Share => "M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4",
        }
    }

    /// The icon as an SVG hidden from assistive technologies.
    pub fn markup(self) -> Markup {
        html! {
            svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"
                fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {
                path d=(self.outline()) {}
            }
        }
    }
}

/// The shapes of the mark on a 40 by 40 grid: a person stands on a base of three layers, each one wider.
const MARK: &str = r##"<circle cx="20" cy="7.500" r="5" fill="#f2a65a"/><path d="M11.500 21a8.500 6.500 0 0 1 17 0z" fill="currentColor"/><rect x="8" y="23.500" width="24" height="4.600" rx="2.300" fill="currentColor" opacity=".82"/><rect x="5" y="29.600" width="30" height="4.600" rx="2.300" fill="currentColor" opacity=".64"/><rect x="2" y="35.400" width="36" height="4.600" rx="2.300" fill="currentColor" opacity=".46"/>"##;

/// The mark, decorative: the name stands beside it.
pub fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true" focusable="false" {
            (PreEscaped(MARK))
        }
    }
}

/// The mark as a stand-alone file, for the browser's tab.
pub(crate) fn favicon() -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-3 -3 46 46\" color=\"#0e5a52\">\
         <rect x=\"-3\" y=\"-3\" width=\"46\" height=\"46\" rx=\"9\" fill=\"#fdf8f0\"/>{MARK}</svg>"
    )
}
