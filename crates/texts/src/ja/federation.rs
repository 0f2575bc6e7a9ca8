//! Japanese texts of federated sign-in.

use crate::FederationTexts;

pub const FEDERATION_TEXTS: FederationTexts = FederationTexts {
    continue_with: |provider| format!("{provider}で続ける"),
    create_title: "アカウントの作成",
    create_why: |provider, email| {
        format!("{provider}でメールアドレス{email}を確認しました。当サービスのアカウントはまだありません。")
    },
    create_terms: |provider| {
        format!(
            "{provider}に登録されているお名前とメールアドレスを、アカウントとご注文に使用します。今後は{provider}でサインインできます。"
        )
    },
    exists_title: "アカウントは登録済みです",
    exists_why: |provider, email| {
        format!(
            "{email}のアカウントはすでに登録されています。このアカウントに一度サインインすると、今後は{provider}でもサインインできます。"
        )
    },
    exists_sign_in: "このアカウントにサインインする",
    link_title: |provider| format!("{provider}でサインインできるようにしますか？"),
    link_why: |provider, email| {
        format!(
            "アカウント{email}を{provider}と連携します。どちらの方法でもサインインできるようになります。連携はアカウントのページでいつでも解除できます。"
        )
    },
    link_replaces: |earlier| {
        format!(
            "このアカウントはすでに{earlier}の別のアカウントと連携しています。以前の連携ではサインインできなくなります。"
        )
    },
    link_now: "連携する",
    not_now: "今はしない",
    failed_title: "サインインできませんでした",
    back: "サインインに戻る",
    title: "外部サービスでのサインイン",
    linked_since: |provider, day| format!("{provider}でサインインできます（{day}に連携）。"),
    remove: "連携を解除する",
    remove_why: "解除した後は、「パスワードをお忘れですか？」から新しいパスワードを設定してサインインしてください。",
    removed_saved: "連携を解除しました。",
    no_password: "アカウントにパスワードが設定されていません。メールアドレスの変更、2段階認証の設定、データのダウンロード、アカウントの削除にはパスワードが必要です。",
    choose_password: "パスワードを設定する",
    linked_subject: |provider| format!("アカウントを{provider}と連携しました"),
    linked: |provider, earlier| {
        let now = format!("{provider}でアカウントにサインインできるようになりました。");
        [
            earlier.map_or_else(
                || now.clone(),
                |earlier| format!("{now}以前に連携した{earlier}ではサインインできなくなりました。"),
            ),
            "お心当たりがない場合は、すぐにパスワードを変更し、アカウントのページで連携を解除してください。".into(),
        ]
    },
    removed_subject: |provider| format!("アカウントと{provider}の連携を解除しました"),
    removed: |provider| {
        [
            format!("{provider}ではアカウントにサインインできなくなりました。"),
            "お心当たりがない場合は、サインインして、すぐにパスワードを変更してください。".into(),
        ]
    },
};
