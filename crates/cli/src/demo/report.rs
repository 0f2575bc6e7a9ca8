//! The demo's output, as text or as JSON lines.

use super::super::output;
use opendrs_client::ClientResponse;
use serde_json::json;
use std::path::Path;

/// What the scenario leaves: enough to go on by hand.
pub(super) struct DemoResult {
    pub(super) client: &'static str,
    pub(super) secret: &'static str,
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) slots: [&'static str; 2],
    pub(super) order: String,
}

/// The timeline so far.
pub(super) struct DemoReport {
    json: bool,
    steps: usize,
    failures: usize,
}

/// A step of the demo: a request and its answer.
pub(super) struct DemoStep<'s> {
    /// A short description.
    pub(super) title: &'s str,
    /// The request's method and path.
    pub(super) request: &'s str,
    /// The answer.
    pub(super) reply: &'s ClientResponse,
    /// The part of the answer to print.
    pub(super) summary: String,
    /// The service's time, RFC 3339.
    pub(super) at: String,
    /// The expectation that the answer did not meet; `None` if the answer is correct.
    pub(super) expectation: Option<String>,
}

impl DemoReport {
    pub(super) fn new(json: bool) -> Self {
        Self { json, steps: 0, failures: 0 }
    }

    /// Prints a heading.
    pub(super) fn print_chapter(&self, title: &str) {
        if !self.json {
            output::print_line(format!("\n{}", output::bold(title)));
        }
    }

    /// Prints a step and counts it.
    pub(super) fn print_step(&mut self, step: &DemoStep<'_>) {
        self.steps += 1;
        self.failures += usize::from(step.expectation.is_some());
        let status = step.reply.status.as_u16();
        if self.json {
            let line = json!({
                "step": self.steps, "at": step.at, "title": step.title, "request": step.request, "status": status,
                "answer": step.summary, "ok": step.expectation.is_none(), "wrong": step.expectation,
            });
            return output::print_line(line.to_string());
        }
        let mark = if step.expectation.is_none() { "ok " } else { "BAD" };
        output::print_line(format!("{mark} {}  {}", step.at, step.title));
        output::print_line(format!("      {}  ->  {status}  {}", step.request, step.summary));
        if let Some(wrong) = &step.expectation {
            output::print_line(format!("      expected: {wrong}"));
        }
    }

    /// Prints something that happened without a request.
    pub(super) fn print_event(&self, line: &str) {
        if !self.json {
            output::print_line(format!("      {line}"));
        }
    }

    /// Prints the totals. Returns whether all steps were correct and the scenario was not broken off.
    pub(super) fn finish(&self, broken: Option<&String>) -> bool {
        let good = self.failures == 0 && broken.is_none();
        if self.json {
            output::print_line(
                json!({ "steps": self.steps, "failures": self.failures, "error": broken, "ok": good }).to_string(),
            );
        } else {
            if let Some(error) = broken {
                output::print_line(format!("BAD {error}"));
            }
            output::print_line(format!("\n{} steps, {} failed.", self.steps, self.failures));
        }
        good
    }
}

/// Addresses and commands to try while the demo's server runs on.
pub(super) fn next_steps_text(base: &str, folder: &Path, device: &DemoResult) -> String {
    let call = |method: &str, path: &str, input: &str, result: &str, rest: &str| {
        let prefix = "com.amazon.dash.replenishment.";
        format!(
            "curl -X {method} {base}{path} -H 'Authorization: Bearer {}' -H 'x-amzn-type-version: {prefix}{input}' \
             -H 'x-amzn-accept-type: {prefix}{result}'{rest}",
            device.access
        )
    };
    let level =
        " -H 'Content-Type: application/json' -d '{\"remainingQuantityInUnit\":12,\"originalQuantityInUnit\":150}'";
    let (slot, other) = (&device.slots[0], &device.slots[1]);
    let program = std::env::current_exe().map_or_else(|_| "opendrs".into(), |path| path.display().to_string());
    let token = opendrs_client::HtmlForm::default().fill("access_token", &device.access).encode();
    let lines = [
        format!("\n{}", output::bold("The server keeps running. Stop it with Ctrl-C.")),
        "\nCommands to try (the token is valid for an hour):".into(),
        "\n# report a level".into(),
        call("POST", &format!("/slotStatus/{slot}"), "DrsSlotStatusInput@1.0", "DrsSlotStatusResult@1.0", level),
        "\n# reorder for the second slot".into(),
        call("POST", &format!("/replenish/{other}"), "DrsReplenishInput@1.0", "DrsReplenishResult@1.0", ""),
        "\n# what the device can order".into(),
        call("GET", "/subscriptionInfo", "DrsSubscriptionInfoInput@1.0", "DrsSubscriptionInfoResult@2.0", ""),
        "\n# the order of this demo".into(),
        call("GET", &format!("/getOrderInfo/{}", device.order), "DrsOrderInfoInput@1.0", "DrsOrderInfoResult@1.0", ""),
        "\n# a new access token".into(),
        format!(
            "curl {base}/auth/o2/token -d grant_type=refresh_token -d client_id={} -d client_secret={} -d 'refresh_token={}'",
            device.client, device.secret, device.refresh
        ),
        "\n# move the clock by a day".into(),
        format!("curl {base}/-/clock -d '{{\"advance\":\"25h\"}}'"),
        "\n# pages: sign in as customer@example.com, password `correct horse battery`".into(),
        format!("settings  {base}/settings?{token}"),
        format!(
            "teaser    {base}/teaser?compositeId=amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000c1&loginUri=%2Fsettings"
        ),
        format!("API       {base}/-/openapi.json"),
        format!("\n# notifications to the maker\n{program} events list --data {}", folder.display()),
    ];
    lines.join("\n")
}
