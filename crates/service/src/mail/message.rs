//! Builds the message that a mailer sends from a stored mail.
//!
//! Not here: its text. Invariant: a message is built at every attempt, so it goes to the customer's present address in
//! their present language. Only its content is as of the change that it is about.

use super::mailer::MailMessage;
use crate::{App, Result, named_link};
use opendrs_domain::customer::Address;
use opendrs_domain::device::DeviceRef;
use opendrs_domain::login::form;
use opendrs_store::mail::StoredMail;
use opendrs_store::{customer, device, model, order};

/// Loads the data that a mail's text needs; `None` when its customer, device or order no longer exists.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn build_message(app: &App, mail: &StoredMail) -> Result<Option<MailMessage>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let told = DeviceRef { shard: mail.shard, id: mail.device };
    let Some(of) = device::find_by_id(&mut tx, told).await? else { return Ok(None) };
    let Some(model) = model::find_by_id(&mut tx, of.model).await? else { return Ok(None) };
    let shard = app.db.shards().for_customer(mail.customer);
    let Some(to) = customer::find_by_id(&mut tx, shard, mail.customer).await? else { return Ok(None) };
    // An order keeps the address that it was placed with.
    let order = match mail.content.order() {
        Some(bought) => match order::find_device(&mut tx, mail.shard, bought.order).await? {
            Some(device) => order::find_by_id(&mut tx, device, bought.order).await?,
            None => None,
        },
        None => None,
    };
    let recipient = order.and_then(|order| order.recipient);
    let address = recipient.map_or(to.address, |recipient| recipient.address);
    let base = &app.settings.mail.base_url;
    let token = mail
        .content
        .cancellable_order()
        .map(|instance| named_link::cancel_token(app, mail.shard, instance))
        .transpose()?;
    let approach = mail.content.takeover();
    let takeover = approach.map(|by| named_link::takeover_token(app, told, by.customer)).transpose()?;
    Ok(Some(MailMessage {
        id: mail.id,
        at: mail.at,
        to: to.email,
        language: to.language.unwrap_or(app.settings.language),
        name: to.name,
        model: model.name,
        serial: of.serial.to_string(),
        is_test_device: of.test,
        address: if of.test { Some("N/A".into()) } else { address.as_ref().map(Address::to_single_line) },
        content: mail.content.clone(),
        cancel_url: token.map(|token| format!("{base}/order/cancel?token={token}")),
        order_url: mail
            .content
            .order()
            .filter(|bought| !bought.test)
            .map(|bought| format!("{base}/order?id={}", form::percent_encode(&bought.instance_id().to_string(), ""))),
        takeover_url: takeover.map(|token| format!("{base}/takeover?token={token}")),
        settings_url: format!("{base}/settings"),
    }))
}
