//! One SQL text for each query. The two dialects are derived from it at compile time.
//!
//! `$1` stays for PostgreSQL and becomes `?1` for SQLite. The content of `/*pg ... */` is active for PostgreSQL and a
//! comment for SQLite; `/*lite ... */` is the reverse. Invariant: both texts have the source's length, so the
//! derivation only overwrites bytes of an array. An unclosed block is a compile error.

/// A query in both dialects.
#[derive(Debug)]
pub struct Sql {
    /// Its name, for errors.
    pub name: &'static str,
    /// For PostgreSQL.
    pub pg: &'static str,
    /// For SQLite.
    pub lite: &'static str,
}

const fn starts_with_at(text: &[u8], at: usize, what: &[u8]) -> bool {
    if at + what.len() > text.len() {
        return false;
    }
    let mut n = 0;
    while n < what.len() {
        if text[at + n] != what[n] {
            return false;
        }
        n += 1;
    }
    true
}

pub(crate) const fn cut<const N: usize>(source: &str, lite: bool) -> [u8; N] {
    let text = source.as_bytes();
    let mine: &[u8] = if lite { b"/*lite " } else { b"/*pg " };
    let mut out = [b' '; N];
    let (mut at, mut live, mut quoted) = (0, false, false);
    while at < N {
        if text[at] == b'\'' {
            quoted = !quoted;
        }
        if !quoted && starts_with_at(text, at, mine) {
            live = true;
            at += mine.len();
        } else if !quoted && live && starts_with_at(text, at, b"*/") {
            live = false;
            at += 2;
        } else {
            let parameter = lite && !quoted && text[at] == b'$' && at + 1 < N && text[at + 1].is_ascii_digit();
            out[at] = if parameter { b'?' } else { text[at] };
            at += 1;
        }
    }
    assert!(!live && !quoted, "unclosed dialect block or string");
    out
}

macro_rules! queries {
    ($(#[$em:meta])* $vis:vis enum $E:ident { $( $(#[$m:meta])* $N:ident = $text:expr; )+ }) => {
        $(#[$em])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        $vis enum $E { $( $(#[$m])* $N ),+ }
        impl $E {
            /// Every query, in order.
            $vis const ALL: &'static [$crate::sql::Sql] = &[ $( {
                const SOURCE: &str = $text;
                const PG: [u8; SOURCE.len()] = $crate::sql::cut(SOURCE, false);
                const LITE: [u8; SOURCE.len()] = $crate::sql::cut(SOURCE, true);
                $crate::sql::Sql {
                    name: stringify!($N),
                    pg: match ::core::str::from_utf8(&PG) { Ok(s) => s, Err(_) => panic!("not UTF-8") },
                    lite: match ::core::str::from_utf8(&LITE) { Ok(s) => s, Err(_) => panic!("not UTF-8") },
                }
            } ),+ ];
            #[inline]
            $vis fn sql(self) -> &'static $crate::sql::Sql { &Self::ALL[self as usize] }
        }
    };
}
pub(crate) use queries;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_sees_its_own_text() {
        const SOURCE: &str = "SELECT '$1 /*pg x*/' WHERE a = $1 /*pg FOR UPDATE */ /*lite LIMIT 1 */";
        let text = |lite| String::from_utf8(cut::<{ SOURCE.len() }>(SOURCE, lite).to_vec()).unwrap();
        let dense = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(dense(text(false)), "SELECT '$1 /*pg x*/' WHERE a = $1 FOR UPDATE /*lite LIMIT 1 */");
        assert_eq!(dense(text(true)), "SELECT '$1 /*pg x*/' WHERE a = ?1 /*pg FOR UPDATE */ LIMIT 1");
    }
}
