//! Japanese texts of the legal footer.

use crate::BrandTexts;

pub const BRAND_TEXTS: BrandTexts = BrandTexts {
    legal: "法的情報",
    privacy: "プライバシーポリシー",
    terms: "利用規約",
    withdrawal: "返品・キャンセルについて",
    contact: "お問い合わせ",
    imprint: "運営会社",
};
