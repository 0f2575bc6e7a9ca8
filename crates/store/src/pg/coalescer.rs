//! Coalesces the same statement of many commands of a batch into one statement for PostgreSQL.
//!
//! What it is: each command runs one statement after the other, for itself. The commands of a batch run concurrently.
//! When none of them can continue, the statements that they wait for are grouped by query and sent with an array for
//! each parameter ([`bulk_sql`]). The rows return to the command that they belong to. So the database works on sets,
//! and commands need not know it. What it is not: a delay, since nothing is held back that could be sent. Invariant:
//! concurrent commands have different keys, and a coalesced statement changes only rows of its commands' keys.

use super::array_parameter::ArrayParameter;
use super::bulk_sql::{self, BulkSql};
use crate::queries::Query;
use crate::value::Value;
use crate::{Error, Result};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, oneshot};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, Statement};

/// The statements of frequent calls, of which many run concurrently, and of long lists of rows. Each changes one row of
/// the command's own key.
pub(super) const COALESCED_QUERIES: &[Query] = &[
    Query::ClientById,
    Query::CustomerById,
    Query::CustomerRecipient,
    Query::DeliveryEnqueue,
    Query::DeliveryPut,
    Query::DeviceById,
    Query::DeviceChange,
    Query::DeviceForUpdate,
    Query::DeviceForReplenish,
    Query::DeviceWithSlot,
    Query::LevelDayGet,
    Query::LevelDayPut,
    Query::LevelDaySet,
    Query::MailPut,
    Query::MailSave,
    Query::MessageVersionGet,
    Query::ModelById,
    Query::OrderOfDevice,
    Query::OrderInputs,
    Query::OrderPut,
    Query::OrderForToken,
    Query::OutboxPut,
    Query::ProductByAsin,
    Query::ReadingReportCached,
    Query::ReadingPut,
    Query::ReadingInsertIfValid,
    Query::RuleGet,
    Query::SubscriptionGet,
    Query::SubscriptionTakeLock,
    Query::SubscriptionsOfDevice,
    Query::TopicsOfClient,
];

/// The bulk form of a prepared statement, if it is to be coalesced.
pub(super) fn coalesced_sql(q: Query, one: &Statement) -> Option<BulkSql> {
    let types: Vec<_> = one.params().iter().map(Type::name).collect();
    bulk_sql::bulk_sql(q.sql().pg, &types)
}

/// A statement for which several commands wait.
pub(super) struct CoalescedStatement {
    query: Query,
    shard: Option<i64>,
    columns: Vec<ArrayParameter>,
    waiters: Vec<oneshot::Sender<Result<StatementResult>>>,
    /// For how many of them it is the last; see [`StatementCoalescer::enqueue`].
    final_count: usize,
    /// The error of a value that cannot be encoded as the parameter's type.
    parameter_error: Option<String>,
}

impl CoalescedStatement {
    /// Whether all `commands` wait for this statement, and it is the last one of each.
    pub(super) fn is_final_for_all(&self, commands: usize) -> bool {
        self.final_count == commands
    }
}

/// The result of a statement for one command.
#[derive(Default)]
pub(crate) struct StatementResult {
    pub(crate) rows: Vec<Row>,
    /// The number of rows found or written.
    pub(crate) count: u64,
}

/// The result for one command, which arrives once the statement was sent and answered.
pub(crate) struct PendingResult(oneshot::Receiver<Result<StatementResult>>);

impl PendingResult {
    pub(crate) async fn wait(self) -> Result<StatementResult> {
        self.0.await.unwrap_or_else(|_| Err(Error::Unavailable("the connection was given up".into())))
    }
}

/// A coalesced statement, prepared.
struct PreparedStatement {
    statement: Statement,
    /// See [`BulkSql::returns_rows`].
    returns_rows: bool,
}

/// The statements that wait to be sent on a connection.
pub(crate) struct StatementCoalescer {
    /// By query; `None` for a query that is not coalesced.
    statements: Vec<Option<PreparedStatement>>,
    /// Whether a statement may concern only one shard, because the shards are on different machines.
    pub(super) by_shard: bool,
    pending: Mutex<Vec<CoalescedStatement>>,
    /// Commands with a statement to send individually, which wait for `BEGIN`.
    begin_waiters: Mutex<Vec<oneshot::Sender<()>>>,
    pub(super) begin_sent: AtomicBool,
    /// Notified when a statement is queued outside of a transaction.
    pub(crate) wakeup: Arc<Notify>,
}

impl StatementCoalescer {
    /// Prepares the bulk forms; `ones` are all statements in their single form.
    pub(crate) async fn prepare(client: &Client, ones: &[Statement]) -> Result<Self> {
        let mut statements: Vec<_> = ones.iter().map(|_| None).collect();
        for q in COALESCED_QUERIES {
            if let Some(BulkSql { sql: text, returns_rows: told }) = coalesced_sql(*q, &ones[*q as usize]) {
                let statement = client.prepare(&text).await.map_err(|e| Error::from_postgres(q.sql().name, e))?;
                statements[*q as usize] = Some(PreparedStatement { statement, returns_rows: told });
            }
        }
        let citus = client.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'", &[]).await;
        let by_shard = !citus.map_err(|e| Error::from_postgres("citus", e))?.is_empty();
        Ok(Self {
            statements,
            by_shard,
            pending: Mutex::default(),
            begin_waiters: Mutex::default(),
            begin_sent: AtomicBool::default(),
            wakeup: Arc::default(),
        })
    }

    /// Queues a statement; `None` if it is one that is sent individually. `last` marks a command's last statement: the
    /// command sends nothing afterwards, unless this one changed nothing.
    pub(crate) fn enqueue(&self, q: Query, params: &[Value<'_>], last: bool) -> Option<PendingResult> {
        let statement = &self.statements[q as usize].as_ref()?.statement;
        let shard = match (self.by_shard, params.first()) {
            (true, Some(Value::Int(shard))) => Some(*shard),
            _ => None,
        };
        let (asked, answer) = oneshot::channel();
        let mut waiting = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|set| set.query == q && set.shard == shard).unwrap_or_else(|| {
            let columns = statement.params().iter().map(ArrayParameter::new).collect();
            waiting.push(CoalescedStatement {
                query: q,
                shard,
                columns,
                waiters: Vec::new(),
                final_count: 0,
                parameter_error: None,
            });
            waiting.len() - 1
        });
        let set = &mut waiting[at];
        set.waiters.push(asked);
        set.final_count += usize::from(last);
        if let Err(bad) = set.columns.iter_mut().zip(params).try_for_each(|(column, value)| column.push(*value)) {
            set.parameter_error = Some(bad.to_string());
        }
        Some(PendingResult(answer))
    }

    /// Waits until `BEGIN` was sent. A command does so before it sends a statement individually.
    pub(crate) async fn wait_for_begin(&self) {
        if !self.begin_sent.load(Ordering::Relaxed) {
            let (begun, told) = oneshot::channel();
            self.begin_waiters.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
            // The sender is dropped only with the whole transaction.
            let _ = told.await;
        }
    }

    pub(super) fn take_pending(&self) -> Vec<CoalescedStatement> {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take_begin_waiters(&self) -> Vec<oneshot::Sender<()>> {
        std::mem::take(&mut *self.begin_waiters.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends the queued statements and waits for the answers. Each waiting command receives its result or the error.
    ///
    /// # Errors
    /// The first error of a statement.
    pub(crate) async fn flush(&self, client: &Client) -> Result<()> {
        join_all(self.take_pending().into_iter().map(|set| self.send(client, set))).await.into_iter().collect()
    }

    pub(super) async fn send(
        &self,
        client: &Client,
        CoalescedStatement { query: q, columns, waiters: asked, parameter_error: bad, .. }: CoalescedStatement,
    ) -> Result<()> {
        let name = q.sql().name;
        let found = match (&self.statements[q as usize], bad) {
            (Some(prepared), None) => prepared.run(name, client, &columns, asked.len()).await,
            (_, bad) => Err(Error::Statement { query: name, source: bad.unwrap_or_default().into() }),
        };
        match found {
            Ok(found) => {
                for (asked, found) in asked.into_iter().zip(found) {
                    // Some commands do not wait for the result.
                    let _ = asked.send(Ok(found));
                }
                Ok(())
            }
            Err(error) => {
                for asked in asked {
                    let _ = asked.send(Err(error.duplicate()));
                }
                Err(error)
            }
        }
    }
}

impl PreparedStatement {
    /// Runs the statement for `asked` commands; returns the result of each.
    async fn run(
        &self,
        name: &'static str,
        client: &Client,
        columns: &[ArrayParameter],
        asked: usize,
    ) -> Result<Vec<StatementResult>> {
        let mut found: Vec<StatementResult> = std::iter::repeat_with(StatementResult::default).take(asked).collect();
        let failed = |e| Error::from_postgres(name, e);
        if !self.returns_rows {
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
