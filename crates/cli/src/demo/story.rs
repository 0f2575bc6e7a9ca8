//! The demo's timeline, for people and for programs.

use super::super::out;
use super::walk::Linked;
use opendrs_client::Reply;
use serde_json::json;
use std::path::Path;

/// What was told so far.
pub(super) struct Story {
    json: bool,
    steps: usize,
    failures: usize,
}

/// What a step had to say.
pub(super) struct Step<'s> {
    /// What happens, in a few words.
    pub(super) title: &'s str,
    /// The request's first line.
    pub(super) request: &'s str,
    /// What came back.
    pub(super) reply: &'s Reply,
    /// What is worth showing of it.
    pub(super) shows: String,
    /// The service's time.
    pub(super) at: String,
    /// What is wrong with it, if anything.
    pub(super) wrong: Option<String>,
}

impl Story {
    pub(super) fn new(json: bool) -> Self {
        Self { json, steps: 0, failures: 0 }
    }

    /// A chapter's heading.
    pub(super) fn chapter(&self, title: &str) {
        if !self.json {
            out::say(format!("\n{}", out::bold(title)));
        }
    }

    /// Tells a step.
    pub(super) fn tell(&mut self, step: &Step<'_>) {
        self.steps += 1;
        self.failures += usize::from(step.wrong.is_some());
        let status = step.reply.status.as_u16();
        if self.json {
            let line = json!({
                "step": self.steps, "at": step.at, "title": step.title, "request": step.request, "status": status,
                "answer": step.shows, "ok": step.wrong.is_none(), "wrong": step.wrong,
            });
            return out::say(line.to_string());
        }
        let mark = if step.wrong.is_none() { "ok " } else { "BAD" };
        out::say(format!("{mark} {}  {}", step.at, step.title));
        out::say(format!("      {}  ->  {status}  {}", step.request, step.shows));
        if let Some(wrong) = &step.wrong {
            out::say(format!("      expected: {wrong}"));
        }
    }

    /// Tells something that happened by itself.
    pub(super) fn happened(&self, line: &str) {
        if !self.json {
            out::say(format!("      {line}"));
        }
    }

    /// Ends the story; says whether all of it was good.
    pub(super) fn end(&self, broken: Option<&String>) -> bool {
        let good = self.failures == 0 && broken.is_none();
        if self.json {
            out::say(
                json!({ "steps": self.steps, "failures": self.failures, "error": broken, "ok": good }).to_string(),
            );
        } else {
            if let Some(error) = broken {
                out::say(format!("BAD {error}"));
            }
            out::say(format!("\n{} steps, {} not as they should be.", self.steps, self.failures));
        }
        good
    }
}

/// Addresses and lines to try, while the demo's server goes on.
pub(super) fn what_next(base: &str, folder: &Path, device: &Linked) -> String {
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
    let token = opendrs_client::Form::default().fill("access_token", &device.access).encoded();
    let lines = [
        format!("\n{}", out::bold("The server goes on. Stop it with Ctrl-C. To try (the token lives for an hour):")),
        "\n# report a level".into(),
        call("POST", &format!("/slotStatus/{slot}"), "DrsSlotStatusInput@1.0", "DrsSlotStatusResult@1.0", level),
        "\n# reorder for the second slot".into(),
        call("POST", &format!("/replenish/{other}"), "DrsReplenishInput@1.0", "DrsReplenishResult@1.0", ""),
        "\n# what may be ordered".into(),
        call("GET", "/subscriptionInfo", "DrsSubscriptionInfoInput@1.0", "DrsSubscriptionInfoResult@2.0", ""),
        "\n# the order of the walk".into(),
        call("GET", &format!("/getOrderInfo/{}", device.order), "DrsOrderInfoInput@1.0", "DrsOrderInfoResult@1.0", ""),
        "\n# a fresh token".into(),
        format!(
            "curl {base}/auth/o2/token -d grant_type=refresh_token -d client_id={} -d client_secret={} -d 'refresh_token={}'",
            device.client, device.secret, device.refresh
        ),
        "\n# a day later".into(),
        format!("curl {base}/-/clock -d '{{\"advance\":\"25h\"}}'"),
        "\n# pages: sign in as customer@example.com, password `correct horse battery`".into(),
        format!("settings  {base}/settings?{token}"),
        format!(
            "teaser    {base}/teaser?compositeId=amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000c1&loginUri=%2Fsettings"
        ),
        format!("API       {base}/-/openapi.json"),
        format!("\n# what makers are told\n{program} events list --data {}", folder.display()),
    ];
    lines.join("\n")
}
