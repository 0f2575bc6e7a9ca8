//! The plan for a profile's clients.
//!
//! Invariant: a client is recognised by [`match_clients`], and never by its position in the file.

use super::{SeedPlan, SeedPlanError, SeedPlanResult};
use crate::seed::declaration::ClientSeed;
use crate::seed::merge::{SeedMerge, format_plain, hide_value};
use crate::seed::report::SeedEffectKind;
use crate::seed::write::SeedOperation;
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::{Client, ClientKind, ClientMode, ClientState, Profile, hash_secret};
use opendrs_domain::seed_record::{ClientIdentity, ClientMatchError, SeedRecord, match_clients};
use opendrs_store::{Tx, profile, seed_record};

/// A client in the store or in a record of an earlier seed.
struct KnownClient {
    identity: ClientIdentity,
    /// Its row; `None` if it was removed.
    row: Option<Client>,
    /// Whether an earlier seed declared it.
    was_seeded: bool,
    /// Whether it was removed permanently. Its id stays taken.
    is_removed: bool,
}

impl SeedPlan<'_> {
    /// Plans the clients of a profile.
    pub(super) async fn plan_clients(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &[ClientSeed],
        exists: bool,
    ) -> SeedPlanResult<()> {
        let known = if exists { load_known_clients(tx, of).await? } else { Vec::new() };
        let asked: Vec<_> = declared.iter().map(declared_identity).collect();
        let identities: Vec<_> = known.iter().map(|known| known.identity.clone()).collect();
        let found = match_clients(&asked, &identities).map_err(|(at, why)| match_error(&declared[at], &why, &known))?;
        for (seed, found) in declared.iter().zip(&found) {
            let known = found.map(|at| &known[at]);
            self.plan_client(tx, of, seed, known).await?;
        }
        for (at, known) in known.iter().enumerate() {
            let reported = |row: &&Client| row.is_enabled() && known.was_seeded && !found.contains(&Some(at));
            if let Some(row) = known.row.as_ref().filter(reported) {
                self.note_undeclared(
                    "client",
                    display_name(of, known.identity.name.as_deref(), row.kind),
                    row.id.to_string(),
                );
            }
        }
        Ok(())
    }

    async fn plan_client(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &ClientSeed,
        known: Option<&KnownClient>,
    ) -> SeedPlanResult<()> {
        let old = known.and_then(|known| known.row.as_ref());
        let id = known.and_then(|known| known.identity.id).or(declared.id).unwrap_or_else(|| ClientId(self.next_id()));
        let shown = display_name(of, declared.name.as_deref(), declared.kind);
        // Even `force` does not bring it back.
        if known.is_some_and(|known| known.is_removed) {
            self.note_removed("client", shown, id.to_string());
            return Ok(());
        }
        if old.is_none()
            && let Some(other) = profile::find_client(tx, id).await?
        {
            let message = format!("{id} is already a {} client of another profile", other.kind.as_str());
            return Err(SeedPlanError::invalid(declared.line, "id", message));
        }
        let mut merge = self.begin_merge(tx, "client", &of.id.to_string(), &id.to_string(), old.is_some()).await?;
        if merge.was_removed() {
            self.note_removed("client", shown, id.to_string());
            return Ok(());
        }
        record_identity(&mut merge, declared, known);
        let (secret_hash, secret) = self.plan_secret(&mut merge, declared, old);
        let uris = old.map(|client| client.redirect_uris.as_slice());
        let new = Client {
            id,
            profile: of.id,
            maker: of.maker,
            kind: declared.kind,
            secret_hash,
            redirect_uris: merge.merge_list("redirect_uris", uris, &declared.redirect_uris),
            mode: merge.merge_optional("mode", old.map(|c| c.mode), declared.mode, ClientMode::default, |mode| {
                Some(mode.as_str().into())
            }),
            former_secret_hash: old.and_then(|client| client.former_secret_hash),
            access: old.map(|client| client.access).unwrap_or_default(),
        };
        let disabled_before = old.map(|client| !client.is_enabled());
        let disabled = merge.merge_optional("disabled", disabled_before, declared.disabled, || false, format_plain);
        if merge.needs_write() {
            let place = self.next_position(tx, of, declared.kind).await?;
            self.ops.push(SeedOperation::Client(new, place));
        }
        if disabled != disabled_before.unwrap_or(false) {
            self.ops.push(SeedOperation::ClientDisabled(id, disabled, self.inputs.version));
        }
        self.end_merge(merge, shown, id.to_string(), secret);
        Ok(())
    }

    /// The hash of a client's secret, and the secret itself if it is generated now.
    fn plan_secret(
        &mut self,
        merge: &mut SeedMerge,
        declared: &ClientSeed,
        old: Option<&Client>,
    ) -> (Option<[u8; 32]>, Option<String>) {
        let current = old.map(|client| client.secret_hash);
        match declared.secret_hash {
            Some(hash) => (merge.merge_value("secret", current, Some(hash), hide_value), None),
            None if current.flatten().is_some() || !declared.kind.is_confidential() => (current.flatten(), None),
            None => {
                let secret = self.next_secret();
                let hash = hash_secret(&secret);
                if current.is_some() {
                    merge.record_effect("secret", SeedEffectKind::Added, None, None);
                }
                (merge.merge_value("secret", None, Some(hash), hide_value), Some(secret))
            }
        }
    }

    /// A free position for a new client. An existing client keeps its own.
    async fn next_position(&mut self, tx: &mut Tx<'_>, of: &Profile, kind: ClientKind) -> SeedPlanResult<i64> {
        let key = (of.id, kind);
        let last = match self.last_positions.get(&key) {
            Some(last) => Some(*last),
            None => profile::find_last_position(tx, of.id, kind).await?,
        };
        let place = last.map_or(0, |last| last + 1);
        self.last_positions.insert(key, place);
        Ok(place)
    }
}

/// Records the name or id by which the next seed recognises a client.
fn record_identity(merge: &mut SeedMerge, declared: &ClientSeed, known: Option<&KnownClient>) {
    let name = declared.name.clone().or_else(|| known.and_then(|known| known.identity.name.clone()));
    let identity = &mut merge.record.identity;
    identity.insert("kind".into(), declared.kind.as_str().into());
    if let Some(name) = name {
        identity.insert("name".into(), name);
    }
}

fn declared_identity(declared: &ClientSeed) -> ClientIdentity {
    let ClientSeed { id, name, kind, redirect_uris, .. } = declared.clone();
    ClientIdentity { id, name, kind, redirect_uris }
}

fn display_name(of: &Profile, name: Option<&str>, kind: ClientKind) -> String {
    let kind = kind.as_str();
    match name {
        Some(name) => format!("{}, {name} ({kind})", of.name),
        None => format!("{} ({kind})", of.name),
    }
}

/// The clients of a profile: existing ones in the order of their creation, and removed ones.
async fn load_known_clients(tx: &mut Tx<'_>, of: &Profile) -> SeedPlanResult<Vec<KnownClient>> {
    let mut records = seed_record::list_parts(tx, 0, "client", &of.id.to_string()).await?;
    let mut all = Vec::new();
    for row in profile::list_clients(tx, of.id).await? {
        let at = records.iter().position(|(id, _)| *id == row.id.to_string());
        let record = at.map(|at| records.swap_remove(at).1);
        let empty = SeedRecord::default();
        let of = record.as_ref().unwrap_or(&empty);
        let mut redirect_uris = row.redirect_uris.clone();
        redirect_uris.extend(of.elements("redirect_uris").map(str::to_owned));
        let name = of.identity.get("name").cloned();
        let identity = ClientIdentity { id: Some(row.id), name, kind: row.kind, redirect_uris };
        let removed = row.access.state == ClientState::Removed;
        all.push(KnownClient {
            identity,
            was_seeded: record.is_some(),
            row: Some(row).filter(|_| !removed),
            is_removed: removed,
        });
    }
    for (id, record) in records {
        let kind = record.identity.get("kind").and_then(|word| ClientKind::parse(word));
        let (Ok(id), Some(kind)) = (ClientId::parse(&id), kind) else { continue };
        let redirect_uris = record.elements("redirect_uris").map(str::to_owned).collect();
        let name = record.identity.get("name").cloned();
        let identity = ClientIdentity { id: Some(id), name, kind, redirect_uris };
        all.push(KnownClient { identity, was_seeded: true, row: None, is_removed: false });
    }
    Ok(all)
}

fn match_error(declared: &ClientSeed, why: &ClientMatchError, known: &[KnownClient]) -> SeedPlanError {
    let id = |at: usize| known[at].identity.id.map(|id| id.to_string()).unwrap_or_default();
    let kind = declared.kind.as_str();
    match why {
        ClientMatchError::OtherKind(at) => {
            let message =
                format!("{} is a {} client, and a kind does not change", id(*at), known[*at].identity.kind.as_str());
            SeedPlanError::invalid(
                declared.line,
                "kind",
                format!("{message}: give this {kind} client another name or id"),
            )
        }
        ClientMatchError::NameTaken(at) => SeedPlanError::invalid(
            declared.line,
            "name",
            format!("{} has this name: choose another name, or write its id", id(*at)),
        ),
        ClientMatchError::Ambiguous(all) => {
            let all: Vec<_> = all.iter().map(|at| id(*at)).collect();
            let message = format!(
                "nothing tells whether this {kind} client is a new one or one that is there ({}): give a new one a `name`, \
                 and one that is there its `id`",
                all.join(", ")
            );
            SeedPlanError::invalid(declared.line, "client", message)
        }
    }
}
