//! Names of types.
//!
//! Invariant: no name of a type is defined in three places of the workspace: a reader must know what a name means.

use super::SourceFile;
use crate::error::{TaskError, TaskResult};
use std::collections::BTreeMap;
use syn::visit::{self, Visit};

/// How many places may define types of one name.
const MAX_PLACES: usize = 2;

/// Reports names of types that are defined in too many places.
pub fn find_repeated(files: &[SourceFile]) -> TaskResult<Vec<TaskError>> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let mut definitions = Definitions::default();
        definitions.visit_file(&file.parse()?);
        for name in definitions.0 {
            places.entry(name).or_default().push(&file.path);
        }
    }
    let repeated = places.into_iter().filter(|(_, paths)| paths.len() > MAX_PLACES);
    let error = |(name, paths): (String, Vec<&str>)| {
        let what = format!("the type name {name} is defined in {} places: {}", paths.len(), paths.join(", "));
        TaskError::new(what, "put the noun in front that tells these types apart, such as OrderState")
    };
    Ok(repeated.map(error).collect())
}

/// Names of structs, enums, unions, traits and type aliases, in functions too.
#[derive(Default)]
struct Definitions(Vec<String>);

impl<'s> Visit<'s> for Definitions {
    fn visit_item(&mut self, item: &'s syn::Item) {
        let name = match item {
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Union(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        self.0.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_three_types_is_reported() {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let files = [
            file("a.rs", "struct State; struct Order;"),
            file("b.rs", "mod inner { enum State { On } }"),
            file("c.rs", "fn f() { type State = u8; } trait Order {}"),
        ];
        let found: Vec<_> = find_repeated(&files).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("State is defined in 3 places: a.rs, b.rs, c.rs"), "{found:?}");
    }
}
