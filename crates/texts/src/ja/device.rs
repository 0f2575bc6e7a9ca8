//! Japanese texts about what customers state of a device themselves.

use crate::device::DeviceNameTexts;

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
