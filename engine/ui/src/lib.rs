//! Typed HTML components, layout, words and dates in two languages, CDA as readable pages.
//!
//! A page is [`page`] around a body made of [`form`] and [`parts`]. Components take values and give [`Markup`]: an
//! input cannot exist without its label, an error cannot exist without its entry in the summary. Everything works
//! without scripts; the one script only improves.

pub mod assets;
pub mod cda;
pub mod dates;
pub mod form;
pub mod icons;
pub mod lint;
pub mod parts;
pub mod samples;
pub mod shell;

pub use icons::Icon;
pub use jiff::civil::Date;
pub use maud::{Markup, PreEscaped, Render, html};
pub use parts::Tone;
pub use shell::{NavItem, Notice, PersonBanner, Session, Shell, Space, User, page};
pub use socle_kernel::Lang;
