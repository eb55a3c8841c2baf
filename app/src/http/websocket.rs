//! The server's side of a web socket (RFC 6455), as far as notifications need it: texts out, short texts in. Written here,
//! because the usual crate brings a second generation of every hash and random crate for two hundred lines of work.

use axum::http::{HeaderMap, header};
use data_encoding::BASE64;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What RFC 6455 adds to a key before it is hashed.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Longest message a client may send.
pub const MESSAGE_BYTES: usize = 4 * 1024;

/// What a client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A text.
    Text(String),
    /// Are you there?
    Ping(Vec<u8>),
    /// I am.
    Pong,
    /// Goodbye, with its reason.
    Close,
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing more to say.
    Done = 1000,
    /// The program stops.
    GoingAway = 1001,
    /// What came is no web socket.
    Protocol = 1002,
    /// Binary messages are not read here.
    Unsupported = 1003,
    /// The token is not good, or no longer.
    Policy = 1008,
    /// Longer than [`MESSAGE_BYTES`].
    TooLong = 1009,
}

/// The answer to the key of a request for a web socket; `None` when it is none.
pub fn accept(headers: &HeaderMap) -> Option<String> {
    let text =
        |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let has = |name, word: &str| text(name).split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    let is_asked = has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && text(header::SEC_WEBSOCKET_VERSION) == "13";
    let key = text(header::SEC_WEBSOCKET_KEY);
    let is_key = BASE64.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == 16);
    (is_asked && is_key).then(|| BASE64.encode(&Sha1::digest(format!("{key}{GUID}").as_bytes())))
}

/// Reads what a client says.
pub struct Reader<R> {
    stream: R,
    message: Vec<u8>,
}

/// The head of a frame.
struct Frame {
    is_last: bool,
    code: u8,
    payload: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// A reader on one half of a connection.
    pub fn new(stream: R) -> Self {
        Reader { stream, message: Vec::new() }
    }

    /// The next thing a client says; the error says how to close.
    pub async fn next(&mut self) -> Result<Said, Reason> {
        let mut is_within = false;
        loop {
            let frame = self.frame().await?;
            match (frame.code, is_within) {
                (0x9, _) => return Ok(Said::Ping(frame.payload)),
                (0xA, _) => return Ok(Said::Pong),
                (0x8, _) => return Ok(Said::Close),
                (0x1, false) | (0x0, true) => {
                    if self.message.len() + frame.payload.len() > MESSAGE_BYTES {
                        return Err(Reason::TooLong);
                    }
                    self.message.extend_from_slice(&frame.payload);
                    if frame.is_last {
                        let message = std::mem::take(&mut self.message);
                        return String::from_utf8(message).map(Said::Text).map_err(|_| Reason::Protocol);
                    }
                    is_within = true;
                }
                (0x2, false) => return Err(Reason::Unsupported),
                _ => return Err(Reason::Protocol),
            }
        }
    }

    async fn frame(&mut self) -> Result<Frame, Reason> {
        // The end of the connection reads like any other fault: there is nobody to tell.
        let gone = |_| Reason::Protocol;
        let mut head = [0u8; 2];
        self.stream.read_exact(&mut head).await.map_err(gone)?;
        let [first, second] = head;
        let is_control = first & 0x08 != 0;
        let is_plain = first & 0x70 == 0 && second & 0x80 != 0;
        let length = match second & 0x7f {
            126 => {
                let mut bytes = [0u8; 2];
                self.stream.read_exact(&mut bytes).await.map_err(gone)?;
                usize::from(u16::from_be_bytes(bytes))
            }
            127 => return Err(Reason::TooLong),
            short => usize::from(short),
        };
        if !is_plain || is_control && (length > 125 || first & 0x80 == 0) {
            return Err(Reason::Protocol);
        }
        if length > MESSAGE_BYTES {
            return Err(Reason::TooLong);
        }
        let mut mask = [0u8; 4];
        self.stream.read_exact(&mut mask).await.map_err(gone)?;
        let mut payload = vec![0u8; length];
        self.stream.read_exact(&mut payload).await.map_err(gone)?;
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Ok(Frame { is_last: first & 0x80 != 0, code: first & 0x0f, payload })
    }
}

/// Writes to a client.
pub struct Writer<W>(W);

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// A writer on one half of a connection.
    pub fn new(stream: W) -> Self {
        Writer(stream)
    }

    /// Sends a text.
    pub async fn text(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.frame(0x1, text).await
    }

    /// Answers a ping.
    pub async fn pong(&mut self, payload: &[u8]) -> std::io::Result<()> {
        self.frame(0xA, payload).await
    }

    /// Asks whether the client is there.
    pub async fn ping(&mut self) -> std::io::Result<()> {
        self.frame(0x9, b"").await
    }

    /// Says goodbye.
    pub async fn close(&mut self, reason: Reason) -> std::io::Result<()> {
        self.frame(0x8, &(reason as u16).to_be_bytes()).await?;
        self.0.shutdown().await
    }

    async fn frame(&mut self, code: u8, payload: &[u8]) -> std::io::Result<()> {
        let mut head = vec![0x80 | code];
        match payload.len() {
            short @ 0..=125 => head.push(u8::try_from(short).unwrap_or(0)),
            middle @ 126..=0xffff => {
                head.push(126);
                head.extend_from_slice(&u16::try_from(middle).unwrap_or(0).to_be_bytes());
            }
            long => {
                head.push(127);
                head.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        self.0.write_all(&head).await?;
        self.0.write_all(payload).await?;
        self.0.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// A frame as a client sends it: masked.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..=125 => frame.push(0x80 | short as u8),
            long => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(long as u16).to_be_bytes());
            }
        }
        frame.extend_from_slice(&mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    async fn read(bytes: &[u8]) -> Result<Said, Reason> {
        Reader::new(bytes).next().await
    }

    #[test]
    fn the_answer_to_a_key_is_the_one_of_the_standard() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        assert_eq!(accept(&headers).as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        headers.insert("sec-websocket-key", HeaderValue::from_static("short"));
        assert_eq!(accept(&headers), None);
    }

    #[tokio::test]
    async fn texts_come_whole_or_in_pieces_and_the_rest_is_refused() {
        assert_eq!(read(&masked(0x81, b"bonjour")).await, Ok(Said::Text("bonjour".into())));
        let pieces = [masked(0x01, b"bon"), masked(0x80, b"jour")].concat();
        assert_eq!(read(&pieces).await, Ok(Said::Text("bonjour".into())));
        assert_eq!(read(&masked(0x81, &vec![b'a'; 300])).await, Ok(Said::Text("a".repeat(300))));
        assert_eq!(read(&masked(0x89, b"x")).await, Ok(Said::Ping(b"x".to_vec())));
        assert_eq!(read(&masked(0x88, b"")).await, Ok(Said::Close));
        assert_eq!(read(&masked(0x82, b"x")).await, Err(Reason::Unsupported));
        assert_eq!(read(&masked(0x81, &vec![b'a'; MESSAGE_BYTES + 1])).await, Err(Reason::TooLong));
        assert_eq!(read(&masked(0x80, b"x")).await, Err(Reason::Protocol), "a piece of nothing");
        assert_eq!(read(&masked(0x81, &[0xff])).await, Err(Reason::Protocol), "no UTF-8");
        assert_eq!(read(&[0x81, 1, b'x']).await, Err(Reason::Protocol), "not masked");
        assert_eq!(read(&[0xc1, 0x81, 0, 0, 0, 0, b'x']).await, Err(Reason::Protocol), "an extension");
        assert_eq!(read(&[]).await, Err(Reason::Protocol));
    }

    #[tokio::test]
    async fn what_is_written_says_its_length() {
        for length in [0usize, 125, 126, 65_535, 65_536] {
            let mut out = Vec::new();
            Writer::new(&mut out).text(&vec![b'a'; length]).await.expect("written");
            let head = out.len() - length;
            assert_eq!(
                (out[0], head),
                (
                    0x81,
                    if length < 126 {
                        2
                    } else if length < 65_536 {
                        4
                    } else {
                        10
                    }
                )
            );
        }
    }
}
