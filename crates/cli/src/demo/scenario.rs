//! The scenario of the demo: a device from its sign-up to its second order.

use super::super::clock::clock_event_line;
use super::maker_cloud::MakerCloud;
use super::report::{DemoReport, DemoResult, DemoStep};
use axum::http::Method;
use opendrs_client::{self, BrowserClient, ClientResponse, HtmlForm, page_heading};
use opendrs_domain::login::form::{decode_pairs, percent_encode};
use opendrs_domain::receiver::ReceiverState;
use opendrs_domain::version::ApiEndpoint;
use opendrs_service::{App, outbox, receiver};
use serde_json::{Value, json};

const CLIENT: &str = "amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713";
const SECRET: &str = "5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c";
const REDIRECT: &str = "https://localhost:8100/authresponse";
const FILTER: &str = "7c0a3f5e-0000-4000-8000-0000000000a1";
const CARTRIDGE: &str = "7c0a3f5e-0000-4000-8000-0000000000a2";
const STATE: &str = "walk-7Qm0";

struct DemoScenario<'w> {
    base: &'w str,
    app: &'w App,
    report: &'w mut DemoReport,
    browser: BrowserClient,
    access: String,
    refresh: String,
}

/// Runs all steps.
///
/// # Errors
/// The step after which the scenario cannot go on.
pub(super) async fn run_scenario(
    base: &str,
    app: &App,
    cloud: &MakerCloud,
    report: &mut DemoReport,
) -> Result<DemoResult, String> {
    let browser = BrowserClient::new(base);
    let mut walk = DemoScenario { base, app, report, browser, access: String::new(), refresh: String::new() };
    walk.confirm_subscription(cloud).await?;
    walk.sign_up().await?;
    walk.report_readings().await?;
    let order = walk.reorder().await?;
    walk.follow_order(&order).await?;
    walk.check_notifications(cloud).await?;
    let DemoScenario { access, refresh, .. } = walk;
    Ok(DemoResult { client: CLIENT, secret: SECRET, access, refresh, slots: [FILTER, CARTRIDGE], order })
}

impl DemoScenario<'_> {
    fn print_step(&mut self, title: &str, request: &str, reply: &ClientResponse, shows: String, wrong: Option<String>) {
        let at = self.app.now().to_rfc3339_secs();
        self.report.print_step(&DemoStep { title, request, reply, summary: shows, at, expectation: wrong });
    }

    /// Prints a step whose answer must be a page that contains `marks`, and returns the first form of that page.
    fn expect_form(
        &mut self,
        title: &str,
        request: &str,
        reply: &ClientResponse,
        marks: &str,
    ) -> Result<HtmlForm, String> {
        let html = reply.text();
        let form = HtmlForm::parse_all(&html).into_iter().next();
        let good = reply.status.as_u16() == 200 && html.contains(marks);
        let heading = page_heading(&html).unwrap_or_default();
        self.print_step(
            title,
            request,
            reply,
            format!("page \"{heading}\""),
            (!good).then(|| format!("a page with {marks}")),
        );
        form.filter(|_| good).ok_or_else(|| format!("{title}: the page has no form to continue with"))
    }

    /// Checks that the maker's cloud received the confirmation request and confirmed.
    async fn confirm_subscription(&mut self, cloud: &MakerCloud) -> Result<(), String> {
        self.report.print_chapter("The maker's cloud subscribes to notifications");
        self.advance_clock("0s", &[]).await?;
        let receiver = receiver::find(self.app, "aqua").await.map_err(crate::error_text)?;
        self.report.print_event(&format!("{} posts to {}: {}", receiver.arn, cloud.url, receiver.state.as_str()));
        match receiver.state {
            ReceiverState::Confirmed => Ok(()),
            other => Err(format!("the receiver did not confirm its subscription: its state is {}", other.as_str())),
        }
    }

    async fn sign_up(&mut self) -> Result<(), String> {
        self.report.print_chapter("A customer links the device on the pages");
        let data = json!({ "dash:replenish": { "device_model": "Aqua-Pitcher_7", "serial": "AP7-00042" } });
        let query = [
            ("client_id", CLIENT),
            ("scope", "dash:replenish"),
            ("scope_data", &data.to_string()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("state", STATE),
        ];
        let query = query.map(|(name, value)| format!("{name}={}", percent_encode(value, ""))).join("&");
        let reply = self.browser.get(&format!("/ap/oa?{query}")).await?;
        let form = self.expect_form("the app opens Login with Amazon", "GET /ap/oa", &reply, "name=\"signIn\"")?;
        let form = form.fill("email", "customer@example.com").fill("password", "correct horse battery");
        let reply = self.browser.submit(&form).await?;
        let reply = self.browser.follow_redirects(reply).await?;
        let form = self.expect_form("the customer signs in", "POST /ap/signin", &reply, "name=\"consent-form\"")?;
        let reply = self.browser.submit(&form.press("consentApproved")).await?;
        let reply = self.browser.follow_redirects(reply).await?;
        let form = self.expect_form("the customer consents", "POST /ap/consent", &reply, "Choose your Filter")?;
        let reply = self.browser.submit(&form).await?;
        let reply = self.browser.follow_redirects(reply).await?;
        let form = self.expect_form(
            "the customer chooses a filter",
            "POST /slot_action",
            &reply,
            "Choose your Mineral cartridge",
        )?;
        let reply = self.browser.submit(&form).await?;
        let reply = self.browser.follow_redirects(reply).await?;
        let form =
            self.expect_form("the customer chooses a cartridge", "POST /slot_action", &reply, "Complete Setup")?;
        let reply = self.browser.submit(&form.press("completeSetup")).await?;
        let target = reply.header("location").to_owned();
        let answer = decode_pairs(target.split_once('?').map_or("", |(_, query)| query).as_bytes()).unwrap_or_default();
        let value = |name: &str| answer.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
        let code = value("code").to_owned();
        let good = reply.status.as_u16() == 302
            && target.starts_with(&format!("{REDIRECT}?"))
            && (code.len(), code.starts_with("AN")) == (20, true)
            && (value("scope"), value("state")) == ("dash:replenish", STATE);
        let wrong = (!good).then(|| "302 to the app with code, scope and state".to_owned());
        self.print_step(
            "the customer confirms, and the app gets a code",
            "POST /setup_overview",
            &reply,
            format!("Location: {target}"),
            wrong,
        );
        self.request_tokens(
            "the app's cloud exchanges the code for tokens",
            &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)],
        )
        .await
    }

    async fn request_tokens(&mut self, title: &str, fields: &[(&str, &str)]) -> Result<(), String> {
        let client = [("client_id", CLIENT), ("client_secret", SECRET)];
        let form = fields.iter().chain(&client).fold(HtmlForm::default(), |form, (name, value)| form.fill(name, value));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let reply =
            opendrs_client::send(Method::POST, &format!("{}/auth/o2/token", self.base), &headers, form.encode())
                .await?;
        let answer = reply.json();
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        (self.access, self.refresh) = (text("access_token"), text("refresh_token"));
        let good = reply.status.as_u16() == 200
            && self.access.starts_with("Atza|")
            && self.refresh.starts_with("Atzr|")
            && answer["expires_in"] == 3600;
        let shows =
            if good { "access_token Atza|..., refresh_token Atzr|..., expires_in 3600".into() } else { reply.text() };
        let wrong = (!good).then(|| "200 with both tokens".to_owned());
        self.print_step(title, "POST /auth/o2/token", &reply, shows, wrong);
        if good { Ok(()) } else { Err(format!("{title}: no tokens")) }
    }

    /// Calls the device API as the device; `good` checks the answer.
    async fn call_device_api(
        &mut self,
        title: &str,
        endpoint: ApiEndpoint,
        path: &str,
        body: Option<Value>,
        wanted: &str,
        good: impl FnOnce(u16, &Value) -> bool,
    ) -> Result<Value, String> {
        let spec = endpoint.spec();
        let newest = |versions: &[opendrs_domain::version::Version]| versions.iter().copied().max();
        let name = |short: &str, versions| {
            newest(versions).map_or(String::new(), |v| opendrs_domain::version::versioned_type_name(short, v))
        };
        let (input, result) =
            (name(spec.input_type, spec.input_versions), name(spec.result_type, spec.result_versions));
        let bearer = format!("Bearer {}", self.access);
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-amzn-type-version", &input),
            ("x-amzn-accept-type", &result),
            ("content-type", "application/json"),
        ];
        let method = Method::from_bytes(spec.method.as_bytes()).unwrap_or(Method::GET);
        let body = body.map_or_else(String::new, |body| body.to_string());
        let reply = opendrs_client::send(method, &format!("{}{path}", self.base), &headers, body).await?;
        let answer = reply.json();
        let wrong = (!good(reply.status.as_u16(), &answer)).then(|| wanted.to_owned());
        self.print_step(title, &format!("{} {path}", spec.method), &reply, reply.text(), wrong);
        Ok(answer)
    }

    async fn report_readings(&mut self) -> Result<(), String> {
        self.report.print_chapter("The device reports its readings");
        let on = |answer: &Value, slot: &str| answer["slotsSubscriptionStatus"][slot]["subscribed"] == true;
        let good = |status, answer: &Value| status == 200 && on(answer, FILTER) && on(answer, CARTRIDGE);
        let (endpoint, path) = (ApiEndpoint::SubscriptionInfo, "/subscriptionInfo");
        self.call_device_api("it reads what it can order", endpoint, path, None, "both slots subscribed", good).await?;
        for (left, words) in [(150, "a new filter"), (72, "a half used filter"), (9, "a nearly empty filter")] {
            let body = json!({
                "remainingQuantityInUnit": left, "originalQuantityInUnit": 150,
                "lastUseDate": self.app.now().to_rfc3339_secs(),
            });
            let path = format!("/slotStatus/{FILTER}");
            let nothing = |status, answer: &Value| status == 200 && *answer == json!({});
            self.call_device_api(words, ApiEndpoint::SlotStatus, &path, Some(body), "200 {}", nothing).await?;
        }
        let body = json!({ "mostRecentlyActiveDate": self.app.now().to_rfc3339_secs() });
        let nothing = |status, answer: &Value| status == 200 && *answer == json!({});
        let (endpoint, path) = (ApiEndpoint::DeviceStatus, "/deviceStatus");
        self.call_device_api("its daily device status", endpoint, path, Some(body), "200 {}", nothing).await?;
        Ok(())
    }

    async fn reorder(&mut self) -> Result<String, String> {
        self.report.print_chapter("The device reorders");
        let path = format!("/replenish/{FILTER}");
        let placed = |status, answer: &Value| status == 200 && answer["detailCode"] == "STANDARD_ORDER_PLACED";
        let answer = self
            .call_device_api(
                "a call places an order",
                ApiEndpoint::Replenish,
                &path,
                None,
                "STANDARD_ORDER_PLACED",
                placed,
            )
            .await?;
        let order = answer["eventInstanceId"].as_str().unwrap_or_default().to_owned();
        let again = |status, answer: &Value| {
            status == 200 && answer["detailCode"] == "ORDER_INPROGRESS" && answer["eventInstanceId"] == order.as_str()
        };
        let wanted = "ORDER_INPROGRESS with the first order's id";
        self.call_device_api("a second call places no order", ApiEndpoint::Replenish, &path, None, wanted, again)
            .await?;
        Ok(order)
    }

    async fn expect_order_status(&mut self, title: &str, order: &str, wanted: &str) -> Result<(), String> {
        let good = |status, answer: &Value| {
            let data = &answer["orderInfoData"];
            status == 200 && data["instanceId"] == order && data["orderItems"][0]["status"] == wanted
        };
        let path = format!("/getOrderInfo/{order}");
        self.call_device_api(title, ApiEndpoint::OrderInfo, &path, None, wanted, good).await.map(drop)
    }

    async fn advance_clock(&mut self, by: &str, wanted: &[&str]) -> Result<(), String> {
        let body = json!({ "advance": by }).to_string();
        let reply = opendrs_client::send(Method::POST, &format!("{}/-/clock", self.base), &[], body).await?;
        let answer = reply.json();
        let fired = answer["fired"].as_array().cloned().unwrap_or_default();
        let states: Vec<_> = fired.iter().filter_map(|f| f["to"].as_str()).collect();
        let wrong = (states != wanted).then(|| format!("these order states: {wanted:?}"));
        let shows = format!("{} events", fired.len());
        self.print_step(&format!("the clock moves by {by}"), "POST /-/clock", &reply, shows, wrong);
        fired.iter().for_each(|f| self.report.print_event(&clock_event_line(f)));
        Ok(())
    }

    async fn follow_order(&mut self, order: &str) -> Result<(), String> {
        self.report.print_chapter("The device follows the order while time passes");
        self.expect_order_status("the order is being prepared", order, "Processing").await?;
        self.advance_clock("25h", &["fulfilling", "shipped"]).await?;
        let dead = |status, answer: &Value| status == 400 && answer["message"] == "Invalid token";
        let path = format!("/getOrderInfo/{order}");
        let (endpoint, path) = (ApiEndpoint::OrderInfo, path.as_str());
        self.call_device_api("the old token has expired", endpoint, path, None, "400 Invalid token", dead).await?;
        let refresh = self.refresh.clone();
        self.request_tokens("a new access token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)])
            .await?;
        if self.refresh != refresh {
            return Err("the refresh token changed".into());
        }
        self.expect_order_status("the order is on its way", order, "Shipped").await?;
        self.advance_clock("3d", &["delivered"]).await?;
        self.request_tokens("another access token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)])
            .await?;
        self.expect_order_status("the order is delivered", order, "Shipped").await?;
        let path = format!("/replenish/{FILTER}");
        let placed = |status, answer: &Value| {
            status == 200 && answer["detailCode"] == "STANDARD_ORDER_PLACED" && answer["eventInstanceId"] != order
        };
        self.call_device_api(
            "the slot is free for the next order",
            ApiEndpoint::Replenish,
            &path,
            None,
            "a new order",
            placed,
        )
        .await?;
        Ok(())
    }

    /// Checks the notifications that the maker received.
    async fn check_notifications(&mut self, cloud: &MakerCloud) -> Result<(), String> {
        self.report.print_chapter("The maker's notifications");
        let events = outbox::list_newest(self.app, 50).await.map_err(crate::error_text)?;
        let names: Vec<_> = events.iter().map(|event| event.notification_type().wire_name()).collect();
        for (event, name) in events.iter().zip(&names) {
            self.report.print_event(&format!("{}  {name}", event.at));
        }
        let wanted = [
            "DeviceRegisteredNotification",
            "SubscriptionChangedNotification",
            "OrderPlacedNotification",
            "ItemShippedNotification",
            "OrderPlacedNotification",
        ];
        if names != wanted {
            return Err(format!("the maker's notifications are {names:?}, expected {wanted:?}"));
        }
        self.advance_clock("0s", &[]).await?;
        let (received, refused) = cloud.received_notifications();
        self.report.print_event(&format!(
            "{} arrived at {} with valid signatures, {refused} were refused",
            received.len(),
            cloud.url
        ));
        match (received == wanted, refused) {
            (true, 0) => Ok(()),
            _ => Err(format!(
                "the maker's cloud received {received:?} and refused {refused} messages, expected {wanted:?}"
            )),
        }
    }
}
