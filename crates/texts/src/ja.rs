//! Japanese texts, in polite form (です・ます).

mod account;
mod brand;
mod device;
mod errors;
mod federation;
mod mails;
mod ordering;
mod parts;
mod second_factor;
mod withdrawal;

use super::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorHeadings, ErrorPageTexts, LeaveTexts,
    Marked, NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts, Text, Texts,
};
use opendrs_domain::language::Language;
use opendrs_domain::order::{OrderProblem, OrderTrigger};

pub static TEXTS: Texts = Texts {
    language: Language::Japanese,
    shared: SharedTexts {
        languages: "言語",
        exit: "アプリに戻る",
        cancel: "キャンセル",
        cancel_order: "この注文をキャンセルする",
        your_devices: "お使いの機器",
        shipping_address: "お届け先住所",
        product: "商品",
        none_offered: "現在、お選びいただける商品はありません。",
        stop: "。",
        sign_out: "サインアウト",
        line1: "町名・番地",
        line2: "建物名・部屋番号・会社名（任意）",
        city: "市区町村",
        region: "都道府県・地域（任意）",
        postal_code: "郵便番号",
        country: "国（英字2文字。例：JP）",
    },
    parts: parts::PART_TEXTS,
    brand: brand::BRAND_TEXTS,
    sign_in: SignInTexts {
        title: "サインイン",
        email: "メールアドレス",
        password: "パスワード",
        remember: "30日間サインインしたままにする",
    },
    missing: NotFoundTexts {
        home_title: "消耗品の自動再注文",
        home_text: "新しい機器は、機器本体またはアプリから設定してください。設定済みの機器は一覧でご確認いただけます。",
        title: "ページが見つかりません",
        text: "お探しのページは見つかりませんでした。アドレスをご確認いただくか、お使いの機器の一覧をご覧ください。",
        form_title: "このページを直接開くことはできません",
        form_text: "このページは、フォームを送信すると表示されます。前のページに戻ってもう一度フォームを送信いただくか、お使いの機器の一覧をご覧ください。",
    },
    takeovers: TakeoverTexts {
        notice: "この機器は別のアカウントに登録されています。設定を完了するとお客様の機器になり、以前の所有者にメールでお知らせします。",
        blocked: "この機器は別のアカウントに登録されています",
        waiting: |until| {
            format!(
                "この機器をお譲りいただけるか、所有者にメールで確認しています。所有者の回答期限は{until}です。同意が得られましたら、もう一度機器を設定してください。"
            )
        },
        back: "アプリに戻る",
        requested: |model| format!("{model}を譲りますか？"),
        requested_why: "別のアカウントでお客様の機器を設定したいという申し出がありました。同意すると設定できるようになり、お客様のための再注文は行われなくなります。",
        announced: |model| format!("{model}が別のアカウントで設定されようとしています"),
        announced_why: "現在もお客様の機器である場合は、「自分の機器のままにする」を押してください。別のアカウントでは設定を完了できなくなります。",
        done: |model| format!("{model}は別のアカウントに登録されました"),
        done_why: "機器を取り戻すと、これまでどおりお客様のために再注文が行われ、別のアカウントの登録は解除されます。",
        until: |until| format!("回答期限は{until}です。"),
        agree: "譲る",
        decline: "自分の機器のままにする",
        undo: "自分の機器を取り戻す",
        agreed: "譲渡に同意しました",
        agreed_text: "別のアカウントでこの機器を設定できるようになりました。",
        declined: "機器は引き続きお客様のものです",
        declined_text: "別のアカウントでこの機器を設定することはできません。",
        undone: "機器を取り戻しました",
        undone_text: "これまでどおり、お客様のために再注文が行われます。",
        closed: "回答の受付は終了しました",
    },
    leaving: LeaveTexts {
        title: "少々お待ちください",
        text: "次のページに移動します。自動的に移動しない場合は、下のリンクを押してください。",
        link: "続ける",
    },
    consent: ConsentTexts {
        title: |profile| format!("{profile}へのアクセス許可"),
        asks: |maker| format!("{maker}が提供するこのアプリに、次のことを許可しますか？"),
        replenish: "この機器の消耗品の再注文と、その注文状況の確認",
        profile: "お名前とメールアドレスの利用",
        user_id: "アカウントを識別するIDの利用",
        postal_code: "郵便番号の利用",
        device: "機器：",
        serial: |serial| format!("、シリアル番号 {serial}。"),
        share: |maker| format!("この機器の注文の内容と状況は、{maker}と共有されます。"),
        privacy: |maker| format!("{maker}のプライバシーポリシー"),
        allow: "許可する",
    },
    set_up: SetupTexts {
        choose: |slot| format!("{slot}を選択してください"),
        step: |model, number, count| format!("{model}用、ステップ {number}/{count}"),
        once: "残量が少なくなると自動で注文します。選択は一度だけで、商品の変更や停止はいつでもできます。",
        per_order: |amount| format!("1回のご注文につき {amount}。"),
        tax: "税金・送料込み。",
        out_of_stock: "現在、在庫切れです。",
        next: "次へ",
        skip: "再注文しない",
        title: "自動再注文の確認",
        confirm: "内容をご確認ください",
        will_order: |model| format!("お使いの{model}は、残量が少なくなると次の商品を自動で再注文します。"),
        column_slot: "対象",
        column_price: "1回あたりの価格",
        skipped: "再注文しない",
        test: "これはテスト用の機器です。請求も発送も行われません。",
        cancel_within: |window| match window {
            CancelWindow::Hours(hours) => format!("ご注文から{hours}時間以内であればキャンセルできます。"),
            CancelWindow::Minutes(minutes) => format!("ご注文から{minutes}分以内であればキャンセルできます。"),
        },
        complete: "設定を完了する",
        complete_paying: "代金の支払いに同意して設定を完了する",
        choose_again: "選び直す",
    },
    teaser: TeaserTexts {
        title: |model| format!("{model}の自動再注文"),
        heading: "買い忘れの心配はありません",
        notices: Marked("お使いの", "は、消耗品の残りが少なくなったことを検知し、自動で再注文します。"),
        points: [
            "ご注文の前に、商品を選び、価格を確認できます。",
            "ご注文のたびに、キャンセルできる期間内に価格をメールでお知らせします。",
            "商品の変更、一時停止、再注文の停止はいつでもできます。",
        ],
        next: "操作をお選びください",
        start: "はじめる",
        later: "あとで通知する",
        skip: "スキップ",
        unknown_model: "機器が見つかりません",
        unknown_model_why: "リンクから機器を確認できませんでした。お使いの機器のアプリから、もう一度リンクを開いてください。",
    },
    settings: SettingsTexts {
        title: |model| format!("{model}の設定"),
        serial: |serial| format!("シリアル番号 {serial}"),
        test: "。テスト用の機器です。請求も発送も行われません",
        reordering: Marked("自動再注文は", "です。"),
        on: "オン",
        off: "オフ",
        use_product: "この商品にする",
        use_product_paying: "代金の支払いに同意してこの商品にする",
        switch_on: "オンにする",
        switch_on_paying: "代金の支払いに同意してオンにする",
        switch_off: "オフにする",
        no_address: "：住所はまだ登録されていません",
        change_address: "住所を変更する",
        save_address: "住所を保存する",
        kept: "お届け先が変わらない注文",
        kept_why: "新しい住所は、今後のご注文に適用されます。以下のご注文は、注文時の住所にお届けします。お客様の確認をお待ちしているご注文は、\
                   注文のページでお届け先を変更できます。",
        kept_order: |number, title, address| format!("注文番号 {number}、{title}：{address}"),
        orders: "この機器の注文履歴",
        none: "注文はまだありません。",
        language: "ページとメールの言語",
        use_language: "この言語にする",
        signed_in: |name| format!("{name} 様としてサインインしています。"),
        open_device: "機器を選ぶと、再注文の内容を確認・変更できます。",
        device: |model, serial| format!("{model}、シリアル番号 {serial}"),
        no_device: "アカウントに登録された機器はまだありません。機器本体または専用アプリから設定してください。",
        link_expired: "このリンクは無効になりました。機器またはアプリから、もう一度設定を開いてください。",
        other_account: "別のアカウントの機器です",
        other_account_why: "この機器は、サインイン中のアカウントとは別のアカウントに登録されています。",
        other_sign_in: "別のアカウントでサインインする",
        unregistered: "この機器は登録されていません",
        unregistered_why: "機器本体またはアプリから、もう一度設定してください。",
    },
    removal: DeviceRemovalTexts {
        link: "削除",
        title: |model| format!("{model}の削除"),
        heading: |model| format!("{model}を削除しますか？"),
        why: "この機器による再注文は行われなくなり、メーカーにもお知らせします。すでに確定したご注文の商品は届きます。\
              再びお使いになる場合は、機器本体またはアプリからもう一度設定してください。",
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
                "{profile}はお客様に代わって操作できなくなり、{maker}にもお知らせします。すでに確定したご注文の商品は届きます。\
                 再びお使いになる場合は、アプリからサインインして、もう一度許可してください。"
            )
        },
        devices: |maker| format!("{maker}の次の機器がアカウントから削除されます。"),
        button: "許可を取り消す",
        keep: "取り消さない",
    },
    rules: RuleTexts {
        title: |slot| format!("{slot}の注文ルール"),
        about: "ルールに合わない注文は保留し、お客様にお知らせします。お客様の同意なく注文の内容を変更することはありません。",
        mode: "機器から注文があったとき",
        automatic: "自動で注文する",
        ask: "注文前に確認する",
        cap: "価格の上限",
        cap_agreed: |price, day| {
            let day = day.map_or(String::new(), |day| format!("、{day}"));
            format!("価格の上限（同意済みの価格：{price}{day}）")
        },
        no_cap: |ask_above| match ask_above {
            0 => "上限を設定しない（同意済みの価格を上回る場合は、注文前に確認）".into(),
            percent => format!("上限を設定しない（同意済みの価格より{percent}%を超えて高い場合は、注文前に確認）"),
        },
        cap_amount: |currency| format!("金額（{currency}）で設定"),
        cap_percent: "同意済みの価格からの上昇率（%）で設定",
        cap_value: "金額または上昇率",
        limit: "注文回数の上限（設定しない場合は両方とも空欄）",
        limit_orders: "最大注文回数",
        limit_days: "期間（日数）",
        pause: "注文の一時停止（設定しない場合は両方とも空欄）",
        pause_from: "停止の開始日",
        pause_until: "停止の終了日",
        substitutes: "在庫切れの場合に代わりに注文する商品",
        save: "ルールを保存する",
    },
    orders: OrderTexts {
        title: "ご注文",
        brings: |amount, model, serial| format!("{model}（シリアル番号 {serial}）用、{amount}。"),
        number: |number| format!("注文番号 {number}。"),
        shipping: |price| format!("うち送料 {price}。"),
        tax: |price| format!("うち税 {price}。"),
        tax_at: |rate, price| format!("うち税 {price}（{rate}%）。"),
        free_shipping: "送料無料。",
        unit_price: |price, amount| format!("{amount}あたり{price}。"),
        use_address: "この住所を使う",
        use_present: |address| format!("{address} に届ける"),
        pay: |price| format!("{price} を支払って注文を確定する"),
        try_again: "もう一度試す",
        held: held_status,
        preparing: |at| format!("発送準備中{}", expected_suffix(at)),
        shipped: |at, carrier, number| {
            let carrier = carrier.map_or(String::new(), |carrier| format!("（{carrier}）"));
            let number = number.map_or(String::new(), |number| format!("、お問い合わせ番号 {number}"));
            format!("発送済み{carrier}{}{number}", expected_suffix(at))
        },
        delivered: |day| format!("{day}に配達済み"),
        delivery_assumed: "お届け予定日を過ぎています",
        cancelled: "キャンセル済み",
        expired: "ご注文は確定しませんでした：期限までに承認されなかったか、問題が解決しませんでした",
        reason: |reason| format!("理由：{reason}"),
        sold_by: "販売者",
        why: "注文の理由",
        why_ordered: |trigger, model, approved| {
            let approved = approved.map_or(String::new(), |at| format!("{at}にお客様が承認されました。"));
            match trigger {
                OrderTrigger::Device => format!("お使いの{model}からの依頼です。{approved}"),
                OrderTrigger::Customer => format!("お客様ご自身が注文されました。{approved}"),
            }
        },
        history: "履歴",
        step_held: "確認待ち",
        step_approved: "お客様の承認",
        step_placed: "注文の確定",
        step_expired: "注文の不成立",
        step_withdrawn: "契約の撤回",
        step_returned: "返品の受け取り",
        step_refunded: "返金",
        cancel_title: "ご注文のキャンセル",
        cancel_heading: "この注文をキャンセルしますか？",
        cancel_until: |placed, until| format!("注文日時：{placed}。{until}までキャンセルできます。"),
        keep: "キャンセルしない場合は、このままページを閉じてください。",
        cancelled_title: "ご注文をキャンセルしました",
        cancelled_text: "商品の発送とご請求は行われません。",
        not_cancelled: "この注文はキャンセルできません",
    },
    withdrawals: withdrawal::WITHDRAWAL_TEXTS,
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
    account: account::ACCOUNT_TEXTS,
    ordering: ordering::ORDERING_TEXTS,
    second_factor: second_factor::SECOND_FACTOR_TEXTS,
    device_names: device::DEVICE_NAME_TEXTS,
    slot_statements: device::SLOT_STATEMENT_TEXTS,
    federation: federation::FEDERATION_TEXTS,
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
        Some(OrderProblem::PaymentFailed) => "保留中：お支払いが完了していません",
        Some(OrderProblem::AwaitingBackend) => "確認中です",
        Some(OrderProblem::PriceTooHigh) => "ご承認待ち：価格がご同意いただいた金額を超えています",
        Some(OrderProblem::ApprovalRequired) => "ご承認待ち",
        Some(OrderProblem::OrderLimitReached) => "ご承認待ち：注文回数が上限に達しています",
        Some(OrderProblem::Paused) => "一時停止中：終了後に注文します",
        Some(OrderProblem::Skipped) => "ご希望により見送り中",
    }
}
