//! Mail to customers: written with the change it tells of, sent by whoever lets due things happen.
//!
//! What it is: which row a change adds, and the sending of what is due. What it is not: it finds no words and knows no
//! mail server (both are the [`Post`]'s), nor the rhythm (the worker's). Invariant: a mail is claimed before it is sent
//! and recorded after it; a process that dies between the two leaves a lease behind, and when that ends the same mail
//! goes out again under the same id, so none is lost and one may come twice.

mod kept;
mod link;
mod write;

pub use kept::{Again, find, newest, newest_failed, resend};
pub(crate) use link::PURPOSE as CANCEL_LINK;
pub use link::{Linked, cancel, linked};
pub(crate) use write::{add, add_for, of_order, subscribed};

use crate::limit::{self, MailLimit};
use crate::{App, Result, meter};
use futures_util::future::{join_all, try_join_all};
use opendrs_domain::customer::Address;
use opendrs_domain::id::MailId;
use opendrs_domain::language::Language;
use opendrs_domain::login::form;
use opendrs_domain::mail::{self as rules, News, Next, Outcome, State};
use opendrs_domain::text::Email;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::{self as store, Mail};
use opendrs_store::{Tx, Write, customer, device, model, order, span};
use std::pin::Pin;
use tracing::Instrument;
use tracing::field::Empty;

/// How many mails one round takes.
const ROUND: i64 = 8;
/// How many rounds a moment of a moved clock takes at most.
const BATCHES: usize = 512;
/// How long a claimed mail is left to its node: longer than a round's mails may take one after the other.
const LEASE: Span = Span::from_mins(5);

/// What an operator decided about mail.
#[derive(Clone, Debug)]
pub struct Mailing {
    /// Where links lead: the customer pages' address, without a slash at the end.
    pub base_url: String,
    /// How long mails are kept after they were sent.
    pub keep: Span,
    /// Whether the newest mails are shown on a page to whoever asks, as where the clock can be moved.
    pub page: bool,
    /// Whether mails are kept as they are written: who writes them would send them, and there is no mail server.
    pub kept: bool,
}

/// A mail with all that its words need.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The mail's id: the same at every attempt.
    pub id: MailId,
    /// When what it tells happened.
    pub at: Time,
    /// To whom.
    pub to: Email,
    /// The customer's language.
    pub language: Language,
    /// The customer's name.
    pub name: String,
    /// The name of the device's model.
    pub model: String,
    /// The device's serial.
    pub serial: String,
    /// It is a test device.
    pub test: bool,
    /// Where parcels go: the order's address, or else the customer's; `N/A` for a test device; `None` where there is none.
    pub address: Option<String>,
    /// What it tells.
    pub news: News,
    /// The link by which the order can be cancelled, where it could be when the mail was written.
    pub cancel_url: Option<String>,
    /// The page of the order that it is about, after signing in; test orders have none.
    pub order_url: Option<String>,
    /// The page at which a takeover of the device is answered.
    pub takeover_url: Option<String>,
    /// The customer's settings.
    pub settings_url: String,
}

/// What sending a mail will have come to.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// The mail server, and the words. It ends within half a minute, one way or the other.
pub trait Post: Send + Sync {
    /// Writes a letter out and sends it.
    fn send<'a>(&'a self, letter: &'a Letter) -> Pending<'a>;

    /// Whether it sends at all, or keeps what it is given; what is not sent is not counted.
    fn sends(&self) -> bool {
        true
    }
}

/// A mail that was sent, or tried.
#[derive(Clone, Debug)]
pub struct Mailed {
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
    pub next: Next,
}

/// Gathers what a mail's words need; `None` when its customer, or what it tells of, is gone.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn letter(app: &App, mail: &Mail) -> Result<Option<Letter>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let Some(of) = device::by_id(&mut tx, mail.shard, mail.device).await? else { return Ok(None) };
    let Some(model) = model::by_id(&mut tx, of.model).await? else { return Ok(None) };
    let shard = app.db.shards().of_customer(mail.customer);
    let Some(to) = customer::by_id(&mut tx, shard, mail.customer).await? else { return Ok(None) };
    // An order keeps the address that it was placed with.
    let order = match mail.news.order() {
        Some(bought) => match order::device_of(&mut tx, mail.shard, bought.order).await? {
            Some(device) => order::by_id(&mut tx, mail.shard, device, bought.order).await?,
            None => None,
        },
        None => None,
    };
    let recipient = order.and_then(|order| order.recipient);
    let address = recipient.map_or(to.address, |recipient| recipient.address);
    let base = &app.settings.mail.base_url;
    let token = mail.news.cancellable().map(|instance| link::token(app, mail.shard, instance)).transpose()?;
    let approach = mail.news.approach();
    let takeover = approach.map(|by| crate::takeover::token(app, mail.shard, mail.device, by.customer)).transpose()?;
    Ok(Some(Letter {
        id: mail.id,
        at: mail.at,
        to: to.email,
        language: to.language.unwrap_or(app.settings.language),
        name: to.name,
        model: model.name,
        serial: of.serial.to_string(),
        test: of.test,
        address: if of.test { Some("N/A".into()) } else { address.as_ref().map(Address::one_line) },
        news: mail.news.clone(),
        cancel_url: token.map(|token| format!("{base}/order/cancel?token={token}")),
        order_url: mail
            .news
            .order()
            .filter(|bought| !bought.test)
            .map(|bought| format!("{base}/order?id={}", form::escape(&bought.instance().to_string(), ""))),
        takeover_url: takeover.map(|token| format!("{base}/takeover?token={token}")),
        settings_url: format!("{base}/settings"),
    }))
}

/// Sends what is due, a handful at most, and says what came of it; nothing was due if that is nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn drain(app: &App) -> Result<Vec<Mailed>> {
    let _others = app.sending.read().await;
    batch(app, app.now()).await
}

/// All that was due at a moment; the caller holds [`App::sending`].
pub(crate) async fn settle(app: &App, until: Time) -> Result<Vec<Mailed>> {
    let mut all = Vec::new();
    // Bounded, since while the clock stands still nothing tells those that come meanwhile from those of the moment.
    for _ in 0..BATCHES {
        match batch(app, until).await? {
            sent if sent.is_empty() => break,
            sent => all.extend(sent),
        }
    }
    Ok(all)
}

async fn batch(app: &App, until: Time) -> Result<Vec<Mailed>> {
    // Looked at first: a claim is a write.
    if next_due(app).await?.is_none_or(|at| at > until) {
        return Ok(Vec::new());
    }
    let mut claimed = app.db.write(Claim { now: until }).await?;
    claimed.sort_by_key(|mail| (mail.customer, mail.id));
    // One customer's mails one after the other, so that what happened first is read first.
    let of_one = claimed.chunk_by(|a, b| a.customer == b.customer).map(|mails| in_turn(app, mails));
    // All of them, even if one fails: what is being sent is not to be dropped half-way.
    let sent = join_all(of_one).await.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(sent.into_iter().flatten().collect())
}

/// Sends one after the other, and records all of them at once: a commit each would be most of the time.
async fn in_turn(app: &App, mails: &[Mail]) -> Result<Vec<Mailed>> {
    let (mut sent, mut records) = (Vec::with_capacity(mails.len()), Vec::with_capacity(mails.len()));
    let mut failed = None;
    for mail in mails {
        match attempt(app, mail.clone()).await {
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
    Ok(store::next_due(&mut reader.tx()?).await?)
}

struct Claim {
    now: Time,
}

impl Write for Claim {
    type Out = Vec<Mail>;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        store::claim(tx, self.now, self.now + LEASE, ROUND).await
    }
}

async fn attempt(app: &App, mail: Mail) -> Result<(Mailed, Record)> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "mail",
        otel.kind = "client",
        opendrs.mail = mail.news.kind(),
        opendrs.attempt = mail.attempts,
        opendrs.outcome = Empty,
    );
    make(app, mail).instrument(span).await
}

async fn make(app: &App, mut mail: Mail) -> Result<(Mailed, Record)> {
    let (at, started) = (app.now(), app.real_time());
    let mut notice = None;
    let (to, outcome) = match letter(app, &mail).await? {
        // An attempt after the first, or one that an operator asked for, was counted before.
        Some(letter) if app.post.sends() && mail.news.is_counted() && mail.attempts == 1 => {
            match limit::mail(app, mail.device, at) {
                MailLimit::Within => (Some(letter.to.clone()), app.post.send(&letter).await),
                over => {
                    notice = (over == MailLimit::Notice).then(|| notice_of(app, &mail, at));
                    (Some(letter.to), Outcome::OverLimit)
                }
            }
        }
        Some(letter) => (Some(letter.to.clone()), app.post.send(&letter).await),
        None => (None, Outcome::Final("the customer, or the device, is gone".into())),
    };
    let now = app.now();
    let next = rules::after(mail.attempts, &outcome, now);
    (mail.state, mail.due_at, mail.ended_at, mail.reason) = match next.clone() {
        Next::Over(state, why) => (state, None, Some(now), why),
        Next::Retry(at, why) => (State::Waiting, Some(at), None, Some(why)),
    };
    let ended = match mail.state {
        State::Waiting | State::Sending => "retry",
        over => over.as_str(),
    };
    meter::ended(&app.meter.mails, "mail", ended, app.real_time().since(started).micros());
    tracing::Span::current().record("opendrs.outcome", ended);
    // Why stays out of the log: mail servers repeat the address in their answers.
    match &mail.reason {
        // One over the limit is nobody's fault, and there may be many.
        _ if mail.state == State::Suppressed => tracing::debug!(mail = %mail.id, "over limits.mails_per_day"),
        Some(_) => tracing::warn!(mail = %mail.id, attempt = mail.attempts, "not sent: see `opendrs mail show`"),
        None => tracing::debug!(mail = %mail.id, state = mail.state.as_str(), "a mail was dealt with"),
    }
    let told = Mailed { at, id: mail.id, kind: mail.news.kind(), to, attempt: mail.attempts, next };
    Ok((told, Record { mail, notice }))
}

/// The mail that is sent instead of the first one over a day's limit.
fn notice_of(app: &App, mail: &Mail, now: Time) -> Mail {
    tracing::info!(device = %mail.device, "mails about a device are over limits.mails_per_day, and are not sent");
    Mail {
        id: MailId(app.ids.ordered(now)),
        at: now,
        news: News::TooMany,
        state: State::Waiting,
        due_at: Some(now),
        attempts: 0,
        ended_at: None,
        reason: None,
        ..mail.clone()
    }
}

/// How an attempt ended, and what else is to be sent.
struct Record {
    mail: Mail,
    notice: Option<Mail>,
}

impl Write for Record {
    type Out = ();
    fn key(&self) -> u64 {
        self.mail.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        match &self.notice {
            Some(notice) if store::save(tx, &self.mail).await? => store::add(tx, notice).await,
            Some(_) => Ok(()),
            None => store::save(tx, &self.mail).await.map(drop),
        }
    }
}
