//! `opendrs topic` with the ARN of an Amazon SNS topic: names, tests, and the sources of credentials.

use super::program::{ProgramFolder, ProgramOutput, SEED};
use crate::harness::{ReceiverAction, TestReceiver};
use serde_json::Value;

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:kettles";
const OURS: &str = "arn:aws:sns:drs-local-1:000000000000:kettles";

const TAKEN: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
    <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>";

/// Disables the metadata service, which would answer if the tests run on a machine of AWS.
const NOWHERE: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

fn add(place: &ProgramFolder, words: &[&str]) -> ProgramOutput {
    let profile = place.profile_id();
    place.run_on_store(&[&["topic", "add"], words, &["--profile", &profile]].concat())
}

#[test]
fn an_arn_may_stand_alone_and_is_found_by_each_of_its_names() {
    let place = ProgramFolder::seeded();
    let said = add(&place, &[ARN]).expect_success();
    assert_eq!(said, format!("confirmed     {OURS}  {ARN}  {}\n", place.profile_id()));
    assert_eq!(add(&place, &[ARN]).expect_success(), said, "twice is once");
    let abroad = ARN.replace("eu-west-1", "us-east-1");
    let refused = add(&place, &[&abroad]).expect_failure();
    assert_eq!(refused, format!("opendrs: the topic kettles goes to {ARN}; name this one otherwise: NAME {abroad}\n"));
    let added = add(&place, &["abroad", &abroad, "--json"]).expect_success();
    let added: Value = serde_json::from_str(&added).unwrap();
    assert_eq!((&added["endpoint"], &added["state"]), (&abroad.as_str().into(), &"confirmed".into()));
    assert!(added.get("webhook_secret").is_none(), "SNS signs: {added}");
    for name in ["kettles", ARN, OURS] {
        assert_eq!(place.run_on_store(&["topic", "disable", name]).expect_success(), format!("{OURS} is disabled\n"));
    }
    let refused = place.run_on_store(&["topic", "secret", ARN]).expect_failure();
    assert!(refused.contains("SNS asks its subscribers, and signs what it sends them"), "{refused}");
    let unknown = place.run_on_store(&["topic", "enable", &abroad]).expect_failure();
    assert!(unknown.contains("there is no topic") && unknown.contains("`opendrs topic list` shows all"), "{unknown}");
    let missing = add(&place, &["mugs"]).expect_failure();
    assert!(missing.starts_with("opendrs: an endpoint is missing: name the topic and then where it goes"), "{missing}");
}

#[test]
fn a_receivers_login_and_query_are_not_shown() {
    let place = ProgramFolder::seeded();
    let endpoint = "https://brew:p%40ss@brew.example:8443/drs?a=b@c";
    let added = add(&place, &["brew", endpoint]).expect_success();
    let listed = place.run_on_store(&["topic", "list", "--json"]).expect_success();
    for said in [&added, &listed, &place.run_on_store(&["topic", "list"]).expect_success()] {
        assert!(said.contains("https://***@brew.example:8443/drs?***"), "{said}");
        assert!(!["p%40ss", "b@c"].iter().any(|hidden| said.contains(hidden)), "{said}");
    }
    let wrong = add(&place, &["brew", "https:/brew:p%40ss@brew.example/drs?a=b@c"]).expect_failure();
    assert!(wrong.contains("is not an endpoint") && !wrong.contains("p%40ss") && !wrong.contains("b@c"), "{wrong}");
}

#[test]
fn a_webhook_secret_is_printed_only_if_asked_for() {
    let place = ProgramFolder::seeded();
    let url = "https://brew.example/drs";
    for (words, shown) in
        [(&[][..], false), (&["--json"], false), (&["--show-secrets"], true), (&["--json", "--show-secrets"], true)]
    {
        let said = add(&place, &[&["brew", url], words].concat()).expect_success();
        assert_eq!(said.contains("whsec_"), shown, "{words:?}: {said}");
    }
    let secret = place.run_on_store(&["topic", "secret", "brew"]).expect_success();
    assert!(secret.starts_with("whsec_"), "it is what was asked for: {secret}");
    let rotated = place.run_on_store(&["topic", "rotate-secret", "brew"]);
    assert!(rotated.stderr.contains("`opendrs topic secret` prints it"), "{rotated:?}");
    assert!(!rotated.expect_success().contains("whsec_"));
    let both = place.run_on_store(&["topic", "secret", "brew"]).expect_success();
    assert_eq!((both.lines().count(), both.lines().nth(1)), (2, secret.lines().next()));
    let one = place.run_on_store(&["topic", "rotate-secret", "brew", "--end-grace", "--show-secrets"]).expect_success();
    assert_eq!(both.lines().next(), one.lines().next());
    assert_eq!(one.lines().count(), 1);
}

#[test]
fn a_seed_declares_one_and_leaves_it_switched_off() {
    let place = ProgramFolder::new();
    let topic = format!("[[maker.profile.topic]]\nname = \"kettles\"\nendpoint = \"{ARN}\"\n[[maker.model]]");
    place.write_file("seed.toml", &SEED.replacen("[[maker.model]]", &topic, 1));
    let first = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(first.contains(&format!("created   topic    kettles  {OURS}\n")), "{first}");
    place.run_on_store(&["topic", "disable", "kettles"]).expect_success();
    let second = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(second.contains(&format!("unchanged topic    kettles  {OURS}\n")), "{second}");
    assert!(place.run_on_store(&["topic", "list"]).expect_success().starts_with("disabled "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_published_with_the_credentials_that_aws_tools_find() {
    let place = ProgramFolder::seeded();
    add(&place, &[ARN]).expect_success();
    let sns = TestReceiver::start_at("", ReceiverAction::AnswerBody(200, TAKEN)).await;
    place.write_file("aws", "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n\
                       [drs]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n\
                       [lent]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKIDLENT\",\"SecretAccessKey\":\"s\"}'\n");
    let test = |env: &[(&str, &str)]| {
        let file = [NOWHERE, ("AWS_SHARED_CREDENTIALS_FILE", "aws"), ("OPENDRS_NOTIFICATIONS_SNS_ENDPOINT", &sns.url)];
        place.run_with(&["topic", "test", "kettles", "--data", "data"], &[&file[..], env].concat())
    };
    for (env, key) in [
        (&[][..], "AKIDFILE"),
        (&[("AWS_PROFILE", "drs")], "AKIDPROFILE"),
        (&[("AWS_PROFILE", "lent")], "AKIDLENT"),
        (&[("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s")], "AKIDENV"),
    ] {
        let said = test(env).expect_success();
        assert_eq!(said, format!("published to {ARN} as 567910cd-659e-55d4-8ccb-5aaf14679dc0\n"));
        let authorization = sns.take_only_received().await.header("authorization").unwrap().to_owned();
        let wanted = format!("AWS4-HMAC-SHA256 Credential={key}/");
        assert!(
            authorization.starts_with(&wanted) && authorization.contains("/eu-west-1/sns/aws4_request, "),
            "{authorization}"
        );
    }
    let none = test(&[("AWS_SHARED_CREDENTIALS_FILE", "nowhere"), ("AWS_CONFIG_FILE", "nowhere")]).expect_failure();
    assert!(
        none.starts_with(&format!("opendrs: nothing was published to {ARN}: there are no AWS credentials: ")),
        "{none}"
    );
    assert!(none.ends_with(". Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role\n"), "{none}");
    assert_eq!((none.lines().count(), none.contains("..")), (1, false), "{none}");
    assert_eq!(sns.take_received().await.len(), 0);
}

#[test]
fn doctor_looks_for_credentials_where_something_is_published() {
    let place = ProgramFolder::seeded();
    let examined = |env: &[(&str, &str)]| {
        let env = [&[NOWHERE, ("AWS_SHARED_CREDENTIALS_FILE", "nowhere"), ("AWS_CONFIG_FILE", "nowhere")][..], env];
        place.run_with(&["doctor", "--data", "data"], &env.concat()).expect_success()
    };
    assert!(!examined(&[]).contains("Amazon SNS"));
    add(&place, &[ARN]).expect_success();
    add(&place, &["more", &ARN.replace("kettles", "mugs")]).expect_success();
    let without = examined(&[]);
    assert!(without.contains("warning  Amazon SNS   topics in eu-west-1: there are no AWS credentials: "), "{without}");
    assert!(without.contains("Fix: give the server AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{without}");
    let with = examined(&[("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s")]);
    assert_eq!(with.matches("Amazon SNS").count(), 1, "once a region: {with}");
    assert!(with.contains("good     Amazon SNS   there are AWS credentials for topics in eu-west-1\n"), "{with}");
}
