//! Every route and use case that takes an id, with the ids of two owners mixed: the loaded row decides about ownership.
//!
//! The units of both owners are on one shard, so that no lookup fails for another reason. A route that takes an id and
//! has no row here fails the completeness test.

use crate::harness::fixtures::{ANN, BOB, CARTRIDGE, FILTER, MODEL, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, form_body};
use opendrs_config::Role;
use opendrs_domain::id::{ClientId, InstanceId};
use opendrs_domain::text::{ModelCode, Serial};
use opendrs_domain::version::ApiEndpoint::{Deregister, OrderInfo, Replenish};
use opendrs_server::routes::OptionalRoutes;
use opendrs_service::session::form_token;
use opendrs_service::{Error, fulfilment, token};
use opendrs_store::{model, profile};
use opendrs_web::stylesheet::stylesheet_path;
use std::collections::BTreeSet;

both!(another_owners_ids_open_and_change_nothing, an_operator_finds_an_order_by_its_own_id_alone);

/// Routes that take an id of something that has an owner.
const TAKE_IDS: [(&str, &str); 19] = [
    ("GET", "/getOrderInfo/{instance}"),
    ("GET", "/order"),
    ("POST", "/order"),
    ("GET", "/order/withdraw"),
    ("POST", "/order/withdraw"),
    ("GET", "/settings"),
    ("POST", "/settings/order"),
    ("POST", "/settings/slot"),
    ("POST", "/settings/rule"),
    ("POST", "/settings/order-now"),
    ("POST", "/settings/skip"),
    ("POST", "/settings/name"),
    ("POST", "/settings/stock"),
    ("GET", "/settings/device"),
    ("GET", "/settings/remove"),
    ("POST", "/settings/remove"),
    ("GET", "/settings/unlink"),
    ("POST", "/settings/unlink"),
    ("DELETE", "/deviceModels/{model}/devices/{serial}/registration"),
];

/// An owner's device and order.
struct DeviceOwner {
    device: LinkedDevice,
    /// The registration's id.
    id: String,
    order: InstanceId,
}

async fn owner(server: &Server, email: &str, serial: &str) -> DeviceOwner {
    let device = server.link_device(LinkOptions::default().serial(serial).customer(email)).await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let order = InstanceId::parse(placed["eventInstanceId"].as_str().unwrap()).unwrap();
    let opened = token::open_device_token(server.app(), Some(&device.access)).await.unwrap();
    let caller = token::authenticate_device(server.app(), opened, None).await.unwrap();
    DeviceOwner { device, id: caller.device.id.to_string(), order }
}

/// The serials of two units on one shard.
async fn neighbours(server: &Server) -> (String, String) {
    let shards = server.app().db.shards();
    let model = {
        let mut reader = server.app().db.reader().await.unwrap();
        let mut tx = reader.tx().unwrap();
        let client = profile::find_client(&mut tx, ClientId::parse(WEB).unwrap()).await.unwrap().unwrap();
        model::find_by_code(&mut tx, client.maker, &ModelCode::parse(MODEL).unwrap()).await.unwrap().unwrap().id
    };
    let shard = |serial: &str| shards.for_unit(model, &Serial::parse(serial).unwrap());
    let first = "SN-1".to_owned();
    let second = (2..10_000).map(|n| format!("SN-{n}")).find(|serial| shard(serial) == shard(&first)).unwrap();
    (first, second)
}

/// A request of a signed-in browser with its form token.
async fn submit_form(
    server: &Server,
    visit: &TestBrowser,
    route: (&str, &str),
    fields: &[(&str, &str)],
) -> (u16, String) {
    let cookie = visit.browser.cookie_header();
    let csrf = form_token(server.app(), cookie.strip_prefix("opendrs=").unwrap());
    let (method, path) = route;
    let reply = match method {
        "GET" => server.request(method, &format!("{path}?{}", form_body(fields))).header("cookie", cookie).send().await,
        _ => {
            let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
            server.request(method, path).header("cookie", cookie).body(form_body(&fields)).send().await
        }
    };
    (reply.status.as_u16(), reply.text())
}

async fn another_owners_ids_open_and_change_nothing(server: &Server) {
    let (first, second) = neighbours(server).await;
    let (ann, bob) = (owner(server, ANN, &first).await, owner(server, BOB, &second).await);
    let visit = TestBrowser::signed_in(server, ANN).await;
    let before = server.all_rows().await;
    let mixed = [
        InstanceId { device: ann.order.device, order: bob.order.order },
        InstanceId { device: bob.order.device, order: ann.order.order },
        bob.order,
    ];
    let mut tried = BTreeSet::new();
    for id in mixed.map(|id| id.to_string()) {
        let path = format!("/getOrderInfo/{id}");
        let (status, body) = server.device_call(&ann.device, OrderInfo, &path).status_and_text().await;
        assert_eq!(status, 400, "{id}: {body}");
        assert!(body.contains("this device has no such order"), "{body}");
        tried.insert(("GET", "/getOrderInfo/{instance}"));
        for button in ["cancel", "approve", "address", "present", "look"] {
            let fields = [("id", id.as_str()), (button, "true"), ("price", "24.99"), ("currency", "USD")];
            let (status, body) = submit_form(server, &visit, ("POST", "/order"), &fields).await;
            assert_eq!(status, 400, "{button} {id}: {body}");
            tried.insert(("POST", "/order"));
        }
        let (status, body) = submit_form(server, &visit, ("GET", "/order"), &[("id", &id)]).await;
        assert_eq!(status, 400, "{body}");
        tried.insert(("GET", "/order"));
        for method in ["GET", "POST"] {
            let route = (method, "/order/withdraw");
            let (status, body) = submit_form(server, &visit, route, &[("id", &id)]).await;
            assert_eq!(status, 400, "{body}");
            assert!(body.contains("We could not find this order."), "{body}");
            tried.insert(route);
        }
        let fields = [("access_token", ann.device.access.as_str()), ("instanceId", &id)];
        let (status, body) = submit_form(server, &visit, ("POST", "/settings/order"), &fields).await;
        assert_eq!(status, 400, "{body}");
        tried.insert(("POST", "/settings/order"));
    }
    // Bob's device, named by its token or by its registration, in Ann's browser.
    let token = ("access_token", bob.device.access.as_str());
    for (route, fields, status) in [
        (("GET", "/settings"), vec![token], 403),
        (("POST", "/settings/slot"), vec![token, ("slotId", FILTER), ("subscribed", "false")], 403),
        (("POST", "/settings/rule"), vec![token, ("slotId", FILTER), ("mode", "ask")], 403),
        (
            ("POST", "/settings/order-now"),
            vec![token, ("slotId", CARTRIDGE), ("price", "9.99"), ("currency", "USD")],
            403,
        ),
        (("POST", "/settings/skip"), vec![token, ("slotId", FILTER), ("skip", "true")], 403),
        (("POST", "/settings/stock"), vec![token, ("slotId", FILTER), ("stock", "2")], 403),
        (("POST", "/settings/stock"), vec![("device", bob.id.as_str()), ("slotId", FILTER), ("stock", "2")], 200),
        (("POST", "/settings/name"), vec![token, ("name", "Kitchen")], 403),
        (("POST", "/settings/name"), vec![("device", bob.id.as_str()), ("name", "Kitchen")], 200),
        (("GET", "/settings/device"), vec![("device", bob.id.as_str())], 200),
        (("GET", "/settings/remove"), vec![("device", bob.id.as_str())], 303),
        (("POST", "/settings/remove"), vec![("device", bob.id.as_str())], 303),
        (("GET", "/settings/unlink"), vec![("profile", "amzn1.application.00000000000000000000000000000001")], 303),
        (("POST", "/settings/unlink"), vec![("profile", "amzn1.application.00000000000000000000000000000001")], 303),
    ] {
        let (found, body) = submit_form(server, &visit, route, &fields).await;
        assert_eq!(found, status, "{route:?}: {body}");
        assert!(!body.contains(&second), "{route:?} shows the other unit: {body}");
        tried.insert(route);
    }
    let path = format!("/deviceModels/{MODEL}/devices/{second}/registration");
    let ended = server.device_call(&ann.device, Deregister, &path).status_and_text().await;
    assert_eq!(ended.0, 400, "{}", ended.1);
    tried.insert(("DELETE", "/deviceModels/{model}/devices/{serial}/registration"));

    assert_eq!(server.all_rows().await, before, "nothing was changed");
    assert_eq!(tried, BTreeSet::from(TAKE_IDS));
    let own =
        server.device_call(&ann.device, OrderInfo, &format!("/getOrderInfo/{}", ann.order)).status_and_text().await;
    assert_eq!(own.0, 200, "{}", own.1);
}

async fn an_operator_finds_an_order_by_its_own_id_alone(server: &Server) {
    let (first, second) = neighbours(server).await;
    let (ann, bob) = (owner(server, ANN, &first).await, owner(server, BOB, &second).await);
    for (device, order) in [(ann.order.device, bob.order.order), (bob.order.device, ann.order.order)] {
        let found = fulfilment::find_job(server.app(), &InstanceId { device, order }.to_string()).await;
        assert!(matches!(found, Err(Error::UnknownOrder)));
    }
    assert!(fulfilment::find_job(server.app(), &bob.order.to_string()).await.is_ok());
}

/// Routes that take no id of something with an owner. The caller's own token or session names what they change; or they
/// take a secret that is its own proof, such as a sign-up's flow or a mail's link; or they are an operator's, who owns
/// everything.
const TAKE_NONE: [&str; 48] = [
    "/-/accent/{name}",
    "/-/clock",
    "/-/events",
    "/-/events/replay",
    "/-/events/{id}",
    "/-/events/{id}/replay",
    "/-/faults",
    "/-/fulfilment",
    "/-/fulfilment/vendure",
    "/-/health",
    "/-/icon.svg",
    "/-/mail",
    "/-/mail/{id}",
    "/-/mail/{id}/html",
    "/-/metrics",
    "/-/openapi.json",
    "/-/picture/{name}",
    "/-/ready",
    "/-/reset",
    "/-/snapshots",
    "/-/snapshots/{name}",
    "/-/design",
    "/-/trigger",
    "/.well-known/oauth-authorization-server",
    "/AccioCustomerUI/teaser",
    "/ap/consent",
    "/ap/federated",
    "/ap/federated/callback",
    "/ap/federated/continue",
    "/ap/federated/create",
    "/ap/federated/link",
    "/ap/oa",
    "/ap/second-step",
    "/ap/signin",
    "/ap/signout",
    "/auth/o2/token",
    "/auth/o2/tokeninfo",
    "/auth/relyingPartyLogout",
    "/deviceStatus",
    "/order/cancel",
    "/registration",
    "/settings/address",
    "/settings/language",
    "/subscriptionInfo",
    "/takeover",
    "/teaser",
    "/testOrders",
    "/user/profile",
];

/// Slots belong to a model; the token determines which device orders.
const OF_A_SLOT: [&str; 5] = [
    "/replenish/{slot}",
    "/slotStatus/{slot}",
    "/deviceStatus/{slot}",
    "/testOrders/slots/{slot}",
    "/testOrders/{slot}",
];

/// Sign-up pages find their sign-up by its flow and its session.
const OF_A_SIGNUP: [&str; 3] = ["/setup_slot", "/slot_action", "/setup_overview"];

/// The session, or the link of a mail, decides whose account it is. A session's id, which one form takes, is crossed
/// with other customers' in `account/sessions.rs`, and an export's id in `account/export/large.rs`.
const OF_AN_ACCOUNT: [&str; 18] = [
    "/account",
    "/account/confirm",
    "/account/create",
    "/account/delete",
    "/account/email",
    "/account/email/confirm",
    "/account/export",
    "/account/forgotten",
    "/account/identity/remove",
    "/account/name",
    "/account/new",
    "/account/password",
    "/account/reset",
    "/account/second-factor",
    "/account/second-factor/change",
    "/account/sessions",
    "/account/zone",
    "/settings/pause",
];

#[test]
fn every_route_takes_ids_or_has_a_reason_not_to() {
    let roles = [Role::Service, Role::Login, Role::Web, Role::Worker];
    let routes = opendrs_server::routes::list_routes(&roles, OptionalRoutes::ALL)
        .into_iter()
        .chain(opendrs_server::routes::list_metrics_routes());
    let without: BTreeSet<_> = TAKE_NONE
        .iter()
        .chain(&OF_A_SLOT)
        .chain(&OF_A_SIGNUP)
        .chain(&OF_AN_ACCOUNT)
        .copied()
        .chain([stylesheet_path()])
        .collect();
    let (listed, left): (BTreeSet<_>, BTreeSet<_>) = routes.partition(|route| TAKE_IDS.contains(route));
    assert_eq!(listed, BTreeSet::from(TAKE_IDS));
    assert_eq!(left.into_iter().map(|(_, path)| path).collect::<BTreeSet<_>>(), without);
}
