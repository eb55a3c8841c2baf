//! Receivers of notifications on this machine: an HTTP address and a mailbox, each remembering what came.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request that came.
#[derive(Debug)]
pub struct Came {
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
}

impl Came {
    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// A value of the status of the notification.
    pub fn status(&self, name: &str) -> &Value {
        let all = self.body["entry"][0]["resource"]["parameter"].as_array().expect("a notification");
        let found = all.iter().find(|parameter| parameter["name"] == name);
        let members = found.and_then(Value::as_object).map(|members| members.iter());
        let value = members.into_iter().flatten().find(|(member, _)| member.starts_with("value"));
        value.map_or(&Value::Null, |(_, value)| value)
    }

    /// `handshake`, `heartbeat` or `event-notification`.
    pub fn kind(&self) -> &str {
        self.status("type").as_str().unwrap_or("")
    }

    /// Numbers of its events.
    pub fn numbers(&self) -> Vec<u64> {
        numbers(&self.body)
    }
}

/// Numbers of the events of a notification.
pub fn numbers(notification: &Value) -> Vec<u64> {
    let all = notification["entry"][0]["resource"]["parameter"].as_array().expect("a notification");
    let events = all.iter().filter(|parameter| parameter["name"] == "notification-event");
    events.map(|event| event["part"][0]["valueString"].as_str().unwrap().parse().expect("a number")).collect()
}

/// An HTTP address that is notified.
pub struct Hook {
    /// The address.
    pub url: String,
    came: Receiver<Came>,
    status: Arc<AtomicU16>,
}

impl Hook {
    /// Listens on a free port, and answers 200.
    pub fn open() -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
        let (sender, came) = channel();
        let status = Arc::new(AtomicU16::new(200));
        let answers = status.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A connection that breaks is a power cut of the other side.
                let _ = serve(stream, &sender, &answers);
            }
        });
        Hook { url, came, status }
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The next notification that comes.
    pub fn next(&self) -> Came {
        self.came.recv_timeout(PATIENCE).expect("a notification comes")
    }

    /// The next notification of events.
    pub fn next_events(&self) -> Came {
        loop {
            let came = self.next();
            if came.kind() == "event-notification" {
                return came;
            }
        }
    }

    /// What came and was not looked at.
    pub fn rest(&self) -> Vec<Came> {
        self.came.try_iter().collect()
    }
}

fn serve(stream: TcpStream, sender: &Sender<Came>, status: &AtomicU16) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(());
    }
    assert!(line.starts_with("POST /hook?a=b HTTP/1.1"), "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let status = status.load(Ordering::SeqCst);
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    )?;
    let body = serde_json::from_slice(&body).expect("JSON");
    // The test may be over.
    let _ = sender.send(Came { headers, body });
    Ok(())
}

/// A mailbox: a mail server that takes everything.
pub struct Mailbox {
    /// Host and port.
    pub server: String,
    came: Receiver<String>,
    is_open: Arc<AtomicBool>,
}

impl Mailbox {
    /// Listens on a free port.
    pub fn open() -> Mailbox {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = listener.local_addr().unwrap().to_string();
        let (sender, came) = channel();
        let is_open = Arc::new(AtomicBool::new(true));
        let answers = is_open.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = talk(stream, &sender, &answers);
            }
        });
        Mailbox { server, came, is_open }
    }

    /// Refuses mails from now on, or takes them again.
    pub fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::SeqCst);
    }

    /// The next mail that comes: envelope, then the letter, as it travelled.
    pub fn next(&self) -> String {
        self.came.recv_timeout(PATIENCE).expect("a mail comes")
    }
}

fn talk(stream: TcpStream, sender: &Sender<String>, is_open: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let say = |reader: &mut BufReader<TcpStream>, line: &str| write!(reader.get_mut(), "{line}\r\n");
    say(&mut reader, "220 boîte")?;
    let (mut mail, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.split_whitespace().next().unwrap_or("") {
            "EHLO" => {
                say(&mut reader, "250-boîte")?;
                say(&mut reader, "250 8BITMIME")?;
            }
            "RCPT" if !is_open.load(Ordering::SeqCst) => say(&mut reader, "450 plus tard")?,
            "MAIL" | "RCPT" => {
                mail.push_str(&line);
                say(&mut reader, "250 bien")?;
            }
            "DATA" => {
                say(&mut reader, "354 écrivez")?;
                loop {
                    line.clear();
                    reader.read_line(&mut line)?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(&line);
                }
                let _ = sender.send(std::mem::take(&mut mail));
                say(&mut reader, "250 pris")?;
            }
            "QUIT" => return say(&mut reader, "221 au revoir"),
            _ => say(&mut reader, "500 quoi ?")?,
        }
    }
}

/// A subscription to a topic of ours.
pub fn subscription(topic: &str, filter: &str, channel: Value, content: &str) -> Value {
    let guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";
    let mut resource = serde_json::json!({ "resourceType": "Subscription", "status": "requested", "reason": "Essai",
        "criteria": format!("https://socle.example/SubscriptionTopic/{topic}"),
        "_criteria": { "extension": [{ "url": format!("{guide}/backport-filter-criteria"), "valueString": filter }] },
        "channel": channel });
    resource["channel"]["_payload"] = serde_json::json!({ "extension": [{ "url": format!("{guide}/backport-payload-content"), "valueCode": content }] });
    resource
}
