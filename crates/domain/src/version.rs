//! The table of endpoints and versions, and the parsing of the two version headers
//! (docs/spec/calls.md#version-headers).
//!
//! All code that depends on versions (routes, headers, OpenAPI, docs, tests) reads [`ENDPOINTS`]. Invariant: a row's
//! inputs are the values that `x-amzn-type-version` accepts; its results are those that `x-amzn-accept-type` accepts.
//! Older versions stay valid for ever.

use std::fmt;

/// The prefix of every type name.
pub const TYPE_PREFIX: &str = "com.amazon.dash.replenishment.";
/// The header with the version of the request.
pub const INPUT_VERSION_HEADER: &str = "x-amzn-type-version";
/// The header with the wanted version of the result.
pub const RESULT_VERSION_HEADER: &str = "x-amzn-accept-type";

/// A version of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `1.0`
    V1,
    /// `2.0`
    V2,
}

impl Version {
    /// Reads `1.0` or `2.0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "1.0" => Some(Version::V1),
            "2.0" => Some(Version::V2),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1 => "1.0",
            Version::V2 => "2.0",
        })
    }
}

/// An operation of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiEndpoint {
    /// `POST /replenish/{slot}`
    Replenish,
    /// `POST /slotStatus/{slot}`
    SlotStatus,
    /// `POST /deviceStatus` and `/deviceStatus/{slot}`
    DeviceStatus,
    /// `DELETE /registration` and the 1.0 path with model and serial
    Deregister,
    /// `GET /subscriptionInfo`
    SubscriptionInfo,
    /// `DELETE /testOrders`, `/testOrders/slots/{slot}`, `/testOrders/{slot}`
    CancelTestOrders,
    /// `GET /getOrderInfo/{eventInstanceId}`
    OrderInfo,
}

/// A row of the table.
#[derive(Debug)]
pub struct EndpointSpec {
    /// The operation.
    pub endpoint: ApiEndpoint,
    /// Its name for people.
    pub title: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Every path form; `{slot}`, `{model}`, `{serial}` and `{instance}` stand for one segment.
    pub paths: &'static [&'static str],
    /// Short name of the request type.
    pub input_type: &'static str,
    /// Versions of the request it accepts.
    pub input_versions: &'static [Version],
    /// Short name of the result type.
    pub result_type: &'static str,
    /// Versions of the result it offers.
    pub result_versions: &'static [Version],
}

use Version::{V1, V2};

/// The table (docs/spec/calls.md#endpoints).
pub const ENDPOINTS: [EndpointSpec; 7] = [
    EndpointSpec {
        endpoint: ApiEndpoint::Replenish,
        title: "Replenish",
        method: "POST",
        paths: &["/replenish/{slot}"],
        input_type: "DrsReplenishInput",
        input_versions: &[V1],
        result_type: "DrsReplenishResult",
        result_versions: &[V1],
    },
    EndpointSpec {
        endpoint: ApiEndpoint::SlotStatus,
        title: "Slot status",
        method: "POST",
        paths: &["/slotStatus/{slot}"],
        input_type: "DrsSlotStatusInput",
        input_versions: &[V1],
        result_type: "DrsSlotStatusResult",
        result_versions: &[V1],
    },
    EndpointSpec {
        endpoint: ApiEndpoint::DeviceStatus,
        title: "Device status",
        method: "POST",
        paths: &["/deviceStatus", "/deviceStatus/{slot}"],
        input_type: "DrsDeviceStatusInput",
        input_versions: &[V1],
        result_type: "DrsDeviceStatusResult",
        result_versions: &[V1],
    },
    EndpointSpec {
        endpoint: ApiEndpoint::Deregister,
        title: "Deregistration",
        method: "DELETE",
        paths: &["/registration", "/deviceModels/{model}/devices/{serial}/registration"],
        input_type: "DrsDeregisterInput",
        input_versions: &[V1, V2],
        result_type: "DrsDeregisterResult",
        result_versions: &[V1],
    },
    EndpointSpec {
        endpoint: ApiEndpoint::SubscriptionInfo,
        title: "Subscription info",
        method: "GET",
        paths: &["/subscriptionInfo"],
        input_type: "DrsSubscriptionInfoInput",
        input_versions: &[V1],
        result_type: "DrsSubscriptionInfoResult",
        result_versions: &[V1, V2],
    },
    EndpointSpec {
        endpoint: ApiEndpoint::CancelTestOrders,
        title: "Cancel test order",
        method: "DELETE",
        paths: &["/testOrders", "/testOrders/slots/{slot}", "/testOrders/{slot}"],
        input_type: "DrsCancelTestOrdersInput",
        input_versions: &[V1],
        result_type: "DrsCancelTestOrdersResult",
        result_versions: &[V1],
    },
    EndpointSpec {
        endpoint: ApiEndpoint::OrderInfo,
        title: "Get order info",
        method: "GET",
        paths: &["/getOrderInfo/{instance}"],
        input_type: "DrsOrderInfoInput",
        input_versions: &[V1],
        result_type: "DrsOrderInfoResult",
        result_versions: &[V1],
    },
];

impl ApiEndpoint {
    /// The endpoint's row.
    #[must_use]
    pub fn spec(self) -> &'static EndpointSpec {
        &ENDPOINTS[self as usize]
    }
}

/// The error of a version header. There are four kinds, each with the valid values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionProblem {
    /// The header is absent or empty.
    Missing,
    /// It is not `com.amazon.dash.replenishment.<Type>@<version>`.
    Malformed(String),
    /// It names a type of another endpoint.
    WrongType(String),
    /// It names this endpoint's type in a version that does not exist.
    UnknownVersion(String),
}

/// A refused version header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct VersionHeaderError {
    /// The header's name.
    pub header: &'static str,
    /// What is wrong with it.
    pub problem: VersionProblem,
    /// The valid values.
    pub supported: Vec<String>,
}

impl fmt::Display for VersionHeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header;
        match &self.problem {
            VersionProblem::Missing => write!(f, "Missing header {header}."),
            VersionProblem::Malformed(value) => {
                write!(f, "Malformed header {header}: '{value}' is not {TYPE_PREFIX}<Type>@<version>.")
            }
            VersionProblem::WrongType(name) => write!(f, "Header {header}: type {name} is not of this endpoint."),
            VersionProblem::UnknownVersion(version) => write!(f, "Header {header}: unknown version {version}."),
        }?;
        write!(f, " Supported: {}", self.supported.join(", "))
    }
}

/// The full name of a type in a version.
#[must_use]
pub fn versioned_type_name(short: &str, version: Version) -> String {
    format!("{TYPE_PREFIX}{short}@{version}")
}

fn parse_version_header(
    header: &'static str,
    value: Option<&str>,
    short: &str,
    versions: &'static [Version],
) -> Result<Version, VersionHeaderError> {
    // The hot path: an exact match, without normalization and allocation.
    let exact = |value: &str| {
        let version = value.strip_prefix(TYPE_PREFIX)?.strip_prefix(short)?.strip_prefix('@')?;
        versions.iter().copied().find(|v| (*v == V1 && version == "1.0") || (*v == V2 && version == "2.0"))
    };
    if let Some(version) = value.and_then(exact) {
        return Ok(version);
    }
    let refuse = |problem| {
        Err(VersionHeaderError {
            header,
            problem,
            supported: versions.iter().map(|v| versioned_type_name(short, *v)).collect(),
        })
    };
    let clean = normalize_header(value.unwrap_or_default(), header);
    if clean.is_empty() {
        return refuse(VersionProblem::Missing);
    }
    let parts = clean.strip_prefix(TYPE_PREFIX).and_then(|rest| rest.split_once('@')).filter(|(name, version)| {
        let numeric = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
            && version.split_once('.').is_some_and(|(major, minor)| numeric(major) && numeric(minor))
    });
    let short_of = |text: &str| text.chars().filter(|c| !c.is_control()).take(120).collect::<String>();
    match parts {
        None => refuse(VersionProblem::Malformed(short_of(&clean))),
        Some((name, _)) if name != short => refuse(VersionProblem::WrongType(short_of(name))),
        Some((_, version)) => match exact(&clean) {
            Some(found) => Ok(found),
            None => refuse(VersionProblem::UnknownVersion(short_of(version))),
        },
    }
}

/// Trims, removes inner blanks, and strips the header's own name if a client repeats it in the value.
fn normalize_header(value: &str, header: &str) -> String {
    let dense: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = dense.as_str();
    while rest.len() >= header.len() && rest.as_bytes()[..header.len()].eq_ignore_ascii_case(header.as_bytes()) {
        rest = rest[header.len()..].trim_start_matches(':');
    }
    rest.to_owned()
}

impl EndpointSpec {
    /// Reads `x-amzn-type-version`.
    ///
    /// # Errors
    /// [`VersionHeaderError`], one of four kinds.
    pub fn parse_input_version(&self, value: Option<&str>) -> Result<Version, VersionHeaderError> {
        parse_version_header(INPUT_VERSION_HEADER, value, self.input_type, self.input_versions)
    }

    /// Reads `x-amzn-accept-type`.
    ///
    /// # Errors
    /// [`VersionHeaderError`], one of four kinds.
    pub fn parse_result_version(&self, value: Option<&str>) -> Result<Version, VersionHeaderError> {
        parse_version_header(RESULT_VERSION_HEADER, value, self.result_type, self.result_versions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_endpoints() {
        for spec in &ENDPOINTS {
            assert_eq!(spec.endpoint.spec().input_type, spec.input_type);
        }
    }

    #[test]
    fn what_clients_were_seen_to_send_is_read() {
        let spec = ApiEndpoint::CancelTestOrders.spec();
        for value in [
            "com.amazon.dash.replenishment.DrsCancelTestOrdersInput@1.0",
            "  com.amazon.dash.replenishment.DrsCancelTestOrdersInput@1.0 ",
            "com.amazon.dash.replenishment. DrsCancelTestOrdersInput@1.0",
            "x-amzn-type-version: com.amazon.dash.replenishment.DrsCancelTestOrdersInput@1.0",
            "X-Amzn-Type-Version:com.amazon.dash.replenishment.DrsCancelTestOrdersInput@1.0",
        ] {
            assert_eq!(spec.parse_input_version(Some(value)), Ok(V1), "{value}");
        }
        let both = ApiEndpoint::SubscriptionInfo.spec();
        assert_eq!(
            both.parse_result_version(Some("com.amazon.dash.replenishment.DrsSubscriptionInfoResult@2.0")),
            Ok(V2)
        );
    }

    #[test]
    fn four_different_refusals_each_naming_what_is_supported() {
        let spec = ApiEndpoint::SubscriptionInfo.spec();
        let message = |value| spec.parse_result_version(value).unwrap_err().to_string();
        let supported = " Supported: com.amazon.dash.replenishment.DrsSubscriptionInfoResult@1.0, \
                         com.amazon.dash.replenishment.DrsSubscriptionInfoResult@2.0";
        for (value, begins) in [
            (None, "Missing header x-amzn-accept-type."),
            (Some(" "), "Missing header x-amzn-accept-type."),
            (Some("DrsSubscriptionInfoResult@2.0"), "Malformed header x-amzn-accept-type: "),
            (Some("com.amazon.dash.replenishment.DrsSubscriptionInfoResult"), "Malformed header"),
            (Some("com.amazon.dash.replenishment.DrsSubscriptionInfoResult@two"), "Malformed header"),
            (
                Some("com.amazon.dash.replenishment.DrsReplenishResult@1.0"),
                "Header x-amzn-accept-type: type DrsReplenishResult is not of this endpoint.",
            ),
            (
                Some("com.amazon.dash.replenishment.DrsSubscriptionInfoResult@3.0"),
                "Header x-amzn-accept-type: unknown version 3.0.",
            ),
        ] {
            let message = message(value);
            assert!(message.starts_with(begins) && message.ends_with(supported), "{value:?}: {message}");
        }
    }
}
