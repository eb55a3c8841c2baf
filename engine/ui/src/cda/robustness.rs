//! Documents as they should not be: every element taken away in turn, and narratives nested at random. Whatever comes,
//! the page is correct and no word is lost.

use super::tests::{examples, section, whole_page, words};
use super::*;
use crate::lint;
use socle_kernel::{Chance, SeededChance};

/// The examples small enough to be read once per element.
const SMALL: [&str; 3] = ["CSE-MDE_2023.01.xml", "VAC-NOTE_2023.01.xml", "LDL-SES_2022.01.xml"];

#[test]
fn a_document_without_any_one_of_its_elements_is_a_correct_page_or_is_refused() {
    for file in examples().into_iter().filter(|path| SMALL.iter().any(|name| path.ends_with(name))) {
        let xml = std::fs::read_to_string(&file).expect("readable");
        let tree = roxmltree::Document::parse(&xml).expect("XML");
        let header_and_body = tree.descendants().filter(|node| {
            node.is_element() && !node.ancestors().any(|around| around.tag_name().name() == "entry")
        });
        let mut refused = Vec::new();
        for element in header_and_body {
            let range = element.range();
            let without = format!("{}{}", &xml[..range.start], &xml[range.end..]);
            match render(without.as_bytes(), Lang::Fr) {
                Ok(cda) => assert_eq!(
                    lint::check(&whole_page(&cda)),
                    Vec::<String>::new(),
                    "without {}",
                    &xml[range]
                ),
                Err(_) => refused.push(element.tag_name().name().to_owned()),
            }
        }
        assert_eq!(refused, ["ClinicalDocument", "component", "structuredBody"], "{}", file.display());
    }
}

/// Writes narratives at random; every word is numbered so that it can be found again.
struct Generator {
    chance: SeededChance,
    words: usize,
    ids: usize,
}

impl Generator {
    fn below(&self, limit: u64) -> u64 {
        self.chance.number() % limit
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!(" mot{}. ", self.words)
    }

    /// Anything that may stand in a narrative, and much that may not.
    fn flow(&mut self, depth: u64) -> String {
        (0..1 + self.below(3)).map(|_| self.piece(depth)).collect()
    }

    fn piece(&mut self, depth: u64) -> String {
        if depth == 0 {
            return self.word();
        }
        let inner = |this: &mut Self| this.flow(depth - 1);
        match self.below(13) {
            0 => format!("<paragraph>{}</paragraph>", inner(self)),
            1 => format!("<paragraph><caption>{}</caption>{}</paragraph>", self.word(), inner(self)),
            2 => format!("<content styleCode=\"Bold Italics Underline\">{}</content>", inner(self)),
            3 => {
                self.ids += 1;
                format!("<content ID=\"c{}\">{}</content>", self.ids / 2, inner(self))
            }
            4 => format!("<linkHtml href=\"#c{}\">{}</linkHtml>", self.below(4), inner(self)),
            5 => format!("<linkHtml href=\"https://exemple.fr\">{}</linkHtml>", inner(self)),
            6 => format!("<sub>{}</sub>", inner(self)),
            7 => format!("<footnote>{}</footnote>", self.word()),
            8 => format!("<inconnu>{}</inconnu><br/>", inner(self)),
            9 => format!(
                "<list listType=\"ordered\"><item>{}</item><item>{}</item></list>",
                inner(self),
                inner(self)
            ),
            10 | 11 => self.table(depth - 1),
            _ => self.word(),
        }
    }

    fn table(&mut self, depth: u64) -> String {
        let cell = |this: &mut Self| match this.below(5) {
            0 => format!("<th>{}</th>", this.flow(depth)),
            1 => format!("<td colspan=\"2\">{}</td>", this.flow(depth)),
            2 => format!("<th colspan=\"{}\"/>", this.below(4)),
            _ => format!("<td>{}</td>", this.flow(depth)),
        };
        let row = |this: &mut Self| {
            let cells: String = (0..this.below(4)).map(|_| cell(this)).collect();
            format!("<tr>{cells}</tr>")
        };
        let head = if self.below(2) == 0 { format!("<thead>{}</thead>", row(self)) } else { String::new() };
        format!("<table>{head}<tbody>{}{}</tbody></table>", row(self), row(self))
    }
}

#[test]
fn a_narrative_nested_at_random_loses_no_word_and_makes_a_correct_page() {
    for seed in 0..200 {
        let mut generator = Generator { chance: SeededChance::new(seed), words: 0, ids: 0 };
        let xml = section(&format!("<text>{}</text>", generator.flow(5)));
        let cda = render(xml.as_bytes(), Lang::Fr).expect("readable");
        assert_eq!(lint::check(&whole_page(&cda)), Vec::<String>::new(), "seed {seed}: {xml}");
        let shown = words(&cda.markup.into_string());
        for number in 1..=generator.words {
            assert!(shown.contains(&format!("mot{number}.")), "seed {seed}: word {number} of {xml}");
        }
    }
}
