//! Mails of every kind, each in the language of its reader.

use super::*;

/// Mails of every kind and every problem, with and without the optional parts.
fn mails_of_every_kind(language: Language) -> Vec<MailMessage> {
    let mut all = Vec::new();
    for state in [
        OrderState::Held,
        OrderState::Placed,
        OrderState::Shipped,
        OrderState::Delivered,
        OrderState::Cancelled,
        OrderState::Expired,
    ] {
        for problem in OrderProblem::ALL.map(Some).into_iter().chain([None]) {
            all.extend([true, false].map(|known| order_mail(state, problem, known)));
        }
    }
    all.extend([true, false].into_iter().flat_map(mails_after_delivery));
    let bare = order_mail(OrderState::Placed, None, true);
    let price = Money::parse("24.99", "EUR").unwrap();
    for product in [Some(("Filter".to_owned(), price)), None] {
        let (names, titles) = Default::default();
        let slot = mail::SlotSummary { name: "Slot".into(), names, product, titles };
        let news = mail::MailContent::Subscribed(vec![slot]);
        all.push(MailMessage { content: news, address: None, ..bare.clone() });
    }
    all.extend(
        [mail::MailContent::Deregistered, mail::MailContent::TakenOver, mail::MailContent::TooMany]
            .map(|news| MailMessage { content: news, ..bare.clone() }),
    );
    for asks in [true, false] {
        let [before, price] = ["24.99", "29.99"].map(|amount| Money::parse(amount, "EUR").unwrap());
        let (title, titles) = (TITLE.into(), Default::default());
        let news = mail::PriceChangeSummary { title, titles, agreed: Some(before.clone()), before, price, asks };
        all.push(MailMessage { content: mail::MailContent::PriceChanged(news), ..bare.clone() });
    }
    let by = mail::TakeoverSummary { customer: CustomerId(Uuid::from_u128(4)), answer_by: Time::from_secs(1_000_000) };
    let takeovers = [
        mail::MailContent::TakeoverAnnounced(by),
        mail::MailContent::TakeoverAsked(by),
        mail::MailContent::ChangedHands(by),
        mail::MailContent::TakeoverAgreed(by.answer_by),
        mail::MailContent::TakeoverDeclined,
        mail::MailContent::TakenBack,
    ];
    all.extend(takeovers.map(|news| MailMessage { content: news, ..bare.clone() }));
    let test_device = bare.device.clone().map(|device| MailDevice { is_test: true, ..device });
    all.push(MailMessage { device: test_device, address: None, ..bare.clone() });
    all.extend(account_mails(&bare));
    all.into_iter().map(|letter| MailMessage { language, ..letter }).collect()
}

/// The provider of a link that another one replaced.
const EARLIER: &str = "Earlier Shop";

/// A mail of each kind about an account.
fn account_mails(bare: &MailMessage) -> Vec<MailMessage> {
    let (email, customer) = (bare.to.clone(), CustomerId(Uuid::from_u128(4)));
    let request = CodeRequest { email: email.clone(), requested_at: bare.at, return_to: "/settings".into() };
    let state = CredentialState { email, password_changed_at: None, generation: 0 };
    let provider = "Aqua Shop".to_owned();
    let linked = |replaced| AccountMail::IdentityLinked { provider: provider.clone(), replaced };
    let news = [
        AccountMail::SecondFactorOn,
        AccountMail::SecondFactorOff,
        AccountMail::RecoveryCodeUsed,
        linked(None),
        linked(Some(EARLIER.to_owned())),
        AccountMail::IdentityRemoved { provider: provider.clone() },
        AccountMail::ConfirmAddress(request),
        AccountMail::AlreadyRegistered,
        AccountMail::Created,
        AccountMail::Recovery { customer, state: state.clone() },
        AccountMail::NotRegistered,
        AccountMail::PasswordChanged,
        AccountMail::ConfirmNewEmail { customer, state },
        AccountMail::EmailChanged,
        AccountMail::DeletionPlanned(bare.at),
        AccountMail::DeletionCancelled,
        AccountMail::Deleted,
        AccountMail::ExportReady { export: ExportId(Uuid::from_u128(8)), ends_at: bare.at },
    ];
    let mail = |news: AccountMail| MailMessage {
        code: matches!(news, AccountMail::ConfirmAddress(_)).then(|| "012345".into()),
        content: mail::MailContent::Account(news),
        name: String::new(),
        device: None,
        address: None,
        cancel_url: None,
        order_url: None,
        takeover_url: None,
        account_url: Some("https://drs.example/account/create?token=x".into()),
        ..bare.clone()
    };
    news.map(mail).into()
}

#[test]
fn a_link_that_was_replaced_is_named() {
    for language in Language::ALL {
        let all = mails_of_every_kind(language);
        let named = all.iter().map(ComposedMail::compose).filter(|mail| mail.lines.join(" ").contains(EARLIER));
        assert_eq!(named.count(), 1, "{language}");
    }
}

#[test]
fn every_letter_speaks_its_readers_language_alone() {
    let english: Vec<_> = mails_of_every_kind(Language::English).iter().map(ComposedMail::compose).collect();
    for language in [Language::German, Language::Japanese] {
        for (words, original) in mails_of_every_kind(language).iter().map(ComposedMail::compose).zip(&english) {
            let html = words.to_html().unwrap();
            assert!(html.contains(&format!("<html lang=\"{language}\">")), "{html}");
            let names = |words: &ComposedMail| -> Vec<String> {
                let facts = words.facts.iter().map(|(name, _)| name.clone()).filter(|name| name != "Slot");
                let links = words.links.iter().map(|(name, _)| (*name).to_owned());
                let texts = [words.subject.clone(), words.hello.clone(), words.about.clone()];
                words.lines.iter().cloned().chain(texts).chain(facts).chain(links).collect()
            };
            let (said, originally) = (names(&words), names(original));
            assert_eq!(said.len(), originally.len(), "{said:?} for {originally:?}");
            assert_eq!(said.iter().find(|text| originally.contains(text)), None, "{language}: {said:?}");
            // The links lead to the same targets.
            let leads = |words: &ComposedMail| words.links.iter().map(|(_, url)| url.clone()).collect::<Vec<_>>();
            assert_eq!(leads(&words), leads(original));
            for sentence in &words.lines {
                assert!(sentence.ends_with(['.', '。']), "{sentence}");
            }
        }
    }
}
