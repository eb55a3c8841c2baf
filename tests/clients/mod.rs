//! FHIR clients of other people drive the program: `tests/clients/README.md` says which, and what each must see.

use crate::harness::{as_login, region};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds of made-up requests when nobody asks for more (`SOCLE_SCHEMATHESIS_SECONDS`).
const SCHEMATHESIS_SECONDS: u32 = 60;

/// Where `.ci/prepare` put the clients: `clients` in the target folder.
fn clients() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../clients");
    assert!(
        folder.join("made-from").exists(),
        "the clients are fetched by `make prepare` ({})",
        folder.display()
    );
    folder
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients").join(name)
}

/// Runs a tour as the demonstration's program, about a person of its own; every promise must be kept.
#[track_caller]
fn tour(mut command: Command) {
    let patient = region().account("citoyen-3", "patient_id");
    let output = command
        .env("SOCLE_FHIR", format!("{}/fhir", region().server.base))
        .env("SOCLE_TOKEN", region().token_of("systeme-1"))
        .env("SOCLE_PATIENT", patient)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("the client runs");
    let told =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    assert!(told.contains("kept: "), "a tour that promises nothing proves nothing: {told}");
}

fn python(script: &str) -> Command {
    let mut command = Command::new(clients().join("venv/bin/python"));
    command.arg(file(script));
    command
}

#[test]
fn models_of_others_read_every_kind_of_answer() {
    tour(python("answers.py"));
}

#[test]
fn fhirpy_takes_its_tour() {
    tour(python("tour.py"));
}

#[test]
fn fhir_kit_client_and_fhirpath_take_their_tour() {
    let mut command = Command::new("node");
    // Node looks for packages beside the script, so the script is put beside them.
    let script = clients().join("tour.mjs");
    std::fs::copy(file("tour.mjs"), &script).expect("the script is copied");
    command.arg(script);
    tour(command);
}

#[test]
fn made_up_requests_never_meet_a_fault_of_ours() {
    let seconds = std::env::var("SOCLE_SCHEMATHESIS_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SCHEMATHESIS_SECONDS);
    let description: Value = as_login("systeme-1").get("/openapi.json").json();
    assert!(
        description["paths"].as_object().is_some_and(|paths| paths.len() > 300),
        "all addresses are described"
    );
    let place = tempfile::tempdir().expect("a folder");
    let output = Command::new(clients().join("venv/bin/schemathesis"))
        .current_dir(place.path())
        .args(["run", &format!("{}/openapi.json", region().server.base), "--checks", "not_a_server_error"])
        .args(["--header", &format!("Authorization: Bearer {}", region().token_of("systeme-1"))])
        .args(["--max-time", &seconds.to_string(), "--workers", "2", "--request-timeout", "60"])
        .args(["--suppress-health-check", "all", "--no-color", "--warnings", "off", "--continue-on-failure"])
        .output()
        .expect("schemathesis runs");
    let told =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
}
