//! A small reader of HTML: elements with their attributes and texts as a flat tree.

/// Elements that have no content and no end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "param",
];
/// Elements whose content is not HTML.
const RAW: [&str; 2] = ["script", "style"];
/// Elements that end an open paragraph, so that one inside a `p` is not where it was written.
const ENDS_PARAGRAPH: [&str; 26] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "details",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "section",
    "table",
    "ul",
];

/// One element.
#[derive(Debug)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub parent: Option<usize>,
    /// The texts directly inside, as written.
    pub text: String,
    /// Elements and texts in their order, for the words of a link.
    children: Vec<Child>,
}

#[derive(Debug)]
enum Child {
    Element(usize),
    Text(String),
}

/// A page: its elements in document order.
#[derive(Debug)]
pub(super) struct Document {
    pub elements: Vec<Element>,
    pub has_doctype: bool,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    /// The start tag, to name the element in a finding.
    pub fn tag(&self) -> String {
        let mut tag = format!("<{}", self.name);
        for (key, value) in self
            .attributes
            .iter()
            .filter(|(key, _)| matches!(key.as_str(), "id" | "name" | "href" | "src" | "class" | "type"))
        {
            tag.push_str(&format!(" {key}=\"{value}\""));
        }
        tag + ">"
    }
}

impl Document {
    pub fn parse(page: &str) -> Result<Document, String> {
        let mut reader = Reader {
            rest: page,
            document: Document { elements: Vec::new(), has_doctype: false },
            open: Vec::new(),
        };
        while !reader.rest.is_empty() {
            reader.step()?;
        }
        match reader.open.last().and_then(|index| reader.document.elements.get(*index)) {
            Some(element) => Err(format!("{} is never closed", element.tag())),
            None => Ok(reader.document),
        }
    }

    /// All elements with this name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (usize, &'a Element)> {
        self.all().filter(move |(_, element)| element.name == name)
    }

    pub fn all(&self) -> impl Iterator<Item = (usize, &Element)> {
        self.elements.iter().enumerate()
    }

    /// The elements around this one, nearest first.
    pub fn around(&self, index: usize) -> impl Iterator<Item = &Element> {
        let parent = |index: usize| self.elements.get(index).and_then(|element| element.parent);
        std::iter::successors(parent(index), move |index| parent(*index))
            .filter_map(|index| self.elements.get(index))
    }

    /// The elements inside this one.
    pub fn inside(&self, index: usize) -> impl Iterator<Item = &Element> {
        let parent = |index: usize| self.elements.get(index).and_then(|element| element.parent);
        self.all()
            .filter(move |(inner, _)| {
                std::iter::successors(parent(*inner), move |i| parent(*i)).any(|i| i == index)
            })
            .map(|(_, element)| element)
    }

    pub fn by_id(&self, id: &str) -> Option<(usize, &Element)> {
        self.all().find(|(_, element)| element.attribute("id") == Some(id))
    }

    /// The words a screen reader would say: hidden parts left out, alternative texts taken in.
    pub fn words(&self, index: usize) -> String {
        let mut words = String::new();
        self.collect(index, &mut words);
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn collect(&self, index: usize, words: &mut String) {
        let Some(element) = self.elements.get(index) else { return };
        if element.attribute("aria-hidden") == Some("true")
            || element.attribute("hidden").is_some() && element.name != "button"
        {
            return;
        }
        if let Some(label) = element.attribute("aria-label").or_else(|| element.attribute("alt")) {
            words.push_str(label);
            return;
        }
        for child in &element.children {
            match child {
                Child::Element(inner) => self.collect(*inner, words),
                Child::Text(text) => words.push_str(text),
            }
        }
        if matches!(element.name.as_str(), "p" | "div" | "li" | "br" | "td" | "th") {
            words.push(' ');
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    document: Document,
    open: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            let end = rest.find("-->").ok_or("a comment is never closed")?;
            self.rest = rest.get(end + 3..).unwrap_or("");
            return Ok(());
        }
        if self.rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
            let end = self.rest.find('>').ok_or("the doctype is never closed")?;
            self.document.has_doctype = self.document.elements.is_empty();
            self.rest = self.rest.get(end + 1..).unwrap_or("");
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            return self.end_tag(rest);
        }
        match self.rest.strip_prefix('<') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_alphabetic()) => self.start_tag(rest),
            Some(_) => Err(format!("a bare < in the text: {}", excerpt(self.rest))),
            None => {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.add_text(text);
                self.rest = rest;
                Ok(())
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        let text = unescape(text);
        if let Some(element) = self.open.last().and_then(|index| self.document.elements.get_mut(*index)) {
            element.text.push_str(&text);
            element.children.push(Child::Text(text));
        }
    }

    fn end_tag(&mut self, rest: &'a str) -> Result<(), String> {
        let end = rest.find('>').ok_or_else(|| format!("an end tag is never closed: </{}", excerpt(rest)))?;
        let name = rest.get(..end).unwrap_or("").trim().to_ascii_lowercase();
        self.rest = rest.get(end + 1..).unwrap_or("");
        let open = self.open.pop().and_then(|index| self.document.elements.get(index));
        match open {
            Some(element) if element.name == name => Ok(()),
            Some(element) => Err(format!("</{name}> closes {}", element.tag())),
            None => Err(format!("</{name}> closes nothing")),
        }
    }

    fn start_tag(&mut self, rest: &'a str) -> Result<(), String> {
        let (name, mut rest) = split_while(rest, |c| c.is_ascii_alphanumeric() || c == '-');
        let name = name.to_ascii_lowercase();
        let mut attributes = Vec::new();
        let is_closed_at_once = loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix("/>") {
                rest = after;
                break true;
            }
            if let Some(after) = rest.strip_prefix('>') {
                rest = after;
                break false;
            }
            let (key, value, after) =
                attribute(rest).ok_or_else(|| format!("<{name} is not readable: {}", excerpt(rest)))?;
            attributes.push((key, value));
            rest = after;
        };
        self.check_place(&name)?;
        let index = self.document.elements.len();
        let parent = self.open.last().copied();
        if let Some(parent) = parent.and_then(|parent| self.document.elements.get_mut(parent)) {
            parent.children.push(Child::Element(index));
        }
        self.document.elements.push(Element {
            name: name.clone(),
            attributes,
            parent,
            text: String::new(),
            children: Vec::new(),
        });
        self.rest = rest;
        if is_closed_at_once || VOID.contains(&name.as_str()) {
            return Ok(());
        }
        self.open.push(index);
        if RAW.contains(&name.as_str()) {
            let end = rest.find(&format!("</{name}")).ok_or_else(|| format!("<{name}> is never closed"))?;
            let (raw, rest) = rest.split_at(end);
            self.add_text(raw);
            self.rest = rest;
        }
        Ok(())
    }

    /// Refuses what a browser would move or close by itself.
    fn check_place(&self, name: &str) -> Result<(), String> {
        let open = || self.open.iter().filter_map(|index| self.document.elements.get(*index));
        if ENDS_PARAGRAPH.contains(&name) && open().any(|element| element.name == "p") {
            return Err(format!("<{name}> inside a <p>: browsers end the paragraph before it"));
        }
        let forbidden: &[&str] = match name {
            "a" | "button" | "input" | "select" | "textarea" | "details" => &["a", "button"],
            "form" => &["form"],
            _ => &[],
        };
        match open().find(|element| element.is(forbidden)) {
            Some(element) => Err(format!("<{name}> inside {}", element.tag())),
            None => Ok(()),
        }
    }
}

/// One attribute: its name, its value, what follows.
fn attribute(rest: &str) -> Option<(String, String, &str)> {
    let (key, after) =
        split_while(rest, |c| !c.is_whitespace() && !matches!(c, '=' | '>' | '/' | '"' | '\'' | '<'));
    if key.is_empty() {
        return None;
    }
    let key = key.to_ascii_lowercase();
    let Some(after) = after.strip_prefix('=') else { return Some((key, String::new(), after)) };
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, after) = after.get(1..)?.split_once(quote)?;
    Some((key, unescape(value), after))
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !keep(c)).unwrap_or(text.len()))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
