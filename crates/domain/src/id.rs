//! Identifiers and their forms on the wire.
//!
//! Not here: how an identifier is generated; the caller supplies the UUID. Invariant: a value of one of these types is
//! well-formed, and `parse(x.to_string()) == x`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::fmt;
use uuid::Uuid;

/// A text that is not an identifier of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct ParseIdError {
    /// The text.
    pub text: String,
    /// The expected form, as a phrase.
    pub wanted: &'static str,
}

fn bad(text: &str, wanted: &'static str) -> ParseIdError {
    ParseIdError { text: text.chars().take(80).collect(), wanted }
}

macro_rules! plain_ids { ($( $(#[$m:meta])* $N:ident = $wanted:literal; )+) => { $(
    $(#[$m])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
    #[serde(transparent)]
    pub struct $N(pub Uuid);
    impl $N {
        /// Reads the UUID's text.
        ///
        /// # Errors
        /// [`ParseIdError`] if it is not a UUID.
        pub fn parse(text: &str) -> Result<Self, ParseIdError> {
            Uuid::try_parse(text).map(Self).map_err(|_| bad(text, $wanted))
        }
    }
    impl fmt::Display for $N {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
    }
)+ } }

plain_ids! {
    /// A maker, who owns profiles, models and receivers.
    MakerId = "a maker id (a UUID)";
    /// A device model, internally; makers and devices use its code ([`crate::text::ModelCode`]).
    ModelId = "a model id (a UUID)";
    /// One registration of one unit. A unit that leaves and returns has a new one, so old tokens are not accepted
    /// again.
    DeviceId = "a device id (a UUID)";
    /// A customer, internally; makers only see the directed id ([`crate::customer::directed_customer_id`]).
    CustomerId = "a customer id (a UUID)";
    /// A notification event.
    EventId = "an event id (a UUID)";
    /// An export of what is stored about a customer.
    ExportId = "an export id (a UUID)";
    /// A stored reading (slot status).
    ReadingId = "a reading id (a UUID)";
    /// A receiver of notifications.
    ReceiverId = "a receiver id (a UUID)";
    /// A delivery of a message to one receiver.
    DeliveryId = "a delivery id (a UUID)";
    /// A mail to a customer.
    MailId = "a mail id (a UUID)";
    /// An order; see [`InstanceId`] for its form on the wire.
    OrderId = "an order id (a UUID)";
}

macro_rules! prefixed_ids { ($( $(#[$m:meta])* $N:ident = $prefix:literal, $simple:literal, $wanted:literal; )+) => { $(
    $(#[$m])*
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct $N(pub Uuid);
    impl $N {
        /// The prefix of every such id.
        pub const PREFIX: &'static str = $prefix;
        /// Reads the id in its form on the wire, prefix included.
        ///
        /// # Errors
        /// [`ParseIdError`] if the prefix or the rest is wrong.
        pub fn parse(text: &str) -> Result<Self, ParseIdError> {
            text.strip_prefix(Self::PREFIX)
                .filter(|rest| rest.len() == if $simple { 32 } else { 36 })
                .and_then(|rest| Uuid::try_parse(rest).ok())
                .map(Self)
                .ok_or_else(|| bad(text, $wanted))
        }
    }
    impl fmt::Display for $N {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if $simple { write!(f, "{}{}", $prefix, self.0.simple()) } else { write!(f, "{}{}", $prefix, self.0) }
        }
    }
)+ } }

prefixed_ids! {
    /// An LwA client: `amzn1.application-oa2-client.` and 32 hex digits (docs/spec/identifiers.md#client-ids).
    ClientId = "amzn1.application-oa2-client.", true, "a client id (`amzn1.application-oa2-client.` and 32 hex digits)";
    /// A security profile: `amzn1.application.` and 32 hex digits (docs/spec/identifiers.md#profile-ids).
    ProfileId = "amzn1.application.", true, "a profile id (`amzn1.application.` and 32 hex digits)";
    /// The id that the teaser page receives: `amzn1.dash.v1.composite.` and a UUID
    /// (docs/spec/identifiers.md#composite-ids).
    CompositeId = "amzn1.dash.v1.composite.", false, "a composite id (`amzn1.dash.v1.composite.` and a UUID)";
    /// A notification's own id: `amzn1.dash.notification.v1.` and a UUID (docs/spec/identifiers.md#notification-ids).
    NotificationId = "amzn1.dash.notification.v1.", false, "a notification id";
}

/// `eventInstanceId` = `instanceId`: it links an order, its notifications and its status.
///
/// On the wire `amzn1.dash.v2.o.` and the unpadded Base64 of `r.<uuid>.<uuid>`, 116 characters
/// (docs/spec/identifiers.md#event-instance-ids). The two UUIDs are the device's and the order's. So an order is found
/// by its key, without an index, and an id of another device is recognised before any read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId {
    /// The device of the order.
    pub device: DeviceId,
    /// The order.
    pub order: OrderId,
}

impl InstanceId {
    const PREFIX: &'static str = "amzn1.dash.v2.o.";

    /// Reads the id in its form on the wire.
    ///
    /// # Errors
    /// [`ParseIdError`] if it does not have the form of this service's ids.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        const WANTED: &str = "an eventInstanceId (`amzn1.dash.v2.o.` and 100 characters)";
        let inner = |text: &str| {
            let bytes = STANDARD_NO_PAD.decode(text.strip_prefix(Self::PREFIX)?).ok()?;
            let plain = std::str::from_utf8(&bytes).ok()?;
            let (device, order) = plain.strip_prefix("r.")?.split_once('.')?;
            Some(InstanceId { device: DeviceId::parse(device).ok()?, order: OrderId::parse(order).ok()? })
        };
        inner(text).filter(|id| id.to_string() == text).ok_or_else(|| bad(text, WANTED))
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `r.`, the device, a point, the order. Written by hand, since each call about an order does it twice.
        let (mut plain, mut coded) = ([b'.'; 75], [0; 100]);
        plain[0] = b'r';
        self.device.0.hyphenated().encode_lower(&mut plain[2..38]);
        self.order.0.hyphenated().encode_lower(&mut plain[39..]);
        let length = STANDARD_NO_PAD.encode_slice(plain, &mut coded).map_err(|_| fmt::Error)?;
        f.write_str(Self::PREFIX)?;
        f.write_str(str::from_utf8(&coded[..length]).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids_have_the_shape_seen_on_the_wire() {
        let id = InstanceId { device: DeviceId(Uuid::from_u128(1)), order: OrderId(Uuid::from_u128(2)) };
        let text = id.to_string();
        assert_eq!(text.len(), 116);
        assert!(text.starts_with("amzn1.dash.v2.o.ci4"), "{text}");
        assert!(text[16..].bytes().all(|b| b.is_ascii_alphanumeric()), "safe in a path: {text}");
        assert_eq!(InstanceId::parse(&text), Ok(id));
    }

    #[test]
    fn a_damaged_instance_id_is_refused() {
        let id = InstanceId { device: DeviceId(Uuid::from_u128(1)), order: OrderId(Uuid::from_u128(2)) }.to_string();
        for text in ["", "amzn1.dash.v2.o.", &id[..115], &id.replace("v2", "v1"), &format!("{id}A")] {
            assert!(InstanceId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn client_ids_are_a_prefix_and_32_hex_digits() {
        let text = "amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713";
        assert_eq!(ClientId::parse(text).map(|id| id.to_string()).as_deref(), Ok(text));
        assert!(ClientId::parse("amzn1.application-oa2-client.0f3c").is_err());
        assert!(ClientId::parse("amzn1.application-oa2-client.0f3c9a7b-e2d1-4c55-a1b6-8e90d2f4c713").is_err());
    }
}
