//! A parameter of a coalesced statement: one value of each command, as PostgreSQL's binary array.
//!
//! Invariant: the array has one element for each command, in the order of the commands.

use crate::value::Value;
use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

/// A parameter of many commands: an array, in PostgreSQL's binary form.
#[derive(Debug)]
pub(super) struct ArrayParameter {
    element_type: Type,
    elements: BytesMut,
    count: i32,
    nulls: bool,
}

impl ArrayParameter {
    /// An empty parameter; `array` is its type in the statement.
    pub(super) fn new(array: &Type) -> Self {
        let of = match array.kind() {
            Kind::Array(of) => of.clone(),
            _ => array.clone(),
        };
        Self { element_type: of, elements: BytesMut::new(), count: 0, nulls: false }
    }

    /// Adds a command's value.
    ///
    /// # Errors
    /// The value has no form in the column's type.
    pub(super) fn push(&mut self, value: Value<'_>) -> Result<(), Box<dyn std::error::Error + Sync + Send>> {
        let at = self.elements.len();
        self.elements.put_i32(-1);
        match value.to_sql(&self.element_type, &mut self.elements)? {
            IsNull::Yes => self.nulls = true,
            IsNull::No => {
                let length = i32::try_from(self.elements.len() - at - 4)?;
                self.elements[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        self.count += 1;
        Ok(())
    }
}

impl ToSql for ArrayParameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.put_i32(1); // dimensions
        out.put_i32(i32::from(self.nulls));
        out.put_u32(self.element_type.oid());
        out.put_i32(self.count);
        out.put_i32(1); // the first element's number
        out.put_slice(&self.elements);
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true // its own type was taken from the statement
    }
    to_sql_checked!();
}
