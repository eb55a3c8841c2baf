//! Addresses that try to get somewhere else, sent byte for byte as an attacker would.

use crate::harness::{as_login, region};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Sends a request line as it is; the status, or nothing when the connection was closed without one.
fn raw(bytes: &[u8]) -> Option<u16> {
    let address = region().server.base.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(bytes).expect("sent");
    let mut answer = Vec::new();
    let _ = Read::by_ref(&mut stream).take(64).read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

fn request(path: &[u8], token: &str) -> Vec<u8> {
    let mut bytes = b"GET ".to_vec();
    bytes.extend(path);
    bytes.extend(
        format!(" HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n").bytes(),
    );
    bytes
}

#[test]
fn paths_lead_nowhere_else() {
    let token = crate::harness::program::token(&region().server.folder, "systeme-1", &[]);
    let long = "a".repeat(60_000);
    let long_path = format!("/fhir/Patient/{long}");
    let paths: Vec<&[u8]> = vec![
        b"/../etc/passwd",
        b"/fhir/../keys/platform.key",
        b"/assets/../../keys/platform.key",
        b"/assets/%2e%2e/%2e%2e/keys/platform.key",
        b"/assets/..%2f..%2fkeys%2fplatform.key",
        b"/assets//etc/passwd",
        b"/assets/%00",
        b"/fhir/Patient/..%2f..",
        b"/fhir/Patient/%2e%2e",
        b"/fhir/Patient/%00",
        b"/fhir//Patient//x",
        b"//fhir/Patient/x",
        b"/fhir/Patient/x/_history/../..",
        b"/fhir/Patient/x\\y",
        b"/fhir/%50atient/..",
        b"/fhir/Patient/%ff%fe",
        b"/fhir/Patient/x;y=z",
        b"/fhir/Patient/$no-such-operation",
        b"/fhir/$nonsense",
        b"/fhir/Binary/../../blobs",
        b"/mon-espace/../pro",
        b"/mon-espace/documents/%2e%2e%2f",
        b"/%",
        b"/%zz",
        b"/fhir/%",
        b"/\xff\xfe",
        b"/fhir/Patient/\x00",
        b"/a b",
        long_path.as_bytes(),
        b"*",
        b"nonsense",
        b"http://elsewhere.example/fhir/Patient/x",
    ];
    for path in paths {
        let status = raw(&request(path, &token));
        let shown = String::from_utf8_lossy(&path[..path.len().min(80)]).into_owned();
        // Bytes that are no HTTP at all may be answered by closing the connection.
        assert!(status.is_none_or(|status| (300..500).contains(&status)), "{shown}: {status:?}");
    }
    assert_eq!(region().anonymous().get("/health/live").status, 200);
}

#[test]
fn no_path_gives_a_file_of_the_store() {
    let client = as_login("systeme-1");
    for path in
        ["/keys/platform.key", "/socle.db", "/accounts.json", "/assets/platform.key", "/blobs", "/DEMO"]
    {
        let reply = client.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.text().contains("totp"), "{path}");
    }
}

#[test]
fn requests_that_are_no_http_do_not_harm() {
    let nonsense: [&[u8]; 7] = [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"POST /fhir HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\nconnection: close\r\n\r\n",
        b"POST /fhir HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\nconnection: close\r\n\r\nhello",
        b"POST /fhir HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    ];
    for bytes in nonsense {
        let address = region().server.base.strip_prefix("http://").expect("http");
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(bytes).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("our end is closed");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        let status: Option<u16> = text.split(' ').nth(1).and_then(|word| word.parse().ok());
        assert!(
            status.is_none_or(|status| (400..500).contains(&status)),
            "{:?}: {text}",
            String::from_utf8_lossy(bytes)
        );
    }
    assert_eq!(region().anonymous().get("/health/live").status, 200);
}
