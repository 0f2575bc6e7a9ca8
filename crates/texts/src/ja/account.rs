//! Japanese texts of accounts.

use crate::customer_account::{AccountMailTexts, AccountTexts};

pub const ACCOUNT_TEXTS: AccountTexts = AccountTexts {
    create: "アカウントを作成",
    create_why: "メールアドレスを入力してください。確認用のコードをお送りします。",
    send_code: "コードを送信",
    has_account: "アカウントをお持ちですか？",
    check_mail: "メールをご確認ください",
    code_sent: |email| {
        format!("{email} にメールをお送りしました。メールに記載されたコードを入力するか、リンクを開いてください。")
    },
    code: "コード（6桁）",
    check_code: "次へ",
    no_mail: "メールが届くまで1分ほどかかることがあります。迷惑メールフォルダもご確認ください。",
    send_again: "メールを再送する",
    details: "あと少しで完了です",
    confirmed: |email| format!("{email} を確認しました。アカウントのパスワードを設定してください。"),
    name: "お名前",
    new_password: "新しいパスワード",
    password_rule: "8文字以上で設定してください。関連のない単語を3つか4つ並べると、推測されにくくなります。",
    create_now: "アカウントを作成する",
    forgotten: "パスワードをお忘れですか？",
    forgotten_why: "メールアドレスを入力してください。パスワードを再設定するためのリンクをお送りします。",
    send_link: "リンクを送信",
    link_sent: |email| format!("{email} にメールをお送りしました。メール内のリンクは1時間有効です。"),
    choose_password: "パスワードの再設定",
    choose_password_for: |email| {
        format!("{email} のアカウントのパスワードを設定します。すべてのブラウザからサインアウトされます。")
    },
    save_password: "パスワードを保存",
    password_saved: "新しいパスワードを保存しました",
    password_saved_text: "新しいパスワードでサインインしてください。",
    title: "アカウント",
    you: "お客様情報",
    save_name: "お名前を保存",
    zone: "タイムゾーン",
    zone_about: "ページとメールの時刻は、このタイムゾーンで表示されます。",
    zone_automatic: |zone| format!("自動：{zone}"),
    zone_save: "タイムゾーンを保存",
    zone_saved: "タイムゾーンを保存しました。",
    name_saved: "お名前を保存しました。",
    change_email: "メールアドレス",
    change_email_why: |email| {
        format!("現在のメールアドレスは {email} です。変更するには、新しいアドレスに届くメールで確認が必要です。")
    },
    new_email: "新しいメールアドレス",
    current_password: "現在のパスワード",
    confirm_email: "確認メールを送信",
    email_sent: |email| format!("{email} にメールをお送りしました。メール内のリンクを開くと、アドレスが変更されます。"),
    use_email: "このメールアドレスを使用しますか？",
    use_email_why: |email| format!("今後は {email} でサインインします。お知らせもこのアドレスにお送りします。"),
    use_email_now: "このアドレスを使用する",
    email_changed: "メールアドレスを変更しました",
    email_changed_text: |email| format!("今後は {email} でサインインしてください。"),
    change_password: "パスワード",
    sessions: "サインイン中のブラウザ",
    sessions_why: "お心当たりのないブラウザがある場合は、サインアウトしてパスワードを変更してください。",
    session: |browser, signed_in, used| format!("{browser}：サインイン {signed_in}、最終使用 {used}"),
    browser_on: |browser, system| format!("{browser}（{system}）"),
    unknown_browser: "不明なブラウザ",
    this_browser: "このブラウザ",
    end_session: "サインアウト",
    end_others: "ほかのすべてのブラウザからサインアウト",
    sessions_ended: "サインアウトしました。",
    export: "お客様のデータ",
    export_why: "アカウント、機器、残量、ご注文、メールなど、お客様について保存しているすべてのデータをダウンロードできます。表計算ソフト用の表とプログラム用のファイルがZIPファイルに入っています。",
    export_now: "データをダウンロードする",
    export_preparing: "データを準備しています",
    export_preparing_why: "数分かかります。準備ができましたら、メールでお知らせします。",
    export_ready: "データの準備ができました",
    export_until: |day| format!("{day}までダウンロードできます。"),
    export_download: "ファイルをダウンロードする",
    delete: "アカウントの削除",
    delete_why: |day| {
        format!(
            "今お申し込みいただくと、{day}にアカウントを削除します。それまでは取り消すことができます。\
             機器の登録を解除しない限り、その間も再注文は続きます。配送中の商品は、そのままお届けします。"
        )
    },
    delete_now: "アカウントを削除する",
    deletion_planned: |day| format!("{day}にアカウントが削除されます"),
    deletion_planned_why: "削除すると、機器の登録が解除され、ご注文からお名前とご住所が消去されます。",
    keep: "アカウントを残す",
    kept: "アカウントは削除されません。",
    open: "アカウント設定",
    mails: MAIL_TEXTS,
};

const MAIL_TEXTS: AccountMailTexts = AccountMailTexts {
    hello: "お客様",
    about: "このメールは、自動再注文のアカウントに関してお送りしています。",
    about_address: "このメールは、自動再注文のページでこのアドレスが入力されたためお送りしています。",
    code: "コード",
    confirm_subject: |code| format!("確認コード：{code}"),
    confirm: [
        "このコードでメールアドレスを確認し、アカウントを作成できます。コードは1時間有効です。",
        "お心当たりがない場合は、このメールを破棄してください。アカウントが作成されることはありません。",
    ],
    confirm_link: "確認して次へ進む",
    exists_subject: "アカウントは登録済みです",
    exists: [
        "このメールアドレスをアカウントに登録しようとする操作がありましたが、すでにほかのアカウントで登録されています。サインインしてください。",
        "パスワードをお忘れの場合は、再設定できます。",
    ],
    forgotten_link: "パスワードを再設定する",
    created_subject: "ご登録ありがとうございます",
    created: [
        "アカウントの準備ができました。消耗品を自動で再注文する機器を設定できます。",
        "お心当たりがない場合は、カスタマーサービスまでご連絡ください。",
    ],
    account_link: "アカウント",
    recovery_subject: "パスワードの再設定",
    recovery: [
        "次のリンクから新しいパスワードを設定できます。リンクは1時間有効です。",
        "お心当たりがない場合は、このメールを破棄してください。パスワードは変更されません。",
    ],
    recovery_link: "パスワードを再設定する",
    unknown_subject: "このアドレスのアカウントはありません",
    unknown: [
        "パスワードの再設定を求める操作がありましたが、このメールアドレスのアカウントは登録されていません。",
        "別のアドレスで登録されている可能性があります。お心当たりがない場合は、このメールを破棄してください。",
    ],
    create_link: "アカウントを作成する",
    password_subject: "パスワードが変更されました",
    password: [
        "アカウントのパスワードが変更されました。ほかのブラウザからはサインアウトされました。",
        "お心当たりがない場合は、すぐにパスワードを再設定し、カスタマーサービスまでご連絡ください。",
    ],
    new_email_subject: "新しいメールアドレスの確認",
    new_email: [
        "次のリンクを開くと、自動再注文のアカウントのメールアドレスがこのアドレスに変更されます。",
        "お心当たりがない場合は、このメールを破棄してください。何も変更されません。",
    ],
    new_email_link: "このアドレスを使用する",
    email_subject: "メールアドレスが変更されました",
    email: [
        "アカウントのメールアドレスが変更されました。今後、このアドレスにはお送りしません。",
        "お心当たりがない場合は、すぐにカスタマーサービスまでご連絡ください。",
    ],
    deletion_subject: |day| format!("{day}にアカウントが削除されます"),
    deletion: [
        "アカウントの削除を承りました。その日より前にサインインすると、取り消すことができます。",
        "お心当たりがない場合は、サインインして削除を取り消し、パスワードを変更してください。",
    ],
    kept_subject: "アカウントの削除を取り消しました",
    kept: ["アカウントは削除されません。", "お心当たりがない場合は、パスワードを変更してください。"],
    deleted_subject: "アカウントを削除しました",
    deleted: [
        "ご希望により、アカウント、機器の登録、ご住所を削除しました。",
        "記録として保管が必要な過去のご注文からは、お名前とご住所を削除しました。",
    ],
    export_subject: "データのダウンロードの準備ができました",
    export: "お客様について保存しているすべてのデータのファイルができました。サインインしてダウンロードしてください。",
    export_until: |day| {
        format!("{day}までダウンロードできます。お心当たりがない場合は、パスワードを変更してください。")
    },
    export_link: "データをダウンロードする",
};
