//! The outcome of a seed or of a dry run, as text or as JSON lines.
//!
//! Invariant: a line begins with the outcome of one item; lines about its values are indented. A secret is printed only
//! on request.

use super::super::output;
use opendrs_service::seed::{SeedEffect, SeedEffectKind, SeedItem, SeedOutcome};
use serde_json::{Value, json};

/// Prints the outcome of each item.
pub(super) fn print_items(items: &[SeedItem], as_json: bool, dry_run: bool, secrets: bool) {
    for item in items {
        if as_json {
            output::print_line(item_json(item, dry_run, secrets).to_string());
        } else {
            item_lines(item, dry_run, secrets).iter().for_each(output::print_line);
        }
    }
    if dry_run && !as_json {
        output::print_note("This was a dry run: nothing was changed.");
    }
}

fn item_json(item: &SeedItem, dry_run: bool, secrets: bool) -> Value {
    let SeedItem { kind, name, id, outcome: done, secret, effects } = item;
    let mut object = json!({ "kind": kind, "name": name, "id": id, "done": done.as_str() });
    let effect = |effect: &SeedEffect| {
        let SeedEffect { key, kind: what, from, to } = effect;
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

fn item_lines(item: &SeedItem, dry_run: bool, secrets: bool) -> Vec<String> {
    let SeedItem { kind, name, id, outcome: done, secret, effects } = item;
    let word = match done {
        SeedOutcome::Created if dry_run => "would create",
        SeedOutcome::Changed if dry_run => "would change",
        done => done.as_str(),
    };
    let width = if dry_run { 12 } else { 9 };
    let mut lines = vec![format!("{word:<width$} {kind:<8} {name}  {id}").trim_end().to_owned()];
    let mut more = |text: String| lines.push(format!("{:<width$}   {text}", ""));
    effects.iter().map(effect_text).for_each(&mut more);
    match done {
        SeedOutcome::Undeclared => more(undeclared_text(item)),
        // Only a removed client can never be created again: its row stays for the sake of its devices.
        SeedOutcome::Gone if *kind == "client" => {
            more("it was removed permanently: to replace it, declare a client with a new `id`".into());
        }
        SeedOutcome::Gone => {
            more("an earlier seed declared it, and it was removed since (--force creates it again)".into());
        }
        SeedOutcome::Created | SeedOutcome::Changed | SeedOutcome::Unchanged | SeedOutcome::Kept => {}
    }
    if let Some(secret) = secret {
        let shown = if secrets {
            format!("{secret}  (printed only once: store it)")
        } else {
            "generated, and not printed".to_owned()
        };
        lines.push(format!("{:<width$} {:<8} {shown}", "", "secret"));
    }
    lines
}

fn undeclared_text(item: &SeedItem) -> String {
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

fn effect_text(effect: &SeedEffect) -> String {
    let SeedEffect { key, kind: what, from, to } = effect;
    if key == "redirect_uris" {
        return redirect_uri_effect_text(effect);
    }
    match (what, from, to) {
        (SeedEffectKind::Changed, Some(from), Some(to)) => format!("{key}: {from} -> {to}"),
        (SeedEffectKind::Overwritten, Some(from), Some(to)) => {
            format!("{key}: {from} -> {to}, overwrites what was set here")
        }
        (SeedEffectKind::Overwritten, ..) => format!("{key}: overwrites what was set here"),
        (SeedEffectKind::Kept, Some(from), Some(to)) => {
            format!("{key}: stays {from}, which was set here; the file declares {to} (--force overwrites it)")
        }
        (SeedEffectKind::Kept, ..) => format!("{key}: stays as it was set here (--force overwrites it)"),
        (SeedEffectKind::Changed, None, Some(to)) => format!("{key}: {to}"),
        (what, ..) => format!("{key}: {}", what.as_str()),
    }
}

fn redirect_uri_effect_text(effect: &SeedEffect) -> String {
    let SeedEffect { kind: what, from, to, .. } = effect;
    let uri = from.as_ref().or(to.as_ref()).map_or("", String::as_str);
    match (what, from) {
        (SeedEffectKind::Added, _) => format!("redirect URI added: {uri}"),
        (SeedEffectKind::Kept, Some(_)) => {
            format!("redirect URI stays, which was added here: {uri} (--force removes it)")
        }
        (SeedEffectKind::Kept, None) => {
            format!("redirect URI stays removed, as it was removed here: {uri} (--force adds it)")
        }
        _ => format!("redirect URI removed: {uri}; codes that were sent to it are refused"),
    }
}
