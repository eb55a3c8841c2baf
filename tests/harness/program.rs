//! The program itself: commands that end, and servers that live as long as the test does.

use super::client::Client;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The program under test.
pub const EXE: &str = env!("CARGO_BIN_EXE_socle");

/// Starts the program and ends it when our end of the pipe closes, however this process ends. The first line says its id.
const SUPERVISOR: &str = r#"exe=$1; log=$2; drop=$3; shift 3
"$exe" "$@" 2>"$log" </dev/null & pid=$!
echo "PID $pid"
cat >/dev/null
kill "$pid" 2>/dev/null
wait "$pid"
code=$?
[ -z "$drop" ] || rm -rf "$drop"
exit $code"#;

/// What a command said.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; -1 when ended by a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command to its end.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Ran {
    let output = Command::new(EXE)
        .args(args)
        .env_remove("SOCLE_DATA")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A running server.
pub struct Server {
    /// Address of the pages, without a final slash.
    pub base: String,
    /// Folder of its store.
    pub folder: PathBuf,
    pid: i32,
    supervisor: Option<Child>,
    out: Option<BufReader<std::process::ChildStdout>>,
}

impl Server {
    /// Starts `socle demo` on a folder and waits until it serves.
    pub fn demo(folder: &Path, people: u32) -> Server {
        Server::start(folder, &demo_args(folder, people), false)
    }

    /// As [`Server::demo`]; the folder goes when the server ends.
    pub fn demo_in_passing(folder: &Path, people: u32) -> Server {
        Server::start(folder, &demo_args(folder, people), true)
    }

    /// Starts `socle serve` on a folder and waits until it serves.
    pub fn serve(folder: &Path) -> Server {
        let folder_text = folder.display().to_string();
        let args = ["serve", "--data", &folder_text, "--listen", "127.0.0.1:0"].map(str::to_owned);
        Server::start(folder, &args, false)
    }

    fn start(folder: &Path, args: &[String], is_passing: bool) -> Server {
        let log = folder.with_extension("log");
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "sh", EXE])
            .arg(&log)
            .arg(if is_passing { folder.as_os_str() } else { "".as_ref() })
            .args(args)
            .env_remove("SOCLE_DATA")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh is there");
        let mut out = BufReader::new(supervisor.stdout.take().expect("piped"));
        let (mut base, mut pid) = (None, 0);
        let mut line = String::new();
        while base.is_none() && out.read_line(&mut line).expect("the program's output") > 0 {
            if let Some(id) = line.strip_prefix("PID ") {
                pid = id.trim().parse().expect("a process id");
            } else if line.contains("FHIR") || line.contains("Pages") {
                base = line
                    .split_whitespace()
                    .find(|word| word.starts_with("http://"))
                    .map(|word| word.trim_end_matches('/').trim_end_matches("/fhir").to_owned());
            }
            line.clear();
        }
        let told = std::fs::read_to_string(&log).unwrap_or_default();
        let base = base.unwrap_or_else(|| panic!("the server did not start: {told}"));
        let server =
            Server { base, folder: folder.to_owned(), pid, supervisor: Some(supervisor), out: Some(out) };
        let client = server.client(None);
        assert!((0..100).any(|_| client.get("/health/live").status == 200), "the server answers");
        server
    }

    /// A client of this server.
    pub fn client(&self, token: Option<String>) -> Client {
        Client::new(&self.base, token)
    }

    /// A client with a token of one of this store's sign-ins.
    pub fn client_as(&self, login: &str) -> Client {
        self.client(Some(token(&self.folder, login, &[])))
    }

    /// The most memory it ever held, in bytes, as the system counts it; nothing where the system does not tell.
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    }

    /// Ends it without warning, as a power cut would.
    pub fn kill(mut self) {
        let pid = rustix::process::Pid::from_raw(self.pid).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it was alive");
        self.end();
    }

    /// Asks it to stop and waits for it; its exit code.
    pub fn stop(mut self) -> i32 {
        self.end()
    }

    fn end(&mut self) -> i32 {
        let Some(mut supervisor) = self.supervisor.take() else { return 0 };
        drop(supervisor.stdin.take());
        drop(self.out.take());
        supervisor.wait().map_or(-1, |status| status.code().unwrap_or(-1))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn demo_args(folder: &Path, people: u32) -> Vec<String> {
    let people = people.to_string();
    let folder = folder.display().to_string();
    ["demo", "--people", &people, "--seed", "7", "--data", &folder, "--listen", "127.0.0.1:0"]
        .map(str::to_owned)
        .into()
}

/// A bearer token of a demonstration store's sign-in.
pub fn token(folder: &Path, login: &str, more: &[&str]) -> String {
    let folder = folder.display().to_string();
    let mut args = vec!["token", "--data", &folder, "--as", login];
    args.extend(more);
    let ran = run(&args);
    assert_eq!(ran.code, 0, "a token for {login}: {}", ran.err);
    ran.out.trim().to_owned()
}
