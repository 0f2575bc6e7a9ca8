//! Every endpoint in every pair of versions: a pair works if and only if the one table says so.

use crate::harness::world::FILTER;
use crate::harness::{Linking, Server, filled, good_body};
use opendrs_domain::version::{ENDPOINTS, Endpoint, INPUT_HEADER, PREFIX, RESULT_HEADER};

const ASKED: [&str; 6] = ["0.9", "1.0", "1.1", "2.0", "3.0", "10.0"];

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_versions_works_if_the_table_has_both() {
    let server = Server::start().await;
    for spec in &ENDPOINTS {
        for pattern in spec.paths {
            for (input, result) in ASKED.into_iter().flat_map(|input| ASKED.map(|result| (input, result))) {
                let device = server.link(Linking::default().test_device()).await;
                let placed = server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
                let path = filled(pattern, placed.json()["eventInstanceId"].as_str().unwrap());
                let (input_name, result_name) =
                    (format!("{PREFIX}{}@{input}", spec.input), format!("{PREFIX}{}@{result}", spec.result));
                let call = server.call(&device, spec.endpoint, &path).body(good_body(spec.endpoint));
                let call = call.instead(INPUT_HEADER, Some(&input_name)).instead(RESULT_HEADER, Some(&result_name));
                let reply = call.send().await;

                let has = |versions: &[opendrs_domain::version::Version], asked: &str| {
                    versions.iter().any(|version| version.to_string() == asked)
                };
                let good = has(spec.inputs, input) && has(spec.results, result);
                let case = format!("{} {path} {input} {result}: {}", spec.method, reply.text());
                assert_eq!(reply.status, if good { 200 } else { 400 }, "{case}");
                assert_eq!(reply.header("x-amzn-type-version"), if good { &result_name } else { "" }, "{case}");
            }
        }
    }
}
