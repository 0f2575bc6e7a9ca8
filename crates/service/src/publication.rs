//! Publishing to Amazon SNS: the only way in which a use case gives a notification to AWS.
//!
//! What it is: the port [`Publisher`], an optional part of the application. What it is not: retries. Invariant: nothing
//! else in this crate calls AWS.

mod publisher;
mod test_message;

pub use publisher::{
    FifoKeys, NO_PUBLISHER_MESSAGE, Publication, PublishError, PublishFuture, PublishReceipt, Publisher,
};
pub use test_message::publish_test;
