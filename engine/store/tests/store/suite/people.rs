//! The search of people at a desk.

use crate::builders::{Opened, commit, deletion, home, person, typed_key, write};
use socle_kernel::Key;
use socle_kernel::resource_type::PATIENT;
use socle_store::{Person, PersonQuery, Snapshot, Write};

fn patient(number: u64) -> Key {
    typed_key(home(number), PATIENT, number)
}

fn registered(number: u64, person: Person) -> Write {
    Write { person: Some(person), ..write(patient(number), 0) }
}

async fn found(view: &mut dyn Snapshot, query: PersonQuery) -> Vec<u64> {
    let keys = view.find_people(&query, 100).await.expect("found");
    keys.into_iter().map(|key| key.seq.number()).collect()
}

fn query(days: (i32, i32), family: &str, given: &str, exact: bool) -> PersonQuery {
    PersonQuery { birth_days: days, family: family.to_owned(), given: given.to_owned(), exact }
}

async fn five_people(store: &Opened) {
    let people = [
        registered(1, person(100, &["MARTIN"], &["ZOE"])),
        registered(2, person(100, &["MARTINEZ", "DURAND"], &["LEA", "ANNE"])),
        registered(3, person(-20_000, &["MARTIN"], &["PAUL"])),
        registered(4, person(101, &["LE GALL"], &[])),
        registered(5, person(100, &["ÉLAN"], &["ZOE"])),
    ];
    store.commit(commit(people)).await.expect("registered");
}

pub async fn finds_people_by_birth_day_and_beginnings_of_names(store: &Opened) {
    five_people(store).await;
    let view = &mut *store.snapshot().await.expect("view");
    assert_eq!(found(view, query((100, 100), "MARTIN", "", false)).await, [1, 2]);
    assert_eq!(found(view, query((100, 100), "MARTIN", "", true)).await, [1]);
    assert_eq!(found(view, query((100, 100), "", "ZO", false)).await, [1, 5]);
    assert_eq!(found(view, query((100, 100), "", "ZO", true)).await, Vec::<u64>::new());
    assert_eq!(found(view, query((-30_000, 30_000), "MARTIN", "", true)).await, [3, 1]);
    assert_eq!(found(view, query((101, 200), "LE", "", false)).await, [4]);
    assert_eq!(found(view, query((102, 101), "", "", false)).await, Vec::<u64>::new());
}

pub async fn names_a_person_once_whatever_the_number_of_names(store: &Opened) {
    five_people(store).await;
    let view = &mut *store.snapshot().await.expect("view");
    assert_eq!(found(view, query((100, 100), "", "", false)).await, [2, 1, 5]);
    assert_eq!(found(view, query((100, 100), "DURAND", "ANNE", true)).await, [2]);
    assert_eq!(view.find_people(&query((0, 200), "", "", false), 2).await.expect("found").len(), 2);
}

pub async fn forgets_names_that_changed_and_people_who_left(store: &Opened) {
    let (before, after) = (person(100, &["MARTIN"], &["ZOE"]), person(100, &["PETIT"], &["ZOE"]));
    store.commit(commit([registered(1, before.clone())])).await.expect("registered");
    let renamed = Write { person: Some(after.clone()), person_before: Some(before), ..write(patient(1), 1) };
    store.commit(commit([renamed])).await.expect("renamed");
    let view = &mut *store.snapshot().await.expect("view");
    assert_eq!(found(view, query((100, 100), "MARTIN", "", false)).await, Vec::<u64>::new());
    assert_eq!(found(view, query((100, 100), "PETIT", "", false)).await, [1]);
    let left = Write { person_before: Some(after), ..deletion(patient(1), 2) };
    store.commit(commit([left])).await.expect("deleted");
    let view = &mut *store.snapshot().await.expect("view");
    assert_eq!(found(view, query((100, 100), "", "", false)).await, Vec::<u64>::new());
}
