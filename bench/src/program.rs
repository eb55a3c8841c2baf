//! The program under measurement: started on a folder, watched, stopped; and its other commands.

use crate::client::{Call, Connection, Server};
use crate::failure::Failure;
use crate::process::Process;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A server that was started here; it ends with this value.
pub struct Running {
    child: Child,
    /// FHIR base address, as it announced it.
    pub base: String,
    /// From start until it said that it is ready.
    pub start_seconds: f64,
    start: Instant,
}

/// What a command that ran to its end gave.
pub struct Done {
    /// Standard output.
    pub text: String,
    /// How long it took.
    pub seconds: f64,
    /// CPU seconds it used.
    pub cpu_seconds: f64,
}

/// The program.
#[derive(Clone, Debug)]
pub struct Program(pub PathBuf);

impl Program {
    /// Starts the demonstration on a folder and waits until it announces its address.
    pub fn start(&self, data: &Path, people: u32) -> Result<Running, Failure> {
        let start = Instant::now();
        let mut child = Command::new(&self.0)
            .args([
                "--log",
                "warn",
                "demo",
                "--listen",
                "127.0.0.1:0",
                "--people",
                &people.to_string(),
                "--data",
            ])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| self.failed(&error))?;
        let out = child.stdout.take().ok_or_else(|| Failure::new("no standard output"))?;
        let mut lines = BufReader::new(out).lines();
        for line in lines.by_ref() {
            if let Some(base) = base_in(&line?) {
                // It goes on writing: its output has to be read, or it would stop at a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Running { child, base, start_seconds: 0.0, start });
            }
        }
        let status = child.wait()?;
        Err(Failure::new(format!("{} ended before it served: {status}", self.0.display())))
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&OsStr]) -> Result<Done, Failure> {
        let start = Instant::now();
        let mut child = Command::new(&self.0)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| self.failed(&error))?;
        let out = child.stdout.take().ok_or_else(|| Failure::new("no standard output"))?;
        let text = std::io::read_to_string(out)?;
        let process = Process(child.id());
        // Ended but not yet waited for, its CPU time can still be read.
        while !process.has_ended() {
            std::thread::sleep(LOOK_EVERY);
        }
        let (cpu_seconds, seconds) = (process.cpu_seconds()?, start.elapsed().as_secs_f64());
        let status = child.wait()?;
        // 1 says that something was found, such as a refused import: the text tells.
        if status.code().is_none_or(|code| code > 1) {
            return Err(Failure::new(format!("{} {args:?} ended with {status}", self.0.display())));
        }
        Ok(Done { text, seconds, cpu_seconds })
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!(
            "{} cannot be started: {error}. Build it first: cargo build --release.",
            self.0.display()
        ))
    }
}

impl Running {
    /// Waits until it answers that it is ready: only then it has started.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        let mut connection = Connection::new(&Server::parse(&self.base)?);
        connection.expect(Call::get("/health/ready")).await?;
        self.start_seconds = self.start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// Asks it to stop and waits until it did.
    pub fn stop(mut self) -> Result<(), Failure> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::new("a process without a number"))?;
        kill_process(pid, Signal::TERM).map_err(std::io::Error::from)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("the server ended with {status}"))) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After a failure nothing may stay behind; after `stop` there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The FHIR base address in a line of the welcome.
fn base_in(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("FHIR R4")?;
    rest.split_ascii_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_welcome() {
        let line = "  FHIR R4   http://127.0.0.1:4321/fhir  (GET http://127.0.0.1:4321/fhir/metadata)";
        assert_eq!(base_in(line).as_deref(), Some("http://127.0.0.1:4321/fhir"));
        assert_eq!(base_in("  Pages     http://127.0.0.1:4321/"), None);
    }

    #[test]
    fn a_command_that_failed_gives_no_figure() {
        let shell = Program("/bin/sh".into());
        assert!(shell.run(&["-c".as_ref(), "exit 3".as_ref()]).is_err());
        let done = shell.run(&["-c".as_ref(), "echo yes; exit 1".as_ref()]).unwrap();
        assert_eq!(done.text, "yes\n");
        assert!(Program("/nowhere/socle".into()).run(&[]).is_err());
    }
}
