//! What a seed did, or would do, for people and for scripts.
//!
//! Invariant: a line's first word says what happened to a thing; lines about its values are indented. A secret is printed
//! only where that was asked for.

use super::super::out;
use opendrs_service::seed::{Done, Effect, Item, What};
use serde_json::{Value, json};

/// Prints what became of each thing.
pub(super) fn all(items: &[Item], as_json: bool, dry_run: bool, secrets: bool) {
    for item in items {
        match as_json {
            true => out::say(object(item, dry_run, secrets).to_string()),
            false => lines(item, dry_run, secrets).iter().for_each(out::say),
        }
    }
    if dry_run && !as_json {
        out::note("This was a dry run: nothing was changed.");
    }
}

fn object(item: &Item, dry_run: bool, secrets: bool) -> Value {
    let Item { kind, name, id, done, secret, effects } = item;
    let mut object = json!({ "kind": kind, "name": name, "id": id, "done": done.as_str() });
    let effect = |effect: &Effect| {
        let Effect { key, what, from, to } = effect;
        json!({ "key": key, "effect": what.as_str(), "from": from, "to": to })
    };
    if !effects.is_empty() {
        object["effects"] = effects.iter().map(effect).collect();
    }
    if let Some(secret) = secret {
        object["secretGenerated"] = true.into();
        if secrets {
            object["secret"] = secret.as_str().into();
        }
    }
    if dry_run {
        object["dryRun"] = true.into();
    }
    object
}

fn lines(item: &Item, dry_run: bool, secrets: bool) -> Vec<String> {
    let Item { kind, name, id, done, secret, effects } = item;
    let word = match done {
        Done::Created if dry_run => "would create",
        Done::Changed if dry_run => "would change",
        done => done.as_str(),
    };
    let width = if dry_run { 12 } else { 9 };
    let mut lines = vec![format!("{word:<width$} {kind:<8} {name}  {id}").trim_end().to_owned()];
    let mut more = |text: String| lines.push(format!("{:<width$}   {text}", ""));
    effects.iter().map(about).for_each(&mut more);
    match done {
        Done::Undeclared => more(undeclared(item)),
        // Only a row that stays for its devices is gone for ever, and only clients have such.
        Done::Gone if *kind == "client" => {
            more("it was removed for ever: to have another in its place, declare one with an `id` of its own".into());
        }
        Done::Gone => more("an earlier seed declared it, and it was removed since (--force creates it again)".into()),
        Done::Created | Done::Changed | Done::Unchanged | Done::Kept => {}
    }
    if let Some(secret) = secret {
        let shown = match secrets {
            true => format!("{secret}  (shown this once: keep it)"),
            false => "generated, and not shown".to_owned(),
        };
        lines.push(format!("{:<width$} {:<8} {shown}", "", "secret"));
    }
    lines
}

fn undeclared(item: &Item) -> String {
    match item.kind {
        "client" => format!(
            "no longer declared, and still active: `opendrs client disable {}` ends its tokens, which a seed does not",
            item.id
        ),
        "topic" => {
            format!("no longer declared, and still sent messages: `opendrs topic disable {}` ends that", item.name)
        }
        _ => "no longer declared: devices go on using it".into(),
    }
}

fn about(effect: &Effect) -> String {
    let Effect { key, what, from, to } = effect;
    if key == "redirect_uris" {
        return redirect(effect);
    }
    match (what, from, to) {
        (What::Changed, Some(from), Some(to)) => format!("{key}: {from} -> {to}"),
        (What::Overwritten, Some(from), Some(to)) => format!("{key}: {from} -> {to}, overwrites what was set here"),
        (What::Overwritten, ..) => format!("{key}: overwrites what was set here"),
        (What::Kept, Some(from), Some(to)) => {
            format!("{key}: stays {from}, which was set here; the file declares {to} (--force overwrites it)")
        }
        (What::Kept, ..) => format!("{key}: stays as it was set here (--force overwrites it)"),
        (What::Changed, None, Some(to)) => format!("{key}: {to}"),
        (what, ..) => format!("{key}: {}", what.as_str()),
    }
}

fn redirect(effect: &Effect) -> String {
    let Effect { what, from, to, .. } = effect;
    let uri = from.as_ref().or(to.as_ref()).map_or("", String::as_str);
    match (what, from) {
        (What::Added, _) => format!("redirect URI added: {uri}"),
        (What::Kept, Some(_)) => format!("redirect URI stays, which was added here: {uri} (--force removes it)"),
        (What::Kept, None) => format!("redirect URI stays removed, as it was removed here: {uri} (--force adds it)"),
        _ => format!("redirect URI removed: {uri}; codes that were sent to it are refused"),
    }
}
