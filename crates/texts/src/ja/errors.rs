//! Texts of errors in Japanese.

use opendrs_domain::account::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, PasswordError};
use opendrs_domain::customer::AddressError;
use opendrs_domain::federation::FederationRefusal;
use opendrs_domain::language::Language;
use opendrs_domain::money::ParseMoneyError;
use opendrs_domain::order::{ApproveError, CancelError, WithdrawError};
use opendrs_domain::rule::{MAX_FORM_NUMBER, RuleFormError, RuleFormNumber};
use opendrs_domain::slot_statement::{MAX_STOCK, StatementError};
use opendrs_domain::text::DeviceName;
use opendrs_service::{Error, FormError};

pub fn describe_error(error: &Error) -> String {
    match error {
        Error::InvalidToken => {
            "このリンクは無効になりました。機器またはアプリから、もう一度ページを開いてください。".into()
        }
        Error::WrongPassword => "メールアドレスまたはパスワードが正しくありません。".into(),
        Error::CustomerBlocked => "このアカウントは停止されています。カスタマーサービスにお問い合わせください。".into(),
        Error::Throttled(seconds) => format!("試行回数が多すぎます。{seconds}秒後にもう一度お試しください。"),
        Error::RateLimited(seconds) => {
            format!("アクセスが多すぎます。{seconds}秒ほど待ってから、もう一度お試しください。")
        }
        Error::OrderLimitReached(_) => {
            "この機器の1日の注文数の上限に達したため、注文されませんでした。明日もう一度お試しください。".into()
        }
        Error::SignupClosed => "この設定手続きは終了しています。機器またはアプリからもう一度始めてください。".into(),
        Error::UnknownOrder => {
            "この注文は見つかりませんでした。別の機器またはアカウントの注文の可能性があります。".into()
        }
        Error::UnknownSlot { .. } => "この機器では、この消耗品は使用しません。".into(),
        Error::CancelRejected(why) => match why {
            CancelError::TooLate => "キャンセルできる期間が過ぎたため、この注文はキャンセルできません。".into(),
            CancelError::AlreadyFinal => "この注文はすでに完了しているか、キャンセルされています。".into(),
            CancelError::IsTestOrder => "これはテスト注文です。キャンセルは機器からのみ行えます。".into(),
            CancelError::IsStandardOrder => "この注文は、機器の設定ページでキャンセルしてください。".into(),
        },
        Error::WithdrawRejected(why) => match why {
            WithdrawError::NotOffered => "この注文では、契約の解除を受け付けていません。".into(),
            WithdrawError::Cancellable => {
                "この注文はまだキャンセルできます。注文のページのボタンをお使いください。".into()
            }
            WithdrawError::NoContract => "この注文は確定していないか、キャンセルされました。".into(),
            WithdrawError::TooLate => "契約を解除できる期間は終了しました。".into(),
        },
        Error::ApproveRejected(ApproveError::NotHeld) => "この注文は、承認の受付を終了しています。".into(),
        Error::ApproveRejected(ApproveError::PriceChanged(price)) => {
            let price = Language::Japanese.format_money(price);
            format!("価格が変わりました。現在の価格は {price} です。もう一度注文をご確認ください。")
        }
        Error::FederationRefused(why) => match why {
            FederationRefusal::Cancelled => "サインインがキャンセルされました。もう一度お試しいただくか、パスワードでサインインしてください。",
            FederationRefusal::Unusable(_) | FederationRefusal::ProviderError(_) => {
                "現在、外部サービスに接続できません。しばらくしてからもう一度お試しいただくか、パスワードでサインインしてください。"
            }
            FederationRefusal::NoVerifiedEmail => {
                "外部サービスから確認済みのメールアドレスを取得できませんでした。外部サービスでメールアドレスを確認するか、こちらでアカウントを作成してください。"
            }
            FederationRefusal::NotConfigured
            | FederationRefusal::UnknownState
            | FederationRefusal::Malformed
            | FederationRefusal::OtherIssuer
            | FederationRefusal::Token(_) => "サインインが時間切れになったか、中断されました。もう一度最初からお試しください。",
        }
        .into(),
        Error::InvalidForm(choice) => describe_bad_choice(choice),
        Error::Unavailable(_) => {
            "現在、サービスを一時的にご利用いただけません。しばらくしてからもう一度お試しください。".into()
        }
        Error::Internal(_) => "システムエラーが発生しました。しばらくしてからもう一度お試しください。".into(),
        // Errors for devices, clients and operators, who get the English text. No page causes them.
        Error::InsufficientScope(_)
        | Error::Unsubscribed(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::ReportRejected(_)
        | Error::OAuth { .. }
        | Error::InvalidCommand(_)
        | Error::UnknownEvent(_)
        | Error::InvalidSeed { .. } => "お手続きを完了できませんでした。".into(),
    }
}

fn describe_bad_choice(choice: &FormError) -> String {
    match choice {
        FormError::Incomplete => "フォームを最後まで受信できませんでした。\
             前のページに戻って、もう一度送信してください。"
            .into(),
        FormError::Unreadable => {
            "フォームを読み取れませんでした。前のページに戻って、もう一度送信してください。".into()
        }
        FormError::Expired => {
            "フォームの有効期限が切れたか、ブラウザでCookieが無効になっています。Cookieを有効にし、前のページに戻って再読み込みしてください。".into()
        }
        FormError::NoButton => "いずれかのボタンを押してください。".into(),
        FormError::Malformed(_) => "フォームに無効な値が含まれています。\
             前のページに戻って再読み込みし、もう一度お試しください。"
            .into(),
        FormError::Address(part) => {
            let part = match part {
                AddressError::Street => "町名・番地",
                AddressError::Optional => "建物名と都道府県・地域",
                AddressError::City => "市区町村",
                AddressError::PostalCode => "郵便番号",
                AddressError::Country => "国（英字2文字。例：JP）",
            };
            format!("住所の{part}をご確認ください。")
        }
        FormError::NoAddress => "お届け先住所を入力してください。".into(),
        FormError::TakeoverForbidden => "この機器は別のアカウントに登録されています。\
             所有者がそのアカウントから削除すると、設定できるようになります。"
            .into(),
        FormError::TakeoverDeclined => "この機器は別のアカウントに登録されています。\
             所有者から譲渡への同意は得られませんでした。"
            .into(),
        FormError::OwnerChanged => {
            "この機器は別のアカウントに登録されました。設定を最初からやり直してください。".into()
        }
        FormError::TakeoverClosed => "ご回答いただく内容はありません。".into(),
        FormError::ProductNotOffered => "この商品は、こちらではお選びいただけません。".into(),
        FormError::ChooseOfferedProduct => "表示されている商品の中から選択してください。".into(),
        FormError::NoSelection => "商品を選択するか、「再注文しない」を押してください。".into(),
        FormError::NoProductToOrder => "自動再注文をオンにするには、商品を選択してください。".into(),
        FormError::NotReordered => "この機器では現在この商品の再注文を行っていないため、注文されませんでした。".into(),
        FormError::ProductChanged => "商品が変更されています。内容をご確認のうえ、もう一度ご注文ください。".into(),
        FormError::WrongAppCode => "コードが正しくないか、すでに使用されています。アプリに現在表示されているコードを入力してください。".into(),
        FormError::SignInExpired => "サインインの有効時間が過ぎたか、アカウントの情報が変更されました。もう一度サインインしてください。".into(),
        FormError::OutOfStock => "この商品は在庫切れです。".into(),
        FormError::NoProductForRules => "先に商品を選択してください。".into(),
        FormError::SlotUnanswered(slot) => format!("先に「{slot}」の商品を選択してください。"),
        FormError::AllSlotsSkipped => "少なくとも1つの商品を選択してください。".into(),
        FormError::AccountsClosed => {
            "こちらでは新しいアカウントを作成できません。機器のメーカーにお問い合わせください。".into()
        }
        FormError::InvalidEmail => "メールアドレスを正しく入力してください（例：hanako@example.com）。".into(),
        FormError::InvalidName => "お名前を120文字以内で入力してください。".into(),
        FormError::InvalidDeviceName => format!(
            "名前は{}文字以内で、改行や特殊な制御文字を使わずに入力してください。",
            DeviceName::MAX_CHARS
        ),
        FormError::WrongCode => "コードが一致しません。入力内容をご確認いただくか、メールを再送してください。".into(),
        FormError::LinkEnded => {
            "リンクまたはコードの有効期限が切れているか、すでに使用されています。もう一度お手続きください。".into()
        }
        FormError::EmailTaken => {
            "このメールアドレスのアカウントはすでに登録されています。サインインしてください。".into()
        }
        FormError::OwnEmail => "このアドレスは、すでにお客様のアカウントに登録されています。".into(),
        FormError::WrongCurrentPassword => "現在のパスワードが正しくありません。".into(),
        FormError::InvalidPassword(why) => match why {
            PasswordError::TooShort => format!("パスワードは{MIN_PASSWORD_CHARS}文字以上で設定してください。"),
            PasswordError::TooLong => format!("パスワードは{MAX_PASSWORD_CHARS}文字以内で設定してください。"),
            PasswordError::Common => {
                "このパスワードは推測されやすいものです。単語を3つか4つ並べるなど、長いものにしてください。".into()
            }
        },
        FormError::InvalidStatement(why) => match why {
            StatementError::Date(text) => format!("「{text}」は日付ではありません。2026-11-23 のように年月日を入力してください。"),
            StatementError::Day => "2000年から今日までの日付を選択してください。".into(),
            StatementError::Stock => format!("在庫は0から{MAX_STOCK}までの整数で入力してください。"),
        },
        FormError::InvalidRule(rule) => describe_bad_rule(rule),
    }
}

fn describe_bad_rule(rule: &RuleFormError) -> String {
    match rule {
        RuleFormError::MissingMode => "自動で注文するか、注文前に確認するかを選択してください。".into(),
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits: 0 }) => {
            format!(
                "価格の上限：「{amount}」は{currency}の金額ではありません。\
             整数で入力してください（例：2500）。"
            )
        }
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits }) => format!(
            "価格の上限：「{amount}」は{currency}の金額ではありません。小数点以下{digits}桁までの数字で入力してください\
             （例：24.99）。"
        ),
        RuleFormError::Price(ParseMoneyError::Currency(currency)) => {
            format!("価格の上限：「{currency}」は通貨ではありません。")
        }
        RuleFormError::MissingCap => "価格の上限を入力するか、「上限を設定しない」を選択してください。".into(),
        RuleFormError::MissingCapKind => "価格の上限を金額で設定するか、上昇率で設定するかを選択してください。\
             設定しない場合は、入力欄を空欄にしてください。"
            .into(),
        RuleFormError::Number(counted) => {
            let what = match counted {
                RuleFormNumber::Percent => "上昇率",
                RuleFormNumber::Orders => "最大注文回数",
                RuleFormNumber::Days => "日数",
            };
            format!("{what}は1から{MAX_FORM_NUMBER}までの整数で入力してください。")
        }
        RuleFormError::IncompleteLimit => "注文回数と日数は、両方とも入力するか、両方とも空欄にしてください。".into(),
        RuleFormError::Date(text) => format!(
            "「{text}」は日付ではありません。\
             年・月・日を入力してください（例：2026-11-23）。"
        ),
        RuleFormError::IncompletePause => {
            "停止の開始日と終了日は、両方とも入力するか、両方とも空欄にしてください。".into()
        }
        RuleFormError::MissingPause => "一時停止の開始日と終了日を指定してください。".into(),
        RuleFormError::PauseIsOver => "停止の終了日が過ぎています。より後の日付を指定してください。".into(),
        RuleFormError::PauseEndsBeforeStart => "停止の終了日が、開始日より前になっています。".into(),
    }
}
