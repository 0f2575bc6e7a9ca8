//! Federated sign-in: an OpenID provider, and what its answers do. On both engines.

mod absent;
mod accounts;
mod closed;
mod refused;

use crate::harness::{CLIENT_ID, CLIENT_SECRET, Options, Server, SettableClock, Store, TestBrowser, TestProvider};
use opendrs_service::clock::Clock;
use serde_json::{Value, json};
use std::io::Write;
use std::ops::Deref;
use std::sync::Arc;

/// The number of customers in the seed.
const SEEDED: usize = 3;
/// The title of the page after a sign-in that failed.
const FAILED: &str = "We could not sign you in";
/// The title of the page of somebody without an account.
const CREATE: &str = "Create your account";
/// The title of the page of somebody whose address has an account.
const EXISTS: &str = "You already have an account";

/// A server with a provider, and a machine's clock that a test moves.
struct FederatedServer {
    server: Server,
    provider: TestProvider,
    clock: Arc<SettableClock>,
}

impl Deref for FederatedServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

async fn on(store: Store, test: impl AsyncFn(&FederatedServer)) {
    with_settings(store, Vec::new(), test).await;
}

async fn with_settings(store: Store, more: Vec<(&'static str, String)>, test: impl AsyncFn(&FederatedServer)) {
    let clock = Arc::new(SettableClock::default());
    let provider = TestProvider::start(clock.now().as_secs()).await;
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "{CLIENT_SECRET}").unwrap();
    let mut settings = vec![
        ("OPENDRS_FEDERATION_ISSUER", provider.issuer.clone()),
        ("OPENDRS_FEDERATION_CLIENT_ID", CLIENT_ID.to_owned()),
        ("OPENDRS_FEDERATION_CLIENT_SECRET_FILE", secret.path().display().to_string()),
        ("OPENDRS_FEDERATION_NAME", "Aqua Shop".to_owned()),
        ("OPENDRS_OUTBOUND_TIMEOUT", "1s".to_owned()),
    ];
    settings.extend(more);
    let options = Options { settings, clock: clock.clone(), ..Options::default() };
    let server = Server::start_on(store, options).await;
    let all = FederatedServer { server, provider, clock };
    test(&all).await;
    all.remove_store().await;
}

/// A person whom no account knows.
fn eve() -> Value {
    json!({ "sub": "eve-7", "email": "eve@example.com", "email_verified": true, "name": "Eve  Example" })
}

/// A person with the mail address of an account.
fn with_address_of(email: &str) -> Value {
    json!({ "sub": "ann-1", "email": email, "email_verified": true, "name": "Ann at the shop" })
}

impl FederatedServer {
    /// A browser that leaves the sign-in page for the provider. Returns the URL there.
    async fn leave(&self, visit: &mut TestBrowser) -> String {
        let html = visit.page.text();
        let path = html.split("href=\"").find_map(|rest| rest.strip_prefix("/ap/federated?")).expect("a link");
        let path = format!("/ap/federated?{}", path.split('"').next().unwrap());
        visit.go_to(&path).await;
        assert_eq!(visit.page.status, 302, "{}", visit.page.text());
        visit.location().to_owned()
    }

    /// A person signs in at the provider, coming from a page. The browser shows the page after it.
    async fn sign_in_at_provider(&self, page: &str, person: &Value) -> TestBrowser {
        let mut visit = TestBrowser::open(self, page).await;
        let url = self.leave(&mut visit).await;
        let back = self.provider.sign_in(&url, person);
        visit.go_to(&back).await;
        visit
    }

    /// A new customer creates an account by the provider.
    async fn create_by_provider(&self, person: &Value) -> TestBrowser {
        let mut visit = self.sign_in_at_provider("/settings", person).await;
        let form = visit.form("/ap/federated/create");
        visit.submit(&form).await;
        assert_eq!(visit.status_and_title(), (200, "Your devices".into()));
        visit
    }
}
