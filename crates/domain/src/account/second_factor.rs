//! The second factor of a sign-in: the codes of an authenticator app (RFC 6238), and recovery codes.
//!
//! Not here: which codes were used. Invariant: codes are compared as people type them, with blanks, hyphens and the
//! digits of Japanese keyboards.

use crate::time::Time;
use totp_rs::{Builder, Secret, Totp};

/// How many recovery codes a customer has.
pub const RECOVERY_CODE_COUNT: usize = 10;
/// The number of characters of a recovery code without its hyphen: 50 random bits.
const RECOVERY_CODE_CHARS: usize = 10;
/// The characters of recovery codes: none that looks like another one (Crockford's base 32).
const RECOVERY_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The secret that an authenticator app shares with the service.
#[derive(Clone)]
pub struct AppSecret([u8; 20]);

impl AppSecret {
    /// The secret of these bytes, of which the first 20 are used.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(std::array::from_fn(|n| bytes[n]))
    }

    fn totp(&self) -> Builder {
        Builder::new().with_secret(Secret::new_stack(self.0)).with_digits(6).with_step_duration(30).with_skew(1)
    }

    /// The secret as a person types it into the app: base 32, in groups of four.
    #[must_use]
    pub fn to_typed_text(&self) -> String {
        let text: Vec<char> = Secret::new_stack(self.0).to_base32().chars().collect();
        text.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
    }

    /// The URL that the app reads from a QR code. `None` if there is no account name.
    #[must_use]
    pub fn to_url(&self, issuer: &str, account: &str) -> Option<String> {
        let name = |text: &str| text.replace(':', " ");
        let named = self.totp().with_issuer(Some(name(issuer))).with_account_name(name(account));
        named.build().ok().as_ref().and_then(|totp| totp.to_url().ok())
    }

    /// The step of a typed code, if it is the code of now, of the step before or of the step after.
    #[must_use]
    pub fn find_step(&self, typed: &str, now: Time) -> Option<i64> {
        let (totp, code): (Totp, _) = (self.totp().build().ok()?, normalize_code(typed));
        let step = totp.check(&code, u64::try_from(now.as_secs()).ok()?)?;
        i64::try_from(step).ok()
    }

    /// The code that the app shows at a time.
    #[must_use]
    pub fn code_at(&self, now: Time) -> Option<String> {
        let now = u64::try_from(now.as_secs()).ok()?;
        Some(self.totp().build().ok()?.generate(now).to_string())
    }
}

/// A recovery code, made of random bits.
#[must_use]
pub fn recovery_code(random: u64) -> String {
    let text = (0..RECOVERY_CODE_CHARS).map(|n| {
        let index = random >> (5 * n) & 31;
        char::from(RECOVERY_ALPHABET[usize::try_from(index).unwrap_or_default()])
    });
    let text: Vec<char> = text.collect();
    text.chunks(RECOVERY_CODE_CHARS / 2).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// Reads a recovery code as typed: without blanks and hyphens, in upper case, and with the digits for letters that look
/// like them. `None` if it cannot be one.
#[must_use]
pub fn parse_recovery_code(typed: &str) -> Option<String> {
    let code: String = normalize_code(typed)
        .to_uppercase()
        .chars()
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    let is_code = code.len() == RECOVERY_CODE_CHARS && code.bytes().all(|byte| RECOVERY_ALPHABET.contains(&byte));
    is_code.then_some(code)
}

/// A code as typed, without blanks and hyphens, and with ASCII digits.
#[must_use]
pub fn normalize_code(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(to_ascii_digit).collect()
}

/// The digit that a character shows, as Japanese keyboards may write it.
fn to_ascii_digit(c: char) -> char {
    match c {
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xff10 + u32::from('0')).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> AppSecret {
        AppSecret(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (at, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let now = Time::from_secs(at);
            assert_eq!(secret().code_at(now).as_deref(), Some(code));
            assert_eq!(secret().find_step(code, now), Some(at / 30));
        }
    }

    #[test]
    fn a_code_is_accepted_a_step_early_or_late_as_people_type_it() {
        let at = |seconds| Time::from_secs(seconds);
        for typed in ["287082", " 287 082 ", "287-082", "２８７０８２"] {
            assert_eq!(secret().find_step(typed, at(59)), Some(1), "{typed}");
        }
        assert_eq!((secret().find_step("287082", at(89)), secret().find_step("287082", at(29))), (Some(1), Some(1)));
        for (typed, now) in [("287082", 90), ("287083", 59), ("", 59), ("28708", 59), ("2870820", 59), ("28708x", 59)] {
            assert_eq!(secret().find_step(typed, at(now)), None, "{typed} {now}");
        }
    }

    #[test]
    fn an_app_reads_the_secret_from_a_url_or_from_the_keyboard() {
        assert_eq!(secret().to_typed_text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let url = secret().to_url("Aqua: Works", "ann@example.com").unwrap();
        assert!(url.starts_with("otpauth://totp/Aqua%20%20Works:ann%40example.com?secret=GEZDGNBVGY3TQOJQ"), "{url}");
        assert!(url.ends_with("&issuer=Aqua%20%20Works"), "{url}");
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        assert_eq!(recovery_code(0), "00000-00000");
        assert_eq!(recovery_code(u64::MAX), "ZZZZZ-ZZZZZ");
        assert_eq!(recovery_code(0b00010_00001), "12000-00000");
        for typed in ["12O00-0000A", "12o00 0000a", " L2000-0000a", "I200００000A"] {
            assert_eq!(parse_recovery_code(typed).as_deref(), Some("120000000A"), "{typed}");
        }
        for typed in ["", "12000", "12000-0000U", "12000-0000AA", "12000-0000Ä"] {
            assert_eq!(parse_recovery_code(typed), None, "{typed}");
        }
    }
}
