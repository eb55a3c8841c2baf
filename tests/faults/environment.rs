//! A bad environment is told in a sentence, with what to do and an exit code.

use crate::harness::program::{Server, run};
use rusqlite::Connection;
use std::net::TcpListener;
use std::path::Path;

fn demo(data: &str, listen: &str) -> crate::harness::program::Ran {
    run(&["demo", "--people", "0", "--seed", "7", "--data", data, "--listen", listen])
}

#[test]
fn a_taken_port_is_told_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = demo(&store.display().to_string(), &address);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains(&address) && ran.err.contains("taken") && ran.err.contains("--listen"),
        "{}",
        ran.err
    );
    assert!(!store.exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for path in [file.clone(), file.join("inside"), Path::new("/proc/socle").to_owned()] {
        let ran = demo(&path.display().to_string(), "127.0.0.1:0");
        assert_eq!(ran.code, 3, "{}: {}", path.display(), ran.err);
        assert!(ran.err.contains("cannot be written") && ran.err.contains("--data"), "{}", ran.err);
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    Server::demo(&store, 0).stop();
    let connection = Connection::open(store.join("socle.db")).unwrap();
    let newer = 9999u32.to_be_bytes();
    assert_eq!(
        connection.execute("UPDATE meta SET value = ?1 WHERE name = 'schema'", [newer.as_slice()]).unwrap(),
        1
    );
    drop(connection);
    let ran = demo(&store.display().to_string(), "127.0.0.1:0");
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("9999") && ran.err.contains("newer"), "{}", ran.err);
}

#[test]
fn a_store_that_is_held_is_left_alone_and_can_still_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let server = Server::demo(&store, 0);
    let data = store.display().to_string();
    let ran = demo(&data, "127.0.0.1:0");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("another process"), "{}", ran.err);
    assert_eq!(run(&["audit", "verify", "--data", &data]).code, 0);
    assert_eq!(run(&["token", "--data", &data, "--as", "systeme-1"]).code, 0);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_demonstration_never_mixes_with_other_data() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let data = folder.path().display().to_string();
    let ran = demo(&data, "127.0.0.1:0");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("not a demonstration"), "{}", ran.err);
    let store = folder.path().join("store");
    let server = Server::serve(&store);
    let page = server.client(None).get("/");
    assert!(!page.text().contains("DÉMO"));
    assert_eq!(
        server
            .client(None)
            .call("POST", "/connexion/demonstration")
            .form(&[("identifiant", "citoyen-1")])
            .send()
            .status
            / 100,
        4
    );
    server.stop();
    let data = store.display().to_string();
    assert_eq!(run(&["accounts", "--data", &data]).code, 4);
    assert_eq!(run(&["token", "--data", &data, "--as", "systeme-1"]).code, 4);
    assert_eq!(demo(&data, "127.0.0.1:0").code, 3);
}

#[test]
fn another_region_is_not_put_over_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    Server::demo(Path::new(&store), 0).stop();
    let ran = run(&["demo", "--people", "5", "--seed", "7", "--data", &store, "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("--people 0 --seed 7"), "{}", ran.err);
}

#[test]
fn a_second_start_finds_the_same_region_and_sign_ins() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    Server::demo(&store, 0).stop();
    let data = store.display().to_string();
    let first = run(&["accounts", "--json", "--data", &data]);
    Server::demo(&store, 0).stop();
    let second = run(&["accounts", "--json", "--data", &data]);
    assert_eq!((first.code, second.code), (0, 0));
    assert_eq!(first.out, second.out);
    let doctor = run(&["doctor", "--data", &data, "--listen", "127.0.0.1:0"]);
    assert_eq!(doctor.code, 0, "{}", doctor.out);
    assert!(doctor.out.contains("audit log whole"), "{}", doctor.out);
}

#[test]
fn a_wrong_command_line_is_told_with_its_help() {
    for args in [
        &["nonsense"][..],
        &["demo", "--people", "-1"],
        &["demo", "--listen", "nowhere"],
        &["token", "--as", "medecin-1", "--purpose", "break-glass"],
        &["import", "--data", "x"],
    ] {
        let ran = run(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains("--help"), "{}", ran.err);
    }
    assert!(run(&["--help"]).out.contains("Exit codes"));
}
