//! The result of a publication, from SNS's response.
//!
//! Invariant: a publication counts as published if SNS returned a message id. It also counts if the status is 2xx and
//! the response broke off before the id. A complete response that does not come from SNS is a failure.

use aws_smithy_xml::decode::{Document, try_data};
use opendrs_domain::publication::PublishRejection;
use opendrs_service::outbound::{OutboundError, OutboundResponse};
use opendrs_service::publication::{PublishError, PublishReceipt};
use std::error::Error;

/// The maximum length of an error text, in characters.
const MAX_ERROR_CHARS: usize = 600;

/// Converts a response to the result of the publication.
pub(crate) fn parse_publish_response(answer: OutboundResponse) -> Result<PublishReceipt, PublishError> {
    let strange = |why: &str| Err(PublishError::Failed(OutboundError::Unreadable(why.to_owned())));
    if answer.is_truncated && answer.body_error.is_none() {
        return strange("it is too long");
    }
    if !answer.is_success() {
        let code = element_text(&answer.body, "Error", "Code").unwrap_or_default();
        return Err(PublishError::Rejected(PublishRejection { status: answer.status, code }, answer));
    }
    match element_text(&answer.body, "PublishResult", "MessageId") {
        None if answer.body_error.is_none() => strange("it is not SNS's: it names no message"),
        id => Ok(PublishReceipt { message_id: id, response: answer }),
    }
}

/// Returns the text of an element of a response, which is a child of a child of the root.
fn element_text(body: &[u8], outer: &str, inner: &str) -> Option<String> {
    // Anything after the last tag is incomplete.
    let end = body.iter().rposition(|byte| *byte == b'>')?;
    let mut document = Document::try_from(&body[..=end]).ok()?;
    let mut root = document.root_element().ok()?;
    while let Some(mut around) = root.next_tag() {
        if !around.start_el().matches(outer) {
            continue;
        }
        while let Some(mut found) = around.next_tag() {
            if found.start_el().matches(inner) {
                return try_data(&mut found).ok().map(|text| text.into_owned()).filter(|text| !text.is_empty());
            }
        }
    }
    None
}

/// Formats an error and its causes on one line.
pub(crate) fn error_chain(error: &dyn Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        let says = found.to_string();
        if !all.ends_with(&says) {
            all = format!("{all}: {says}");
        }
        cause = found.source();
    }
    let line = all.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_ERROR_CHARS) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: &str = "<?xml version=\"1.0\"?>\n<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">
        <PublishResult><MessageId>567910cd-659e</MessageId><SequenceNumber>1</SequenceNumber></PublishResult>
        <ResponseMetadata><RequestId>d74b8436</RequestId></ResponseMetadata></PublishResponse>\n";
    const REFUSED: &str = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>
        <Code>AuthorizationError</Code><Message>a &lt; b</Message></Error><RequestId>9dd</RequestId></ErrorResponse>";

    fn answer(status: u16, body: &str) -> OutboundResponse {
        OutboundResponse { status, headers: Vec::new(), body: body.into(), is_truncated: false, body_error: None }
    }

    fn broken(status: u16, body: &str) -> OutboundResponse {
        OutboundResponse { body_error: Some(OutboundError::ConnectionClosed), ..answer(status, body) }
    }

    #[test]
    fn what_was_given_an_id_is_published() {
        let published = parse_publish_response(answer(200, TAKEN)).unwrap();
        assert_eq!(
            published,
            PublishReceipt { message_id: Some("567910cd-659e".into()), response: answer(200, TAKEN) }
        );
    }

    #[test]
    fn a_refusal_says_its_code_if_it_has_one() {
        let torn = &REFUSED[..REFUSED.find("izationError").unwrap()];
        for (status, body, code) in [
            (403, REFUSED, "AuthorizationError"),
            (403, torn, ""),
            (403, "<Error><Code>no SNS</Code></Error>", ""),
            (503, "<html><p>down</html>", ""),
            (502, "", ""),
            (301, "moved", ""),
        ] {
            for answer in [answer(status, body), broken(status, body)] {
                let refused = parse_publish_response(answer.clone()).unwrap_err();
                assert_eq!(
                    refused,
                    PublishError::Rejected(PublishRejection { status, code: code.into() }, answer),
                    "{body}"
                );
            }
        }
    }

    #[test]
    fn a_whole_answer_that_names_no_message_is_not_from_sns() {
        for body in [
            "",
            "<html>Welcome to nginx</html>",
            "<PublishResponse><PublishResult></PublishResult></PublishResponse>",
            "<PublishResponse><PublishResult><MessageId></MessageId></PublishResult></PublishResponse>",
            "<PublishResponse><PublishResult><MessageId/></PublishResult></PublishResponse>",
            "<PublishResponse><MessageId>567910cd</MessageId></PublishResponse>",
            "<a><b><PublishResult><MessageId>567910cd</MessageId></PublishResult></b></a>",
            "{\"MessageId\":\"567910cd\"}",
            REFUSED,
        ] {
            let why = parse_publish_response(answer(200, body)).unwrap_err().to_string();
            assert_eq!(why, "the answer is no readable HTTP: it is not SNS's: it names no message", "{body}");
        }
        let long = OutboundResponse { is_truncated: true, ..answer(200, TAKEN) };
        assert_eq!(
            parse_publish_response(long).unwrap_err(),
            PublishError::Failed(OutboundError::Unreadable("it is too long".into()))
        );
    }

    #[test]
    fn a_success_that_breaks_off_anywhere_is_published_and_never_under_half_an_id() {
        let ends = TAKEN.find("</MessageId").unwrap() + "</MessageId>".len();
        for at in 0..TAKEN.len() {
            let published = parse_publish_response(broken(200, &TAKEN[..at])).unwrap();
            let id = (at >= ends).then(|| "567910cd-659e".to_owned());
            assert_eq!(published.message_id, id, "{}", &TAKEN[..at]);
        }
        let torn = OutboundResponse { body: b"<PublishResponse>\xF0\x9F".to_vec(), ..broken(200, "") };
        assert_eq!(parse_publish_response(torn).unwrap().message_id, None);
    }

    #[test]
    fn words_are_those_of_all_causes_on_one_line() {
        let inner = std::io::Error::other("line one\n  line two.");
        assert_eq!(error_chain(&inner), "line one line two");
        assert_eq!(error_chain(&*Box::<dyn Error>::from("x".repeat(700))), format!("{} ...", "x".repeat(600)));
    }
}
