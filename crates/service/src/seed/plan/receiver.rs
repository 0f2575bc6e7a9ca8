//! The plan for receivers of notifications.

use super::{ReceiverDraft, SeedPlan, SeedPlanError, SeedPlanResult};
use crate::receiver::{ReceiverRepository, with_new_endpoint};
use crate::seed::declaration::ReceiverSeed;
use crate::seed::endpoint::{DigestedEndpoint, ENDPOINT_KEY};
use crate::seed::merge::{SeedMerge, format_plain, hide_value};
use crate::seed::report::SeedEffectKind;
use crate::seed::write::{ReceiverWrite, SeedOperation};
use opendrs_domain::delivery::DeliveryPolicy;
use opendrs_domain::endpoint;
use opendrs_domain::profile::Profile;
use opendrs_domain::receiver::{Receiver, ReceiverState, ReceiverTarget, SignatureVersion};
use opendrs_store::{Tx, seed_record};

/// How many receivers one query reads.
const PAGE_SIZE: i64 = 100;

impl SeedPlan<'_> {
    /// Plans the receivers of a profile.
    pub(super) async fn plan_receivers(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &[ReceiverSeed],
    ) -> SeedPlanResult<()> {
        for seed in declared {
            let Some(draft) = self.inputs.receiver_drafts.get(self.receivers_planned).cloned() else { continue };
            self.receivers_planned += 1;
            self.plan_receiver(tx, of, seed, draft).await?;
        }
        let recorded = seed_record::list_parts(tx, 0, "topic", &of.id.to_string()).await?;
        let undeclared = recorded.into_iter().filter(|(name, _)| declared.iter().all(|seed| seed.name != *name));
        let undeclared: Vec<_> = undeclared.map(|(name, _)| name).collect();
        if undeclared.is_empty() {
            return Ok(());
        }
        let mut last = opendrs_store::delivery::lowest_receiver_id();
        loop {
            let page = self.inputs.receiver_repository.list_after(tx, last, PAGE_SIZE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for found in page.into_iter().filter(|receiver| receiver.profile == of.id && is_active(receiver.state)) {
                if let Some(name) = undeclared.iter().find(|name| found.arn.rsplit(':').next() == Some(name)) {
                    self.note_undeclared("topic", name.clone(), found.arn);
                }
            }
        }
    }

    async fn plan_receiver(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &ReceiverSeed,
        ReceiverDraft { receiver: mut draft, confirmation_id: question }: ReceiverDraft,
    ) -> SeedPlanResult<()> {
        draft.profile = of.id;
        let old = self.inputs.receiver_repository.find_by_arn(tx, &draft.arn).await?;
        let mut merge = self.begin_merge(tx, "topic", &of.id.to_string(), &declared.name, old.is_some()).await?;
        if merge.was_removed() {
            self.note_removed("topic", declared.name.clone(), draft.arn);
            return Ok(());
        }
        if old.as_ref().is_some_and(|old| old.profile != of.id) {
            let message = format!("{} belongs to another security profile: choose another name", draft.arn);
            return Err(SeedPlanError::invalid(declared.line, "topic", message));
        }
        // An export without secrets replaces them by asterisks, which stand for the existing value.
        if draft.target.endpoint().contains(endpoint::REDACTED) {
            let is_known = |old: &&Receiver| endpoint::matches_redacted(draft.target.endpoint(), old.target.endpoint());
            match old.as_ref().filter(is_known) {
                Some(old) => draft.target.clone_from(&old.target),
                None => {
                    let message = "a part of the endpoint is hidden by ***: write it, or export with --with-secrets";
                    return Err(SeedPlanError::invalid(declared.line, "endpoint", message));
                }
            }
        }
        let new = merge_receiver(self.inputs.receiver_repository, &mut merge, old.as_ref(), &draft, declared);
        let asks = new.state == ReceiverState::Pending && new.token_ends_at == draft.token_ends_at;
        if merge.needs_write() {
            let write = ReceiverWrite {
                repository: self.inputs.receiver_repository,
                receiver: new,
                confirmation_id: asks.then_some(question),
                now: self.inputs.now,
            };
            self.ops.push(SeedOperation::Receiver(Box::new(write)));
        }
        self.end_merge(merge, declared.name.clone(), draft.arn, None);
        Ok(())
    }
}

fn is_active(state: ReceiverState) -> bool {
    matches!(state, ReceiverState::Pending | ReceiverState::Confirmed)
}

fn merge_receiver(
    stored: ReceiverRepository,
    merge: &mut SeedMerge,
    old: Option<&Receiver>,
    draft: &Receiver,
    declared: &ReceiverSeed,
) -> Receiver {
    let of = |receiver: &Receiver| DigestedEndpoint::new(stored, &draft.arn, receiver.target.endpoint());
    let target =
        ReceiverTarget::from_endpoint(&merge.merge_value(ENDPOINT_KEY, old.map(of), of(draft), hide_value).text);
    let show = |word: &&str| Some((*word).to_owned());
    let signature =
        merge.merge_value("signature_version", old.map(|t| t.signature.as_str()), draft.signature.as_str(), show);
    let raw = merge.merge_value("raw", old.map(|t| t.raw_delivery), draft.raw_delivery, format_plain);
    let policy_text =
        merge.merge_value("policy", old.map(|t| t.policy_text.clone()), draft.policy_text.clone(), format_plain);
    let disabled =
        merge.merge_optional("disabled", old.map(|t| !is_active(t.state)), declared.disabled, || false, format_plain);
    // `confirmed` is not stored as a value: the earlier declaration is compared.
    let confirmed_before = merge.owned_digest("confirmed") == Some(merge.digest("confirmed", &true).as_str());
    let confirmed = merge.digest("confirmed", &declared.confirmed);
    merge.record.values.insert("confirmed".into(), confirmed);
    let moved = old.is_some_and(|old| old.target != target);
    let mut new = match old {
        None => draft.clone(),
        Some(old) if moved => with_new_endpoint(old, draft.clone()),
        Some(old) => old.clone(),
    };
    new.target = target;
    new.signature = SignatureVersion::parse(signature).unwrap_or(draft.signature);
    new.raw_delivery = raw;
    // The text was parsed before, by the store or by the draft.
    new.policy = DeliveryPolicy::parse(&policy_text).unwrap_or(new.policy);
    new.policy_text = policy_text;
    if disabled && is_active(new.state) {
        new.state = ReceiverState::Disabled;
    } else if !disabled && !is_active(new.state) {
        new.state = ReceiverState::Confirmed;
    } else if declared.confirmed && !confirmed_before && new.state == ReceiverState::Pending {
        new.state = ReceiverState::Confirmed;
        merge.record_effect("confirmed", SeedEffectKind::Changed, Some("false".into()), Some("true".into()));
    }
    new
}
