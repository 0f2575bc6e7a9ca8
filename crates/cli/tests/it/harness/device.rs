//! Devices that are linked without a browser, by the use case behind `opendrs device link`.

use super::Server;
use super::fixtures::{ANN, MODEL, WEB};
use opendrs_domain::customer::Address;
use opendrs_domain::id::ClientId;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::text::{Email, ModelCode, Serial};
use opendrs_service::fill::{self, FillPlan};
use opendrs_service::login::link::{LinkDevice, SlotSelection, TokensOrCode, link_device};
use opendrs_service::login::token_endpoint::IssuedTokens;

/// A linked device, with what the device itself has: its tokens.
#[derive(Clone, Debug)]
pub struct LinkedDevice {
    pub access: String,
    pub refresh: String,
}

/// The device to link; a test sets only the fields that it needs.
pub struct LinkOptions(pub LinkDevice);

impl Default for LinkOptions {
    fn default() -> Self {
        Self(LinkDevice {
            client: WEB.into(),
            model: ModelCode::parse(MODEL).unwrap(),
            serial: Serial::parse("SN-1").unwrap(),
            customer: Email::parse(ANN).unwrap(),
            test: false,
            slots: SlotSelection::Every,
            code: None,
        })
    }
}

impl LinkOptions {
    pub fn serial(mut self, serial: &str) -> Self {
        self.0.serial = Serial::parse(serial).unwrap();
        self
    }

    pub fn customer(mut self, email: &str) -> Self {
        self.0.customer = Email::parse(email).unwrap();
        self
    }

    pub fn test_device(mut self) -> Self {
        self.0.test = true;
        self
    }

    pub fn subscribe(mut self, subscribe: SlotSelection) -> Self {
        self.0.slots = subscribe;
        self
    }

    pub fn client(mut self, client: &str, model: &str) -> Self {
        (self.0.client, self.0.model) = (client.into(), ModelCode::parse(model).unwrap());
        self
    }
}

/// The numbers below `count` in batches, each of which is written soon enough on a busy machine.
pub fn batches(count: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (0..count).step_by(250).map(move |first| first..count.min(first + 250))
}

impl Server {
    /// Registers many devices, each with its event.
    pub async fn register_devices(&self, count: u64) {
        let address = Address {
            line1: "1 Main Street".into(),
            line2: None,
            city: "Springfield".into(),
            region: None,
            postal_code: "97477".into(),
            country: "US".into(),
        };
        let client = ClientId::parse(WEB).unwrap();
        let plan = FillPlan::load(self.app(), client, &ModelCode::parse(MODEL).unwrap(), address).await.unwrap();
        for numbers in batches(count) {
            let (devices, _) = fill::build_devices(self.app(), &plan, numbers).unwrap();
            let events = fill::build_events(self.app(), &devices);
            self.app().db.write(devices).await.unwrap();
            self.app().db.write(events).await.unwrap();
        }
    }

    /// Links Ann's device SN-1 with both slots subscribed.
    pub async fn link_default_device(&self) -> LinkedDevice {
        self.link_device(LinkOptions::default()).await
    }

    /// Links a device and returns its tokens.
    pub async fn link_device(&self, LinkOptions(command): LinkOptions) -> LinkedDevice {
        match link_device(self.app(), command).await.unwrap().grant {
            TokensOrCode::Tokens(IssuedTokens { access_token: access, refresh_token: refresh, .. }) => {
                LinkedDevice { access, refresh }
            }
            TokensOrCode::Code(code) => panic!("a code {code} instead of tokens"),
        }
    }

    /// Links a device and returns a code for its tokens.
    pub async fn link_for_code(
        &self,
        LinkOptions(command): LinkOptions,
        redirect_uri: &str,
        challenge: Option<Challenge>,
    ) -> String {
        let command = LinkDevice { code: Some((redirect_uri.into(), challenge)), ..command };
        match link_device(self.app(), command).await.unwrap().grant {
            TokensOrCode::Code(code) => code,
            TokensOrCode::Tokens(tokens) => panic!("{tokens:?} instead of a code"),
        }
    }
}
