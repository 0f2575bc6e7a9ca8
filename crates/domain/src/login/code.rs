//! Authorization codes (docs/spec/login.md#authorization-codes): 20 characters that begin with `AN`, good once, for
//! five minutes.

use super::pkce::Challenge;
use super::scope::Scopes;
use crate::id::{ClientId, CustomerId, DeviceId};
use crate::profile::hash_secret;
use crate::time::{Span, Time};
use crate::token::Generations;

/// How long a code may wait for its exchange.
pub const LIFETIME: Span = Span::from_mins(5);
/// How many random bytes [`generate`] is given; enough that running out of usable ones does not happen.
pub const RANDOM: usize = 64;

/// Writes a code: `AN` and 18 of 62 characters, 107 bits.
#[must_use]
pub fn generate(random: &[u8; RANDOM]) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // Bytes from 248 on would favour the first letters; 18 of 64 below that is certain for all purposes, and a chain of
    // the rest keeps the length fixed even then.
    let fair = random.iter().filter(|b| **b < 248).chain(random.iter());
    let letters = fair.take(18).map(|b| char::from(ALPHABET[usize::from(*b) % 62]));
    format!("AN{}", letters.collect::<String>())
}

/// The hash under which a code is stored.
#[must_use]
pub fn hash(code: &str) -> [u8; 32] {
    hash_secret(code)
}

/// An issued code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// The registration it speaks for, and its shard.
    pub device: Option<(i64, DeviceId)>,
    /// Who granted it.
    pub customer: CustomerId,
    /// To whom.
    pub client: ClientId,
    /// Where it was sent; must come back when sent at all.
    pub redirect_uri: String,
    /// The proof key's challenge.
    pub challenge: Option<Challenge>,
    /// What was granted.
    pub scopes: Scopes,
    /// The family its tokens will belong to.
    pub family: u64,
    /// What its tokens will belong to.
    pub generations: Generations,
    /// When it ends.
    pub expires_at: Time,
    /// When it was spent.
    pub used_at: Option<Time>,
}

/// What a client presents with a code, once it has proved who it is.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// Who presents it.
    pub client: ClientId,
    /// Whether it proved itself with a secret.
    pub by_secret: bool,
    /// Whether it is strict: whatever its code was issued under, it proves it by S256 and says where it was sent.
    pub strict: bool,
    /// Whether the code's redirect URI is still one of the client's.
    pub registered: bool,
    /// `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub verifier: Option<&'a str>,
}

/// The parameter that keeps a code from being exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadGrant {
    /// The code itself: unknown, another client's, too old, used, or issued under rules the client no longer lives by.
    Code,
    /// Where the code was sent: not the URI that is sent now, or no longer one of the client's.
    RedirectUri,
    /// The proof key does not fit, is missing, or was never asked for.
    CodeVerifier,
}

impl BadGrant {
    /// The parameter's name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BadGrant::Code => "code",
            BadGrant::RedirectUri => "redirect_uri",
            BadGrant::CodeVerifier => "code_verifier",
        }
    }
}

/// What becomes of a code that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Tokens are issued, the code is spent.
    Accepted,
    /// Refused, and nothing else happens: unknown to this client, expired, or not to be sent where it was.
    Refused(BadGrant),
    /// Refused, and spent: the right client failed the proof; whoever it is, there is no second guess.
    Burnt(BadGrant),
    /// Refused, and what the first use issued is revoked.
    Replayed,
}

impl Code {
    /// Decides; the order of checks is specified (docs/spec/login.md#token-errors).
    #[must_use]
    pub fn present(&self, with: Presented<'_>, now: Time) -> Outcome {
        let loose = matches!(self.challenge, None | Some(Challenge::Plain(_)));
        let proven = match (&self.challenge, with.verifier) {
            (Some(challenge), Some(verifier)) => challenge.accepts(verifier),
            (Some(_), None) | (None, Some(_)) => false,
            (None, None) => true,
        };
        let redirect = match with.redirect_uri {
            Some(uri) => uri == self.redirect_uri,
            None => with.by_secret && !with.strict,
        };
        match () {
            () if self.client != with.client => Outcome::Refused(BadGrant::Code),
            () if self.used_at.is_some() => Outcome::Replayed,
            () if now >= self.expires_at => Outcome::Refused(BadGrant::Code),
            () if !with.registered => Outcome::Refused(BadGrant::RedirectUri),
            () if !redirect => Outcome::Burnt(BadGrant::RedirectUri),
            () if with.strict && loose => Outcome::Burnt(BadGrant::Code),
            () if !proven => Outcome::Burnt(BadGrant::CodeVerifier),
            () => Outcome::Accepted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn code() -> Code {
        Code {
            hash: hash("AN"),
            device: None,
            customer: CustomerId(Uuid::nil()),
            client: ClientId(Uuid::from_u128(1)),
            redirect_uri: "https://a/".into(),
            challenge: None,
            scopes: Scopes::from_bits(1),
            family: 1,
            generations: Generations::default(),
            expires_at: Time::from_secs(300),
            used_at: None,
        }
    }

    fn web(client: u128) -> Presented<'static> {
        let client = ClientId(Uuid::from_u128(client));
        Presented { client, by_secret: true, strict: false, registered: true, redirect_uri: None, verifier: None }
    }

    #[test]
    fn codes_have_twenty_characters_and_begin_with_an() {
        let code = generate(&std::array::from_fn(|n| u8::try_from(n * 4).unwrap()));
        assert_eq!(code.len(), 20);
        assert!(code.starts_with("AN") && code.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(generate(&[255; RANDOM]).len(), 20);
    }

    #[test]
    fn a_code_is_presented() {
        let verifier = "a".repeat(43);
        let now = Time::from_secs(10);
        let challenged = Code { challenge: Some(Challenge::Plain(verifier.clone())), ..code() };
        let spent = Code { used_at: Some(now), ..code() };
        let with = |redirect_uri, verifier| Presented { redirect_uri, verifier, ..web(1) };
        for (name, code, presented, at, outcome) in [
            ("plainly", code(), web(1), now, Outcome::Accepted),
            ("with its redirect", code(), with(Some("https://a/"), None), now, Outcome::Accepted),
            (
                "with another redirect",
                code(),
                with(Some("https://a"), None),
                now,
                Outcome::Burnt(BadGrant::RedirectUri),
            ),
            (
                "by a public client without redirect",
                code(),
                Presented { by_secret: false, ..web(1) },
                now,
                Outcome::Burnt(BadGrant::RedirectUri),
            ),
            (
                "when its redirect was taken from the client",
                code(),
                Presented { registered: false, redirect_uri: Some("https://b/"), ..web(1) },
                now,
                Outcome::Refused(BadGrant::RedirectUri),
            ),
            (
                "twice, when its redirect was taken from the client",
                spent.clone(),
                Presented { registered: false, ..web(1) },
                now,
                Outcome::Replayed,
            ),
            (
                "with another redirect and no verifier",
                challenged.clone(),
                with(Some("https://b/"), None),
                now,
                Outcome::Burnt(BadGrant::RedirectUri),
            ),
            ("by another client", code(), web(2), now, Outcome::Refused(BadGrant::Code)),
            ("too late", code(), web(1), Time::from_secs(300), Outcome::Refused(BadGrant::Code)),
            ("twice", spent.clone(), web(1), now, Outcome::Replayed),
            ("twice, by another client", spent, web(2), now, Outcome::Refused(BadGrant::Code)),
            ("with its verifier", challenged.clone(), with(None, Some(verifier.as_str())), now, Outcome::Accepted),
            ("without its verifier", challenged, web(1), now, Outcome::Burnt(BadGrant::CodeVerifier)),
            (
                "with a verifier nobody asked for",
                code(),
                with(None, Some(verifier.as_str())),
                now,
                Outcome::Burnt(BadGrant::CodeVerifier),
            ),
        ] {
            assert_eq!(code.present(presented, at), outcome, "{name}");
        }
    }

    #[test]
    fn a_strict_client_proves_whatever_its_code_was_issued_under() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let digest = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let now = Time::from_secs(10);
        let s256 = || Some(Challenge::S256(digest.into()));
        for (challenge, redirect_uri, verifier, outcome) in [
            (s256(), Some("https://a/"), Some(verifier), Outcome::Accepted),
            (s256(), None, Some(verifier), Outcome::Burnt(BadGrant::RedirectUri)),
            (s256(), Some("https://a"), Some(verifier), Outcome::Burnt(BadGrant::RedirectUri)),
            (s256(), Some("https://a/"), None, Outcome::Burnt(BadGrant::CodeVerifier)),
            (
                Some(Challenge::Plain(verifier.into())),
                Some("https://a/"),
                Some(verifier),
                Outcome::Burnt(BadGrant::Code),
            ),
            (None, Some("https://a/"), None, Outcome::Burnt(BadGrant::Code)),
            (None, Some("https://a/"), Some(verifier), Outcome::Burnt(BadGrant::Code)),
        ] {
            let presented = Presented { strict: true, redirect_uri, verifier, ..web(1) };
            let code = Code { challenge: challenge.clone(), ..code() };
            assert_eq!(code.present(presented, now), outcome, "{challenge:?} {presented:?}");
        }
    }
}
