//! Secrets are never written: the log of a whole run at the finest level is searched for every secret of that run.

use super::program::{CLIENT, FILTER, ProgramFolder, REDIRECT, SECRET, SEED, ServingProcess};
use crate::harness::{ReceiverAction, Store, TestReceiver};
use axum::http::Method;
use opendrs_client::{BrowserClient, ClientResponse, HtmlForm, send};
use serde_json::Value;
use std::collections::BTreeSet;

const APP: &str = "amzn1.application-oa2-client.1f3c9a7be2d14c55a1b68e90d2f4c713";
const APP_REDIRECT: &str = "amzn://com.example.aqua";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PASSWORD: &str = "correct horse battery";
/// Other confidential values that the server gets.
const TOLD: [&str; 15] = [
    PASSWORD,
    "wrong-horse-battery",
    "customer@example.com",
    "nobody-knows@example.com",
    "Demo Customer",
    "1 Main Street",
    "Springfield",
    "of-state-A7",
    VERIFIER,
    SECRET,
    "of-receiver-Q1",
    "of-key-R2",
    "of-mail-S3",
    "b2YtYmFjay1lbmQtYmFjay1lbmQtVDQ1",
    "of-database-U5",
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_logged_on_sqlite() {
    for format in ["text", "json"] {
        nothing_secret_is_logged(ProgramFolder::new(), format).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_logged_on_postgres() {
    for format in ["text", "json"] {
        let database = Store::postgres().await;
        let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
        let (user, rest) = url.split_once('@').unwrap();
        let mut place = ProgramFolder::new();
        place.store_args.extend(["--database-url".into(), format!("{user}:of-database-U5@{rest}")]);
        nothing_secret_is_logged(place, format).await;
        database.remove().await;
    }
}

async fn nothing_secret_is_logged(place: ProgramFolder, format: &str) {
    let app = format!("kind = \"android\"\nid = \"{APP}\"\nredirect_uris = [\"{APP_REDIRECT}\"]\n");
    let seed = SEED.replacen("[[maker.model]]", &format!("[[maker.profile.client]]\n{app}\n[[maker.model]]"), 1);
    place.write_file("seed.toml", &seed);
    place.run_on_store(&["seed", "seed.toml"]).expect_success();
    place.run(&["keys", "operator", "operator.token"]);
    place.write_file("mail.password", "of-mail-S3\n");
    let (receiver, back_end) = (
        TestReceiver::start().await,
        TestReceiver::start_at("/orders?key=of-key-R2", ReceiverAction::AnswerBody(200, "[]")).await,
    );
    let secret_url = |receiver: &TestReceiver| receiver.url.replace("http://", "http://maker:of-receiver-Q1@");
    place.write_file(
        "loud.toml",
        &format!(
            "[server]\nlog = \"trace\"\nlog_format = \"{format}\"\n[outbound]\nallow = [\"127.0.0.0/8\"]\n\
             [operator]\ntoken_file = \"operator.token\"\n\
             [mail]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"tls\"\nuser = \"mailer\"\n\
             password_file = \"mail.password\"\nfrom = \"Aqua <orders@aqua.example>\"\n\
             [fulfilment]\nbackend = \"webhook\"\nwebhook_url = \"{}\"\n\
             webhook_secrets = [\"whsec_b2YtYmFjay1lbmQtYmFjay1lbmQtVDQ1\"]\n",
            secret_url(&back_end)
        ),
    );
    let profile = place.profile_id();
    let url = format!("{}&key=of-key-R2", secret_url(&receiver));
    place.run_on_store(&["topic", "add", "kettles", &url, "--profile", &profile, "--confirmed"]).expect_success();
    let webhook = place.run_on_store(&["topic", "secret", "kettles"]).expect_success();
    receiver
        .queue_actions(&[ReceiverAction::Answer(500, ""), ReceiverAction::CutBody(429, "Retry-After: 0\r\n", true)]);

    let server = place.serve(&["--config", "loud.toml"]);
    let mut secrets: BTreeSet<String> = TOLD.into_iter().map(str::to_owned).collect();
    secrets.extend(webhook.split_whitespace().filter_map(|word| word.strip_prefix("whsec_")).map(str::to_owned));
    let operator = std::fs::read_to_string(place.path().join("operator.token")).unwrap().trim().to_owned();
    secrets.extend([operator.clone(), place_master(&place)]);
    run(&server, &operator, &mut secrets).await;
    // By now everything was sent at least once to the maker and to the back end.
    receiver.wait_for_next().await;
    back_end.wait_for_next().await;

    let log = server.kill_and_read_log();
    assert!(log.contains("/auth/o2/token") && log.contains("answered"), "it logs little: {log}");
    assert!(!log.contains('\u{1b}'), "a log that is no terminal's has no colours");
    let objects = log.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok_and(|v| v["level"].is_string()));
    let wanted = if format == "json" { log.lines().count() } else { 0 };
    assert_eq!(objects.count(), wanted, "{log}");
    assert!(!log.contains("$argon2"), "a password's hash is logged: {log}");
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is logged: {log}");
    }
    assert!(secrets.len() >= TOLD.len() + 10, "{secrets:?}");
}

fn place_master(place: &ProgramFolder) -> String {
    std::fs::read_to_string(place.path().join("data/master.key")).unwrap().trim().to_owned()
}

/// Performs all actions of people, apps, devices and operators, and adds their secrets to the list.
async fn run(server: &ServingProcess, operator: &str, secrets: &mut BTreeSet<String>) {
    let (mut browser, code) = sign_up(server, CLIENT, REDIRECT, "SN-1", "").await;
    let client = format!("client_id={CLIENT}&client_secret={SECRET}");
    let asked = format!("grant_type=authorization_code&{client}&redirect_uri={REDIRECT}&code={code}");
    let web = tokens(&server.post("/auth/o2/token", &asked).await);
    let challenge = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let (_, app_code) = sign_up(server, APP, APP_REDIRECT, "SN-2", &challenge).await;
    let proof = format!("client_id={APP}&redirect_uri={APP_REDIRECT}&code={app_code}&code_verifier={VERIFIER}");
    let app = tokens(&server.post("/auth/o2/token", &format!("grant_type=authorization_code&{proof}")).await);
    // A second use of the code, which is refused; then a refresh.
    server.post("/auth/o2/token", &format!("grant_type=authorization_code&{proof}")).await;
    let refresh = web[1].replace('|', "%7C");
    let again =
        server.post("/auth/o2/token", &format!("grant_type=refresh_token&{client}&refresh_token={refresh}")).await;
    let again = tokens(&again);

    let token = &again[0];
    assert_eq!(server.subscription_info(token).await.status, 200);
    assert_eq!(server.replenish(token, FILTER).await.status, 200);
    let other = if token.ends_with('x') { 'y' } else { 'x' };
    assert_eq!(server.subscription_info(&format!("{}{other}", &token[..token.len() - 1])).await.status, 400);
    for path in ["/settings", "/auth/o2/tokeninfo", "/user/profile", "/subscriptionInfo"] {
        let escaped = token.replace('|', "%7C");
        server.get(&format!("{path}?access_token={escaped}&client_secret={SECRET}&state=of-state-A7")).await;
    }
    let page = browser.get("/settings").await.unwrap();
    assert_eq!(page.status, 200);
    browser.get("/settings/address").await.unwrap();
    sign_in(&mut browser_at(server), "/settings", "nobody-knows@example.com", "wrong-horse-battery").await;
    sign_in(&mut browser_at(server), "/settings", "customer@example.com", "wrong-horse-battery").await;
    let bearer = format!("Bearer {operator}");
    for path in ["/-/events", "/-/events/x"] {
        send(Method::GET, &format!("{}{path}", server.base_url), &[("authorization", &bearer)], "").await.unwrap();
    }

    secrets.extend([code, app_code]);
    for token in web.into_iter().chain(app).chain(again) {
        // All of these tokens begin with the same prefix.
        secrets.insert(token[5..].to_owned());
    }
    let cookies = browser.cookie_header();
    let values = cookies.split("; ").filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned());
    secrets.extend(values.filter(|value| value.len() >= 16));
}

fn browser_at(server: &ServingProcess) -> BrowserClient {
    BrowserClient::new(&server.base_url)
}

fn tokens(reply: &ClientResponse) -> Vec<String> {
    let json = reply.json();
    ["access_token", "refresh_token"]
        .map(|name| json[name].as_str().unwrap_or_else(|| panic!("{json}")).to_owned())
        .into()
}

/// Opens a page that requires a sign-in, and signs in.
async fn sign_in(browser: &mut BrowserClient, path: &str, email: &str, password: &str) -> ClientResponse {
    let reply = browser.get(path).await.unwrap();
    let page = browser.follow_redirects(reply).await.unwrap().text();
    let form =
        HtmlForm::parse_all(&page).into_iter().find(|form| form.fields.iter().any(|(name, _)| name == "password"));
    let form = form.unwrap_or_else(|| panic!("no sign-in: {page}")).fill("email", email).fill("password", password);
    let reply = browser.submit(&form).await.unwrap();
    browser.follow_redirects(reply).await.unwrap()
}

/// Performs the whole sign-up of a device. Returns the browser in which it was done, and the code.
async fn sign_up(
    server: &ServingProcess,
    client: &str,
    redirect: &str,
    serial: &str,
    more: &str,
) -> (BrowserClient, String) {
    let mut browser = browser_at(server);
    let data = format!(r#"{{"dash:replenish":{{"device_model":"Aqua-Pitcher_7","serial":"{serial}"}}}}"#);
    let path = format!(
        "/ap/oa?client_id={client}&scope=dash%3Areplenish&scope_data={}&response_type=code&redirect_uri={}\
         &state=of-state-A7{more}",
        opendrs_domain::login::form::percent_encode(&data, ""),
        opendrs_domain::login::form::percent_encode(redirect, ""),
    );
    let mut page = sign_in(&mut browser, &path, "customer@example.com", PASSWORD).await;
    while page.status == 200 {
        let form = HtmlForm::parse_all(&page.text()).into_iter().next().expect("a form");
        let form = match form.action.as_str() {
            "/ap/consent" => form.press("consentApproved"),
            "/setup_overview" => form.press("completeSetup"),
            _ => form,
        };
        let reply = browser.submit(&form).await.unwrap();
        page = browser.follow_redirects(reply).await.unwrap();
    }
    let location = page.header("location").to_owned();
    let (_, query) = location.split_once('?').unwrap_or_else(|| panic!("{} {location}", page.status));
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).unwrap_or_else(|| panic!("{location}"));
    (browser, code.to_owned())
}
