//! English texts of federated sign-in.

use crate::FederationTexts;

pub const FEDERATION_TEXTS: FederationTexts = FederationTexts {
    continue_with: |provider| format!("Continue with {provider}"),
    create_title: "Create your account",
    create_why: |provider, email| {
        format!("{provider} has confirmed your email address {email}. You don't have an account with us yet.")
    },
    create_terms: |provider| {
        format!(
            "We use your name and email address from {provider} for your account and your orders. You can sign in with {provider} from then on."
        )
    },
    exists_title: "You already have an account",
    exists_why: |provider, email| {
        format!(
            "There is already an account with {email}. Sign in to it once, and you can use {provider} from then on."
        )
    },
    exists_sign_in: "Sign in to this account",
    link_title: |provider| format!("Sign in with {provider} in future?"),
    link_why: |provider, email| {
        format!(
            "We link your account {email} with {provider}. You can then sign in either way. You can remove the link in your account at any time."
        )
    },
    link_replaces: |earlier| {
        format!("Your account is already linked with another sign-in at {earlier}, which will no longer work.")
    },
    link_now: "Link accounts",
    not_now: "Not now",
    failed_title: "We could not sign you in",
    back: "Back to sign-in",
    title: "Sign-in with another service",
    linked_since: |provider, day| format!("You can sign in with {provider}. Linked on {day}."),
    remove: "Remove link",
    remove_why: "To sign in after that, ask for a new password with \u{201c}Forgot your password?\u{201d}.",
    removed_saved: "The link has been removed.",
    no_password: "Your account has no password yet. You need one to change your email address, to set up two-step sign-in, to download your data or to delete your account.",
    choose_password: "Choose a password",
    linked_subject: |provider| format!("Your account is linked with {provider}"),
    linked: |provider, earlier| {
        let now = format!("You can now sign in to your account with {provider}.");
        [
            earlier.map_or_else(
                || now.clone(),
                |earlier| format!("{now} The earlier linked sign-in at {earlier} no longer works."),
            ),
            "If this wasn't you, change your password right away and remove the link in your account.".into(),
        ]
    },
    removed_subject: |provider| format!("Your account is no longer linked with {provider}"),
    removed: |provider| {
        [
            format!("You can no longer sign in to your account with {provider}."),
            "If this wasn't you, sign in and change your password right away.".into(),
        ]
    },
};
