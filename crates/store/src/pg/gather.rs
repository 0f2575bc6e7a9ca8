//! The same statement of many commands of a batch, sent to PostgreSQL as one.
//!
//! What it is: commands are written for themselves, one statement after the other. Those of a batch run side by side, and
//! when none of them can go on, whatever they wait for is gathered by statement and sent with an array for each parameter
//! ([`many`]); the rows go back to who asked. So a database works for sets, and no command knows. What it is not:
//! a delay, since nothing is held back that could be sent. Invariant: commands side by side have different keys, and a
//! gathered statement changes no row but those of its command's key.

use super::column::Column;
use super::many::{self, Many};
use crate::queries::Q;
use crate::value::V;
use crate::{Error, Result};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, oneshot};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, Statement};

/// The statements of calls, of which many run at once. What they change is one row of the command's own key.
pub(super) const GATHERED: &[Q] = &[
    Q::ClientById,
    Q::CustomerById,
    Q::CustomerRecipient,
    Q::DeliveryGive,
    Q::DeliveryPut,
    Q::DeviceById,
    Q::DeviceChange,
    Q::DeviceForUpdate,
    Q::DeviceToOrder,
    Q::DeviceWithSlot,
    Q::MailPut,
    Q::MailSave,
    Q::MessageVersionGet,
    Q::ModelById,
    Q::OrderOfDevice,
    Q::OrderGrounds,
    Q::OrderPut,
    Q::OrderTold,
    Q::OutboxPut,
    Q::ProductByAsin,
    Q::ReadingKnown,
    Q::ReadingPut,
    Q::ReadingReport,
    Q::RuleGet,
    Q::SubscriptionGet,
    Q::SubscriptionLock,
    Q::SubscriptionsOfDevice,
    Q::TopicsOfClient,
];

/// The text for many of a statement as it is prepared for one.
pub(super) fn text(q: Q, one: &Statement) -> Option<Many> {
    let types: Vec<_> = one.params().iter().map(Type::name).collect();
    many::text(q.sql().pg, &types)
}

/// A statement that several wait for.
pub(super) struct Set {
    q: Q,
    shard: Option<i64>,
    columns: Vec<Column>,
    asked: Vec<oneshot::Sender<Result<Found>>>,
    /// For how many of them it is the last; see [`Gather::ask`].
    lasts: usize,
    /// A value that has no form as a parameter.
    bad: Option<String>,
}

impl Set {
    /// Whether all of so many commands wait for it, and it is their last.
    pub(super) fn is_last_of(&self, commands: usize) -> bool {
        self.lasts == commands
    }
}

/// What a statement came to for one that asked.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) rows: Vec<Row>,
    /// How many rows it found or wrote.
    pub(crate) count: u64,
}

/// What is found for one that asked, when it was sent and answered.
pub(crate) struct Answer(oneshot::Receiver<Result<Found>>);

impl Answer {
    pub(crate) async fn found(self) -> Result<Found> {
        self.0.await.unwrap_or_else(|_| Err(Error::Unavailable("the connection was given up".into())))
    }
}

/// A gathered statement, prepared.
struct Prepared {
    statement: Statement,
    /// See [`Many::told`].
    told: bool,
}

/// What is asked of a connection and has not been sent.
pub(crate) struct Gather {
    /// By query; none where it is not gathered.
    statements: Vec<Option<Prepared>>,
    /// One shard a statement: the shards are on different machines.
    pub(super) by_shard: bool,
    waiting: Mutex<Vec<Set>>,
    /// Commands with a statement to send by itself, which wait for the transaction's beginning.
    beginning: Mutex<Vec<oneshot::Sender<()>>>,
    pub(super) begun: AtomicBool,
    /// Told when anything is asked outside of a transaction.
    pub(crate) asked: Arc<Notify>,
}

impl Gather {
    /// Prepares what is gathered; `ones` are all statements as they are sent by themselves.
    pub(crate) async fn prepare(client: &Client, ones: &[Statement]) -> Result<Self> {
        let mut statements: Vec<_> = ones.iter().map(|_| None).collect();
        for q in GATHERED {
            if let Some(Many { text, told }) = text(*q, &ones[*q as usize]) {
                let statement = client.prepare(&text).await.map_err(|e| Error::pg(q.sql().name, e))?;
                statements[*q as usize] = Some(Prepared { statement, told });
            }
        }
        let citus = client.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'", &[]).await;
        let by_shard = !citus.map_err(|e| Error::pg("citus", e))?.is_empty();
        Ok(Self {
            statements,
            by_shard,
            waiting: Mutex::default(),
            beginning: Mutex::default(),
            begun: AtomicBool::default(),
            asked: Arc::default(),
        })
    }

    /// Asks along with others; `None` if this is a statement that is sent by itself. One is a command's last when it
    /// asks nothing afterwards, unless this has changed nothing.
    pub(crate) fn ask(&self, q: Q, params: &[V<'_>], last: bool) -> Option<Answer> {
        let statement = &self.statements[q as usize].as_ref()?.statement;
        let shard = match (self.by_shard, params.first()) {
            (true, Some(V::Int(shard))) => Some(*shard),
            _ => None,
        };
        let (asked, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|set| set.q == q && set.shard == shard).unwrap_or_else(|| {
            let columns = statement.params().iter().map(Column::new).collect();
            waiting.push(Set { q, shard, columns, asked: Vec::new(), lasts: 0, bad: None });
            waiting.len() - 1
        });
        let set = &mut waiting[at];
        set.asked.push(asked);
        set.lasts += usize::from(last);
        if let Err(bad) = set.columns.iter_mut().zip(params).try_for_each(|(column, value)| column.push(*value)) {
            set.bad = Some(bad.to_string());
        }
        Some(Answer(answer))
    }

    /// Waits until `BEGIN` was sent. A command does so before it sends a statement by itself.
    pub(crate) async fn begun(&self) {
        if !self.begun.load(Ordering::Relaxed) {
            let (begun, told) = oneshot::channel();
            self.beginning.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
            // Dropped only when the whole transaction is.
            let _ = told.await;
        }
    }

    pub(super) fn take(&self) -> Vec<Set> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take_beginning(&self) -> Vec<oneshot::Sender<()>> {
        std::mem::take(&mut *self.beginning.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends what is asked, and waits for the answers; who asked is told what went wrong.
    ///
    /// # Errors
    /// The first that went wrong.
    pub(crate) async fn flush(&self, client: &Client) -> Result<()> {
        join_all(self.take().into_iter().map(|set| self.send(client, set))).await.into_iter().collect()
    }

    pub(super) async fn send(&self, client: &Client, Set { q, columns, asked, bad, .. }: Set) -> Result<()> {
        let name = q.sql().name;
        let found = match (&self.statements[q as usize], bad) {
            (Some(prepared), None) => prepared.run(name, client, &columns, asked.len()).await,
            (_, bad) => Err(Error::Statement { query: name, source: bad.unwrap_or_default().into() }),
        };
        match found {
            Ok(found) => {
                for (asked, found) in asked.into_iter().zip(found) {
                    // Some do not wait.
                    let _ = asked.send(Ok(found));
                }
                Ok(())
            }
            Err(error) => {
                for asked in asked {
                    let _ = asked.send(Err(error.again()));
                }
                Err(error)
            }
        }
    }
}

impl Prepared {
    /// Runs it for so many; what it comes to for each.
    async fn run(&self, name: &'static str, client: &Client, columns: &[Column], asked: usize) -> Result<Vec<Found>> {
        let mut found: Vec<Found> = std::iter::repeat_with(Found::default).take(asked).collect();
        let failed = |e| Error::pg(name, e);
        if !self.told {
            let count = client.execute_raw(&self.statement, columns).await.map_err(failed)?;
            let each = match count {
                0 => 0,
                all if usize::try_from(all) == Ok(asked) => 1,
                some => {
                    let source = format!("it wrote {some} rows for {asked} commands").into();
                    return Err(Error::Statement { query: name, source });
                }
            };
            found.iter_mut().for_each(|found| found.count = each);
            return Ok(found);
        }
        let rows: Vec<Row> =
            client.query_raw(&self.statement, columns).await.map_err(failed)?.try_collect().await.map_err(failed)?;
        for row in rows {
            let place: i64 = row.get(row.len() - 1);
            if let Some(found) = usize::try_from(place - 1).ok().and_then(|at| found.get_mut(at)) {
                found.rows.push(row);
                found.count += 1;
            }
        }
        Ok(found)
    }
}
