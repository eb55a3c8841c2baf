//! Small values that travel through the browser and come back unchanged: signed, with an end.

use crate::secrets;
use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use socle_kernel::Instant;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    value: T,
    until: Instant,
}

/// A value as text, signed for one use (`label`) and good until a moment.
pub(crate) fn seal<T: Serialize>(
    secret: &[u8; 32],
    label: &str,
    value: T,
    now: Instant,
    lasts: Duration,
) -> String {
    let sealed = Sealed { value, until: now.plus(lasts) };
    let payload = BASE64URL_NOPAD.encode(&serde_json::to_vec(&sealed).expect("plain data"));
    let signature = secrets::keyed_text(secret, &[label, &payload]);
    format!("{payload}.{signature}")
}

/// The value of a text that [`seal`] gave for this use, until its end.
pub(crate) fn open<T: DeserializeOwned>(
    secret: &[u8; 32],
    label: &str,
    text: &str,
    now: Instant,
) -> Option<T> {
    let (payload, signature) = text.split_once('.')?;
    if !secrets::same(&secrets::keyed_text(secret, &[label, payload]), signature) {
        return None;
    }
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?;
    let sealed: Sealed<T> = serde_json::from_slice(&payload).ok()?;
    (now < sealed.until).then_some(sealed.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_for_its_use_until_its_end_and_unchanged_only() {
        let (secret, now) = ([7; 32], Instant(1_800_000_000_000_000));
        let minute = Duration::from_secs(60);
        let text = seal(&secret, "etape", "medecin-1", now, minute);
        let read = |secret: &[u8; 32], label: &str, text: &str, now| open::<String>(secret, label, text, now);
        assert_eq!(read(&secret, "etape", &text, now).as_deref(), Some("medecin-1"));
        assert_eq!(read(&secret, "retour", &text, now), None);
        assert_eq!(read(&[8; 32], "etape", &text, now), None);
        assert_eq!(read(&secret, "etape", &text, now.plus(minute)), None);
        assert_eq!(read(&secret, "etape", &format!("A{text}"), now), None);
        assert_eq!(read(&secret, "etape", "", now), None);
    }
}
