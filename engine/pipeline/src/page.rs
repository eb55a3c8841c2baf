//! The contract of a page: what its handler gets and gives, free of HTTP.

use crate::pipeline::Pipeline;
use crate::room::Identified;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Instant, Lang, Problem};
use std::collections::HashMap;

/// HTTP method of a page: links and forms know no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A link.
    Get,
    /// A form.
    Post,
}

impl Method {
    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// Who may call a page. Checked before the handler runs; the gate decides on the data all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everyone.
    Anyone,
    /// A citizen who signed in.
    Citizen,
    /// A professional who signed in and chose a work situation.
    Professional,
    /// Anyone who signed in.
    SignedIn,
}

impl Who {
    /// The word in the table of routes.
    pub fn name(self) -> &'static str {
        match self {
            Who::Anyone => "anyone",
            Who::Citizen => "citizen",
            Who::Professional => "professional",
            Who::SignedIn => "signed-in",
        }
    }
}

/// A page's handler. The session is closed (and its trace made durable) by the pipeline after it returns.
pub type Handler = for<'a> fn(&'a PageCall, &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>>;

/// A page of a room.
#[derive(Clone, Copy)]
pub struct Page {
    /// Method.
    pub method: Method,
    /// Address, with `{name}` for its variable parts.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
    /// True when a form post must carry our token; false for addresses that machines call.
    pub is_guarded: bool,
    /// What answers.
    pub handler: Handler,
}

impl Page {
    /// A page reached by a link.
    pub const fn get(path: &'static str, who: Who, handler: Handler) -> Self {
        Page { method: Method::Get, path, who, is_guarded: true, handler }
    }

    /// A page reached by a form.
    pub const fn post(path: &'static str, who: Who, handler: Handler) -> Self {
        Page { method: Method::Post, path, who, is_guarded: true, handler }
    }

    /// An address that machines post to: no form token is asked.
    pub const fn machine(path: &'static str, handler: Handler) -> Self {
        Page { method: Method::Post, path, who: Who::Anyone, is_guarded: false, handler }
    }
}

/// A file sent with a form.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Field it came in.
    pub field: String,
    /// Name as sent, without folders.
    pub file_name: String,
    /// Media type as sent.
    pub media_type: String,
    /// Content.
    pub content: Bytes,
}

/// The fields and files of a form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Fields in order; a name may come twice.
    pub fields: Vec<(String, String)>,
    /// Files.
    pub files: Vec<Upload>,
}

impl Form {
    /// The value of a field, trimmed; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    /// The file of a field, when one was chosen.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.files
            .iter()
            .find(|file| file.field == name && !(file.file_name.is_empty() && file.content.is_empty()))
    }
}

/// One call of a page.
pub struct PageCall {
    /// For reads and writes under the same rules as everywhere.
    pub pipeline: Pipeline,
    /// Method.
    pub method: Method,
    /// Address as called, without the query.
    pub path: String,
    /// Variable parts of the address.
    pub params: HashMap<String, String>,
    /// Query parameters in order.
    pub query: Vec<(String, String)>,
    /// The form, for a post.
    pub form: Form,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The reader's language.
    pub lang: Lang,
    /// Who calls.
    pub identified: Identified,
    /// Network address of the caller, for rate limits.
    pub peer: String,
    /// Id of this request.
    pub request: String,
    /// The moment of this call.
    pub now: Instant,
}

impl PageCall {
    /// A variable part of the address; empty when the route has none of this name.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A query parameter, trimmed; empty when absent.
    pub fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    /// A header; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value.as_str())
    }
}

/// A page's answer.
#[derive(Clone, Debug)]
pub struct PageAnswer {
    /// HTTP status.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
}

impl PageAnswer {
    /// An HTML page.
    pub fn html(html: String) -> Self {
        PageAnswer {
            status: 200,
            headers: vec![("content-type".into(), "text/html; charset=utf-8".into())],
            body: Bytes::from(html),
        }
    }

    /// "See other": after a form, the browser goes on with a link.
    pub fn redirect(location: impl Into<String>) -> Self {
        PageAnswer { status: 303, headers: vec![("location".into(), location.into())], body: Bytes::new() }
    }

    /// JSON for machines, never stored by caches.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        PageAnswer {
            status,
            headers: vec![
                ("content-type".into(), "application/json".into()),
                ("cache-control".into(), "no-store".into()),
            ],
            body: Bytes::from(value.to_string()),
        }
    }

    /// A document content. Shown in the page when `is_inline`, else offered as a file. Whatever it holds, it runs nothing.
    pub fn content(media_type: &str, file_name: &str, is_inline: bool, content: Bytes) -> Self {
        let safe: String = file_name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
            .collect();
        let how = if is_inline { "inline" } else { "attachment" };
        PageAnswer {
            status: 200,
            headers: vec![
                ("content-type".into(), media_type.into()),
                ("content-disposition".into(), format!("{how}; filename=\"{safe}\"")),
                (
                    "content-security-policy".into(),
                    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:".into(),
                ),
            ],
            body: content,
        }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}
