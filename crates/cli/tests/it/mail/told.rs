//! The changes that cause a mail to the customer, and the texts.

use crate::harness::fixtures::{BOB, CARL, FILTER, SOLD_OUT};
use crate::harness::{LinkOptions, Server};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::version::ApiEndpoint::{CancelTestOrders, Deregister, Replenish};
use opendrs_service::login::link::SlotSelection;
use opendrs_texts::compose::ComposedMail;

both!(
    a_customer_is_told_of_an_order_from_its_placing_to_its_arrival,
    a_test_device_has_no_address_and_no_link,
    a_held_order_says_why_and_what_to_do,
    who_loses_a_device_is_told_without_being_told_to_whom,
    a_device_that_leaves_is_told_of,
    a_refused_call_mails_nothing,
);

async fn a_customer_is_told_of_an_order_from_its_placing_to_its_arrival(server: &Server) {
    let device = server.link_default_device().await;
    assert_eq!(server.mail_kinds().await, ["subscribed"]);
    assert_eq!(
        server.newest_mail_text().await,
        "Hello Ann Example,\n\n\
         From now on, your device will automatically reorder the products you chose when it runs low.\n\n\
         We'll email you about every order, with its price, while you can still cancel.\n\n\
         Filter: Water filter, pack of 3, 24.99 USD\n\
         Mineral cartridge: Mineral cartridge, 12.50 USD\n\n\
         Your devices:\n"
            .to_owned()
            + &server.base_url
            + "/settings\n\n-- \nAqua Pitcher, serial number SN-1\n"
    );
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let letter = server.newest_mail().await;
    let words = ComposedMail::compose(&letter);
    assert_eq!(
        (words.subject.as_str(), letter.to.as_str()),
        ("Your order: Water filter, pack of 3", "ann@example.com")
    );
    let cancel = letter.cancel_url.unwrap();
    assert!(cancel.starts_with(&format!("{}/order/cancel?token=", server.base_url)), "{cancel}");
    assert_eq!(
        words.to_text().unwrap(),
        format!(
            "Hello Ann Example,\n\n\
             Your Aqua Pitcher ordered this for you.\n\n\
             You can cancel it until 3 March 2018, 07:00 UTC. After that it ships and you will be charged.\n\n\
             Order number: {}\n\
             Product: Water filter, pack of 3\n\
             Quantity: 3\n\
             Price: 24.99 USD\n\
             Ships to: 1 Main Street, Springfield, 97477, US\n\
             Expected delivery: 5 March 2018\n\n\
             See this order:\n{}\n\n\
             Cancel this order:\n{cancel}\n\n\
             Your devices:\n{}/settings\n\n-- \nAqua Pitcher, serial number SN-1\n",
            letter.content.order().unwrap().number(),
            letter.order_url.unwrap(),
            server.base_url
        )
    );
    server.advance("4d").await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_placed", "order_shipped", "order_delivered"]);
    assert!(server.newest_mail_text().await.contains("Your order has been delivered."));
    assert_eq!(server.newest_mail().await.cancel_url, None);
}

async fn a_test_device_has_no_address_and_no_link(server: &Server) {
    let device = server.link_device(LinkOptions::default().test_device()).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let (letter, text) = (server.newest_mail().await, server.newest_mail_text().await);
    assert!(text.contains("Ships to: N/A\n") && !text.contains("Main Street"), "{text}");
    assert!(
        text.contains("serial number SN-1, a test device: you won't be charged, and nothing will be shipped"),
        "{text}"
    );
    assert_eq!(
        (letter.cancel_url.as_deref(), ComposedMail::compose(&letter).subject.starts_with("Test: ")),
        (None, true)
    );
    server.advance("10m").await;
    // The parcel only counts as delivered, which frees the slot.
    server.device_call(&device, CancelTestOrders, "/testOrders").send().await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_placed", "order_shipped"]);
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.device_call(&device, CancelTestOrders, "/testOrders").send().await;
    assert_eq!(server.mail_kinds().await[3..], ["order_placed", "order_cancelled"]);
}

async fn a_held_order_says_why_and_what_to_do(server: &Server) {
    let device = server.link_device(LinkOptions::default().customer(CARL)).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let text = server.newest_mail_text().await;
    for part in [
        "We need an address that we can deliver to.",
        "Open the order and enter an address.",
        "If it isn't by 5 March 2018, 07:00 UTC, we drop it and you won't be charged.",
        "Price: 24.99 USD",
        "Ships to: no address yet",
        "/order/cancel?token=",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    server.advance("48h").await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_held", "order_reminder"], "a day before it ends");
    let reminder = ComposedMail::compose(&server.newest_mail().await);
    assert_eq!(reminder.subject, "Reminder: Your order needs an address: Water filter, pack of 3");
    server.advance("25h").await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_held", "order_reminder", "order_expired"], "once");
    assert!(server.newest_mail_text().await.contains("because the problem was not resolved in time"));
    let gold = SlotSelection::Listed(vec![(SlotId::parse(FILTER).unwrap(), Asin::parse(SOLD_OUT).unwrap())]);
    let device = server.link_device(LinkOptions::default().serial("SN-2").subscribe(gold)).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert!(server.newest_mail_text().await.contains("The product is out of stock."));
}

async fn who_loses_a_device_is_told_without_being_told_to_whom(server: &Server) {
    server.link_default_device().await;
    server.link_device(LinkOptions::default().customer(BOB)).await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "taken_over", "subscribed"]);
    let mails = opendrs_service::mail::list_newest(server.app(), 2).await.unwrap();
    let letter = opendrs_service::mail::build_message(server.app(), &mails[0]).await.unwrap().unwrap();
    let words = ComposedMail::compose(&letter);
    assert_eq!(
        (letter.to.as_str(), words.subject.as_str()),
        ("ann@example.com", "Your Aqua Pitcher was registered by someone else")
    );
    assert!(!words.to_text().unwrap().to_lowercase().contains("bob"));
    assert_eq!(server.newest_mail().await.to.as_str(), BOB);
}

async fn a_device_that_leaves_is_told_of(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Deregister, "/registration").send().await;
    server.device_call(&device, Deregister, "/registration").send().await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "deregistered"]);
    // The same customer with the same subscriptions: a new registration, and its mail.
    server.link_default_device().await;
    server.link_default_device().await;
    assert_eq!(server.mail_kinds().await, ["subscribed", "deregistered", "subscribed"]);
}

async fn a_refused_call_mails_nothing(server: &Server) {
    let device = server.link_default_device().await;
    for _ in 0..2 {
        server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
        server.device_call(&device, CancelTestOrders, "/testOrders").send().await;
    }
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_placed"]);
}
