//! How clients in the field spell paths, headers and bodies, and the answers they get (docs/spec/calls.md#paths,
//! docs/spec/calls.md#version-headers, docs/spec/calls.md#request-bodies).

use super::quirks::{LEVEL, head};
use crate::harness::fixtures::{CARTRIDGE, FILTER};
use crate::harness::{LinkOptions, Server};
use opendrs_domain::version::ApiEndpoint::{
    CancelTestOrders, Deregister, OrderInfo, Replenish, SlotStatus, SubscriptionInfo,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_path_is_found() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default().test_device()).await;
    let encoded = |text: &str| text.replace('-', "%2D").replace('.', "%2e");
    for (line, endpoint) in [
        ("GET //subscriptionInfo".to_owned(), SubscriptionInfo),
        ("GET /subscriptionInfo/".to_owned(), SubscriptionInfo),
        ("GET /subscriptionInfo?".to_owned(), SubscriptionInfo),
        ("GET /subscriptionInfo?a=b".to_owned(), SubscriptionInfo),
        ("GET ///%73ubscriptionInfo//?".to_owned(), SubscriptionInfo),
        ("GET https://dash-replenishment-service-na.amazon.com/subscriptionInfo".to_owned(), SubscriptionInfo),
        ("GET http://dash-replenishment-service-na.amazon.com:443//subscriptionInfo/?x".to_owned(), SubscriptionInfo),
        (format!("POST /replenish/{}", encoded(FILTER)), Replenish),
        (format!("POST //replenish//{}/", encoded(CARTRIDGE)), Replenish),
        (format!("DELETE /testOrders/slots/{}/", encoded(CARTRIDGE)), CancelTestOrders),
        (format!("DELETE /testOrders/{}", encoded(FILTER)), CancelTestOrders),
    ] {
        let answer = server.exchange(head(&line, &device, endpoint) + "\r\n").await;
        answer.assert_suits_firmware();
        assert_eq!(answer.status_line, "HTTP/1.1 200 OK", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoded_order_id_is_found() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let placed = server.exchange(head(&format!("POST /replenish/{FILTER}"), &device, Replenish) + "\r\n").await;
    let placed: serde_json::Value = serde_json::from_str(&placed.body).unwrap();
    let id = placed["eventInstanceId"].as_str().unwrap();
    let line = format!("GET /getOrderInfo/{}", id.replace('.', "%2E"));
    let answer = server.exchange(head(&line, &device, OrderInfo) + "\r\n").await;
    assert!(answer.body.starts_with(&format!(r#"{{"orderInfoData":{{"instanceId":"{id}","#)), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn version_headers_are_read_as_clients_mangle_them() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default().test_device()).await;
    let good = head("DELETE /testOrders", &device, CancelTestOrders);
    let answer = server.exchange(format!("{good}\r\n")).await;
    assert_eq!(answer.status_line, "HTTP/1.1 200 OK");
    for (who, from, to) in [
        ("Go repeats the name", "x-amzn-accept-type: ", "x-amzn-accept-type: x-amzn-accept-type: "),
        ("the earliest page has a blank", "replenishment.Drs", "replenishment. Drs"),
        ("ESP writes names in mixed case", "x-amzn-", "X-Amzn-"),
        ("all capitals", "x-amzn-type-version", "X-AMZN-TYPE-VERSION"),
        ("blanks around", "@1.0\r\n", "@1.0  \t\r\n"),
        ("a lower-case scheme", "Bearer", "bearer"),
        ("capitals", "Authorization: Bearer", "AUTHORIZATION: BEARER"),
        ("a token encoded for a URL", "Atza|", "Atza%7C"),
        ("another host", "Host: dash-replenishment-service-na.amazon.com", "Host: localhost"),
        ("no host's name", "Host: dash-replenishment-service-na.amazon.com", "Host: "),
    ] {
        assert!(good.contains(from), "{who}");
        let again = server.exchange(format!("{}\r\n", good.replace(from, to))).await;
        again.assert_success(&answer.body);
        eprintln!("{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_read_by_their_look() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let form = "remainingQuantityInUnit=3&originalQuantityInUnit=40.5&lastUseDate=2018-02-1&expectedReplenishmentDate=2018-03-02T07%3A00%3A00%2B0000";
    let raw = "remainingQuantityInUnit=3&originalQuantityInUnit=40.5&lastUseDate=2018-02-01T09:00:00+0200";
    for (who, kind, body) in [
        ("PHP: JSON under a form's label", "application/x-www-form-urlencoded", LEVEL),
        ("Ruby: a form", "application/x-www-form-urlencoded", form),
        ("a form under JSON's label", "application/json; charset=utf-8", form),
        ("a wrong label", "text/plain", LEVEL),
        (
            "blanks and a mark around JSON",
            "application/json",
            "\u{feff} {\"originalQuantityInUnit\":1,\"remainingQuantityInUnit\":1}\r\n",
        ),
        (
            "C: the end of a string",
            "application/json",
            "{\"originalQuantityInUnit\":1,\"remainingQuantityInUnit\":1}\0",
        ),
        ("a form with a raw plus", "application/x-www-form-urlencoded", raw),
    ] {
        let head = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
        let bytes = format!("{head}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        server.exchange(bytes).await.assert_success("{}");
        eprintln!("{who}");
    }
    assert_eq!(server.row_count("reading").await, 7);
    let newest = opendrs_service::reading::list_newest(server.app(), 1).await.unwrap();
    assert_eq!(newest[0].status.last_use_at.unwrap().to_rfc3339_millis(), "2018-02-01T07:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forms_label_does_no_harm_where_there_is_no_form() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default().test_device()).await;
    for (line, endpoint) in [
        ("GET /subscriptionInfo", SubscriptionInfo),
        ("DELETE /testOrders", CancelTestOrders),
        ("DELETE /registration", Deregister),
    ] {
        let head = head(line, &device, endpoint);
        let answer = server.exchange(head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n").await;
        assert_eq!(answer.status_line, "HTTP/1.1 200 OK", "{line}");
    }
}
