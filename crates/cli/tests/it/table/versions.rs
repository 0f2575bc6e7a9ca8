//! Every endpoint with every pair of versions: a pair works if and only if the version table has it.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkOptions, Server, fill_path, valid_body};
use opendrs_domain::version::{ApiEndpoint, ENDPOINTS, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, TYPE_PREFIX};

const ASKED: [&str; 6] = ["0.9", "1.0", "1.1", "2.0", "3.0", "10.0"];

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_versions_works_if_the_table_has_both() {
    let server = Server::start().await;
    for spec in &ENDPOINTS {
        for pattern in spec.paths {
            for (input, result) in ASKED.into_iter().flat_map(|input| ASKED.map(|result| (input, result))) {
                let device = server.link_device(LinkOptions::default().test_device()).await;
                let placed =
                    server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
                let path = fill_path(pattern, placed.json()["eventInstanceId"].as_str().unwrap());
                let (input_name, result_name) = (
                    format!("{TYPE_PREFIX}{}@{input}", spec.input_type),
                    format!("{TYPE_PREFIX}{}@{result}", spec.result_type),
                );
                let call = server.device_call(&device, spec.endpoint, &path).body(valid_body(spec.endpoint));
                let call = call
                    .replace_header(INPUT_VERSION_HEADER, Some(&input_name))
                    .replace_header(RESULT_VERSION_HEADER, Some(&result_name));
                let reply = call.send().await;

                let has = |versions: &[opendrs_domain::version::Version], asked: &str| {
                    versions.iter().any(|version| version.to_string() == asked)
                };
                let good = has(spec.input_versions, input) && has(spec.result_versions, result);
                let case = format!("{} {path} {input} {result}: {}", spec.method, reply.text());
                assert_eq!(reply.status, if good { 200 } else { 400 }, "{case}");
                assert_eq!(reply.header("x-amzn-type-version"), if good { &result_name } else { "" }, "{case}");
            }
        }
    }
}
