//! Opening a store, reading from it, writing to it.

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
    /// Whether it can be meant, by its words and the files that they name: nothing is connected to.
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

/// Reading connections on SQLite at most; more than cores, since a read may wait for the disk.
const SQLITE_READERS: usize = 8;
/// Reading connections of one node on PostgreSQL; each pipelines.
const PG_READERS: usize = 3;
/// Shards of a new installation on PostgreSQL. SQLite has one: a prefix that scatters keys costs it dearly.
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
    /// The SQLite file, and what is held of it.
    sqlite_file: Option<(Arc<Path>, Arc<sqlite::ReadMarkPin>)>,
    shards: i64,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine()).field("shards", &self.shards).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens a store, brings its schema up to date and reads its installation row, making one if it is new.
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

    /// Which engine it runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &*self.readers {
            EngineReaders::Sqlite(_) => Engine::Sqlite,
            EngineReaders::Pg(_) => Engine::Postgres,
        }
    }

    /// Where it is, for those who open it anew.
    pub(crate) fn target(&self) -> StoreTarget {
        match (&*self.readers, &self.sqlite_file) {
            (EngineReaders::Pg(readers), _) => StoreTarget::Pg(Box::new(readers.target().clone())),
            (EngineReaders::Sqlite(_), file) => {
                StoreTarget::Sqlite(file.as_ref().map_or(Path::new(""), |(path, _)| path).to_owned())
            }
        }
    }

    /// How keys are spread; commands carry it with them.
    #[must_use]
    pub fn shards(&self) -> Shards {
        Shards::new(self.shards)
    }

    /// Runs a command; answers after its commit.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Unavailable`] the command may or may not have been done.
    pub async fn write<W: Command>(&self, command: W) -> Result<W::Output> {
        if span::is_enabled() {
            return Box::pin(span::instrument_write::<W, _>(self.engine(), self.writer.write(command))).await;
        }
        self.writer.write(command).await
    }

    /// Runs a command that no trace is to show.
    pub(crate) async fn write_untraced<W: Command>(&self, command: W) -> Result<W::Output> {
        self.writer.write(command).await
    }

    /// Lets the commands of the current thread travel to the writer and back together, once a turn of its loop, which
    /// must be a runtime of its own. For threads that serve many calls; others need not.
    pub fn register_thread(&self) {
        self.writer.register_thread();
    }

    /// How it is doing.
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

    /// Waits until nothing can be written any more: the disk failed to sync, and only a new start of the process can
    /// tell what it holds. Until then every command is answered [`Error::Unavailable`].
    pub async fn wait_stopped(&self) {
        self.writer.wait_stopped().await;
    }

    /// Moves what SQLite's log holds into the store's one file, so that a stopped store can be copied or replaced as a
    /// file. For the end of a process, when nothing is under way.
    ///
    /// # Errors
    /// [`Error`]; nothing is lost then, the log is read at the next start.
    pub fn checkpoint(&self) -> Result<()> {
        let Some((path, hold)) = &self.sqlite_file else { return Ok(()) };
        hold.close();
        sqlite::truncate_wal(path)
    }

    /// A connection to read with, on the caller's thread; what is read on it on SQLite is of one moment. Held briefly,
    /// and never while another is waited for: there are few.
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

/// A connection on loan; see [`Db::reader`].
pub struct Reader<'d>(ReaderConnection<'d>);

enum ReaderConnection<'d> {
    Sqlite(sqlite::SqliteReaderLoan<'d>),
    Pg(Arc<pg::PgConn>),
}

impl Reader<'_> {
    /// What queries run on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn tx(&mut self) -> Result<Tx<'_>> {
        Ok(Tx::new(match &mut self.0 {
            ReaderConnection::Sqlite(reading) => TxConnection::Sqlite(reading.transaction_conn()?),
            ReaderConnection::Pg(conn) => TxConnection::PgRead(conn),
        }))
    }

    /// What one query runs on that is alone: it needs no transaction around it, which would cost as much again.
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
