//! Receivers of notifications.

use super::{Plan, Planned, Stop, TopicDraft};
use crate::seed::declared::TopicSeed;
use crate::seed::endpoint::{ENDPOINT, Endpoint};
use crate::seed::merge::{Merge, hidden, plain};
use crate::seed::outcome::What;
use crate::seed::write::{Op, TopicWrite};
use crate::topic::{Topics, at_another_address};
use opendrs_domain::delivery::Policy;
use opendrs_domain::endpoint;
use opendrs_domain::profile::Profile;
use opendrs_domain::topic::{Signature, State, Topic};
use opendrs_store::{Tx, seeded};

/// How many topics are read at once.
const PAGE: i64 = 100;

impl Plan<'_> {
    /// The topics of a profile.
    pub(super) async fn topics(&mut self, tx: &mut Tx<'_>, of: &Profile, declared: &[TopicSeed]) -> Planned<()> {
        for seed in declared {
            let Some(draft) = self.inputs.topics.get(self.topics).cloned() else { continue };
            self.topics += 1;
            self.topic(tx, of, seed, draft).await?;
        }
        let recorded = seeded::parts(tx, 0, "topic", &of.id.to_string()).await?;
        let undeclared = recorded.into_iter().filter(|(name, _)| declared.iter().all(|seed| seed.name != *name));
        let undeclared: Vec<_> = undeclared.map(|(name, _)| name).collect();
        if undeclared.is_empty() {
            return Ok(());
        }
        let mut last = opendrs_store::delivery::first();
        loop {
            let page = self.inputs.stored.after(tx, last, PAGE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for found in page.into_iter().filter(|topic| topic.profile == of.id && is_on(topic.state)) {
                if let Some(name) = undeclared.iter().find(|name| found.arn.rsplit(':').next() == Some(name)) {
                    self.undeclared("topic", name.clone(), found.arn);
                }
            }
        }
    }

    async fn topic(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Profile,
        declared: &TopicSeed,
        TopicDraft { topic: mut draft, question }: TopicDraft,
    ) -> Planned<()> {
        draft.profile = of.id;
        let old = self.inputs.stored.by_arn(tx, &draft.arn).await?;
        let mut merge = self.begin(tx, "topic", &of.id.to_string(), &declared.name, old.is_some()).await?;
        if merge.is_gone() {
            self.gone("topic", declared.name.clone(), draft.arn);
            return Ok(());
        }
        if old.as_ref().is_some_and(|old| old.profile != of.id) {
            let message = format!("{} belongs to another security profile: choose another name", draft.arn);
            return Err(Stop::bad(declared.line, "topic", message));
        }
        // An export without secrets hides them by asterisks, which stand for what is there.
        if draft.endpoint.contains(endpoint::HIDDEN) {
            match old.as_ref().filter(|old| endpoint::fits(&draft.endpoint, &old.endpoint)) {
                Some(old) => draft.endpoint.clone_from(&old.endpoint),
                None => {
                    let message = "a part of the endpoint is hidden by ***: write it, or export with --with-secrets";
                    return Err(Stop::bad(declared.line, "endpoint", message));
                }
            }
        }
        let new = merged(self.inputs.stored, &mut merge, old.as_ref(), &draft, declared);
        let asks = new.state == State::Pending && new.token_ends_at == draft.token_ends_at;
        if merge.writes() {
            let write = TopicWrite {
                topics: self.inputs.stored,
                topic: new,
                asks: asks.then_some(question),
                now: self.inputs.now,
            };
            self.ops.push(Op::Topic(Box::new(write)));
        }
        self.end(merge, declared.name.clone(), draft.arn, None);
        Ok(())
    }
}

fn is_on(state: State) -> bool {
    matches!(state, State::Pending | State::Confirmed)
}

fn merged(stored: Topics, merge: &mut Merge, old: Option<&Topic>, draft: &Topic, declared: &TopicSeed) -> Topic {
    let of = |topic: &Topic| Endpoint::of(stored, &draft.arn, &topic.endpoint);
    let endpoint = merge.value(ENDPOINT, old.map(of), of(draft), hidden).text;
    let show = |word: &&str| Some((*word).to_owned());
    let signature = merge.value("signature_version", old.map(|t| t.signature.as_str()), draft.signature.as_str(), show);
    let raw = merge.value("raw", old.map(|t| t.raw), draft.raw, plain);
    let policy_text = merge.value("policy", old.map(|t| t.policy_text.clone()), draft.policy_text.clone(), plain);
    let disabled = merge.optional("disabled", old.map(|t| !is_on(t.state)), declared.disabled, || false, plain);
    // Whether it needs not be asked is no value of the store: what counts is that it was not declared before.
    let confirmed_before = merge.owned("confirmed") == Some(merge.digest("confirmed", &true).as_str());
    let confirmed = merge.digest("confirmed", &declared.confirmed);
    merge.record.values.insert("confirmed".into(), confirmed);
    let moved = old.is_some_and(|old| old.endpoint != endpoint);
    let mut new = match old {
        None => draft.clone(),
        Some(old) if moved => at_another_address(old, draft.clone()),
        Some(old) => old.clone(),
    };
    new.endpoint = endpoint;
    new.signature = Signature::parse(signature).unwrap_or(draft.signature);
    new.raw = raw;
    // It was read before, by the store or by the draft.
    new.policy = Policy::parse(&policy_text).unwrap_or(new.policy);
    new.policy_text = policy_text;
    if disabled && is_on(new.state) {
        new.state = State::Disabled;
    } else if !disabled && !is_on(new.state) {
        new.state = State::Confirmed;
    } else if declared.confirmed && !confirmed_before && new.state == State::Pending {
        new.state = State::Confirmed;
        merge.effect("confirmed", What::Changed, Some("false".into()), Some("true".into()));
    }
    new
}
