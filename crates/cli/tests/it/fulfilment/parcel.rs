//! What a customer reads about a parcel, its delivery and a cancellation.

use super::{
    FakeWebhookShop, SECRET, ShopAction, now, on, open_order_page, post_report, post_signed_report, replenish,
};
use crate::harness::{Server, form_body};
use opendrs_domain::version::ApiEndpoint::OrderInfo;
use serde_json::json;

both!(by on:
    a_parcel_is_followed_on_every_page_and_in_the_mail,
    a_delivery_is_mailed_early_and_late,
    a_customer_reads_who_cancelled_and_why,
);

async fn a_parcel_is_followed_on_every_page_and_in_the_mail(server: &Server, shop: &FakeWebhookShop) {
    let day = json!({ "status": "accepted", "expectedDeliveryDate": "2018-03-09T00:00:00.000Z",
        "priceParts": { "shipping": "3.90", "tax": "1.99", "currency": "USD" } });
    shop.queue_actions([ShopAction::Answer(200, day)]);
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    server.advance("1s").await;
    assert!(
        server.newest_mail_text().await.contains("Expected delivery: 9 March 2018\n"),
        "{}",
        server.newest_mail_text().await
    );
    let mut ann = open_order_page(server, &id).await;
    for part in ["delivery expected on 9 March 2018.", "Includes 3.90 USD for shipping.", "Includes 1.99 USD in tax."] {
        assert!(ann.page.text().contains(part), "{part}: {}", ann.page.text());
    }
    let info = server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{id}")).send().await.text();
    assert!(
        info.contains(r#""expectedDeliveryDate":"2018-03-09T12:00:00.000Z""#),
        "a day, never its first moment: {info}"
    );
    let link = "https://carrier.example/track?n=1Z9&lang=en";
    let shipped = json!({ "eventInstanceId": id, "status": "shipped", "tracking": "1Z9", "carrier": "Blue & Sons",
        "trackingUrl": link, "expectedDeliveryDate": "2018-03-08" });
    assert_eq!(post_report(server, &shipped, SECRET, now()).await.status, 200);
    let mail = server.newest_mail_text().await;
    let facts = "Expected delivery: 8 March 2018\nCarrier: Blue & Sons\nTracking number: 1Z9\n";
    assert!(mail.contains(facts) && mail.contains(&format!("Track your parcel:\n{link}\n")), "{mail}");
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    for address in [settings, format!("/order?id={id}")] {
        ann.go_to(&address).await;
        let html = ann.page.text();
        assert!(
            html.contains("Shipped with Blue &#38; Sons, delivery expected on 8 March 2018, tracking number 1Z9"),
            "{html}"
        );
        let anchor = format!("<a href=\"{}\"", link.replace('&', "&#38;"));
        assert!(html.contains(&anchor) && !html.contains("00:00 UTC"), "{html}");
    }
    let bad = json!({ "eventInstanceId": id, "status": "shipped", "trackingUrl": "javascript:alert(1)" });
    assert_eq!(post_report(server, &bad, SECRET, now()).await.status, 400);
}

async fn a_delivery_is_mailed_early_and_late(server: &Server, _: &FakeWebhookShop) {
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    post_signed_report(server, &id, "shipped").await;
    server.advance("1h").await;
    assert_eq!(post_signed_report(server, &id, "delivered").await, (200, "delivered".into(), true.into()));
    assert_eq!(server.mail_kinds().await.last(), Some(&"order_delivered"), "early");
    assert!(server.newest_mail_text().await.contains("Your order has been delivered."));
    assert!(open_order_page(server, &id).await.page.text().contains("Delivered on 2 March 2018"));

    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    post_signed_report(server, &id, "shipped").await;
    server.advance("4d").await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"order_delivered"));
    assert!(
        server.newest_mail_text().await.contains("nobody has confirmed the delivery to us."),
        "{}",
        server.newest_mail_text().await
    );
    assert!(open_order_page(server, &id).await.page.text().contains("Should have arrived"));
    let count = server.mail_kinds().await.len();
    assert_eq!(post_signed_report(server, &id, "delivered").await, (200, "delivered".into(), true.into()));
    assert_eq!(server.mail_kinds().await.len(), count + 1, "late");
    assert!(server.newest_mail_text().await.contains("Your order has been delivered."));
    assert_eq!(post_signed_report(server, &id, "delivered").await, (200, "delivered".into(), false.into()), "once");
}

async fn a_customer_reads_who_cancelled_and_why(server: &Server, _: &FakeWebhookShop) {
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    server.advance("1s").await;
    let cancelled = json!({ "eventInstanceId": id, "status": "cancelled", "reason": "No longer <made>" });
    assert_eq!(post_report(server, &cancelled, SECRET, now()).await.json()["changed"], true);
    let mail = server.newest_mail_text().await;
    assert!(mail.contains("The shop cancelled this order.\n") && mail.contains("Reason: No longer <made>\n"), "{mail}");
    let mut ann = open_order_page(server, &id).await;
    for address in [format!("/order?id={id}"), format!("/settings?{}", form_body(&[("access_token", &device.access)]))]
    {
        ann.go_to(&address).await;
        let html = ann.page.text();
        assert!(
            html.contains("The shop cancelled this order.") && html.contains("Reason: No longer &#60;made&#62;"),
            "{html}"
        );
    }
}
