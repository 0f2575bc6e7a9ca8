//! The bulk form of a statement: a text for many commands, derived from the text for one.
//!
//! Where the single statement takes `$1, $2, ...`, the bulk form takes an array for each. Each row that it finds or
//! changes ends with the command's position in the arrays, from 1. A plain insert returns only the number of rows. Not
//! here: which statements are coalesced, and how ([`super::coalescer`]). Invariant: the derivation is pure. A text of
//! an unknown shape has no bulk form and is not coalesced.

/// A statement for many commands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BulkSql {
    /// The statement's text.
    pub(crate) sql: String,
    /// Whether each returned row ends with the position of its command. If not, the statement returns only the number
    /// of rows, and takes effect for all commands or for none.
    pub(crate) returns_rows: bool,
}

/// The bulk form of a statement, if its shape is known.
pub(crate) fn bulk_sql(one: &str, types: &[&str]) -> Option<BulkSql> {
    let dense = one.split_whitespace().collect::<Vec<_>>().join(" ");
    let arrays: Vec<_> = types.iter().enumerate().map(|(n, name)| format!("${}::{name}[]", n + 1)).collect();
    let names: Vec<_> = (1..=types.len()).map(|n| format!("p{n}")).collect();
    let arguments = format!("unnest({}) WITH ORDINALITY AS u({}, n)", arrays.join(", "), names.join(", "));
    let dense = parameters_as_columns(&dense);
    let returning = |text| Some(BulkSql { sql: text, returns_rows: true });
    if dense.starts_with("SELECT ") {
        return returning(format!("SELECT q.*, u.n FROM {arguments} CROSS JOIN LATERAL ({dense}) q"));
    }
    if let Some(rest) = dense.strip_prefix("INSERT INTO ").filter(|rest| !rest.contains(" ON CONFLICT ")) {
        let (into, rows) = rest.split_once(") ")?;
        let rows = match rows.strip_prefix("VALUES (") {
            Some(values) => format!("SELECT {}", values.strip_suffix(')')?),
            None => rows.to_owned(),
        };
        let (values, condition) = rows.split_once(" WHERE ").unwrap_or((&rows, ""));
        if !values.contains(" FROM ") {
            // This is the cheapest way to make rows from arrays, by half: the server materialises nothing.
            let columns = arrays.iter().zip(&names).map(|(array, name)| format!("unnest({array}) AS {name}"));
            let columns = columns.collect::<Vec<_>>().join(", ");
            let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
            let text = format!("INSERT INTO {into}) {values} FROM (SELECT {columns}) u{condition}");
            return Some(BulkSql { sql: text, returns_rows: false });
        }
        let columns = into.split_once(" (")?.1;
        return returning(format!(
            "WITH good AS MATERIALIZED (SELECT q.*, u.n FROM {arguments} CROSS JOIN LATERAL ({rows}) q({columns})), \
             put AS (INSERT INTO {into}) SELECT {columns} FROM good) SELECT n FROM good"
        ));
    }
    let (set, keys) = dense.strip_prefix("UPDATE ")?.split_once(" WHERE ")?;
    let (keys, answer) = match keys.split_once(" RETURNING ") {
        Some((keys, columns)) => (keys, format!("{columns}, u.n")),
        None => (keys, "u.n".to_owned()),
    };
    returning(format!("UPDATE {set} FROM {arguments} WHERE {keys} RETURNING {answer}"))
}

/// `$3` as `u.p3`, outside of quotes.
fn parameters_as_columns(text: &str) -> String {
    let parts = text.split('\'').enumerate().map(|(n, part)| match n % 2 {
        0 => part.replace('$', "u.p"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("'")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bulk form that returns rows.
    fn row_returning_sql(one: &str, types: &[&str]) -> String {
        let many = bulk_sql(one, types).unwrap();
        assert!(many.returns_rows);
        many.sql
    }

    /// The bulk form that returns only the number of rows.
    fn counting_sql(one: &str, types: &[&str]) -> String {
        let many = bulk_sql(one, types).unwrap();
        assert!(!many.returns_rows);
        many.sql
    }

    #[test]
    fn what_is_asked_for_one_is_asked_for_many() {
        assert_eq!(
            row_returning_sql("SELECT a FROM t\n WHERE k = $1 AND s = '$2' FOR UPDATE", &["int8"]),
            "SELECT q.*, u.n FROM unnest($1::int8[]) WITH ORDINALITY AS u(p1, n) \
             CROSS JOIN LATERAL (SELECT a FROM t WHERE k = u.p1 AND s = '$2' FOR UPDATE) q"
        );
    }

    #[test]
    fn what_is_put_for_one_is_put_for_many() {
        assert_eq!(
            counting_sql("INSERT INTO t (a, b, c) VALUES ($1, $2, '')", &["int8", "text"]),
            "INSERT INTO t (a, b, c) SELECT u.p1, u.p2, '' \
             FROM (SELECT unnest($1::int8[]) AS p1, unnest($2::text[]) AS p2) u"
        );
        assert_eq!(
            counting_sql("INSERT INTO t (a) SELECT $1 WHERE $2 = (SELECT b FROM s WHERE id = 1)", &["int8", "int8"]),
            "INSERT INTO t (a) SELECT u.p1 FROM (SELECT unnest($1::int8[]) AS p1, unnest($2::int8[]) AS p2) u \
             WHERE u.p2 = (SELECT b FROM s WHERE id = 1)"
        );
    }

    #[test]
    fn what_is_put_where_something_is_found_is_told_by_rows() {
        assert_eq!(
            row_returning_sql("INSERT INTO t (a, b) SELECT s.a, $2 FROM s WHERE s.a = $1", &["int8", "text"]),
            "WITH good AS MATERIALIZED (SELECT q.*, u.n FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(p1, p2, n) \
             CROSS JOIN LATERAL (SELECT s.a, u.p2 FROM s WHERE s.a = u.p1) q(a, b)), put AS (INSERT INTO t (a, b) \
             SELECT a, b FROM good) SELECT n FROM good"
        );
    }

    #[test]
    fn what_a_change_tells_it_tells_of_many() {
        assert_eq!(
            row_returning_sql("UPDATE t SET b = $2 WHERE a = $1 AND b < $2", &["int8", "text"]),
            "UPDATE t SET b = u.p2 FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(p1, p2, n) \
             WHERE a = u.p1 AND b < u.p2 RETURNING u.n"
        );
        assert_eq!(
            row_returning_sql("UPDATE t SET b = $2 WHERE a = $1 RETURNING a, c", &["int8", "text"]),
            "UPDATE t SET b = u.p2 FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(p1, p2, n) \
             WHERE a = u.p1 RETURNING a, c, u.n"
        );
    }

    #[test]
    fn other_shapes_are_left_alone() {
        assert_eq!(bulk_sql("DELETE FROM t WHERE a = $1", &["int8"]), None);
        assert_eq!(bulk_sql("INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", &["int8"]), None);
    }
}
