//! Random sequences of calls, each answer compared with the model's; a sequence that differs is made short and printed.

use super::model::{Model, Said, Step, back};
use crate::harness::world::{ANN, BOB, CARTRIDGE, FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{Device, Linking, Server, good_body, test_seed};
use opendrs_domain::version::Endpoint;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

both!(random_sequences_agree_with_the_model);

/// Sequences, and the longest.
const SEQUENCES: u32 = 80;
const LONGEST: usize = 50;

async fn random_sequences_agree_with_the_model(server: &Server) {
    let config = Config {
        cases: SEQUENCES,
        rng_seed: RngSeed::Fixed(test_seed()),
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let count = AtomicUsize::new(0);
    let run = |(model, steps, seen): (Model, Vec<Step>, Option<std::sync::Arc<AtomicUsize>>)| {
        let case = count.fetch_add(1, Ordering::Relaxed);
        let play = Real { server, case, tokens: vec![], codes: vec![], orders: vec![] }.play(model, steps, seen);
        Handle::current().block_on(play)
    };
    let strategy = Model::sequential_strategy(1..LONGEST);
    let done = block_in_place(|| TestRunner::new(config).run(&strategy, run).map_err(|failure| failure.to_string()));
    assert_eq!(done, Ok(()), "OPENDRS_TEST_SEED={}", test_seed());
}

/// The real thing, with units of its own, and by the model's numbers what the server gave out.
struct Real<'s> {
    server: &'s Server,
    case: usize,
    tokens: Vec<Device>,
    codes: Vec<String>,
    orders: Vec<String>,
}

impl Real<'_> {
    async fn play(
        mut self,
        mut model: Model,
        steps: Vec<Step>,
        seen: Option<std::sync::Arc<AtomicUsize>>,
    ) -> Result<(), TestCaseError> {
        for step in steps {
            if let Some(seen) = &seen {
                seen.fetch_add(1, Ordering::SeqCst);
            }
            model = Model::apply(model, &step);
            let wanted = model.said.clone().unwrap_or(Said::Nothing);
            if wanted == Said::Nothing {
                continue;
            }
            let said = self.step(&step).await;
            if said != wanted {
                return Err(TestCaseError::fail(format!("{step:?} was answered {said:?} in place of {wanted:?}")));
            }
            let (real, ideal) = (
                (self.tokens.len(), self.codes.len(), self.orders.len()),
                (model.tokens(), model.codes(), model.orders()),
            );
            assert_eq!(real, ideal, "after {step:?}");
        }
        Ok(())
    }

    fn linking(&self, unit: usize, owner: usize) -> Linking {
        let linking = Linking::default().serial(&format!("M-{}-{unit}", self.case)).customer([ANN, BOB][owner]);
        if unit.is_multiple_of(2) { linking.test_device() } else { linking }
    }

    async fn step(&mut self, step: &Step) -> Said {
        match *step {
            Step::Link { unit, owner } => {
                self.tokens.push(self.server.link(self.linking(unit, owner)).await);
                Said::Tokens
            }
            Step::LinkForCode { unit, owner } => {
                self.codes.push(self.server.code(self.linking(unit, owner), REDIRECT, None).await);
                Said::Done
            }
            Step::Redeem { code } => {
                let code = self.codes[back(self.codes.len(), code)].clone();
                self.token("authorization_code", "code", &code).await
            }
            Step::Refresh { token } => {
                let refresh = self.device(token).refresh;
                self.token("refresh_token", "refresh_token", &refresh).await
            }
            Step::Wait { minutes } => {
                self.server.advance(&format!("{minutes}m")).await;
                Said::Done
            }
            Step::Report { token, slot } => {
                self.call(token, Endpoint::SlotStatus, &format!("/slotStatus/{}", name(slot))).await
            }
            Step::Replenish { token, slot } => {
                self.call(token, Endpoint::Replenish, &format!("/replenish/{}", name(slot))).await
            }
            Step::Cancel { token, slot } => {
                let path = slot.map_or("/testOrders".into(), |slot| format!("/testOrders/slots/{}", name(slot)));
                self.call(token, Endpoint::CancelTestOrders, &path).await
            }
            Step::Info { token, order } => {
                let order = self.orders[back(self.orders.len(), order)].clone();
                self.call(token, Endpoint::OrderInfo, &format!("/getOrderInfo/{order}")).await
            }
            Step::Deregister { token } => self.call(token, Endpoint::Deregister, "/registration").await,
        }
    }

    fn device(&self, token: usize) -> Device {
        self.tokens[back(self.tokens.len(), token)].clone()
    }

    async fn token(&mut self, grant: &str, name: &str, value: &str) -> Said {
        let fields = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
        let answer = self.server.token(&fields).send().await.json();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        match (text("access_token"), text("refresh_token")) {
            (Some(access), Some(refresh)) => {
                self.tokens.push(Device { access, refresh });
                Said::Tokens
            }
            _ => {
                assert_eq!(answer["error"], "invalid_grant");
                Said::InvalidGrant
            }
        }
    }

    async fn call(&mut self, token: usize, endpoint: Endpoint, path: &str) -> Said {
        let call = self.server.call(&self.device(token), endpoint, path).body(good_body(endpoint));
        let reply = call.send().await;
        let answer = reply.json();
        match (reply.status.as_u16(), answer["message"].as_str()) {
            (200, _) => self.good(endpoint, &answer),
            (400, Some("Invalid token")) => Said::InvalidToken,
            (400, Some(why)) if why.starts_with("The device is not a test device") => Said::NotTestDevice,
            (400, Some(why)) if why.starts_with("Unknown eventInstanceId") => Said::UnknownOrder,
            _ => panic!("{path}: {} {answer}", reply.status),
        }
    }

    fn good(&mut self, endpoint: Endpoint, answer: &Value) -> Said {
        match endpoint {
            Endpoint::Replenish => {
                let order = answer["eventInstanceId"].as_str().unwrap();
                match self.orders.iter().position(|known| known == order) {
                    Some(known) if answer["detailCode"] == "ORDER_INPROGRESS" => Said::InProgress(known),
                    None if answer["detailCode"] != "ORDER_INPROGRESS" => {
                        self.orders.push(order.to_owned());
                        Said::Placed(self.orders.len() - 1)
                    }
                    _ => panic!("{answer}"),
                }
            }
            Endpoint::OrderInfo => match answer["orderInfoData"]["orderItems"][0]["status"].as_str() {
                Some("Processing") => Said::Status("Processing"),
                Some("Shipped") => Said::Status("Shipped"),
                Some("Cancelled") => Said::Status("Cancelled"),
                _ => panic!("{answer}"),
            },
            _ => Said::Done,
        }
    }
}

fn name(slot: usize) -> &'static str {
    [FILTER, CARTRIDGE][slot]
}
