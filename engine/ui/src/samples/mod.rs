//! Every component in every state, and whole pages, in both languages: what tests check and what people look at.
//!
//! `cargo run -p socle-ui --example gallery -- <folder>` writes them as files. All people are invented.

mod gallery;
mod pages;

use socle_kernel::Lang;

/// Name and full document of every sample: the gallery of components, then whole pages.
pub fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    vec![
        ("gallery", gallery::page(lang)),
        ("public", pages::public(lang)),
        ("citizen", pages::citizen(lang)),
        ("represented", pages::represented(lang)),
        ("professional", pages::professional(lang)),
        ("form-errors", pages::form_with_errors(lang)),
        ("refused", pages::refused(lang)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint;

    #[test]
    fn every_sample_is_a_correct_page_in_both_languages() {
        for lang in [Lang::Fr, Lang::En] {
            for (name, html) in pages(lang) {
                assert_eq!(lint::check(&html), Vec::<String>::new(), "{name} in {}", lang.tag());
            }
        }
    }

    #[test]
    fn english_samples_speak_english() {
        for (name, html) in pages(Lang::En) {
            for word in [
                "Se déconnecter",
                "Besoin d’aide",
                "Il y a un problème",
                "Motif",
                "Étapes",
                "facultatif",
                "DÉMO",
            ] {
                assert!(!html.contains(word), "{name}: {word}");
            }
        }
    }

    #[test]
    fn the_gallery_shows_every_icon_and_tone() {
        let (_, html) = pages(Lang::Fr).swap_remove(0);
        for icon in crate::Icon::ALL {
            assert!(html.contains(&icon.markup().into_string()), "{icon:?}");
        }
        for tone in crate::Tone::ALL {
            assert!(html.contains(&format!("notice {}", tone.class())), "{tone:?}");
        }
    }
}
