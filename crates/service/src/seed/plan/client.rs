//! A profile's clients.
//!
//! Invariant: a client is recognised as [`match_clients`] says, and never by its place in the file.

use super::{Plan, Planned, Stop};
use crate::seed::declared::ClientSeed;
use crate::seed::merge::{Merge, hidden, plain};
use crate::seed::outcome::What;
use crate::seed::write::Op;
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::{Client, ClientKind, ClientState, Mode, Profile, hash_secret};
use opendrs_domain::seeded::{ClientIdentity, Record, Unclear, match_clients};
use opendrs_store::{Tx, profile, seeded};

/// A client that the store or a record of an earlier seed knows.
struct Known {
    identity: ClientIdentity,
    /// Its row, unless it was removed.
    row: Option<Client>,
    /// Whether an earlier seed declared it.
    recorded: bool,
    /// Whether it was removed for ever, so that its id is not free.
    removed: bool,
}

impl Plan<'_> {
    /// The clients of a profile.
    pub(super) async fn clients(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &[ClientSeed],
        exists: bool,
    ) -> Planned<()> {
        let known = if exists { known(tx, of).await? } else { Vec::new() };
        let asked: Vec<_> = declared.iter().map(identity).collect();
        let identities: Vec<_> = known.iter().map(|known| known.identity.clone()).collect();
        let found = match_clients(&asked, &identities).map_err(|(at, why)| unclear(&declared[at], &why, &known))?;
        for (seed, found) in declared.iter().zip(&found) {
            let known = found.map(|at| &known[at]);
            self.client(tx, of, seed, known).await?;
        }
        for (at, known) in known.iter().enumerate() {
            let reported = |row: &&Client| row.is_enabled() && known.recorded && !found.contains(&Some(at));
            if let Some(row) = known.row.as_ref().filter(reported) {
                self.undeclared("client", name(of, known.identity.name.as_deref(), row.kind), row.id.to_string());
            }
        }
        Ok(())
    }

    async fn client(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &ClientSeed,
        known: Option<&Known>,
    ) -> Planned<()> {
        let old = known.and_then(|known| known.row.as_ref());
        let id = known.and_then(|known| known.identity.id).or(declared.id).unwrap_or_else(|| ClientId(self.id()));
        let shown = name(of, declared.name.as_deref(), declared.kind);
        // Not even force brings it back.
        if known.is_some_and(|known| known.removed) {
            self.gone("client", shown, id.to_string());
            return Ok(());
        }
        if old.is_none()
            && let Some(other) = profile::client(tx, id).await?
        {
            let message = format!("{id} is already a {} client of another profile", other.kind.as_str());
            return Err(Stop::bad(declared.line, "id", message));
        }
        let mut merge = self.begin(tx, "client", &of.id.to_string(), &id.to_string(), old.is_some()).await?;
        if merge.is_gone() {
            self.gone("client", shown, id.to_string());
            return Ok(());
        }
        identify(&mut merge, declared, known);
        let (secret_hash, secret) = self.secret_of(&mut merge, declared, old);
        let uris = old.map(|client| client.redirect_uris.as_slice());
        let new = Client {
            id,
            profile: of.id,
            maker: of.maker,
            kind: declared.kind,
            secret_hash,
            redirect_uris: merge.list("redirect_uris", uris, &declared.redirect_uris),
            mode: merge
                .optional("mode", old.map(|c| c.mode), declared.mode, Mode::default, |mode| Some(mode.as_str().into())),
            former_secret_hash: old.and_then(|client| client.former_secret_hash),
            access: old.map(|client| client.access).unwrap_or_default(),
        };
        let disabled_before = old.map(|client| !client.is_enabled());
        let disabled = merge.optional("disabled", disabled_before, declared.disabled, || false, plain);
        if merge.writes() {
            let place = self.place(tx, of, declared.kind).await?;
            self.ops.push(Op::Client(new, place));
        }
        if disabled != disabled_before.unwrap_or(false) {
            self.ops.push(Op::Disabled(id, disabled, self.inputs.version));
        }
        self.end(merge, shown, id.to_string(), secret);
        Ok(())
    }

    /// The hash of a client's secret, and the secret itself where it is made now.
    fn secret_of(
        &mut self,
        merge: &mut Merge,
        declared: &ClientSeed,
        old: Option<&Client>,
    ) -> (Option<[u8; 32]>, Option<String>) {
        let current = old.map(|client| client.secret_hash);
        match declared.secret_hash {
            Some(hash) => (merge.value("secret", current, Some(hash), hidden), None),
            None if current.flatten().is_some() || !declared.kind.is_confidential() => (current.flatten(), None),
            None => {
                let secret = self.secret();
                let hash = hash_secret(&secret);
                if current.is_some() {
                    merge.effect("secret", What::Added, None, None);
                }
                (merge.value("secret", None, Some(hash), hidden), Some(secret))
            }
        }
    }

    /// A place for a new client that no other has; one that is there keeps its own.
    async fn place(&mut self, tx: &mut Tx<'_>, of: &Profile, kind: ClientKind) -> Planned<i64> {
        let key = (of.id, kind);
        let last = match self.places.get(&key) {
            Some(last) => Some(*last),
            None => profile::last_place(tx, of.id, kind).await?,
        };
        let place = last.map_or(0, |last| last + 1);
        self.places.insert(key, place);
        Ok(place)
    }
}

/// What a seed leaves for the next one to recognise a client by.
fn identify(merge: &mut Merge, declared: &ClientSeed, known: Option<&Known>) {
    let name = declared.name.clone().or_else(|| known.and_then(|known| known.identity.name.clone()));
    let identity = &mut merge.record.identity;
    identity.insert("kind".into(), declared.kind.as_str().into());
    if let Some(name) = name {
        identity.insert("name".into(), name);
    }
}

fn identity(declared: &ClientSeed) -> ClientIdentity {
    let ClientSeed { id, name, kind, redirect_uris, .. } = declared.clone();
    ClientIdentity { id, name, kind, redirect_uris }
}

fn name(of: &Profile, name: Option<&str>, kind: ClientKind) -> String {
    let kind = kind.as_str();
    match name {
        Some(name) => format!("{}, {name} ({kind})", of.name),
        None => format!("{} ({kind})", of.name),
    }
}

/// The clients of a profile: those that are there, in the order in which they were made, and those that were removed.
async fn known(tx: &mut Tx<'_>, of: &Profile) -> Planned<Vec<Known>> {
    let mut records = seeded::parts(tx, 0, "client", &of.id.to_string()).await?;
    let mut all = Vec::new();
    for row in profile::clients(tx, of.id).await? {
        let at = records.iter().position(|(id, _)| *id == row.id.to_string());
        let record = at.map(|at| records.swap_remove(at).1);
        let empty = Record::default();
        let of = record.as_ref().unwrap_or(&empty);
        let mut redirect_uris = row.redirect_uris.clone();
        redirect_uris.extend(of.elements("redirect_uris").map(str::to_owned));
        let name = of.identity.get("name").cloned();
        let identity = ClientIdentity { id: Some(row.id), name, kind: row.kind, redirect_uris };
        let removed = row.access.state == ClientState::Removed;
        all.push(Known { identity, recorded: record.is_some(), row: Some(row).filter(|_| !removed), removed });
    }
    for (id, record) in records {
        let kind = record.identity.get("kind").and_then(|word| ClientKind::parse(word));
        let (Ok(id), Some(kind)) = (ClientId::parse(&id), kind) else { continue };
        let redirect_uris = record.elements("redirect_uris").map(str::to_owned).collect();
        let name = record.identity.get("name").cloned();
        let identity = ClientIdentity { id: Some(id), name, kind, redirect_uris };
        all.push(Known { identity, recorded: true, row: None, removed: false });
    }
    Ok(all)
}

fn unclear(declared: &ClientSeed, why: &Unclear, known: &[Known]) -> Stop {
    let id = |at: usize| known[at].identity.id.map(|id| id.to_string()).unwrap_or_default();
    let kind = declared.kind.as_str();
    match why {
        Unclear::OtherKind(at) => {
            let message =
                format!("{} is a {} client, and a kind does not change", id(*at), known[*at].identity.kind.as_str());
            Stop::bad(declared.line, "kind", format!("{message}: give this {kind} client another name or id"))
        }
        Unclear::NameTaken(at) => {
            Stop::bad(declared.line, "name", format!("{} has this name: choose another name, or write its id", id(*at)))
        }
        Unclear::Several(all) => {
            let all: Vec<_> = all.iter().map(|at| id(*at)).collect();
            let message = format!(
                "nothing tells whether this {kind} client is a new one or one that is there ({}): give a new one a `name`, \
                 and one that is there its `id`",
                all.join(", ")
            );
            Stop::bad(declared.line, "client", message)
        }
    }
}
