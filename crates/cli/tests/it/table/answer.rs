//! What an answer of a route says, in one line.
//!
//! Not here: which answer is right ([`super::callers`]).

use crate::harness::fixtures::{FILTER, OTHER_MODEL};
use opendrs_client::{ClientResponse, page_heading};

/// The status, and a part of the answer: its redirect, its message, its heading, or `{}` for any other JSON.
pub(super) fn answer_summary(reply: &ClientResponse) -> String {
    let (json, html) = (reply.json(), reply.text());
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let heading = || page_heading(&html);
    let problem = || html.split("<p>This form").nth(1).map(|_| "This form has expired".to_owned());
    let words = match reply.header("location") {
        "" => text("message").or_else(|| text("error_description")).or_else(problem).or_else(heading),
        target => Some(target.to_owned()),
    };
    let words = words.unwrap_or_else(|| if json.is_object() { "{}".into() } else { String::new() });
    format!("{} {words}", reply.status.as_u16())
}

/// Whether the answer is as wanted.
pub(super) fn answers_with(reply: &ClientResponse, wanted: &str) -> bool {
    let said = answer_summary(reply);
    match wanted.split_once("Slot of another model") {
        Some((status, "")) => said == format!("{status}Slot {FILTER} does not exist on device model {OTHER_MODEL}."),
        _ => said.starts_with(wanted),
    }
}
