//! Japanese texts of parts that several customer pages have.

use crate::PartTexts;

pub const PART_TEXTS: PartTexts = PartTexts {
    skip: "本文へ移動",
    ordered: "注文済み",
    shipped: "発送済み",
    delivered: "配達済み",
    progress: "注文の進み具合",
    reorders: "自動で再注文",
    level_left: |percent| format!("残り {percent}%"),
    level_heard: |when| format!("最終通知：{when}"),
    level_unknown: "機器から残量の通知はまだ届いていません。",
    level_chart: |slot| format!("{slot}の残量"),
    level_between: |from, until, refills| {
        let refills = match refills {
            0 => String::new(),
            count => format!("、補充 {count}回"),
        };
        format!("{from}から{until}まで{refills}。")
    },
    level_table: "表で見る",
    level_day: "日付",
    level_column: "残量",
    asks_first: "注文前に確認",
    no_reorders: "再注文なし",
    order_waits: "保留中の注文あり",
    order_underway: "注文済み",
    test_device: "テスト機器",
    orders_wait: |count| format!("保留中の注文が{count}件あります"),
    change_product: "商品を変更する",
    products_offered: |count| format!("{count}点から選べます"),
    rule_ask: "ご承認いただくまで注文しません。",
    rule_amount: |price| format!("価格が{price}を超えるときは、注文の前に確認します。"),
    rule_percent: |percent| format!("同意済みの価格より{percent}%を超えて高いときは、注文の前に確認します。"),
    rule_limit: |orders, days| format!("{days}日間に{orders}件まで注文します。"),
    rule_pause: |from, until| format!("{from}から{until}までは注文しません。"),
    saved_product: "保存しました。残りが少なくなると、この商品を再注文します。",
    saved_rules: "ルールを保存しました。",
    saved_off: "自動再注文をオフにしました。すでに確定した注文は届きます。",
    saved_address: "住所を保存しました。",
    saved_language: "言語を保存しました。",
    saved_cancelled: "注文をキャンセルしました。",
    saved_order: "ありがとうございます。注文を更新しました。",
    saved_removed: "機器を削除しました。",
    saved_unlinked: "同意を取り消しました。",
};
