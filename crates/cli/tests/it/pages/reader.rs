//! A page reader of 2017, which learns a model's products from the set-up pages. It knows classes, names and addresses,
//! and sends no headers of a browser (docs/spec/setup-pages.md#page-reader-hooks).

use crate::harness::fixtures::{ANN, CARTRIDGE, FILTER, LARGE, MINERALS, PASSWORD, SMALL, SOLD_OUT};
use crate::harness::{Server, authorize_path};
use opendrs_client::{BrowserClient, ClientResponse, HtmlForm};

both!(a_page_reader_of_2017_reads_every_slot);

/// A tag, its attributes, and the classes and names of its ancestors, the outermost first.
struct Element {
    tag: String,
    attributes: Vec<(String, String)>,
    inside: Vec<Vec<String>>,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The names by which selectors find it: its tag and its classes.
    fn names(&self) -> Vec<String> {
        let classes = self.get("class").unwrap_or_default().split(' ').map(|class| format!(".{class}"));
        classes.chain([self.tag.clone()]).collect()
    }

    /// Whether a selector with descendants, such as `.header .title span`, matches it.
    fn matches_selector(&self, selector: &str) -> bool {
        let mut parts: Vec<_> = selector.split(' ').collect();
        let last = parts.pop().unwrap();
        let mut outer = self.inside.iter();
        self.names().iter().any(|name| name == last)
            && parts.iter().all(|part| outer.any(|names| names.iter().any(|name| name == part)))
    }
}

fn elements(html: &str) -> Vec<Element> {
    let (mut found, mut inside): (Vec<Element>, Vec<(String, Vec<String>)>) = (Vec::new(), Vec::new());
    for part in html.split('<').skip(1) {
        let inner = part.split('>').next().unwrap();
        if let Some(closed) = inner.strip_prefix('/') {
            let at = inside.iter().rposition(|(tag, _)| tag == closed).expect("an end has its beginning");
            inside.truncate(at);
            continue;
        }
        let (tag, rest) = inner.split_once(' ').unwrap_or((inner, ""));
        let pairs = rest.split("\" ").filter_map(|pair| pair.split_once("=\""));
        let attributes = pairs.map(|(n, v)| (n.trim().to_owned(), v.trim_end_matches('"').to_owned())).collect();
        let inside_of = inside.iter().map(|(_, names)| names.clone()).collect();
        let element = Element { tag: tag.to_owned(), attributes, inside: inside_of };
        if !["!doctype", "meta", "link", "input", "br"].contains(&tag) {
            inside.push((tag.to_owned(), element.names()));
        }
        found.push(element);
    }
    found
}

/// Sends a form. Returns the page that follows, and its address.
async fn submit(browser: &mut BrowserClient, form: &HtmlForm) -> (ClientResponse, String) {
    let (mut reply, mut address) = (browser.submit(form).await.unwrap(), form.action.clone());
    while reply.header("location").starts_with('/') {
        address = reply.header("location").to_owned();
        reply = browser.get(&address).await.unwrap();
    }
    (reply, address)
}

async fn a_page_reader_of_2017_reads_every_slot(server: &Server) {
    let mut browser = BrowserClient::new(&server.base_url);
    let page = browser.get(&authorize_path(&[])).await.unwrap();
    let form = HtmlForm::parse_all(&page.text()).remove(0).fill("email", ANN).fill("password", PASSWORD);
    let (page, _) = submit(&mut browser, &form.fill("rememberMe", "true")).await;
    let consent = HtmlForm::parse_all(&page.text()).remove(0).press("consentApproved");
    let (mut page, mut address) = submit(&mut browser, &consent).await;
    let mut slots = Vec::new();
    while address != "/setup_overview" {
        assert_eq!((page.status.as_u16(), address.as_str()), (200, "/setup_slot"));
        let html = page.text();
        let all = elements(&html);
        let find = |selector: &str| all.iter().filter(|e| e.matches_selector(selector)).collect::<Vec<_>>();
        let title = find(".header .title span")[0].get("title").unwrap().to_owned();
        let slot = find("input").into_iter().find(|e| e.get("name") == Some("slotId")).unwrap().get("value").unwrap();
        let products: Vec<_> = find(".a-row .products .product");
        let asins: Vec<_> = products.iter().map(|e| e.get("id").unwrap().to_owned()).collect();
        // Readers compare the whole attribute.
        let next: Vec<_> = all.iter().filter(|e| e.get("class") == Some("a-button-input")).collect();
        assert!(next.len() == 1 && next[0].matches_selector("form button") && next[0].get("name").is_none(), "{html}");
        assert_eq!(find(".product").len(), asins.len(), "none is inside another");
        slots.push((title, slot.to_owned(), asins.clone()));
        let chosen = HtmlForm::parse_all(&html).remove(0).fill("asin", &asins[0]);
        (page, address) = submit(&mut browser, &chosen).await;
    }
    let slot = |title: &str, id: &str, asins: &[&str]| {
        (title.to_owned(), id.to_owned(), asins.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let offered =
        [slot("Filter", FILTER, &[SMALL, LARGE, SOLD_OUT]), slot("Mineral cartridge", CARTRIDGE, &[MINERALS])];
    assert_eq!(slots, offered);
    assert!(page.text().contains("Complete Setup"), "{}", page.text());

    // Two sign-ups in one browser: each page continues the sign-up that it belongs to.
    let other = authorize_path(&[(
        "scope_data",
        Some(r#"{"dash:replenish":{"device_model":"Aqua+Proto","serial":"P-1","should_include_non_live":true}}"#),
    )]);
    let (overview, _) = (HtmlForm::parse_all(&page.text()).remove(0), browser.get(&other).await.unwrap());
    let consented = browser.get("/setup_slot").await.unwrap();
    assert!(consented.text().contains(r#"name="consent-form""#), "the other one is under way");
    let (page, address) = submit(&mut browser, &overview.press("change")).await;
    assert_eq!(address, "/setup_slot");
    assert!(page.text().contains(r#"<span title="Filter">"#), "{}", page.text());
}
