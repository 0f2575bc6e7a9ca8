//! A minimal browser for the pages of this server: cookies, link targets and forms.
//!
//! It reads only pages of this program, so it parses HTML only as far as tags and attributes.

use super::{ClientResponse, send};
use axum::http::{Method, StatusCode};
use opendrs_domain::login::form;

/// A browser that visits one server.
#[derive(Clone, Debug)]
pub struct BrowserClient {
    base: String,
    cookies: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

/// A form of a page: its target, and the fields that it sends without any input.
#[derive(Clone, Debug, Default)]
pub struct HtmlForm {
    /// The target of the form, as in the page.
    pub action: String,
    /// Names and values of hidden fields, of inputs with a value, and of preselected choices.
    pub fields: Vec<(String, String)>,
    /// Names and values of the buttons. A button is sent only if it is pressed.
    pub buttons: Vec<(String, String)>,
}

impl HtmlForm {
    /// Sets the value of a field and replaces its earlier one.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses the button of this name.
    #[must_use]
    pub fn press(mut self, name: &str) -> Self {
        let value = self.buttons.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
        self.fields.push((name.to_owned(), value));
        self
    }

    /// Encodes the form as `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn encode(&self) -> String {
        let pair =
            |(n, v): &(String, String)| format!("{}={}", form::percent_encode(n, ""), form::percent_encode(v, ""));
        self.fields.iter().map(pair).collect::<Vec<_>>().join("&")
    }

    /// Finds every form of a page.
    #[must_use]
    pub fn parse_all(html: &str) -> Vec<HtmlForm> {
        let mut forms = Vec::new();
        for part in html.split("<form ").skip(1) {
            let part = part.split("</form>").next().unwrap_or_default();
            let head = part.split('>').next().unwrap_or_default();
            let mut form =
                HtmlForm { action: tag_attribute(head, "action").unwrap_or_default(), ..HtmlForm::default() };
            for tag in part.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()) {
                let Some(name) = tag_attribute(tag, "name") else { continue };
                let value = tag_attribute(tag, "value").unwrap_or_default();
                let kind = tag_attribute(tag, "type").unwrap_or_default();
                let choice = kind == "radio" || kind == "checkbox";
                if tag.starts_with("button ") {
                    form.buttons.push((name, value));
                } else if tag.starts_with("input ") && (!choice || tag.ends_with(" checked")) {
                    form.fields.push((name, value));
                }
            }
            forms.push(form);
        }
        forms
    }
}

/// Returns an attribute of a tag, unescaped.
fn tag_attribute(tag: &str, name: &str) -> Option<String> {
    let rest =
        &tag[tag.find(&format!(" {name}=\"")).or_else(|| tag.starts_with(&format!("{name}=\"")).then_some(0))?..];
    let value = rest.split('"').nth(1)?;
    Some(unescape_html(value))
}

/// Undoes the HTML escaping of this server's templates.
fn unescape_html(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, plain) in [("&#38;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'")] {
        out = out.replace(entity, plain);
    }
    out
}

/// Returns the text of a page's first heading.
#[must_use]
pub fn page_heading(html: &str) -> Option<String> {
    let inside = html.split("<h1").nth(1)?.split_once('>')?.1.split("</h1>").next()?;
    // The text of nested tags belongs to the heading.
    Some(inside.split('<').map(|part| part.rsplit('>').next().unwrap_or_default()).collect())
}

impl BrowserClient {
    /// Makes a browser without cookies. `base` is the URL of the server.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), cookies: Vec::new(), headers: Vec::new() }
    }

    /// Adds a header to every request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the value of the `Cookie` header that it sends.
    #[must_use]
    pub fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ")
    }

    async fn request(&mut self, method: Method, path: &str, body: String) -> Result<ClientResponse, String> {
        let cookies = self.cookie_header();
        let mut headers = vec![("accept", "text/html")];
        let more = self.headers.clone();
        headers.extend(more.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        let reply = send(method, &format!("{}{path}", self.base), &headers, body).await?;
        for value in reply.headers.get_all("set-cookie") {
            let pair = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(n, _)| n != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(reply)
    }

    /// Opens a page.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn get(&mut self, path: &str) -> Result<ClientResponse, String> {
        self.request(Method::GET, path, String::new()).await
    }

    /// Submits a form.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn submit(&mut self, form: &HtmlForm) -> Result<ClientResponse, String> {
        self.request(Method::POST, &form.action, form.encode()).await
    }

    /// Follows redirects within this server. It stops at a page, or at a redirect to another server.
    ///
    /// # Errors
    /// The server does not answer, or redirects more than ten times.
    pub async fn follow_redirects(&mut self, mut reply: ClientResponse) -> Result<ClientResponse, String> {
        for _ in 0..10 {
            let target = reply.header("location").to_owned();
            let here = matches!(reply.status, StatusCode::SEE_OTHER | StatusCode::FOUND) && target.starts_with('/');
            if !here {
                return Ok(reply);
            }
            reply = self.get(&target).await?;
        }
        Err("the pages lead in circles".into())
    }
}
