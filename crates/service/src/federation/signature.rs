//! Signatures of ID tokens.
//!
//! Not here: their claims ([`opendrs_domain::federation`]). Invariant: a token is signed with a key that the provider
//! publishes, by an algorithm with a private key. `none` and algorithms with a shared key are never accepted, whatever
//! key a token names.

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use opendrs_domain::federation::{IdTokenClaims, SignatureAlgorithm, TokenRefusal};

/// The longest token, in bytes.
const MAX_TOKEN_BYTES: usize = 32 * 1024;

/// A token whose signature is right.
pub(super) struct SignedClaims {
    pub(super) claims: IdTokenClaims,
    pub(super) algorithm: SignatureAlgorithm,
}

fn known_algorithm(algorithm: Algorithm) -> Result<SignatureAlgorithm, TokenRefusal> {
    match algorithm {
        Algorithm::RS256 => Ok(SignatureAlgorithm::Rs256),
        Algorithm::PS256 => Ok(SignatureAlgorithm::Ps256),
        Algorithm::ES256 => Ok(SignatureAlgorithm::Es256),
        Algorithm::EdDSA => Ok(SignatureAlgorithm::EdDsa),
        _ => Err(TokenRefusal::Algorithm),
    }
}

/// Whether a key may have signed a token.
fn may_sign(key: &Jwk, algorithm: Algorithm, kid: Option<&str>) -> bool {
    let common = &key.common;
    common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && common.key_algorithm.is_none_or(|own| own == KeyAlgorithm::from(algorithm))
        && kid.is_none_or(|kid| common.key_id.as_deref() == Some(kid))
}

/// Checks a token's signature.
///
/// # Errors
/// [`TokenRefusal::Unreadable`], [`TokenRefusal::Algorithm`], [`TokenRefusal::UnknownKey`], [`TokenRefusal::Signature`].
pub(super) fn check_signature(token: &str, keys: &[Jwk]) -> Result<SignedClaims, TokenRefusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenRefusal::Unreadable);
    }
    let header = decode_header(token).map_err(|_| TokenRefusal::Unreadable)?;
    let algorithm = known_algorithm(header.alg)?;
    // The claims have rules of their own, with the application's clock.
    let mut validation = Validation::new(header.alg);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let mut refusal = TokenRefusal::UnknownKey;
    for key in keys.iter().filter(|key| may_sign(key, header.alg, header.kid.as_deref())) {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        match decode::<IdTokenClaims>(token, &key, &validation) {
            Ok(token) => return Ok(SignedClaims { claims: token.claims, algorithm }),
            Err(error) => match error.kind() {
                jsonwebtoken::errors::ErrorKind::Json(_) => return Err(TokenRefusal::Unreadable),
                // Without the id of its key, a token may be of a key that is not known yet.
                _ if header.kid.is_some() => refusal = TokenRefusal::Signature,
                _ => {}
            },
        }
    }
    Err(refusal)
}
