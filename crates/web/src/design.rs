//! `/-/design`: all parts of pages in all their states, for those who work on the pages.
//!
//! What it is not: a page for customers. It needs no sign-in and no store. Invariant: it exists only with a test clock,
//! and it shows each macro of `templates/parts.html`.

use super::field_problem::FieldProblem;
use super::order_row::OrderStep;
use super::page_context::{LanguageHints, PageFrame, current_path};
use super::{PageError, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::{Address, AddressError};
use opendrs_edge::state::AppState;
use opendrs_service::FormError;
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    pills: Vec<PillSample>,
    /// The steps of an order that was placed, shipped, and delivered.
    progress: Vec<Vec<OrderStep>>,
    typed: Address,
    problems: FieldProblem,
    problem: String,
}

/// A pill of each kind.
struct PillSample {
    kind: &'static str,
    label: &'static str,
}

pub(super) async fn get(State(state): State<Arc<AppState>>, parts: Parts) -> Result<Response, PageError> {
    let shown = LanguageHints::from_request(&state, &parts).page_context(&state, None);
    let texts = shown.texts;
    let said = &texts.parts;
    let step = |reached: usize, at: usize, label: &'static str| OrderStep {
        label,
        day: (at <= reached).then(|| texts.day(&state.app.now())),
        done: at <= reached,
        current: at == reached,
    };
    let labels = [said.ordered, said.shipped, said.delivered];
    let steps = |reached| labels.iter().enumerate().map(|(at, label)| step(reached, at, label)).collect();
    let typed = Address { line1: "1 Main Street".into(), country: "US".into(), ..Address::default() };
    let problem = (texts.error_message)(&FormError::Address(AddressError::City).into());
    let template = DesignPage {
        texts,
        frame: shown.frame(current_path(&parts)),
        pills: [
            ("good", said.reorders),
            ("info", said.asks_first),
            ("warn", said.order_waits),
            ("bad", texts.error_headings.failed),
            ("", said.no_reorders),
        ]
        .map(|(kind, label)| PillSample { kind, label })
        .into(),
        progress: (0..labels.len()).map(steps).collect(),
        problems: FieldProblem::in_address(AddressError::City, &typed, problem.clone()),
        typed,
        problem,
    };
    Ok(render_page(&shown, StatusCode::OK, &template, None))
}
