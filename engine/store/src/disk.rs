//! What the store asks of the disk: a folder of its own, locked, on a local file system, with room left.

use crate::{Result, StoreError};
use rustix::fs::{FlockOperation, flock, statfs, statvfs};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// File systems on which locks or shared memory do not hold between machines (`statfs(2)`).
const NETWORK: [(u32, &str); 9] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB 2"),
    (0x5346_414f, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x7375_7245, "Coda"),
    (0x0102_1997, "9P"),
];

/// The lock that makes this process the only one of a store. Released when it is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct FolderLock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Makes the folder when it is absent, checks its file system and takes its lock.
pub(crate) fn take_folder(folder: &Path) -> Result<FolderLock> {
    let shown = folder.display();
    let fails = |what: &str, error: &dyn std::fmt::Display| {
        StoreError::Io(format!("the store's folder {shown} {what}: {error}"))
    };
    make_folder(folder).map_err(|error| fails("cannot be made", &error))?;
    let kind = statfs(folder).map_err(|error| fails("cannot be examined", &error))?.f_type;
    if let Some(name) = network_name(kind) {
        return Err(StoreError::Io(format!(
            "the store's folder {shown} is on a network file system ({name}), where a database is not safe: \
             choose a folder on a local disk"
        )));
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join("lock"))
        .map_err(|error| fails("cannot be locked", &error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(FolderLock(file)),
        Err(Errno::WOULDBLOCK) => Err(StoreError::InUse(format!(
            "another process holds {shown}; stop it, or choose another folder"
        ))),
        Err(error) => Err(fails("cannot be locked", &error)),
    }
}

/// Makes a folder, and those above it, readable by their owner only; durable when it returns.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let whole = std::path::absolute(folder)?;
    let missing: Vec<&Path> = whole.ancestors().take_while(|above| !above.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(&whole)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync_folder)
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The name of a network file system; `None` for a local one. The number's width and sign differ between machines; the
/// low 32 bits are the number.
fn network_name(kind: impl Into<i128>) -> Option<&'static str> {
    let low = u32::try_from(kind.into() & 0xffff_ffff).ok()?;
    NETWORK.iter().find(|(number, _)| *number == low).map(|(_, name)| *name)
}

/// Bytes that this process may still write on the disk of a folder.
pub(crate) fn free_bytes(folder: &Path) -> Result<u64> {
    statvfs(folder).map(|figures| figures.f_bavail.saturating_mul(figures.f_frsize)).map_err(|error| {
        StoreError::Io(format!("the disk of {} cannot be examined: {error}", folder.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_at_a_time() {
        let folder = tempfile::tempdir().expect("folder");
        let inner = folder.path().join("a/b");
        let held = take_folder(&inner).expect("free");
        match take_folder(&inner) {
            Err(StoreError::InUse(text)) => assert!(text.contains(&inner.display().to_string())),
            other => panic!("expected to be refused, not {other:?}"),
        }
        drop(held);
        take_folder(&inner).expect("free again");
    }

    #[test]
    fn network_file_systems_are_known_by_their_number() {
        assert_eq!(network_name(0x6969i64), Some("NFS"));
        assert_eq!(network_name(i64::from(0xff53_4d42u32 as i32)), Some("CIFS"));
        assert_eq!(network_name(0xef53i64), None, "ext4");
        assert_eq!(network_name(0x0102_1994i64), None, "tmpfs");
    }
}
