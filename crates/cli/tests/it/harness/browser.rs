//! Browsers: a browser, its present page, and forms to submit.

use super::Server;
use super::fixtures::{ANN, MODEL, PASSWORD, REDIRECT, SECRET, WEB};
use super::request::form_body;
use opendrs_client::{BrowserClient, ClientResponse, HtmlForm, page_heading};

/// A browser with its present page.
#[derive(Clone)]
pub struct TestBrowser {
    pub browser: BrowserClient,
    pub page: ClientResponse,
}

impl TestBrowser {
    pub async fn open(server: &Server, path: &str) -> Self {
        Self::open_in(BrowserClient::new(&server.base_url), path).await
    }

    /// Opens a page in a browser that sends the headers of a navigation.
    pub async fn navigate(server: &Server, path: &str) -> Self {
        Self::open_in(BrowserClient::new(&server.base_url).with_header("upgrade-insecure-requests", "1"), path).await
    }

    async fn open_in(mut browser: BrowserClient, path: &str) -> Self {
        let page = browser.get(path).await.unwrap();
        Self { browser, page }
    }

    /// A browser with a signed-in customer; it shows the devices page.
    pub async fn signed_in(server: &Server, email: &str) -> Self {
        let mut visit = Self::open(server, "/settings").await;
        visit.sign_in(email).await;
        assert_eq!(visit.title(), "Your devices");
        visit
    }

    /// Goes to another page, and follows redirects within the server.
    pub async fn go_to(&mut self, path: &str) -> &mut Self {
        let reply = self.browser.get(path).await.unwrap();
        self.page = self.browser.follow_redirects(reply).await.unwrap();
        self
    }

    /// The form of the page with this action.
    #[track_caller]
    pub fn form(&self, action: &str) -> HtmlForm {
        let html = self.page.text();
        let found = HtmlForm::parse_all(&html).into_iter().find(|form| form.action == action);
        found.unwrap_or_else(|| panic!("no form {action} on this page: {} {html}", self.page.status))
    }

    /// Sends a form, and follows redirects within the server.
    pub async fn submit(&mut self, form: &HtmlForm) -> &mut Self {
        let reply = self.browser.submit(form).await.unwrap();
        self.page = self.browser.follow_redirects(reply).await.unwrap();
        self
    }

    pub async fn sign_in(&mut self, email: &str) -> &mut Self {
        let form = self.form("/ap/signin").fill("email", email).fill("password", PASSWORD);
        self.submit(&form).await
    }

    /// Presses a button of the form with this action.
    pub async fn press(&mut self, action: &str, button: &str) -> &mut Self {
        let form = self.form(action).press(button);
        self.submit(&form).await
    }

    /// The page's heading.
    pub fn title(&self) -> String {
        page_heading(&self.page.text()).unwrap_or_default()
    }

    /// The target of the page's redirect.
    pub fn location(&self) -> &str {
        self.page.header("location")
    }

    /// A parameter of the redirect's target, still encoded.
    pub fn redirect_param(&self, name: &str) -> Option<&str> {
        let (_, query) = self.location().split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// The path of an authorization request for Ann's device SN-1. Some parameters are changed, added, or (without a value)
/// left out.
pub fn authorize_path(changes: &[(&str, Option<&str>)]) -> String {
    let data = format!(r#"{{"dash:replenish":{{"device_model":"{MODEL}","serial":"SN-1"}}}}"#);
    let usual = [
        ("client_id", WEB),
        ("scope", "dash:replenish"),
        ("scope_data", data.as_str()),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("state", "s-1"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| !changes.iter().any(|(n, _)| n == name));
    let changed = changes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    format!("/ap/oa?{}", form_body(&kept.chain(changed).collect::<Vec<_>>()))
}

impl Server {
    /// Ann performs the whole sign-up of an authorization request; the browser ends at the redirect to the client.
    pub async fn sign_up(&self, query: &str) -> TestBrowser {
        let mut visit = TestBrowser::open(self, query).await;
        visit.sign_in(ANN).await;
        self.complete_sign_up(&mut visit).await;
        visit
    }

    /// The sign-up from consent to its end: consents if the page asks for it, keeps the preselected products,
    /// completes.
    pub async fn complete_sign_up(&self, visit: &mut TestBrowser) {
        while visit.page.status == 200 {
            let forms = HtmlForm::parse_all(&visit.page.text());
            let form = forms.into_iter().next().expect("a form");
            let form = match form.action.as_str() {
                "/ap/consent" => form.press("consentApproved"),
                "/setup_overview" => form.press("completeSetup"),
                _ => form,
            };
            visit.submit(&form).await;
        }
    }
}

impl Server {
    /// Ann consents to a profile scope for Aqua's cloud. Returns the access token.
    pub async fn profile_token(&self, scope: &str) -> String {
        let visit = self.sign_up(&authorize_path(&[("scope", Some(scope)), ("scope_data", None)])).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", visit.redirect_param("code").expect("a code")),
            ("client_id", WEB),
            ("client_secret", SECRET),
        ];
        let answer = self.token_request(&fields).send().await.json();
        answer["access_token"].as_str().expect("a token").to_owned()
    }
}
