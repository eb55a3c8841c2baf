//! Lines of the log by day and by sitting: who opens a record reads many things in a minute; that is one act. Pure.

use crate::sentence::Told;
use socle_kernel::Lang;
use socle_ui::{Date, dates};
use std::time::Duration;

/// A pause after which the same person starts a new sitting.
const PAUSE: Duration = Duration::from_secs(30 * 60);
/// Reads of one kind within this time are one act.
const TOGETHER: Duration = Duration::from_secs(60);

/// A day of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which, in Paris.
    pub date: Date,
    /// Who came, newest first.
    pub sittings: Vec<Sitting>,
}

/// What one person did in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// Its acts, newest first; never empty.
    pub acts: Vec<Told>,
}

impl Sitting {
    /// Its newest act, which says who and why.
    pub fn head(&self) -> &Told {
        self.acts.first().expect("a sitting is made with its first act")
    }
}

/// Groups lines that come newest first.
pub fn group(lang: Lang, lines: Vec<Told>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for line in lines {
        let date = dates::date_of(line.at);
        if days.last().is_none_or(|day| day.date != date) {
            days.push(Day { date, sittings: Vec::new() });
        }
        let day = days.last_mut().expect("pushed just now when there was none");
        let known = day.sittings.iter_mut().rev().find(|sitting| sitting.head().thread == line.thread);
        match known.filter(|sitting| sitting.acts.last().is_some_and(|last| last.at <= line.at.plus(PAUSE))) {
            Some(sitting) => add(lang, sitting, line),
            None => day.sittings.push(Sitting { acts: vec![line] }),
        }
    }
    days
}

/// Adds a line to a sitting: to an act of the same kind in the same minute, or as an act of its own.
fn add(lang: Lang, sitting: &mut Sitting, line: Told) {
    let same = sitting.acts.iter_mut().find(|act| act.act == line.act && act.at <= line.at.plus(TOGETHER));
    let Some(act) = same else {
        sitting.acts.push(line);
        return;
    };
    let known = act.documents.len();
    for document in line.documents {
        if !act.documents.contains(&document) {
            act.documents.push(document);
        }
    }
    if act.documents.len() > known && act.documents.len() > 1 {
        act.what = several(lang, act);
    } else if act.what != line.what && act.count < line.count {
        // The fuller of two lists of the same thing.
        act.what = line.what;
    }
    act.count = act.count.max(line.count);
}

fn several(lang: Lang, act: &Told) -> String {
    let count = act.documents.len();
    let has = if act.is_own { "avez" } else { "a" };
    let (verb_fr, verb_en) = match act.act.0.as_str() {
        "Create" => ("déposé", "added"),
        "Update" => ("modifié", "changed"),
        "Delete" => ("supprimé", "deleted"),
        "Label" => ("changé la visibilité de", "changed the visibility of"),
        _ => ("consulté", "looked at"),
    };
    match lang {
        Lang::Fr => format!("{has} {verb_fr} {count} documents"),
        Lang::En => format!("{verb_en} {count} documents"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::tests::{entry, key};
    use crate::sentence::{Titles, tell};
    use socle_gate::Deed;
    use std::collections::HashMap;

    fn told(minutes: i64, deed: Deed, type_name: &str, number: u64) -> Told {
        let key = key(type_name, number);
        let titles: Titles = HashMap::from([(key, (format!("Document {number}"), format!("/d/{number}")))]);
        tell(Lang::Fr, format!("l{minutes}"), &entry(minutes, deed, &[key]), &titles, "claire")
    }

    #[test]
    fn many_reads_of_one_minute_are_one_act() {
        let lines = vec![
            told(1, Deed::Read, "DocumentReference", 1),
            told(1, Deed::Search, "DocumentReference", 2),
            told(1, Deed::Search, "AllergyIntolerance", 9),
            told(0, Deed::Read, "DocumentReference", 3),
        ];
        let days = group(Lang::Fr, lines);
        assert_eq!((days.len(), days[0].sittings.len()), (1, 1));
        let acts = &days[0].sittings[0].acts;
        assert_eq!(acts.len(), 2);
        assert_eq!(acts[0].what, "a consulté 3 documents");
        assert_eq!(acts[0].documents.len(), 3);
        assert_eq!(acts[1].what, "a consulté vos allergies");
    }

    #[test]
    fn a_pause_another_purpose_or_a_refusal_is_another_sitting() {
        let mut emergency = told(1, Deed::Read, "DocumentReference", 1);
        emergency.thread.push('x');
        let lines = vec![
            told(60, Deed::Read, "DocumentReference", 1),
            emergency,
            told(0, Deed::Read, "DocumentReference", 1),
        ];
        assert_eq!(group(Lang::Fr, lines)[0].sittings.len(), 3);
    }

    #[test]
    fn days_are_those_of_paris() {
        let lines = vec![
            told(24 * 60, Deed::Read, "DocumentReference", 1),
            told(0, Deed::Read, "DocumentReference", 1),
        ];
        let days = group(Lang::Fr, lines);
        assert_eq!(days.len(), 2);
        assert!(days[0].date > days[1].date);
    }
}
