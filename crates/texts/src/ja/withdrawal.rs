//! Japanese texts about withdrawals from the contract.

use crate::WithdrawalTexts;

pub const WITHDRAWAL_TEXTS: WithdrawalTexts = WithdrawalTexts {
    begin: "契約を解除する",
    heading: "この契約を解除しますか？",
    right: |days, until| match until {
        Some(day) => format!("{day}の終わりまで、理由を示さずにこの契約を解除できます。"),
        None => format!("お届けから{days}日後まで、理由を示さずにこの契約を解除できます。"),
    },
    declaration: |name, number| format!("私（{name}）は、注文番号 {number} の契約を解除します。"),
    confirmation_to: |email| format!("確認のメールを {email} にお送りします。"),
    reason: "理由（任意）",
    confirm: "解除を確定する",
    keep: "解除しない場合は、このままページを閉じてください。",
    done: "契約の解除を受け付けました",
    received: |at| format!("{at}に契約の解除を受け付けました。確認のメールをお送りします。"),
    next: [
        "商品がお手元にある場合や、これから届く場合は、14日以内にご返送ください。",
        "代金は14日以内に返金いたします。商品が届くか、発送されたことを確認できるまで、返金をお待ちいただくことがあります。",
    ],
    back: "注文に戻る",
    refused: "この契約は解除できません",
    withdrawn: |at| format!("{at}に契約解除のお申し出がありました"),
    returned: |day| format!("{day}に返品を受け取りました"),
    refunded: |amount, day| format!("{day}に{amount}を返金しました"),
    subject: "契約の解除を受け付けました",
    mail: |at| {
        format!(
            "{at}に、このご注文の契約の解除を受け付けました。このメールは確認のためのものです。大切に保管してください。"
        )
    },
    name: "お名前",
    time: "解除の受付日時",
    refund_subject: "返金のお知らせ",
    refund_mail: |amount| format!("このご注文について、{amount}を返金いたしました。"),
    refund: "返金額",
};
