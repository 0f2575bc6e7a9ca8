//! The recipient of an order, as of the order's creation.
//!
//! Not here: the customer's current data ([`crate::customer`]). Invariant: a later change of the customer's name, mail
//! or address does not change an order. Only the customer's decision about this very order does, and only during a
//! hold.

use crate::customer::{Address, Customer};
use crate::text::Email;

/// The recipient of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Name, as the customer wrote it.
    pub name: String,
    /// Mail address.
    pub email: Email,
    /// Postal address; `None` until the customer has entered one.
    pub address: Option<Address>,
}

impl From<&Customer> for Recipient {
    fn from(customer: &Customer) -> Self {
        let Customer { name, email, address, .. } = customer;
        Self { name: name.clone(), email: email.clone(), address: address.clone() }
    }
}
