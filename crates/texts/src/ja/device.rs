//! Japanese texts about what customers state of a device themselves.

use crate::device::{DeviceNameTexts, SlotStatementTexts};

pub const DEVICE_NAME_TEXTS: DeviceNameTexts = DeviceNameTexts {
    rename: "デバイスの名前を変更",
    name: "デバイスの名前",
    about: |model| {
        format!("この名前は、このページとメールでお客様にのみ表示されます。空欄にすると「{model}」に戻ります。")
    },
    save: "名前を保存",
    saved: "新しい名前を保存しました。",
    removed: "デバイスの名前を元に戻しました。",
};

pub const SLOT_STATEMENT_TEXTS: SlotStatementTexts = SlotStatementTexts {
    title: "交換日・在庫のメモ",
    about: "デバイスでは分からないことをメモできます。自動注文のタイミングは変わりません。",
    replaced_on: "交換した日",
    stock: |unit| unit.map_or("在庫".into(), |unit| format!("在庫（{unit}）")),
    save: "保存",
    remove: "メモを削除",
    saved: "メモを保存しました。",
    removed: "メモを削除しました。",
    replaced: |day, stated| format!("交換日：{day}（{stated}にメモ）。"),
    stock_stated: |amount, stated| format!("在庫：{amount}（{stated}にメモ）。"),
    stock_reported: |amount, when| format!("在庫：{amount}（{when}にデバイスが報告）。"),
};
