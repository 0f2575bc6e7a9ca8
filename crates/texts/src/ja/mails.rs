//! Texts of Japanese mails.

use crate::{MailTexts, Text};
use opendrs_domain::order::{CancelledBy, OrderProblem};

pub const MAIL_TEXTS: MailTexts = MailTexts {
    hello: |name| format!("{name} 様"),
    subject: |test, what, title| format!("{}{what}：{title}", if test { "【テスト】" } else { "" }),
    device: |model, serial, test| {
        let test = if test { "。テスト用の機器です。請求も発送も行われません" } else { "" };
        format!("{model}、シリアル番号 {serial}{test}")
    },
    product: "商品",
    quantity: "数量",
    price: "価格",
    ships_to: "お届け先",
    no_address: "住所はまだ登録されていません",
    expected: "お届け予定日",
    order_number: "注文番号",
    carrier: "配送業者",
    tracking: "お問い合わせ番号",
    reason: "理由",
    decide: "注文を確認する",
    see: "注文の詳細を見る",
    track: "荷物を追跡する",
    problem: describe_problem,
    placed_subject: "ご注文を承りました",
    placed: |model| format!("お使いの{model}が、次の商品を注文しました。"),
    placed_by_hand: |model| format!("お使いの{model}用に、次の商品をご注文いただきました。"),
    cancel_until: |until| format!("{until}までキャンセルできます。期限を過ぎると商品が発送され、代金が請求されます。"),
    held_subject,
    held: |model, problem| format!("お使いの{model}が、次の商品を注文しようとしています。{problem}"),
    remedy,
    unanswered,
    reminder_subject: |subject| format!("【再度のお知らせ】{subject}"),
    reminder: "このご注文は、引き続きお客様の確認をお待ちしています。お知らせは今回が最後です。",
    shipped_subject: "商品を発送しました",
    shipped: "ご注文の商品を発送しました。発送後のキャンセルはできません。",
    delivered_subject: "配達が完了しました",
    delivered: "ご注文の商品をお届けしました。届いていない場合や商品に問題がある場合は、このメールにご返信ください。",
    delivery_assumed_subject: "お届け予定日を過ぎました",
    delivery_assumed: "ご注文の商品はすでに届いているころですが、配達完了の確認が取れていません。届いていない場合は、このメールに\
              ご返信ください。",
    cancelled_subject: "ご注文のキャンセル",
    cancelled,
    not_charged: "商品の発送とご請求は行われません。",
    no_reason: "記載なし",
    expired_subject: "ご注文は確定しませんでした",
    expired: |asked, problem| {
        if asked {
            format!("期限までに承認されなかったため、ご注文は確定しませんでした。{problem}")
        } else {
            format!("期限までに解決しなかったため、ご注文は確定しませんでした。{problem}")
        }
    },
    order_ended: "商品の発送とご請求は行われません。機器が再び注文することがあります。",
    reordering_on_subject: |model| format!("{model}の自動再注文"),
    reordering_on: [
        "今後は、残量が少なくなると、お選びいただいた商品を機器が自動で再注文します。",
        "ご注文のたびに、キャンセルできる期間内に価格をメールでお知らせします。",
    ],
    reordering_off_subject: |model| format!("{model}の自動再注文はオフです"),
    reordering_off: "お使いの機器は、自動で再注文しなくなりました。",
    slot_product: |title, price| format!("{title}、{price}"),
    slot_off: "オフ",
    deregistered_subject: |model| format!("{model}の登録が解除されました"),
    deregistered: |model| {
        format!("お使いの{model}の登録が解除されました。今後、お客様のために再注文することはありません。")
    },
    taken_over_subject: |model| format!("{model}は別の方によって登録されました"),
    taken_over: |model| {
        format!("お使いの{model}は別の方によって登録されました。今後、お客様のために再注文することはありません。")
    },
    taken_over_advice: "機器をお譲りになった場合は、何もする必要はありません。お心当たりがない場合は、機器をお持ちの別の方が登録した可能性が\
                 あります。もう一度設定すると、お客様の機器に戻ります。",
    takeover_announced_subject: |model| format!("{model}が別のアカウントで設定されようとしています"),
    takeover_announced: |model| {
        format!(
            "お客様の{model}が、別のアカウントで設定されようとしています。設定が完了すると別のアカウントの機器になり、お客様のための再注文は行われなくなります。"
        )
    },
    takeover_announced_advice: "機器をお譲りになった場合は、何もする必要はありません。現在もお客様の機器である場合は、下のリンクを開いて「自分の機器のままにする」を押してください。何もしないと、別のアカウントの機器になります。",
    takeover_announced_link: "自分の機器のままにする",
    takeover_requested_subject: |model| format!("別のアカウントに{model}を譲りますか？"),
    takeover_requested: |model| {
        format!(
            "別のアカウントでお客様の{model}を設定したいという申し出がありました。同意されない限り、機器は引き続きお客様のものです。"
        )
    },
    takeover_requested_until: |until| format!("回答期限は{until}です。"),
    takeover_requested_link: "同意するか断る",
    takeover_undo_until: |until| {
        format!(
            "機器をお譲りになった場合は、何もする必要はありません。現在もお客様の機器である場合は、{until}まで取り戻すことができます。"
        )
    },
    takeover_undo_link: "自分の機器を取り戻す",
    takeover_agreed_subject: |model| format!("{model}を設定できるようになりました"),
    takeover_agreed: |model, until| {
        format!("{model}の所有者が譲渡に同意しました。{until}までに、機器本体またはアプリから設定してください。")
    },
    takeover_declined_subject: |model| format!("{model}は所有者のもとに残ります"),
    takeover_declined: |model| format!("{model}の所有者から、譲渡への同意は得られませんでした。"),
    takeover_undone_subject: |model| format!("{model}は以前の所有者に戻りました"),
    takeover_undone: |model| format!("{model}は以前の所有者が取り戻しました。お客様のための再注文は行われません。"),
    open_orders_continue: "すでに確定したご注文の商品は届きます。",
    price_changed_subject: "価格変更のお知らせ",
    price_changed: |before, price| format!("自動再注文の商品の価格が{before}から{price}に変更されました。"),
    price_needs_approval: |model| {
        format!("{model}がこの価格で注文する前に、確認のご連絡をいたします。承認されない限り、注文は行われません。")
    },
    price_will_apply: |model| {
        format!(
            "今後、{model}はこの価格で注文します。ご希望でない場合は、価格の上限を設定するか、別の商品を選択するか、\
             自動再注文をオフにしてください。"
        )
    },
    price_before: "変更前の価格",
    price_agreed: "同意済みの価格",
    daily_limit_subject: |model| format!("本日は{model}に関するメールをこれ以上お送りしません"),
    daily_limit_reached: |model| {
        format!(
            "お使いの{model}に関するお知らせが、1日にお送りする上限に達しました。しばらくの間、この機器に関するメールはお送りしません。\
             ご注文と設定は、「お使いの機器」のページでご確認いただけます。"
        )
    },
};

fn describe_problem(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "お届け可能な住所が必要です。",
        Some(OrderProblem::OutOfStock) => "商品が在庫切れです。",
        Some(OrderProblem::PaymentFailed) => "お支払いを完了できませんでした。",
        Some(OrderProblem::PriceTooHigh) => "価格が、ご同意いただいた金額を超えています。",
        Some(OrderProblem::ApprovalRequired) => "注文前にお客様に確認する設定になっています。",
        Some(OrderProblem::OrderLimitReached) => "注文回数が、お客様の設定した上限に達しています。",
        Some(OrderProblem::Skipped) => "お客様のご希望により、この注文を見送りました。",
        Some(OrderProblem::Paused) => "この期間の注文は、お客様の設定により一時停止しています。",
        Some(OrderProblem::AwaitingBackend) => "ショップの確認が取れませんでした。",
        None => "問題が発生しました。",
    }
}

fn held_subject(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::ApprovalRequired | OrderProblem::PriceTooHigh | OrderProblem::OrderLimitReached) => {
            "ご承認が必要です"
        }
        Some(OrderProblem::Skipped) => "ご希望により注文を見送りました",
        Some(OrderProblem::Paused) => "一時停止の終了後に注文します",
        Some(OrderProblem::MissingAddress) => "お届け先住所をご入力ください",
        Some(OrderProblem::OutOfStock) => "商品の入荷をお待ちしています",
        Some(OrderProblem::PaymentFailed) => "お支払いを完了できませんでした",
        Some(OrderProblem::AwaitingBackend) | None => "ご注文はまだ確定していません",
    }
}

fn remedy(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "注文のページを開いて、住所を入力してください。",
        Some(OrderProblem::PaymentFailed) => {
            "お支払いの準備ができましたら、注文のページでもう一度お試しください。不要な場合はキャンセルしてください。"
        }
        Some(OrderProblem::PriceTooHigh | OrderProblem::ApprovalRequired | OrderProblem::OrderLimitReached) => {
            "注文のページで価格をご確認のうえ、承認またはキャンセルしてください。"
        }
        Some(OrderProblem::Skipped) => "何もする必要はありません。必要になった場合は、注文のページで承認してください。",
        Some(OrderProblem::Paused) => "何もする必要はありません。早めに必要な場合は、注文のページで承認してください。",
        Some(OrderProblem::OutOfStock) => {
            "何もする必要はありません。別の商品をご希望の場合は、この注文をキャンセルし、機器の設定で別の商品を\
             選択してください。"
        }
        Some(OrderProblem::AwaitingBackend) | None => "何もする必要はありません。",
    }
}

fn unanswered(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String {
    match (problem, resumes) {
        (Some(OrderProblem::ApprovalRequired | OrderProblem::Skipped), _) => {
            format!("{until}までに承認されない場合、注文は行われません。")
        }
        (Some(OrderProblem::PriceTooHigh), _) => {
            format!(
                "{until}より前に価格が下がれば注文します。下がらない場合は、期限までに承認されない限り注文は行われません。"
            )
        }
        (Some(OrderProblem::OrderLimitReached), _) => {
            format!(
                "{until}より前に上限の範囲内になれば注文します。ならない場合は、期限までに承認されない限り注文は行われません。"
            )
        }
        (Some(OrderProblem::Paused), Some(day)) => {
            format!("ほかに問題がなければ、一時停止が終わる{day}に注文します。")
        }
        _ => {
            format!("問題が解決し次第、注文します。{until}までに解決しない場合、注文は取り消され、請求は行われません。")
        }
    }
}

fn cancelled(by: Option<CancelledBy>) -> Text {
    match by {
        Some(CancelledBy::Customer) => "お客様のお手続きにより、この注文をキャンセルしました。",
        Some(CancelledBy::MailLink) => "この注文は、メールのリンクからキャンセルされました。",
        Some(CancelledBy::Device) => "お使いの機器の操作により、この注文はキャンセルされました。",
        Some(CancelledBy::Shop) => "ショップの都合により、この注文はキャンセルされました。",
        Some(CancelledBy::Operator) => "カスタマーサービスにより、この注文はキャンセルされました。",
        None => "この注文はキャンセルされました。",
    }
}
