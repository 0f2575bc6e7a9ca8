//! The same statement of many commands of a batch, sent to PostgreSQL as one.
//!
//! What it is: commands are written for themselves, one statement after the other. Those of a batch run side by side, and
//! when none of them can go on, whatever they wait for is gathered by statement and sent with an array for each parameter
//! ([`many`]); the rows go back to who asked. So a database works for sets, and no command knows. What it is not:
//! a delay, since nothing is held back that could be sent. Invariant: commands side by side have different keys, and a
//! gathered statement changes no row but those of its command's key.

use super::many;
use crate::failpoint::{self, Point};
use crate::queries::Q;
use crate::value::V;
use crate::write::Boxed;
use crate::{Error, Result};
use bytes::{BufMut, BytesMut};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use tokio::sync::{Notify, oneshot};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row, Statement};

/// The statements of calls, of which many run at once. What they change is one row of the command's own key.
pub(super) const GATHERED: &[Q] = &[
    Q::ClientById,
    Q::CustomerById,
    Q::DeliveryGive,
    Q::DeliveryPut,
    Q::DeviceById,
    Q::DeviceForUpdate,
    Q::DeviceWithSlot,
    Q::MailPut,
    Q::MailSave,
    Q::MessageVersionGet,
    Q::ModelById,
    Q::OrderById,
    Q::OrderPut,
    Q::OrderTold,
    Q::OutboxDispatch,
    Q::OutboxPut,
    Q::ProductByAsin,
    Q::ReadingPut,
    Q::ReadingReport,
    Q::RuleGet,
    Q::SubscriptionGet,
    Q::SubscriptionLock,
    Q::SubscriptionToOrder,
    Q::SubscriptionsOfDevice,
    Q::TopicsOfClient,
];

/// The text for many of a statement as it is prepared for one.
pub(super) fn text(q: Q, one: &Statement) -> Option<String> {
    let types: Vec<_> = one.params().iter().map(Type::name).collect();
    many::text(q.sql().pg, &types)
}

/// A parameter of many commands: an array, in PostgreSQL's binary form.
#[derive(Debug)]
struct Column {
    of: Type,
    elements: BytesMut,
    count: i32,
    nulls: bool,
}

impl Column {
    fn new(array: &Type) -> Self {
        let of = match array.kind() {
            Kind::Array(of) => of.clone(),
            _ => array.clone(),
        };
        Self { of, elements: BytesMut::new(), count: 0, nulls: false }
    }

    fn push(&mut self, value: V<'_>) -> Result<(), Box<dyn std::error::Error + Sync + Send>> {
        let at = self.elements.len();
        self.elements.put_i32(-1);
        match value.to_sql(&self.of, &mut self.elements)? {
            IsNull::Yes => self.nulls = true,
            IsNull::No => {
                let length = i32::try_from(self.elements.len() - at - 4)?;
                self.elements[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        self.count += 1;
        Ok(())
    }
}

impl ToSql for Column {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.put_i32(1); // dimensions
        out.put_i32(i32::from(self.nulls));
        out.put_u32(self.of.oid());
        out.put_i32(self.count);
        out.put_i32(1); // the first element's number
        out.put_slice(&self.elements);
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true // its own type was taken from the statement
    }
    to_sql_checked!();
}

/// A statement that several wait for.
struct Set {
    q: Q,
    shard: Option<i64>,
    columns: Vec<Column>,
    asked: Vec<oneshot::Sender<Result<Vec<Row>>>>,
    /// A value that has no form as a parameter.
    bad: Option<String>,
}

/// What is found for one that asked, when it was sent and answered.
pub(crate) struct Answer(oneshot::Receiver<Result<Vec<Row>>>);

impl Answer {
    pub(crate) async fn rows(self) -> Result<Vec<Row>> {
        self.0.await.unwrap_or_else(|_| Err(Error::Unavailable("the connection was given up".into())))
    }
}

/// What is asked of a connection and has not been sent.
pub(crate) struct Gather {
    /// By query; none where it is not gathered.
    statements: Vec<Option<Statement>>,
    /// One shard a statement: the shards are on different machines.
    by_shard: bool,
    waiting: Mutex<Vec<Set>>,
    /// Told when anything is asked outside of a transaction.
    pub(crate) asked: Arc<Notify>,
}

impl Gather {
    /// Prepares what is gathered; `ones` are all statements as they are sent by themselves.
    pub(crate) async fn prepare(client: &Client, ones: &[Statement]) -> Result<Self> {
        let mut statements = vec![None; ones.len()];
        for q in GATHERED {
            if let Some(text) = text(*q, &ones[*q as usize]) {
                let prepared = client.prepare(&text).await.map_err(|e| Error::pg(q.sql().name, e))?;
                statements[*q as usize] = Some(prepared);
            }
        }
        let citus = client.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'", &[]).await;
        let by_shard = !citus.map_err(|e| Error::pg("citus", e))?.is_empty();
        Ok(Self { statements, by_shard, waiting: Mutex::default(), asked: Arc::default() })
    }

    /// Asks along with others; `None` if this is a statement that is sent by itself.
    pub(crate) fn ask(&self, q: Q, params: &[V<'_>]) -> Option<Answer> {
        let statement = self.statements[q as usize].as_ref()?;
        let shard = match (self.by_shard, params.first()) {
            (true, Some(V::Int(shard))) => Some(*shard),
            _ => None,
        };
        let (asked, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|set| set.q == q && set.shard == shard).unwrap_or_else(|| {
            let columns = statement.params().iter().map(Column::new).collect();
            waiting.push(Set { q, shard, columns, asked: Vec::new(), bad: None });
            waiting.len() - 1
        });
        let set = &mut waiting[at];
        set.asked.push(asked);
        if let Err(bad) = set.columns.iter_mut().zip(params).try_for_each(|(column, value)| column.push(*value)) {
            set.bad = Some(bad.to_string());
        }
        Some(Answer(answer))
    }

    fn take(&self) -> Vec<Set> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends what is asked, and waits for the answers; who asked is told what went wrong.
    ///
    /// # Errors
    /// The first that went wrong.
    pub(crate) async fn flush(&self, client: &Client) -> Result<()> {
        join_all(self.take().into_iter().map(|set| self.send(client, set))).await.into_iter().collect()
    }

    /// Runs commands side by side in a transaction. What they ask for is sent as soon as none of them can go on; with the
    /// last of it goes the commit.
    ///
    /// # Errors
    /// The first of a command, a statement or the commit; then nothing was committed, as far as the connection lives.
    pub(crate) async fn transaction<T>(
        &self,
        client: &Client,
        commands: impl Future<Output = Result<T>>,
    ) -> Result<()> {
        let (mut commands, mut done, mut committing) = (pin!(commands), false, false);
        let mut sent: Vec<Boxed<'_, Result<()>>> = vec![Box::pin(control(client, "BEGIN"))];
        let ended = std::future::poll_fn(|cx| {
            loop {
                // What is polled first is sent first; and an answer lets commands go on, which may ask for more.
                let (before, mut failed) = (sent.len(), None);
                sent.retain_mut(|answer| match answer.as_mut().poll(cx) {
                    Poll::Ready(Err(error)) => {
                        failed.get_or_insert(error);
                        false
                    }
                    Poll::Ready(Ok(())) => false,
                    Poll::Pending => true,
                });
                if let Some(error) = failed {
                    return Poll::Ready(Err(error));
                }
                if !done && let Poll::Ready(result) = commands.as_mut().poll(cx) {
                    result?;
                    done = true;
                }
                let mut moved = sent.len() < before;
                for set in self.take() {
                    sent.push(Box::pin(self.send(client, set)));
                    moved = true;
                }
                if done && !committing {
                    failpoint::reached(Point::BatchApplied);
                    sent.push(Box::pin(control(client, "COMMIT")));
                    (committing, moved) = (true, true);
                }
                match (done && sent.is_empty(), moved) {
                    (true, _) => return Poll::Ready(Ok(())),
                    (false, true) => {}
                    (false, false) => return Poll::Pending,
                }
            }
        });
        let ended: Result<()> = ended.await;
        if ended.is_err() {
            drop(sent);
            // Others may have asked meanwhile; nobody waits for them any more.
            self.take();
            if !committing {
                let _ = control(client, "ROLLBACK").await;
            }
        }
        ended
    }

    async fn send(&self, client: &Client, Set { q, columns, asked, bad, .. }: Set) -> Result<()> {
        let name = q.sql().name;
        let found = match (&self.statements[q as usize], bad) {
            (Some(statement), None) => rows(client, statement, &columns).await.map_err(|e| Error::pg(name, e)),
            (_, bad) => Err(Error::Statement { query: name, source: bad.unwrap_or_default().into() }),
        };
        match found {
            Ok(found) => {
                let mut answers: Vec<Vec<Row>> = asked.iter().map(|_| Vec::new()).collect();
                for row in found {
                    let place: i64 = row.get(row.len() - 1);
                    if let Some(answer) = usize::try_from(place - 1).ok().and_then(|at| answers.get_mut(at)) {
                        answer.push(row);
                    }
                }
                for (asked, answer) in asked.into_iter().zip(answers) {
                    // Some do not wait.
                    let _ = asked.send(Ok(answer));
                }
                Ok(())
            }
            Err(error) => {
                for asked in asked {
                    let _ = asked.send(Err(match &error {
                        Error::Unavailable(words) => Error::Unavailable(words.clone()),
                        error => Error::Statement { query: name, source: error.to_string().into() },
                    }));
                }
                Err(error)
            }
        }
    }
}

async fn control(client: &Client, sql: &'static str) -> Result<()> {
    client.batch_execute(sql).await.map_err(|e| Error::pg(sql, e))
}

async fn rows(client: &Client, statement: &Statement, columns: &[Column]) -> Result<Vec<Row>, tokio_postgres::Error> {
    client.query_raw(statement, columns).await?.try_collect().await
}
