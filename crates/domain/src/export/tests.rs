//! Tests of exports: cells, names, and what a record leaves out.

use super::*;
use crate::id::{CustomerId, DeviceId};
use crate::mail::{MailContent, MailState, MailSubject, TakeoverSummary};
use serde_json::json;
use std::collections::HashSet;
use uuid::Uuid;

#[test]
fn a_cell_never_begins_like_a_formula() {
    for text in ["=1+1", "+49 30 1234", "-2", "@SUM(A1)", "\tx", "\r=x", "＝1", "＋1", "－1", "＠x"] {
        assert_eq!(cell_text(&json!(text)), format!("'{text}"));
    }
    for text in ["", "Ann", "'=1", " =1", "1 Main Street", "日本"] {
        assert_eq!(cell_text(&json!(text)), text);
    }
    assert_eq!(cell_text(&json!(-2.5)), "-2.5", "a number is no formula");
    assert_eq!(cell_text(&json!(null)), "");
    assert_eq!(cell_text(&json!(true)), "true");
    assert_eq!(cell_text(&json!(["=1"])), r#"["=1"]"#);
}

#[test]
fn every_kind_has_names_and_columns_of_its_own() {
    let keys: HashSet<_> = ExportKind::ALL.iter().map(|kind| kind.key()).collect();
    let files: HashSet<_> = ExportKind::ALL.iter().map(|kind| kind.file_name()).collect();
    assert_eq!((keys.len(), files.len()), (ExportKind::ALL.len(), ExportKind::ALL.len()));
    for kind in ExportKind::ALL {
        let columns: HashSet<_> = kind.columns().iter().collect();
        assert_eq!(columns.len(), kind.columns().len(), "{kind:?} has a column twice");
        assert!(kind.file_name().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{kind:?}");
    }
}

#[test]
fn the_record_of_a_mail_does_not_name_the_other_customer() {
    let (owner, other) = (CustomerId(Uuid::from_u128(1)), CustomerId(Uuid::from_u128(2)));
    let at = Time::from_secs(1_520_000_000);
    let content = MailContent::ChangedHands(TakeoverSummary { customer: other, answer_by: at });
    let subject = MailSubject::Device { device: DeviceId(Uuid::from_u128(3)), customer: owner };
    let progress = MailProgress { state: MailState::Sent, ended_at: Some(at), attempts: 1 };
    let record = serde_json::to_value(MailRecord::new("4".into(), at, &subject, &content, progress)).unwrap();
    assert!(!record.to_string().contains(&other.to_string()), "{record}");
    assert_eq!((&record["kind"], &record["at"]), (&json!("taken_over"), &json!("2018-03-02T14:13:20.000Z")));
    assert_eq!(day_text(17_592), "2018-03-02");
}
