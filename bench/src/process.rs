//! What the system says of a process: CPU seconds and resident memory, from `/proc`.

use crate::failure::Failure;
use std::fs::read_to_string;

/// Clock ticks a second in `/proc/PID/stat`: 100 on every Linux that Rust runs on (`USER_HZ`).
const TICKS: f64 = 100.0;

/// A process by its number.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// The most it ever was.
    pub peak: u64,
}

impl Process {
    /// CPU seconds so far, of all its threads, in user space and in the kernel.
    pub fn cpu_seconds(self) -> Result<f64, Failure> {
        let text = read_to_string(format!("/proc/{}/stat", self.0))?;
        cpu_of(&text).ok_or_else(|| Failure::new("/proc/PID/stat is not as expected"))
    }

    /// Has it ended, its numbers still readable?
    pub fn has_ended(self) -> bool {
        let text = read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        text.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
    }

    /// Its resident memory.
    pub fn memory(self) -> Result<Memory, Failure> {
        let text = read_to_string(format!("/proc/{}/status", self.0))?;
        Ok(Memory { resident: kilobytes(&text, "VmRSS:") * 1024, peak: kilobytes(&text, "VmHWM:") * 1024 })
    }
}

/// User and kernel time: fields 14 and 15, counted after the name, which may hold blanks.
fn cpu_of(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit(") ").next()?.split_ascii_whitespace().skip(11);
    let [user, kernel]: [f64; 2] = [fields.next()?.parse().ok()?, fields.next()?.parse().ok()?];
    Some((user + kernel) / TICKS)
}

fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_ascii_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// The machine a figure was measured on.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Machine {
    /// Processors.
    pub cores: usize,
    /// Name of the processor.
    pub processor: String,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Release of the kernel.
    pub kernel: String,
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let cpu = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor =
            cpu.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
        let memory = read_to_string("/proc/meminfo").unwrap_or_default();
        Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned()),
            memory_bytes: kilobytes(&memory, "MemTotal:") * 1024,
            kernel: read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        }
    }
}

/// Load average of the last minute: what else the machine was doing.
pub fn load_average() -> f64 {
    let text = read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_ascii_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_after_a_name_with_blanks() {
        let stat = "42 (so cle) x) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 7 8 20 0 9 0 1 2 3";
        assert_eq!(cpu_of(stat), Some(2.0));
        assert_eq!(cpu_of("42 (socle) S 1"), None);
    }

    #[test]
    fn memory_is_read_from_its_own_line() {
        let status = "VmPeak:\t  999 kB\nVmHWM:\t  200 kB\nVmRSS:\t  150 kB\n";
        assert_eq!((kilobytes(status, "VmRSS:"), kilobytes(status, "VmHWM:")), (150, 200));
    }

    #[test]
    fn this_process_has_memory_and_has_not_ended() {
        let this = Process(std::process::id());
        let memory = this.memory().unwrap();
        assert!(memory.resident > 0 && memory.peak >= memory.resident);
        assert!(this.cpu_seconds().unwrap() >= 0.0 && !this.has_ended());
    }
}
