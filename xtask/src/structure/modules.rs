//! Loops between the modules of a crate.
//!
//! A module uses another where a `use` or a path names it. A child may use its parents: that is how Rust files are split.
//! Tests do not count. Invariant: modules that use each other in a ring are reported together, with the names that tie
//! them.

use super::SourceFile;
use crate::error::{TaskError, TaskResult};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// The path of a module from the root of its crate, such as `["order", "place"]`.
type ModulePath = Vec<String>;

/// What each module uses, by module: the names that it takes from there.
type Uses = BTreeMap<ModulePath, BTreeMap<ModulePath, BTreeSet<String>>>;

/// Reports every loop of modules of every crate.
pub fn find_loops(files: &[SourceFile]) -> TaskResult<Vec<TaskError>> {
    let mut crates: BTreeMap<&str, Vec<(ModulePath, &SourceFile)>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        if let Some((name, inner)) = file.path.split_once("/src/") {
            crates.entry(name).or_default().push((module_path(inner), file));
        }
    }
    let mut found = Vec::new();
    for (name, modules) in crates {
        let uses = collect_uses(&modules)?;
        found.extend(loops(&uses).into_iter().map(|ring| loop_error(name, &ring, &uses)));
    }
    Ok(found)
}

fn loop_error(crate_name: &str, ring: &[ModulePath], uses: &Uses) -> TaskError {
    let mut what = format!("{crate_name}: {} modules use each other in a loop", ring.len());
    for from in ring {
        for (to, names) in uses[from].iter().filter(|(to, _)| ring.contains(to)) {
            let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            what.push_str(&format!("\n    {} uses {names} of {}", from.join("::"), to.join("::")));
        }
    }
    TaskError::new(what, "move what both need into a module of its own, below both")
}

/// The module of a file below `src`. The roots of a crate's library and program are the empty path.
fn module_path(file: &str) -> ModulePath {
    let mut parts: ModulePath = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod")
        || matches!(parts.as_slice(), [root] if root == "lib" || root == "main")
    {
        parts.pop();
    }
    parts
}

fn collect_uses(modules: &[(ModulePath, &SourceFile)]) -> TaskResult<Uses> {
    let known: BTreeSet<&ModulePath> = modules.iter().map(|(path, _)| path).collect();
    let (mut exports, mut named) = (BTreeMap::new(), Vec::new());
    for (module, file) in modules {
        let mut names = NamedPaths { module, paths: Vec::new(), exports: Vec::new() };
        names.visit_file(&file.parse()?);
        for export in &names.exports {
            if let (Some((owner, _)), Some(name)) = (resolve(export, &known), export.last()) {
                exports.insert((module.clone(), name.clone()), owner);
            }
        }
        named.push((module, names.paths));
    }
    let mut uses = Uses::new();
    for (module, paths) in named {
        let own = uses.entry(module.clone()).or_default();
        for path in paths {
            let Some((mut owner, name)) = resolve(&path, &known) else { continue };
            // What a module only passes on counts for the module that has it.
            if let Some(origin) = exports.get(&(owner.clone(), name.clone())) {
                owner = origin.clone();
            }
            if !module.starts_with(&owner) {
                own.entry(owner).or_default().insert(name);
            }
        }
    }
    Ok(uses)
}

/// The module that a path leads to, and the name that it takes from there.
fn resolve(path: &ModulePath, known: &BTreeSet<&ModulePath>) -> Option<(ModulePath, String)> {
    (0..=path.len()).rev().find(|end| known.contains(&path[..*end].to_vec())).map(|end| {
        let name = path.get(end).map_or("the module", String::as_str);
        (path[..end].to_vec(), name.to_owned())
    })
}

/// The paths that a file names, from the root of its crate.
struct NamedPaths<'m> {
    module: &'m ModulePath,
    paths: Vec<ModulePath>,
    /// Those of `pub use`.
    exports: Vec<ModulePath>,
}

impl NamedPaths<'_> {
    /// A path as it is written, from the root of the crate; `None` for one of another crate.
    fn absolute(&self, written: &[String]) -> Option<ModulePath> {
        let (first, rest) = written.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last().map(|(_, parents)| parents.to_vec())?,
            _ => [self.module.as_slice(), std::slice::from_ref(first)].concat(),
        };
        for part in rest {
            match part.as_str() {
                "super" => drop(base.pop()),
                "self" => {}
                part => base.push(part.to_owned()),
            }
        }
        Some(base)
    }

    fn add_tree(&mut self, prefix: &[String], tree: &syn::UseTree, is_export: bool) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree, is_export),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree, is_export)),
            syn::UseTree::Name(name) => self.add_path(&with(&name.ident), is_export),
            syn::UseTree::Rename(rename) => self.add_path(&with(&rename.ident), is_export),
            syn::UseTree::Glob(_) => self.add_path(prefix, is_export),
        }
    }

    fn add_path(&mut self, written: &[String], is_export: bool) {
        let Some(path) = self.absolute(written) else { return };
        if is_export {
            self.exports.push(path.clone());
        }
        self.paths.push(path);
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|name| name == "test")
    })
}

impl<'s> Visit<'s> for NamedPaths<'_> {
    fn visit_item_mod(&mut self, item: &'s syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'s syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.add_tree(&[], &item.tree, !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'s syn::Path) {
        let written: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // Without one of these a path begins with what a `use` named already.
        if ["crate", "self", "super"].contains(&written[0].as_str()) && written.len() > 1 {
            self.add_path(&written, false);
        }
        visit::visit_path(self, path);
    }
}

/// Groups of modules of which each reaches each other.
fn loops(uses: &Uses) -> Vec<Vec<ModulePath>> {
    let reached: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        uses.keys().map(|module| (module, reachable(uses, module))).collect();
    let mut rings = BTreeSet::new();
    for (module, targets) in &reached {
        if targets.contains(module) {
            let ring = targets.iter().filter(|other| reached.get(*other).is_some_and(|back| back.contains(module)));
            rings.insert(ring.map(|module| (*module).clone()).collect::<Vec<_>>());
        }
    }
    rings.into_iter().collect()
}

/// The modules that a module uses, and those that they use, and so on.
fn reachable<'u>(uses: &'u Uses, from: &ModulePath) -> BTreeSet<&'u ModulePath> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&ModulePath> = uses.get(from).into_iter().flat_map(BTreeMap::keys).collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(uses.get(module).into_iter().flat_map(BTreeMap::keys));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).into(), text: (*text).into() };
        let files: Vec<_> = files.iter().map(file).collect();
        find_loops(&files).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_loop_is_reported_with_the_names_that_tie_it() {
        let found = found(&[
            ("crates/a/src/lib.rs", "pub mod order; pub mod mail; mod clock;"),
            ("crates/a/src/order.rs", "mod place; use crate::mail::{Mail as Letter, send};"),
            ("crates/a/src/mail.rs", "use crate::clock::now; fn f() -> crate::order::Order { todo() }"),
            ("crates/a/src/clock.rs", "pub fn now() {}"),
        ]);
        assert_eq!(found.len(), 1);
        for line in ["crates/a: 2 modules", "mail uses Order of order", "order uses Mail, send of mail"] {
            assert!(found[0].contains(line), "{found:?}");
        }
    }

    #[test]
    fn a_name_that_is_passed_on_counts_for_its_owner() {
        let files = [
            ("crates/a/src/order.rs", "pub use crate::state::State;"),
            ("crates/a/src/state.rs", ""),
            ("crates/a/src/mail.rs", "use crate::order::State;"),
            ("crates/a/src/lib.rs", ""),
        ];
        assert_eq!(found(&files), [""; 0]);
        let ring = [("crates/a/src/state.rs", "use crate::mail::Mail;")];
        assert_eq!(found(&[&files[..1], &ring, &files[2..]].concat()).len(), 1);
    }

    #[test]
    fn a_child_may_use_its_parent_and_tests_do_not_count() {
        let files = [
            ("crates/a/src/lib.rs", "mod order; pub struct App;"),
            ("crates/a/src/order.rs", "mod place; use place::Place; use crate::App; pub struct Order;"),
            ("crates/a/src/order/place.rs", "use super::Order; #[cfg(test)] mod tests { use crate::mail::Mail; }"),
            ("crates/a/src/mail.rs", "use crate::order::place::Place;"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }
}
