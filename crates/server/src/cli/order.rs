//! `opendrs order`: orders of all devices, and the operator's hand in those that are fulfilled by hand.

use super::open;
use super::{StoreArgs, out};
use clap::{Args, Subcommand};
use opendrs_domain::customer::Address;
use opendrs_domain::date;
use opendrs_domain::fulfilment::{Report, tracking};
use opendrs_domain::order::{Order as Row, Problem};
use opendrs_service::App;
use opendrs_service::fulfilment::{self, Job, Speaker};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Order {
    /// Orders that are not over, oldest first.
    List(List),
    /// All that is known of an order, and where its parcel goes.
    Show(One),
    /// Say that an order left; the maker is told, and the customer can no longer cancel.
    Ship(Ship),
    /// Say that an order arrived; its slot may order again.
    Deliver(One),
    /// Say that an order will not be fulfilled; the maker is told.
    Cancel(One),
    /// Hold an order for a problem that its customer can resolve; it ends by itself if nobody does.
    Hold(Hold),
    /// Let an order go on that was held.
    Release(One),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// Orders that are over too, newest first.
    #[arg(long)]
    all: bool,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The order's eventInstanceId, as `order list` prints it.
    #[arg(value_name = "ORDER")]
    id: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Ship {
    #[command(flatten)]
    order: One,
    /// The carrier's number, which the customer is shown.
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    /// When it should arrive, such as 2026-07-01; else orders.deliver_after from now.
    #[arg(long, value_name = "DATE", value_parser = expected)]
    expected: Option<opendrs_domain::time::Time>,
}

#[derive(Debug, Args)]
pub(super) struct Hold {
    #[command(flatten)]
    order: One,
    /// What is in the way: out_of_stock, payment or address.
    #[arg(long, value_name = "PROBLEM", value_parser = problem)]
    problem: Problem,
}

fn expected(text: &str) -> Result<opendrs_domain::time::Time, String> {
    date::parse(text).ok_or_else(|| "write a date such as 2026-07-01 or 2026-07-01T12:00:00Z".into())
}

fn problem(text: &str) -> Result<Problem, String> {
    let known = [Problem::OutOfStock, Problem::Payment, Problem::Address];
    known.into_iter().find(|p| p.as_str() == text).ok_or_else(|| "write out_of_stock, payment or address".into())
}

fn line(order: &Row) -> Value {
    let Row { item, .. } = order;
    json!({
        "eventInstanceId": order.instance().to_string(), "state": order.state.as_str(),
        "problem": order.problem.map(Problem::as_str), "backend": order.backend.as_str(), "test": order.test,
        "slotId": order.slot.as_str(), "asin": item.asin.as_str(), "title": item.title, "quantity": item.quantity,
        "unit": item.unit, "price": item.price.amount(), "currency": item.price.currency,
        "openedAt": order.opened_at.to_millis_text(),
        "expectedDeliveryDate": order.expected_at.map(|t| t.to_millis_text()), "tracking": order.tracking,
    })
}

fn words(order: &Row) -> String {
    let problem = order.problem.map_or(String::new(), |p| format!(" ({})", p.as_str()));
    let test = if order.test { "  test order" } else { "" };
    let standing = format!("{}{problem}", order.state.as_str());
    format!(
        "{}  {}  {standing:<22} {}  {}{test}",
        order.opened_at,
        order.instance(),
        order.item.title,
        order.item.price
    )
}

fn whole(job: &Job) -> Value {
    let Job { order, device, customer, .. } = job;
    let mut value = line(order);
    value["model"] = device.model_code.as_str().into();
    value["serial"] = device.serial.as_str().into();
    value["customer"] = json!({ "name": customer.name, "email": customer.email.as_str(), "address": customer.address });
    value
}

fn show(job: &Job, trouble: Option<&str>, as_json: bool) {
    if as_json {
        let mut value = whole(job);
        value["lastError"] = trouble.into();
        return out::say(value.to_string());
    }
    let Job { order, device, customer, .. } = job;
    let address = customer.address.as_ref().map_or_else(|| "no address".into(), Address::one_line);
    out::say(words(order));
    out::say(format!("  {} {} of {}", order.item.quantity, order.item.unit, order.item.asin));
    out::say(format!("  for {} {}, slot {}", device.model_code, device.serial, order.slot));
    out::say(format!("  to {} <{}>, {address}", customer.name, customer.email));
    if let Some(number) = &order.tracking {
        out::say(format!("  tracking number {number}"));
    }
    out::say(format!("  fulfilled by: {}", order.backend.as_str()));
    if let Some(trouble) = trouble {
        out::say(format!("  its back end, last: {trouble}"));
    }
}

async fn app(file: Option<&Path>, store: &StoreArgs) -> Result<App, String> {
    let config = open::config(file, store, Vec::new())?;
    open::beside(&config).await
}

async fn say(file: Option<&Path>, order: One, report: Report) -> Result<(), String> {
    let app = app(file, &order.store).await?;
    let said = fulfilment::report(&app, &order.id, report, Speaker::Operator).await;
    let (said, changed) = said.map_err(super::cause)?;
    match order.json {
        true => out::say(line(&said).to_string()),
        false if changed => out::say(words(&said)),
        false => out::say(format!("{}  (nothing changed)", words(&said))),
    }
    Ok(())
}

pub(super) async fn run(file: Option<&Path>, command: Order) -> Result<(), String> {
    match command {
        Order::List(args) => {
            let app = app(file, &args.store).await?;
            for order in fulfilment::list(&app, args.all, args.limit).await.map_err(super::cause)? {
                out::say(if args.json { line(&order).to_string() } else { words(&order) });
            }
            Ok(())
        }
        Order::Show(args) => {
            let app = app(file, &args.store).await?;
            let job = fulfilment::find(&app, &args.id).await.map_err(super::cause)?;
            let trouble = fulfilment::trouble(&app, &job).await.map_err(super::cause)?;
            show(&job, trouble.as_deref(), args.json);
            Ok(())
        }
        Order::Ship(Ship { order, tracking: number, expected }) => {
            let number = number.as_deref().and_then(tracking);
            say(file, order, Report::Shipped { expected_at: expected, tracking: number }).await
        }
        Order::Deliver(order) => say(file, order, Report::Delivered).await,
        Order::Cancel(order) => say(file, order, Report::Cancelled).await,
        Order::Hold(Hold { order, problem }) => say(file, order, Report::Problem(problem)).await,
        Order::Release(order) => say(file, order, Report::Accepted { expected_at: None }).await,
    }
}
