//! Bytes on disk, and how long this disk takes to make a page durable.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Bytes of every file under a folder, by their length.
pub fn bytes_under(folder: &Path) -> Result<u64, Failure> {
    let mut total = 0;
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                waiting.push(entry.path());
            } else {
                total += metadata.len();
            }
        }
    }
    Ok(total)
}

/// Median microseconds until 4 KiB appended to a file are durable (`fdatasync`), of 100 times.
pub fn sync_micros(folder: &Path) -> Result<u32, Failure> {
    let mut file = File::create(folder.join("sync-probe"))?;
    let mut times = Vec::with_capacity(100);
    for _ in 0..100 {
        file.write_all(&[7; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    fs::remove_file(folder.join("sync-probe"))?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_files_in_folders_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inside")).unwrap();
        fs::write(folder.path().join("a"), [0; 10]).unwrap();
        fs::write(folder.path().join("inside/b"), [0; 32]).unwrap();
        assert_eq!(bytes_under(folder.path()).unwrap(), 42);
    }

    #[test]
    fn the_probe_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        sync_micros(folder.path()).unwrap();
        assert_eq!(bytes_under(folder.path()).unwrap(), 0);
    }
}
