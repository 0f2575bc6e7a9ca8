//! English texts of accounts.

use crate::customer_account::{AccountMailTexts, AccountTexts};

pub const ACCOUNT_TEXTS: AccountTexts = AccountTexts {
    create: "Create an account",
    create_why: "Enter your email address. We'll send you a code to confirm it.",
    send_code: "Send me a code",
    has_account: "Already have an account?",
    check_mail: "Check your email",
    code_sent: |email| format!("We've sent an email to {email}. Enter the code in it, or open its link."),
    code: "Code (6 digits)",
    check_code: "Continue",
    no_mail: "No email yet? It can take a minute. Please also check your spam folder.",
    send_again: "Send another email",
    details: "Almost done",
    confirmed: |email| format!("{email} is confirmed. Choose a password for your account."),
    name: "Your name",
    new_password: "New password",
    password_rule: "At least 8 characters. Three or four unrelated words make a good password.",
    create_now: "Create account",
    forgotten: "Forgot your password?",
    forgotten_why: "Enter your email address. We'll send you a link to choose a new password.",
    send_link: "Send me a link",
    link_sent: |email| format!("We've sent an email to {email}. Its link is valid for one hour."),
    choose_password: "Choose a new password",
    choose_password_for: |email| format!("For the account {email}. You will be signed out everywhere."),
    save_password: "Save password",
    password_saved: "Your new password is saved",
    password_saved_text: "Please sign in with it.",
    title: "Your account",
    you: "Your name",
    save_name: "Save name",
    name_saved: "Your name is saved.",
    change_email: "Email address",
    change_email_why: |email| {
        format!("Your email address is {email}. We'll send an email to the new address to confirm it.")
    },
    new_email: "New email address",
    current_password: "Current password",
    confirm_email: "Confirm new address",
    email_sent: |email| format!("We've sent an email to {email}. Open its link to use this address."),
    use_email: "Use this email address?",
    use_email_why: |email| format!("From now on you sign in with {email}, and we'll write to you there."),
    use_email_now: "Use this address",
    email_changed: "Your email address has changed",
    email_changed_text: |email| format!("From now on you sign in with {email}."),
    change_password: "Password",
    sessions: "Where you're signed in",
    sessions_why: "Don't recognize one of these? Sign it out and change your password.",
    session: |browser, signed_in, used| format!("{browser}: signed in {signed_in}, last used {used}"),
    browser_on: |browser, system| format!("{browser} on {system}"),
    unknown_browser: "Unknown browser",
    this_browser: "This browser",
    end_session: "Sign out",
    end_others: "Sign out everywhere else",
    sessions_ended: "Signed out.",
    delete: "Delete your account",
    delete_why: |day| {
        format!(
            "If you ask for it now, we'll delete your account on {day}. Until then you can change your mind, and your devices \
             keep reordering unless you remove them. Orders on their way still arrive."
        )
    },
    delete_now: "Delete my account",
    deletion_planned: |day| format!("Your account will be deleted on {day}"),
    deletion_planned_why: "Then your devices are removed, and your name and address are erased from your orders.",
    keep: "Keep my account",
    kept: "Your account stays as it is.",
    open: "Account",
    mails: MAIL_TEXTS,
};

const MAIL_TEXTS: AccountMailTexts = AccountMailTexts {
    hello: "Hello,",
    about: "You're receiving this email because of your account for automatic reordering.",
    code: "Your code",
    confirm_subject: |code| format!("{code} is your code"),
    confirm: [
        "Use this code to confirm your email address and create your account. It is valid for one hour.",
        "If you didn't ask for it, you can ignore this email. No account is created without you.",
    ],
    confirm_link: "Confirm and continue",
    exists_subject: "You already have an account",
    exists: [
        "Someone, probably you, wanted to create an account with this email address. There already is one: please sign in.",
        "If you have forgotten your password, you can choose a new one.",
    ],
    forgotten_link: "Choose a new password",
    created_subject: "Welcome",
    created: [
        "Your account is ready. You can now set up devices that reorder their supplies.",
        "If you didn't create this account, please contact customer service.",
    ],
    account_link: "Your account",
    recovery_subject: "Choose a new password",
    recovery: [
        "You can choose a new password with this link. It is valid for one hour.",
        "If you didn't ask for it, you can ignore this email. Your password stays as it is.",
    ],
    recovery_link: "Choose a new password",
    unknown_subject: "There is no account with this address",
    unknown: [
        "Someone, probably you, asked for a new password. There is no account with this email address.",
        "You may have used another address. If you didn't ask for it, you can ignore this email.",
    ],
    create_link: "Create an account",
    password_subject: "Your password has changed",
    password: [
        "The password of your account has just been changed. All other browsers are signed out.",
        "If this wasn't you, choose a new password now and contact customer service.",
    ],
    new_email_subject: "Confirm your new email address",
    new_email: |former| {
        [
            format!("Open this link to use this email address for your account instead of {former}."),
            "If you didn't ask for it, you can ignore this email. The account stays as it is.".into(),
        ]
    },
    new_email_link: "Use this address",
    email_subject: "Your email address has changed",
    email: [
        "Your account now has another email address. We won't write to this one any more.",
        "If this wasn't you, please contact customer service right away.",
    ],
    deletion_subject: |day| format!("Your account will be deleted on {day}"),
    deletion: [
        "You asked us to delete your account. Until then you can sign in and keep it.",
        "If this wasn't you, sign in, keep the account and change your password.",
    ],
    kept_subject: "Your account stays",
    kept: ["Your account will not be deleted.", "If this wasn't you, change your password."],
    deleted_subject: "Your account has been deleted",
    deleted: [
        "Your account, your devices and your address have been deleted, as you asked.",
        "We keep past orders for our records, without your name and address.",
    ],
};
