//! Publishing to Amazon SNS: the one way in which a use case gives a notification to AWS.
//!
//! What it is: the port [`Publisher`], which the application is given and may be without. What it is not: it decides nothing
//! about retries. Invariant: nothing else in this crate speaks to AWS.

mod publisher;
mod test_message;

pub use publisher::{
    FifoKeys, NO_PUBLISHER_MESSAGE, Publication, PublishError, PublishFuture, PublishReceipt, Publisher,
};
pub use test_message::publish_test;
