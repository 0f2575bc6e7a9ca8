//! Words that no customer should read.
//!
//! What it is: a look at the texts of pages and mails. What it is not: a check of style. Invariant: a name of the wire or
//! of the code never reaches a customer by a text of ours.

use super::SourceFile;
use crate::error::{TaskError, TaskResult};
use syn::visit::Visit;

/// The texts that customers read.
const TEXTS: &str = "crates/texts/src/";

/// Names of the wire and of the code, and marks of code.
const FORBIDDEN: [&str; 12] = [
    "eventInstanceId",
    "compositeId",
    "slotId",
    "deviceModelId",
    "redirect_uri",
    "client_id",
    "endpoint",
    "payload",
    "internal error",
    "ASIN",
    "deregister",
    "`",
];

/// Reports texts of pages and mails that have a forbidden word.
pub fn find_forbidden(files: &[SourceFile]) -> TaskResult<Vec<TaskError>> {
    let mut found = Vec::new();
    let is_text = |file: &&SourceFile| file.path.starts_with(TEXTS) && !file.path.ends_with("tests.rs");
    for file in files.iter().filter(is_text) {
        let mut literals = Literals::default();
        literals.visit_file(&file.parse()?);
        for text in literals.0 {
            let words = FORBIDDEN.iter().filter(|word| text.contains(**word));
            found.extend(words.map(|word| {
                let what = format!("{}: a customer would read \"{word}\" in \"{text}\"", file.path);
                TaskError::new(what, "say it as a shop would")
            }));
        }
    }
    Ok(found)
}

/// String literals, also those that `format!` is given.
#[derive(Default)]
struct Literals(Vec<String>);

impl<'s> Visit<'s> for Literals {
    // Comments are attributes of this kind; customers do not read them.
    fn visit_attribute(&mut self, _: &'s syn::Attribute) {}

    fn visit_lit_str(&mut self, literal: &'s syn::LitStr) {
        self.0.push(literal.value());
    }

    fn visit_macro(&mut self, called: &'s syn::Macro) {
        let literals =
            called.tokens.clone().into_iter().filter_map(|token| syn::parse2::<syn::LitStr>(token.into()).ok());
        self.0.extend(literals.map(|literal| literal.value()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_wire_is_reported() {
        let text = r#"/// The compositeId.
            const A: &str = "Your order is on its way."; fn b(n: u8) -> String { format!("compositeId {n}") }"#;
        let file = |path: &str| SourceFile { path: path.into(), text: text.into() };
        let found = find_forbidden(&[file("crates/texts/src/en.rs"), file("crates/server/src/lib.rs")]).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("would read \"compositeId\" in \"compositeId {n}\""), "{}", found[0]);
    }
}
