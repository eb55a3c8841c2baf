//! A real browser: headless Chromium, driven by WebDriver over plain HTTP.

use super::client::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The key under which WebDriver names elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long the browser itself waits for an element to be there.
const ELEMENT_WAIT_MS: u32 = 20_000;
/// How often the address is looked at before a click counts as lost.
const LOOKS: usize = 5_000;
/// Ends the driver when our end of the pipe closes.
const SUPERVISOR: &str = r#"chromedriver --port=0 </dev/null & pid=$!
cat >/dev/null
kill "$pid" 2>/dev/null
wait "$pid""#;

/// A browser window of its own.
pub struct Window {
    client: Client,
    session: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

/// Where screenshots go: kept by CI.
pub fn screens() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artifacts/screens");
    std::fs::create_dir_all(&folder).expect("a folder for screenshots");
    folder
}

impl Window {
    /// Opens a window.
    pub fn open() -> Window {
        let (driver, port) = start();
        let client = Client::new(&format!("http://127.0.0.1:{port}"), None);
        let profile = tempfile::tempdir().expect("a folder");
        let folder = format!("--user-data-dir={}", profile.path().display());
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--force-device-scale-factor=1",
            "--lang=fr",
            &folder,
        ];
        let options = json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome",
            "goog:chromeOptions": { "args": args, "prefs": { "intl.accept_languages": "fr" } } } } });
        let answer = client.call("POST", "/session").json(&options).send();
        let body = answer.json();
        let session = body["value"]["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("Chromium does not start: {body}"))
            .to_owned();
        let window = Window { client, session, driver, _profile: profile };
        // A click leads to a page that comes when it comes: what is looked for there may take a moment to be there.
        window.command("POST", "/timeouts", json!({ "implicit": ELEMENT_WAIT_MS }));
        window
    }

    /// One WebDriver command.
    fn command(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.try_command(method, path, body);
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn try_command(&self, method: &str, path: &str, body: Value) -> Result<Value, Value> {
        let path = format!("/session/{}{path}", self.session);
        let call = self.client.call(method, &path);
        let reply = if method == "POST" { call.json(&body).send() } else { call.send() };
        let mut answer = reply.json();
        if reply.status == 200 { Ok(answer["value"].take()) } else { Err(answer["value"].take()) }
    }

    /// Goes to an address and waits until it is loaded.
    pub fn go(&self, url: &str) {
        self.command("POST", "/url", json!({ "url": url }));
    }

    /// The address shown.
    pub fn url(&self) -> String {
        self.command("GET", "/url", Value::Null).as_str().unwrap_or("").to_owned()
    }

    /// Waits until the address shown is as wanted, however many redirects that takes.
    #[track_caller]
    pub fn arrives(&self, is_there: impl Fn(&str) -> bool) {
        let is_reached = (0..LOOKS).any(|_| is_there(&self.url()));
        assert!(is_reached, "still at {}: {}", self.url(), self.words());
    }

    /// Runs a piece of script as a tester, whether or not the page may run its own.
    pub fn ask(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// What a reader sees, spaces as one; framed documents included.
    pub fn words(&self) -> String {
        let text = self.ask("const own = document.body.innerText; return [own, ...[...document.querySelectorAll('iframe')].map(f => { try { return f.contentDocument.body.innerText } catch (e) { return '' } })].join('\\n')");
        super::browser::squeeze(text.as_str().unwrap_or(""))
    }

    /// Fails unless the page shows these words.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        let is_shown = (0..LOOKS / 10).any(|_| self.words().contains(text));
        assert!(is_shown, "{} does not show {text:?}: {}", self.url(), self.words());
    }

    fn element(&self, css: &str) -> String {
        let found = self.command("POST", "/element", json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Types into a field, as keys.
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.command("POST", &format!("/element/{element}/value"), json!({ "text": text }));
    }

    /// Chooses an option by its value.
    pub fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value=\"{value}\"]"));
    }

    /// Clicks; when that leads to another page, waits for it.
    pub fn click(&self, css: &str) {
        let element = self.element(css);
        self.command("POST", &format!("/element/{element}/click"), json!({}));
    }

    /// A command of the browser's own protocol.
    pub fn devtools(&self, command: &str, params: Value) {
        self.command("POST", "/goog/cdp/execute", json!({ "cmd": command, "params": params }));
    }

    /// Forbids or allows the page's own scripts.
    pub fn scripts(&self, is_on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !is_on }));
    }

    /// Takes the width of a screen.
    pub fn width(&self, pixels: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// Fails when the page must be moved sideways to be read.
    #[track_caller]
    pub fn fits(&self) {
        let (wide, screen) = (
            self.ask("return document.documentElement.scrollWidth"),
            self.ask("return document.documentElement.clientWidth"),
        );
        assert!(wide.as_u64() <= screen.as_u64(), "{} is {wide} wide on a screen of {screen}", self.url());
    }

    /// Keeps a picture of the page at 1280 and at 360 pixels, and fails when it does not fit the narrow one.
    pub fn picture(&self, name: &str) {
        for width in [1280, 360] {
            self.width(width);
            self.fits();
            let data = self.command("GET", "/screenshot", Value::Null);
            let bytes =
                data_encoding::BASE64.decode(data.as_str().expect("a picture").as_bytes()).expect("base64");
            assert!(bytes.starts_with(b"\x89PNG"));
            std::fs::write(screens().join(format!("{name}-{width}.png")), bytes).expect("a picture is kept");
        }
        self.width(1280);
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.try_command("DELETE", "", Value::Null);
        drop(self.driver.stdin.take());
        let _ = self.driver.wait();
    }
}

fn start() -> (Child, u16) {
    let is_there = Command::new("chromedriver")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    assert!(
        is_there,
        "chromedriver is missing: `make test` installs it with Chromium from Debian's packages"
    );
    let mut driver = Command::new("sh")
        .args(["-c", SUPERVISOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh is there");
    let mut out = BufReader::new(driver.stdout.take().expect("piped"));
    let port = port_of(&mut out);
    // The driver goes on talking: what it says is read to nowhere, so that it never waits for us.
    std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    match port {
        Some(port) => (driver, port),
        None => {
            drop(driver.stdin.take());
            panic!("chromedriver did not start: {:?}", driver.wait());
        }
    }
}

/// The port a driver says it listens on.
fn port_of(out: &mut impl BufRead) -> Option<u16> {
    let lines = out.lines().map_while(Result::ok);
    let ports = lines.filter_map(|line| {
        let rest = line.split("successfully on port ").nth(1)?;
        rest.trim().trim_end_matches('.').parse().ok()
    });
    { ports }.next()
}
