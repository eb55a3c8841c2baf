//! Dates in words, in both languages, at the edges.

use super::*;
use jiff::civil::date;

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("valid")
}

fn same(actual: &str, expected: &str) {
    assert_eq!(actual, expected);
}

#[test]
fn days_read_as_people_write_them() {
    same(&day(Lang::Fr, date(2026, 3, 3)), "3 mars 2026");
    same(&day(Lang::Fr, date(2026, 8, 1)), "1er août 2026");
    same(&day(Lang::En, date(2026, 8, 1)), "1 August 2026");
}

#[test]
fn paris_changes_hours_on_the_last_sundays_of_march_and_october() {
    for (utc, paris) in [
        ("2026-03-29T00:59:59Z", "29 mars 2026 à 01:59"),
        ("2026-03-29T01:00:00Z", "29 mars 2026 à 03:00"),
        ("2026-10-25T00:59:59Z", "25 octobre 2026 à 02:59"),
        ("2026-10-25T01:00:00Z", "25 octobre 2026 à 02:00"),
        ("2025-03-30T00:59:59Z", "30 mars 2025 à 01:59"),
        ("2025-03-30T01:00:00Z", "30 mars 2025 à 03:00"),
        ("2024-03-31T01:00:00Z", "31 mars 2024 à 03:00"),
        ("2024-10-27T01:00:00Z", "27 octobre 2024 à 02:00"),
        ("2026-12-31T23:30:00Z", "1er janvier 2027 à 00:30"),
        ("2026-07-13T22:00:00Z", "14 juillet 2026 à 00:00"),
    ] {
        same(&day_time(Lang::Fr, at(utc)), paris);
    }
}

#[test]
fn relative_times_go_both_ways() {
    let now = at("2026-11-21T12:00:00Z");
    for (then, fr, en) in [
        ("2026-11-21T11:59:30Z", "à l’instant", "just now"),
        ("2026-11-21T11:59:00Z", "il y a 1 minute", "1 minute ago"),
        ("2026-11-21T10:00:00Z", "il y a 2 heures", "2 hours ago"),
        ("2026-11-20T11:00:00Z", "il y a 1 jour", "1 day ago"),
        ("2026-11-24T12:00:00Z", "dans 3 jours", "in 3 days"),
        ("2026-09-01T12:00:00Z", "il y a 2 mois", "2 months ago"),
        ("2025-11-21T12:00:00Z", "il y a 1 an", "1 year ago"),
        ("2020-11-21T12:00:00Z", "il y a 5 ans", "5 years ago"),
        ("2016-11-20T12:00:00Z", "il y a 10 ans", "10 years ago"),
    ] {
        same(&relative(Lang::Fr, at(then), now), fr);
        same(&relative(Lang::En, at(then), now), en);
    }
}

#[test]
fn ages_read_as_carers_say_them() {
    let today = date(2026, 11, 21);
    for (birth, fr, en) in [
        (date(2026, 11, 21), "0 jour", "0 days"),
        (date(2026, 11, 9), "12 jours", "12 days"),
        (date(2026, 10, 21), "1 mois", "1 month"),
        (date(2025, 5, 21), "18 mois", "18 months"),
        (date(2024, 11, 22), "23 mois", "23 months"),
        (date(2024, 11, 21), "2 ans", "2 years"),
        (date(1992, 11, 22), "33 ans", "33 years"),
        (date(1992, 11, 21), "34 ans", "34 years"),
        (date(2027, 1, 1), "", ""),
    ] {
        same(&age(Lang::Fr, birth, today), fr);
        same(&age(Lang::En, birth, today), en);
    }
    same(&age(Lang::Fr, date(2026, 1, 31), date(2026, 2, 28)), "1 mois");
    same(&age(Lang::En, date(2008, 2, 29), date(2026, 2, 28)), "18 years");
}

#[test]
fn fhir_dates_are_shown_no_more_precisely_than_written() {
    for (text, fr) in [
        ("2026", "2026"),
        ("2026-03", "mars 2026"),
        ("2026-03-03", "3 mars 2026"),
        ("2026-03-03T13:02:00Z", "3 mars 2026 à 14:02"),
        ("2026-03-03T14:02:00+01:00", "3 mars 2026 à 14:02"),
        ("2026-13", "2026-13"),
        ("2026-02-30", "2026-02-30"),
        ("26-02-03", "26-02-03"),
        ("+026-02-03", "+026-02-03"),
        ("hier", "hier"),
        ("", ""),
    ] {
        same(&fhir(Lang::Fr, text), fr);
    }
}

#[test]
fn sizes_and_counts_agree_with_the_language() {
    same(&size(Lang::Fr, 1), "1 octet");
    same(&size(Lang::En, 0), "0 bytes");
    same(&size(Lang::Fr, 120_400), "120 Ko");
    same(&size(Lang::Fr, 1_449_000), "1,4 Mo");
    same(&size(Lang::En, 1_449_000), "1.4 MB");
    same(&size(Lang::En, 3_000_000_000), "3 GB");
    same(&plural(Lang::Fr, 0, "document", "documents"), "0 document");
    same(&plural(Lang::En, 0, "document", "documents"), "0 documents");
}

#[test]
fn an_ins_is_grouped_and_anything_else_is_left_alone() {
    same(&ins("185057800608491"), "1 85 05 78 006 084 91");
    same(&ins("2 84 2A 12 345 678 90"), "2 84 2A 12 345 678 90");
    same(&ins("inconnu"), "inconnu");
}
