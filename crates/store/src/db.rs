//! Opening a store, reading from it, writing to it.

use crate::meter::Numbers;
use crate::tx::On;
use crate::write::{Write, Writer};
use crate::{Error, Result, Tx, installation, lite, migrate, pg, span};
use opendrs_domain::id::{CustomerId, ModelId};
use opendrs_domain::text::Serial;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by URL.
    Url(String),
}

impl Place {
    /// Whether it can be meant, by its words and the files that they name: nothing is connected to.
    ///
    /// # Errors
    /// [`Error::Open`] with what is wrong with the URL.
    pub fn check(&self) -> Result<()> {
        match self {
            Place::File(_) => Ok(()),
            Place::Url(url) => pg::target(url).map(drop),
        }
    }
}

/// Which engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one process.
    Sqlite,
    /// Shared by nodes.
    Postgres,
}

/// Reading connections on SQLite at most; more than cores, since a read may wait for the disk.
const LITE_READERS: usize = 8;
/// Reading connections of one node on PostgreSQL; each pipelines.
const PG_READERS: usize = 3;
/// Shards of a new installation on PostgreSQL. SQLite has one: a prefix that scatters keys costs it dearly.
const PG_SHARDS: i64 = 64;

#[expect(clippy::large_enum_variant, reason = "one for the life of the process, behind an Arc")]
enum Readers {
    Lite(lite::Readers),
    Pg(pg::Readers),
}

/// Where an open store is.
pub(crate) enum Kind {
    Lite(PathBuf),
    Pg(Box<pg::Target>),
}

/// A store. Clones share it.
#[derive(Clone)]
pub struct Db {
    readers: Arc<Readers>,
    writer: Writer,
    /// The SQLite file, and what is held of it.
    file: Option<(Arc<Path>, Arc<lite::Hold>)>,
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
    /// [`Error::Open`] with what to do, or [`Error::Unavailable`].
    pub async fn open(place: &Place, new: installation::New) -> Result<Self> {
        match place {
            Place::File(path) => Self::sqlite(path, new).await,
            Place::Url(url) => Self::postgres(url, new).await,
        }
    }

    async fn sqlite(path: &Path, new: installation::New) -> Result<Self> {
        let conn = lite::open_writer(path)?;
        let (writer, waiting) = Writer::new();
        let hold = Arc::new(lite::Hold::open(path)?);
        lite::start_writer(conn, hold.clone(), waiting, writer.meter.clone())?;
        let readers = Readers::Lite(lite::Readers::open(path, LITE_READERS, writer.meter.clone())?);
        Self { readers: Arc::new(readers), writer, file: Some((path.into(), hold)), shards: 1 }.installed(new).await
    }

    async fn postgres(url: &str, new: installation::New) -> Result<Self> {
        let target = pg::target(url)?;
        migrate::pg(&mut pg::plain(&target).await?).await?;
        let (writer, waiting) = Writer::new();
        pg::start_writer(&target, waiting, writer.meter.clone()).await?;
        let readers = Readers::Pg(pg::Readers::open(&target, PG_READERS, writer.meter.clone()).await?);
        Self { readers: Arc::new(readers), writer, file: None, shards: PG_SHARDS }.installed(new).await
    }

    async fn installed(mut self, new: installation::New) -> Result<Self> {
        let found = self.write(installation::Install { new, shards: self.shards }).await?;
        if found.master_check != new.master_check {
            return Err(Error::Open(
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
            Readers::Lite(_) => Engine::Sqlite,
            Readers::Pg(_) => Engine::Postgres,
        }
    }

    /// Where it is, for those who open it anew.
    pub(crate) fn kind(&self) -> Kind {
        match (&*self.readers, &self.file) {
            (Readers::Pg(readers), _) => Kind::Pg(Box::new(readers.target().clone())),
            (Readers::Lite(_), file) => Kind::Lite(file.as_ref().map_or(Path::new(""), |(path, _)| path).to_owned()),
        }
    }

    /// How keys are spread; commands carry it with them.
    #[must_use]
    pub fn shards(&self) -> Shards {
        Shards(self.shards)
    }

    /// Runs a command; answers after its commit.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Unavailable`] the command may or may not have been done.
    pub async fn write<W: Write>(&self, command: W) -> Result<W::Out> {
        if span::wanted() {
            return Box::pin(span::of_write::<W, _>(self.engine(), self.writer.write(command))).await;
        }
        self.writer.write(command).await
    }

    /// Runs a command that no trace is to show.
    pub(crate) async fn write_unspanned<W: Write>(&self, command: W) -> Result<W::Out> {
        self.writer.write(command).await
    }

    /// Lets the commands of the current thread travel to the writer and back together, once a turn of its loop, which
    /// must be a runtime of its own. For threads that serve many calls; others need not.
    pub fn settle(&self) {
        self.writer.settle();
    }

    /// How it is doing.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        let (meter, counter) = (&self.writer.meter, |counter: &AtomicU64| counter.load(Ordering::Relaxed));
        Numbers {
            batches: meter.sizes.read(),
            batch_micros: meter.micros.read(),
            batches_redone: counter(&meter.redone),
            queued: self.writer.queued() as u64,
            reader_waits: counter(&meter.waits),
            connects: counter(&meter.connects),
        }
    }

    /// Waits until nothing can be written any more: the disk failed to sync, and only a new start of the process can
    /// tell what it holds. Until then every command is answered [`Error::Unavailable`].
    pub async fn stopped(&self) {
        self.writer.stopped().await;
    }

    /// Moves what SQLite's log holds into the store's one file, so that a stopped store can be copied or replaced as a
    /// file. For the end of a process, when nothing is under way.
    ///
    /// # Errors
    /// [`Error`]; nothing is lost then, the log is read at the next start.
    pub fn rest(&self) -> Result<()> {
        let Some((path, hold)) = &self.file else { return Ok(()) };
        hold.end();
        lite::fold(path)
    }

    /// A connection to read with, on the caller's thread; what is read on it on SQLite is of one moment. Held briefly,
    /// and never while another is waited for: there are few.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn reader(&self) -> Result<Reader<'_>> {
        Ok(Reader(match &*self.readers {
            Readers::Lite(readers) => Loan::Lite(readers.take().await?),
            Readers::Pg(readers) => Loan::Pg(readers.take().await?),
        }))
    }
}

/// How keys are spread over an installation's shards. Fixed for the life of an installation.
#[derive(Clone, Copy, Debug)]
pub struct Shards(i64);

impl Shards {
    /// How many there are.
    pub(crate) fn count(self) -> i64 {
        self.0
    }

    /// Every shard.
    pub fn all(self) -> impl Iterator<Item = i64> {
        0..self.0
    }

    /// The shard of a key's owner.
    #[must_use]
    pub fn of(self, key: &[&[u8]]) -> i64 {
        if self.0 == 1 {
            return 0;
        }
        let mut hash = Sha256::new();
        for part in key {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let bytes: [u8; 32] = hash.finalize().into();
        i64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])) % self.0
    }

    /// The shard of a customer's rows.
    #[must_use]
    pub fn of_customer(self, id: CustomerId) -> i64 {
        self.of(&[id.0.as_bytes()])
    }

    /// The shard of a unit, and so of everything on the device's side.
    #[must_use]
    pub fn of_unit(self, model: ModelId, serial: &Serial) -> i64 {
        self.of(&[model.0.as_bytes(), serial.as_str().as_bytes()])
    }
}

/// A connection on loan; see [`Db::reader`].
pub struct Reader<'d>(Loan<'d>);

enum Loan<'d> {
    Lite(lite::Reading<'d>),
    Pg(Arc<pg::PgConn>),
}

impl Reader<'_> {
    /// What queries run on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn tx(&mut self) -> Result<Tx<'_>> {
        Ok(Tx::new(match &mut self.0 {
            Loan::Lite(reading) => On::Lite(reading.conn()?),
            Loan::Pg(conn) => On::PgRead(conn),
        }))
    }

    /// What one query runs on that is alone: it needs no transaction around it, which would cost as much again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn once(&mut self) -> Result<Tx<'_>> {
        Ok(Tx::new(match &mut self.0 {
            Loan::Lite(reading) => On::Lite(reading.bare()?),
            Loan::Pg(conn) => On::PgRead(conn),
        }))
    }
}
