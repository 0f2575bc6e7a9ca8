//! The endpoint of SNS in a region.
//!
//! What it is not: a list of AWS's regions. The host of an unknown region does not resolve.
//!
//! Invariant: a configured endpoint is the only one that is used. FIPS and dual-stack endpoints exist at AWS only, so a
//! configured endpoint cannot be combined with them.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use url::Url;

/// The required kind of endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointConfig {
    /// A configured endpoint, in place of AWS's.
    custom_url: Option<String>,
    /// Whether the encryption must be validated for the US government (FIPS).
    fips: bool,
    /// Whether the endpoint must be reachable by IPv6 too (dual-stack).
    dual_stack: bool,
}

impl EndpointConfig {
    /// Combines the setting of OpenDRS with those of AWS's tools: `AWS_ENDPOINT_URL_SNS`, `AWS_ENDPOINT_URL`,
    /// `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`, and their equivalents in an AWS profile.
    pub(crate) fn new(ours: Option<&str>, tools: &SdkConfig) -> Self {
        let key = ServiceConfigKey::builder().service_id("SNS").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        let of_sns = || tools.service_config().zip(key.ok()).and_then(|(tools, key)| tools.load_config(key));
        Self {
            custom_url: ours.map(str::to_owned).or_else(of_sns).or_else(|| tools.endpoint_url().map(str::to_owned)),
            fips: tools.use_fips().unwrap_or_default(),
            dual_stack: tools.use_dual_stack().unwrap_or_default(),
        }
    }

    /// Returns the endpoint's URL for a region, or an error text.
    pub(crate) fn url(&self, region: &str) -> Result<Url, String> {
        let Some(named) = &self.custom_url else {
            let own = self.aws_url(region);
            return Url::parse(&own).map_err(|why| format!("{own}: {why}"));
        };
        let bad = |why: &str| format!("the endpoint {named} cannot be used: {why}");
        if self.fips || self.dual_stack {
            return Err(bad("AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT are for AWS's own"));
        }
        let mut url = Url::parse(named).map_err(|why| bad(&why.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("write it with http:// or https://"));
        }
        // The signature does not cover these parts.
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("leave out user name, password, ? and #"));
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(url)
    }

    /// Returns AWS's own endpoint. `region` belongs to a partition that an ARN may name.
    fn aws_url(&self, region: &str) -> String {
        let suffix = match (region.starts_with("cn-"), self.dual_stack) {
            (false, false) => "amazonaws.com",
            (false, true) => "api.aws",
            (true, false) => "amazonaws.com.cn",
            (true, true) => "api.amazonwebservices.com.cn",
        };
        // The endpoints of the US government's regions are validated under their usual name.
        let validated = region.starts_with("us-gov-") && !self.dual_stack;
        let name = if self.fips && !validated { "sns-fips" } else { "sns" };
        format!("https://{name}.{region}.{suffix}/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_types::service_config::LoadServiceConfig;

    #[test]
    fn a_region_has_an_address_of_each_kind() {
        for (region, fips, dual_stack, url) in [
            ("eu-west-1", false, false, "https://sns.eu-west-1.amazonaws.com/"),
            ("eu-west-1", false, true, "https://sns.eu-west-1.api.aws/"),
            ("us-east-1", true, false, "https://sns-fips.us-east-1.amazonaws.com/"),
            ("us-east-1", true, true, "https://sns-fips.us-east-1.api.aws/"),
            ("cn-north-1", false, false, "https://sns.cn-north-1.amazonaws.com.cn/"),
            ("cn-north-1", false, true, "https://sns.cn-north-1.api.amazonwebservices.com.cn/"),
            ("cn-north-1", true, false, "https://sns-fips.cn-north-1.amazonaws.com.cn/"),
            ("cn-north-1", true, true, "https://sns-fips.cn-north-1.api.amazonwebservices.com.cn/"),
            ("us-gov-west-1", false, false, "https://sns.us-gov-west-1.amazonaws.com/"),
            ("us-gov-west-1", true, false, "https://sns.us-gov-west-1.amazonaws.com/"),
            ("us-gov-west-1", false, true, "https://sns.us-gov-west-1.api.aws/"),
            ("us-gov-west-1", true, true, "https://sns-fips.us-gov-west-1.api.aws/"),
        ] {
            assert_eq!(EndpointConfig { custom_url: None, fips, dual_stack }.url(region).unwrap().as_str(), url);
        }
    }

    #[test]
    fn an_address_that_is_named_is_asked_as_it_is_or_not_at_all() {
        let named = |url: &str| EndpointConfig { custom_url: Some(url.into()), ..EndpointConfig::default() };
        for (url, asked) in [
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000/"),
            ("https://SNS.example:443/", "https://sns.example/"),
            ("https://sns.example/base//", "https://sns.example/base/"),
        ] {
            assert_eq!(named(url).url("eu-west-1").unwrap().as_str(), asked);
        }
        for (url, says) in [
            ("", "the endpoint  cannot be used: relative URL"),
            ("http://", "empty host"),
            ("sns.example:443", "write it with http:// or https://"),
            ("https://user:word@sns.example", "leave out user name"),
            ("https://sns.example/?a=b", "leave out user name"),
        ] {
            let why = named(url).url("eu-west-1").unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        let both = EndpointConfig { fips: true, ..named("https://sns.example") };
        assert!(both.url("eu-west-1").unwrap_err().contains("are for AWS's own"));
    }

    /// The settings of AWS's tools for one service.
    #[derive(Debug)]
    struct OfSns;

    impl LoadServiceConfig for OfSns {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let asked = (key.service_id(), key.env(), key.profile());
            (asked == ("SNS", "AWS_ENDPOINT_URL", "endpoint_url")).then(|| "http://of.sns".into())
        }
    }

    #[test]
    fn ours_goes_before_that_of_sns_and_that_before_that_of_all_services() {
        let all = || SdkConfig::builder().endpoint_url("http://of.all").use_fips(true);
        let sns = || all().service_config(OfSns).use_dual_stack(true);
        let wanted = |ours, tools: aws_types::sdk_config::Builder| EndpointConfig::new(ours, &tools.build());
        let named = |url: &str, fips, dual_stack| EndpointConfig { custom_url: Some(url.into()), fips, dual_stack };
        assert_eq!(wanted(None, SdkConfig::builder()), EndpointConfig::default());
        assert_eq!(wanted(None, all()), named("http://of.all", true, false));
        assert_eq!(wanted(None, sns()), named("http://of.sns", true, true));
        assert_eq!(wanted(Some("http://ours"), sns()), named("http://ours", true, true));
    }
}
