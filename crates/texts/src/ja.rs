//! Japanese texts, in polite form (です・ます).

mod errors;
mod mails;
mod parts;

use super::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorHeadings, ErrorPageTexts, LeaveTexts,
    Marked, NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts, Text, Texts,
};
use opendrs_domain::language::Language;
use opendrs_domain::order::OrderProblem;

pub static TEXTS: Texts = Texts {
    language: Language::Japanese,
    shared: SharedTexts {
        languages: "言語",
        exit: "終了",
        cancel: "キャンセル",
        cancel_order: "この注文をキャンセルする",
        your_devices: "お使いの機器",
        shipping_address: "お届け先住所",
        product: "商品",
        none_offered: "現在、ここで選べる商品はありません。",
        stop: "。",
        sign_out: "サインアウト",
        line1: "番地・町名",
        line2: "建物名・部屋番号・会社名（任意）",
        city: "市区町村",
        region: "都道府県・地域（任意）",
        postal_code: "郵便番号",
        country: "国（英字2文字。例：JP）",
    },
    parts: parts::PART_TEXTS,
    sign_in: SignInTexts {
        title: "サインイン",
        email: "メールアドレス",
        password: "パスワード",
        remember: "30日間サインインしたままにする",
    },
    missing: NotFoundTexts {
        home_title: "消耗品の自動再注文",
        home_text: "新しい機器の設定は、機器またはそのアプリから始めてください。設定済みの機器は一覧でご確認いただけます。",
        title: "ページが見つかりません",
        text: "このアドレスにはページがありません。アドレスをご確認いただくか、お使いの機器の一覧をご覧ください。",
        form_title: "このページは直接開けません",
        form_text: "フォームからの送信だけを受け付けています。前のページに戻ってもう一度フォームをお使いいただくか、お使いの機器の一覧をご覧ください。",
    },
    takeovers: TakeoverTexts {
        notice: "この機器は別のアカウントのものです。設定を完了するとお客様のものになり、以前の所有者に通知されます。",
        blocked: "この機器は別のアカウントのものです",
        waiting: |until| {
            format!(
                "所有者に、譲渡についてメールで確認しています。{until}までに同意が得られたら、もう一度機器を設定してください。"
            )
        },
        back: "アプリに戻る",
        requested: |model| format!("{model}を譲りますか？"),
        requested_why: "別のアカウントがお客様の機器を設定しようとしています。同意すると設定が可能になり、お客様のための再注文は行われなくなります。",
        announced: |model| format!("別のアカウントが{model}を設定しています"),
        announced_why: "今もお客様の機器である場合は、「自分の機器のままにする」を押してください。別のアカウントは設定を完了できなくなります。",
        done: |model| format!("{model}は別のアカウントのものになりました"),
        done_why: "機器を取り戻すと、これまでどおりお客様のために再注文が行われ、別のアカウントからは外れます。",
        until: |until| format!("{until}まで回答できます。"),
        agree: "譲る",
        decline: "自分の機器のままにする",
        undo: "自分の機器を取り戻す",
        agreed: "同意しました",
        agreed_text: "別のアカウントが機器を設定できるようになりました。",
        declined: "機器はお客様のものです",
        declined_text: "別のアカウントは設定できません。",
        undone: "機器が戻りました",
        undone_text: "これまでどおり再注文が行われます。",
        closed: "この確認は終了しました",
    },
    leaving: LeaveTexts {
        title: "少々お待ちください",
        text: "次のページに移動します。移動しない場合は、下のリンクを使ってください。",
        link: "続ける",
    },
    consent: ConsentTexts {
        title: |profile| format!("{profile}への同意の確認"),
        asks: |maker| format!("{maker}が提供するこのアプリは、次のことについてお客様の同意を求めています。"),
        replenish: "この機器の消耗品の再注文と、その注文状況の確認",
        profile: "お名前とメールアドレスの利用",
        user_id: "アカウントの識別子の利用",
        postal_code: "郵便番号の利用",
        device: "機器：",
        serial: |serial| format!("、シリアル番号 {serial}。"),
        share: |maker| format!("この機器の注文の内容と状況は、{maker}と共有されます。"),
        privacy: |maker| format!("{maker}のプライバシー通知"),
        allow: "許可する",
    },
    set_up: SetupTexts {
        choose: |slot| format!("{slot}を選択してください"),
        step: |model, number, count| format!("{model}用、手順 {number}/{count}"),
        once: "機器の残量が少なくなると注文されます。選択は一度だけで、いつでも変更や停止ができます。",
        per_order: |amount| format!("1回の注文につき {amount}。"),
        tax: "税金・送料込み。",
        out_of_stock: "現在、在庫切れです。",
        next: "次へ",
        skip: "これは選択しない",
        title: "自動再注文の確認",
        confirm: "内容をご確認ください",
        will_order: |model| format!("お使いの{model}は、残量が少なくなると次の商品を自動で注文します。"),
        column_slot: "対象",
        column_price: "1回の注文の価格",
        skipped: "選択なし",
        test: "これはテスト用の機器です。請求も発送も行われません。",
        cancel_within: |window| match window {
            CancelWindow::Hours(hours) => format!("注文後{hours}時間以内はキャンセルできます。"),
            CancelWindow::Minutes(minutes) => format!("注文後{minutes}分以内はキャンセルできます。"),
        },
        complete: "設定を完了する",
        choose_again: "選び直す",
    },
    teaser: TeaserTexts {
        title: |model| format!("{model}の自動再注文"),
        heading: "もう切らしません",
        notices: Marked("お使いの", "は、消耗品の残りが少なくなると自動で再注文します。"),
        points: [
            "注文の前に、商品を選び、価格を確認できます。",
            "注文のたびにお知らせし、キャンセルできる時間を設けています。",
            "商品の変更、一時停止、停止はいつでもできます。",
        ],
        next: "次の操作",
        start: "はじめる",
        later: "あとで通知する",
        skip: "スキップ",
        unknown_model: "このページは存在しません",
        unknown_model_why: "このリンクは不完全で、対象の機器を確認できません。お使いの機器のアプリから、もう一度リンクを開いてください。",
    },
    settings: SettingsTexts {
        title: |model| format!("{model}の設定"),
        serial: |serial| format!("シリアル番号 {serial}"),
        test: "。テスト用の機器です。請求も発送も行われません",
        reordering: Marked("自動再注文は", "です。"),
        on: "オン",
        off: "オフ",
        use_product: "この商品にする",
        switch_on: "オンにする",
        switch_off: "オフにする",
        no_address: "：住所はまだ登録されていません",
        change_address: "住所を変更する",
        save_address: "住所を保存する",
        kept: "住所が変わらない注文",
        kept_why: "新しい住所は、今後の注文に使われます。次の注文は、注文時の住所に届きます。まだお客様のご対応を待っている注文は、\
                   開いてお届け先を変更できます。",
        kept_order: |number, title, address| format!("注文番号 {number}、{title}：{address}"),
        orders: "この機器の注文",
        none: "まだありません。",
        language: "ページとメールの言語",
        use_language: "この言語にする",
        signed_in: |name| format!("{name} 様としてサインインしています。"),
        open_device: "機器を開くと、再注文の内容を確認・変更できます。",
        device: |model, serial| format!("{model}、シリアル番号 {serial}"),
        no_device: "アカウントに関連付けられた機器はありません。",
        link_expired: "このリンクは無効になりました。機器またはアプリから設定を開き直してください。",
        other_account: "別のアカウントの機器です",
        other_account_why: "この機器は、現在サインインしているアカウントとは別のアカウントに関連付けられています。",
        other_sign_in: "別のアカウントでサインインする",
        unregistered: "この機器は登録されていません",
        unregistered_why: "機器またはそのアプリから、もう一度設定を始めてください。",
    },
    removal: DeviceRemovalTexts {
        link: "削除",
        title: |model| format!("{model}の削除"),
        heading: |model| format!("{model}を削除しますか？"),
        why: "この機器は今後注文できなくなり、製造元に通知されます。進行中の注文はそのまま続きます。\
              再び使うには、機器またはそのアプリからもう一度設定してください。",
        button: "この機器を削除する",
        keep: "削除しない",
    },
    unlinking: ConsentWithdrawalTexts {
        apps: "許可しているアプリ",
        app: |profile, maker, since| format!("{profile}（{maker}）。許可日時：{since}。許可している内容："),
        no_app: "許可しているアプリはありません。",
        link: "許可を取り消す",
        title: |profile| format!("{profile}への許可の取り消し"),
        heading: |profile| format!("{profile}への許可を取り消しますか？"),
        why: |profile, maker| {
            format!(
                "{profile}は今後お客様に代わって操作できなくなり、{maker}に通知されます。進行中の注文はそのまま続きます。\
                 再び使うには、アプリからサインインして、もう一度許可してください。"
            )
        },
        devices: |maker| format!("{maker}の次の機器がアカウントから削除されます。"),
        button: "許可を取り消す",
        keep: "取り消さない",
    },
    rules: RuleTexts {
        title: |slot| format!("{slot}の注文ルール"),
        about: "ルールに合わない注文は保留され、お客様がお決めになれます。無断で変更されることはありません。",
        mode: "機器が注文するとき",
        automatic: "そのまま注文する",
        ask: "事前に確認する",
        cap: "価格の上限",
        cap_agreed: |price, day| {
            let day = day.map_or(String::new(), |day| format!("、{day}"));
            format!("価格の上限（同意済みの価格：{price}{day}）")
        },
        no_cap: |ask_above| match ask_above {
            0 => "指定しない（同意済みの価格を上回る場合は事前に確認）".into(),
            percent => format!("指定しない（同意済みの価格より{percent}%を超えて高い場合は事前に確認）"),
        },
        cap_amount: |currency| format!("金額（{currency}）で指定"),
        cap_percent: "同意済みの価格からの上昇率（%）で指定",
        cap_value: "金額または%",
        limit: "注文回数（制限しない場合は両方とも空欄）",
        limit_orders: "最大注文回数",
        limit_days: "期間（日数）",
        pause: "一時停止（停止しない場合は両方とも空欄）",
        pause_from: "停止する最初の日",
        pause_until: "停止する最後の日",
        substitutes: "在庫切れの場合に代わりに注文する商品",
        save: "このルールを保存する",
    },
    orders: OrderTexts {
        title: "ご注文",
        brings: |amount, model, serial| format!("{amount}、{model}（シリアル番号 {serial}）用。"),
        number: |number| format!("注文番号 {number}。"),
        shipping: |price| format!("うち送料 {price}。"),
        tax: |price| format!("うち税 {price}。"),
        use_address: "この住所を使う",
        use_present: |address| format!("{address} に送る"),
        pay: |price| format!("{price} を支払って注文を確定する"),
        try_again: "もう一度試す",
        held: held_status,
        preparing: |at| format!("準備中{}", expected_suffix(at)),
        shipped: |at, carrier, number| {
            let carrier = carrier.map_or(String::new(), |carrier| format!("（{carrier}）"));
            let number = number.map_or(String::new(), |number| format!("、お問い合わせ番号 {number}"));
            format!("発送済み{carrier}{}{number}", expected_suffix(at))
        },
        delivered: |day| format!("{day}に配達済み"),
        delivery_assumed: "お届け予定日を過ぎました",
        cancelled: "キャンセル済み",
        expired: "注文されませんでした：承認されなかったか、期限までに問題が解決しませんでした",
        reason: |reason| format!("理由：{reason}"),
        cancel_title: "ご注文のキャンセル",
        cancel_heading: "この注文をキャンセルしますか？",
        cancel_until: |placed, until| format!("注文日時：{placed}。{until}までキャンセルできます。"),
        keep: "キャンセルしない場合は、このページを閉じてください。",
        cancelled_title: "ご注文をキャンセルしました",
        cancelled_text: "発送も請求も行われません。",
        not_cancelled: "この注文はキャンセルできません",
    },
    sorry: ErrorPageTexts {
        title: "申し訳ございません",
        text: "リクエストの処理中にエラーが発生しました。",
        summary: "エラーの概要",
        details: "リクエストの詳細",
    },
    error_headings: ErrorHeadings {
        rate_limited: "しばらくお待ちください",
        unavailable: "もう一度お試しください",
        internal: "問題が発生しました",
        expired: "このページの有効期限が切れました",
        failed: "実行できませんでした",
    },
    error_message: errors::describe_error,
    letters: mails::MAIL_TEXTS,
};

fn expected_suffix(at: Option<&str>) -> String {
    at.map_or(String::new(), |at| format!("、お届け予定 {at}"))
}

fn held_status(problem: Option<OrderProblem>) -> Text {
    match problem {
        None => "注文手続き中です",
        Some(OrderProblem::MissingAddress) => "保留中：お届け可能な住所が必要です",
        Some(OrderProblem::OutOfStock) => "保留中：商品が在庫切れです",
        Some(OrderProblem::PaymentFailed) => "保留中：お支払いに失敗しました",
        Some(OrderProblem::AwaitingBackend) => "確認中です",
        Some(OrderProblem::PriceTooHigh) => "ご承認待ち：価格がご同意いただいた金額を超えています",
        Some(OrderProblem::ApprovalRequired) => "ご承認待ち",
        Some(OrderProblem::OrderLimitReached) => "ご承認待ち：注文回数が上限に達しています",
        Some(OrderProblem::Paused) => "一時停止の終了を待っています",
    }
}
