//! Sending the mails that are due.
//!
//! Not here: the rhythm, which is the worker's. Invariant: a mail is claimed before it is sent and recorded after it. A
//! process that dies between the two leaves a lease behind. When that ends, the same mail goes out again under the same
//! id: none is lost, and one may come twice.

use super::message::build_message;
use crate::limit::MailLimitOutcome;
use crate::{App, Result, metrics};
use futures_util::future::{join_all, try_join_all};
use opendrs_domain::id::MailId;
use opendrs_domain::mail::{self as rules, MailContent, MailDecision, MailOutcome, MailState};
use opendrs_domain::text::Email;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::{self as store, StoredMail};
use opendrs_store::{Command, Tx, span};
use tracing::Instrument;
use tracing::field::Empty;

/// How many mails one round takes.
const BATCH_SIZE: i64 = 8;
/// How many rounds a moment of a moved clock takes at most.
const MAX_BATCHES: usize = 512;
/// How long a claimed mail is left to its node: longer than a round's mails may take one after the other.
const LEASE_DURATION: Span = Span::from_mins(5);

/// A mail that was sent, or tried.
#[derive(Clone, Debug)]
pub struct MailAttempt {
    /// When.
    pub at: Time,
    /// Which.
    pub id: MailId,
    /// What kind of mail.
    pub kind: &'static str,
    /// To whom, if there still is somebody.
    pub to: Option<Email>,
    /// Which attempt it was, from 1.
    pub attempt: i64,
    /// What came of it.
    pub next: MailDecision,
}

/// Sends what is due, a handful at most, and says what came of it; nothing was due if that is nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn send_due(app: &App) -> Result<Vec<MailAttempt>> {
    let _others = app.sending_lock.read().await;
    send_batch(app, app.now()).await
}

/// All that was due at a moment; the caller holds [`App::sending`].
pub(crate) async fn send_all_due(app: &App, until: Time) -> Result<Vec<MailAttempt>> {
    let mut all = Vec::new();
    // Bounded, since while the clock stands still nothing tells those that come meanwhile from those of the moment.
    for _ in 0..MAX_BATCHES {
        match send_batch(app, until).await? {
            sent if sent.is_empty() => break,
            sent => all.extend(sent),
        }
    }
    Ok(all)
}

async fn send_batch(app: &App, until: Time) -> Result<Vec<MailAttempt>> {
    // Looked at first: a claim is a write.
    if next_due(app).await?.is_none_or(|at| at > until) {
        return Ok(Vec::new());
    }
    let mut claimed = app.db.write(ClaimMails { now: until }).await?;
    claimed.sort_by_key(|mail| (mail.customer, mail.id));
    // One customer's mails one after the other, so that what happened first is read first.
    let of_one = claimed.chunk_by(|a, b| a.customer == b.customer).map(|mails| send_in_order(app, mails));
    // All of them, even if one fails: what is being sent is not to be dropped half-way.
    let sent = join_all(of_one).await.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(sent.into_iter().flatten().collect())
}

/// Sends one after the other, and records all of them at once: a commit each would be most of the time.
async fn send_in_order(app: &App, mails: &[StoredMail]) -> Result<Vec<MailAttempt>> {
    let (mut sent, mut records) = (Vec::with_capacity(mails.len()), Vec::with_capacity(mails.len()));
    let mut failed = None;
    for mail in mails {
        match attempt_mail(app, mail.clone()).await {
            Ok((told, record)) => {
                sent.push(told);
                records.push(app.db.write(record));
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    // What was sent is recorded, whatever came after it.
    try_join_all(records).await?;
    failed.map_or(Ok(sent), Err)
}

/// When something is due next.
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
    let (to, outcome) = match build_message(app, &mail).await? {
        // An attempt after the first, or one that an operator asked for, was counted before.
        Some(letter) if app.mailer.is_sending() && mail.content.counts_toward_daily_limit() && mail.attempts == 1 => {
            match app.limits.count_mail(mail.device, at) {
                MailLimitOutcome::Send => (Some(letter.to.clone()), app.mailer.send(&letter).await),
                over => {
                    notice = (over == MailLimitOutcome::SendNotice).then(|| build_limit_notice(app, &mail, at));
                    (Some(letter.to), MailOutcome::OverLimit)
                }
            }
        }
        Some(letter) => (Some(letter.to.clone()), app.mailer.send(&letter).await),
        None => (None, MailOutcome::PermanentFailure("the customer, or the device, is gone".into())),
    };
    let now = app.now();
    let next = rules::decide_after_attempt(mail.attempts, &outcome, now);
    (mail.state, mail.due_at, mail.ended_at, mail.reason) = match next.clone() {
        MailDecision::Finished(state, why) => (state, None, Some(now), why),
        MailDecision::Retry(at, why) => (MailState::Waiting, Some(at), None, Some(why)),
    };
    let ended = match mail.state {
        MailState::Waiting | MailState::Sending => "retry",
        over => over.as_str(),
    };
    metrics::record_attempt(&app.metrics.mails, "mail", ended, app.system_time().since(started).as_micros());
    tracing::Span::current().record("opendrs.outcome", ended);
    // Why stays out of the log: mail servers repeat the address in their answers.
    match &mail.reason {
        // One over the limit is nobody's fault, and there may be many.
        _ if mail.state == MailState::Suppressed => tracing::debug!(mail = %mail.id, "over limits.mails_per_day"),
        Some(_) => tracing::warn!(mail = %mail.id, attempt = mail.attempts, "not sent: see `opendrs mail show`"),
        None => tracing::debug!(mail = %mail.id, state = mail.state.as_str(), "a mail was dealt with"),
    }
    let told = MailAttempt { at, id: mail.id, kind: mail.content.kind(), to, attempt: mail.attempts, next };
    Ok((told, RecordMailAttempt { mail, notice }))
}

/// The mail that is sent instead of the first one over a day's limit.
fn build_limit_notice(app: &App, mail: &StoredMail, now: Time) -> StoredMail {
    tracing::info!(device = %mail.device, "mails about a device are over limits.mails_per_day, and are not sent");
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

/// How an attempt ended, and what else is to be sent.
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
