//! A probe that checks whether the store can be read and written, without changing anything.
//!
//! What it is: an update of a row that does not exist. Engines refuse it as they would refuse any other: on a standby,
//! in a read-only session or file, without the right to write. Invariant: nothing is written and nothing is synced.

use crate::queries::Query;
use crate::value::params;
use crate::{Command, Db, Result, Tx, installation};

/// The write of [`Db::probe`].
struct ProbeWrite;

impl Command for ProbeWrite {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        tx.exec(Query::WriteProbe, params![]).await.map(drop)
    }
}

impl Db {
    /// Reads one row, and checks through the writer whether the engine takes writes. A connection that takes none is
    /// dropped, and the next call gets another. So a node without calls finds a writable server as well.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] with the reason.
    pub async fn probe(&self) -> Result<()> {
        {
            let mut reader = self.reader().await?;
            installation::list_token_keys(&mut reader.autocommit()?).await?;
        }
        self.write_untraced(ProbeWrite).await
    }
}
