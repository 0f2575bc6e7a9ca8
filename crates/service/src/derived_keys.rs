//! Keys by purpose and number: derived from the master key, or carried over from an earlier master key.
//!
//! What it is not: it does not know the uses of the keys. Invariant: a key that was carried over replaces the one that
//! the present master key would give. A former key only verifies what it made; there may be several.

use crate::sealing::{Sealer, SealingPurpose};
use crate::{Error, Result};
use opendrs_domain::time::Time;
use opendrs_domain::token::derive_key;
use opendrs_store::Db;
use opendrs_store::derived_key::{self, DerivedKeyRow};
use std::collections::HashMap;

/// A key of an earlier master key.
#[derive(Clone, Copy)]
pub(crate) struct CarriedOverKey {
    number: u32,
    /// The key itself.
    pub(crate) key: [u8; 32],
    /// The time from which it is not used.
    pub(crate) ends_at: Option<Time>,
}

/// All keys of an installation.
pub(crate) struct DerivedKeys {
    master_key: [u8; 32],
    carried_over: HashMap<String, Vec<CarriedOverKey>>,
}

impl DerivedKeys {
    /// The keys of a master key from which nothing was carried over.
    pub(crate) fn new(master: [u8; 32]) -> Self {
        Self { master_key: master, carried_over: HashMap::new() }
    }

    /// Loads the keys that were carried over.
    ///
    /// # Errors
    /// [`Error::Internal`] where one was sealed with another master key; [`Error::Unavailable`].
    pub(crate) async fn load(db: &Db, master: [u8; 32]) -> Result<Self> {
        let mut reader = db.reader().await?;
        let mut keys = Self::new(master);
        let sealer = keys.sealer(SealingPurpose::DerivedKeys);
        for stored in derived_key::list_all(&mut reader.tx()?).await? {
            let DerivedKeyRow { purpose, number, sealed, ends_at } = stored;
            let key = sealer.open(&associated_data(&purpose, number), &sealed).and_then(|key| key.try_into().ok());
            let number = u32::try_from(number).ok();
            let Some((key, number)) = key.zip(number) else {
                let why = format!("the stored key `{purpose}` cannot be opened with this master key");
                return Err(Error::Internal(why));
            };
            keys.carried_over.entry(purpose).or_default().push(CarriedOverKey { number, key, ends_at });
        }
        Ok(keys)
    }

    /// Proves which master key it is, without revealing it.
    pub(crate) fn master_check(&self) -> [u8; 32] {
        derive_key(&self.master_key, "check", 0)
    }

    /// The sealer of the values that the store keeps for a purpose.
    pub(crate) fn sealer(&self, purpose: SealingPurpose) -> Sealer {
        Sealer::derive(&self.master_key, purpose)
    }

    /// The key of a purpose and a number.
    pub(crate) fn key(&self, purpose: &str, number: u32) -> [u8; 32] {
        let carried = self.carried_over.get(purpose).and_then(|keys| keys.iter().find(|key| key.number == number));
        carried.map_or_else(|| derive_key(&self.master_key, purpose, number), |carried| carried.key)
    }

    /// The keys of earlier master keys that still verify for a purpose at a time, besides the key with the number 0.
    pub(crate) fn former_keys(&self, purpose: &str, now: Time) -> impl Iterator<Item = CarriedOverKey> + '_ {
        let carried = self.carried_over.get(purpose).into_iter().flatten();
        carried.filter(move |key| key.number > 0 && key.ends_at.is_none_or(|end| now < end)).copied()
    }

    /// Seals a carried-over key for the store, under this master key.
    pub(crate) fn seal_carried_over(&self, purpose: &str, carried: CarriedOverKey) -> Result<DerivedKeyRow> {
        let CarriedOverKey { number, key, ends_at } = carried;
        let number = i64::from(number);
        let sealed = self.sealer(SealingPurpose::DerivedKeys).seal(&associated_data(purpose, number), &key)?;
        Ok(DerivedKeyRow { purpose: purpose.to_owned(), number, sealed, ends_at })
    }
}

impl CarriedOverKey {
    /// A key with its number, without an end.
    pub(crate) fn new(number: u32, key: [u8; 32]) -> Self {
        Self { number, key, ends_at: None }
    }

    /// The same key, until a time.
    pub(crate) fn ending_at(self, ends_at: Option<Time>) -> Self {
        Self { ends_at, ..self }
    }
}

fn associated_data(purpose: &str, number: i64) -> Vec<u8> {
    format!("{purpose} {number}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carried_key_stands_in_for_its_number_and_a_former_one_checks_until_its_end() {
        let at = Time::from_secs;
        let mut keys = DerivedKeys::new([7; 32]);
        assert_eq!(keys.key("token", 1), derive_key(&[7; 32], "token", 1));
        keys.carried_over.insert("token".into(), vec![CarriedOverKey::new(1, [1; 32])]);
        let former = [
            CarriedOverKey::new(1, [2; 32]).ending_at(Some(at(10))),
            CarriedOverKey::new(2, [3; 32]).ending_at(Some(at(20))),
        ];
        keys.carried_over.insert("link".into(), former.into());
        assert_eq!((keys.key("token", 1), keys.key("token", 2)), ([1; 32], derive_key(&[7; 32], "token", 2)));
        assert_eq!(
            keys.key("link", 0),
            derive_key(&[7; 32], "link", 0),
            "what is made from now on has the present key"
        );
        let found = |now| keys.former_keys("link", at(now)).map(|key| key.key[0]).collect::<Vec<_>>();
        assert_eq!((found(9), found(10), found(20)), (vec![2, 3], vec![3], vec![]));
        assert_eq!(keys.former_keys("other", at(0)).count(), 0);
    }
}
