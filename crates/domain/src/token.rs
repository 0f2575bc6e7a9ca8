//! Access and refresh tokens: self-contained, authenticated, opaque to clients (docs/spec/login.md#tokens).
//!
//! Not here: whether the device or consent a token speaks for still stands; that is the one row a call reads anyway.
//! Invariant: a text that [`Keyring::open`] accepts was made by [`Keyring::seal`] with one of the ring's keys, and its
//! text cannot be altered without notice. Nothing in it is secret or personal: identifiers and times only.
//!
//! Form: `Atza|` (access) or `Atzr|` (refresh) and 400 characters of base64url, 405 in all: over the documented 350,
//! under the 500 that small firmware has room for (docs/spec/login.md#tokens). The 300 bytes are a header, the key's
//! number, the claims, random filler that makes every token another, and an HMAC-SHA256 over prefix and bytes.

use crate::id::{ClientId, CustomerId, DeviceId};
use crate::login::scope::Scopes;
use crate::time::Time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// How many random bytes [`Keyring::seal`] is given. The first eight give way to the generations it belongs to, where
/// any were ended before: all other tokens are as they always were.
pub const FILLER: usize = TAG_AT - CLAIMS_END;
const RAW: usize = 300;
const TAG_AT: usize = RAW - 32;
const HEADER: [u8; 3] = [0x21, 0x01, 0x01];
const CLAIMS_END: usize = 3 + 4 + 1 + 1 + 16 * 3 + 8 * 4;
const TEXT: usize = 5 + 400;
/// Bits of the byte that says what a token is for.
const REFRESH: u8 = 1;
const HAS_GENERATIONS: u8 = 2;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Opens the API for an hour.
    Access,
    /// Is exchanged for access tokens, for as long as the registration stands.
    Refresh,
}

impl Use {
    fn prefix(self) -> &'static str {
        match self {
            Use::Access => "Atza|",
            Use::Refresh => "Atzr|",
        }
    }
}

/// How often tokens like this one were ended before it was issued: those of its client, and those of its customer. It is
/// accepted as long as no more were, so that no clock is asked and nothing ended comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Generations {
    /// Of its client's tokens.
    pub client: u32,
    /// Of its customer's sign-ins and apps' tokens; 0 in tokens of devices, which a customer's block only suspends.
    pub customer: u32,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// What it is for.
    pub purpose: Use,
    /// The registration it speaks for and the store's shard of it; `None` where only profile scopes were granted.
    pub device: Option<(i64, DeviceId)>,
    /// The customer who granted it.
    pub customer: CustomerId,
    /// The client it was issued to.
    pub client: ClientId,
    /// Its family: all tokens that descend from one authorization code.
    pub family: u64,
    /// What it belongs to.
    pub generations: Generations,
    /// What was granted.
    pub scopes: Scopes,
    /// When it was issued.
    pub issued_at: Time,
    /// When it ends; `None` for refresh tokens, unless they took another one's place.
    pub expires_at: Option<Time>,
}

/// Why a text is not a token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// It has not the form of a token.
    Malformed,
    /// It was made with a key this ring does not hold; the holder may look for a newer ring.
    UnknownKey(u32),
    /// Its bytes were not made by us.
    Forged,
}

/// The keys that make and check tokens, newest last.
#[derive(Clone)]
pub struct Keyring(Vec<(u32, Hmac<Sha256>)>);

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(number, _)| number)).finish()
    }
}

/// A key that never leaves the installation's master key: `HMAC(master, purpose | number)`.
#[must_use]
pub fn derive_key(master: &[u8; 32], purpose: &str, number: u32) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(master).map(|mut mac| {
        mac.update(purpose.as_bytes());
        mac.update(&number.to_be_bytes());
        mac.finalize().into_bytes().into()
    });
    mac.unwrap_or_default()
}

impl Keyring {
    /// Makes a ring of numbered keys derived from the master key; the highest number signs.
    #[must_use]
    pub fn derive(master: &[u8; 32], numbers: Vec<u32>) -> Self {
        Self::of(numbers.into_iter().map(|number| (number, derive_key(master, "token", number))).collect())
    }

    /// Makes a ring of numbered keys; the highest number signs.
    #[must_use]
    pub fn of(mut keys: Vec<(u32, [u8; 32])>) -> Self {
        keys.sort_unstable_by_key(|(number, _)| *number);
        let prepared =
            |(number, key): (u32, [u8; 32])| Hmac::<Sha256>::new_from_slice(&key).ok().map(|mac| (number, mac));
        Self(keys.into_iter().filter_map(prepared).collect())
    }

    /// The numbers of its keys, oldest first.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().map(|(number, _)| *number)
    }

    fn mac(prepared: &Hmac<Sha256>, prefix: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = prepared.clone();
        mac.update(prefix.as_bytes());
        mac.update(body);
        mac
    }

    /// Writes a token with the newest key. An empty ring, which no installation has, makes texts that no ring opens.
    #[must_use]
    pub fn seal(&self, claims: &Claims, filler: &[u8; FILLER]) -> String {
        let newest = self.0.last();
        let number = newest.map_or(0, |(number, _)| *number);
        let (shard, device) = claims.device.unwrap_or((-1, DeviceId(Uuid::nil())));
        let mut raw = Vec::with_capacity(RAW);
        raw.extend_from_slice(&HEADER);
        raw.extend_from_slice(&number.to_be_bytes());
        let refresh = if claims.purpose == Use::Refresh { REFRESH } else { 0 };
        let Generations { client, customer } = claims.generations;
        let ended_before = claims.generations != Generations::default();
        raw.push(refresh | if ended_before { HAS_GENERATIONS } else { 0 });
        raw.push(claims.scopes.bits());
        raw.extend_from_slice(device.0.as_bytes());
        raw.extend_from_slice(claims.customer.0.as_bytes());
        raw.extend_from_slice(claims.client.0.as_bytes());
        raw.extend_from_slice(&shard.to_be_bytes());
        raw.extend_from_slice(&claims.family.to_be_bytes());
        raw.extend_from_slice(&claims.issued_at.micros().to_be_bytes());
        raw.extend_from_slice(&claims.expires_at.map_or(i64::MAX, Time::micros).to_be_bytes());
        raw.extend_from_slice(filler);
        if ended_before {
            raw[CLAIMS_END..CLAIMS_END + 4].copy_from_slice(&client.to_be_bytes());
            raw[CLAIMS_END + 4..CLAIMS_END + 8].copy_from_slice(&customer.to_be_bytes());
        }
        let prefix = claims.purpose.prefix();
        let tag = newest.map(|(_, key)| Self::mac(key, prefix, &raw).finalize().into_bytes()).unwrap_or_default();
        raw.extend_from_slice(&tag);
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(&raw))
    }

    /// Reads a token of the wanted use. Says nothing of expiry or revocation.
    ///
    /// # Errors
    /// [`BadToken`]; a refresh token where an access token is wanted is [`BadToken::Malformed`].
    pub fn open(&self, text: &str, wanted: Use) -> Result<Claims, BadToken> {
        let prefix = wanted.prefix();
        let body = text.strip_prefix(prefix).filter(|_| text.len() == TEXT).ok_or(BadToken::Malformed)?;
        let mut raw = [0_u8; RAW];
        match URL_SAFE_NO_PAD.decode_slice(body, &mut raw) {
            Ok(RAW) if raw.starts_with(&HEADER) => {}
            _ => return Err(BadToken::Malformed),
        }
        let mut at = HEADER.len();
        let mut take = |len: usize| {
            at += len;
            &raw[at - len..at]
        };
        let number = u32::from_be_bytes(array(take(4)));
        let (_, key) = self.0.iter().find(|(n, _)| *n == number).ok_or(BadToken::UnknownKey(number))?;
        Self::mac(key, prefix, &raw[..TAG_AT]).verify_slice(&raw[TAG_AT..]).map_err(|_| BadToken::Forged)?;
        let kind = take(1)[0];
        let purpose = if kind & REFRESH == REFRESH { Use::Refresh } else { Use::Access };
        let scopes = Scopes::from_bits(take(1)[0]);
        let [device, customer, client] = [(); 3].map(|()| Uuid::from_bytes(array(take(16))));
        let [shard, family, issued, expires] = [(); 4].map(|()| i64::from_be_bytes(array(take(8))));
        let mut generation = || if kind & HAS_GENERATIONS == 0 { 0 } else { u32::from_be_bytes(array(take(4))) };
        let generations = Generations { client: generation(), customer: generation() };
        Ok(Claims {
            purpose,
            device: (shard >= 0).then_some((shard, DeviceId(device))),
            customer: CustomerId(customer),
            client: ClientId(client),
            family: family.cast_unsigned(),
            generations,
            scopes,
            issued_at: Time::from_micros(issued),
            expires_at: (expires != i64::MAX).then(|| Time::from_micros(expires)),
        })
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(purpose: Use) -> Claims {
        Claims {
            purpose,
            device: Some((3, DeviceId(Uuid::from_u128(1)))),
            customer: CustomerId(Uuid::from_u128(2)),
            client: ClientId(Uuid::from_u128(3)),
            family: 0xdead_beef_dead_beef,
            generations: Generations::default(),
            scopes: Scopes::parse("dash:replenish profile").unwrap(),
            issued_at: Time::from_secs(1_520_000_000),
            expires_at: (purpose == Use::Access).then(|| Time::from_secs(1_520_003_600)),
        }
    }

    fn ring(numbers: &[u32]) -> Keyring {
        Keyring::derive(&[9; 32], numbers.to_vec())
    }

    #[test]
    fn tokens_have_the_documented_shape_and_say_what_was_sealed() {
        for (purpose, prefix) in [(Use::Access, "Atza|IQEB"), (Use::Refresh, "Atzr|IQEB")] {
            let text = ring(&[1]).seal(&claims(purpose), &[5; FILLER]);
            assert!(text.starts_with(prefix) && (350..=480).contains(&text.len()), "{text}");
            assert_eq!(ring(&[1]).open(&text, purpose), Ok(claims(purpose)));
        }
        let bare = Claims { device: None, ..claims(Use::Access) };
        assert_eq!(ring(&[1]).open(&ring(&[1]).seal(&bare, &[0; FILLER]), Use::Access), Ok(bare));
        for purpose in [Use::Access, Use::Refresh] {
            let later = Claims { generations: Generations { client: 7, customer: 9 }, ..claims(purpose) };
            assert_eq!(ring(&[1]).open(&ring(&[1]).seal(&later, &[9; FILLER]), purpose), Ok(later));
        }
    }

    #[test]
    fn a_refresh_token_opens_nothing_as_an_access_token() {
        let text = ring(&[1]).seal(&claims(Use::Refresh), &[5; FILLER]);
        assert_eq!(ring(&[1]).open(&text, Use::Access), Err(BadToken::Malformed));
        let relabelled = text.replace("Atzr|", "Atza|");
        assert_eq!(ring(&[1]).open(&relabelled, Use::Access), Err(BadToken::Forged));
    }

    #[test]
    fn no_character_can_be_changed() {
        let text = ring(&[1]).seal(&claims(Use::Access), &[5; FILLER]);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(ring(&[1]).open(&changed, Use::Access).is_err(), "character {at}");
        }
    }

    #[test]
    fn old_keys_open_and_the_newest_seals() {
        let old = ring(&[1]).seal(&claims(Use::Access), &[5; FILLER]);
        let new = ring(&[2, 1]).seal(&claims(Use::Access), &[5; FILLER]);
        assert!(ring(&[1, 2]).open(&old, Use::Access).is_ok() && ring(&[1, 2]).open(&new, Use::Access).is_ok());
        assert_eq!(ring(&[1]).open(&new, Use::Access), Err(BadToken::UnknownKey(2)));
        assert_eq!(Keyring::derive(&[8; 32], vec![1]).open(&old, Use::Access), Err(BadToken::Forged));
    }
}
