//! The plan for makers and their brands.
//!
//! Invariant: a maker without a declared brand keeps the one that it has.

use super::{SeedPlan, SeedPlanResult};
use crate::seed::declaration::{MakerSeed, PictureOwner};
use crate::seed::merge::{SeedMerge, format_maybe};
use crate::seed::write::SeedOperation;
use opendrs_domain::brand::{Brand, LegalLinks, MailSender};
use opendrs_domain::id::MakerId;
use opendrs_domain::maker::Maker;
use opendrs_store::{Tx, brand, maker};

impl SeedPlan<'_> {
    /// Plans one maker with its brand, profiles and models.
    pub(super) async fn plan_maker(&mut self, tx: &mut Tx<'_>, declared: &MakerSeed) -> SeedPlanResult<()> {
        let old = maker::find_by_name(tx, &declared.name).await?;
        let exists = old.is_some();
        let found = old.unwrap_or_else(|| Maker { id: MakerId(self.next_id()), name: declared.name.clone() });
        let mut merge = self.begin_merge(tx, "maker", "", &found.id.to_string(), exists).await?;
        if !exists {
            self.ops.push(SeedOperation::Maker(found.clone()));
        }
        if let Some(declared) = &declared.brand {
            let old = if exists { Some(brand::find(tx, found.id).await?.unwrap_or_default()) } else { None };
            let owner = PictureOwner::Maker(found.name.clone());
            let mut new = merge_brand(&mut merge, old.as_ref(), declared);
            new.logo = self.merge_picture(&mut merge, &owner, old.as_ref().map(|brand| brand.logo));
            if old.as_ref() != Some(&new) {
                self.ops.push(SeedOperation::Brand(found.id, Box::new(new)));
            }
        }
        self.end_merge(merge, found.name.clone(), found.id.to_string(), None);
        let ids: Vec<_> = declared.profiles.iter().filter_map(|profile| profile.id).collect();
        for seed in &declared.profiles {
            self.plan_profile(tx, &found, seed, &ids).await?;
        }
        for seed in &declared.models {
            self.plan_model(tx, &found, seed).await?;
        }
        Ok(())
    }
}

/// The brand that a maker will have, without its logo.
fn merge_brand(merge: &mut SeedMerge, old: Option<&Brand>, declared: &Brand) -> Brand {
    /// Merges one value.
    macro_rules! merged {
        ($key:literal, $($field:ident).+) => {
            merge.merge_added($key, old.map(|b| b.$($field).+.clone()), declared.$($field).+.clone(), format_maybe)
        };
    }
    Brand {
        logo: None,
        accent: merged!("accent", accent),
        links: LegalLinks {
            privacy: merged!("privacy_url", links.privacy),
            terms: merged!("terms_url", links.terms),
            withdrawal: merged!("withdrawal_url", links.withdrawal),
            contact: merged!("contact_url", links.contact),
        },
        imprint: merged!("imprint", imprint),
        sender: MailSender {
            name: merged!("sender_name", sender.name),
            address: merged!("sender_address", sender.address),
            reply_to: merged!("reply_to", sender.reply_to),
        },
    }
}
