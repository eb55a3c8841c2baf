//! What a command can fail of: one sentence for what is wrong, one for how to mend it, and an exit code.

use socle_gate::StoreError;
use std::path::Path;
use std::process::ExitCode;

/// Kinds of failure, by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The environment: port, folder, configuration.
    Environment,
    /// The store: held, newer, damaged, full.
    Store,
}

/// Why a command did not do what was asked.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which kind.
    pub kind: FailureKind,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl Failure {
    /// Something about the environment.
    pub fn environment(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Failure { kind: FailureKind::Environment, what: what.into(), mend: mend.into() }
    }

    /// Something about the store.
    pub fn store(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Failure { kind: FailureKind::Store, what: what.into(), mend: mend.into() }
    }

    /// A store error, told with its folder.
    pub fn of_store(error: &StoreError, folder: &Path) -> Self {
        let folder = folder.display();
        match error {
            StoreError::InUse(_) => Failure::store(
                format!("The store in {folder} is held by another process."),
                "Stop the other `socle` first, or name another folder with --data.",
            ),
            StoreError::NewerVersion { found, known } => Failure::store(
                format!(
                    "The store in {folder} has version {found}; this program reads up to version {known}."
                ),
                "Run the newer program that wrote it, or restore a backup made before the change.",
            ),
            StoreError::Full => Failure::store(
                format!("The disk of {folder} is full."),
                "Free some space and start again; nothing is lost.",
            ),
            StoreError::Corrupt(what) => Failure::store(
                format!("The store in {folder} does not verify: {what}."),
                "Restore the last backup of the folder, and keep the damaged one for examination.",
            ),
            other => Failure::store(
                format!("The store in {folder} cannot be opened: {other}."),
                "Check that the folder exists, belongs to you and is on a local disk; then run `socle doctor`.",
            ),
        }
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            FailureKind::Environment => 3,
            FailureKind::Store => 4,
        })
    }
}
