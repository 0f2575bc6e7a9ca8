//! Why not, in Japanese.

use opendrs_domain::customer::BadAddress;
use opendrs_domain::language::Language;
use opendrs_domain::money::BadMoney;
use opendrs_domain::order::{NotApproved, NotCancelled};
use opendrs_domain::rule::{BadRule, Counted, MOST};
use opendrs_service::{BadChoice, Error};

pub fn refusal(error: &Error) -> String {
    match error {
        Error::InvalidToken => "このリンクは無効になりました。機器またはアプリからページを開き直してください。".into(),
        Error::WrongPassword => "メールアドレスまたはパスワードが正しくありません。".into(),
        Error::Blocked => "このアカウントは停止されています。サービスの運営者にお問い合わせください。".into(),
        Error::Throttled(seconds) => format!("試行回数が多すぎます。{seconds}秒後にもう一度お試しください。"),
        Error::TooOften(seconds) => {
            format!("アクセスが多すぎます。{seconds}秒後に、間隔を空けてもう一度お試しください。")
        }
        Error::SignupGone => "この設定手続きは終了しています。機器またはアプリからもう一度始めてください。".into(),
        Error::UnknownOrder => "この注文は見つからないか、別の機器またはアカウントのものです。".into(),
        Error::UnknownSlot { .. } => "この機器にはこの項目がありません。".into(),
        Error::NotCancelled(why) => match why {
            NotCancelled::TooLate => "キャンセルできる期間が過ぎたため、この注文はキャンセルできません。".into(),
            NotCancelled::Over => "この注文はすでに完了しているか、キャンセルされています。".into(),
            NotCancelled::Test => "テスト注文は、機器が CancelTestOrder でキャンセルします。".into(),
            NotCancelled::Standard => "これはテスト注文ではありません。お客様が設定ページでキャンセルできます。".into(),
        },
        Error::NotApproved(NotApproved::NotHeld) => "この注文は、すでにお返事をお待ちしていません。".into(),
        Error::NotApproved(NotApproved::OtherPrice(price)) => {
            let price = Language::Japanese.money(price);
            format!("価格が変わりました。現在の価格は {price} です。もう一度注文をご確認ください。")
        }
        Error::BadChoice(choice) => bad_choice(choice),
        Error::Unavailable(_) => "サービスは一時的に利用できません。もう一度お試しください。".into(),
        Error::Internal(_) => "内部エラーが発生しました。".into(),
        // What devices, clients and operators are told, who are spoken to in English; no page asks for it.
        Error::InsufficientScope(_)
        | Error::Unsubscribed(_)
        | Error::TooManyOrders(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::NotReported(_)
        | Error::OAuth { .. }
        | Error::BadCommand(_)
        | Error::UnknownEvent(_)
        | Error::BadSeed { .. } => "リクエストを実行できませんでした。".into(),
    }
}

fn bad_choice(choice: &BadChoice) -> String {
    match choice {
        BadChoice::Torn => "フォームの送信が途中で切れました。".into(),
        BadChoice::Unreadable => "フォームを読み取れません。".into(),
        BadChoice::Expired => {
            "このフォームの有効期限が切れました。前のページに戻って再読み込みし、もう一度お試しください。".into()
        }
        BadChoice::NoButton => "いずれかのボタンを押してください。".into(),
        BadChoice::Malformed(_) => "フォームに無効な値が含まれています。".into(),
        BadChoice::Address(part) => {
            let part = match part {
                BadAddress::Street => "番地・町名",
                BadAddress::Optional => "建物名または地域",
                BadAddress::City => "市区町村",
                BadAddress::PostalCode => "郵便番号",
                BadAddress::Country => "国（英字2文字。例：JP）",
            };
            format!("住所の{part}をご確認ください。")
        }
        BadChoice::NoAddress => "お届け先住所を入力してください。".into(),
        BadChoice::TakeoverForbidden => {
            "この機器は別のアカウントのものです。そのアカウントから削除されるまで設定できません。".into()
        }
        BadChoice::TakeoverDeclined => "この機器は別のアカウントのもので、所有者は譲渡に同意しませんでした。".into(),
        BadChoice::OtherOwner => {
            "この機器は別のアカウントのものになりました。設定を最初からやり直してください。".into()
        }
        BadChoice::TakeoverOver => "回答するものはもうありません。".into(),
        BadChoice::NotOffered => "この商品は、ここでは選べません。".into(),
        BadChoice::NotOfThese => "表示されている商品の中から選択してください。".into(),
        BadChoice::NoAnswer => "商品を選択するか、「これは選択しない」を押してください。".into(),
        BadChoice::NothingToOrder => "自動再注文をオンにするには、商品を選択してください。".into(),
        BadChoice::NothingToRule => "先に商品を選択してください。".into(),
        BadChoice::Unanswered(slot) => format!("先に「{slot}」の商品を選択してください。"),
        BadChoice::AllSkipped => "少なくとも1つの商品を選択してください。".into(),
        BadChoice::Rule(rule) => bad_rule(rule),
    }
}

fn bad_rule(rule: &BadRule) -> String {
    match rule {
        BadRule::NoMode => "そのまま注文するか、事前に確認するかを選択してください。".into(),
        BadRule::Price(BadMoney::Amount { amount, currency, digits: 0 }) => {
            format!("価格の上限：「{amount}」は{currency}の金額ではありません。数字だけで入力してください。")
        }
        BadRule::Price(BadMoney::Amount { amount, currency, digits }) => format!(
            "価格の上限：「{amount}」は{currency}の金額ではありません。小数点以下{digits}桁までの数字で入力してください\
             （例：24.99）。"
        ),
        BadRule::Price(BadMoney::Currency(currency)) => format!("価格の上限：「{currency}」は通貨ではありません。"),
        BadRule::NoCap => "価格の上限を入力するか、「指定しない」を選択してください。".into(),
        BadRule::Number(counted) => {
            let what = match counted {
                Counted::Percent => "上昇率",
                Counted::Orders => "最大注文回数",
                Counted::Days => "日数",
            };
            format!("{what}は1から{MOST}までの整数で入力してください。")
        }
        BadRule::HalfALimit => "注文回数と日数は、両方とも入力するか、両方とも空欄にしてください。".into(),
        BadRule::Date(text) => format!("「{text}」は日付ではありません。年-月-日の形で入力してください。"),
        BadRule::HalfAPause => "停止する最初の日と最後の日は、両方とも入力するか、両方とも空欄にしてください。".into(),
        BadRule::PauseBackwards => "停止する最後の日が、最初の日より前になっています。".into(),
    }
}
