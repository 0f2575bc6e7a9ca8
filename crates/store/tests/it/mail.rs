//! Mail to customers.

use crate::harness::{TestStore, command};
use crate::samples::{at, awkward_texts, ordered_uuid, translations, uuid};
use opendrs_domain::account::{AccountMail, CodeRequest, MailRecipient};
use opendrs_domain::id::{CustomerId, DeviceId, MailId};
use opendrs_domain::language::Language;
use opendrs_domain::mail::{MailContent, MailState, MailSubject, SlotSummary};
use opendrs_domain::money::Money;
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;
use opendrs_domain::translation::Translations;
use opendrs_store::mail::{self, StoredMail};

both!(
    a_mail_comes_back_as_it_was_written,
    a_mail_about_an_account_keeps_its_recipient,
    what_is_due_is_claimed_once_and_again_when_its_lease_ends,
    an_attempt_whose_lease_ended_records_nothing,
    what_is_over_is_never_due_and_goes_in_time,
    the_newest_mails_come_oldest_first_and_bounded,
);

fn sample_mail(store: &TestStore, n: u64) -> StoredMail {
    StoredMail {
        shard: store.shard(uuid(n)),
        id: MailId(ordered_uuid(n)),
        subject: MailSubject::Device { device: DeviceId(uuid(n)), customer: CustomerId(uuid(n + 100)) },
        at: at(i64::try_from(n).unwrap()),
        content: MailContent::Deregistered,
        state: MailState::Waiting,
        due_at: Some(at(i64::try_from(n).unwrap())),
        attempts: 0,
        ended_at: None,
        reason: None,
    }
}

async fn insert(store: &TestStore, mail: &StoredMail) {
    store.write(mail.clone(), |tx, mail| Box::pin(mail::insert(tx, mail))).await;
}

async fn claim(store: &TestStore, now: Time, lease: Time, limit: i64) -> Vec<StoredMail> {
    let with = (now, lease, limit);
    let mut all = store.write(with, |tx, (now, lease, limit)| Box::pin(mail::claim(tx, *now, *lease, *limit))).await;
    all.sort_by_key(|mail| mail.id);
    all
}

async fn save(store: &TestStore, mail: &StoredMail) -> bool {
    store.write(mail.clone(), |tx, mail| Box::pin(mail::save(tx, mail))).await
}

async fn find(store: &TestStore, mail: &StoredMail) -> Option<StoredMail> {
    store.read(async |tx| mail::find_by_id(tx, mail.id).await).await
}

async fn find_next_due(store: &TestStore) -> Option<Time> {
    store.read(async |tx| mail::find_next_due(tx).await).await
}

async fn a_mail_about_an_account_keeps_its_recipient(store: &TestStore) {
    let email = Email::parse("ann@example.com").unwrap();
    for (n, (name, language)) in (1..).zip([(None, Language::Japanese), (Some("Ann".to_owned()), Language::German)]) {
        let recipient = MailRecipient { email: email.clone(), name, language, zone: None };
        let request = CodeRequest { email: email.clone(), requested_at: at(1), return_to: "/ap/oa?state=a%26b".into() };
        let mail = StoredMail {
            subject: MailSubject::Account(recipient),
            content: MailContent::Account(AccountMail::ConfirmAddress(request)),
            ..sample_mail(store, n)
        };
        insert(store, &mail).await;
        assert_eq!(find(store, &mail).await, Some(mail));
    }
}

async fn a_mail_comes_back_as_it_was_written(store: &TestStore) {
    for (n, text) in (0..).zip(awkward_texts()) {
        let price = Money { minor: i64::MAX, currency: "USD".into() };
        let texts = translations(&text);
        let (names, titles) = (texts.clone(), texts);
        let slot = SlotSummary { name: text.clone(), names, product: Some((text.clone(), price)), titles };
        let none = Translations::default();
        let off = SlotSummary { name: String::new(), names: none.clone(), product: None, titles: none };
        let news = MailContent::Subscribed(vec![slot, off]);
        let written = StoredMail {
            content: news,
            reason: Some(text),
            attempts: 3,
            ended_at: Some(at(9)),
            ..sample_mail(store, n)
        };
        insert(store, &written).await;
        assert_eq!(find(store, &written).await, Some(written));
    }
    assert_eq!(find(store, &sample_mail(store, 99)).await, None);
    // A duplicate of the mail would be sent twice.
    let again = command(0, sample_mail(store, 1), |tx, mail| Box::pin(mail::insert(tx, mail)));
    assert!(store.db.write(again).await.is_err_and(|e| e.to_string().contains("MailPut")));
}

async fn what_is_due_is_claimed_once_and_again_when_its_lease_ends(store: &TestStore) {
    assert_eq!(find_next_due(store).await, None);
    for n in [3, 1, 2] {
        insert(store, &sample_mail(store, n)).await;
    }
    assert_eq!(find_next_due(store).await, Some(at(1)));
    assert_eq!(claim(store, at(0), at(50), 9).await, []);
    let claimed = |n, attempts, lease| StoredMail {
        state: MailState::Sending,
        due_at: Some(at(lease)),
        attempts,
        ..sample_mail(store, n)
    };
    assert_eq!(claim(store, at(2), at(50), 1).await, [claimed(1, 1, 50)], "the oldest first");
    assert_eq!(claim(store, at(9), at(60), 9).await, [claimed(2, 1, 60), claimed(3, 1, 60)]);
    assert_eq!((claim(store, at(49), at(70), 9).await, find_next_due(store).await), (vec![], Some(at(50))));
    assert_eq!(claim(store, at(50), at(70), 9).await, [claimed(1, 2, 70)]);
}

async fn an_attempt_whose_lease_ended_records_nothing(store: &TestStore) {
    insert(store, &sample_mail(store, 1)).await;
    let first = claim(store, at(1), at(5), 1).await.remove(0);
    let second = claim(store, at(5), at(9), 1).await.remove(0);
    let over =
        |mail: &StoredMail| StoredMail { state: MailState::Sent, due_at: None, ended_at: Some(at(6)), ..mail.clone() };
    assert!(!save(store, &over(&first)).await);
    assert_eq!(find(store, &first).await, Some(second.clone()));
    assert!(save(store, &over(&second)).await);
    assert!(!save(store, &over(&second)).await, "it is over");
    assert_eq!(find(store, &first).await, Some(over(&second)));
}

async fn what_is_over_is_never_due_and_goes_in_time(store: &TestStore) {
    for n in 1..=3 {
        insert(store, &sample_mail(store, n)).await;
    }
    for mut mail in claim(store, at(9), at(19), 2).await {
        (mail.state, mail.due_at, mail.ended_at) = (MailState::Dead, None, Some(at(10)));
        assert!(save(store, &mail).await);
    }
    assert_eq!(find_next_due(store).await, Some(at(3)));
    let purge = async |before: Time, limit: i64| {
        store.write((before, limit), |tx, (before, limit)| Box::pin(mail::purge(tx, *before, *limit))).await
    };
    assert_eq!((purge(at(10), 9).await, purge(at(11), 1).await, purge(at(11), 9).await), (0, 1, 1));
    assert_eq!(store.count("mail").await, 1, "what is on its way stays");
}

async fn the_newest_mails_come_oldest_first_and_bounded(store: &TestStore) {
    for n in [3, 9, 1, 7, 5] {
        insert(store, &sample_mail(store, n)).await;
    }
    let newest = async |limit| {
        let all = store.read(async |tx| mail::list_newest(tx, limit).await).await;
        all.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
    };
    let ids = |numbers: &[u64]| numbers.iter().map(|n| MailId(ordered_uuid(*n))).collect::<Vec<_>>();
    assert_eq!((newest(2).await, newest(9).await), (ids(&[7, 9]), ids(&[1, 3, 5, 7, 9])));
}
