//! The name that a customer gives to a device: where it is shown, who never gets it, and what is refused. On both
//! engines.

use crate::harness::fixtures::{ANN, BOB, FILTER};
use crate::harness::{LinkOptions, Server, TestBrowser, TestReceiver, form_body};
use opendrs_domain::version::ApiEndpoint::{Deregister, Replenish};

both!(
    the_owner_sees_the_name_wherever_the_device_is_named,
    no_maker_and_no_other_customer_gets_the_name,
    a_refused_name_stays_in_its_field,
    an_empty_name_is_the_models_again,
);

const NAME: &str = "Küche & <b>Bar</b>";
/// The name as HTML.
const IN_HTML: &str = "Küche &#38; &#60;b&#62;Bar&#60;/b&#62;";

/// The name in the form.
fn typed_name(visit: &TestBrowser) -> String {
    let form = visit.form("/settings/name");
    form.fields.into_iter().find(|(name, _)| name == "name").map(|(_, value)| value).unwrap()
}

async fn rename(visit: &mut TestBrowser, token: &str, name: &str) {
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", token)]))).await;
    let form = visit.form("/settings/name").fill("name", name);
    visit.submit(&form).await;
}

async fn the_owner_sees_the_name_wherever_the_device_is_named(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    rename(&mut ann, &device.access, &format!("  {NAME} ")).await;
    let page = ann.page.text();
    assert_eq!(ann.title(), IN_HTML, "{page}");
    assert!(page.contains("The new name is saved.") && page.contains("role=\"status\""), "{page}");
    assert!(page.contains("Aqua Pitcher · Serial number SN-1"), "the model is named, too: {page}");
    assert_eq!(typed_name(&ann), NAME);
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let order = placed["eventInstanceId"].as_str().unwrap().to_owned();
    for (path, says) in [
        ("/settings".to_owned(), IN_HTML.to_owned()),
        (format!("/order?{}", form_body(&[("id", &order)])), format!("Your {IN_HTML} asked for it.")),
        ("/settings/unlink?profile=".to_owned(), IN_HTML.to_owned()),
        ("/settings/remove?device=".to_owned(), format!("Remove your {IN_HTML}?")),
    ] {
        let list = ann.go_to("/settings").await.page.text();
        let link = list.split('"').find(|href| href.starts_with(&path)).unwrap_or(&path).to_owned();
        let page = ann.go_to(&link.replace("&#38;", "&")).await.page.text();
        assert!(page.contains(&says), "{path}: {page}");
    }
    let mail = server.newest_mail_text().await;
    assert!(mail.contains(&format!("Your {NAME} ordered this for you.")), "{mail}");
    assert!(mail.ends_with(&format!("-- \n{NAME} (Aqua Pitcher), serial number SN-1\n")), "{mail}");
}

async fn no_maker_and_no_other_customer_gets_the_name(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    rename(&mut ann, &device.access, NAME).await;
    assert!(ann.page.text().contains(IN_HTML), "it was renamed: {}", ann.page.text());
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.device_call(&device, Deregister, "/registration").send().await;
    server.advance("1h").await;
    let bodies: Vec<_> = receiver.take_received().await.into_iter().map(|received| received.body).collect();
    assert!(!bodies.is_empty() && bodies.iter().all(|body| !body.contains("Bar</b>")), "{bodies:?}");
    let written: Vec<_> = server.all_rows().await.into_iter().filter(|(table, _)| table != "device").collect();
    for (table, rows) in &written {
        assert!(!format!("{rows:?}").contains("Bar</b>"), "{table}: {rows:?}");
    }
    let again = server.link_device(LinkOptions::default().customer(BOB)).await;
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    bob.go_to(&format!("/settings?{}", form_body(&[("access_token", &again.access)]))).await;
    assert_eq!(bob.title(), "Aqua Pitcher", "the next owner's registration has no name");
}

async fn a_refused_name_stays_in_its_field(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    for name in ["x".repeat(61), "a\u{202e}b".to_owned(), "\u{200b}".to_owned()] {
        rename(&mut ann, &device.access, &name).await;
        let page = ann.page.text();
        assert_eq!(ann.page.status, 400);
        assert!(page.contains("id=\"device-name-error\">Please enter a name of at most 60 characters"), "{page}");
        assert!(page.contains("aria-describedby=\"device-name-error\" autofocus"), "{page}");
        assert_eq!(typed_name(&ann), name);
    }
    rename(&mut ann, &device.access, &"字".repeat(60)).await;
    assert_eq!(ann.title(), "字".repeat(60));
}

async fn an_empty_name_is_the_models_again(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    rename(&mut ann, &device.access, NAME).await;
    rename(&mut ann, &device.access, "  ").await;
    let page = ann.page.text();
    assert_eq!(ann.title(), "Aqua Pitcher");
    assert!(page.contains("The device has its original name again."), "{page}");
    assert_eq!(typed_name(&ann), "");
}
