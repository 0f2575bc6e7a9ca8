//! What came of asking SNS, in our words.
//!
//! Invariant: what counts as published is what SNS gave a message id, and what it answered with 2xx in an answer that broke
//! off before the id; a whole answer that is none of SNS's is a failure.

use crate::network::BROKEN;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sns::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sns::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sns::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::{PublishError, PublishOutput};
use opendrs_domain::publication::Refusal;
use opendrs_service::outbound::{Answer, Failure};
use opendrs_service::publication::{Published, Unpublished};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// How much of an error's words is kept.
const WORDS: usize = 600;

/// SNS's answer, word for word, for whoever asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Option<Answer>>>);

impl Heard {
    /// The answer, if there was one.
    pub(crate) fn take(&self) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "Heard"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let headers = response.headers();
        let answer = Answer {
            status: response.status().as_u16(),
            headers: headers.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            body: response.body().bytes().unwrap_or_default().to_vec(),
            truncated: false,
            broken: headers.get(BROKEN).map(|_| Failure::Closed),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Ok(())
    }
}

/// What came of a publication.
pub(crate) fn of<R>(
    sent: Result<PublishOutput, SdkError<PublishError, R>>,
    heard: Option<Answer>,
) -> Result<Published, Unpublished>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let strange = |why: &str| Unpublished::Failed(Failure::Unreadable(why.to_owned()));
    let error = match sent {
        Ok(PublishOutput { message_id: Some(id), .. }) => {
            return heard.map(|answer| Published { id: Some(id), answer }).ok_or_else(|| strange("it was not heard"));
        }
        Ok(_) => return Err(strange("it is not SNS's: it names no message")),
        Err(error) => error,
    };
    match heard {
        Some(answer) if answer.is_success() && answer.broken.is_some() => Ok(Published { id: None, answer }),
        Some(answer) if answer.is_success() => Err(strange("it is not SNS's")),
        Some(answer) => {
            let code = error.as_service_error().and_then(PublishError::code).unwrap_or_default().to_owned();
            Err(Unpublished::Refused(Refusal { status: answer.status, code }, answer))
        }
        None => Err(unheard(&error).unwrap_or_else(|| match &error {
            SdkError::ConstructionFailure(_) => Unpublished::Unable(words(&error)),
            _ => Unpublished::Failed(Failure::Connect(words(&error))),
        })),
    }
}

/// Why there was no answer, if that is found among the causes of the SDK's error.
fn unheard(error: &(dyn Error + 'static)) -> Option<Unpublished> {
    let mut cause = Some(error);
    while let Some(found) = cause {
        if found.is::<CredentialsError>() {
            return Some(Unpublished::NoCredentials(words(found)));
        }
        if let Some(failure) = found.downcast_ref::<Failure>() {
            return Some(Unpublished::Failed(failure.clone()));
        }
        cause = found.source();
    }
    None
}

/// An error and its causes, each in its own words, on one line.
pub(crate) fn words(error: &dyn Error) -> String {
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
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}
