//! The plan for pictures.
//!
//! Invariant: a picture that something refers to is written before it.

use super::SeedPlan;
use crate::seed::declaration::PictureOwner;
use crate::seed::merge::{SeedMerge, format_maybe};
use crate::seed::write::SeedOperation;
use opendrs_domain::picture::Picture;

impl SeedPlan<'_> {
    /// The picture that its owner will have. `old` is `None` for a new owner.
    pub(super) fn merge_picture(
        &mut self,
        merge: &mut SeedMerge,
        owner: &PictureOwner,
        old: Option<Option<Picture>>,
    ) -> Option<Picture> {
        let Some(declared) = self.inputs.pictures.iter().find(|picture| picture.owner == *owner) else {
            return old.flatten();
        };
        let wanted = declared.new.as_ref().map(|new| new.picture);
        let picture = merge.merge_added(owner.key(), old, wanted, format_maybe);
        if let Some(new) = declared.new.as_ref().filter(|new| Some(new.picture) == picture) {
            self.ops.push(SeedOperation::Picture(new.to_stored()));
        }
        picture
    }
}
