//! Sends the mails that are due.
//!
//! Not here: the schedule, which is the worker's. Invariant: a mail is claimed before it is sent and recorded after it.
//! A process that dies between the two leaves a lease. When the lease ends, the same mail is sent again under the same
//! id: no mail is lost, and one may arrive twice.

use super::message::build_message;
use crate::limit::MailLimitOutcome;
use crate::metrics::{MailEnd, MetricLabel, OnlyKind};
use crate::{App, Result};
use futures_util::future::{join_all, try_join_all};
use opendrs_domain::id::MailId;
use opendrs_domain::mail::{self as rules, MailContent, MailDecision, MailOutcome, MailState};
use opendrs_domain::text::Email;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::{self as store, StoredMail};
use opendrs_store::{Command, Tx, span};
use tracing::Instrument;
use tracing::field::Empty;

/// How many mails one round claims.
const BATCH_SIZE: i64 = 8;
/// The most rounds for one point of time of a moved clock.
const MAX_BATCHES: usize = 512;
/// The lease of a claimed mail: longer than the mails of a round may take one after the other.
const LEASE_DURATION: Span = Span::from_mins(5);

/// A finished attempt to send a mail, as it is reported.
#[derive(Clone, Debug)]
pub struct MailAttempt {
    /// The time of the attempt.
    pub at: Time,
    /// The id of the mail.
    pub id: MailId,
    /// The kind of mail.
    pub kind: &'static str,
    /// The mail address, if the customer still exists.
    pub to: Option<Email>,
    /// The number of the attempt, from 1.
    pub attempt: i64,
    /// The decision about the mail after this attempt.
    pub next: MailDecision,
}

/// Sends the mails that are due, up to one round, and returns the results. An empty result means that none was due.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn send_due(app: &App) -> Result<Vec<MailAttempt>> {
    let _others = app.sending_lock.read().await;
    send_batch(app, app.now()).await
}

/// Sends all mails that were due at `until`. The caller holds [`App::sending_lock`].
pub(crate) async fn send_all_due(app: &App, until: Time) -> Result<Vec<MailAttempt>> {
    let mut all = Vec::new();
    // Bounded: while the clock is frozen, mails that are added meanwhile are due at the same time.
    for _ in 0..MAX_BATCHES {
        match send_batch(app, until).await? {
            sent if sent.is_empty() => break,
            sent => all.extend(sent),
        }
    }
    Ok(all)
}

async fn send_batch(app: &App, until: Time) -> Result<Vec<MailAttempt>> {
    // A read comes first, because a claim is a write.
    if next_due(app).await?.is_none_or(|at| at > until) {
        return Ok(Vec::new());
    }
    let mut claimed = app.db.write(ClaimMails { now: until }).await?;
    claimed.sort_by(|a, b| (a.subject.recipient_key(), a.id).cmp(&(b.subject.recipient_key(), b.id)));
    // The mails of one recipient are sent one after the other, so that they arrive in order.
    let of_one = claimed
        .chunk_by(|a, b| a.subject.recipient_key() == b.subject.recipient_key())
        .map(|mails| send_in_order(app, mails));
    // All futures are awaited even if one fails, so that no mail is dropped while it is being sent.
    let sent = join_all(of_one).await.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(sent.into_iter().flatten().collect())
}

/// Sends mails one after the other, and records them together: a commit for each would take most of the time.
async fn send_in_order(app: &App, mails: &[StoredMail]) -> Result<Vec<MailAttempt>> {
    let (mut sent, mut records) = (Vec::with_capacity(mails.len()), Vec::with_capacity(mails.len()));
    let mut failed = None;
    for mail in mails {
        match attempt_mail(app, mail.clone()).await {
            Ok((attempt, record)) => {
                sent.push(attempt);
                records.push(app.db.write(record));
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    // The mails that were sent are recorded, whatever failed afterwards.
    try_join_all(records).await?;
    failed.map_or(Ok(sent), Err)
}

/// The time at which the next mail is due.
pub(crate) async fn next_due(app: &App) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    Ok(store::find_next_due(&mut reader.tx()?).await?)
}

struct ClaimMails {
    now: Time,
}

impl Command for ClaimMails {
    type Output = Vec<StoredMail>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        store::claim(tx, self.now, self.now + LEASE_DURATION, BATCH_SIZE).await
    }
}

async fn attempt_mail(app: &App, mail: StoredMail) -> Result<(MailAttempt, RecordMailAttempt)> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "mail",
        otel.kind = "client",
        opendrs.mail = mail.content.kind(),
        opendrs.attempt = mail.attempts,
        opendrs.outcome = Empty,
    );
    send_mail(app, mail).instrument(span).await
}

async fn send_mail(app: &App, mut mail: StoredMail) -> Result<(MailAttempt, RecordMailAttempt)> {
    let (at, started) = (app.now(), app.system_time());
    let mut notice = None;
    // A later attempt, and a mail that an operator sends again, were counted before.
    let counts = app.mailer.is_sending() && mail.content.counts_toward_daily_limit() && mail.attempts == 1;
    let counted_device = mail.subject.device().filter(|_| counts);
    let limit = counted_device.map_or(MailLimitOutcome::Send, |device| app.limits.count_mail(device, at));
    let (to, outcome) = match (build_message(app, &mail).await?, limit) {
        (Some(message), MailLimitOutcome::Send) => (Some(message.to.clone()), app.mailer.send(&message).await),
        (Some(message), over) => {
            notice = (over == MailLimitOutcome::SendNotice).then(|| build_limit_notice(app, &mail, at));
            (Some(message.to), MailOutcome::OverLimit)
        }
        (None, _) => (None, MailOutcome::RecipientGone),
    };
    let now = app.now();
    let next = rules::decide_after_attempt(mail.attempts, &outcome, now);
    (mail.state, mail.due_at, mail.ended_at, mail.reason) = match next.clone() {
        MailDecision::Finished(state, why) => (state, None, Some(now), why),
        MailDecision::Retry(at, why) => (MailState::Waiting, Some(at), None, Some(why)),
    };
    let end = MailEnd::from(mail.state);
    app.metrics.mails.record(OnlyKind, end, app.system_time().since(started).as_micros());
    tracing::Span::current().record("opendrs.outcome", end.text());
    // The reason is not logged: mail servers repeat the address in their responses.
    match &mail.reason {
        // A mail over the limit, or to nobody, is no error, and there may be many.
        _ if mail.state == MailState::Suppressed => tracing::debug!(mail = %mail.id, "a mail was suppressed"),
        Some(_) => tracing::warn!(mail = %mail.id, attempt = mail.attempts, "not sent: see `opendrs mail show`"),
        None => tracing::debug!(mail = %mail.id, state = mail.state.as_str(), "a mail was dealt with"),
    }
    let attempt = MailAttempt { at, id: mail.id, kind: mail.content.kind(), to, attempt: mail.attempts, next };
    Ok((attempt, RecordMailAttempt { mail, notice }))
}

/// The notice that is sent instead of the first mail over the daily limit.
fn build_limit_notice(app: &App, mail: &StoredMail, now: Time) -> StoredMail {
    tracing::info!(mail = %mail.id, "mails about a device are over limits.mails_per_day, and are not sent");
    StoredMail {
        id: MailId(app.ids.ordered_uuid(now)),
        at: now,
        content: MailContent::TooMany,
        state: MailState::Waiting,
        due_at: Some(now),
        attempts: 0,
        ended_at: None,
        reason: None,
        ..mail.clone()
    }
}

/// The result of an attempt, and the notice that is to be sent.
struct RecordMailAttempt {
    mail: StoredMail,
    notice: Option<StoredMail>,
}

impl Command for RecordMailAttempt {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.mail.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        match &self.notice {
            Some(notice) if store::save(tx, &self.mail).await? => store::insert(tx, notice).await,
            Some(_) => Ok(()),
            None => store::save(tx, &self.mail).await.map(drop),
        }
    }
}
