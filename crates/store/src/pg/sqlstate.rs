//! The remedy for each SQLSTATE of PostgreSQL: one table for every class, and for the codes that differ from their
//! class.
//!
//! What it is not: it acts on nothing. [`crate::Error`] is built from the remedy, and the connection
//! ([`super::connection`]) drops itself where the remedy is [`SqlStateRemedy::Reconnect`]. Invariant: every class of
//! PostgreSQL's documentation ("PostgreSQL Error Codes") is in the table exactly once.

use SqlStateRemedy::{ProgrammingError, Reconnect, RetryOnConnection, Unavailable};

/// The remedy for an error of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqlStateRemedy {
    /// The transaction conflicted with another one. The same command may succeed on the same connection.
    RetryOnConnection,
    /// The connection is unusable; another one may work. The outcome of running statements is unknown.
    Reconnect,
    /// The database or its operator prevents the command; a new connection would change nothing.
    Unavailable,
    /// The statement is wrong for this database: a programming error, or a row that must not exist.
    ProgrammingError,
}

/// Codes whose remedy is not that of their class.
const CODE_REMEDIES: [(&str, SqlStateRemedy); 13] = [
    // "cached plan must not change result type": statements are prepared again on another connection
    ("0A000", Reconnect),
    // after an error within a transaction; the transaction is rolled back and can be run again
    ("25P02", RetryOnConnection),
    // the statement is wrong or names a missing object, except where the right to the object is missing
    ("42501", Unavailable),
    // a prepared statement of this name exists already: a pooler gave the session to another client
    ("42P05", Reconnect),
    // a constraint was violated when the transaction was committed
    ("40002", ProgrammingError),
    // whether the statement was completed is not known
    ("40003", Reconnect),
    // transaction numbers are used up: the operator must run VACUUM
    ("54000", Unavailable),
    // a lock was not available in the time that the operator allows
    ("55P03", RetryOnConnection),
    // the server, or the database, is being shut down, started or dropped
    ("57P01", Reconnect),
    ("57P02", Reconnect),
    ("57P03", Reconnect),
    ("57P04", Reconnect),
    ("57P05", Reconnect),
];

/// The remedy for all other codes of each class.
const CLASS_REMEDIES: [(&str, SqlStateRemedy); 44] = [
    ("00", ProgrammingError), // successful completion
    ("01", ProgrammingError), // warning
    ("02", ProgrammingError), // no data
    ("03", ProgrammingError), // SQL statement not yet complete
    ("08", Reconnect),        // connection exception
    ("09", ProgrammingError), // triggered action exception
    ("0A", ProgrammingError), // feature not supported
    ("0B", ProgrammingError), // invalid transaction initiation
    ("0F", ProgrammingError), // locator exception
    ("0L", Unavailable),      // invalid grantor
    ("0P", Unavailable),      // invalid role specification
    ("0Z", ProgrammingError), // diagnostics exception
    ("10", ProgrammingError), // XQuery error
    ("20", ProgrammingError), // case not found
    ("21", ProgrammingError), // cardinality violation
    ("22", ProgrammingError), // data exception
    ("23", ProgrammingError), // integrity constraint violation
    ("24", ProgrammingError), // invalid cursor state
    // invalid transaction state: 25006 is a server that takes no writes, after a failover or by a setting; 25P03 and
    // 25P04 ended the session; the others mean that the session is not in the state in which we left it
    ("25", Reconnect),
    ("26", Reconnect),         // invalid SQL statement name: a pooler gave the session to somebody else
    ("27", ProgrammingError),  // triggered data change violation
    ("28", Unavailable),       // invalid authorization specification
    ("2B", ProgrammingError),  // dependent privilege descriptors still exist
    ("2D", ProgrammingError),  // invalid transaction termination
    ("2F", ProgrammingError),  // SQL routine exception
    ("34", ProgrammingError),  // invalid cursor name
    ("38", ProgrammingError),  // external routine exception
    ("39", ProgrammingError),  // external routine invocation exception
    ("3B", ProgrammingError),  // savepoint exception
    ("3D", Unavailable),       // invalid catalog name: the database is not there
    ("3F", Unavailable),       // invalid schema name
    ("40", RetryOnConnection), // transaction rollback
    ("42", ProgrammingError),  // syntax error or access rule violation
    ("44", ProgrammingError),  // WITH CHECK OPTION violation
    ("53", Unavailable),       // insufficient resources: disk, memory, connections
    ("54", ProgrammingError),  // program limit exceeded
    ("55", Unavailable),       // object not in prerequisite state
    ("57", Unavailable),       // operator intervention, such as a time limit on statements
    ("58", Unavailable),       // system error
    ("72", RetryOnConnection), // snapshot failure
    ("F0", Unavailable),       // configuration file error
    ("HV", Unavailable),       // foreign data wrapper error
    ("P0", ProgrammingError),  // PL/pgSQL error
    ("XX", Unavailable),       // internal error, damaged data
];

/// The code of a server that takes no writes.
const READ_ONLY_CODE: &str = "25006";

/// The remedy for a code. A code of an unknown class counts as a programming error, so that it is noticed.
pub(crate) fn remedy_for_code(code: &str) -> SqlStateRemedy {
    let whole = CODE_REMEDIES.iter().find(|(known, _)| *known == code);
    let class = CLASS_REMEDIES.iter().find(|(class, _)| code.starts_with(class));
    whole.or(class).map_or(ProgrammingError, |(_, remedy)| *remedy)
}

/// The remedy for an error of the driver: by its code or, if the server sent none, by whether the connection is closed.
pub(crate) fn remedy_for(error: &tokio_postgres::Error) -> SqlStateRemedy {
    let is_io = || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
    match error.code() {
        Some(code) => remedy_for_code(code.code()),
        None if error.is_closed() || is_io() => Reconnect,
        None => ProgrammingError,
    }
}

/// Whether the server takes no writes. Then no other connection to it is usable either.
pub(crate) fn is_read_only(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == READ_ONLY_CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_sorted_once() {
        let classes: Vec<_> = CLASS_REMEDIES.iter().map(|(class, _)| *class).collect();
        assert!(classes.iter().all(|class| class.len() == 2) && classes.is_sorted_by(|a, b| a < b), "{classes:?}");
        // "PostgreSQL Error Codes", appendix A of its documentation.
        let documented = "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 \
             53 54 55 57 58 72 F0 HV P0 XX";
        assert_eq!(classes, documented.split(' ').collect::<Vec<_>>());
        for (n, (code, remedy)) in CODE_REMEDIES.iter().enumerate() {
            assert!(
                code.len() == 5 && CODE_REMEDIES[..n].iter().all(|(other, _)| other != code),
                "{code} is listed twice"
            );
            let class = CLASS_REMEDIES.iter().find(|(class, _)| code.starts_with(class)).unwrap();
            assert_ne!(*remedy, class.1, "{code} is listed, but does not differ from its class");
        }
    }

    #[test]
    fn codes_call_for_their_remedies() {
        for (codes, remedy) in [
            ("40001 40P01 55P03 25P02 72000", RetryOnConnection),
            ("25006 25P03 25P04 08006 08P01 57P01 57P02 57P03 57P04 57P05 26000 42P05 0A000 40003", Reconnect),
            ("42501 53100 53300 57014 28P01 3D000 55000 58030 XX001 54000", Unavailable),
            ("23505 42601 42P01 22P02 P0001 54001 ZZ999", ProgrammingError),
        ] {
            for code in codes.split(' ') {
                assert_eq!(remedy_for_code(code), remedy, "{code}");
            }
        }
    }
}
