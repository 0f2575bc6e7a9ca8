//! Tests of settings from files and the environment: which are accepted, and the texts of errors.

use super::*;

fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("o.toml");
    std::fs::write(&path, file).unwrap();
    let env = env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Config::load(Some(&path), env, Vec::new()).map_err(|e| e.replace(&path.display().to_string(), "o.toml"))
}

#[test]
fn each_source_wins_over_the_one_before() {
    assert_eq!(load("", &[]).unwrap().server.listen, "127.0.0.1:7373");
    let file = "[server]\nlisten = \"a:1\"\n[orders]\ncancel_window = \"1h\"";
    let config = load(file, &[("OPENDRS_SERVER_LISTEN", "b:2"), ("OPENDRS_SERVER_ROLES", "web,worker")]).unwrap();
    assert_eq!((config.server.listen.as_str(), config.order_timing().cancel_window), ("b:2", Span::from_hours(1)));
    assert_eq!(config.server.roles, [Role::Web, Role::Worker]);
}

#[test]
fn what_a_server_can_work_with_is_taken() {
    for file in [
        "[server]\ndatabase_url = \"host=/run/postgresql user=x dbname=y\"",
        "[server]\ndatabase_url = \"postgresql://x@h/y\"",
        "[server]\nlisten = \"[::]:7373\"\nlog = \"info,hyper=warn\"",
        "[server]\nlisten = \"\"\nlog = \"opendrs_store,info\"",
        "[server]\nlisten = \"127.0.0.1:0\"\n[web]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"0.0.0.0:0\"",
        "[login]\nlisten = \"127.0.0.1:1\"\n[web]\nlisten = \"127.0.0.1:1\"\n[metrics]\nlisten = \"127.0.0.2:1\"",
        "[service]\npublic_url = \"https://a.example/drs/\"\n[web]\npublic_url = \"https://a.example/\"",
    ] {
        assert!(load(file, &[]).is_ok(), "{file}: {:?}", load(file, &[]).err());
    }
}

#[test]
fn what_a_cluster_tells_of_a_service_of_this_name_is_no_setting() {
    for name in ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_7373_TCP", "PORT_7373_TCP_ADDR"] {
        assert!(load("", &[(&format!("OPENDRS_{name}"), "tcp://10.0.0.1:7373")]).is_ok(), "{name}");
    }
}

#[test]
fn opentelemetrys_own_variables_take_the_defaults_place() {
    assert_eq!(load("", &[]).unwrap().trace_export(), Ok(None));
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318/"),
        ("OTEL_SERVICE_NAME", "drs"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
        ("OTEL_ELSE", "x"),
    ];
    let config = load("", &env).unwrap();
    assert_eq!(config.trace_export(), Ok(Some(("http://a:4318/v1/traces".into(), 0.5))));
    assert_eq!(config.traces.service_name, "drs");
    let config = load("[traces]\nendpoint = \"http://b\"", &env).unwrap();
    assert_eq!(config.trace_export(), Ok(Some(("http://b/v1/traces".into(), 0.5))), "the file is nearer");
    assert_eq!(load("[traces]\nendpoint = \"\"", &env).unwrap().trace_export(), Ok(None), "and can switch it off");
}

#[test]
fn unknown_settings_and_wrong_values_are_errors_that_say_where() {
    for (file, env, says) in [
        ("[server]\nlisen = \"a\"", None, "o.toml: line 2: unknown setting server.lisen; did you mean server.listen?"),
        ("[serve]\nx = 1", None, "o.toml: line 1: unknown section [serve]; did you mean [server]?"),
        ("[server]\nlisten = 5", None, "o.toml: line 2: server.listen must be a string"),
        ("[orders]\ncancel_window = \"soon\"", None, "orders.cancel_window: `soon` is not a duration"),
        ("", Some(("OPENDRS_SERVER_PROXIES", "foo")), "server.proxies: `foo` is neither an address nor a network"),
        ("", Some(("OPENDRS_TLS_MODE", "on")), "tls.mode: unknown variant `on`"),
        ("", Some(("OPENDRS_LIMITS_DEVICE_RATE", "-1")), "limits.device_rate: invalid value: integer `-1`"),
        ("[server]\nlisten = \"x\"", None, "server.listen is `x`: write HOST:PORT"),
        ("[accounts]\nsession_idle = \"1h\"", None, "accounts.session_idle is less than 2h"),
        (
            "[federation]\nissuer = \"https://id.example\"",
            None,
            "federation.client_id is empty, and federation.issuer is set: set all four, or none",
        ),
        (
            "[federation]\nissuer = \"http://id.example\"\nclient_id = \"a\"\nclient_secret_file = \"b\"\nname = \"Shop\"",
            None,
            "federation.issuer is `http://id.example`: write the provider's issuer, with https://",
        ),
        (
            "[federation]\nissuer = \"http://[::1]:1\"\nclient_id = \"a\"\nclient_secret_file = \"b\"\nname = \" \"",
            None,
            "federation.name is no name",
        ),
        ("[metrics]\nlisten = \"foo\"", None, "metrics.listen is `foo`: write HOST:PORT"),
        (
            "[server]\nlisten = \"0.0.0.0:80\"\n[metrics]\nlisten = \"127.0.0.1:80\"",
            None,
            "metrics.listen is `127.0.0.1:80` and server.listen is `0.0.0.0:80`: give each its own port",
        ),
        ("[metrics]\nlisten = \"127.0.0.1:7373\"", None, "metrics.listen is `127.0.0.1:7373` and server.listen is"),
        (
            "[web]\nlisten = \"[::]:7373\"",
            None,
            "web.listen is `[::]:7373` and server.listen is `127.0.0.1:7373`: give each its own port",
        ),
        ("[server]\ndatabase_url = \"mysql://hush\"", None, "server.database_url has an unknown form"),
        ("[server]\nlog = \"loud\"", None, "server.log is `loud`: write error, warn"),
        ("[outbound]\nallow = [\"10.0.0.0/99\"]", None, "outbound.allow holds `10.0.0.0/99`"),
        ("[tls]\nnames = [\"a b\"]", None, "tls.names has `a b`"),
        ("[mail]\nfrom = \"foo\"", None, "mail.from is `foo`"),
        ("[mail]\nreply_to = \"foo\"", None, "mail.reply_to: `foo` is not an e-mail address"),
        ("[brand]\nprivacy_url = \"aqua.example\"", None, "brand.privacy_url: `aqua.example` is not a link"),
        ("[brand]\nimprint = \"A\\n\\nB\"", None, "brand.imprint: "),
        (
            "[login]\npublic_url = \"https://a.example/drs/\"",
            None,
            "login.public_url is `https://a.example/drs/`: write only scheme",
        ),
        ("[server\n", None, "o.toml: "),
        ("listen = \"a\"", None, "o.toml: line 1: listen is in no section: write it under [server]"),
        (
            "",
            Some(("OPENDRS_SERVER_LISEN", "a")),
            "OPENDRS_SERVER_LISEN: unknown setting; did you mean OPENDRS_SERVER_LISTEN?",
        ),
        (
            "",
            Some(("OPENDRS_LISTEN", "a")),
            "OPENDRS_LISTEN: unknown setting; did you mean OPENDRS_SERVER_LISTEN?; `opendrs config default` lists all",
        ),
        ("", Some(("OPENDRS_X", "a")), "OPENDRS_X: unknown setting"),
        ("", Some(("OPENDRS_SERVER_MAX_CONNECTIONS", "many")), "OPENDRS_SERVER_MAX_CONNECTIONS must be a number"),
        ("[server]\nroles = [\"cook\"]", None, "unknown variant `cook`"),
        (
            "[fulfilment]\nbackend = \"drone\"",
            None,
            "fulfilment.backend has `drone`: write simulated or manual or webhook or vendure",
        ),
        ("[fulfilment]\nmakers = [\"Aqua\"]", None, "fulfilment.makers has `Aqua`: write \"Maker name = manual\""),
        ("[fulfilment]\nbackend = \"webhook\"", None, "set fulfilment.webhook_url and fulfilment.webhook_secrets"),
        (
            "[fulfilment]\nwebhook_url = \"https://a\"\nwebhook_secrets = [\"hush\"]",
            None,
            "fulfilment.webhook_secrets: write each as whsec_",
        ),
        ("[traces]\nsampling = \"2\"", None, "traces.sampling is `2`: write a number from 0 to 1"),
        ("[traces]\nendpoint = \"collector:4318\"", None, "traces.endpoint is `collector:4318`: write it with http"),
        ("[traces]\nheaders = [\"a=b\", \"hush\"]", None, "traces.headers: item 2 is not a pair"),
        (
            "[fulfilment]\nmakers = [\"Aqua=vendure\"]",
            None,
            "set fulfilment.vendure_url and fulfilment.vendure_key_file",
        ),
        (
            "[fulfilment]\nvendure_url = \"https://a\"\nvendure_key_file = \"/no/such/key\"",
            None,
            "cannot read the file /no/such/key of fulfilment.vendure_key_file",
        ),
        (
            "[fulfilment]\nvendure_url = \"https://a\"\nvendure_key_file = \"/dev/zero\"",
            None,
            "cannot read the file /dev/zero of fulfilment.vendure_key_file: it is no regular file",
        ),
        ("[web]\nlanguage = \"fr\"", None, "web.language is `fr`: write one of en, de, ja"),
        ("[web]\ntime_zone = \"Berlin\"", None, "web.time_zone: `Berlin` is not a time zone: write UTC or a name of"),
        ("[web]\npublic_url = \"shop.example\"", None, "web.public_url is `shop.example`: write it with http"),
        ("[notifications]\nsns_endpoint = \"sns\"", None, "notifications.sns_endpoint is `sns`: write it with http"),
    ] {
        let error = load(file, env.as_slice()).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_secret_stands_in_its_setting_or_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name).display().to_string()
    };
    const ONE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const TWO: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (url, secrets) = (file("url", "postgres://a:b@c/d\n\n"), file("secrets", &format!("\n{ONE}\n  {TWO} \n")));
    let headers = file("headers", "authorization=Bearer 1\nx=2\n");
    let text = format!(
        "[server]\ndatabase_url_file = \"{url}\"\n[traces]\nheaders_file = \"{headers}\"\n[fulfilment]\n\
         webhook_url = \"https://a\"\nwebhook_secrets_file = \"{secrets}\"\nvendure_hint_secrets_file = \"{secrets}\"\n"
    );
    let config = load(&text, &[]).unwrap();
    assert_eq!(config.store_location(), StoreLocation::Url("postgres://a:b@c/d".into()));
    assert_eq!(config.traces.headers, ["authorization=Bearer 1", "x=2"]);
    let hook = config.fulfilment_settings().unwrap().webhook.unwrap();
    assert_eq!(
        hook.secrets.iter().map(opendrs_domain::wire::webhook::WebhookSecret::reveal).collect::<Vec<_>>(),
        [ONE, TWO]
    );
    assert_eq!(config.secret_files().len(), 4);
    let (empty, wrong) = (file("empty", "\n \n"), file("wrong", "of-back-end\n"));
    for (section, key, file, says) in [
        ("server", "database_url", "/no/such", "cannot read the file /no/such of server.database_url_file: "),
        ("server", "database_url", &empty, "of server.database_url_file is empty"),
        ("traces", "headers", &wrong, "traces.headers: item 1 is not a pair"),
        ("fulfilment", "webhook_secrets", "/no/such", "of fulfilment.webhook_secrets_file: "),
        ("fulfilment", "vendure_hint_secrets", &empty, "of fulfilment.vendure_hint_secrets_file is empty"),
        ("operator", "token", &empty, "of operator.token_file is empty"),
    ] {
        let text = format!("[{section}]\n{key}_file = \"{file}\"\n");
        let error = load(&text, &[]).and_then(|config| config.operator().map(drop)).unwrap_err();
        assert!(error.contains(says) && !error.contains("of-back-end"), "{error}");
    }
    let both = format!("[server]\ndatabase_url = \"postgres://a\"\ndatabase_url_file = \"{url}\"\n");
    let both = load(&both, &[]).unwrap_err();
    assert!(
        both.contains("server.database_url and server.database_url_file are both set: set only one of them"),
        "{both}"
    );
    let wrong = format!("[fulfilment]\nwebhook_url = \"https://a\"\nwebhook_secrets_file = \"{wrong}\"\n");
    let wrong = load(&wrong, &[]).unwrap_err();
    assert!(wrong.contains("write each as whsec_") && !wrong.contains("of-back-end"), "{wrong}");
}

#[test]
fn limits_are_on_and_a_server_for_tests_has_those_that_are_set() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.disabled_limits(), []);
    let rates = config.rate_limits();
    assert_eq!((rates.device_calls.per_second, rates.device_calls.burst, rates.device_calls_per_day), (2, 120, 10_000));
    assert_eq!((rates.device_orders_per_day, rates.device_mails_per_day), (5, 20));
    assert_eq!((rates.client_calls.per_second, config.connections().per_address), (500, 1000));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("o.toml");
    std::fs::write(&path, "[limits]\norders_per_day = 3\n").unwrap();
    let env = [("OPENDRS_LIMITS_MAILS_PER_DAY".to_owned(), "7".to_owned())];
    let double = Config::load_with_defaults(lifted_limits(), Some(&path), env, Vec::new()).unwrap();
    let rates = double.rate_limits();
    assert_eq!((rates.device_orders_per_day, rates.device_mails_per_day), (3, 7), "what is set holds");
    assert_eq!((rates.device_calls.per_second, rates.device_calls_per_day, rates.client_calls.per_second), (0, 0, 0));
    assert_eq!(double.disabled_limits().len(), lifted_limits().len() - 2);
    let none = Config::load(Some(&path), [], lifted_limits()).unwrap();
    assert_eq!(none.disabled_limits().len(), lifted_limits().len(), "the command line wins");
}
