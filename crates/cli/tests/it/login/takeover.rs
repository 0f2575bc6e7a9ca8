//! A unit that another customer takes over, and one that stays with its owner
//! (docs/spec/registrations.md#one-unit-one-customer). On both engines.

use crate::harness::fixtures::{ANN, BOB, CARL, FILTER, MODEL, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path, form_body};
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::{OrderInfo, Replenish, SubscriptionInfo};
use opendrs_service::{consent, customer, mail, outbox};

both!(
    a_second_customer_takes_the_unit_over,
    the_same_customer_keeps_everything,
    the_earlier_owner_takes_the_unit_back,
    the_earlier_owner_keeps_the_unit_before_it_changes_hands,
    what_a_withdrawal_ended_is_not_taken_back,
    guessing_serials_takes_over_a_few_units_a_day
);
/// The path of an authorization request for a unit of a model.
pub(super) fn unit(model: &str, serial: &str) -> String {
    let data = format!(
        r#"{{"dash:replenish":{{"device_model":"{model}","serial":"{serial}","should_include_non_live":true}}}}"#
    );
    authorize_path(&[("scope_data", Some(&data))])
}

/// A customer sets up a unit, up to the page after the last slot.
pub(super) async fn choose(server: &Server, email: &str, path: &str) -> TestBrowser {
    let mut visit = TestBrowser::open(server, path).await;
    visit.sign_in(email).await;
    if visit.page.text().contains("consent-form") {
        visit.press("/ap/consent", "consentApproved").await;
    }
    while visit.page.text().contains("slot-form") {
        let form = visit.form("/slot_action");
        visit.submit(&form).await;
    }
    visit
}

/// The path of the takeover link in the newest mail of this kind.
pub(super) async fn link(server: &Server, kind: &str) -> String {
    let mails = mail::list_newest(server.app(), 100).await.unwrap();
    let newest = mails.iter().rfind(|mail| mail.content.kind() == kind).unwrap_or_else(|| panic!("no {kind}"));
    let letter = mail::build_message(server.app(), newest).await.unwrap().unwrap();
    assert_eq!(letter.to.as_str(), ANN, "{kind}");
    letter.takeover_url.unwrap().replace(&server.base_url, "")
}

/// Opens the link of a mail and presses a button. Returns the heading of the page that follows.
pub(super) async fn press(server: &Server, kind: &str, button: &str) -> String {
    let mut visit = TestBrowser::open(server, &link(server, kind).await).await;
    visit.press("/takeover", button).await.title()
}

/// Whether a device's token is valid.
pub(super) async fn works(server: &Server, device: &LinkedDevice) -> bool {
    server.device_call(device, SubscriptionInfo, "/subscriptionInfo").send().await.status == 200
}

/// The tokens of a finished sign-up.
pub(super) async fn tokens(server: &Server, visit: &TestBrowser) -> LinkedDevice {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", WEB),
        ("client_secret", SECRET),
        ("code", visit.redirect_param("code").unwrap_or_else(|| panic!("{}", visit.page.text()))),
    ];
    let answer = server.token_request(&fields).send().await.json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    LinkedDevice { access: text("access_token"), refresh: text("refresh_token") }
}

async fn the_earlier_owner_takes_the_unit_back(server: &Server) {
    let anns = server.link_default_device().await;
    let mut visit = choose(server, BOB, &authorize_path(&[])).await;
    assert!(visit.page.text().contains("This device belongs to another account."), "{}", visit.page.text());
    assert_eq!(server.mail_kinds().await, ["subscribed", "takeover_announced"], "before it happens");
    assert!(works(server, &anns).await);
    visit.press("/setup_overview", "completeSetup").await;
    let bobs = tokens(server, &visit).await;
    assert_eq!(server.mail_kinds().await[2..], ["taken_over", "subscribed"], "and after it");
    assert_eq!((works(server, &anns).await, works(server, &bobs).await), (false, true));

    // Opening the link changes nothing, and reveals nothing about the other account.
    let path = link(server, "taken_over").await;
    let before = server.all_rows().await;
    let page = TestBrowser::open(server, &path).await;
    assert_eq!(page.title(), "Your Aqua Pitcher now belongs to another account");
    assert!(!page.page.text().contains("Bob") && !page.page.text().contains(BOB));
    assert_eq!(server.all_rows().await, before);

    server.advance("71h 59m").await;
    assert_eq!(press(server, "taken_over", "undo").await, "Your device is yours again");
    // The access tokens expired long ago; the refresh tokens that were refused before are valid again.
    let refresh = |token: &str| {
        let (id, secret, token) = (WEB.to_owned(), SECRET.to_owned(), token.to_owned());
        async move {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", id.as_str()),
                ("client_secret", secret.as_str()),
                ("refresh_token", token.as_str()),
            ];
            server.token_request(&fields).send().await.status.as_u16()
        }
    };
    assert_eq!((refresh(&anns.refresh).await, refresh(&bobs.refresh).await), (200, 400));
    let events = server.event_names().await;
    let told = ["DeviceDeregistered", "DeviceRegistered", "SubscriptionChanged"];
    assert_eq!(events[events.len() - 6..], [told, told].concat(), "{events:?}");
    assert_eq!(server.mail_kinds().await[4..], ["taken_back", "subscribed"]);

    // The button is pressed again, and the other customer signs up again.
    let after = server.all_rows().await;
    assert_eq!(TestBrowser::open(server, &path).await.title(), "Your device is yours again");
    assert_eq!(server.all_rows().await, after);
    let again = choose(server, BOB, &authorize_path(&[])).await;
    assert_eq!((again.page.status.as_u16(), again.title().as_str()), (400, "This device belongs to another account"));
    assert!(again.page.text().contains("its owner decided to keep it"), "{}", again.page.text());
}

async fn the_earlier_owner_keeps_the_unit_before_it_changes_hands(server: &Server) {
    let anns = server.link_default_device().await;
    let mut visit = choose(server, BOB, &authorize_path(&[])).await;
    assert_eq!(press(server, "takeover_announced", "decline").await, "You are keeping your device");
    visit.press("/setup_overview", "completeSetup").await;
    assert_eq!(visit.title(), "This device belongs to another account");
    let back = format!("href=\"{REDIRECT}?error_description=Access+not+permitted.");
    assert!(visit.page.text().contains(&back), "the app gets the error: {}", visit.page.text());
    assert!(works(server, &anns).await);
    assert_eq!(server.mail_kinds().await, ["subscribed", "takeover_announced", "takeover_declined"]);

    // The request that the owner can answer expires, and so does the announced takeover.
    let mut visit = choose(server, CARL, &authorize_path(&[])).await;
    let path = link(server, "takeover_announced").await;
    server.advance("72h").await;
    assert_eq!(TestBrowser::open(server, &path).await.title(), "This request is closed");
    visit.press("/setup_overview", "completeSetup").await;
    assert_eq!(visit.page.status, 410, "the sign-up is long over");
}

async fn what_a_withdrawal_ended_is_not_taken_back(server: &Server) {
    let anns = server.link_default_device().await;
    choose(server, BOB, &authorize_path(&[])).await.press("/setup_overview", "completeSetup").await;
    let path = link(server, "taken_over").await;
    assert!(TestBrowser::open(server, &path).await.page.text().contains("name=\"undo\""));

    // Ann withdraws her consent, and consents again for another unit.
    let app = server.app();
    let ann = customer::find_id_by_email(app, &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    let profile = consent::list_for_customer(app, ann).await.unwrap()[0].profile;
    assert!(consent::withdraw(app, ann, profile).await.unwrap());
    server.link_device(LinkOptions::default().serial("SN-2")).await;

    let before = server.all_rows().await;
    TestBrowser::open(server, &path).await.press("/takeover", "undo").await;
    assert_eq!(server.all_rows().await, before);
    assert!(!works(server, &anns).await);
}

async fn guessing_serials_takes_over_a_few_units_a_day(server: &Server) {
    let serials: Vec<_> = (0..20).map(|n| format!("G-{n:02}")).collect();
    for serial in &serials {
        server.link_device(LinkOptions::default().serial(serial)).await;
    }
    let mut answers = Vec::new();
    for serial in &serials {
        let mut visit = choose(server, BOB, &unit(MODEL, serial)).await;
        if visit.page.status == 200 {
            visit.press("/setup_overview", "completeSetup").await;
        }
        answers.push(visit.page.status.as_u16());
        if answers.len() == 3 {
            assert_eq!(visit.page.header("retry-after"), "61");
        }
    }
    assert_eq!(answers[..2], [302, 302]);
    assert!(answers[2..].iter().all(|status| *status == 429), "{answers:?}");
    // However long the customer waits, the number per day stays limited.
    for serial in &serials[2..] {
        server.advance("20m").await;
        let mut visit = choose(server, BOB, &unit(MODEL, serial)).await;
        if visit.page.status == 200 {
            visit.press("/setup_overview", "completeSetup").await;
        }
        answers.push(visit.page.status.as_u16());
    }
    assert_eq!(answers.iter().filter(|status| **status == 302).count(), 5, "{answers:?}");
    let taken = server.mail_kinds().await.iter().filter(|kind| **kind == "taken_over").count();
    assert_eq!(taken, 5);
    // Units of the customer, and units without an owner, do not count.
    let mut own = choose(server, BOB, &unit(MODEL, "NEW-1")).await;
    assert_eq!(own.press("/setup_overview", "completeSetup").await.page.status, 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_link_answers_nothing() {
    let server = Server::start().await;
    server.link_default_device().await;
    choose(&server, BOB, &authorize_path(&[])).await;
    let path = link(&server, "takeover_announced").await;
    let before = server.all_rows().await;
    let (front, token) = path.split_once("token=").unwrap();
    for bad in ["", "x", &token[..95], &format!("{token}A"), &token.replacen(&token[..1], "_", 1), "%ff"] {
        assert_eq!(server.request("GET", &format!("{front}token={bad}")).send().await.status, 400, "{bad}");
    }
    // A link for another purpose, and a valid link without a form of this server.
    assert_eq!(server.request("GET", &format!("/order/cancel?token={token}")).send().await.status, 400);
    let reply =
        server.request("POST", "/takeover").body(form_body(&[("token", token), ("decline", "true")])).send().await;
    assert_eq!(reply.status, 400);
    assert_eq!(server.all_rows().await, before);
}

async fn a_second_customer_takes_the_unit_over(server: &Server) {
    let anns = server.link_default_device().await;
    let unused = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let placed = server.device_call(&anns, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(BOB).await;
    server.complete_sign_up(&mut visit).await;
    let fields =
        |grant, name, value| [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
    let code = visit.redirect_param("code").unwrap();
    let bobs = server.token_request(&fields("authorization_code", "code", code)).send().await.json();

    let dead = server.device_call(&anns, SubscriptionInfo, "/subscriptionInfo").status_and_text().await;
    assert_eq!(dead, (400, r#"{"message":"Invalid token"}"#.into()));
    for (grant, name, value) in
        [("refresh_token", "refresh_token", anns.refresh.as_str()), ("authorization_code", "code", &unused)]
    {
        assert_eq!(
            server.token_request(&fields(grant, name, value)).send().await.json()["error"],
            "invalid_grant",
            "{name}"
        );
    }
    let order = format!("/getOrderInfo/{}", placed["eventInstanceId"].as_str().unwrap());
    let bobs_token = bobs["access_token"].as_str().unwrap();
    assert_eq!(
        server.device_call(&anns, OrderInfo, &order).bearer_token(bobs_token).send().await.status,
        400,
        "Ann's order is not Bob's"
    );
    assert_eq!(
        server.device_call(&anns, SubscriptionInfo, "/subscriptionInfo").bearer_token(bobs_token).send().await.status,
        200
    );

    let events = outbox::list_newest(server.app(), 100).await.unwrap();
    let ann = &events[0].customer;
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.notification_type().wire_name().replace("Notification", ""), &e.customer == ann))
        .collect();
    let told: Vec<_> = told.iter().map(|(kind, anns)| (kind.as_str(), *anns)).collect();
    let wanted = [
        ("DeviceRegistered", true),
        ("SubscriptionChanged", true),
        ("OrderPlaced", true),
        ("DeviceDeregistered", true),
        ("DeviceRegistered", false),
        ("SubscriptionChanged", false),
    ];
    assert_eq!(told, wanted);
    server.advance("25h").await;
    assert_eq!(server.event_names().await[6..], ["ItemShipped"], "her order goes on");
}

async fn the_same_customer_keeps_everything(server: &Server) {
    let first = server.link_default_device().await;
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    server.complete_sign_up(&mut visit).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", WEB),
        ("client_secret", SECRET),
        ("code", visit.redirect_param("code").unwrap()),
    ];
    let second = server.token_request(&fields).send().await.json();
    for refresh in [&first.refresh, second["refresh_token"].as_str().unwrap()] {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", WEB),
            ("client_secret", SECRET),
            ("refresh_token", refresh),
        ];
        assert_eq!(server.token_request(&fields).send().await.status, 200);
    }
    assert_eq!(server.device_call(&first, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged"], "nothing is new");
    assert_eq!(server.row_count("device").await, 1);
}
