//! Builds the message that a mailer sends from a stored mail.
//!
//! Not here: its text. Invariant: a message is built at every attempt, so a mail about a device goes to the customer's
//! present address in their present language. Only its content is as of the change that it is about; translations are
//! the catalogue's.

use super::mailer::{MailDevice, MailMessage};
use crate::{App, Result, account, brand, named_link};
use opendrs_domain::account::{AccountMail, MailRecipient};
use opendrs_domain::customer::Address;
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_domain::login::form;
use opendrs_domain::mail::{MailContent, MailSubject};
use opendrs_store::mail::StoredMail;
use opendrs_store::{customer, device, order, picture, product};

/// Loads the data that a mail's text needs; `None` when its customer, device or order no longer exists.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn build_message(app: &App, mail: &StoredMail) -> Result<Option<MailMessage>> {
    match &mail.subject {
        MailSubject::Device { device, customer } => build_device_message(app, mail, *device, *customer).await,
        MailSubject::Account(recipient) => build_account_message(app, mail, recipient).map(Some),
    }
}

async fn build_device_message(
    app: &App,
    mail: &StoredMail,
    device: DeviceId,
    customer: CustomerId,
) -> Result<Option<MailMessage>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let named = DeviceRef { shard: mail.shard, id: device };
    let Some(of) = device::find_named(&mut tx, named).await? else { return Ok(None) };
    let shard = app.db.shards().for_customer(customer);
    let Some(to) = customer::find_by_id(&mut tx, shard, customer).await? else { return Ok(None) };
    // An order keeps the address that it was placed with.
    let order = match mail.content.order() {
        Some(bought) => match order::find_device(&mut tx, mail.shard, bought.order).await? {
            Some(device) => order::find_by_id(&mut tx, device, bought.order).await?,
            None => None,
        },
        None => None,
    };
    let zone = to.zone_preferences(app.settings.zone).resolve();
    let product = match &order {
        Some(order) => product::find_by_asin(&mut tx, &order.item.asin).await?,
        None => None,
    };
    let recipient = order.and_then(|order| order.recipient);
    let address = recipient.map_or(to.address, |recipient| recipient.address);
    let brand = brand::find_in(app, &mut tx, of.device.maker).await?;
    let logo = match brand.brand.logo {
        Some(logo) => picture::find(&mut tx, logo.hash).await?,
        None => None,
    };
    let base = &app.settings.mail.base_url;
    let language = to.language.unwrap_or(app.settings.language);
    let of = of.in_language(language);
    let token = mail
        .content
        .cancellable_order()
        .map(|instance| named_link::cancel_token(app, mail.shard, instance))
        .transpose()?;
    let approach = mail.content.takeover();
    let takeover = approach.map(|by| named_link::takeover_token(app, named, by.customer)).transpose()?;
    Ok(Some(MailMessage {
        id: mail.id,
        at: mail.at,
        to: to.email,
        language,
        zone,
        name: to.name,
        address: if of.device.test { Some("N/A".into()) } else { address.as_ref().map(Address::to_single_line) },
        device: Some(MailDevice::for_customer(&of, customer)),
        content: mail.content.clone().in_language(language, product.as_ref()),
        cancel_url: token.map(|token| format!("{base}/order/cancel?token={token}")),
        order_url: mail
            .content
            .order()
            .filter(|bought| !bought.test)
            .map(|bought| format!("{base}/order?id={}", form::percent_encode(&bought.instance_id().to_string(), ""))),
        takeover_url: takeover.map(|token| format!("{base}/takeover?token={token}")),
        account_url: None,
        code: None,
        settings_url: format!("{base}/settings"),
        brand,
        logo,
    }))
}

fn build_account_message(app: &App, mail: &StoredMail, to: &MailRecipient) -> Result<MailMessage> {
    let base = &app.settings.mail.base_url;
    let MailContent::Account(news) = &mail.content else {
        return Err(crate::Error::Internal("a mail about a device has no device".into()));
    };
    let token = news.link(&to.email, mail.at).map(|link| account::link_token(app, &link)).transpose()?;
    let linked_page = match news {
        AccountMail::ConfirmAddress(_) => token.map(|token| format!("{base}/account/create?token={token}")),
        AccountMail::Recovery { .. } => token.map(|token| format!("{base}/account/reset?token={token}")),
        AccountMail::ConfirmNewEmail { .. } => token.map(|token| format!("{base}/account/email/confirm?token={token}")),
        AccountMail::AlreadyRegistered | AccountMail::PasswordChanged => Some(format!("{base}/account/forgotten")),
        AccountMail::EmailChanged | AccountMail::Deleted => None,
        AccountMail::NotRegistered => app.settings.accounts.open.then(|| format!("{base}/account/new")),
        AccountMail::ExportReady { export, .. } => Some(format!("{base}/account/export?id={export}")),
        AccountMail::Created
        | AccountMail::SecondFactorOn
        | AccountMail::SecondFactorOff
        | AccountMail::RecoveryCodeUsed
        | AccountMail::IdentityLinked { .. }
        | AccountMail::IdentityRemoved { .. }
        | AccountMail::DeletionPlanned(_)
        | AccountMail::DeletionCancelled => Some(format!("{base}/account")),
    };
    let code = match news {
        AccountMail::ConfirmAddress(request) => Some(account::code_for(app, request)?),
        _ => None,
    };
    Ok(MailMessage {
        id: mail.id,
        at: mail.at,
        to: to.email.clone(),
        language: to.language,
        zone: to.zone.unwrap_or(app.settings.zone),
        name: to.name.clone().unwrap_or_default(),
        device: None,
        address: None,
        content: mail.content.clone(),
        cancel_url: None,
        order_url: None,
        takeover_url: None,
        account_url: linked_page,
        code,
        settings_url: format!("{base}/settings"),
        brand: brand::of_operator(app),
        logo: None,
    })
}
