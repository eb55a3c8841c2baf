//! What happened, in order: the timeline of a record and the lines of its access log.

use super::{Tone, tag};
use crate::dates;
use maud::{Markup, html};
use socle_kernel::{Instant, Lang};

/// One event of a timeline.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, in words.
    pub when: String,
    /// What happened.
    pub title: Markup,
    /// More about it.
    pub detail: Markup,
    /// Colour of its mark.
    pub tone: Tone,
}

/// Events under each other along a line.
pub fn timeline(events: &[Event]) -> Markup {
    html! {
        ol class="timeline" {
            @for event in events {
                li class={ "event " (event.tone.class()) } {
                    p class="event-when" { (event.when) }
                    p class="event-title" { (event.title) }
                    div { (event.detail) }
                }
            }
        }
    }
}

/// One line of an access log, in words the person understands.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// When.
    pub at: Instant,
    /// Who: name, or the name of an application.
    pub who: &'a str,
    /// Profession and place: "Médecin généraliste, Cabinet des Halles".
    pub role: &'a str,
    /// What they did: "a consulté 3 documents".
    pub what: &'a str,
    /// What for: "Soins", "Urgence : patient inconscient".
    pub why: &'a str,
    /// True when the access is out of the ordinary (break-glass, unknown place, at night).
    pub is_unusual: bool,
    /// Where to see what was seen.
    pub href: Option<&'a str>,
    /// Where to say "I do not understand this access".
    pub question_href: Option<&'a str>,
}

/// Lines of an access log, newest first by the caller's order.
pub fn access_log(lang: Lang, lines: &[Access<'_>]) -> Markup {
    html! { ol class="accesses" { @for line in lines { (access(lang, line)) } } }
}

fn access(lang: Lang, line: &Access<'_>) -> Markup {
    html! {
        li class=(if line.is_unusual { "access access-unusual" } else { "access" }) {
            p class="access-when" { (dates::day_time_markup(lang, line.at)) }
            div {
                p { strong { (line.who) } " " (line.what)
                    @if line.is_unusual { " " (tag(lang.pick("Accès inhabituel", "Unusual access"),
                        Tone::Warning)) } }
                p class="access-role" { (line.role) }
                @if !line.why.is_empty() {
                    p class="access-why" { (lang.pick("Motif\u{a0}: ", "Reason: ")) (line.why) }
                }
                @if line.href.is_some() || line.question_href.is_some() {
                    p class="access-links" {
                        @let about = dates::day_time(lang, line.at);
                        @if let Some(href) = line.href {
                            a href=(href) { (lang.pick("Voir le détail", "See the detail"))
                                span class="unseen" { (lang.pick(" de l’accès de ", " of the access by "))
                                    (line.who) ", " (about) } }
                            " "
                        }
                        @if let Some(href) = line.question_href {
                            a href=(href) { (lang.pick("Je ne comprends pas cet accès",
                                "I do not understand this access"))
                                span class="unseen" { " (" (line.who) ", " (about) ")" } }
                        }
                    }
                }
            }
        }
    }
}
