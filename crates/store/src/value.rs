//! Conversion of values to statement parameters and from columns.
//!
//! Invariant: a domain value has one form in the store, the same on both engines. A value that is not valid in the
//! domain is an error that names query and column, never a default.

use crate::error::driver_message;
use crate::queries::Query;
use crate::{Error, Result};
use bytes::BytesMut;
use opendrs_domain::id::{
    ClientId, CompositeId, CustomerId, DeliveryId, DeviceId, EventId, ExportId, MailId, MakerId, ModelId, OrderId,
    ProfileId, ReadingId, ReceiverId,
};
use opendrs_domain::picture::Picture;
use opendrs_domain::text::{
    Asin, ContactLink, DeviceName, Email, Imprint, ModelCode, Name, Serial, Sku, SlotId, WebLink,
};
use opendrs_domain::time::Time;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A borrowed parameter: nothing is allocated on the hot path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
}

macro_rules! into_value { ($($t:ty => |$x:ident| $e:expr),* $(,)?) => {
    $( impl<'a> From<$t> for Value<'a> { fn from($x: $t) -> Self { $e } } )*
} }
into_value! {
    i64 => |x| Value::Int(x), bool => |x| Value::Bool(x), f64 => |x| Value::Real(x), Uuid => |x| Value::Uuid(x),
    &'a str => |x| Value::Text(x), &'a String => |x| Value::Text(x), &'a [u8; 32] => |x| Value::Bytes(x), &'a [u8] => |x| Value::Bytes(x), Time => |x| Value::Int(x.as_micros()),
    &'a SlotId => |x| Value::Text(x.as_str()), &'a Asin => |x| Value::Text(x.as_str()), &'a Sku => |x| Value::Text(x.as_str()), &'a Serial => |x| Value::Text(x.as_str()),
    &'a ModelCode => |x| Value::Text(x.as_str()), &'a DeviceName => |x| Value::Text(x.as_str()), &'a Email => |x| Value::Text(x.as_str()), &'a Name => |x| Value::Text(x.as_str()),
    &'a WebLink => |x| Value::Text(x.as_str()), &'a ContactLink => |x| Value::Text(x.as_str()), &'a Imprint => |x| Value::Text(x.as_str()),
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// A parameter list, from all types with a form in the store.
macro_rules! params { ($($e:expr),* $(,)?) => { &[$($crate::value::Value::from($e)),*] }; }
pub(crate) use params;

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(x) => ValueRef::Integer(*x),
            Value::Bool(x) => ValueRef::Integer(i64::from(*x)),
            Value::Real(x) => ValueRef::Real(*x),
            Value::Text(x) => ValueRef::Text(x.as_bytes()),
            Value::Bytes(x) => ValueRef::Blob(x),
            Value::Uuid(x) => ValueRef::Blob(x.as_bytes()),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(x) => x.to_sql_checked(ty, out),
            Value::Bool(x) => x.to_sql_checked(ty, out),
            Value::Real(x) => x.to_sql_checked(ty, out),
            Value::Text(x) => x.to_sql_checked(ty, out),
            Value::Bytes(x) => x.to_sql_checked(ty, out),
            Value::Uuid(x) => x.to_sql_checked(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true // each arm checks for itself
    }
    to_sql_checked!();
}

/// One row of a result.
pub(crate) struct DbRow<'r> {
    pub(crate) query: Query,
    pub(crate) engine_row: EngineRow<'r>,
}

pub(crate) enum EngineRow<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Pg(&'r tokio_postgres::Row),
}

impl DbRow<'_> {
    /// The value of a column, counted from 0.
    pub(crate) fn get<T: FromColumn>(&self, column: usize) -> Result<T> {
        let bad = |found| Error::InvalidRow { query: self.query.sql().name, column, found };
        let raw: T::Raw = match self.engine_row {
            EngineRow::Sqlite(row) => row.get(column).map_err(|e| bad(e.to_string()))?,
            EngineRow::Pg(row) => row.try_get(column).map_err(|e| bad(driver_message(&e)))?,
        };
        T::from_raw(raw).ok_or_else(|| bad(format!("no valid {}", std::any::type_name::<T>())))
    }
}

/// A type that can be read from a column.
pub(crate) trait FromColumn: Sized {
    type Raw: rusqlite::types::FromSql + for<'x> tokio_postgres::types::FromSql<'x>;
    fn from_raw(raw: Self::Raw) -> Option<Self>;
}

macro_rules! columns { ($($t:ty as $raw:ty => |$x:ident| $e:expr),* $(,)?) => {
    $( impl FromColumn for $t { type Raw = $raw; fn from_raw($x: $raw) -> Option<Self> { $e } } )*
} }
columns! {
    i64 as i64 => |x| Some(x), bool as bool => |x| Some(x), f64 as f64 => |x| Some(x), String as String => |x| Some(x),
    Uuid as Uuid => |x| Some(x), [u8; 32] as Vec<u8> => |x| x.try_into().ok(), Vec<u8> as Vec<u8> => |x| Some(x), Time as i64 => |x| Some(Time::from_micros(x)),
    SlotId as String => |x| SlotId::parse(&x).ok(), Asin as String => |x| Asin::parse(&x).ok(),
    DeviceName as String => |x| DeviceName::parse(&x).ok(),
    Serial as String => |x| Serial::parse(&x).ok(), ModelCode as String => |x| ModelCode::parse(&x).ok(),
    Email as String => |x| Email::parse(&x).ok(), Sku as String => |x| Sku::parse(&x).ok(),
    Name as String => |x| Name::parse(&x).ok(), WebLink as String => |x| WebLink::parse(&x).ok(),
    ContactLink as String => |x| ContactLink::parse(&x).ok(), Imprint as String => |x| Imprint::parse(&x).ok(),
    Picture as String => |x| Picture::parse(&x),
}

impl<T: FromColumn> FromColumn for Option<T> {
    type Raw = Option<T::Raw>;
    fn from_raw(raw: Self::Raw) -> Option<Self> {
        match raw {
            None => Some(None),
            Some(raw) => T::from_raw(raw).map(Some),
        }
    }
}

macro_rules! id_columns { ($($t:ident),*) => { $(
    impl FromColumn for $t { type Raw = Uuid; fn from_raw(raw: Uuid) -> Option<Self> { Some($t(raw)) } }
    impl From<$t> for Value<'_> { fn from(id: $t) -> Self { Value::Uuid(id.0) } }
)* } }
id_columns!(
    ClientId,
    CompositeId,
    CustomerId,
    DeliveryId,
    DeviceId,
    EventId,
    ExportId,
    MailId,
    MakerId,
    ModelId,
    OrderId,
    ProfileId,
    ReadingId,
    ReceiverId
);

/// A type that can be read from a whole row.
pub(crate) trait FromRow: Sized + Send {
    fn from_row(row: &DbRow<'_>) -> Result<Self>;
}

impl<T: FromColumn + Send> FromRow for (T,) {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok((row.get(0)?,))
    }
}

impl<A: FromColumn + Send, B: FromColumn + Send, C: FromColumn + Send> FromRow for (A, B, C) {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    }
}

impl<A: FromColumn + Send, B: FromColumn + Send> FromRow for (A, B) {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok((row.get(0)?, row.get(1)?))
    }
}
