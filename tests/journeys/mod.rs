//! Whole stories, as the people concerned live them.

mod api_page;
mod browser;
mod cda;
mod record;

/// The upload form as a professional fills it in.
pub fn fill_publication(form: crate::harness::browser::Form, title: &str) -> crate::harness::browser::Form {
    form.fill("titre", title)
        .fill("type", "11488-4")
        .fill("date-day", "2")
        .fill("date-month", "3")
        .fill("date-year", "2026")
        .fill("lieu", "SA07")
        .fill("cadre", "AMBULATOIRE")
}

/// A folder of the project's own test data.
pub fn testdata(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

/// The smallest PNG: one pixel.
pub const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0,
    1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0,
    0, 0, 0x82, 0, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
