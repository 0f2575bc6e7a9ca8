//! Random sequences of calls, whose answers are compared with the model's. A sequence with a difference is shortened
//! and printed.

use super::model::{ModelStep, ServiceModel, StepAnswer, index_from_newest};
use crate::harness::fixtures::{ANN, BOB, CARTRIDGE, FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, test_seed, valid_body};
use opendrs_domain::version::ApiEndpoint;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

both!(random_sequences_agree_with_the_model);

/// The number of sequences, and the greatest length.
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
    let run = |(model, steps, seen): (ServiceModel, Vec<ModelStep>, Option<std::sync::Arc<AtomicUsize>>)| {
        let case = count.fetch_add(1, Ordering::Relaxed);
        let play =
            RealService { server, case, tokens: vec![], codes: vec![], orders: vec![] }.run_steps(model, steps, seen);
        Handle::current().block_on(play)
    };
    let strategy = ServiceModel::sequential_strategy(1..LONGEST);
    let done = block_in_place(|| TestRunner::new(config).run(&strategy, run).map_err(|failure| failure.to_string()));
    assert_eq!(done, Ok(()), "OPENDRS_TEST_SEED={}", test_seed());
}

/// The real service with its own units, and the values that the server issued, by the model's numbers.
struct RealService<'s> {
    server: &'s Server,
    case: usize,
    tokens: Vec<LinkedDevice>,
    codes: Vec<String>,
    orders: Vec<String>,
}

impl RealService<'_> {
    async fn run_steps(
        mut self,
        mut model: ServiceModel,
        steps: Vec<ModelStep>,
        seen: Option<std::sync::Arc<AtomicUsize>>,
    ) -> Result<(), TestCaseError> {
        for step in steps {
            if let Some(seen) = &seen {
                seen.fetch_add(1, Ordering::SeqCst);
            }
            model = ServiceModel::apply(model, &step);
            let wanted = model.expected.clone().unwrap_or(StepAnswer::Nothing);
            if wanted == StepAnswer::Nothing {
                continue;
            }
            let said = self.run_step(&step).await;
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

    fn link_options(&self, unit: usize, owner: usize) -> LinkOptions {
        let linking = LinkOptions::default().serial(&format!("M-{}-{unit}", self.case)).customer([ANN, BOB][owner]);
        if unit.is_multiple_of(2) { linking.test_device() } else { linking }
    }

    async fn run_step(&mut self, step: &ModelStep) -> StepAnswer {
        match *step {
            ModelStep::Link { unit, owner } => {
                self.tokens.push(self.server.link_device(self.link_options(unit, owner)).await);
                StepAnswer::Tokens
            }
            ModelStep::LinkForCode { unit, owner } => {
                self.codes.push(self.server.link_for_code(self.link_options(unit, owner), REDIRECT, None).await);
                StepAnswer::Done
            }
            ModelStep::Redeem { code } => {
                let code = self.codes[index_from_newest(self.codes.len(), code)].clone();
                self.request_tokens("authorization_code", "code", &code).await
            }
            ModelStep::Refresh { token } => {
                let refresh = self.device(token).refresh;
                self.request_tokens("refresh_token", "refresh_token", &refresh).await
            }
            ModelStep::Wait { minutes } => {
                self.server.advance(&format!("{minutes}m")).await;
                StepAnswer::Done
            }
            ModelStep::Report { token, slot } => {
                self.call_device_api(token, ApiEndpoint::SlotStatus, &format!("/slotStatus/{}", slot_id(slot))).await
            }
            ModelStep::Replenish { token, slot } => {
                self.call_device_api(token, ApiEndpoint::Replenish, &format!("/replenish/{}", slot_id(slot))).await
            }
            ModelStep::Cancel { token, slot } => {
                let path = slot.map_or("/testOrders".into(), |slot| format!("/testOrders/slots/{}", slot_id(slot)));
                self.call_device_api(token, ApiEndpoint::CancelTestOrders, &path).await
            }
            ModelStep::Info { token, order } => {
                let order = self.orders[index_from_newest(self.orders.len(), order)].clone();
                self.call_device_api(token, ApiEndpoint::OrderInfo, &format!("/getOrderInfo/{order}")).await
            }
            ModelStep::Deregister { token } => {
                self.call_device_api(token, ApiEndpoint::Deregister, "/registration").await
            }
        }
    }

    fn device(&self, token: usize) -> LinkedDevice {
        self.tokens[index_from_newest(self.tokens.len(), token)].clone()
    }

    async fn request_tokens(&mut self, grant: &str, name: &str, value: &str) -> StepAnswer {
        let fields = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
        let answer = self.server.token_request(&fields).send().await.json();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        match (text("access_token"), text("refresh_token")) {
            (Some(access), Some(refresh)) => {
                self.tokens.push(LinkedDevice { access, refresh });
                StepAnswer::Tokens
            }
            _ => {
                assert_eq!(answer["error"], "invalid_grant");
                StepAnswer::InvalidGrant
            }
        }
    }

    async fn call_device_api(&mut self, token: usize, endpoint: ApiEndpoint, path: &str) -> StepAnswer {
        let call = self.server.device_call(&self.device(token), endpoint, path).body(valid_body(endpoint));
        let reply = call.send().await;
        let answer = reply.json();
        match (reply.status.as_u16(), answer["message"].as_str()) {
            (200, _) => self.success_answer(endpoint, &answer),
            (400, Some("Invalid token")) => StepAnswer::InvalidToken,
            (400, Some(why)) if why.starts_with("The device is not a test device") => StepAnswer::NotTestDevice,
            (400, Some(why)) if why.starts_with("Unknown eventInstanceId") => StepAnswer::UnknownOrder,
            _ => panic!("{path}: {} {answer}", reply.status),
        }
    }

    fn success_answer(&mut self, endpoint: ApiEndpoint, answer: &Value) -> StepAnswer {
        match endpoint {
            ApiEndpoint::Replenish => {
                let order = answer["eventInstanceId"].as_str().unwrap();
                match self.orders.iter().position(|known| known == order) {
                    Some(known) if answer["detailCode"] == "ORDER_INPROGRESS" => StepAnswer::InProgress(known),
                    None if answer["detailCode"] != "ORDER_INPROGRESS" => {
                        self.orders.push(order.to_owned());
                        StepAnswer::Placed(self.orders.len() - 1)
                    }
                    _ => panic!("{answer}"),
                }
            }
            ApiEndpoint::OrderInfo => match answer["orderInfoData"]["orderItems"][0]["status"].as_str() {
                Some("Processing") => StepAnswer::Status("Processing"),
                Some("Shipped") => StepAnswer::Status("Shipped"),
                Some("Cancelled") => StepAnswer::Status("Cancelled"),
                _ => panic!("{answer}"),
            },
            _ => StepAnswer::Done,
        }
    }
}

fn slot_id(slot: usize) -> &'static str {
    [FILTER, CARTRIDGE][slot]
}
