//! Every route for every kind of caller, with the answer. A route without a row here fails the completeness test.

use super::answer::{answer_summary, answers_with};
use crate::harness::fixtures::{ANN, COMPOSITE, FILTER, OTHER_MODEL, OTHER_WEB, PASSWORD, SMALL};
use crate::harness::{
    LinkOptions, LinkedDevice, OPERATOR_TOKEN, Server, TestBrowser, authorize_path, form_body, valid_body,
};
use opendrs_client::ClientResponse;
use opendrs_config::Role;
use opendrs_domain::version::{ApiEndpoint, ENDPOINTS};
use opendrs_server::routes::OptionalRoutes;
use opendrs_service::session::form_token;
use opendrs_web::stylesheet::stylesheet_path;
use std::collections::BTreeSet;

/// The credentials of a caller.
#[derive(Clone, Default)]
struct CallerCredentials {
    token: Option<String>,
    cookie: Option<String>,
    csrf: Option<String>,
}

/// A route, its request, and the answers: status and the page's heading or the message.
struct RouteCase {
    method: &'static str,
    route: &'static str,
    path: String,
    fields: Vec<(&'static str, String)>,
    answers: [&'static str; 9],
}

/// The callers of [`RouteCase::answers`], in that order.
const CALLERS: [&str; 9] = [
    "nobody",
    "the device",
    "another maker's device",
    "a browser nobody signed in to",
    "the same with its form's token",
    "a signed-in browser",
    "the same with its form's token",
    "the same with another browser's form token",
    "the operator",
];

const TOKEN: &str = "400 Invalid token";
const SLOT: &str = "400 Slot of another model";
const GONE: &str = "410 This page has expired";
const FORM: &str = "400 This form has expired";
const NO_FEDERATION: &str = "400 We could not sign you in";
const SIGN_IN: &str = "200 Sign in";

fn cases(token: &str, order: &str) -> Vec<RouteCase> {
    let api = |method, route: &'static str, own, other| {
        let path = route.replace("{slot}", FILTER).replace("{instance}", order);
        let path = path.replace("{model}", "Aqua-Pitcher_7").replace("{serial}", "SN-1");
        let answers = [TOKEN, own, other, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN];
        RouteCase { method, route, path, fields: Vec::new(), answers }
    };
    let open = |method, route: &'static str, query: String, answer| RouteCase {
        method,
        route,
        path: format!("{route}{query}"),
        fields: Vec::new(),
        answers: [answer; 9],
    };
    let page = |method, route: &'static str, query: String, stranger, signed_in| {
        let [a, b] = [stranger, signed_in];
        RouteCase {
            method,
            route,
            path: format!("{route}{query}"),
            fields: Vec::new(),
            answers: [a, a, a, a, a, b, b, b, a],
        }
    };
    let posted = |route: &'static str, fields: &[(&'static str, &str)], stranger, signed_in| RouteCase {
        method: "POST",
        route,
        path: route.into(),
        fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        answers: [FORM, FORM, FORM, FORM, stranger, FORM, signed_in, FORM, FORM],
    };
    let operated = |method, route: &'static str, path: &str, answer| {
        const STRANGER: &str = "401 Send the operator's token";
        let mut answers = [STRANGER; 9];
        answers[8] = answer;
        RouteCase { method, route, path: path.into(), fields: Vec::new(), answers }
    };
    let of_device = format!("?{}", form_body(&[("access_token", token)]));
    vec![
        api("POST", "/replenish/{slot}", "200 {}", "404 Slot of another model"),
        api("POST", "/slotStatus/{slot}", "200 {}", SLOT),
        api("POST", "/deviceStatus", "200 {}", "200 {}"),
        api("POST", "/deviceStatus/{slot}", "200 {}", SLOT),
        api("GET", "/subscriptionInfo", "200 {}", "200 {}"),
        api("GET", "/getOrderInfo/{instance}", "200 {}", "400 Unknown eventInstanceId"),
        api("DELETE", "/testOrders", "200 {}", "400 The device is not a test device"),
        api("DELETE", "/testOrders/slots/{slot}", "200 {}", SLOT),
        api("DELETE", "/testOrders/{slot}", "200 {}", SLOT),
        open("GET", "/-/health", String::new(), "200 {}"),
        open("GET", "/-/ready", String::new(), "200 {}"),
        // It has an address of its own; the service's address has no such path.
        open("GET", "/-/metrics", String::new(), "404 No such path"),
        open("GET", "/-/openapi.json", String::new(), "200 {}"),
        open("GET", stylesheet_path(), String::new(), "200 "),
        open("GET", "/-/icon.svg", String::new(), "200 "),
        RouteCase { path: "/-/accent/x".into(), ..open("GET", "/-/accent/{name}", String::new(), "404 ") },
        RouteCase { path: "/-/picture/x".into(), ..open("GET", "/-/picture/{name}", String::new(), "404 ") },
        open("POST", "/-/fulfilment", String::new(), "401 The signature is missing, wrong or older"),
        open("POST", "/-/fulfilment/vendure", String::new(), "401 The signature is missing, wrong or older"),
        operated("GET", "/-/events", "/-/events", "200 {}"),
        operated("GET", "/-/events/{id}", "/-/events/x", "400 "),
        operated("POST", "/-/events/{id}/replay", "/-/events/x/replay", "400 "),
        operated("POST", "/-/events/replay", "/-/events/replay", "400 The body cannot be read"),
        // Everyone who reaches a test server can see the parts of its pages, and move its clock.
        open("GET", "/-/design", String::new(), "200 Aqua Pitcher"),
        open("GET", "/-/clock", String::new(), "200 {}"),
        open("POST", "/-/clock", String::new(), "400 The body cannot be read"),
        open("GET", "/-/faults", String::new(), "200 {}"),
        open("POST", "/-/faults", String::new(), "400 The body cannot be read"),
        open("DELETE", "/-/faults", String::new(), "200 {}"),
        open("POST", "/-/reset", String::new(), "200 {}"),
        open("GET", "/-/snapshots", String::new(), "200 {}"),
        open("POST", "/-/snapshots", String::new(), "400 The body cannot be read"),
        RouteCase {
            path: "/-/snapshots/never-saved".into(),
            ..open("DELETE", "/-/snapshots/{name}", String::new(), "400 there is no snapshot")
        },
        open("POST", "/-/trigger", String::new(), "400 The body cannot be read"),
        open("GET", "/teaser", format!("?compositeId={COMPOSITE}"), "200 Never run out"),
        open("GET", "/AccioCustomerUI/teaser", format!("?compositeId={COMPOSITE}"), "200 Never run out"),
        open("POST", "/auth/o2/token", String::new(), "400 The authorization grant type is not supported"),
        RouteCase {
            answers: std::array::from_fn(|caller| match CALLERS[caller] {
                // These callers send their own token besides the one in the query.
                "the device" | "another maker's device" | "the operator" => {
                    "400 The request has different access tokens"
                }
                _ => "400 The access token is missing",
            }),
            ..open("GET", "/auth/o2/tokeninfo", "?access_token=x".into(), "")
        },
        RouteCase {
            answers: [
                "400 The request is missing a required parameter",
                "401 The access token lacks the scope profile",
                "401 The access token lacks the scope profile",
                "400 The request is missing a required parameter",
                "400 The request is missing a required parameter",
                "400 The request is missing a required parameter",
                "400 The request is missing a required parameter",
                "400 The request is missing a required parameter",
                "400 The access token is missing",
            ],
            ..open("GET", "/user/profile", String::new(), "")
        },
        open("POST", "/auth/relyingPartyLogout", String::new(), "200 {}"),
        open("GET", "/.well-known/oauth-authorization-server", String::new(), "200 {}"),
        page("GET", "/ap/oa", authorize_path(&[]).replace("/ap/oa", ""), SIGN_IN, "303 /setup_slot"),
        posted("/ap/consent", &[("flow", "x"), ("consentApproved", "true")], GONE, GONE),
        page("GET", "/setup_slot", String::new(), GONE, GONE),
        posted("/slot_action", &[("flow", "x"), ("slotId", FILTER)], GONE, GONE),
        page("GET", "/setup_overview", String::new(), GONE, GONE),
        posted("/setup_overview", &[("flow", "x"), ("completeSetup", "true")], GONE, GONE),
        page("GET", "/settings", of_device, SIGN_IN, "200 Aqua Pitcher"),
        posted(
            "/settings/slot",
            &[("access_token", token), ("slotId", FILTER), ("subscribed", "true")],
            SIGN_IN,
            "303 /settings",
        ),
        posted("/settings/order", &[("access_token", token), ("instanceId", order)], SIGN_IN, "303 /settings"),
        posted(
            "/settings/rule",
            &[("access_token", token), ("slotId", FILTER), ("mode", "ask")],
            SIGN_IN,
            "303 /settings",
        ),
        posted(
            "/settings/order-now",
            &[("access_token", token), ("slotId", FILTER), ("asin", SMALL), ("price", "24.99"), ("currency", "USD")],
            SIGN_IN,
            "303 /order",
        ),
        posted(
            "/settings/skip",
            &[("access_token", token), ("slotId", FILTER), ("skip", "true")],
            SIGN_IN,
            "303 /settings",
        ),
        posted("/settings/pause", &[("resume", "true")], SIGN_IN, "303 /settings"),
        posted("/settings/language", &[("language", "en")], SIGN_IN, "303 /settings"),
        posted(
            "/settings/stock",
            &[("access_token", token), ("slotId", FILTER), ("replaced_on", "2018-03-01"), ("stock", "2")],
            SIGN_IN,
            "303 /settings",
        ),
        posted("/settings/name", &[("access_token", token), ("name", "Kitchen")], SIGN_IN, "303 /settings"),
        // A registration opens for its owner only; others see their own list.
        page("GET", "/settings/device", "?device=x".into(), SIGN_IN, "200 Your devices"),
        page("GET", "/settings/address", String::new(), SIGN_IN, "200 Shipping address"),
        posted(
            "/settings/address",
            &[("line1", "1 New Street"), ("city", "Springfield"), ("postal_code", "97477"), ("country", "US")],
            SIGN_IN,
            "303 /settings",
        ),
        // A signed-in customer learns nothing about another customer's device; an unknown device has the same answer.
        page("GET", "/settings/remove", "?device=x".into(), SIGN_IN, "303 /settings"),
        posted("/settings/remove", &[("device", "x")], SIGN_IN, "303 /settings"),
        // The same answer for an app that never had the customer's consent.
        page("GET", "/settings/unlink", "?profile=x".into(), SIGN_IN, "303 /settings"),
        posted("/settings/unlink", &[("profile", "x")], SIGN_IN, "303 /settings"),
        page("GET", "/order", format!("?id={order}"), SIGN_IN, "200 Your order"),
        posted("/order", &[("id", order), ("cancel", "true")], SIGN_IN, "303 /order"),
        // The order can still be cancelled.
        page("GET", "/order/withdraw", format!("?id={order}"), SIGN_IN, "200 You cannot withdraw from this contract"),
        posted("/order/withdraw", &[("id", order)], SIGN_IN, FAILED),
        // The same for the answer to a takeover.
        open("GET", "/takeover", "?token=x".into(), "400 That did not work"),
        posted("/takeover", &[("token", "x"), ("undo", "true")], "400 That did not work", "400 That did not work"),
        // Only the link in an order's mail opens the order; callers without it learn nothing.
        open("GET", "/order/cancel", "?token=x".into(), "400 That did not work"),
        posted("/order/cancel", &[("token", "x")], "400 That did not work", "400 That did not work"),
        // Everyone who reaches a test server can read its mails.
        open("GET", "/-/mail", String::new(), "200 Mail to customers"),
        RouteCase { path: "/-/mail/x".into(), ..open("GET", "/-/mail/{id}", String::new(), "400 That did not work") },
        RouteCase {
            path: "/-/mail/x/html".into(),
            ..open("GET", "/-/mail/{id}/html", String::new(), "400 That did not work")
        },
        // The token of the first step decides whose sign-in it is.
        posted("/ap/second-step", &[("token", "x"), ("code", "123456")], "400 Sign in", "400 Sign in"),
        posted("/ap/signin", &[("email", ANN), ("password", PASSWORD)], "303 /settings", "303 /settings"),
        posted("/ap/signout", &[], "303 /settings", "303 /settings"),
        // Without a provider, and without what a browser keeps of a sign-in there, these lead nowhere.
        open("GET", "/ap/federated", String::new(), NO_FEDERATION),
        open("GET", "/ap/federated/callback", "?state=x&code=x".into(), NO_FEDERATION),
        open("GET", "/ap/federated/continue", String::new(), NO_FEDERATION),
        posted("/ap/federated/create", &[("name", "x")], NO_FEDERATION, NO_FEDERATION),
        posted("/ap/federated/link", &[("link", "true")], SIGN_IN, NO_FEDERATION),
        // Everyone may create an account, and ask for a new password.
        open("GET", "/account/new", String::new(), "200 Create an account"),
        posted("/account/new", &[("email", "x")], "400 Create an account", "400 Create an account"),
        // Only the link or the code of a mail opens these.
        open("GET", "/account/confirm", "?token=x".into(), FAILED),
        posted("/account/confirm", &[("token", "x"), ("code", "123456")], FAILED, FAILED),
        open("GET", "/account/create", "?token=x".into(), FAILED),
        posted("/account/create", &[("token", "x"), ("name", "x"), ("password", "x")], FAILED, FAILED),
        open("GET", "/account/forgotten", String::new(), "200 Forgot your password?"),
        posted("/account/forgotten", &[("email", "x")], "400 Forgot your password?", "400 Forgot your password?"),
        open("GET", "/account/reset", "?token=x".into(), FAILED),
        posted("/account/reset", &[("token", "x"), ("password", "x")], FAILED, FAILED),
        open("GET", "/account/email/confirm", "?token=x".into(), FAILED),
        posted("/account/email/confirm", &[("token", "x")], FAILED, FAILED),
        // The session decides whose account it is.
        page("GET", "/account", String::new(), SIGN_IN, "200 Your account"),
        posted("/account/name", &[("name", "Ann Example")], SIGN_IN, "303 /account"),
        posted("/account/zone", &[("zone", "Europe/Berlin")], SIGN_IN, "303 /account"),
        posted("/account/email", &[("email", "x"), ("password", "x")], SIGN_IN, "400 Your account"),
        posted("/account/password", &[("current", "x"), ("password", "x")], SIGN_IN, "400 Your account"),
        page("GET", "/account/second-factor", String::new(), SIGN_IN, "200 Two-step sign-in"),
        posted("/account/second-factor", &[("token", "x"), ("code", "1"), ("password", "x")], SIGN_IN, FAILED),
        posted("/account/second-factor/change", &[("off", "true"), ("password", "x")], SIGN_IN, "400 Your account"),
        posted("/account/identity/remove", &[("password", "x")], SIGN_IN, "400 Your account"),
        // Another customer's session is no session of theirs: nothing ends.
        posted("/account/sessions", &[("session", NO_SESSION)], SIGN_IN, "303 /account"),
        posted("/account/delete", &[("password", "x")], SIGN_IN, "400 Your account"),
        posted("/account/export", &[("password", "x")], SIGN_IN, "400 Your account"),
        // An export of nobody, or of another customer, does not exist.
        page("GET", "/account/export", "?id=x".into(), SIGN_IN, "404 Page not found"),
        api("DELETE", "/registration", "200 {}", "200 {}"),
        api("DELETE", "/deviceModels/{model}/devices/{serial}/registration", "200 {}", "400 The path names model"),
    ]
}

/// The page of a refused form or link.
const FAILED: &str = "400 That did not work";
/// The id of a session that does not exist.
const NO_SESSION: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const ROLES: [Role; 4] = [Role::Service, Role::Login, Role::Web, Role::Worker];

#[test]
fn every_route_has_its_line() {
    let routes = opendrs_server::routes::list_routes(&ROLES, OptionalRoutes::ALL)
        .into_iter()
        .chain(opendrs_server::routes::list_metrics_routes());
    let routes: BTreeSet<_> = routes.collect();
    let lines: BTreeSet<_> = cases("", "").iter().map(|case| (case.method, case.route)).collect();
    assert_eq!(lines, routes);
}

#[test]
fn a_role_alone_has_its_own_routes() {
    let count = |doors| opendrs_server::routes::list_routes(&[Role::Worker], doors).len();
    assert_eq!(count(OptionalRoutes::NONE), 3, "health, readiness and description");
    assert_eq!(
        count(OptionalRoutes { test_clock: true, ..OptionalRoutes::NONE }),
        13,
        "and the clock, and what else tests may ask for"
    );
    assert_eq!(count(OptionalRoutes { operator: true, ..OptionalRoutes::NONE }), 7, "and the operator's");
    let [service, login, web, _] = ROLES.map(|role| opendrs_server::routes::list_routes(&[role], OptionalRoutes::NONE));
    assert!(service.contains(&("POST", "/replenish/{slot}")) && !service.contains(&("GET", "/ap/oa")));
    assert!(login.contains(&("GET", "/ap/oa")) && !login.contains(&("GET", "/settings")));
    assert!(web.contains(&("GET", "/settings")) && !web.contains(&("POST", "/auth/o2/token")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_caller_gets_at_every_route_what_the_line_says() {
    for at in 0..cases("", "").len() {
        // A new server for each line, because some of them end what others need.
        let server = Server::start().await;
        for (caller, name) in CALLERS.iter().enumerate() {
            let api = ENDPOINTS.iter().any(|spec| spec.paths.contains(&cases("", "")[at].route));
            let device = server
                .link_device(if api { LinkOptions::default().test_device() } else { LinkOptions::default() })
                .await;
            let other = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
            let placed = server
                .device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}"))
                .send()
                .await
                .json();
            let order = placed["eventInstanceId"].as_str().unwrap();
            let case = cases(&device.access, order).remove(at);
            let shows = caller_credentials(&server, caller, &device, &other).await;
            let reply = send(&server, &case, shows).await;
            let wanted = case.answers[caller];
            assert!(
                answers_with(&reply, wanted),
                "{} {} by {name}: {wanted:?}, but {:?}",
                case.method,
                case.route,
                answer_summary(&reply)
            );
        }
    }
}

async fn caller_credentials(
    server: &Server,
    caller: usize,
    device: &LinkedDevice,
    other: &LinkedDevice,
) -> CallerCredentials {
    let anonymous = "a".repeat(64);
    match caller {
        1 => CallerCredentials { token: Some(device.access.clone()), ..CallerCredentials::default() },
        2 => CallerCredentials { token: Some(other.access.clone()), ..CallerCredentials::default() },
        3 => CallerCredentials { cookie: Some(format!("opendrs={anonymous}")), ..CallerCredentials::default() },
        4 => CallerCredentials {
            cookie: Some(format!("opendrs={anonymous}")),
            csrf: Some(form_token(server.app(), &anonymous)),
            token: None,
        },
        5..8 => {
            let cookie = TestBrowser::signed_in(server, ANN).await.browser.cookie_header();
            let csrf = match caller {
                6 => Some(form_token(server.app(), cookie.strip_prefix("opendrs=").unwrap())),
                7 => Some(form_token(server.app(), &anonymous)),
                _ => None,
            };
            CallerCredentials { cookie: Some(cookie), csrf, token: None }
        }
        8 => CallerCredentials { token: Some(OPERATOR_TOKEN.into()), ..CallerCredentials::default() },
        _ => CallerCredentials::default(),
    }
}

async fn send(server: &Server, case: &RouteCase, caller: CallerCredentials) -> ClientResponse {
    let mut call = server.request(case.method, &case.path);
    if let Some(spec) = ENDPOINTS.iter().find(|spec| spec.paths.contains(&case.route)) {
        let nobody = LinkedDevice { access: String::new(), refresh: String::new() };
        call = server.device_call(&nobody, spec.endpoint, &case.path).replace_header("authorization", None);
        call = call.body(valid_body(spec.endpoint));
    }
    if let Some(token) = &caller.token {
        call = call.bearer_token(token);
    }
    if let Some(cookie) = caller.cookie {
        call = call.header("cookie", cookie);
    }
    let mut fields: Vec<_> = case.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend(caller.csrf.as_deref().map(|csrf| ("csrf", csrf)));
    if !case.fields.is_empty() || case.route == "/ap/signout" {
        call = call.body(form_body(&fields));
    }
    call.send().await
}
