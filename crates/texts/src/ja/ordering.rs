//! Japanese texts of orders by hand, of a skipped order and of the pause of all orders.

use crate::OrderingTexts;

pub const ORDERING_TEXTS: OrderingTexts = OrderingTexts {
    order_now: "今すぐ注文する",
    order_now_about: "機器からの注文依頼を待たずに、すぐに注文します。",
    order_now_no_address: "先にお届け先住所をご入力ください。",
    order_now_to: |address| format!("お届け先：{address}"),
    already_open: "この注文はすでに進行中のため、新しい注文は行いませんでした。",
    placed: "ありがとうございます。ご注文を承りました。",
    skip: "次回の注文を見送る",
    keep: "次回の注文を通常どおり行う",
    rule_skip: "次回の注文は見送ります。",
    skipped: "次回の注文を見送ります。機器から依頼があったときにメールでお知らせしますので、その時点で変更できます。",
    kept: "次回の注文は通常どおり行います。",
    newest_orders: "最新の注文",
    older_orders: "以前の注文",
    pause_all: "すべての注文を一時停止",
    pause_about: "この期間は、どの機器についても注文を行いません。個別に設定した一時停止は、この期間に置き換えられます。すでに確定した注文は届きます。",
    pause_choose: "期間を選ぶ",
    pause_button: "すべての注文を一時停止する",
    paused: |from, until| format!("{from}から{until}まで、すべての注文を一時停止しています。"),
    partly_paused: "一部の注文を一時停止しています。",
    resume_about: "一時停止を解除すると、保留中の注文はすぐに確定します。",
    paused_state: "一時停止中",
    resume: "一時停止を解除する",
    pause_saved: "一時停止の期間を保存しました。",
    pause_ended: "一時停止を解除しました。保留していた注文を確定します。",
};
