//! A sign-up's end: registration, subscriptions, events, consent and code, all or nothing.
//!
//! Invariant: a sign-up ends once, in one transaction; its code follows from it, so that who completes twice is told the same.

use super::authorize::{self, Asked};
use super::signup::Underway;
use super::unit::{TakeoverRules, Unit};
use crate::delivery::Stamp;
use crate::{App, BadChoice, Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::consent::{Mark, family};
use opendrs_domain::customer::Customer;
use opendrs_domain::device::{Device, Families};
use opendrs_domain::id::{DeviceId, ProfileId};
use opendrs_domain::login::code::{self as codes, Code};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::model::Model;
use opendrs_domain::profile::Client;
use opendrs_domain::session::Session;
use opendrs_domain::subscription::Choice;
use opendrs_domain::time::Time;
use opendrs_domain::token::Generations;
use opendrs_store::consent::Ending;
use opendrs_store::{Tx, Write, code, consent, customer, profile, signup};
use sha2::Sha256;

/// Finishes a sign-up. Returns where the browser goes, code included.
///
/// # Errors
/// [`Error::BadChoice`] when a slot is unanswered, none is chosen, or there is nowhere to ship to;
/// [`Error::SignupGone`] when it was finished before.
pub async fn complete(app: &App, of: &Underway, customer: &Customer) -> Result<String> {
    if !of.consented {
        return Err(Error::SignupGone);
    }
    let linked = match (&of.asked.model, &of.asked.request.device) {
        (Some(model), Some(asked)) => {
            if let Some(view) = of.next_slot() {
                return Err(BadChoice::Unanswered(view.slot.name.clone()).into());
            }
            if of.choices.iter().all(|choice| choice.asin.is_none()) {
                return Err(BadChoice::AllSkipped.into());
            }
            if customer.address.is_none() && !asked.test {
                return Err(BadChoice::NoAddress.into());
            }
            Some(Linking { model: model.clone(), serial: asked.serial.clone(), test: asked.test })
        }
        _ => None,
    };
    let signup = Some(Begun { shard: authorize::shard(app, &of.row.id), id: of.row.id, mark: of.row.mark });
    let decided = Decided { asked: &of.asked, customer, linked, choices: of.agreed_choices(), signup };
    let grant = finish(app, &decided).await?;
    Ok(of.asked.request.granted(&grant.code))
}

/// Where the browser of a sign-up goes that was finished, as long as its code waits to be exchanged: the last button was
/// pressed twice, or the answer to it got lost.
///
/// # Errors
/// [`Error::SignupGone`] where that is over, or there was none.
pub async fn finished(app: &App, session: &Session, id: &str) -> Result<String> {
    let hash = authorize::hash(id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let row = signup::get(&mut tx, authorize::shard(app, &hash), &hash).await?;
    let row = row.filter(|row| row.session == session.id && row.finished).ok_or(Error::SignupGone)?;
    let text = code_of(app, &hash);
    let code = codes::hash(&text);
    let found = code::lock(&mut tx, app.db.shards().of(&[&code]), &code).await?;
    match found {
        Some(code) if code.used_at.is_none() && code.expires_at > app.now() => Ok(row.request.granted(&text)),
        _ => Err(Error::SignupGone),
    }
}

/// The code that a sign-up ends with: whoever has its id, and our key, can tell it again.
fn code_of(app: &App, id: &[u8; 32]) -> String {
    let key = app.keys.derive("codes", 0);
    let mut random = [0; codes::RANDOM];
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
pub(crate) struct Linking {
    pub(crate) model: Model,
    pub(crate) serial: opendrs_domain::text::Serial,
    pub(crate) test: bool,
}

/// What [`finish`] made.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// The authorization code.
    pub(crate) code: String,
    /// The registration and its shard.
    pub(crate) device: Option<(i64, DeviceId)>,
    /// The family of the tokens to come.
    pub(crate) family: u64,
    /// What they belong to.
    pub(crate) generations: Generations,
}

/// The sign-up that is finished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    shard: i64,
    id: [u8; 32],
    mark: Option<Mark>,
}

/// How often a sign-up waits for the end of a withdrawal.
const TRIES: usize = 3;

/// A sign-up that is to be finished, with all that was decided in it.
pub(crate) struct Decided<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) customer: &'a Customer,
    /// The unit that is linked.
    pub(crate) linked: Option<Linking>,
    pub(crate) choices: Vec<Choice>,
    /// Its row; none where it was decided at a command line.
    pub(crate) signup: Option<Begun>,
}

/// Makes registration, subscriptions, events, consent and code, all or nothing.
pub(crate) async fn finish(app: &App, decided: &Decided<'_>) -> Result<Finished> {
    for _ in 0..TRIES {
        match attempt(app, decided).await? {
            (text, Completed::Done { device, family, generations }) => {
                return Ok(Finished { code: text, device, family, generations });
            }
            (_, Completed::Over) => break,
            (_, Completed::OfAnother) => return Err(BadChoice::OtherOwner.into()),
            // Its events come before those of the next try, whose ids are drawn then.
            (_, Completed::Ending(ending)) => crate::consent::finish(app, ending).await?,
        }
    }
    Err(Error::SignupGone)
}

/// A try: the code's text, and what became of it.
async fn attempt(app: &App, decided: &Decided<'_>) -> Result<(String, Completed)> {
    let Decided { asked, customer, linked, choices, signup } = decided;
    let now = app.now();
    let text = match signup {
        Some(begun) => code_of(app, &begun.id),
        None => codes::generate(&app.ids.bytes()),
    };
    let hash = codes::hash(&text);
    let random = app.ids.bytes();
    let shards = app.db.shards();
    let code = Code {
        hash,
        device: None,
        customer: customer.id,
        client: asked.client.id,
        redirect_uri: asked.request.redirect_uri.clone(),
        challenge: asked.request.challenge.clone(),
        scopes: asked.request.scopes(),
        family: family(None, random),
        generations: Generations::default(),
        expires_at: now + codes::LIFETIME,
        used_at: None,
    };
    let unit = linked.as_ref().map(|Linking { model, serial, test }| Unit {
        shards,
        shard: shards.of_unit(model.id, serial),
        takeover: TakeoverRules {
            // Whoever may run a command may also decide whose a unit is.
            policy: signup.is_some().then_some(model.takeover),
            undo_until: now + app.settings.takeover.answer_within,
        },
        fresh: Device {
            id: DeviceId(app.ids.ordered(now)),
            model: model.id,
            model_code: model.code.clone(),
            serial: serial.clone(),
            maker: model.maker,
            customer: customer.id,
            directed_customer: app.keys.directed(model.maker, customer.id),
            client: asked.client.id,
            test: *test,
            registered_at: now,
            active_at: None,
            deregistered_at: None,
            revoked: Families::default(),
            suspended_at: None,
        },
        choices: choices.clone(),
        stamps: [(); 3].map(|()| Stamp::draw(app, now)),
    });
    let command = Complete {
        signup: *signup,
        unit,
        consent: (shards.of_customer(customer.id), asked.profile.id, asked.request.scopes()),
        code: (shards.of(&[&hash]), code),
        random,
        now,
    };
    Ok((text, app.db.write(command).await?))
}

struct Complete {
    signup: Option<Begun>,
    unit: Option<Unit>,
    consent: (i64, ProfileId, Scopes),
    code: (i64, Code),
    random: [u8; 8],
    now: Time,
}

/// What became of a sign-up.
enum Completed {
    /// It is finished: the device, if one was linked, and the family of its tokens and what they belong to.
    Done { device: Option<(i64, DeviceId)>, family: u64, generations: Generations },
    /// It was finished before, the consent that it was begun with was withdrawn meanwhile, its client was disabled or its
    /// customer blocked.
    Over,
    /// The unit is another customer's, whose answer it needs; nothing was changed.
    OfAnother,
    /// What the customer withdrew before is not at its end; nothing was changed.
    Ending(Ending),
}

impl Write for Complete {
    type Out = Completed;

    fn key(&self) -> u64 {
        match &self.unit {
            Some(unit) => crate::device::key(unit.fresh.model, &unit.fresh.serial),
            None => crate::consent::key(self.code.1.customer),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        if let Some(unit) = &self.unit
            && !unit.may_be_linked(tx, self.now).await?
        {
            return Ok(Completed::OfAnother);
        }
        let (shard, code) = &self.code;
        let (customer_shard, profile, scopes) = self.consent;
        let before = consent::lock(tx, customer_shard, code.customer, profile).await?;
        let mark = before.as_ref().and_then(|consent| consent.mark);
        if let Some(mark) = mark
            && before.as_ref().is_some_and(|consent| consent.ending_at.is_some())
        {
            return Ok(Completed::Ending(Ending { shard: customer_shard, customer: code.customer, profile, mark }));
        }
        let Some(generations) = self.generations(tx).await? else { return Ok(Completed::Over) };
        if let Some(begun) = &self.signup
            && (!signup::finish(tx, begun.shard, &begun.id).await? || begun.mark != mark)
        {
            return Ok(Completed::Over);
        }
        let all = before.map_or(scopes, |consent| consent.scopes.union(scopes));
        consent::put(tx, customer_shard, (code.customer, profile), all, self.now).await?;
        let device = match &self.unit {
            Some(unit) => Some((unit.shard, unit.link(tx, self.now).await?)),
            None => None,
        };
        let family = family(mark, self.random);
        code::add(tx, *shard, &Code { device, family, generations, ..code.clone() }).await?;
        Ok(Completed::Done { device, family, generations })
    }
}

impl Complete {
    /// What the code belongs to; `None` if its client is disabled or its customer blocked. The customer is held, so that
    /// whoever blocks them finds the device that is linked now.
    async fn generations(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Option<Generations>> {
        let (customer_shard, ..) = self.consent;
        let (_, code) = &self.code;
        let client = profile::client(tx, code.client).await?.filter(Client::is_enabled);
        let standing = customer::standing_held(tx, customer_shard, code.customer).await?;
        Ok(client.filter(|_| standing.blocked_at.is_none()).map(|client| Generations {
            client: client.access.generation,
            customer: if self.unit.is_some() { 0 } else { standing.generation },
        }))
    }
}
