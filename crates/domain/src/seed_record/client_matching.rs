//! Matching of declared clients with existing clients of a profile.
//!
//! Invariant: a client is never matched by its position in a file. It is matched by its id, else by its name, else by
//! its redirect URIs. An ambiguous declaration matches none.

use crate::id::ClientId;
use crate::profile::ClientKind;

/// The identifying values of a client; a declared one may lack its id.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// Its id.
    pub id: Option<ClientId>,
    /// Its name, unique within the profile.
    pub name: Option<String>,
    /// Its kind.
    pub kind: ClientKind,
    /// Its redirect URIs.
    pub redirect_uris: Vec<String>,
}

/// Why a declaration matches no client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMatchError {
    /// The client with that name is of another kind.
    OtherKind(usize),
    /// Another client has that name.
    NameTaken(usize),
    /// It may match any of these.
    Ambiguous(Vec<usize>),
}

/// Finds for each declared client the index of the known client that it matches; `None` if it is new.
///
/// # Errors
/// The index of the first ambiguous declaration, and why.
pub fn match_clients(
    declared: &[ClientIdentity],
    known: &[ClientIdentity],
) -> Result<Vec<Option<usize>>, (usize, ClientMatchError)> {
    let mut matching = ClientMatcher { declared, known, matches: vec![None; declared.len()] };
    matching.match_by_id_and_name()?;
    matching.match_by_equal_uris()?;
    matching.match_by_shared_uris()?;
    matching.match_only_remaining()?;
    Ok(matching.matches)
}

struct ClientMatcher<'a> {
    declared: &'a [ClientIdentity],
    known: &'a [ClientIdentity],
    matches: Vec<Option<usize>>,
}

impl ClientMatcher<'_> {
    fn match_by_id_and_name(&mut self) -> Result<(), (usize, ClientMatchError)> {
        for (at, client) in self.declared.iter().enumerate() {
            let named =
                client.name.as_ref().and_then(|name| self.known_position(|known| known.name.as_ref() == Some(name)));
            self.matches[at] = match client.id {
                Some(id) => {
                    let found = self.known_position(|known| known.id == Some(id));
                    if let Some(other) = named.filter(|named| Some(*named) != found) {
                        return Err((at, ClientMatchError::NameTaken(other)));
                    }
                    found
                }
                None => named,
            };
            if let Some(other) = self.matches[at].filter(|found| self.known[*found].kind != client.kind) {
                return Err((at, ClientMatchError::OtherKind(other)));
            }
            if let Some(other) = self.matches[at].filter(|found| self.matches[..at].contains(&Some(*found))) {
                return Err((at, ClientMatchError::NameTaken(other)));
            }
        }
        Ok(())
    }

    fn known_position(&self, is: impl Fn(&ClientIdentity) -> bool) -> Option<usize> {
        self.known.iter().position(is)
    }

    /// The declared clients without a match that may have one: those without an id.
    fn unmatched(&self) -> Vec<usize> {
        let open = |at: &usize| self.matches[*at].is_none() && self.declared[*at].id.is_none();
        (0..self.declared.len()).filter(open).collect()
    }

    /// The known clients that a declared one may match. They are unmatched, the kind is the same, and a client with a
    /// name gets no other name.
    fn candidates(&self, client: &ClientIdentity) -> Vec<usize> {
        let may = |at: &usize| {
            let known = &self.known[*at];
            let nameless = client.name.is_none() || known.name.is_none();
            known.kind == client.kind && nameless && !self.matches.contains(&Some(*at))
        };
        (0..self.known.len()).filter(may).collect()
    }

    /// Matches declared and known clients with the same redirect URIs, if there are equally many. They match in their
    /// order, since nothing else distinguishes them.
    fn match_by_equal_uris(&mut self) -> Result<(), (usize, ClientMatchError)> {
        for at in self.unmatched() {
            let client = &self.declared[at];
            if self.matches[at].is_some() || !has_identifying_uris(client) {
                continue;
            }
            let mut known = self.candidates(client);
            known.retain(|known| have_same_redirect_uris(&self.known[*known], client));
            let alike = |other: &ClientIdentity| {
                other.kind == client.kind && has_identifying_uris(other) && have_same_redirect_uris(other, client)
            };
            let mut declared = self.unmatched();
            declared.retain(|other| alike(&self.declared[*other]));
            if known.is_empty() {
                continue;
            }
            if known.len() != declared.len() {
                return Err((at, ClientMatchError::Ambiguous(known)));
            }
            for (declared, known) in declared.into_iter().zip(known) {
                self.matches[declared] = Some(known);
            }
        }
        Ok(())
    }

    /// Matches a known client that shares a redirect URI with only one declared client.
    fn match_by_shared_uris(&mut self) -> Result<(), (usize, ClientMatchError)> {
        let shared = |at: usize| {
            let mut known = self.candidates(&self.declared[at]);
            known.retain(|known| share_redirect_uri(&self.known[*known], &self.declared[at]));
            known
        };
        let open: Vec<_> = self.unmatched().into_iter().map(|at| (at, shared(at))).collect();
        for (at, known) in &open {
            let rivals = |known| open.iter().filter(|(_, others)| others.contains(known)).count();
            match known.as_slice() {
                [] => {}
                [one] if rivals(one) == 1 => self.matches[*at] = Some(*one),
                _ => return Err((*at, ClientMatchError::Ambiguous(known.clone()))),
            }
        }
        Ok(())
    }

    /// Matches a client without id and name whose redirect URIs are all new. It must be the only one of its kind, and
    /// so must the known client. Otherwise it is new if no known client is left, and ambiguous if one is.
    fn match_only_remaining(&mut self) -> Result<(), (usize, ClientMatchError)> {
        for at in self.unmatched() {
            let client = &self.declared[at];
            if client.name.is_some() {
                continue;
            }
            let mut known = self.candidates(client);
            known.retain(|known| self.known[*known].name.is_none());
            let only = |all: &[ClientIdentity]| all.iter().filter(|other| other.kind == client.kind).count() == 1;
            match known.as_slice() {
                [] => {}
                [one] if only(self.declared) && only(self.known) => self.matches[at] = Some(*one),
                _ => return Err((at, ClientMatchError::Ambiguous(known))),
            }
        }
        Ok(())
    }
}

/// Whether it may be matched by redirect URIs. A client with a name and without redirect URIs may not.
fn has_identifying_uris(client: &ClientIdentity) -> bool {
    client.name.is_none() || !client.redirect_uris.is_empty()
}

fn share_redirect_uri(a: &ClientIdentity, b: &ClientIdentity) -> bool {
    a.redirect_uris.iter().any(|uri| b.redirect_uris.contains(uri))
}

fn have_same_redirect_uris(a: &ClientIdentity, b: &ClientIdentity) -> bool {
    let within =
        |a: &ClientIdentity, b: &ClientIdentity| a.redirect_uris.iter().all(|uri| b.redirect_uris.contains(uri));
    within(a, b) && within(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// Parses `web:name:uri,uri`, with `#n` for an id in front.
    fn parse_client(text: &str) -> ClientIdentity {
        let (id, rest) = match text.strip_prefix('#') {
            Some(rest) => rest.split_at(1),
            None => ("", text),
        };
        let mut parts = rest.split(':');
        let mut part = || parts.next().unwrap();
        let (kind, name, uris) = (part(), part(), part());
        ClientIdentity {
            id: id.parse().ok().map(|n: u128| ClientId(Uuid::from_u128(n))),
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            kind: ClientKind::parse(kind).unwrap(),
            redirect_uris: uris.split(',').filter(|uri| !uri.is_empty()).map(str::to_owned).collect(),
        }
    }

    fn match_texts(declared: &[&str], known: &[&str]) -> Result<Vec<Option<usize>>, (usize, ClientMatchError)> {
        let [declared, known] =
            [declared, known].map(|all| all.iter().map(|text| parse_client(text)).collect::<Vec<_>>());
        match_clients(&declared, &known)
    }

    #[test]
    fn a_client_is_recognised_whatever_stands_in_front_of_it() {
        for (declared, known, wanted) in [
            // The same file again, even if nothing distinguishes two clients.
            (&["web::a", "web::b"][..], &["#1web::a", "#2web::b"][..], &[Some(0), Some(1)][..]),
            (&["web::", "web::"], &["#1web::", "#2web::"], &[Some(0), Some(1)]),
            (&["web::a", "web::a"], &["#1web::a", "#2web::a"], &[Some(0), Some(1)]),
            // Another client in front.
            (&["web::n", "web::a"], &["#1web::a"], &[None, Some(0)]),
            (&["web:new:", "web::"], &["#1web::"], &[None, Some(0)]),
            (&["web:new:n", "web::a"], &["#1web::a"], &[None, Some(0)]),
            (&["web:new:n", "web:old:a"], &["#1web:old:a"], &[None, Some(0)]),
            (&["#9web::n", "web::a"], &["#1web::a"], &[None, Some(0)]),
            // Another order.
            (&["web::b", "web::a"], &["#1web::a", "#2web::b"], &[Some(1), Some(0)]),
            (&["web:y:", "web:x:"], &["#1web:x:", "#2web:y:"], &[Some(1), Some(0)]),
            (&["#2web::", "#1web::"], &["#1web::", "#2web::"], &[Some(1), Some(0)]),
            // Other redirect URIs.
            (&["web::a,c"], &["#1web::a,b"], &[Some(0)]),
            (&["web:x:c"], &["#1web:x:a"], &[Some(0)]),
            (&["web::c"], &["#1web::a"], &[Some(0)]),
            (&["web::c", "ios::d"], &["#1web::a", "#2ios::b"], &[Some(0), Some(1)]),
            // A client without a name gets one.
            (&["web:x:a"], &["#1web::a"], &[Some(0)]),
            (&["web:new:n", "web:x:a,b"], &["#1web::a"], &[None, Some(0)]),
            (&["web::a"], &["#1web:x:a"], &[Some(0)]),
            // Another name, or another kind, is another client.
            (&["web:y:c"], &["#1web:x:a"], &[None]),
            (&["web:y:a"], &["#1web:x:a"], &[None]),
            (&["ios::a"], &["#1web::a"], &[None]),
            (&["web::c"], &["#1web:x:a"], &[None]),
        ] {
            assert_eq!(match_texts(declared, known), Ok(wanted.to_vec()), "{declared:?} {known:?}");
        }
    }

    #[test]
    fn what_may_mean_two_clients_means_none() {
        for (declared, known, at, wanted) in [
            (&["web::n", "web::m"][..], &["#1web::a"][..], 0, ClientMatchError::Ambiguous(vec![0])),
            (&["web::n"], &["#1web::a", "#2web::b"], 0, ClientMatchError::Ambiguous(vec![0, 1])),
            (&["web::a", "web::n"], &["#1web::a", "#2web::b"], 1, ClientMatchError::Ambiguous(vec![1])),
            (&["web::a,b"], &["#1web::a", "#2web::b"], 0, ClientMatchError::Ambiguous(vec![0, 1])),
            (&["web::", "web::"], &["#1web::"], 0, ClientMatchError::Ambiguous(vec![0])),
            (&["web::a", "web::a"], &["#1web::a"], 0, ClientMatchError::Ambiguous(vec![0])),
            (&["web::a,n", "web::a,m"], &["#1web::a"], 0, ClientMatchError::Ambiguous(vec![0])),
            (&["ios:x:"], &["#1web:x:"], 0, ClientMatchError::OtherKind(0)),
            (&["#1ios::"], &["#1web::"], 0, ClientMatchError::OtherKind(0)),
            (&["#2web:x:"], &["#1web:x:"], 0, ClientMatchError::NameTaken(0)),
            (&["#1web::", "web:x:"], &["#1web:x:"], 1, ClientMatchError::NameTaken(0)),
        ] {
            assert_eq!(match_texts(declared, known), Err((at, wanted)), "{declared:?} {known:?}");
        }
    }
}
