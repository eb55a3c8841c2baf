//! Whoever alters the audit log in the database is found out, and what was altered is named.

use super::{database, open_in};
use crate::builders::{audits, home, keys, line};
use rusqlite::Connection;
use socle_kernel::limits;
use socle_store::{AuditReport, StoreError};
use std::path::Path;
use tempfile::TempDir;

/// A stopped store with twelve lines of three homes and several heads.
async fn a_log() -> TempDir {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    for n in 0..12 {
        store.commit(audits([line(home(n % 3), n)])).await.expect("traced");
        store.clock.advance(limits::AUDIT_HEAD_EVERY / 4);
    }
    store.close().await.expect("closes");
    let report = verify(folder.path());
    assert_eq!((report.lines, report.heads, report.faults), (12, 4, vec![]));
    folder
}

fn verify(folder: &Path) -> AuditReport {
    socle_store::verify_file(folder, &keys()).expect("readable")
}

/// What verification says after a change of the database.
async fn faults_after(change: impl FnOnce(&Connection)) -> Vec<String> {
    let folder = a_log().await;
    let conn = database(folder.path());
    change(&conn);
    drop(conn);
    let faults = verify(folder.path()).faults;
    assert!(!faults.is_empty(), "the change was not noticed");
    // A running server says the same, unless it refuses to start on such a log.
    match open_in(folder.path()).await {
        Ok(store) => assert_eq!(store.verify_audit().await.expect("verified").faults, faults),
        Err(error) => assert!(matches!(error, StoreError::Corrupt(_)), "{error}"),
    }
    faults
}

fn run(conn: &Connection, text: &str) {
    assert!(conn.execute(text, []).expect("altered") > 0, "{text}");
}

fn names(faults: &[String], words: &[&str]) {
    let found = faults.iter().any(|fault| words.iter().all(|word| fault.contains(word)));
    assert!(found, "expected {words:?} in {faults:?}");
}

#[tokio::test]
async fn names_a_line_with_one_altered_byte() {
    let flip = "UPDATE audit SET entry = CAST(substr(entry, 1, 20) || char(1) || substr(entry, 22) AS BLOB) WHERE number = 4";
    let faults = faults_after(|conn| run(conn, flip)).await;
    names(&faults, &["line 4 of", &format!("{:?}", home(1)), "was altered"]);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[tokio::test]
async fn names_a_line_whose_moment_was_altered() {
    let faults = faults_after(|conn| run(conn, "UPDATE audit SET at = at + 1 WHERE number = 4")).await;
    names(&faults, &["line 4 of", "was altered"]);
}

#[tokio::test]
async fn names_a_removed_line() {
    let faults = faults_after(|conn| run(conn, "DELETE FROM audit WHERE number = 7")).await;
    names(&faults, &["line 7 of", &format!("{:?}", home(1)), "was removed"]);
}

#[tokio::test]
async fn names_two_lines_that_changed_places() {
    let faults = faults_after(|conn| {
        run(conn, "UPDATE audit SET number = 11 - number WHERE number IN (5, 6)");
    })
    .await;
    names(&faults, &["line 5 of", "was moved", "number 6"]);
    names(&faults, &["line 6 of", "was moved", "number 5"]);
}

#[tokio::test]
async fn names_two_lines_that_changed_their_contents() {
    let faults = faults_after(|conn| {
        let entry = |n: i64| -> Vec<u8> {
            conn.query_row("SELECT entry FROM audit WHERE number = $1", [n], |row| row.get(0)).expect("there")
        };
        let (five, eight) = (entry(5), entry(8));
        for (n, bytes) in [(5, eight), (8, five)] {
            conn.execute("UPDATE audit SET entry = $1 WHERE number = $2", (bytes, n)).expect("altered");
        }
    })
    .await;
    names(&faults, &["line 5 of", "was altered"]);
    names(&faults, &["line 8 of", "was altered"]);
}

#[tokio::test]
async fn notices_that_the_last_line_was_removed() {
    let faults = faults_after(|conn| run(conn, "DELETE FROM audit WHERE number = 11")).await;
    names(&faults, &["line 11 of", "was removed"]);
}

#[tokio::test]
async fn notices_that_the_last_line_was_removed_with_its_leaf_and_head() {
    let faults = faults_after(|conn| {
        run(conn, "DELETE FROM audit WHERE number = 11");
        run(conn, "DELETE FROM leaf WHERE number = 11");
        run(conn, "DELETE FROM head WHERE size = 12");
    })
    .await;
    names(&faults, &["the tree counts 12 lines, the log has 11"]);
}

#[tokio::test]
async fn notices_that_lines_under_a_head_were_removed() {
    let faults = faults_after(|conn| {
        run(conn, "DELETE FROM audit WHERE number >= 10");
        run(conn, "DELETE FROM leaf WHERE number >= 10");
    })
    .await;
    names(&faults, &["counts 12 lines, the log has 10", "removed from its end"]);
}

#[tokio::test]
async fn names_a_leaf_that_was_removed() {
    let faults = faults_after(|conn| run(conn, "DELETE FROM leaf WHERE number = 3")).await;
    names(&faults, &["line 3 is missing from the tree"]);
    names(&faults, &["number 3 of", "is not in the tree"]);
    names(&faults, &["does not lead to the head"]);
}

#[tokio::test]
async fn names_an_inserted_line() {
    let copy = "INSERT INTO audit (home, seq, number, at, entry) SELECT home, 99, number, at, entry FROM audit WHERE number = 2";
    let faults = faults_after(|conn| run(conn, copy)).await;
    names(&faults, &["number 2 of", &format!("{:?}", home(2)), "is not in the tree"]);
}

#[tokio::test]
async fn an_altered_line_is_found_even_when_its_leaf_was_altered_to_match() {
    let faults = faults_after(|conn| {
        // The forger computes the leaf as the store does, from the altered line.
        run(conn, "UPDATE audit SET entry = zeroblob(40) WHERE number = 4");
        let (owner, seq, at): (i64, i64, i64) = conn
            .query_row("SELECT home, seq, at FROM audit WHERE number = 4", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .expect("there");
        let mut bytes = vec![0u8];
        [4i64, owner, seq, at].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
        bytes.extend([0u8; 40]);
        let hash = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
        conn.execute("UPDATE leaf SET hash = $1 WHERE number = 4", [hash.as_slice()]).expect("altered");
    })
    .await;
    assert!(
        !faults.iter().any(|fault| fault.contains("was altered") && fault.contains("line 4 of")),
        "{faults:?}"
    );
    names(&faults, &["does not lead to the head", "from line 1 to line 4"]);
    names(&faults, &["does not lead to the root of its tree"]);
}

#[tokio::test]
async fn names_a_head_that_was_altered() {
    let faults = faults_after(|conn| run(conn, "UPDATE head SET root = zeroblob(32) WHERE size = 9")).await;
    names(&faults, &["head at 9 lines", "false signature"]);
    let faults = faults_after(|conn| run(conn, "UPDATE head SET at = at + 1 WHERE size = 9")).await;
    names(&faults, &["head at 9 lines", "false signature"]);
    let faults = faults_after(|conn| run(conn, "UPDATE head SET signature = x'00' WHERE size = 9")).await;
    names(&faults, &["the head of the audit log at 9 lines"]);
}

#[tokio::test]
async fn notices_an_altered_or_removed_tree() {
    let faults = faults_after(|conn| run(conn, "UPDATE tree SET size = 11")).await;
    names(&faults, &["the tree of the log was altered"]);
    let faults = faults_after(|conn| run(conn, "DELETE FROM tree")).await;
    names(&faults, &["the tree of the log was removed"]);
}

#[tokio::test]
async fn does_not_grow_a_log_whose_tree_was_altered() {
    let folder = a_log().await;
    run(&database(folder.path()), "UPDATE tree SET mac = zeroblob(32)");
    let refused = open_in(folder.path()).await.map(|_| ());
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}

#[tokio::test]
async fn verifies_beside_a_running_store() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    for n in 0..5 {
        store.commit(audits([line(home(1), n)])).await.expect("traced");
        let report = verify(folder.path());
        assert_eq!((report.lines, report.faults), (n + 1, vec![]));
    }
    store.close().await.expect("closes");
    assert!(socle_store::verify_file(&folder.path().join("nowhere"), &keys()).is_err());
}
