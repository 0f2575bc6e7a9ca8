//! Removes what a shop began for us and could not tell us of, since its answer was lost.
//!
//! A draft carries nothing of ours until it is filled, so such a one is told by what it is: empty, nobody's, made by the
//! account that made a draft of ours, after we asked for the first and before the one we heard of. Invariant: what
//! another account began is left alone, and so is whatever has anything in it.

use super::VendureShop;
use super::wire::{DISCARD, DiscardResponse, DraftDetails, LOST, LostResponse};
use crate::App;
use opendrs_domain::date;
use opendrs_domain::time::{Span, Time};
use opendrs_store::fulfilment;
use serde_json::json;

/// How much earlier than by our clock it may seem to have been begun: some shops count in seconds.
const CLOCK_TOLERANCE: Span = Span::from_mins(1);
/// How many are removed at once.
const MAX_REMOVED: usize = 4;

/// Removes the drafts that were begun since a moment of the world's clock and are none of our orders; `code` is what the
/// shop calls the one that was heard of.
pub(super) async fn remove_orphaned_drafts(
    app: &App,
    shop: &VendureShop,
    since: Time,
    code: &str,
) -> Result<(), String> {
    let LostResponse { own, drafts } = shop.execute(app, &LOST, json!({ "code": code })).await?;
    let Some(own) = own.items.first() else { return Ok(()) };
    let within = app.system_time().since(since) + CLOCK_TOLERANCE;
    let mut removed = 0;
    for draft in drafts.items.iter().filter(|draft| is_orphaned(draft, own, within)) {
        if is_own_order(app, &draft.code).await? {
            continue;
        }
        if removed == MAX_REMOVED {
            return Err("the shop began more drafts than are removed at once: the rest goes with the next try".into());
        }
        // One that is no longer a draft stays: somebody uses it.
        let _: DiscardResponse = shop.execute(app, &DISCARD, json!({ "id": draft.id })).await?;
        removed += 1;
    }
    Ok(())
}

/// Whether a draft is one that was begun for us, `own` being one that was; no longer before it than `within`.
fn is_orphaned(draft: &DraftDetails, own: &DraftDetails, within: Span) -> bool {
    let maker = |of: &DraftDetails| of.history.items.first().map(|entry| entry.administrator.clone());
    let same = maker(own).is_some_and(|account| maker(draft) == Some(account));
    let (Some(made), Some(ours)) = (date::parse(&draft.created_at), date::parse(&own.created_at)) else { return false };
    let empty = draft.total_quantity == 0 && draft.customer.is_none();
    // To the second in some shops: one of the same second is no younger.
    empty && same && draft.id != own.id && made <= ours && ours.since(made) <= within
}

/// Whether it is an order of ours that is being filled at this moment.
async fn is_own_order(app: &App, code: &str) -> Result<bool, String> {
    let named = async { fulfilment::reference_exists(&mut app.db.reader().await?.tx()?, code).await };
    named.await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn drafted(change: impl FnOnce(&mut Value)) -> DraftDetails {
        let mut draft = json!({
            "id": "7", "code": "A", "createdAt": "2026-07-01T10:00:00.000Z", "totalQuantity": 0, "customer": null,
            "history": { "items": [{ "administrator": { "id": "2" } }] },
        });
        change(&mut draft);
        serde_json::from_value(draft).unwrap()
    }

    #[test]
    fn only_what_was_begun_for_us_and_is_empty_is_lost() {
        let later = |draft: &mut Value| draft["createdAt"] = "2026-07-01T10:00:30.000Z".into();
        let named = |draft: &mut Value| {
            later(draft);
            draft["id"] = "8".into();
        };
        let (own, minute) = (drafted(named), Span::from_mins(1));
        assert!(is_orphaned(&drafted(|_| ()), &own, minute) && is_orphaned(&drafted(later), &own, minute));
        for (what, draft) in [
            ("it has something in it", drafted(|draft| draft["totalQuantity"] = 1.into())),
            ("it is somebody's", drafted(|draft| draft["customer"] = json!({ "id": "1" }))),
            (
                "another account made it",
                drafted(|draft| draft["history"]["items"][0]["administrator"]["id"] = "3".into()),
            ),
            ("nobody knows who made it", drafted(|draft| draft["history"]["items"] = json!([]))),
            ("it is from before", drafted(|draft| draft["createdAt"] = "2026-07-01T09:59:29.999Z".into())),
            ("it is the one that was heard of", own.clone()),
            ("it came after it", drafted(|draft| draft["createdAt"] = "2026-07-01T10:00:30.001Z".into())),
            ("nobody knows from when it is", drafted(|draft| draft["createdAt"] = "once".into())),
        ] {
            assert!(!is_orphaned(&draft, &own, minute), "{what}");
        }
        // Shops before 3.6.4 do not say who an API key belongs to, but do say so of people.
        let nobody = |draft: &mut Value| draft["history"]["items"][0]["administrator"] = Value::Null;
        let own = drafted(|draft| {
            named(draft);
            nobody(draft);
        });
        assert!(is_orphaned(&drafted(nobody), &own, minute));
        assert!(!is_orphaned(&drafted(|_| ()), &own, minute));
    }
}
