//! The export of everything that is stored about a customer, for the customer and for an operator.
//!
//! Not here: the form of records (the domain) and the pages. Invariants: only the customer, after the password, gets an
//! export, and only the signed-in customer downloads it. It has no secret, and nothing of another customer. It is
//! stored in the store, like the rows that it holds, and not sealed: it has nothing that they do not have.

mod archive;
mod background;
mod collect;
mod place;

pub use background::advance_due;
pub(crate) use background::next_due;
pub use collect::ExportFile;

use crate::session::check_password;
use crate::{App, Error, Result, customer};
use collect::SizeLimit;
use opendrs_domain::id::{CustomerId, ExportId};
use opendrs_domain::time::Time;
use opendrs_store::export::{self as store, Export};

/// What a customer who asks for an export gets.
#[derive(Clone, Debug)]
pub enum RequestedExport {
    /// A small export, made at once.
    Made(ExportFile),
    /// A large one is being prepared; a mail follows.
    Preparing,
}

/// Makes a customer's export, or plans it if it is large. While one is being prepared, no other begins.
///
/// # Errors
/// [`crate::FormError::WrongCurrentPassword`]; [`Error::Throttled`] and [`Error::Unavailable`].
pub async fn request(app: &App, id: CustomerId, password: &str, source: &str) -> Result<RequestedExport> {
    let owner = customer::load(app, id).await?;
    check_password(app, &owner, password, source).await?;
    if let Some(ExportState::Preparing) = find_state(app, id).await? {
        return Ok(RequestedExport::Preparing);
    }
    match collect::collect_all(app, id, SizeLimit::Small).await? {
        Some(batches) => Ok(RequestedExport::Made(collect::pack(batches, app.now()).await?)),
        None => background::plan(app, id).await.map(|_| RequestedExport::Preparing),
    }
}

/// Makes an export of any size at once, for an operator.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn make_for_operator(app: &App, id: CustomerId) -> Result<ExportFile> {
    let batches = collect::collect_all(app, id, SizeLimit::Any).await?;
    collect::pack(batches.unwrap_or_default(), app.now()).await
}

/// How far a customer's export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportState {
    /// It is being prepared.
    Preparing,
    /// It can be downloaded.
    Ready {
        /// Its id, which the link names.
        id: ExportId,
        /// When it ends.
        ends_at: Time,
    },
}

/// How far a customer's export is; `None` if there is none, or it ended.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_state(app: &App, id: CustomerId) -> Result<Option<ExportState>> {
    let found = find(app, id).await?;
    Ok(found.map(|export| match export.ready_at {
        Some(_) => ExportState::Ready { id: export.id, ends_at: export.ends_at },
        None => ExportState::Preparing,
    }))
}

async fn find(app: &App, id: CustomerId) -> Result<Option<Export>> {
    let mut reader = app.db.reader().await?;
    let found = store::find(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?;
    Ok(found.filter(|export| app.now() < export.ends_at))
}

/// The download of a prepared export: its size, and its pieces one after the other.
#[derive(Clone, Debug)]
pub struct ExportDownload {
    export: Export,
    last: i64,
}

/// Opens the prepared export of a customer by the id in its link. `None` if the customer has no such export, or it
/// ended or is not ready.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn open(app: &App, customer: CustomerId, id: &str) -> Result<Option<ExportDownload>> {
    let Ok(id) = ExportId::parse(id) else { return Ok(None) };
    let found = find(app, customer).await?;
    let found = found.filter(|export| export.id == id && export.ready_at.is_some());
    Ok(found.map(|export| ExportDownload { export, last: -1 }))
}

impl ExportDownload {
    /// The size of the archive in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.export.bytes.unsigned_abs()
    }

    /// When the export was made.
    #[must_use]
    pub fn made_at(&self) -> Time {
        self.export.ready_at.unwrap_or(self.export.requested_at)
    }

    /// The next piece; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; [`Error::Internal`] if the export was removed or replaced meanwhile.
    pub async fn next_piece(&mut self, app: &App) -> Result<Option<Vec<u8>>> {
        let now = find(app, self.export.customer).await?;
        if now.is_none_or(|export| export.id != self.export.id) {
            return Err(Error::Internal("the export was removed during its download".into()));
        }
        let part = background::find_part(app, &self.export, background::ARCHIVE, self.last).await?;
        Ok(part.map(|part| {
            self.last = part.number;
            part.content
        }))
    }
}
