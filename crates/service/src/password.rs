//! Passwords: hashed and compared by a few workers behind a bounded queue.
//!
//! What it is: argon2id, with as many parallel workers as there are cores, because each takes 19 MiB. What it is not:
//! the throttle of guesses, which is [`crate::throttle`]. Invariant: the queue bounds the wait that other sources can
//! cause, alone or together. A request that finds the queue full is refused immediately.

use crate::error::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use opendrs_domain::account::{MAX_PASSWORD_CHARS, NewPassword, normalize_password};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The longest password that is checked, in bytes.
const MAX_PASSWORD_BYTES: usize = MAX_PASSWORD_CHARS * 4;
/// How many requests may wait or be hashed together: with some 30 ms each on a core, a second or two.
const QUEUE_LEN: usize = 64;
/// How many of them may come from one source.
const QUEUE_LEN_PER_SOURCE: usize = 8;
/// Seconds after which a source that fills its part of the queue may try again.
const RETRY_AFTER_SECS: i64 = 1;

/// The queue of password work.
pub(crate) struct PasswordQueue {
    workers: Arc<Semaphore>,
    counts: Arc<Mutex<QueueCounts>>,
}

/// The requests that wait or are served.
#[derive(Default)]
struct QueueCounts {
    total: usize,
    by_source: HashMap<String, usize>,
}

/// A place in the queue. It is kept until the work is done, even if the requester has gone.
struct QueueSlot {
    counts: Arc<Mutex<QueueCounts>>,
    source: String,
}

impl PasswordQueue {
    /// A queue with this number of workers.
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers: Arc::new(Semaphore::new(workers)), counts: Arc::default() }
    }

    fn enter(&self, source: &str) -> Result<QueueSlot> {
        let mut waiting = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.by_source.get(source).is_some_and(|count| *count >= QUEUE_LEN_PER_SOURCE) {
            return Err(Error::Throttled(RETRY_AFTER_SECS));
        }
        if waiting.total >= QUEUE_LEN {
            return Err(Error::Unavailable(format!("{QUEUE_LEN} passwords wait to be checked")));
        }
        waiting.total += 1;
        *waiting.by_source.entry(source.to_owned()).or_default() += 1;
        Ok(QueueSlot { counts: self.counts.clone(), source: source.to_owned() })
    }

    /// Compares a password from a source with a stored hash. Without a hash, it does the same work, so that the
    /// duration does not reveal which addresses have accounts.
    ///
    /// # Errors
    /// [`Error::Throttled`] when the source has too many requests in the queue, [`Error::Unavailable`] when the queue
    /// is full.
    pub(crate) async fn verify(&self, source: &str, stored: Option<String>, password: &str) -> Result<bool> {
        let place = self.enter(source)?;
        self.compare(Some(place), stored, password).await
    }

    /// The same for an operator's command, which waits however long the queue is.
    pub(crate) async fn verify_for_operator(&self, stored: Option<String>, password: &str) -> Result<bool> {
        self.compare(None, stored, password).await
    }

    async fn compare(&self, place: Option<QueueSlot>, stored: Option<String>, password: &str) -> Result<bool> {
        let password = password.to_owned();
        self.run_on_worker(place, move |argon| {
            if password.len() > MAX_PASSWORD_BYTES {
                return Ok(false);
            }
            let normal = normalize_password(&password);
            let fits = |text: &str, hash: &PasswordHash| argon.verify_password(text.as_bytes(), hash).is_ok();
            match stored.as_deref().map(PasswordHash::new) {
                // A hash from another store may be that of another spelling.
                Some(Ok(hash)) => Ok(fits(&normal, &hash) || normal != password && fits(&password, &hash)),
                Some(Err(error)) => Err(Error::Internal(format!("a stored password hash cannot be read: {error}"))),
                None => argon.hash_password(password.as_bytes()).map(|_| false).map_err(hash_error),
            }
        })
        .await
    }

    /// Hashes a password from a source for the store.
    ///
    /// # Errors
    /// As for [`PasswordQueue::verify`].
    pub(crate) async fn hash_for(&self, source: &str, password: &NewPassword) -> Result<String> {
        let place = self.enter(source)?;
        let password = password.clone();
        let hash = move |argon: Argon2<'static>| {
            argon.hash_password(password.as_str().as_bytes()).map(|hash| hash.to_string()).map_err(hash_error)
        };
        self.run_on_worker(Some(place), hash).await
    }

    /// Hashes a password that an operator declares: argon2id, with its parameters and salt in the text.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let password = normalize_password(password);
        let hash = move |argon: Argon2<'static>| {
            argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(hash_error)
        };
        self.run_on_worker(None, hash).await
    }

    /// Does work when a worker is free.
    async fn run_on_worker<T: Send + 'static>(
        &self,
        place: Option<QueueSlot>,
        work: impl FnOnce(Argon2<'static>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let worker = self.workers.clone().acquire_owned().await.map_err(|e| Error::Internal(e.to_string()))?;
        let task = move || {
            let done = work(Argon2::default());
            drop((worker, place));
            done
        };
        tokio::task::spawn_blocking(task).await.map_err(|e| Error::Internal(e.to_string()))?
    }
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        let mut waiting = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.total = waiting.total.saturating_sub(1);
        if let Some(count) = waiting.by_source.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                waiting.by_source.remove(&self.source);
            }
        }
    }
}

/// A password hash from another store, if passwords can be checked with it here. It is empty for an account without a
/// password.
pub(crate) fn parse_hash(hash: &str) -> Result<String, String> {
    if hash.is_empty() {
        return Ok(String::new());
    }
    let hash = PasswordHash::new(hash).map_err(|e| format!("is no PHC string: {e}"))?;
    if hash.algorithm.as_str().starts_with("argon2") {
        Ok(hash.to_string())
    } else {
        Err("must be a hash of Argon2, as `opendrs seed export --with-secrets` writes it".into())
    }
}

fn hash_error(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a password cannot be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_its_part_of_the_queue_and_the_others_theirs() {
        let queue = PasswordQueue::new(1);
        let enter = |n: usize| queue.enter(&(n / QUEUE_LEN_PER_SOURCE).to_string());
        let mut places: Vec<_> = (0..QUEUE_LEN).map(|n| enter(n).unwrap()).collect();
        assert!(matches!(queue.enter("0"), Err(Error::Throttled(1))), "its part is full");
        assert!(matches!(queue.enter("new"), Err(Error::Unavailable(_))), "the queue is full");
        places.pop();
        drop(queue.enter("new").unwrap());
        places.clear();
        assert_eq!(queue.counts.lock().unwrap().by_source.len(), 0);
    }
}
