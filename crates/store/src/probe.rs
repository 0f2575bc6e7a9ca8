//! A probe that checks whether the store can be read and written, without changing anything.
//!
//! What it is: an update of a row that does not exist. Engines refuse it as they would refuse any other: on a standby,
//! in a read-only session or file, without the right to write. A full disk refuses only what is written. So once a write
//! failed, the probe writes a row as it is, until that succeeds. Invariant: no row changes, and while the store is
//! available nothing is written and nothing is synced.

use crate::queries::Query;
use crate::value::params;
use crate::{Command, Db, Result, Tx, installation};

/// The write of [`Db::probe`].
struct ProbeWrite {
    /// Whether a row is written, unchanged: a full disk refuses only that.
    writes_row: bool,
}

impl Command for ProbeWrite {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        let probe = if self.writes_row { Query::WriteProbeRow } else { Query::WriteProbe };
        tx.exec(probe, params![]).await.map(drop)
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
        let writes_row = self.refuses_writes();
        self.write_untraced(ProbeWrite { writes_row }).await
    }
}
