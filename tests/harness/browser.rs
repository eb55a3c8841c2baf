//! A browser without scripts: cookies, redirects, and the forms of a page, filled in and sent as a person would.

use super::client::{Client, Reply, encode};
use super::region::region;
use std::collections::BTreeMap;

/// Redirects followed for one link.
const HOPS: usize = 12;

/// Someone at a screen.
pub struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
    lang: &'static str,
}

/// A page that was reached.
#[derive(Debug)]
pub struct Page {
    /// Address with its query.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// Text.
    pub html: String,
    /// Header of the answer, body included.
    pub reply: Reply,
}

/// A form of a page, with what it holds.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Fields in order.
    pub fields: Vec<(String, String)>,
    /// Files: field, name, media type, content.
    pub files: Vec<(String, String, String, Vec<u8>)>,
}

impl Browser {
    /// A fresh browser on the shared region, in French.
    pub fn new() -> Browser {
        Browser { client: region().anonymous(), cookies: BTreeMap::new(), lang: "fr" }
    }

    /// In a language.
    pub fn speaking(mut self, lang: &'static str) -> Browser {
        self.lang = lang;
        self
    }

    /// Follows a link.
    pub fn open(&mut self, path: &str) -> Page {
        let reply = self.send("GET", path, None, &[]);
        self.follow(path, reply)
    }

    /// Fetches an address and follows nothing.
    pub fn fetch(&mut self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, None, headers)
    }

    /// Sends a form.
    pub fn submit(&mut self, form: &Form) -> Page {
        let (media_type, body) = form.encode();
        let reply = self.send("POST", &form.action, Some(body), &[("content-type", &media_type)]);
        self.follow(&form.action, reply)
    }

    /// Signs in with one click, as demonstrations allow, and takes the first work situation or record.
    pub fn demonstration(&mut self, login: &str) -> Page {
        let page = self.open("/connexion");
        let form = page.form_where(|form| {
            form.action == "/connexion/demonstration" && form.value("identifiant") == login
        });
        let page = self.submit(&form);
        self.choose_first(page)
    }

    /// Signs in with a password and a one-time code.
    pub fn sign_in(&mut self, login: &str) -> Page {
        let is_citizen = region().account(login, "role") == "citizen";
        let doors = self.open("/connexion");
        let door = if is_citizen { "/connexion?profil=citoyen" } else { "/connexion?profil=professionnel" };
        let page = self.open(&doors.links(door).first().expect("a door for each profile").clone());
        let form = page.form("/connexion/identifiant");
        let page = self.submit(
            &form.fill("identifiant", login).fill("mot-de-passe", &region().account(login, "password")),
        );
        assert!(page.path.starts_with("/connexion/code"), "on to the code: {} {}", page.path, page.html);
        let code = super::totp::code(&region().account(login, "totp_secret"));
        self.submit(&page.form("/connexion/code").fill("code", &code))
    }

    /// Takes the first choice where there is one to make.
    pub fn choose_first(&mut self, page: Page) -> Page {
        let path = page.path.split('?').next().unwrap_or("").to_owned();
        if !matches!(path.as_str(), "/connexion/situation" | "/connexion/personne") {
            return page;
        }
        let choice = page
            .html
            .split("name=\"choix\"")
            .nth(1)
            .and_then(|rest| attribute(rest, "value"))
            .expect("a choice");
        self.submit(&page.form(&path).fill("choix", &choice))
    }

    /// A cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    fn send(&mut self, method: &str, path: &str, body: Option<Vec<u8>>, headers: &[(&str, &str)]) -> Reply {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut call = self
            .client
            .call(method, path)
            .header("cookie", &jar.join("; "))
            .header("accept-language", self.lang);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        if let Some(body) = body {
            call = call.bytes(body);
        }
        let reply = call.send();
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a cookie has a name");
            match rest.split(';').next().unwrap_or("") {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        reply
    }

    fn follow(&mut self, path: &str, mut reply: Reply) -> Page {
        let mut path = path.to_owned();
        for _ in 0..HOPS {
            if !matches!(reply.status, 302 | 303) {
                let html = reply.text();
                return Page { path, status: reply.status, html, reply };
            }
            let location = reply.header("location");
            path = location.strip_prefix(self.client.base()).unwrap_or(location).to_owned();
            assert!(path.starts_with('/'), "a redirect to elsewhere: {path}");
            reply = self.send("GET", &path, None, &[]);
        }
        panic!("redirects without end, last {path}")
    }
}

impl Page {
    /// The form that goes to an address.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        self.form_where(|form| form.action.split('?').next() == Some(action))
    }

    /// The first form of this kind.
    #[track_caller]
    pub fn form_where(&self, is_wanted: impl Fn(&Form) -> bool) -> Form {
        let forms = self.forms();
        let found = forms.iter().find(|form| is_wanted(form)).cloned();
        found.unwrap_or_else(|| {
            panic!(
                "no such form on {} ({}): {:?}",
                self.path,
                self.status,
                forms.iter().map(|form| &form.action).collect::<Vec<_>>()
            )
        })
    }

    /// Every form of the page.
    pub fn forms(&self) -> Vec<Form> {
        let pieces = self.html.split("<form").skip(1);
        pieces.map(|piece| form(piece.split("</form>").next().unwrap_or(piece), &self.path)).collect()
    }

    /// Addresses of the links whose address starts like this, in order.
    pub fn links(&self, start: &str) -> Vec<String> {
        let pieces = self.html.split("<a").skip(1);
        let addresses = pieces.filter_map(|piece| attribute(piece.split('>').next().unwrap_or(""), "href"));
        addresses.filter(|address| address.starts_with(start)).collect()
    }

    /// What a reader reads: without tags, spaces as one.
    pub fn words(&self) -> String {
        words(&self.html)
    }

    /// Fails unless the page shows these words.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Page {
        assert!(self.words().contains(text), "{} does not show {text:?}:\n{}", self.path, self.words());
        self
    }

    /// Fails if the words are anywhere in the page, seen or not.
    #[track_caller]
    pub fn hides(&self, text: &str) -> &Page {
        assert!(!self.html.contains(text) && !self.words().contains(text), "{} tells of {text:?}", self.path);
        self
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Page {
        assert_eq!(self.status, status, "{}: {}", self.path, self.words());
        self
    }
}

impl Form {
    /// A field's value; empty when absent.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    /// Fills in a field.
    pub fn fill(mut self, name: &str, value: &str) -> Form {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Leaves a field out.
    pub fn without(mut self, name: &str) -> Form {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// Chooses a file.
    pub fn choose(mut self, field: &str, file_name: &str, media_type: &str, content: &[u8]) -> Form {
        self.fields.retain(|(name, _)| name != field);
        self.files.push((field.into(), file_name.into(), media_type.into(), content.to_vec()));
        self
    }

    fn encode(&self) -> (String, Vec<u8>) {
        if self.files.is_empty() {
            let pairs: Vec<String> = self
                .fields
                .iter()
                .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
                .collect();
            return ("application/x-www-form-urlencoded".into(), pairs.join("&").into_bytes());
        }
        let boundary = "limite-entre-les-parties";
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            body.extend(
                format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        for (name, file_name, media_type, content) in &self.files {
            body.extend(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\ncontent-type: {media_type}\r\n\r\n").bytes());
            body.extend(content);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

fn form(piece: &str, path: &str) -> Form {
    let head = piece.split('>').next().unwrap_or("");
    let action = attribute(head, "action").unwrap_or_else(|| path.to_owned());
    let mut fields = Vec::new();
    for input in piece.split("<input").skip(1) {
        let tag = input.split('>').next().unwrap_or("");
        let kind = attribute(tag, "type").unwrap_or_default();
        let is_chosen = !matches!(kind.as_str(), "radio" | "checkbox" | "file") || tag.contains(" checked");
        if let (Some(name), true) = (attribute(tag, "name"), is_chosen) {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    for select in piece.split("<select").skip(1) {
        let Some(name) = attribute(select.split('>').next().unwrap_or(""), "name") else { continue };
        let inside = select.split("</select>").next().unwrap_or("");
        let options = inside.split("<option").skip(1).map(|option| option.split('>').next().unwrap_or(""));
        let chosen =
            options.clone().find(|option| option.contains(" selected")).or_else(|| options.clone().next());
        fields.push((name, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default()));
    }
    for area in piece.split("<textarea").skip(1) {
        if let Some(name) = attribute(area.split('>').next().unwrap_or(""), "name") {
            fields.push((name, String::new()));
        }
    }
    Form { action: action.split('#').next().unwrap_or("").to_owned(), fields, files: Vec::new() }
}

/// An attribute of a tag, unescaped.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(unescape(tag[start..].split('"').next()?))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// The words of a piece of HTML.
pub fn words(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let tag = &rest[start..];
        let skipped = ["script", "style"]
            .iter()
            .find(|name| tag[1..].starts_with(**name))
            .and_then(|name| tag.find(&format!("</{name}>")));
        let from = skipped.unwrap_or(0);
        let end = tag[from..].find('>').map_or(tag.len(), |end| from + end + 1);
        text.push(' ');
        rest = &tag[end..];
    }
    text.push_str(rest);
    squeeze(&unescape(&text))
}

/// Spaces of every kind as one.
pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
