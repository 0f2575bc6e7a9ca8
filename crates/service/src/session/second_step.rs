//! The second step of a sign-in: a code of the customer's authenticator app, or a recovery code.
//!
//! Invariant: the first step proves the password to the second one by a token, which ends after some minutes, and with
//! any change of the credentials. A code opens one session.

use super::{InsertOutcome, InsertSession, SessionCookie, SessionStart, session_shard, start_session};
use crate::customer::mail_recipient;
use crate::factor_secret::{app_secret, hash_recovery_code};
use crate::mail::queue;
use crate::signed_link::{self, SECOND_STEP_PURPOSE};
use crate::throttle::CredentialAttempt;
use crate::{App, Error, FormError, Result};
use opendrs_domain::account::{AccountMail, CredentialState, is_within};
use opendrs_domain::id::CustomerId;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::StoredMail;
use opendrs_store::second_factor::{self, SecondFactorRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long the second step may take.
const SECOND_STEP_LIFETIME: Span = Span::from_mins(10);

/// What the first step proves to the second one.
#[derive(Serialize, Deserialize)]
struct FirstStep {
    customer: CustomerId,
    state: CredentialState,
    remember: bool,
    done_at: Time,
}

/// What opens a session besides the password.
pub(super) enum SecondStepProof {
    /// A code of the app.
    App { salt: Uuid, step: i64 },
    /// A recovery code, and the mail about its use.
    RecoveryCode { code: [u8; 32], mail: Box<StoredMail> },
}

/// The form of the second step.
#[derive(Clone, Copy)]
pub struct SecondStepForm<'a> {
    /// The token of the first step.
    pub token: &'a str,
    /// The code, as typed.
    pub code: &'a str,
    /// The source of the request.
    pub source: &'a str,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// The token of the second step, if the customer has a second factor.
pub(super) async fn second_step_token(
    app: &App,
    customer: CustomerId,
    state: &CredentialState,
    remember: bool,
) -> Result<Option<String>> {
    if find(app, customer).await?.is_none() {
        return Ok(None);
    }
    let first = FirstStep { customer, state: state.clone(), remember, done_at: app.now() };
    signed_link::sign_value(app, SECOND_STEP_PURPOSE, &first).map(Some)
}

async fn find(app: &App, customer: CustomerId) -> Result<Option<SecondFactorRow>> {
    let mut reader = app.db.reader().await?;
    Ok(second_factor::find(&mut reader.tx()?, app.db.shards().for_customer(customer), customer).await?)
}

/// Completes a sign-in.
///
/// # Errors
/// [`FormError::SignInExpired`] if the first step is too long ago, or what it relies on has changed: sign in again;
/// [`FormError::WrongAppCode`], also for a code that was used; [`Error::Throttled`], [`Error::Unavailable`].
pub async fn finish_sign_in(app: &App, form: SecondStepForm<'_>) -> Result<SessionCookie> {
    let now = app.now();
    let first: Option<FirstStep> = signed_link::open_value(app, SECOND_STEP_PURPOSE, form.token);
    let first = first.filter(|first| is_within(first.done_at, SECOND_STEP_LIFETIME, now));
    let first = first.ok_or(FormError::SignInExpired)?;
    let id = first.customer;
    let factor = find(app, id).await?.ok_or(FormError::SignInExpired)?;
    let subject = format!("second step of {id}");
    let attempt = app
        .sign_in_throttle
        .begin(CredentialAttempt { subject: &subject, source: form.source }, now)
        .map_err(Error::Throttled)?;
    let Some(proof) = find_proof(app, id, factor, form.code, now).await? else {
        attempt.mark_failed(now);
        return Err(FormError::WrongAppCode.into());
    };
    let generation = first.state.generation;
    let start = SessionStart { customer: id, generation, remember: first.remember, agent: form.agent };
    let (cookie, session) = start_session(app, start);
    let insert = InsertSession {
        shard: session_shard(app, &session.id),
        customer_shard: app.db.shards().for_customer(id),
        relies_on: first.state,
        proof: Some(proof),
        session,
    };
    match app.db.write(insert).await? {
        InsertOutcome::Inserted => {
            attempt.mark_succeeded(now);
            Ok(cookie)
        }
        InsertOutcome::Outdated => Err(FormError::SignInExpired.into()),
        InsertOutcome::CodeUsed => {
            attempt.mark_failed(now);
            Err(FormError::WrongAppCode.into())
        }
    }
}

async fn find_proof(
    app: &App,
    id: CustomerId,
    factor: SecondFactorRow,
    typed: &str,
    now: Time,
) -> Result<Option<SecondStepProof>> {
    if let Some(step) = app_secret(app, id, factor.salt)?.find_step(typed, now) {
        return Ok(Some(SecondStepProof::App { salt: factor.salt, step }));
    }
    let Some(code) = hash_recovery_code(app, id, typed)? else { return Ok(None) };
    let customer = crate::customer::load(app, id).await?;
    let mail = queue::account_mail(app, mail_recipient(app, &customer), AccountMail::RecoveryCodeUsed, now);
    Ok(Some(SecondStepProof::RecoveryCode { code, mail: Box::new(mail) }))
}
