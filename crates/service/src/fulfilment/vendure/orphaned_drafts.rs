//! Removes orphaned drafts: drafts that a shop made for us while its answer was lost.
//!
//! A draft carries no id of ours until it is filled. So an orphaned one is recognised by its properties: it is empty,
//! has no customer, and its account made a draft of ours. It was made after our first request and before the draft that
//! is known. Invariant: drafts of other accounts, and drafts with any content, are not changed.

use super::VendureShop;
use super::wire::{DISCARD, DiscardResponse, DraftDetails, LOST, LostResponse};
use crate::App;
use opendrs_domain::date;
use opendrs_domain::time::{Span, Time};
use opendrs_store::fulfilment;
use serde_json::json;

/// How much earlier than our first request a draft may seem to be made: some shops store whole seconds.
const CLOCK_TOLERANCE: Span = Span::from_mins(1);
/// The most drafts that are removed together.
const MAX_REMOVED: usize = 4;

/// Removes the drafts that were made since `since` by the system clock and are no orders of ours. `code` is the shop's
/// code of the draft that is known.
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
        // A draft that has left the draft state stays: it is in use.
        let _: DiscardResponse = shop.execute(app, &DISCARD, json!({ "id": draft.id })).await?;
        removed += 1;
    }
    Ok(())
}

/// Whether a draft was made for us. `own` is a known draft of ours, which is at most `within` younger.
fn is_orphaned(draft: &DraftDetails, own: &DraftDetails, within: Span) -> bool {
    let maker = |of: &DraftDetails| of.history.items.first().map(|entry| entry.administrator.clone());
    let same = maker(own).is_some_and(|account| maker(draft) == Some(account));
    let (Some(made), Some(ours)) = (date::parse(&draft.created_at), date::parse(&own.created_at)) else { return false };
    let empty = draft.total_quantity == 0 && draft.customer.is_none();
    // Some shops store whole seconds: a draft of the same second is not younger.
    empty && same && draft.id != own.id && made <= ours && ours.since(made) <= within
}

/// Whether the draft is an order of ours that is being filled now.
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
        // Shops before 3.6.4 do not name the owner of an API key. They do name people.
        let nobody = |draft: &mut Value| draft["history"]["items"][0]["administrator"] = Value::Null;
        let own = drafted(|draft| {
            named(draft);
            nobody(draft);
        });
        assert!(is_orphaned(&drafted(nobody), &own, minute));
        assert!(!is_orphaned(&drafted(|_| ()), &own, minute));
    }
}
