//! The pages of a withdrawal from the contract of an order: what is declared, and its confirmation.
//!
//! What it is not: the button that begins it, which is on the order's page ([`super::order`]). Invariant: only the
//! owner's sign-in opens the pages. Opening one changes nothing. Nothing is asked for but a reason, which may stay
//! empty. Once the withdrawal is declared, the page confirms it, however often it is opened.

use super::browser::{BrowserSession, PostedPage};
use super::order_row::{order_url, withdrawal_notice, withdrawal_url};
use super::page_context::PageFrame;
use super::page_image::PageImage;
use super::signin::sign_in_page;
use super::{PageError, message_page, query_param, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::order::{self, OwnedOrder};
use opendrs_service::{customer, picture};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "withdrawal.html")]
struct WithdrawalPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    instance: String,
    picture: Option<PageImage>,
    title: &'a str,
    price: String,
    number: String,
    /// The sentences before the button, or those that confirm the withdrawal.
    lines: Vec<String>,
    /// Whether the withdrawal was declared.
    is_done: bool,
    order_url: String,
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let instance = &query_param(&parts, "id");
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &withdrawal_url(instance), None, "").await;
    };
    let refused = PageError::with_context(&browser.context);
    let owned = order::find_for_customer(&state.app, session.customer, instance).await.map_err(&refused)?;
    render_withdrawal(&state, &browser, &owned).await
}

async fn render_withdrawal(
    state: &AppState,
    browser: &BrowserSession,
    owned: &OwnedOrder,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    let language = browser.context.texts.language;
    let OwnedOrder { caller, order, .. } =
        &order::translate_owned(&state.app, owned, language).await.map_err(&refused)?;
    let shown = &browser.context.branded(caller.device.maker).await?;
    let texts = shown.texts;
    let (said, period) = (&texts.withdrawals, state.app.settings.timing.withdrawal_period);
    let possible = order.check_withdrawal(state.app.now(), period);
    let customer = customer::load(&state.app, caller.device.customer).await.map_err(&refused)?;
    let picture = picture::find_of_product(&state.app, &order.item.asin).await.map_err(&refused)?;
    let (number, email) = (order.number().to_string(), customer.email.to_string());
    let lines = match (&order.withdrawal, possible) {
        (Some(withdrawal), _) => {
            let received = (said.received)(&texts.moment(&withdrawal.at));
            std::iter::once(received).chain(said.next.map(str::to_owned)).collect()
        }
        (None, Ok(())) => {
            vec![
                withdrawal_notice(order, period, texts),
                (said.declaration)(&customer.name, &number),
                (said.confirmation_to)(&email),
            ]
        }
        (None, Err(why)) => {
            let why = (texts.error_message)(&why.into());
            return Ok(message_page(shown, StatusCode::OK, said.refused, &why));
        }
    };
    let instance = order.instance_id().to_string();
    let template = WithdrawalPage {
        texts,
        frame: shown.frame(&withdrawal_url(&instance)),
        csrf: &browser.form_token(state),
        picture: PageImage::of(picture.as_ref()),
        title: &order.item.title,
        price: texts.money(&order.item.price),
        number: (texts.orders.number)(&number),
        lines,
        is_done: order.withdrawal.is_some(),
        order_url: order_url(&instance),
        instance,
    };
    Ok(render_page(shown, StatusCode::OK, &template, None))
}

/// Declares the withdrawal, then redirects to its confirmation.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let instance = form.get("id").unwrap_or_default();
    let back = withdrawal_url(instance);
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &back, None, "").await;
    };
    let refused = PageError::with_context(&browser.context);
    let owned = order::find_for_customer(&state.app, session.customer, instance).await.map_err(&refused)?;
    let reason = form.get("reason").unwrap_or_default();
    order::withdraw_from_order(&state.app, &owned, reason).await.map_err(&refused)?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}
