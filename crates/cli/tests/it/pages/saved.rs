//! After each change a page says what was saved, where the customer made the change; an error stands at its field. On
//! both engines.

use crate::harness::fixtures::{ANN, CARTRIDGE, FILTER};
use crate::harness::{Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;

both!(each_change_is_confirmed_at_its_place, an_error_stands_at_its_field);

/// The form of a slot with this action.
fn slot_form(visit: &TestBrowser, action: &str, slot: &str) -> HtmlForm {
    let mut forms = HtmlForm::parse_all(&visit.page.text()).into_iter();
    let found = forms.find(|form| form.action == action && form.fields.contains(&("slotId".into(), slot.into())));
    found.unwrap_or_else(|| panic!("{}", visit.page.text()))
}

/// The part of a device's page about one slot.
fn slot_part(visit: &TestBrowser, slot: &str) -> String {
    let html = visit.page.text();
    let part = html.split(&format!("id=\"slot-{slot}\"")).nth(1).unwrap_or_else(|| panic!("{html}"));
    part.split("</section>").next().unwrap().to_owned()
}

async fn each_change_is_confirmed_at_its_place(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    for (action, field, value, says) in [
        ("/settings/slot", "subscribed", "true", "This product will be reordered"),
        ("/settings/rule", "mode", "ask", "Your rules have been saved."),
        ("/settings/skip", "skip", "true", "skip the next order."),
        ("/settings/slot", "subscribed", "false", "Automatic reordering is now off."),
    ] {
        ann.go_to(&settings).await;
        assert!(!ann.page.text().contains("role=\"status\"") && !ann.page.text().contains("<details open>"));
        let form = slot_form(&ann, action, FILTER).fill(field, value);
        let reply = ann.browser.submit(&form).await.unwrap();
        let place = reply.header("location").to_owned();
        assert!(place.starts_with("/settings?") && place.ends_with(&format!("#slot-{FILTER}")), "{place}");
        ann.page = ann.browser.get(place.split('#').next().unwrap()).await.unwrap();
        let (here, elsewhere) = (slot_part(&ann, FILTER), slot_part(&ann, CARTRIDGE));
        assert!(here.contains("role=\"status\"") && here.contains(says), "{says}: {here}");
        assert!(!elsewhere.contains("role=\"status\""), "{says}: {elsewhere}");
        assert_eq!(
            here.contains("<details open>"),
            action != "/settings/skip" && value != "false",
            "the fold that was used stays open: {here}"
        );
    }
    ann.go_to("/settings/address").await;
    let address = ann.form("/settings/address").fill("line1", "2 Side Street");
    assert!(ann.submit(&address).await.page.text().contains("Your address has been saved."));
    for made_up in ["x", "%3Cb%3E", "Rules", ""] {
        let html = ann.go_to(&format!("/settings?saved={made_up}")).await.page.text();
        assert!(!html.contains("role=\"status\"") && !html.contains("<b>"), "{made_up}: {html}");
    }
}

async fn an_error_stands_at_its_field(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    for (field, typed) in [
        ("cap", [("cap_kind", "amount"), ("cap", "abc")]),
        ("limit_orders", [("limit_orders", "0"), ("limit_days", "9")]),
        ("limit_days", [("limit_orders", "2"), ("limit_days", "")]),
        ("pause_from", [("pause_from", "soon"), ("pause_until", "2018-05-05")]),
        ("pause_until", [("pause_from", "2018-05-05"), ("pause_until", "2018-05-01")]),
    ] {
        ann.go_to(&settings).await;
        let form = slot_form(&ann, "/settings/rule", FILTER);
        let form = typed.iter().fold(form, |form, (name, value)| form.fill(name, value));
        ann.submit(&form).await;
        assert_eq!(ann.page.status, 400);
        let here = slot_part(&ann, FILTER);
        let error = format!("aria-invalid=\"true\" aria-describedby=\"{field}-{FILTER}-error\" autofocus");
        assert!(here.contains(&error) && here.contains(&format!("id=\"{field}-{FILTER}-error\"")), "{field}: {here}");
        assert_eq!(ann.page.text().matches("aria-invalid").count(), 1, "{field}");
        for (name, value) in typed {
            assert!(slot_form(&ann, "/settings/rule", FILTER).fields.contains(&(name.into(), value.into())), "{name}");
        }
    }
    for (field, value) in [("line1", ""), ("city", ""), ("region", "x\ty"), ("country", "XX")] {
        ann.go_to("/settings/address").await;
        let form = ann.form("/settings/address").fill(field, value);
        ann.submit(&form).await;
        let error = format!("aria-invalid=\"true\" aria-describedby=\"{field}-error\" autofocus");
        assert!(ann.page.status == 400 && ann.page.text().contains(&error), "{field}: {}", ann.page.text());
    }
}
