//! Access and refresh tokens: self-contained, authenticated, opaque to clients (docs/spec/login.md#tokens).
//!
//! Not here: whether the token's device or consent is still valid; a call reads that row anyway. Invariant: a text that
//! [`Keyring::verify`] accepts was made by [`Keyring::issue`] with one of the ring's keys. Any alteration of the text
//! is detected. Nothing in it is secret or personal: it holds identifiers and times only.
//!
//! Form: `Atza|` (access) or `Atzr|` (refresh) and 400 characters of base64url, 405 in all. That is over the documented
//! 350 and under the 500 that small firmware can store (docs/spec/login.md#tokens). The 300 bytes are a header, the
//! key's number, the claims, random filler that makes every token unique, and an HMAC-SHA256 over prefix and bytes.

use crate::device::DeviceRef;
use crate::id::{ClientId, CustomerId, DeviceId};
use crate::login::scope::Scopes;
use crate::time::Time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// The number of random bytes that [`Keyring::issue`] takes. The token's generations replace the first eight, if any is
/// above zero. All other tokens keep the original form.
pub const FILLER_BYTES: usize = TAG_OFFSET - CLAIMS_END_OFFSET;
const RAW_BYTES: usize = 300;
const TAG_OFFSET: usize = RAW_BYTES - 32;
const HEADER: [u8; 3] = [0x21, 0x01, 0x01];
const CLAIMS_END_OFFSET: usize = 3 + 4 + 1 + 1 + 16 * 3 + 8 * 4;
const TEXT_LENGTH: usize = 5 + 400;
/// The bit that marks a refresh token.
const REFRESH_FLAG: u8 = 1;
const GENERATIONS_FLAG: u8 = 2;

/// The type of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// Gives access to the API for an hour.
    Access,
    /// Is exchanged for access tokens, while the registration lasts.
    Refresh,
}

impl TokenType {
    fn prefix(self) -> &'static str {
        match self {
            TokenType::Access => "Atza|",
            TokenType::Refresh => "Atzr|",
        }
    }
}

/// The generations of a token: how often tokens of its client, and of its customer, were revoked before its issue. It
/// is accepted while both are the same. So no clock is needed, and no revoked token becomes valid again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TokenGenerations {
    /// The generation of its client's tokens.
    pub client: u32,
    /// The generation of its customer's sessions and app tokens. It is 0 in tokens of devices, which a block only
    /// suspends.
    pub customer: u32,
}

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The token's type.
    pub token_type: TokenType,
    /// The registration and its shard in the store; `None` if only profile scopes were granted.
    pub device: Option<DeviceRef>,
    /// The customer who granted it.
    pub customer: CustomerId,
    /// The client it was issued to.
    pub client: ClientId,
    /// Its family: all tokens that descend from one authorization code.
    pub family: u64,
    /// Its generations.
    pub generations: TokenGenerations,
    /// The granted scopes.
    pub scopes: Scopes,
    /// When it was issued.
    pub issued_at: Time,
    /// When it expires; `None` for refresh tokens, unless they replaced another one.
    pub expires_at: Option<Time>,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It does not have the form of a token.
    Malformed,
    /// It was made with a key that this ring does not hold; the caller may load a newer ring.
    UnknownKey(u32),
    /// Its authentication code is wrong.
    Forged,
}

/// The keys that issue and verify tokens, newest last.
#[derive(Clone)]
pub struct Keyring(Vec<(u32, Hmac<Sha256>)>);

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(number, _)| number)).finish()
    }
}

/// A key derived from the installation's master key: `HMAC(master, purpose | number)`.
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
    /// A ring of numbered keys derived from the master key; the highest number signs.
    #[must_use]
    pub fn from_master_key(master: &[u8; 32], numbers: Vec<u32>) -> Self {
        Self::from_keys(numbers.into_iter().map(|number| (number, derive_key(master, "token", number))).collect())
    }

    /// A ring of numbered keys; the highest number signs.
    #[must_use]
    pub fn from_keys(mut keys: Vec<(u32, [u8; 32])>) -> Self {
        keys.sort_unstable_by_key(|(number, _)| *number);
        let prepared =
            |(number, key): (u32, [u8; 32])| Hmac::<Sha256>::new_from_slice(&key).ok().map(|mac| (number, mac));
        Self(keys.into_iter().filter_map(prepared).collect())
    }

    fn mac(prepared: &Hmac<Sha256>, prefix: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = prepared.clone();
        mac.update(prefix.as_bytes());
        mac.update(body);
        mac
    }

    /// Issues a token with the newest key. An empty ring, which no installation has, issues texts that no ring
    /// verifies.
    #[must_use]
    pub fn issue(&self, claims: &Claims, filler: &[u8; FILLER_BYTES]) -> String {
        let newest = self.0.last();
        let number = newest.map_or(0, |(number, _)| *number);
        let DeviceRef { shard, id: device } =
            claims.device.unwrap_or(DeviceRef { shard: -1, id: DeviceId(Uuid::nil()) });
        let mut raw = Vec::with_capacity(RAW_BYTES);
        raw.extend_from_slice(&HEADER);
        raw.extend_from_slice(&number.to_be_bytes());
        let refresh = if claims.token_type == TokenType::Refresh { REFRESH_FLAG } else { 0 };
        let TokenGenerations { client, customer } = claims.generations;
        let ended_before = claims.generations != TokenGenerations::default();
        raw.push(refresh | if ended_before { GENERATIONS_FLAG } else { 0 });
        raw.push(claims.scopes.bits());
        raw.extend_from_slice(device.0.as_bytes());
        raw.extend_from_slice(claims.customer.0.as_bytes());
        raw.extend_from_slice(claims.client.0.as_bytes());
        raw.extend_from_slice(&shard.to_be_bytes());
        raw.extend_from_slice(&claims.family.to_be_bytes());
        raw.extend_from_slice(&claims.issued_at.as_micros().to_be_bytes());
        raw.extend_from_slice(&claims.expires_at.map_or(i64::MAX, Time::as_micros).to_be_bytes());
        raw.extend_from_slice(filler);
        if ended_before {
            raw[CLAIMS_END_OFFSET..CLAIMS_END_OFFSET + 4].copy_from_slice(&client.to_be_bytes());
            raw[CLAIMS_END_OFFSET + 4..CLAIMS_END_OFFSET + 8].copy_from_slice(&customer.to_be_bytes());
        }
        let prefix = claims.token_type.prefix();
        let tag = newest.map(|(_, key)| Self::mac(key, prefix, &raw).finalize().into_bytes()).unwrap_or_default();
        raw.extend_from_slice(&tag);
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(&raw))
    }

    /// Verifies a token of the wanted type. It does not check expiry or revocation.
    ///
    /// # Errors
    /// [`TokenError`]; a refresh token where an access token is wanted is [`TokenError::Malformed`].
    pub fn verify(&self, text: &str, wanted: TokenType) -> Result<Claims, TokenError> {
        let prefix = wanted.prefix();
        let body = text.strip_prefix(prefix).filter(|_| text.len() == TEXT_LENGTH).ok_or(TokenError::Malformed)?;
        let mut raw = [0_u8; RAW_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(body, &mut raw) {
            Ok(RAW_BYTES) if raw.starts_with(&HEADER) => {}
            _ => return Err(TokenError::Malformed),
        }
        let mut at = HEADER.len();
        let mut take = |len: usize| {
            at += len;
            &raw[at - len..at]
        };
        let number = u32::from_be_bytes(to_array(take(4)));
        let (_, key) = self.0.iter().find(|(n, _)| *n == number).ok_or(TokenError::UnknownKey(number))?;
        Self::mac(key, prefix, &raw[..TAG_OFFSET]).verify_slice(&raw[TAG_OFFSET..]).map_err(|_| TokenError::Forged)?;
        let kind = take(1)[0];
        let purpose = if kind & REFRESH_FLAG == REFRESH_FLAG { TokenType::Refresh } else { TokenType::Access };
        let scopes = Scopes::from_bits(take(1)[0]);
        let [device, customer, client] = [(); 3].map(|()| Uuid::from_bytes(to_array(take(16))));
        let [shard, family, issued, expires] = [(); 4].map(|()| i64::from_be_bytes(to_array(take(8))));
        let mut generation = || if kind & GENERATIONS_FLAG == 0 { 0 } else { u32::from_be_bytes(to_array(take(4))) };
        let generations = TokenGenerations { client: generation(), customer: generation() };
        Ok(Claims {
            token_type: purpose,
            device: (shard >= 0).then_some(DeviceRef { shard, id: DeviceId(device) }),
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

fn to_array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample_claims(purpose: TokenType) -> Claims {
        Claims {
            token_type: purpose,
            device: Some(DeviceRef { shard: 3, id: DeviceId(Uuid::from_u128(1)) }),
            customer: CustomerId(Uuid::from_u128(2)),
            client: ClientId(Uuid::from_u128(3)),
            family: 0xdead_beef_dead_beef,
            generations: TokenGenerations::default(),
            scopes: Scopes::parse("dash:replenish profile").unwrap(),
            issued_at: Time::from_secs(1_520_000_000),
            expires_at: (purpose == TokenType::Access).then(|| Time::from_secs(1_520_003_600)),
        }
    }

    fn sample_keyring(numbers: &[u32]) -> Keyring {
        Keyring::from_master_key(&[9; 32], numbers.to_vec())
    }

    #[test]
    fn tokens_have_the_documented_shape_and_say_what_was_sealed() {
        for (purpose, prefix) in [(TokenType::Access, "Atza|IQEB"), (TokenType::Refresh, "Atzr|IQEB")] {
            let text = sample_keyring(&[1]).issue(&sample_claims(purpose), &[5; FILLER_BYTES]);
            assert!(text.starts_with(prefix) && (350..=480).contains(&text.len()), "{text}");
            assert_eq!(sample_keyring(&[1]).verify(&text, purpose), Ok(sample_claims(purpose)));
        }
        let bare = Claims { device: None, ..sample_claims(TokenType::Access) };
        assert_eq!(
            sample_keyring(&[1]).verify(&sample_keyring(&[1]).issue(&bare, &[0; FILLER_BYTES]), TokenType::Access),
            Ok(bare)
        );
        for purpose in [TokenType::Access, TokenType::Refresh] {
            let later = Claims { generations: TokenGenerations { client: 7, customer: 9 }, ..sample_claims(purpose) };
            assert_eq!(
                sample_keyring(&[1]).verify(&sample_keyring(&[1]).issue(&later, &[9; FILLER_BYTES]), purpose),
                Ok(later)
            );
        }
    }

    #[test]
    fn a_refresh_token_opens_nothing_as_an_access_token() {
        let text = sample_keyring(&[1]).issue(&sample_claims(TokenType::Refresh), &[5; FILLER_BYTES]);
        assert_eq!(sample_keyring(&[1]).verify(&text, TokenType::Access), Err(TokenError::Malformed));
        let relabelled = text.replace("Atzr|", "Atza|");
        assert_eq!(sample_keyring(&[1]).verify(&relabelled, TokenType::Access), Err(TokenError::Forged));
    }

    #[test]
    fn no_character_can_be_changed() {
        let text = sample_keyring(&[1]).issue(&sample_claims(TokenType::Access), &[5; FILLER_BYTES]);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(sample_keyring(&[1]).verify(&changed, TokenType::Access).is_err(), "character {at}");
        }
    }

    #[test]
    fn old_keys_open_and_the_newest_seals() {
        let old = sample_keyring(&[1]).issue(&sample_claims(TokenType::Access), &[5; FILLER_BYTES]);
        let new = sample_keyring(&[2, 1]).issue(&sample_claims(TokenType::Access), &[5; FILLER_BYTES]);
        assert!(
            sample_keyring(&[1, 2]).verify(&old, TokenType::Access).is_ok()
                && sample_keyring(&[1, 2]).verify(&new, TokenType::Access).is_ok()
        );
        assert_eq!(sample_keyring(&[1]).verify(&new, TokenType::Access), Err(TokenError::UnknownKey(2)));
        assert_eq!(
            Keyring::from_master_key(&[8; 32], vec![1]).verify(&old, TokenType::Access),
            Err(TokenError::Forged)
        );
    }
}
