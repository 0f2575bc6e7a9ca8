//! A maker's brand: what its customers see on pages and in mails.
//!
//! Not here: how a page or mail looks. Invariant: every value is valid, and the accent has enough contrast for text.

mod accent;
mod colour;

pub use accent::{Accent, AccentError, AccentPalette, AccentTones};
pub use colour::Colour;

use crate::picture::Picture;
use crate::text::{ContactLink, Email, Imprint, Name, WebLink};

/// The brand of a maker, or of the operator where a maker has none. Whatever is `None` is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// The logo.
    pub logo: Option<Picture>,
    /// The colour of buttons and links.
    pub accent: Option<Accent>,
    /// Links of the legal footer.
    pub links: LegalLinks,
    /// Who offers this: name, address and register, as the law of the country demands.
    pub imprint: Option<Imprint>,
    /// The sender of mails.
    pub sender: MailSender,
}

/// A maker with its brand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MakerBrand {
    /// The maker's name; `None` where no maker is concerned.
    pub maker: Option<String>,
    /// The brand as customers see it.
    pub brand: Brand,
}

/// The links of the legal footer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegalLinks {
    /// The privacy notice.
    pub privacy: Option<WebLink>,
    /// The terms.
    pub terms: Option<WebLink>,
    /// The withdrawal policy.
    pub withdrawal: Option<WebLink>,
    /// Where customers get help.
    pub contact: Option<ContactLink>,
}

/// The sender of mails, and where replies go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSender {
    /// The name in `From`.
    pub name: Option<Name>,
    /// The address in `From`.
    pub address: Option<Email>,
    /// The address in `Reply-To`.
    pub reply_to: Option<Email>,
}

impl Brand {
    /// The brand as customers see it: whatever the maker leaves out is the operator's. Logo and accent are the maker's
    /// own or none, since an operator's would pass for the maker's.
    #[must_use]
    pub fn or_operator(self, operator: &Brand) -> Brand {
        let LegalLinks { privacy, terms, withdrawal, contact } = self.links;
        let theirs = operator.links.clone();
        Brand {
            logo: self.logo,
            accent: self.accent,
            links: LegalLinks {
                privacy: privacy.or(theirs.privacy),
                terms: terms.or(theirs.terms),
                withdrawal: withdrawal.or(theirs.withdrawal),
                contact: contact.or(theirs.contact),
            },
            imprint: self.imprint.or_else(|| operator.imprint.clone()),
            sender: self.sender.or_operator(&operator.sender),
        }
    }
}

impl MailSender {
    /// The sender where the operator's fills what the maker leaves out. Replies to a maker's own address go there, and
    /// not to the operator.
    #[must_use]
    fn or_operator(self, operator: &MailSender) -> MailSender {
        let own_replies = self.reply_to.is_some() || self.address.is_some();
        MailSender {
            name: self.name.or_else(|| operator.name.clone()),
            address: self.address.or_else(|| operator.address.clone()),
            reply_to: if own_replies { self.reply_to } else { operator.reply_to.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(text: &str) -> Option<WebLink> {
        Some(WebLink::parse(text).unwrap())
    }

    fn email(text: &str) -> Option<Email> {
        Some(Email::parse(text).unwrap())
    }

    #[test]
    fn what_a_maker_leaves_out_is_the_operators_except_for_its_looks() {
        let operator = Brand {
            accent: Some(Accent::parse("#0a5bd3").unwrap()),
            links: LegalLinks {
                privacy: link("https://host.example/privacy"),
                terms: link("https://host.example/terms"),
                ..Default::default()
            },
            imprint: Some(Imprint::parse("Host Ltd").unwrap()),
            ..Brand::default()
        };
        let maker = Brand {
            links: LegalLinks { privacy: link("https://aqua.example/privacy"), ..Default::default() },
            ..Brand::default()
        };
        let shown = maker.or_operator(&operator);
        assert_eq!(shown.links.privacy, link("https://aqua.example/privacy"));
        assert_eq!(shown.links.terms, link("https://host.example/terms"));
        assert_eq!(shown.links.withdrawal, None);
        assert_eq!(shown.imprint.as_ref().map(Imprint::as_str), Some("Host Ltd"));
        assert_eq!(shown.accent, None);
    }

    #[test]
    fn replies_go_to_whoever_the_mail_is_from() {
        let operator = MailSender { name: None, address: None, reply_to: email("help@host.example") };
        let replies = |maker: MailSender| maker.or_operator(&operator).reply_to;
        assert_eq!(replies(MailSender::default()), email("help@host.example"));
        assert_eq!(replies(MailSender { address: email("orders@aqua.example"), ..Default::default() }), None);
        let both =
            MailSender { address: email("orders@aqua.example"), reply_to: email("help@aqua.example"), name: None };
        assert_eq!(replies(both), email("help@aqua.example"));
    }
}
