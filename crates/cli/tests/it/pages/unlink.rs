//! A customer withdraws consent for an app: what ends, what stays, and what a new consent needs
//! (docs/spec/registrations.md#withdrawal-of-consent).

use crate::harness::fixtures::{ANN, APP, BOB, FILTER, MODEL, OTHER_MODEL, OTHER_WEB, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path};
use opendrs_client::ClientResponse;
use opendrs_domain::consent::ConsentGeneration;
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::{Replenish, SubscriptionInfo};
use opendrs_service::{consent, customer};
use opendrs_store::consent::{PendingWithdrawal, withdraw};
use opendrs_store::{Command, Tx};

both!(
    a_withdrawn_consent_ends_all_that_was_given_under_it,
    consent_is_asked_for_anew_and_what_was_before_stays_dead,
    a_sign_up_begun_before_the_withdrawal_is_over,
    nobody_withdraws_what_is_anothers,
    what_a_process_left_unfinished_is_finished,
    more_devices_than_go_side_by_side,
);

const ASK: &str = "Withdraw your consent to Aqua companion app?";

/// The link on the devices page for withdrawing Aqua's consent.
#[track_caller]
fn link(visit: &TestBrowser) -> String {
    let html = visit.page.text();
    let app = html.split("<li>Aqua companion app by Aqua Appliances. Since ").nth(1);
    let href = app.and_then(|rest| rest.split("href=\"").nth(1)).and_then(|rest| rest.split('"').next());
    href.unwrap_or_else(|| panic!("no app of Aqua's: {html}")).to_owned()
}

async fn web(server: &Server, grant: &str, name: &str, value: &str) -> ClientResponse {
    let client = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
    server.token_request(&client).send().await
}

async fn status(server: &Server, device: &LinkedDevice) -> u16 {
    server.device_call(device, SubscriptionInfo, "/subscriptionInfo").send().await.status.as_u16()
}

/// Signs in to Aqua's cloud without a device. Returns a code for its tokens.
async fn profile_code(visit: &mut TestBrowser, server: &Server) -> String {
    visit.go_to(&authorize_path(&[("scope", Some("profile")), ("scope_data", None)])).await;
    server.complete_sign_up(visit).await;
    visit.redirect_param("code").expect("a code").to_owned()
}

async fn tokens(server: &Server, code: &str) -> LinkedDevice {
    let answer = web(server, "authorization_code", "code", code).await.json();
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    LinkedDevice { access: text("access_token"), refresh: text("refresh_token") }
}

/// The answers of the profile endpoint and of a refresh to an app's tokens.
async fn call_status_and_text(server: &Server, app: &LinkedDevice) -> (u16, String) {
    let profile = server.request("GET", "/user/profile").bearer_token(&app.access).send().await;
    let refreshed = web(server, "refresh_token", "refresh_token", &app.refresh).await.json();
    (profile.status.as_u16(), refreshed["error"].as_str().unwrap_or_default().to_owned())
}

fn dead() -> (u16, String) {
    (400, "invalid_grant".into())
}

async fn unlink(visit: &mut TestBrowser) {
    visit.go_to("/settings").await;
    let unlink = link(visit);
    assert_eq!(visit.go_to(&unlink).await.title(), ASK);
    visit.press("/settings/unlink", "").await;
    assert_eq!(visit.title(), "Your devices");
}

async fn a_withdrawn_consent_ends_all_that_was_given_under_it(server: &Server) {
    let [first, second, others, bobs] = [
        LinkOptions::default(),
        LinkOptions::default().serial("SN-2").client(APP, MODEL),
        LinkOptions::default().client(OTHER_WEB, OTHER_MODEL),
        LinkOptions::default().serial("SN-9").customer(BOB),
    ];
    let first = server.link_device(first).await;
    let [second, others, bobs] =
        [server.link_device(second).await, server.link_device(others).await, server.link_device(bobs).await];
    let unused = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let app = {
        let code = profile_code(&mut ann, server).await;
        tokens(server, &code).await
    };
    let app_unused = profile_code(&mut ann, server).await;
    assert_eq!(call_status_and_text(server, &app).await, (200, String::new()));
    server.device_call(&first, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let told = server.event_names().await.len();

    let unlink = link(ann.go_to("/settings").await);
    let html = ann.page.text();
    let wants = "<li>reorder supplies for this device, and see the status of those orders</li>\n\
                 <li>use your name and email address</li>";
    assert!(html.contains("Since 2 March 2018, 07:00 UTC, it has your consent to:") && html.contains(wants), "{html}");
    assert!(html.contains("<li>Brew app by Brew Brothers. Since "), "{html}");
    assert_eq!(ann.go_to(&unlink).await.title(), ASK);
    let html = ann.page.text();
    assert!(
        html.contains("<li>Aqua Pitcher, serial number SN-1</li>\n<li>Aqua Pitcher, serial number SN-2</li>\n</ul>"),
        "{html}"
    );
    assert_eq!(server.event_names().await.len(), told, "looking changes nothing");

    let sure = ann.form("/settings/unlink");
    ann.submit(&sure).await;
    let html = ann.page.text();
    assert!(ann.title() == "Your devices" && !html.contains("Aqua") && html.contains("Brew app"), "{html}");
    for device in [&first, &second] {
        let answer = server.device_call(device, SubscriptionInfo, "/subscriptionInfo").status_and_text().await;
        assert_eq!(answer, (400, r#"{"message":"Invalid token"}"#.to_owned()));
    }
    for (grant, name, value) in [
        ("authorization_code", "code", unused.as_str()),
        ("authorization_code", "code", &app_unused),
        ("refresh_token", "refresh_token", &first.refresh),
    ] {
        assert_eq!(web(server, grant, name, value).await.json()["error"], "invalid_grant", "{value}");
    }
    assert_eq!(call_status_and_text(server, &app).await, dead());
    assert_eq!([status(server, &others).await, status(server, &bobs).await], [200, 200], "no app of Aqua's and Ann's");
    assert_eq!(server.event_names().await[told..], ["DeviceDeregistered", "DeviceDeregistered"]);
    assert_eq!(server.mail_kinds().await.iter().filter(|kind| **kind == "deregistered").count(), 2);

    ann.submit(&sure).await;
    assert_eq!(ann.title(), "Your devices", "twice is once");
    assert_eq!(ann.go_to(&unlink).await.title(), "Your devices");
    assert_eq!(server.event_names().await.len(), told + 2);
    server.advance("25h").await;
    assert_eq!(server.event_names().await.last().unwrap(), "ItemShipped", "an order under way goes on");
}

async fn consent_is_asked_for_anew_and_what_was_before_stays_dead(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let mut before = Vec::new();
    // The clock stands still, so times cannot separate what came after a withdrawal from what came before.
    for _ in 0..3 {
        ann.go_to(&authorize_path(&[])).await;
        assert_eq!(ann.title(), "Aqua companion app", "consent is asked for");
        server.complete_sign_up(&mut ann).await;
        let device = tokens(server, ann.redirect_param("code").unwrap()).await;
        let code = profile_code(&mut ann, server).await;
        let app = tokens(server, &code).await;
        assert_eq!(
            (call_status_and_text(server, &app).await, status(server, &device).await),
            ((200, String::new()), 200)
        );
        for (app, device) in &before {
            assert_eq!((call_status_and_text(server, app).await, status(server, device).await), (dead(), 400));
        }
        before.push((app, device));
        unlink(&mut ann).await;
    }
}

async fn a_sign_up_begun_before_the_withdrawal_is_over(server: &Server) {
    server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let mut begun = TestBrowser::signed_in(server, ANN).await;
    begun.go_to(&authorize_path(&[])).await;
    assert_eq!(begun.title(), "Choose your Filter", "consent was given before");
    let wider = authorize_path(&[("scope", Some("dash:replenish profile"))]);
    let mut asked = TestBrowser::signed_in(server, ANN).await;
    assert_eq!(asked.go_to(&wider).await.title(), "Aqua companion app");

    unlink(&mut ann).await;
    let events = server.event_names().await;
    while begun.page.status == 200 {
        let form = match begun.title().as_str() {
            "Please confirm" => begun.form("/setup_overview").press("completeSetup"),
            _ => begun.form("/slot_action"),
        };
        begun.submit(&form).await;
    }
    assert_eq!((begun.page.status.as_u16(), begun.title().as_str()), (410, "This page has expired"));
    assert_eq!(server.event_names().await, events);

    server.complete_sign_up(&mut asked).await;
    let device = tokens(server, asked.redirect_param("code").unwrap()).await;
    assert_eq!(status(server, &device).await, 200, "who agrees after the withdrawal has agreed");
}

async fn nobody_withdraws_what_is_anothers(server: &Server) {
    let device = server.link_default_device().await;
    let unlink = link(&TestBrowser::signed_in(server, ANN).await);
    let mut nobody = TestBrowser::open(server, &unlink).await;
    assert_eq!(nobody.title(), "Sign in");
    assert_eq!(nobody.sign_in(ANN).await.title(), ASK, "the sign-in leads back");

    let mut bob = TestBrowser::signed_in(server, BOB).await;
    assert!(bob.page.text().contains("No app has your consent."), "{}", bob.page.text());
    assert_eq!(bob.go_to(&unlink).await.title(), "Your devices");
    server.link_device(LinkOptions::default().serial("SN-9").customer(BOB).client(OTHER_WEB, OTHER_MODEL)).await;
    let brews = bob.go_to("/settings").await.page.text();
    let brews = brews.split("href=\"/settings/unlink").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let form = bob.go_to(&format!("/settings/unlink{brews}")).await.form("/settings/unlink");
    let before = server.all_rows().await;
    let aqua = unlink.rsplit('=').next().unwrap();
    for profile in [aqua, "x", "", "\0"] {
        bob.submit(&form.clone().fill("profile", profile)).await;
        assert_eq!(bob.title(), "Your devices", "{profile}");
    }
    bob.submit(&form.fill("csrf", "x")).await;
    assert_eq!(bob.page.status, 400);
    assert_eq!(server.all_rows().await, before);
    assert_eq!(status(server, &device).await, 200);
}

/// The first of two writes; a process may stop after it.
struct WithdrawConsentOnly(PendingWithdrawal, opendrs_domain::time::Time);

impl Command for WithdrawConsentOnly {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        withdraw(tx, self.0, self.1).await
    }
}

async fn withdraw_consent_only(server: &Server, profile: ProfileId, customer: CustomerId) {
    let app = server.app();
    let (shard, mark) = (app.db.shards().for_customer(customer), ConsentGeneration::next(None, [1; 4]));
    app.db
        .write(WithdrawConsentOnly(PendingWithdrawal { shard, customer, profile, generation: mark }, app.now()))
        .await
        .unwrap();
}

async fn what_a_process_left_unfinished_is_finished(server: &Server) {
    let app = server.app();
    let ann = customer::find_id_by_email(app, &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    let first = server.link_default_device().await;
    let second = server.link_device(LinkOptions::default().serial("SN-2")).await;
    let profile = consent::list_for_customer(app, ann).await.unwrap()[0].profile;
    withdraw_consent_only(server, profile, ann).await;
    assert_eq!(status(server, &first).await, 200, "the devices are there still");
    let told = server.event_names().await.len();
    assert_eq!(consent::finish_withdrawals(app).await.unwrap(), 1);
    assert_eq!([status(server, &first).await, status(server, &second).await], [400, 400]);
    assert_eq!(server.event_names().await[told..], ["DeviceDeregistered", "DeviceDeregistered"]);
    assert_eq!(consent::finish_withdrawals(app).await.unwrap(), 0, "once");

    let again = server.link_default_device().await;
    withdraw_consent_only(server, profile, ann).await;
    let told = server.event_names().await.len();
    let anew = server.link_default_device().await;
    assert_eq!(
        server.event_names().await[told..],
        ["DeviceDeregistered", "DeviceRegistered", "SubscriptionChanged"],
        "a sign-up finishes it first"
    );
    assert_eq!(consent::finish_withdrawals(app).await.unwrap(), 0);
    assert_eq!([status(server, &again).await, status(server, &anew).await], [400, 200]);
}

async fn more_devices_than_go_side_by_side(server: &Server) {
    for n in 0..70 {
        server.link_device(LinkOptions::default().serial(&format!("MANY-{n}"))).await;
    }
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    unlink(&mut ann).await;
    let events = server.event_names().await;
    assert_eq!(events.iter().filter(|kind| *kind == "DeviceDeregistered").count(), 70);
    assert!(ann.page.text().contains("There is no device in your account yet."), "{}", ann.page.text());
}
