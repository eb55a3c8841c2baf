//! The audit log: lines, order, heads, proofs.

use crate::builders::{Opened, at, audits, commit, home, key, keys, line, write};
use socle_kernel::{Seq, limits};
use socle_store::{AuditLine, Commit, Inclusion, StoreError};

fn seqs(lines: &[AuditLine]) -> Vec<u64> {
    lines.iter().map(|line| line.seq.number()).collect()
}

pub async fn lists_the_log_of_a_home_newest_first(store: &Opened) {
    store.commit(audits([line(home(1), 1), line(home(2), 2), line(home(1), 3)])).await.expect("traced");
    store.commit(audits([line(home(1), 4)])).await.expect("traced");
    let mut view = store.snapshot().await.expect("view");
    let lines = view.audit(home(1), None, 2).await.expect("log");
    assert_eq!(seqs(&lines), [4, 3]);
    assert_eq!((lines[0].number, lines[0].at, lines[0].home), (3, at(4), home(1)));
    assert_eq!(lines[0].entry.as_deref(), Some(&b"read 4"[..]));
    assert_eq!(seqs(&view.audit(home(1), Seq::new(3), 9).await.expect("log")), [1]);
    assert!(view.audit(home(9), None, 9).await.expect("log").is_empty());
}

pub async fn lists_the_whole_log_in_the_order_of_writing(store: &Opened) {
    for n in 0..5 {
        store.commit(audits([line(home(n % 2), n), line(home(7), n)])).await.expect("traced");
    }
    let mut view = store.snapshot().await.expect("view");
    let all = view.audit_from(0, 100).await.expect("log");
    assert_eq!(all.iter().map(|line| line.number).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert_eq!(view.audit_from(4, 3).await.expect("log"), all[4..7]);
    assert!(view.audit_from(10, 3).await.expect("log").is_empty());
}

pub async fn traces_nothing_of_a_commit_that_was_refused(store: &Opened) {
    store.commit(audits([line(home(1), 1)])).await.expect("traced");
    let bad = Commit { audits: vec![line(home(1), 2)], ..commit([write(key(home(1), 1), 8)]) };
    assert!(matches!(store.commit(bad).await, Err(StoreError::VersionConflict { .. })));
    assert!(matches!(
        store.commit(audits([line(home(1), 3), line(home(1), 1)])).await,
        Err(StoreError::Io(_))
    ));
    store.commit(audits([line(home(1), 4)])).await.expect("traced");
    let all = store.snapshot().await.expect("view").audit_from(0, 10).await.expect("log");
    assert_eq!(all.iter().map(|line| (line.number, line.seq.number())).collect::<Vec<_>>(), [(0, 1), (1, 4)]);
    let report = store.verify_audit().await.expect("verified");
    assert_eq!((report.lines, report.faults), (2, vec![]));
}

pub async fn an_untouched_log_verifies_while_it_grows(store: &Opened) {
    let empty = store.verify_audit().await.expect("verified");
    assert_eq!((empty.lines, empty.heads, empty.faults), (0, 0, vec![]));
    for n in 0..50 {
        store.commit(audits([line(home(n % 3), n)])).await.expect("traced");
        store.clock.advance(limits::AUDIT_HEAD_EVERY / 4);
        if n % 10 == 0 {
            let report = store.verify_audit().await.expect("verified");
            assert_eq!((report.lines, &report.faults), (n + 1, &vec![]));
        }
    }
    let report = store.verify_audit().await.expect("verified");
    assert_eq!((report.lines, report.heads), (50, 13), "a head for every four lines, from the first on");
}

pub async fn signs_a_head_when_it_is_time(store: &Opened) {
    assert_eq!(store.audit_head().await.expect("read"), None);
    store.commit(audits([line(home(1), 1)])).await.expect("traced");
    let first = store.audit_head().await.expect("read").expect("signed");
    assert_eq!((first.size, first.at), (1, at(0)));
    assert!(first.is_signed_by(&keys().audit_public()));
    store.commit(audits([line(home(1), 2)])).await.expect("traced");
    assert_eq!(store.audit_head().await.expect("read").expect("signed").size, 1, "not yet");
    store.clock.advance(limits::AUDIT_HEAD_EVERY);
    store.commit(audits([line(home(1), 3)])).await.expect("traced");
    let second = store.audit_head().await.expect("read").expect("signed");
    assert_eq!(second.size, 3);
    assert_eq!(hex(&second.root), store.verify_audit().await.expect("verified").root);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub async fn proves_that_a_line_is_in_the_log(store: &Opened) {
    for n in 0..11 {
        store.commit(audits([line(home(n % 3), n)])).await.expect("traced");
    }
    assert_eq!(store.inclusion(5).await.expect("read"), None, "above the newest head");
    store.clock.advance(limits::AUDIT_HEAD_EVERY);
    store.commit(audits([line(home(1), 11)])).await.expect("traced");
    let public = keys().audit_public();
    for number in 0..12 {
        let proof = store.inclusion(number).await.expect("read").expect("below the head");
        assert_eq!((proof.number, proof.head.size), (number, 12));
        assert!(proof.holds(&public), "line {number}");
        let other = Inclusion { number: (number + 1) % 12, ..proof.clone() };
        assert!(!other.holds(&public), "another place");
        let altered = Inclusion { leaf: [1; 32], ..proof };
        assert!(!altered.holds(&public), "another line");
    }
    assert_eq!(store.inclusion(12).await.expect("read"), None);
}
