//! `opendrs order`: lists orders of all devices, and manages orders that are fulfilled by hand.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::customer::Address;
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::money::Money;
use opendrs_domain::order::{
    Cancellation, CancelledBy, Order as Row, OrderProblem, PriceParts, Recipient, Refund, Tracking, Withdrawal,
    tracking,
};
use opendrs_server::open_app;
use opendrs_service::fulfilment::{self, FulfilmentJob, OrderSelection, ReportSource};
use opendrs_service::{App, Error};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum OrderCommand {
    /// List open orders, oldest first.
    List(OrderListArgs),
    /// Show an order with its history, recipient and parcel.
    Show(OrderArgs),
    /// Report that an order was shipped, or its tracking; the maker is notified and the customer gets a mail.
    Ship(OrderShipArgs),
    /// Report that an order was delivered; its slot can order again, and the customer gets a mail.
    Deliver(OrderArgs),
    /// Cancel an order; the maker is notified, and the customer gets a mail with the reason.
    Cancel(OrderCancelArgs),
    /// Hold an order because of a problem that its customer can resolve; an unresolved order expires.
    Hold(OrderHoldArgs),
    /// Release a held order.
    Release(OrderArgs),
    /// Note that the goods of a shipped order came back; the customer sees it on the order's page.
    Return(OrderArgs),
    /// Note what was refunded for an order; the customer gets a mail.
    Refund(OrderRefundArgs),
}

#[derive(Debug, Args)]
pub(super) struct OrderListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Include ended orders; list the newest first.
    #[arg(long)]
    all: bool,
    /// List only orders whose customers withdrew from the contract, and have not got all of their money back yet.
    #[arg(long, conflicts_with = "all")]
    withdrawn: bool,
    /// Maximum number of orders.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OrderArgs {
    /// The order number or eventInstanceId, as `order list` prints them.
    #[arg(value_name = "ORDER")]
    id: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OrderShipArgs {
    #[command(flatten)]
    order: OrderArgs,
    /// Tracking number; the customer sees it.
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    /// Name of the carrier; the customer sees it.
    #[arg(long, value_name = "NAME")]
    carrier: Option<String>,
    /// Tracking page of the carrier; the customer gets it as a link.
    #[arg(long, value_name = "URL", value_parser = parse_tracking_url)]
    tracking_url: Option<String>,
    /// Day of the expected arrival, such as 2026-07-01; the default is orders.deliver_after from now.
    #[arg(long, value_name = "DATE", value_parser = parse_expected_date)]
    expected: Option<opendrs_domain::time::Time>,
    /// Ship even though the customer's cancel window is open.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct OrderCancelArgs {
    #[command(flatten)]
    order: OrderArgs,
    /// Reason as a sentence; the mail to the customer contains it.
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct OrderHoldArgs {
    #[command(flatten)]
    order: OrderArgs,
    /// The problem: out_of_stock, payment or address.
    #[arg(long, value_name = "PROBLEM", value_parser = parse_problem)]
    problem: OrderProblem,
}

#[derive(Debug, Args)]
pub(super) struct OrderRefundArgs {
    #[command(flatten)]
    order: OrderArgs,
    /// Sum of all refunds for this order, such as 24.99.
    #[arg(long, value_name = "AMOUNT")]
    amount: String,
    /// Currency of the amount; the order's, if it is left out.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

fn parse_tracking_url(text: &str) -> Result<String, String> {
    let fits = tracking::is_tracking_link(text.trim()).then(|| text.trim().to_owned());
    fits.ok_or_else(|| "write an http or https address of at most 500 characters, without spaces".into())
}

fn parse_reason(text: &str) -> Result<String, String> {
    let kept = Cancellation::new(CancelledBy::Operator, Some(text)).reason;
    kept.ok_or_else(|| "write a sentence that the customer reads".into())
}

fn parse_expected_date(text: &str) -> Result<opendrs_domain::time::Time, String> {
    tracking::parse_expected_delivery(text)
        .ok_or_else(|| "write a date such as 2026-07-01 or 2026-07-01T12:00:00Z".into())
}

fn parse_problem(text: &str) -> Result<OrderProblem, String> {
    let known = [OrderProblem::OutOfStock, OrderProblem::PaymentFailed, OrderProblem::MissingAddress];
    known.into_iter().find(|p| p.as_str() == text).ok_or_else(|| "write out_of_stock, payment or address".into())
}

/// The text of an error of a command about this order.
fn order_error_text(order: &str, error: Error) -> String {
    match error {
        Error::UnknownOrder => {
            format!(
                "there is no order `{order}`: give an eventInstanceId or order number that `opendrs order list` prints"
            )
        }
        error => super::error_text(error),
    }
}

fn order_json(order: &Row) -> Value {
    let Row { item, .. } = order;
    let parts = item.price_parts(&order.price_parts);
    json!({
        "eventInstanceId": order.instance_id().to_string(), "orderNumber": order.number().to_string(), "state": order.state.as_str(),
        "problem": order.problem.map(OrderProblem::as_str), "backend": order.backend.as_str(), "test": order.test,
        "slotId": order.slot.as_str(), "asin": item.asin.as_str(), "title": item.title, "quantity": item.quantity,
        "unit": item.unit, "price": item.price.to_decimal_text(), "currency": item.price.currency,
        "openedAt": order.opened_at.to_rfc3339_millis(),
        "expectedDeliveryDate": order.expected_at.map(|t| t.to_rfc3339_millis()),
        "expectedDeliveryDay": order.expected_at.map(day_text), "deliveredAt": order.delivered_at.map(|t| t.to_rfc3339_millis()),
        "tracking": order.tracking.number, "carrier": order.tracking.carrier, "trackingUrl": order.tracking.link,
        "shipping": parts.shipping.as_ref().map(Money::to_decimal_text), "tax": parts.tax.as_ref().map(Money::to_decimal_text),
        "taxRate": order.stated_tax_rate().map(|rate| rate.to_string()),
        "cancelledBy": order.cancellation.as_ref().map(|c| c.by.as_str()),
        "cancelReason": order.cancellation.as_ref().and_then(|c| c.reason.as_ref()),
        "withdrawnAt": order.withdrawal.as_ref().map(|w| w.at.to_rfc3339_millis()),
        "withdrawalReason": order.withdrawal.as_ref().and_then(|w| w.reason.as_ref()),
        "returnedAt": order.returned_at.map(|t| t.to_rfc3339_millis()),
        "refunded": order.refund.as_ref().map(|r| r.amount.to_decimal_text()),
        "refundedAt": order.refund.as_ref().map(|r| r.at.to_rfc3339_millis()),
    })
}

/// The day of a time, because a delivery is expected on a day.
fn day_text(at: opendrs_domain::time::Time) -> String {
    at.to_rfc3339_millis().chars().take(10).collect()
}

fn order_line(order: &Row) -> String {
    let problem = order.problem.map_or(String::new(), |p| format!(" ({})", p.as_str()));
    let test = if order.test { "  test order" } else { "" };
    let after = match (&order.refund, order.returned_at, &order.withdrawal) {
        (Some(_), ..) => ", refunded",
        (None, Some(_), _) => ", returned",
        (None, None, Some(_)) => ", withdrawn",
        (None, None, None) => "",
    };
    let standing = format!("{}{problem}{after}", order.state.as_str());
    format!(
        "{}  {}  {}  {standing:<22} {}  {}{test}",
        order.opened_at,
        order.number(),
        order.instance_id(),
        order.item.title,
        order.item.price
    )
}

fn order_details_json(job: &FulfilmentJob) -> Value {
    let FulfilmentJob { order, device, recipient, .. } = job;
    let mut value = order_json(order);
    value["model"] = device.model_code.as_str().into();
    value["serial"] = device.serial.as_str().into();
    value["customer"] = json!({
        "reference": device.directed_customer_id,
        "name": recipient.as_ref().map(|to| &to.name),
        "email": recipient.as_ref().map(|to| to.email.as_str()),
        "address": recipient.as_ref().and_then(|to| to.address.as_ref()),
    });
    value
}

fn print_order(job: &FulfilmentJob, trouble: Option<&str>, as_json: bool) {
    if as_json {
        let mut value = order_details_json(job);
        value["lastError"] = trouble.into();
        return output::print_line(value.to_string());
    }
    let FulfilmentJob { order, device, recipient, .. } = job;
    output::print_line(order_line(order));
    output::print_line(format!("  {} {} of {}", order.item.quantity, order.item.unit, order.item.asin));
    output::print_line(format!("  for {} {}, slot {}", device.model_code, device.serial, order.slot));
    match recipient {
        Some(Recipient { name, email, address }) => {
            let address = address.as_ref().map_or_else(|| "no address".into(), Address::to_single_line);
            output::print_line(format!("  to {name} <{email}>, {address}"));
        }
        None => output::print_line("  to a customer whose account was deleted"),
    }
    if let Some(at) = order.expected_at {
        output::print_line(format!("  expected on {}", day_text(at)));
    }
    if let Some(at) = order.delivered_at {
        output::print_line(format!("  delivered {at}"));
    }
    let Tracking { number, carrier, link } = &order.tracking;
    for (what, value) in [("carrier", carrier), ("tracking number", number), ("tracking page", link)] {
        if let Some(value) = value {
            output::print_line(format!("  {what} {value}"));
        }
    }
    if let Some(Cancellation { by, reason }) = &order.cancellation {
        let reason = reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
        output::print_line(format!("  cancelled by {}{reason}", by.as_str()));
    }
    if let Some(Withdrawal { at, reason }) = &order.withdrawal {
        let reason = reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
        output::print_line(format!("  the customer withdrew from the contract {at}{reason}"));
    }
    if let Some(at) = order.returned_at {
        output::print_line(format!("  return received {at}"));
    }
    if let Some(Refund { amount, at }) = &order.refund {
        output::print_line(format!("  refunded {amount}, last {at}"));
    }
    output::print_line(format!("  fulfilled by: {}", order.backend.as_str()));
    if let Some(trouble) = trouble {
        output::print_line(format!("  last error of its back end: {trouble}"));
    }
}

async fn open_app(file: Option<&Path>, store: &StoreArgs) -> Result<App, String> {
    let config = store_args::load_config(file, store, Vec::new())?;
    open_app::open_existing_app(&config).await
}

async fn submit_report(
    file: Option<&Path>,
    order: OrderArgs,
    report: BackendReport,
    force: bool,
) -> Result<(), String> {
    let app = open_app(file, &order.store).await?;
    let reported = fulfilment::apply_report(&app, &order.id, report, ReportSource::Operator { force }).await;
    let reported = reported.map_err(|error| order_error_text(&order.id, error))?;
    let line = order_line(&reported.order);
    output::print_line(match (order.json, reported.changed) {
        (true, _) => order_json(&reported.order).to_string(),
        (false, true) => line,
        (false, false) => format!("{line}  (nothing changed)"),
    });
    Ok(())
}

pub(super) async fn run(file: Option<&Path>, command: OrderCommand) -> Result<(), String> {
    match command {
        OrderCommand::List(args) => {
            let app = open_app(file, &args.store).await?;
            let which = match (args.all, args.withdrawn) {
                (true, _) => OrderSelection::All,
                (false, true) => OrderSelection::Withdrawn,
                (false, false) => OrderSelection::Open,
            };
            for order in fulfilment::list_orders(&app, which, args.limit).await.map_err(super::error_text)? {
                output::print_line(if args.json { order_json(&order).to_string() } else { order_line(&order) });
            }
            Ok(())
        }
        OrderCommand::Show(args) => {
            let app = open_app(file, &args.store).await?;
            let job = fulfilment::find_job(&app, &args.id).await.map_err(|error| order_error_text(&args.id, error))?;
            let trouble = fulfilment::last_call_error(&app, &job).await.map_err(super::error_text)?;
            print_order(&job, trouble.as_deref(), args.json);
            Ok(())
        }
        OrderCommand::Ship(OrderShipArgs { order, tracking, carrier, tracking_url, expected, force }) => {
            let tracking = Tracking::new(tracking.as_deref(), carrier.as_deref(), tracking_url.as_deref());
            submit_report(file, order, BackendReport::Shipped { expected_at: expected, tracking }, force).await
        }
        OrderCommand::Deliver(order) => submit_report(file, order, BackendReport::Delivered, false).await,
        OrderCommand::Cancel(OrderCancelArgs { order, reason }) => {
            let cancellation = Cancellation::new(CancelledBy::Operator, Some(&reason));
            submit_report(file, order, BackendReport::Cancelled(cancellation), false).await
        }
        OrderCommand::Hold(OrderHoldArgs { order, problem }) => {
            submit_report(file, order, BackendReport::Problem(problem), false).await
        }
        OrderCommand::Return(order) => submit_report(file, order, BackendReport::Returned, false).await,
        OrderCommand::Refund(OrderRefundArgs { order, amount, currency }) => {
            let currency = match currency {
                Some(currency) => currency,
                None => {
                    let app = open_app(file, &order.store).await?;
                    let job = fulfilment::find_job(&app, &order.id).await;
                    job.map_err(|error| order_error_text(&order.id, error))?.order.item.price.currency
                }
            };
            let amount = Money::parse(&amount, &currency).map_err(|error| error.to_string())?;
            submit_report(file, order, BackendReport::Refunded(amount), false).await
        }
        OrderCommand::Release(order) => {
            let accepted = BackendReport::Accepted { expected_at: None, price_parts: PriceParts::default() };
            submit_report(file, order, accepted, false).await
        }
    }
}
