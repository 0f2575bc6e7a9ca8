//! A statement's text for many commands at once, made from its text for one.
//!
//! What a statement takes for one command as `$1, $2, ...` it takes here as an array each, and what it finds or changes
//! is told with the place of the command in the arrays, from 1; what is only written is counted. Not here: which statements
//! are gathered, and how ([`super::coalescer`]). Invariant: pure; a text of a shape that is not known gives none, and then
//! nothing is gathered.

/// A statement for many commands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BulkSql {
    /// Its text.
    pub(crate) sql: String,
    /// Each row it answers with ends with the place of the command it is for. If not, it answers with their number alone,
    /// and does what it does for all commands or for none.
    pub(crate) returns_rows: bool,
}

/// The text for many.
pub(crate) fn bulk_sql(one: &str, types: &[&str]) -> Option<BulkSql> {
    let dense = one.split_whitespace().collect::<Vec<_>>().join(" ");
    let arrays: Vec<_> = types.iter().enumerate().map(|(n, name)| format!("${}::{name}[]", n + 1)).collect();
    let names: Vec<_> = (1..=types.len()).map(|n| format!("p{n}")).collect();
    let asked = format!("unnest({}) WITH ORDINALITY AS u({}, n)", arrays.join(", "), names.join(", "));
    let dense = parameters_as_columns(&dense);
    let told = |text| Some(BulkSql { sql: text, returns_rows: true });
    if dense.starts_with("SELECT ") {
        return told(format!("SELECT q.*, u.n FROM {asked} CROSS JOIN LATERAL ({dense}) q"));
    }
    if let Some(rest) = dense.strip_prefix("INSERT INTO ").filter(|rest| !rest.contains(" ON CONFLICT ")) {
        let (into, rows) = rest.split_once(") ")?;
        let rows = match rows.strip_prefix("VALUES (") {
            Some(values) => format!("SELECT {}", values.strip_suffix(')')?),
            None => rows.to_owned(),
        };
        let (values, condition) = rows.split_once(" WHERE ").unwrap_or((&rows, ""));
        if !values.contains(" FROM ") {
            // The cheapest way to make rows of arrays, by half: nothing is kept aside on the way.
            let columns = arrays.iter().zip(&names).map(|(array, name)| format!("unnest({array}) AS {name}"));
            let columns = columns.collect::<Vec<_>>().join(", ");
            let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
            let text = format!("INSERT INTO {into}) {values} FROM (SELECT {columns}) u{condition}");
            return Some(BulkSql { sql: text, returns_rows: false });
        }
        let columns = into.split_once(" (")?.1;
        return told(format!(
            "WITH good AS MATERIALIZED (SELECT q.*, u.n FROM {asked} CROSS JOIN LATERAL ({rows}) q({columns})), \
             put AS (INSERT INTO {into}) SELECT {columns} FROM good) SELECT n FROM good"
        ));
    }
    let (set, keys) = dense.strip_prefix("UPDATE ")?.split_once(" WHERE ")?;
    let (keys, answer) = match keys.split_once(" RETURNING ") {
        Some((keys, columns)) => (keys, format!("{columns}, u.n")),
        None => (keys, "u.n".to_owned()),
    };
    told(format!("UPDATE {set} FROM {asked} WHERE {keys} RETURNING {answer}"))
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

    /// Told by rows.
    fn row_returning_sql(one: &str, types: &[&str]) -> String {
        let many = bulk_sql(one, types).unwrap();
        assert!(many.returns_rows);
        many.sql
    }

    /// Told by their number.
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
