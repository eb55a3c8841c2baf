//! Budgets of the files, and the contrast of every pair of colours, computed from the tokens.

use super::*;
use std::collections::HashMap;

/// Text (or a sign that carries meaning) on a ground, with the least contrast WCAG 2.2 AA asks.
const PAIRS: [(&str, &str, f64); 44] = [
    ("ink", "paper", 4.5),
    ("ink", "surface", 4.5),
    ("ink", "sunken", 4.5),
    ("ink", "accent-soft", 4.5),
    ("ink-soft", "paper", 4.5),
    ("ink-soft", "surface", 4.5),
    ("ink-soft", "sunken", 4.5),
    ("ink-soft", "accent-soft", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "sunken", 4.5),
    ("accent", "accent-soft", 4.5),
    ("accent-strong", "paper", 4.5),
    ("accent-strong", "surface", 4.5),
    ("accent-strong", "accent-soft", 4.5),
    ("accent-ink", "accent", 4.5),
    ("accent-ink", "accent-strong", 4.5),
    ("bar-ink", "bar", 4.5),
    ("bar-soft", "bar", 4.5),
    ("bar", "bar-soft", 4.5),
    ("bar", "bar-ink", 4.5),
    ("spark", "bar", 3.0),
    ("demo-ink", "demo", 4.5),
    ("represented-ink", "represented", 4.5),
    ("neutral-ink", "neutral", 4.5),
    ("info-ink", "info", 4.5),
    ("success-ink", "success", 4.5),
    ("warning-ink", "warning", 4.5),
    ("danger-ink", "danger", 4.5),
    ("danger-ink", "paper", 4.5),
    ("danger-ink", "surface", 4.5),
    ("danger-fill-ink", "danger-fill", 4.5),
    ("danger-fill-ink", "danger-ink", 4.5),
    ("danger-fill", "surface", 3.0),
    ("danger-fill", "paper", 3.0),
    ("line-strong", "surface", 3.0),
    ("line-strong", "paper", 3.0),
    ("warning-ink", "surface", 3.0),
    ("focus", "paper", 3.0),
    ("focus", "surface", 3.0),
    ("focus", "halo", 3.0),
    ("focus", "accent-soft", 3.0),
    ("focus", "represented", 3.0),
    ("bar", "bar-ink", 3.0),
];

type Tokens = HashMap<String, String>;

/// The hexadecimal tokens of the rule with this selector in a piece of stylesheet.
fn tokens(css: &str, selector: &str) -> Tokens {
    let start = css.find(&format!("{selector} {{")).unwrap_or_else(|| panic!("{selector} has tokens"));
    let rule = css.get(start..).and_then(|rest| rest.split('}').next()).expect("closed");
    rule.lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.trim_end_matches(';').split_once(": "))
        .filter(|(_, value)| value.starts_with('#'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn luminance(hex: &str) -> f64 {
    let channel = |from: usize| {
        let value =
            u8::from_str_radix(hex.get(from..from + 2).expect("six digits"), 16).expect("hexadecimal");
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_pair_of_colours_has_the_contrast_of_wcag_aa_in_every_space_light_and_dark() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
    let css = include_str!("css/1-tokens.css");
    let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").expect("both schemes");
    let mut weak = Vec::new();
    for (scheme, part) in [("light", light), ("dark", dark)] {
        for space in [":root", ".space-citizen", ".space-pro"] {
            let mut all = tokens(light, ":root");
            if space != ":root" {
                all.extend(tokens(light, space));
            }
            // As in the cascade: a dark rule of a space wins over the dark root, which is inherited only.
            if scheme == "dark" {
                all.extend(tokens(part, ":root"));
                if space != ":root" {
                    all.extend(tokens(light, space));
                    all.extend(tokens(part, space));
                }
            }
            for (text, ground, least) in PAIRS {
                let color = |name: &str| all.get(name).unwrap_or_else(|| panic!("--{name}")).clone();
                let ratio = contrast(&color(text), &color(ground));
                if ratio < least {
                    weak.push(format!("{scheme} {space}: {text} on {ground} {ratio:.2} < {least}"));
                }
            }
        }
    }
    assert_eq!(weak, Vec::<String>::new());
}

#[test]
fn the_files_stay_within_their_budgets() {
    assert!(stylesheet().gzip.len() <= 25_000, "{}", stylesheet().gzip.len());
    assert!(script().bytes.len() <= 6_000, "{}", script().bytes.len());
}

#[test]
fn names_follow_the_content_and_are_found_again() {
    for asset in all() {
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&asset.bytes));
        let hash = digest.get(..8).expect("hexadecimal");
        assert!(asset.path.starts_with(&format!("/assets/socle-{hash}.")), "{}", asset.path);
        assert_eq!(find(&asset.path), Some(asset));
        let mut plain = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(asset.gzip.as_slice());
        std::io::Read::read_to_end(&mut decoder, &mut plain).expect("gzip");
        assert_eq!(plain, asset.bytes.as_ref());
    }
    assert_eq!(find("/assets/socle-00000000.css"), None);
}

#[test]
fn the_stylesheet_reaches_nothing_outside_and_names_no_font_file() {
    for forbidden in ["@import", "url(", "@font-face", "http:", "https:", "marianne", "dsfr"] {
        assert!(!CSS.to_lowercase().contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_stylesheet_answers_every_preference_of_the_reader() {
    for query in [
        "prefers-color-scheme: dark",
        "prefers-reduced-motion",
        "prefers-contrast: more",
        "forced-colors: active",
        "@media print",
        ":focus-visible",
    ] {
        assert!(CSS.contains(query), "{query}");
    }
    assert_eq!(CSS.matches('{').count(), CSS.matches('}').count());
}

#[test]
fn every_class_that_the_components_write_has_its_rule() {
    let mut missing = Vec::new();
    for lang in [socle_kernel::Lang::Fr, socle_kernel::Lang::En] {
        for (_, html) in crate::samples::pages(lang) {
            for list in html.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                for class in list.split_whitespace() {
                    let dot = format!(".{class}");
                    let is_ruled = CSS.match_indices(&dot).any(|(at, _)| {
                        let after = CSS.get(at + dot.len()..).and_then(|rest| rest.chars().next());
                        !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-')
                    });
                    if !is_ruled && !missing.contains(&class.to_owned()) {
                        missing.push(class.to_owned());
                    }
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
