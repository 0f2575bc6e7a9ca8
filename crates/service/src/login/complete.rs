//! The end of a sign-up: registration, subscriptions, events, consent and code, all or nothing.
//!
//! Invariant: a sign-up ends once, in one transaction. Its code is derived from its id, so a repeated completion gets
//! the same answer.

use super::authorize::{self, ResolvedAuthorization};
use super::registration::{Registration, TakeoverConditions};
use super::signup_in_progress::SignupInProgress;
use crate::notification::EventIds;
use crate::{App, Error, FormError, Result};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::consent::{ConsentGeneration, new_token_family};
use opendrs_domain::customer::Customer;
use opendrs_domain::device::{Device, DeviceRef, RevokedFamilies};
use opendrs_domain::id::{DeviceId, ProfileId};
use opendrs_domain::login::code::{self as codes, AuthorizationCode};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::model::Model;
use opendrs_domain::profile::Client;
use opendrs_domain::session::Session;
use opendrs_domain::subscription::SlotChoice;
use opendrs_domain::time::Time;
use opendrs_domain::token::TokenGenerations;
use opendrs_store::consent::PendingWithdrawal;
use opendrs_store::{Command, Tx, code, consent, customer, profile, signup};
use sha2::Sha256;

/// Completes a sign-up. Returns the URL to which the browser is redirected, code included.
///
/// # Errors
/// [`Error::InvalidForm`] when a slot is unanswered, none is chosen, or there is nowhere to ship to;
/// [`Error::SignupClosed`] when it was finished before.
pub async fn complete(app: &App, of: &SignupInProgress, customer: &Customer) -> Result<String> {
    if !of.has_consented {
        return Err(Error::SignupClosed);
    }
    let linked = match (&of.authorization.model, &of.authorization.request.device) {
        (Some(model), Some(device_request)) => {
            if let Some(view) = of.next_slot() {
                return Err(FormError::SlotUnanswered(view.slot.name.clone()).into());
            }
            if of.choices.iter().all(|choice| choice.asin.is_none()) {
                return Err(FormError::AllSlotsSkipped.into());
            }
            if customer.address.is_none() && !device_request.test {
                return Err(FormError::NoAddress.into());
            }
            Some(NewDevice {
                model: model.clone(),
                serial: device_request.serial.clone(),
                is_test: device_request.test,
            })
        }
        _ => None,
    };
    let signup = Some(SignupRef {
        shard: authorize::signup_shard(app, &of.row.id),
        id: of.row.id,
        consent_generation: of.row.consent_generation,
    });
    let decided = SignupDecision {
        authorization: &of.authorization,
        customer,
        new_device: linked,
        choices: of.agreed_choices(),
        signup,
    };
    let grant = finish_signup(app, &decided).await?;
    Ok(of.authorization.request.success_redirect(&grant.code))
}

/// The redirect URL of a sign-up that was completed, while its code is not exchanged. It serves a button that was
/// pressed twice, and a response that was lost.
///
/// # Errors
/// [`Error::SignupClosed`] where the code was exchanged or has expired, or there was no such sign-up.
pub async fn find_finished_redirect(app: &App, session: &Session, id: &str) -> Result<String> {
    let hash = authorize::hash_signup_id(id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let row = signup::find(&mut tx, authorize::signup_shard(app, &hash), &hash).await?;
    let row = row.filter(|row| row.session == session.id && row.finished).ok_or(Error::SignupClosed)?;
    let text = derive_code(app, &hash);
    let code = codes::hash_code(&text);
    let found = code::lock(&mut tx, app.db.shards().for_key(&[&code]), &code).await?;
    match found {
        Some(code) if code.used_at.is_none() && code.expires_at > app.now() => Ok(row.request.success_redirect(&text)),
        _ => Err(Error::SignupClosed),
    }
}

/// The code of a sign-up, derived from its id with a key of the installation, so that it can be derived again.
fn derive_code(app: &App, id: &[u8; 32]) -> String {
    let key = app.keys.derive_key("codes", 0);
    let mut random = [0; codes::RANDOM_BYTES];
    for (half, number) in random.chunks_mut(32).zip(0_u8..) {
        let mac = Hmac::<Sha256>::new_from_slice(&key).map(|mut mac| {
            mac.update(id);
            mac.update(&[number]);
            mac.finalize().into_bytes()
        });
        half.copy_from_slice(&mac.unwrap_or_default());
    }
    codes::generate(&random)
}

/// The unit to be linked.
#[derive(Clone, Debug)]
pub(crate) struct NewDevice {
    pub(crate) model: Model,
    pub(crate) serial: opendrs_domain::text::Serial,
    pub(crate) is_test: bool,
}

/// The result of [`finish_signup`].
#[derive(Clone, Debug)]
pub(crate) struct CompletedSignup {
    /// The authorization code.
    pub(crate) code: String,
    /// The registration.
    pub(crate) device: Option<DeviceRef>,
    /// The family of the tokens to come.
    pub(crate) family: u64,
    /// The token generations that they belong to.
    pub(crate) generations: TokenGenerations,
}

/// The row of the sign-up to be completed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignupRef {
    shard: i64,
    id: [u8; 32],
    consent_generation: Option<ConsentGeneration>,
}

/// The most times that a sign-up waits for the end of a withdrawal.
const MAX_TRIES: usize = 3;

/// A sign-up to be completed, with everything that was decided in it.
pub(crate) struct SignupDecision<'a> {
    pub(crate) authorization: &'a ResolvedAuthorization,
    pub(crate) customer: &'a Customer,
    /// The unit to be linked.
    pub(crate) new_device: Option<NewDevice>,
    pub(crate) choices: Vec<SlotChoice>,
    /// The row of the sign-up; `None` for a command of an operator.
    pub(crate) signup: Option<SignupRef>,
}

/// Makes registration, subscriptions, events, consent and code, all or nothing.
pub(crate) async fn finish_signup(app: &App, decided: &SignupDecision<'_>) -> Result<CompletedSignup> {
    for _ in 0..MAX_TRIES {
        match try_finish_signup(app, decided).await? {
            (text, SignupOutcome::Completed { device, family, generations }) => {
                return Ok(CompletedSignup { code: text, device, family, generations });
            }
            (_, SignupOutcome::Closed) => break,
            (_, SignupOutcome::OwnedByAnother) => return Err(FormError::OwnerChanged.into()),
            // The events of the withdrawal precede those of the next try, which allocates its ids afterwards.
            (_, SignupOutcome::WithdrawalPending(ending)) => crate::consent::finish_withdrawal(app, ending).await?,
        }
    }
    Err(Error::SignupClosed)
}

/// One try. Returns the text of the code, and the outcome.
async fn try_finish_signup(app: &App, decided: &SignupDecision<'_>) -> Result<(String, SignupOutcome)> {
    let SignupDecision { authorization, customer, new_device: linked, choices, signup } = decided;
    let now = app.now();
    let text = match signup {
        Some(begun) => derive_code(app, &begun.id),
        None => codes::generate(&app.ids.random_bytes()),
    };
    let hash = codes::hash_code(&text);
    let random = app.ids.random_bytes();
    let shards = app.db.shards();
    let code = AuthorizationCode {
        hash,
        device: None,
        customer: customer.id,
        client: authorization.client.id,
        redirect_uri: authorization.request.redirect_uri.clone(),
        challenge: authorization.request.challenge.clone(),
        scopes: authorization.request.scopes(),
        family: new_token_family(None, random),
        generations: TokenGenerations::default(),
        expires_at: now + codes::CODE_LIFETIME,
        used_at: None,
    };
    let unit = linked.as_ref().map(|NewDevice { model, serial, is_test: test }| Registration {
        shards,
        shard: shards.for_unit(model.id, serial),
        takeover: TakeoverConditions {
            // An operator at the command line may link a unit whatever the takeover policy is.
            policy: signup.is_some().then_some(model.takeover_policy),
            undo_until: now + app.settings.takeover.answer_within,
        },
        new_device: Device {
            id: DeviceId(app.ids.ordered_uuid(now)),
            model: model.id,
            model_code: model.code.clone(),
            serial: serial.clone(),
            maker: model.maker,
            customer: customer.id,
            directed_customer_id: app.keys.directed_customer_id(model.maker, customer.id),
            client: authorization.client.id,
            test: *test,
            registered_at: now,
            active_at: None,
            deregistered_at: None,
            revoked_families: RevokedFamilies::default(),
            suspended_at: None,
        },
        choices: choices.clone(),
        event_ids: [(); 3].map(|()| EventIds::allocate(app, now)),
    });
    let command = CompleteSignup {
        signup: *signup,
        registration: unit,
        consent: (shards.for_customer(customer.id), authorization.profile.id, authorization.request.scopes()),
        code: (shards.for_key(&[&hash]), code),
        random,
        now,
    };
    Ok((text, app.db.write(command).await?))
}

struct CompleteSignup {
    signup: Option<SignupRef>,
    registration: Option<Registration>,
    consent: (i64, ProfileId, Scopes),
    code: (i64, AuthorizationCode),
    random: [u8; 8],
    now: Time,
}

/// The outcome of a try to complete a sign-up.
enum SignupOutcome {
    /// It is complete: the device, if one was linked, the family of its tokens and their generations.
    Completed { device: Option<DeviceRef>, family: u64, generations: TokenGenerations },
    /// It was completed before, its consent was withdrawn meanwhile, its client was disabled or its customer blocked.
    Closed,
    /// The unit belongs to another customer, whose answer is needed. Nothing was changed.
    OwnedByAnother,
    /// An earlier withdrawal of the customer is not finished. Nothing was changed.
    WithdrawalPending(PendingWithdrawal),
}

impl Command for CompleteSignup {
    type Output = SignupOutcome;

    fn ordering_key(&self) -> u64 {
        match &self.registration {
            Some(unit) => crate::ordering_key::for_device(&unit.new_device),
            None => crate::ordering_key::for_customer(self.code.1.customer),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        if let Some(unit) = &self.registration
            && !unit.can_be_linked(tx, self.now).await?
        {
            return Ok(SignupOutcome::OwnedByAnother);
        }
        let (shard, code) = &self.code;
        let (customer_shard, profile, scopes) = self.consent;
        let before = consent::lock(tx, customer_shard, code.customer, profile).await?;
        let mark = before.as_ref().and_then(|consent| consent.generation);
        if let Some(mark) = mark
            && before.as_ref().is_some_and(|consent| consent.withdrawal_pending_since.is_some())
        {
            return Ok(SignupOutcome::WithdrawalPending(PendingWithdrawal {
                shard: customer_shard,
                customer: code.customer,
                profile,
                generation: mark,
            }));
        }
        let Some(generations) = self.current_generations(tx).await? else { return Ok(SignupOutcome::Closed) };
        if let Some(begun) = &self.signup
            && (!signup::finish(tx, begun.shard, &begun.id).await? || begun.consent_generation != mark)
        {
            return Ok(SignupOutcome::Closed);
        }
        let all = before.map_or(scopes, |consent| consent.scopes.union(scopes));
        consent::upsert(tx, customer_shard, code.customer, profile, all, self.now).await?;
        let device = match &self.registration {
            Some(unit) => Some(unit.link(tx, self.now).await?),
            None => None,
        };
        let family = new_token_family(mark, self.random);
        code::insert(tx, *shard, &AuthorizationCode { device, family, generations, ..code.clone() }).await?;
        Ok(SignupOutcome::Completed { device, family, generations })
    }
}

impl CompleteSignup {
    /// The token generations of the code; `None` if the client is disabled or the customer blocked. It locks the
    /// customer's row, so that a concurrent block finds the device that is linked now.
    async fn current_generations(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Option<TokenGenerations>> {
        let (customer_shard, ..) = self.consent;
        let (_, code) = &self.code;
        let client = profile::find_client(tx, code.client).await?.filter(Client::is_enabled);
        let standing = customer::lock_access(tx, customer_shard, code.customer).await?;
        Ok(client.filter(|_| standing.blocked_at.is_none()).map(|client| TokenGenerations {
            client: client.access.generation,
            customer: if self.registration.is_some() { 0 } else { standing.generation },
        }))
    }
}
