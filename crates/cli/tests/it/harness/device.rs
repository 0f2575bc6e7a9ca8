//! Devices: linked without a browser, by the use case behind `opendrs device link`.

use super::Server;
use super::world::{ANN, MODEL, WEB};
use opendrs_domain::customer::Address;
use opendrs_domain::id::ClientId;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::text::{Email, ModelCode, Serial};
use opendrs_service::fill::{self, Plan};
use opendrs_service::login::exchange::Tokens;
use opendrs_service::login::link::{Granted, Link, Subscribe, link};

/// A linked device, as far as it knows itself.
#[derive(Clone, Debug)]
pub struct Device {
    pub access: String,
    pub refresh: String,
}

/// What to link; a test says only what matters to it.
pub struct Linking(pub Link);

impl Default for Linking {
    fn default() -> Self {
        Self(Link {
            client: WEB.into(),
            model: ModelCode::parse(MODEL).unwrap(),
            serial: Serial::parse("SN-1").unwrap(),
            customer: Email::parse(ANN).unwrap(),
            test: false,
            subscribe: Subscribe::All,
            code: None,
        })
    }
}

impl Linking {
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

    pub fn subscribe(mut self, subscribe: Subscribe) -> Self {
        self.0.subscribe = subscribe;
        self
    }

    pub fn client(mut self, client: &str, model: &str) -> Self {
        (self.0.client, self.0.model) = (client.into(), ModelCode::parse(model).unwrap());
        self
    }
}

impl Server {
    /// Many devices, and the event of each that it was registered.
    pub async fn told_of_devices(&self, count: u64) {
        let address = Address {
            line1: "1 Main Street".into(),
            line2: None,
            city: "Springfield".into(),
            region: None,
            postal_code: "97477".into(),
            country: "US".into(),
        };
        let client = ClientId::parse(WEB).unwrap();
        let plan = Plan::make(self.app(), client, &ModelCode::parse(MODEL).unwrap(), address).await.unwrap();
        let (devices, _) = fill::devices(self.app(), &plan, 0..count).unwrap();
        let events = fill::events(self.app(), &devices);
        self.app().db.write(devices).await.unwrap();
        self.app().db.write(events).await.unwrap();
    }

    /// Ann's device SN-1, both slots on.
    pub async fn device(&self) -> Device {
        self.link(Linking::default()).await
    }

    /// Links a device and hands over its tokens.
    pub async fn link(&self, Linking(command): Linking) -> Device {
        match link(self.app(), command).await.unwrap().grant {
            Granted::Tokens(Tokens { access, refresh, .. }) => Device { access, refresh },
            Granted::Code(code) => panic!("a code {code} instead of tokens"),
        }
    }

    /// Links a device and hands over a code for its tokens.
    pub async fn code(&self, Linking(command): Linking, redirect_uri: &str, challenge: Option<Challenge>) -> String {
        let command = Link { code: Some((redirect_uri.into(), challenge)), ..command };
        match link(self.app(), command).await.unwrap().grant {
            Granted::Code(code) => code,
            Granted::Tokens(tokens) => panic!("{tokens:?} instead of a code"),
        }
    }
}
