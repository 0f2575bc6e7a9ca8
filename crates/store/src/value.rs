//! Values on their way into a statement and out of a row.
//!
//! Invariant: a domain value has one form in the store, the same on both engines; what does not read back as a valid
//! domain value is an error that names query and column, never a default.

use crate::error::words;
use crate::queries::Q;
use crate::{Error, Result};
use bytes::BytesMut;
use opendrs_domain::id::{
    ClientId, CompositeId, CustomerId, DeliveryId, DeviceId, EventId, MailId, MakerId, ModelId, OrderId, ProfileId,
    ReadingId, TopicId,
};
use opendrs_domain::text::{Asin, Email, ModelCode, Serial, Sku, SlotId};
use opendrs_domain::time::Time;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A borrowed parameter: nothing is allocated on the hot path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum V<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
}

macro_rules! into_v { ($($t:ty => |$x:ident| $e:expr),* $(,)?) => {
    $( impl<'a> From<$t> for V<'a> { fn from($x: $t) -> Self { $e } } )*
} }
into_v! {
    i64 => |x| V::Int(x), bool => |x| V::Bool(x), f64 => |x| V::Real(x), Uuid => |x| V::Uuid(x),
    &'a str => |x| V::Text(x), &'a String => |x| V::Text(x), &'a [u8; 32] => |x| V::Bytes(x), &'a [u8] => |x| V::Bytes(x), Time => |x| V::Int(x.micros()),
    &'a SlotId => |x| V::Text(x.as_str()), &'a Asin => |x| V::Text(x.as_str()), &'a Sku => |x| V::Text(x.as_str()), &'a Serial => |x| V::Text(x.as_str()),
    &'a ModelCode => |x| V::Text(x.as_str()), &'a Email => |x| V::Text(x.as_str()),
}

impl<'a, T: Into<V<'a>>> From<Option<T>> for V<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(V::Null, Into::into)
    }
}

/// A parameter list, from anything that has a form in the store.
macro_rules! p { ($($e:expr),* $(,)?) => { &[$($crate::value::V::from($e)),*] }; }
pub(crate) use p;

impl rusqlite::ToSql for V<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            V::Null => ValueRef::Null,
            V::Int(x) => ValueRef::Integer(*x),
            V::Bool(x) => ValueRef::Integer(i64::from(*x)),
            V::Real(x) => ValueRef::Real(*x),
            V::Text(x) => ValueRef::Text(x.as_bytes()),
            V::Bytes(x) => ValueRef::Blob(x),
            V::Uuid(x) => ValueRef::Blob(x.as_bytes()),
        }))
    }
}

impl ToSql for V<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            V::Null => Ok(IsNull::Yes),
            V::Int(x) => x.to_sql_checked(ty, out),
            V::Bool(x) => x.to_sql_checked(ty, out),
            V::Real(x) => x.to_sql_checked(ty, out),
            V::Text(x) => x.to_sql_checked(ty, out),
            V::Bytes(x) => x.to_sql_checked(ty, out),
            V::Uuid(x) => x.to_sql_checked(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true // each arm checks for itself
    }
    to_sql_checked!();
}

/// One row of an answer.
pub(crate) struct Row<'r> {
    pub(crate) query: Q,
    pub(crate) inner: Inner<'r>,
}

pub(crate) enum Inner<'r> {
    Lite(&'r rusqlite::Row<'r>),
    Pg(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(crate) fn get<T: Column>(&self, column: usize) -> Result<T> {
        let bad = |found| Error::BadRow { query: self.query.sql().name, column, found };
        let raw: T::Raw = match self.inner {
            Inner::Lite(row) => row.get(column).map_err(|e| bad(e.to_string()))?,
            Inner::Pg(row) => row.try_get(column).map_err(|e| bad(words(&e)))?,
        };
        T::from_raw(raw).ok_or_else(|| bad(format!("no valid {}", std::any::type_name::<T>())))
    }
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    type Raw: rusqlite::types::FromSql + for<'x> tokio_postgres::types::FromSql<'x>;
    fn from_raw(raw: Self::Raw) -> Option<Self>;
}

macro_rules! columns { ($($t:ty as $raw:ty => |$x:ident| $e:expr),* $(,)?) => {
    $( impl Column for $t { type Raw = $raw; fn from_raw($x: $raw) -> Option<Self> { $e } } )*
} }
columns! {
    i64 as i64 => |x| Some(x), bool as bool => |x| Some(x), f64 as f64 => |x| Some(x), String as String => |x| Some(x),
    Uuid as Uuid => |x| Some(x), [u8; 32] as Vec<u8> => |x| x.try_into().ok(), Vec<u8> as Vec<u8> => |x| Some(x), Time as i64 => |x| Some(Time::from_micros(x)),
    SlotId as String => |x| SlotId::parse(&x).ok(), Asin as String => |x| Asin::parse(&x).ok(),
    Serial as String => |x| Serial::parse(&x).ok(), ModelCode as String => |x| ModelCode::parse(&x).ok(),
    Email as String => |x| Email::parse(&x).ok(), Sku as String => |x| Sku::parse(&x).ok(),
}

impl<T: Column> Column for Option<T> {
    type Raw = Option<T::Raw>;
    fn from_raw(raw: Self::Raw) -> Option<Self> {
        match raw {
            None => Some(None),
            Some(raw) => T::from_raw(raw).map(Some),
        }
    }
}

macro_rules! id_columns { ($($t:ident),*) => { $(
    impl Column for $t { type Raw = Uuid; fn from_raw(raw: Uuid) -> Option<Self> { Some($t(raw)) } }
    impl From<$t> for V<'_> { fn from(id: $t) -> Self { V::Uuid(id.0) } }
)* } }
id_columns!(
    ClientId,
    CompositeId,
    CustomerId,
    DeliveryId,
    DeviceId,
    EventId,
    MailId,
    MakerId,
    ModelId,
    OrderId,
    ProfileId,
    ReadingId,
    TopicId
);

/// A value read from a whole row.
pub(crate) trait FromRow: Sized + Send {
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

impl<T: Column + Send> FromRow for (T,) {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok((row.get(0)?,))
    }
}

impl<A: Column + Send, B: Column + Send, C: Column + Send> FromRow for (A, B, C) {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    }
}

impl<A: Column + Send, B: Column + Send> FromRow for (A, B) {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok((row.get(0)?, row.get(1)?))
    }
}
