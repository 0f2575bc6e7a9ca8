//! A statement's text for many commands at once, made from its text for one.
//!
//! What a statement takes for one command as `$1, $2, ...` it takes here as an array each, and what it finds or changes
//! is told with the place of the command in the arrays, from 1. Not here: which statements are gathered, and how
//! ([`crate::gather`]). Invariant: pure; a text of a shape that is not known gives none, and then nothing is gathered.

/// The text for many.
pub(crate) fn text(one: &str, types: &[&str]) -> Option<String> {
    let dense = one.split_whitespace().collect::<Vec<_>>().join(" ");
    let arrays: Vec<_> = types.iter().enumerate().map(|(n, name)| format!("${}::{name}[]", n + 1)).collect();
    let names: Vec<_> = (1..=types.len()).map(|n| format!("p{n}")).collect();
    let asked = format!("unnest({}) WITH ORDINALITY AS u({}, n)", arrays.join(", "), names.join(", "));
    let dense = named(&dense);
    if dense.starts_with("SELECT ") {
        return Some(format!("SELECT q.*, u.n FROM {asked} CROSS JOIN LATERAL ({dense}) q"));
    }
    if let Some(rest) = dense.strip_prefix("INSERT INTO ").filter(|rest| !rest.contains(" ON CONFLICT ")) {
        let (into, rows) = rest.split_once(") ")?;
        let columns: Vec<_> = into.split_once(" (")?.1.split(", ").collect();
        let rows = match rows.strip_prefix("VALUES (") {
            Some(values) => format!("SELECT {}", values.strip_suffix(')')?),
            None => rows.to_owned(),
        };
        let columns = columns.join(", ");
        return Some(format!(
            "WITH good AS MATERIALIZED (SELECT q.*, u.n FROM {asked} CROSS JOIN LATERAL ({rows}) q({columns})), \
             put AS (INSERT INTO {into}) SELECT {columns} FROM good) SELECT n FROM good"
        ));
    }
    let (set, keys) = dense.strip_prefix("UPDATE ")?.split_once(" WHERE ")?;
    let (keys, told) = match keys.split_once(" RETURNING ") {
        Some((keys, columns)) => (keys, format!("{columns}, u.n")),
        None => (keys, "u.n".to_owned()),
    };
    Some(format!("UPDATE {set} FROM {asked} WHERE {keys} RETURNING {told}"))
}

/// `$3` as `u.p3`, outside of quotes.
fn named(text: &str) -> String {
    let parts = text.split('\'').enumerate().map(|(n, part)| match n % 2 {
        0 => part.replace('$', "u.p"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_one_is_asked_for_many() {
        assert_eq!(
            text("SELECT a FROM t\n WHERE k = $1 AND s = '$2' FOR UPDATE", &["int8"]).as_deref(),
            Some(
                "SELECT q.*, u.n FROM unnest($1::int8[]) WITH ORDINALITY AS u(p1, n) \
                 CROSS JOIN LATERAL (SELECT a FROM t WHERE k = u.p1 AND s = '$2' FOR UPDATE) q"
            )
        );
    }

    #[test]
    fn what_is_written_for_one_is_written_for_many() {
        assert_eq!(
            text("INSERT INTO t (a, b) VALUES ($1, $2)", &["int8", "text"]).as_deref(),
            Some(
                "WITH good AS MATERIALIZED (SELECT q.*, u.n FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(p1, p2, n) \
                 CROSS JOIN LATERAL (SELECT u.p1, u.p2) q(a, b)), put AS (INSERT INTO t (a, b) SELECT a, b FROM good) \
                 SELECT n FROM good"
            )
        );
        assert_eq!(
            text("UPDATE t SET b = $2 WHERE a = $1 AND b < $2", &["int8", "text"]).as_deref(),
            Some(
                "UPDATE t SET b = u.p2 FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(p1, p2, n) \
                 WHERE a = u.p1 AND b < u.p2 RETURNING u.n"
            )
        );
    }

    #[test]
    fn what_a_change_tells_it_tells_of_many() {
        assert_eq!(
            text("UPDATE t SET b = $2 WHERE a = $1 RETURNING a, c", &["int8", "text"]).as_deref(),
            Some(
                "UPDATE t SET b = u.p2 FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(p1, p2, n) \
                 WHERE a = u.p1 RETURNING a, c, u.n"
            )
        );
    }

    #[test]
    fn other_shapes_are_left_alone() {
        assert_eq!(text("DELETE FROM t WHERE a = $1", &["int8"]), None);
        assert_eq!(text("INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", &["int8"]), None);
    }
}
