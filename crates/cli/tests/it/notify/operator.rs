//! The operator API for events.

use crate::harness::{LinkOptions, OPERATOR_TOKEN, ReceiverAction, ReplyExt, Server, TestReceiver};
use serde_json::{Value, json};

both!(
    events_are_listed_page_by_page,
    an_event_is_told_with_its_attempts,
    one_event_is_sent_again_signed_anew,
    a_range_is_sent_again_a_part_at_a_time,
    what_cannot_be_meant_is_refused,
);

async fn call_operator_api(server: &Server, method: &str, path: &str, body: &str) -> (u16, Value) {
    let reply = server.request(method, path).bearer_token(OPERATOR_TOKEN).body(body).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn call_operator_api_ok(server: &Server, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = call_operator_api(server, method, path, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn ids(page: &Value) -> Vec<String> {
    page["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

async fn events_are_listed_page_by_page(server: &Server) {
    assert_eq!(
        call_operator_api_ok(server, "GET", "/-/events", &Value::Null).await,
        json!({ "events": [], "before": null })
    );
    for serial in ["SN-1", "SN-2", "SN-3"] {
        server.link_device(LinkOptions::default().serial(serial)).await;
        server.advance("1h").await;
    }
    let all = call_operator_api_ok(server, "GET", "/-/events", &Value::Null).await;
    let newest = &all["events"][0];
    assert_eq!((ids(&all).len(), &all["before"]), (6, &Value::Null));
    assert_eq!((newest["serial"].as_str(), newest["at"].as_str()), (Some("SN-3"), Some("2018-03-02T09:00:00.000Z")));
    assert_eq!(newest["versions"]["2.0"]["deviceInfo"]["deviceIdentifier"]["serialNumber"], "SN-3");

    let (mut seen, mut path) = (Vec::new(), "/-/events?limit=4".to_owned());
    loop {
        let page = call_operator_api_ok(server, "GET", &path, &Value::Null).await;
        seen.extend(ids(&page));
        let Some(before) = page["before"].as_str() else { break };
        path = format!("/-/events?limit=4&before={before}");
    }
    assert_eq!(seen, ids(&all), "each once, newest first");
}

async fn an_event_is_told_with_its_attempts(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    receiver.queue_actions(&[ReceiverAction::Answer(503, "")]);
    server.link_default_device().await;
    server.advance("0s").await;
    let first = ids(&call_operator_api_ok(server, "GET", "/-/events", &Value::Null).await).pop().unwrap();
    let told = call_operator_api_ok(server, "GET", &format!("/-/events/{first}"), &Value::Null).await;
    assert_eq!((&told["id"], &told["type"]), (&json!(first), &json!("DeviceRegisteredNotification")));
    let delivery = &told["deliveries"][0];
    assert_eq!((&delivery["topic"], &delivery["state"]), (&json!(topic.arn), &json!("waiting")));
    let attempt = &delivery["attempts"][0];
    assert_eq!((&attempt["number"], &attempt["status"], &attempt["answer"]), (&json!(1), &json!(503), &json!("well")));
    let by_message = format!("/-/events/amzn1.dash.notification.v1.{first}");
    assert_eq!(call_operator_api_ok(server, "GET", &by_message, &Value::Null).await, told, "as in its message");
}

async fn one_event_is_sent_again_signed_anew(server: &Server) {
    let (one, other) = (TestReceiver::start().await, TestReceiver::start().await);
    server.add_confirmed_receiver("one", &one, |_| {}).await;
    server.add_confirmed_receiver("other", &other, |_| {}).await;
    one.queue_actions(&[ReceiverAction::Answer(400, "")]);
    server.link_default_device().await;
    server.advance("0s").await;
    let before = one.take_received().await.remove(0).json();
    other.take_received().await;
    server.advance("2h").await;
    let id = before["MessageId"].as_str().unwrap();
    let path = format!("/-/events/{id}/replay");
    let failed = call_operator_api_ok(server, "POST", &path, &json!({ "failed": true })).await;
    assert_eq!(failed, json!({ "replayed": 1 }), "the other receiver took it");
    server.advance("0s").await;
    let after = one.take_only_received().await.json();
    assert_eq!((&after["MessageId"], &after["Message"]), (&before["MessageId"], &before["Message"]));
    assert_eq!(after["Timestamp"], "2018-03-02T09:00:00.001Z");
    assert!(after["Signature"] != before["Signature"] && server.is_signed(&after).await);

    assert_eq!(
        call_operator_api_ok(server, "POST", &path, &json!({ "topic": "other" })).await,
        json!({ "replayed": 1 })
    );
    server.advance("0s").await;
    assert_eq!(other.take_only_received().await.json()["MessageId"], before["MessageId"]);
    assert_eq!(
        call_operator_api_ok(server, "POST", &path, &Value::Null).await,
        json!({ "replayed": 2 }),
        "to all, if nobody is named"
    );
}

async fn a_range_is_sent_again_a_part_at_a_time(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    for n in 0..101 {
        server.link_device(LinkOptions::default().serial(&format!("SN-{n}"))).await;
    }
    server.advance("1h").await;
    assert_eq!(receiver.take_received().await.len(), 202);
    // Events before and after the range are not replayed.
    server.link_device(LinkOptions::default().serial("LATER")).await;
    server.advance("1h").await;
    assert_eq!(receiver.take_received().await.len(), 2);

    let range = json!({ "since": "2018-03-02T07:00:00Z", "until": "2018-03-02T07:30:00Z" });
    let first = call_operator_api_ok(server, "POST", "/-/events/replay", &range).await;
    assert_eq!(first["replayed"], 200);
    let second = call_operator_api_ok(server, "POST", "/-/events/replay", &json!({ "rest": first["rest"] })).await;
    assert_eq!(second, json!({ "replayed": 2, "rest": null }));
    server.advance("0s").await;
    assert_eq!(receiver.take_received().await.len(), 202);
    let later =
        call_operator_api_ok(server, "POST", "/-/events/replay", &json!({ "since": "2018-03-02T07:30:00Z" })).await;
    assert_eq!(later, json!({ "replayed": 2, "rest": null }), "without an end, until now");
    server.advance("0s").await;
    assert_eq!(receiver.take_received().await.len(), 2);
}

async fn what_cannot_be_meant_is_refused(server: &Server) {
    server.link_default_device().await;
    let none = "00000000-0000-7000-8000-000000000000";
    let (show, again) = (format!("/-/events/{none}"), format!("/-/events/{none}/replay"));
    let range = "/-/events/replay";
    for (method, path, body, status, says) in [
        ("GET", "/-/events?limit=0", "", 400, "limit must be a number from 1 to 200."),
        ("GET", "/-/events?limit=201", "", 400, "limit must be a number from 1 to 200."),
        ("GET", "/-/events?before=1", "", 400, "Use `before` and `rest` unchanged from an answer."),
        ("GET", "/-/events?page=2", "", 400, "Use no parameters except limit and before."),
        ("GET", &show, "", 404, "There is no event 00000000-0000-7000-8000-000000000000, or it is no longer kept."),
        ("POST", &again, "", 404, "There is no event 00000000"),
        ("POST", &again, "{\"topik\":\"a\"}", 400, "The body cannot be read: unknown field `topik`"),
        ("POST", range, "{}", 400, "Send {\"since\":"),
        ("POST", range, "{\"since\":\"soon\"}", 400, "`soon` is not a time: write it as 2018-03-02T07:00:00Z"),
        ("POST", range, "{\"rest\":\"1/2\"}", 400, "Use `before` and `rest` unchanged from an answer."),
        ("POST", range, "{\"since\":\"2018-03-02T07:00:00Z\",\"rest\":\"1/2\"}", 400, "Send {\"since\":"),
        ("POST", range, "{\"since\":\"2018-03-02T07:00:00Z\",\"topic\":\"none\"}", 400, "there is no topic"),
    ] {
        let (found, answer) = call_operator_api(server, method, path, body).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(found == status && message.contains(says), "{method} {path} {body}: {found} {message}");
    }
    let wrong = server.request("GET", "/-/events").bearer_token(&OPERATOR_TOKEN.replace('0', "1")).send().await;
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    let words = "Send the operator's token: Authorization: Bearer, and the first line of operator.token_file.";
    assert_eq!(wrong.status_and_text(), (401, json!({ "message": words }).to_string()));
}
