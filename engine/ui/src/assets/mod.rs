//! The stylesheet, the script and the icon of the tab, under names that change with their content.

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Write;
use std::sync::LazyLock;

/// A file that never changes under its address: serve it with `Cache-Control: public, max-age=31536000, immutable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Address: `/assets/socle-<8 hexadecimal digits of its SHA-256>.css`.
    pub path: String,
    /// `Content-Type`.
    pub media_type: &'static str,
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// The content compressed with gzip, ready to send.
    pub gzip: Vec<u8>,
}

/// The stylesheet, one file per concern, in the order that the cascade needs.
const CSS: &str = concat!(
    include_str!("css/1-tokens.css"),
    include_str!("css/2-base.css"),
    include_str!("css/3-frame.css"),
    include_str!("css/4-form.css"),
    include_str!("css/5-parts.css"),
    include_str!("css/6-rows.css"),
    include_str!("css/7-cda.css"),
    include_str!("css/8-media.css"),
);

static ALL: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("css", "text/css; charset=utf-8", Cow::Borrowed(CSS.as_bytes())),
        asset("js", "text/javascript; charset=utf-8", Cow::Borrowed(include_bytes!("socle.js"))),
        asset("svg", "image/svg+xml", Cow::Owned(crate::icons::favicon().into_bytes())),
    ]
});

fn asset(extension: &str, media_type: &'static str, bytes: Cow<'static, [u8]>) -> Asset {
    let digest = Sha256::digest(&bytes);
    let hash = data_encoding::HEXLOWER.encode(digest.get(..4).unwrap_or_default());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes).expect("writing to memory does not fail");
    let gzip = encoder.finish().expect("writing to memory does not fail");
    Asset { path: format!("/assets/socle-{hash}.{extension}"), media_type, bytes, gzip }
}

/// All of them.
pub fn all() -> &'static [Asset] {
    ALL.as_slice()
}

/// The one whose address this is.
pub fn find(path: &str) -> Option<&'static Asset> {
    all().iter().find(|asset| asset.path == path)
}

/// The stylesheet.
pub fn stylesheet() -> &'static Asset {
    let [css, _, _] = &*ALL;
    css
}

/// The script.
pub fn script() -> &'static Asset {
    let [_, js, _] = &*ALL;
    js
}

/// The icon of the browser's tab.
pub fn favicon() -> &'static Asset {
    let [_, _, icon] = &*ALL;
    icon
}

#[cfg(test)]
mod tests;
