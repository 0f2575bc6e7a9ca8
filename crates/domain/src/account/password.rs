//! New passwords: their length, their one spelling, and which are too easy to guess.
//!
//! What it is: the rule of a password that a customer chooses. What it is not: hashing, and the check of a password that
//! exists. Invariant: whichever way a keyboard writes a character, it is the same password.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::fmt;
use zxcvbn::{Score, zxcvbn};

/// The fewest characters of a new password.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// The most characters of a password.
pub const MAX_PASSWORD_CHARS: usize = 1024;

/// A password that a customer may choose, in its one spelling.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("Choose a password of at least {MIN_PASSWORD_CHARS} characters.")]
    TooShort,
    /// Too many characters.
    #[error("Choose a password of at most {MAX_PASSWORD_CHARS} characters.")]
    TooLong,
    /// It is common, or contains little more than the name or the mail address.
    #[error("This password is easy to guess. Choose a longer one, such as three or four words.")]
    Common,
}

/// The one spelling of a password: Unicode's form NFC.
#[must_use]
pub fn normalize_password(password: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(password).into_owned()
}

impl NewPassword {
    /// Checks a password. `related` are texts that others know of the customer: name and mail address.
    ///
    /// # Errors
    /// [`PasswordError`], which names the rule.
    pub fn parse(password: &str, related: &[&str]) -> Result<Self, PasswordError> {
        // A limit on the bytes first, so that no work is done for a text that cannot fit.
        if password.len() > MAX_PASSWORD_CHARS * 16 {
            return Err(PasswordError::TooLong);
        }
        let password = normalize_password(password);
        match password.chars().count() {
            ..MIN_PASSWORD_CHARS => return Err(PasswordError::TooShort),
            count if count > MAX_PASSWORD_CHARS => return Err(PasswordError::TooLong),
            _ => {}
        }
        // Long passwords are not looked up: no list has them, and the work grows with the length.
        let is_common = password.chars().count() <= 64 && zxcvbn(&password, related).score() <= Score::One;
        if is_common { Err(PasswordError::Common) } else { Ok(Self(password)) }
    }

    /// The password's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_characters() {
        let words = "mint tower canoe ";
        assert_eq!(NewPassword::parse("q9w!xK2", &[]), Err(PasswordError::TooShort));
        assert!(NewPassword::parse("q9w!xK2ß", &[]).is_ok());
        assert!(NewPassword::parse(&words.repeat(60), &[]).is_ok());
        assert!(NewPassword::parse(&"漢字".repeat(512), &[]).is_ok());
        assert_eq!(NewPassword::parse(&"漢".repeat(1025), &[]), Err(PasswordError::TooLong));
        assert_eq!(NewPassword::parse(&"a".repeat(100_000), &[]), Err(PasswordError::TooLong));
    }

    #[test]
    fn what_others_guess_first_is_refused() {
        for password in ["password", "12345678", "qwertyuiop", "iloveyou", "aaaaaaaa", "letmein1", "abcdefgh"] {
            assert_eq!(NewPassword::parse(password, &[]), Err(PasswordError::Common), "{password}");
        }
        let related = ["Annabel Exampleton", "annabel.exampleton@example.com"];
        for password in ["annabel.exampleton@example.com", "Annabel Exampleton"] {
            assert_eq!(NewPassword::parse(password, &related), Err(PasswordError::Common), "{password}");
        }
        for password in ["correct horse battery staple", "mint-tower-canoe", "Z9#kd82!pq"] {
            assert!(NewPassword::parse(password, &related).is_ok(), "{password}");
        }
    }

    #[test]
    fn two_spellings_of_a_character_are_one_password() {
        let (composed, decomposed) = ("pa\u{e9}lla-sombrero", "pae\u{301}lla-sombrero");
        assert_eq!(NewPassword::parse(composed, &[]), NewPassword::parse(decomposed, &[]));
        assert_eq!(normalize_password(decomposed), composed);
    }
}
