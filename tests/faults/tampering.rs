//! Whoever alters the audit log in the database file is found out by `socle audit verify`.

use crate::harness::program::{Server, run};
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;

/// A stopped store with a few lines in its log.
fn a_store(folder: &Path) -> String {
    let store = folder.join("store");
    let server = Server::demo(&store, 0);
    let system = server.client_as("systeme-1");
    for number in 0..6 {
        let stored =
            system.create(&json!({ "resourceType": "Organization", "name": format!("Trace {number}") }));
        system.get(&format!("/fhir/Organization/{}", stored["id"].as_str().unwrap())).expect(200);
    }
    assert_eq!(server.stop(), 0);
    store.display().to_string()
}

fn verify_after(change: impl FnOnce(&Connection)) {
    let folder = tempfile::tempdir().unwrap();
    let data = a_store(folder.path());
    let whole = run(&["audit", "verify", "--data", &data]);
    assert_eq!(whole.code, 0, "{} {}", whole.out, whole.err);
    assert!(whole.out.contains("The log is whole"), "{}", whole.out);
    let connection = Connection::open(Path::new(&data).join("socle.db")).unwrap();
    change(&connection);
    drop(connection);
    let altered = run(&["audit", "verify", "--data", &data]);
    assert_eq!(altered.code, 1, "the change was not noticed: {} {}", altered.out, altered.err);
    assert!(altered.out.contains("FAULT") && altered.out.contains("NOT whole"), "{}", altered.out);
    let told = run(&["audit", "verify", "--json", "--data", &data]);
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert!(!report["faults"].as_array().unwrap().is_empty());
}

/// Numbers of two lines in the middle of the log.
fn two_lines(connection: &Connection) -> (i64, i64) {
    let last: i64 = connection.query_row("SELECT max(number) FROM audit", [], |row| row.get(0)).unwrap();
    (last - 3, last - 2)
}

#[test]
fn one_changed_byte_is_noticed() {
    verify_after(|connection| {
        let (line, _) = two_lines(connection);
        let mut entry: Vec<u8> = connection
            .query_row("SELECT entry FROM audit WHERE number = ?1", [line], |row| row.get(0))
            .unwrap();
        let middle = entry.len() / 2;
        entry[middle] ^= 1;
        assert_eq!(
            connection.execute("UPDATE audit SET entry = ?1 WHERE number = ?2", (entry, line)).unwrap(),
            1
        );
    });
}

#[test]
fn a_removed_line_is_noticed() {
    verify_after(|connection| {
        let (line, _) = two_lines(connection);
        assert_eq!(connection.execute("DELETE FROM audit WHERE number = ?1", [line]).unwrap(), 1);
    });
}

#[test]
fn two_swapped_lines_are_noticed() {
    verify_after(|connection| {
        let (one, other) = two_lines(connection);
        let swap = "UPDATE audit SET number = ?1 + ?2 - number WHERE number IN (?1, ?2)";
        assert_eq!(connection.execute(swap, (one, other)).unwrap(), 2);
    });
}

#[test]
fn the_last_line_cannot_be_cut_off() {
    verify_after(|connection| {
        assert_eq!(
            connection
                .execute("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)", [])
                .unwrap(),
            1
        );
    });
}
