//! Links a device without a browser, for an operator's shell and for tests.
//!
//! It has the rules and the transaction of the pages. Only sign-in and consent are assumed, because whoever may run
//! this command may read the store.

use super::authorize::{self, ResolvedAuthorization};
use super::complete::{CompletedSignup, NewDevice, SignupDecision, finish_signup};
use super::token_endpoint::{self, IssuedTokens};
use crate::token::{self, TokenGrant};
use crate::{App, Error, Result};
use opendrs_domain::login::authorize::AuthorizationRequest;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::login::redirect;
use opendrs_domain::login::scope::{DeviceRequest, Scopes};
use opendrs_domain::notification::SlotInfo;
use opendrs_domain::subscription::SlotChoice;
use opendrs_domain::text::{Asin, Email, ModelCode, Serial, SlotId};
use opendrs_domain::token::TokenType;
use opendrs_store::subscription;

/// Which slots are reordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotSelection {
    /// Every slot, with its first product.
    Every,
    /// None.
    Nothing,
    /// These slots with these products; the others are off.
    Listed(Vec<(SlotId, Asin)>),
}

/// The parameters of a link.
#[derive(Clone, Debug)]
pub struct LinkDevice {
    /// The client's id, as on the wire.
    pub client: String,
    /// The model's code.
    pub model: ModelCode,
    /// The unit's serial.
    pub serial: Serial,
    /// The owner's e-mail address.
    pub customer: Email,
    /// Whether its orders are test orders.
    pub test: bool,
    /// Which slots are reordered.
    pub slots: SlotSelection,
    /// To get a code instead of tokens: the redirect URI that it is bound to, and its PKCE challenge.
    pub code: Option<(String, Option<Challenge>)>,
}

/// The result of a link.
#[derive(Clone, Debug)]
pub struct LinkResult {
    /// Tokens, or a code for them.
    pub grant: TokensOrCode,
    /// Every slot of the device.
    pub slots: Vec<SlotInfo>,
}

/// Tokens, or a code for them.
#[derive(Clone, Debug)]
pub enum TokensOrCode {
    /// Tokens.
    Tokens(IssuedTokens),
    /// An authorization code.
    Code(String),
}

/// Links a device.
///
/// # Errors
/// [`Error::InvalidCommand`] names what does not exist or is not allowed.
pub async fn link_device(app: &App, link: LinkDevice) -> Result<LinkResult> {
    let bad = |text: String| Error::InvalidCommand(text);
    let id = crate::customer::find_id_by_email(app, &link.customer).await?;
    let id = id.ok_or_else(|| bad(format!("no customer has the address {}: seed one first", link.customer)))?;
    let customer = crate::customer::load(app, id).await?;
    if crate::customer::is_blocked(app, id).await? {
        return Err(bad(format!("{} is blocked: unblock them first with `opendrs customer unblock`", link.customer)));
    }
    let (redirect_uri, challenge) = link.code.clone().unwrap_or_default();
    let request = AuthorizationRequest {
        client: link.client.clone(),
        redirect_uri,
        state: None,
        scopes: Scopes::parse("dash:replenish").unwrap_or(Scopes::from_bits(1)).bits(),
        device: Some(DeviceRequest {
            model: link.model.clone(),
            serial: link.serial.clone(),
            test: link.test,
            non_live: true,
        }),
        challenge,
        issuer: None,
    };
    let authorization = authorize::resolve(app, request).await?;
    let authorization = authorization.map_err(|_| {
        bad(format!(
            "client {} or model {} does not exist, they are not of one maker, or the client is disabled",
            link.client, link.model
        ))
    })?;
    if let Some((uri, challenge)) = &link.code {
        redirect::resolve_redirect_uri(&authorization.client, Some(uri))
            .map_err(|_| bad(format!("{uri} is no redirect URI of client {}", link.client)))?;
        if challenge.is_none() && authorization.client.requires_pkce() {
            let why = if authorization.client.is_strict() { "strict" } else { "public" };
            return Err(bad(format!("this client is {why} and must prove its code: give --code-challenge")));
        }
        if authorization.client.is_strict() && matches!(challenge, Some(Challenge::Plain(_))) {
            return Err(bad("this client is strict: give --code-challenge-method S256, and its challenge".into()));
        }
    }
    let ResolvedAuthorization { model: Some(model), .. } = authorization.clone() else {
        return Err(Error::missing_row("a model"));
    };
    let views = crate::subscription::list_slot_views(app, &model, None).await?;
    let mut choices = Vec::new();
    for view in &views {
        let slot = view.slot.id.clone();
        let asin = match &link.slots {
            SlotSelection::Every => view.slot.products.first().cloned(),
            SlotSelection::Nothing => None,
            SlotSelection::Listed(list) => list.iter().find(|(id, _)| *id == slot).map(|(_, asin)| asin.clone()),
        };
        if asin.as_ref().is_some_and(|asin| !view.slot.products.contains(asin)) {
            let offered: Vec<_> = view.slot.products.iter().map(Asin::as_str).collect();
            return Err(bad(format!("slot {slot} does not offer that product; it offers {}", offered.join(", "))));
        }
        choices.push(SlotChoice { slot, asin, price: None });
    }
    if let SlotSelection::Listed(list) = &link.slots
        && let Some((unknown, _)) = list.iter().find(|(id, _)| !views.iter().any(|view| view.slot.id == *id))
    {
        let known: Vec<_> = views.iter().map(|view| view.slot.id.as_str()).collect();
        return Err(bad(format!("model {} has no slot {unknown}; it has {}", model.code, known.join(", "))));
    }
    let linked = Some(NewDevice { model, serial: link.serial.clone(), is_test: link.test });
    let decided = SignupDecision {
        authorization: &authorization,
        customer: &customer,
        new_device: linked,
        choices,
        signup: None,
    };
    let CompletedSignup { code, device, family, generations } = finish_signup(app, &decided).await?;
    let linked = device.ok_or_else(|| Error::missing_row("the device just linked"))?;
    let slots = subscription::list_slots(&mut app.db.reader().await?.tx()?, linked).await?;
    let (client, scopes) = (authorization.client.id, authorization.request.scopes());
    let grant = TokenGrant { device, customer: customer.id, client, family, generations, scopes };
    let grant = match link.code {
        Some(_) => TokensOrCode::Code(code),
        None => TokensOrCode::Tokens(token_endpoint::issue_tokens(
            app,
            grant,
            token::seal_token(app, grant, TokenType::Refresh),
        )),
    };
    Ok(LinkResult { grant, slots })
}
