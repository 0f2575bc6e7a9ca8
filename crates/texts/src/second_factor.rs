//! The texts of the second factor of sign-ins: set-up, second step, recovery codes, and mails about them.

use super::Text;

/// Texts of the second factor.
pub struct SecondFactorTexts {
    /// Heading of the part of the account's page, and title of the page that sets it up.
    pub title: Text,
    /// Explains it where it is off.
    pub why: Text,
    /// Link to the page that sets it up.
    pub set_up: Text,
    /// State where it is on. `day` is when it was set up.
    pub on_since: fn(day: &str) -> String,
    /// How many recovery codes were not used.
    pub codes_left: fn(count: i64) -> String,
    /// Button that replaces the recovery codes.
    pub new_codes: Text,
    /// Button that switches it off.
    pub switch_off: Text,
    /// First step of the set-up: the QR code.
    pub scan: Text,
    /// Link that opens the app on the same phone.
    pub open_app: Text,
    /// In place of the QR code: the key to type.
    pub type_key: Text,
    /// Accessible name of the QR code.
    pub qr: Text,
    /// Label of the code from the app.
    pub app_code: Text,
    /// Button that switches it on.
    pub switch_on: Text,
    /// Title of the page with the recovery codes.
    pub codes_title: Text,
    /// Explains them.
    pub codes_why: Text,
    /// Link that leaves the page with the codes.
    pub codes_saved: Text,
    /// Title of the second step of a sign-in.
    pub step_title: Text,
    /// Explains that step.
    pub step_why: Text,
    /// Label of its code.
    pub step_code: Text,
    /// Link from the second step to the first one.
    pub start_over: Text,
    /// Confirms that it is off.
    pub off_saved: Text,
    /// Subject of the mail after it was switched on.
    pub on_subject: Text,
    /// Its sentences.
    pub on: [Text; 2],
    /// Subject of the mail after it was switched off.
    pub off_subject: Text,
    /// Its sentences.
    pub off: [Text; 2],
    /// Subject of the mail after a recovery code was used.
    pub used_subject: Text,
    /// Its sentences.
    pub used: [Text; 2],
}
