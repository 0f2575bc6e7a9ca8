//! Opening a store, reading from it, writing to it.
//!
//! Not here: SQL, and the engines themselves. Invariant: the schema is current before the store is used.

use crate::command::{Command, WriterHandle};
use crate::engine::Engine;
use crate::metrics::StoreMetrics;
use crate::shards::Shards;
use crate::tx::TxConnection;
use crate::{Error, Result, Tx, installation, migrate, pg, span, sqlite};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by URL.
    Url(String),
}

impl StoreLocation {
    /// Checks the location's text and the files that it names, without connecting.
    ///
    /// # Errors
    /// [`Error::CannotOpen`] with what is wrong with the URL.
    pub fn validate(&self) -> Result<()> {
        match self {
            StoreLocation::File(_) => Ok(()),
            StoreLocation::Url(url) => pg::parse_url(url).map(drop),
        }
    }
}

/// The most reading connections on SQLite. There are more than cores, since a read may wait for the disk.
const SQLITE_READERS: usize = 8;
/// Reading connections of one node on PostgreSQL. Each pipelines its statements.
const PG_READERS: usize = 3;
/// Shards of a new installation on PostgreSQL. SQLite has one, because a prefix that scatters keys makes it much
/// slower.
const PG_SHARDS: i64 = 64;

#[expect(clippy::large_enum_variant, reason = "one for the life of the process, behind an Arc")]
enum EngineReaders {
    Sqlite(sqlite::SqliteReaders),
    Pg(pg::PgReaders),
}

/// Where an open store is.
pub(crate) enum StoreTarget {
    Sqlite(PathBuf),
    Pg(Box<pg::PgTarget>),
}

/// A store. Clones share it.
#[derive(Clone)]
pub struct Db {
    readers: Arc<EngineReaders>,
    writer: WriterHandle,
    /// The path of the SQLite file, and the pin of its read mark.
    sqlite_file: Option<(Arc<Path>, Arc<sqlite::ReadMarkPin>)>,
    shards: i64,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine()).field("shards", &self.shards).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens a store, migrates its schema and reads its installation row, which it creates for a new store.
    ///
    /// # Errors
    /// [`Error::CannotOpen`] with what to do, or [`Error::Unavailable`].
    pub async fn open(place: &StoreLocation, new: installation::NewInstallation) -> Result<Self> {
        match place {
            StoreLocation::File(path) => Self::open_sqlite(path, new).await,
            StoreLocation::Url(url) => Self::open_postgres(url, new).await,
        }
    }

    async fn open_sqlite(path: &Path, new: installation::NewInstallation) -> Result<Self> {
        let conn = sqlite::open_writer(path)?;
        let (writer, waiting) = WriterHandle::new();
        let hold = Arc::new(sqlite::ReadMarkPin::open(path)?);
        sqlite::start_writer(conn, hold.clone(), waiting, writer.counters.clone())?;
        let readers =
            EngineReaders::Sqlite(sqlite::SqliteReaders::open(path, SQLITE_READERS, writer.counters.clone())?);
        Self { readers: Arc::new(readers), writer, sqlite_file: Some((path.into(), hold)), shards: 1 }
            .verify_installation(new)
            .await
    }

    async fn open_postgres(url: &str, new: installation::NewInstallation) -> Result<Self> {
        let target = pg::parse_url(url)?;
        migrate::migrate_postgres(&mut pg::connect_plain(&target).await?).await?;
        let (writer, waiting) = WriterHandle::new();
        pg::start_writer(&target, waiting, writer.counters.clone()).await?;
        let readers = EngineReaders::Pg(pg::PgReaders::open(&target, PG_READERS, writer.counters.clone()).await?);
        Self { readers: Arc::new(readers), writer, sqlite_file: None, shards: PG_SHARDS }.verify_installation(new).await
    }

    async fn verify_installation(mut self, new: installation::NewInstallation) -> Result<Self> {
        let found = self.write(installation::CreateInstallation { initial: new, shards: self.shards }).await?;
        if found.master_check != new.master_check {
            return Err(Error::CannotOpen(
                "this store was made with another master key: tokens and customer ids would not fit. \
                 Start with the key file it was made with (`keys.master_file`)"
                    .into(),
            ));
        }
        self.shards = found.shards;
        Ok(self)
    }

    /// The engine of this store.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &*self.readers {
            EngineReaders::Sqlite(_) => Engine::Sqlite,
            EngineReaders::Pg(_) => Engine::Postgres,
        }
    }

    /// The location, for code that opens the store separately.
    pub(crate) fn target(&self) -> StoreTarget {
        match (&*self.readers, &self.sqlite_file) {
            (EngineReaders::Pg(readers), _) => StoreTarget::Pg(Box::new(readers.target().clone())),
            (EngineReaders::Sqlite(_), file) => {
                StoreTarget::Sqlite(file.as_ref().map_or(Path::new(""), |(path, _)| path).to_owned())
            }
        }
    }

    /// How keys are spread over shards. Commands carry a copy.
    #[must_use]
    pub fn shards(&self) -> Shards {
        Shards::new(self.shards)
    }

    /// Runs a command and answers after its commit.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Unavailable`] the command may or may not have been committed.
    pub async fn write<W: Command>(&self, command: W) -> Result<W::Output> {
        if span::is_enabled() {
            return Box::pin(span::instrument_write::<W, _>(self.engine(), self.writer.write(command))).await;
        }
        self.writer.write(command).await
    }

    /// Runs a command outside of any trace.
    pub(crate) async fn write_untraced<W: Command>(&self, command: W) -> Result<W::Output> {
        self.writer.write(command).await
    }

    /// Whether the last write failed because the store is unavailable.
    pub(crate) fn refuses_writes(&self) -> bool {
        self.writer.counters.availability.refuses_writes()
    }

    /// Batches the commands of the current thread to and from the writer, once a turn of its loop. The loop must be a
    /// runtime of its own. Threads that serve many calls gain by it; others need not call it.
    pub fn register_thread(&self) {
        self.writer.register_thread();
    }

    /// The store's metrics.
    #[must_use]
    pub fn metrics(&self) -> StoreMetrics {
        let (meter, counter) = (&self.writer.counters, |counter: &AtomicU64| counter.load(Ordering::Relaxed));
        StoreMetrics {
            batches: meter.batch_sizes.snapshot(),
            batch_micros: meter.batch_micros.snapshot(),
            batches_redone: counter(&meter.batches_redone),
            queued: self.writer.queue_length() as u64,
            reader_waits: counter(&meter.reader_waits),
            connects: counter(&meter.connects),
        }
    }

    /// Waits until nothing can be written any more. That happens when the disk failed to sync: only a restart of the
    /// process can find out what it holds. From then on every command is answered [`Error::Unavailable`].
    pub async fn wait_stopped(&self) {
        self.writer.wait_stopped().await;
    }

    /// Checkpoints SQLite's write-ahead log into the store's one file, so that a stopped store can be copied or
    /// replaced as a file. It is called at the end of a process, when nothing is running.
    ///
    /// # Errors
    /// [`Error`]; no data is lost then, since the next start reads the log.
    pub fn checkpoint(&self) -> Result<()> {
        let Some((path, hold)) = &self.sqlite_file else { return Ok(()) };
        hold.close();
        sqlite::truncate_wal(path)
    }

    /// Borrows a reading connection for the caller's thread. On SQLite all reads on it see one moment. A caller holds
    /// it briefly and waits for nothing else meanwhile, since there are few.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn reader(&self) -> Result<Reader<'_>> {
        Ok(Reader(match &*self.readers {
            EngineReaders::Sqlite(readers) => ReaderConnection::Sqlite(readers.acquire().await?),
            EngineReaders::Pg(readers) => ReaderConnection::Pg(readers.acquire().await?),
        }))
    }
}

/// A borrowed reading connection; see [`Db::reader`].
pub struct Reader<'d>(ReaderConnection<'d>);

enum ReaderConnection<'d> {
    Sqlite(sqlite::SqliteReaderLoan<'d>),
    Pg(Arc<pg::PgConn>),
}

impl Reader<'_> {
    /// The transaction for several queries.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn tx(&mut self) -> Result<Tx<'_>> {
        Ok(Tx::new(match &mut self.0 {
            ReaderConnection::Sqlite(reading) => TxConnection::Sqlite(reading.transaction_conn()?),
            ReaderConnection::Pg(conn) => TxConnection::PgRead(conn),
        }))
    }

    /// The context for a single query. It needs no transaction, which would double its cost.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn autocommit(&mut self) -> Result<Tx<'_>> {
        Ok(Tx::new(match &mut self.0 {
            ReaderConnection::Sqlite(reading) => TxConnection::Sqlite(reading.raw_conn()?),
            ReaderConnection::Pg(conn) => TxConnection::PgRead(conn),
        }))
    }
}
