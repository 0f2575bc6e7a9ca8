//! Each button that makes a contract with a duty to pay says so; buttons of test devices, which charge nothing, do not.
//! On both engines.

use crate::harness::fixtures::{ANN, FILTER};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path, form_body};

both!(a_sign_up_says_that_it_costs_money, the_settings_say_so_too);

async fn a_sign_up_says_that_it_costs_money(server: &Server) {
    for (language, label) in [
        ("en", "Complete Setup with obligation to pay"),
        ("de", "Zahlungspflichtig abonnieren"),
        ("ja", "代金の支払いに同意して設定を完了する"),
    ] {
        let mut visit = TestBrowser::open(server, &authorize_path(&[("language", Some(language))])).await;
        visit.sign_in(ANN).await;
        if visit.page.text().contains("consentApproved") {
            visit.press("/ap/consent", "consentApproved").await;
        }
        for _ in 0..2 {
            let slot = visit.form("/slot_action");
            visit.submit(&slot).await;
        }
        assert!(visit.page.text().contains(&format!(">{label}</button>")), "{language}: {}", visit.page.text());
    }
}

/// The labels of the buttons that choose a product of the filter, while it is switched on and off.
async fn labels(server: &Server, device: &LinkedDevice, language: &str) -> [String; 2] {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    let path = format!("/settings?{}&language={language}", form_body(&[("access_token", &device.access)]));
    visit.go_to(&path).await;
    let label = |visit: &TestBrowser| {
        let html = visit.page.text();
        let (_, filter) = html.split_once(&format!("id=\"slot-{FILTER}\"")).unwrap();
        let (_, button) = filter.split_once("name=\"subscribed\" value=\"true\" class=\"plain\">").unwrap();
        button.split("</button>").next().unwrap().to_owned()
    };
    let on = label(&visit);
    let off = visit.form("/settings/slot").fill("slotId", FILTER).fill("subscribed", "false");
    visit.submit(&off).await;
    visit.go_to(&path).await;
    [on, label(&visit)]
}

async fn the_settings_say_so_too(server: &Server) {
    let device = server.link_default_device().await;
    let paying = ["Use this product with obligation to pay", "Switch on with obligation to pay"];
    assert_eq!(labels(server, &device, "en").await, paying);
    let german = server.link_device(LinkOptions::default().serial("SN-2")).await;
    let paying = ["Zahlungspflichtig zu diesem Produkt wechseln", "Zahlungspflichtig abonnieren"];
    assert_eq!(labels(server, &german, "de").await, paying);
    let test = server.link_device(LinkOptions::default().serial("SN-3").test_device()).await;
    assert_eq!(labels(server, &test, "en").await, ["Use this product", "Switch on"]);
}
