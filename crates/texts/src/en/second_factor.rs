//! English texts of the second factor of sign-ins.

use crate::SecondFactorTexts;

pub const SECOND_FACTOR_TEXTS: SecondFactorTexts = SecondFactorTexts {
    title: "Two-step sign-in",
    why: "Add a second step to your sign-in: a code from an app on your phone. Then nobody can sign in with your password alone.",
    set_up: "Set up two-step sign-in",
    on_since: |day| format!("On since {day}."),
    codes_left: |count| match count {
        1 => "You have 1 recovery code left.".into(),
        count => format!("You have {count} recovery codes left."),
    },
    new_codes: "Get new recovery codes",
    switch_off: "Turn off",
    scan: "Scan this QR code with an authenticator app on your phone.",
    open_app: "On your phone right now? Open the app with this key.",
    type_key: "Can't scan it? Enter this key in the app instead:",
    qr: "QR code for your authenticator app",
    app_code: "Code from the app",
    switch_on: "Turn on",
    codes_title: "Your recovery codes",
    codes_why: "If you don't have your phone, each of these codes lets you sign in once. Write them down or print them now. We won't show them again.",
    codes_saved: "I've saved them",
    step_title: "Enter your code",
    step_why: "Open your authenticator app and enter the code it shows. You can also use one of your recovery codes.",
    step_code: "Code",
    start_over: "Start over",
    off_saved: "Two-step sign-in is off.",
    on_subject: "Two-step sign-in is on",
    on: [
        "From now on, signing in to your account takes a code from your authenticator app.",
        "If that wasn't you, sign in and change your password at once.",
    ],
    off_subject: "Two-step sign-in is off",
    off: [
        "From now on, your password is enough to sign in to your account.",
        "If that wasn't you, change your password at once and turn two-step sign-in on again.",
    ],
    used_subject: "A recovery code was used",
    used: [
        "Somebody signed in to your account with one of your recovery codes. That code no longer works.",
        "If that wasn't you, change your password at once and get new recovery codes.",
    ],
};
