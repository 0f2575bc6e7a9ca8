//! The calls of a load: the next call, and the answer that it must get.
//!
//! Invariant: calls are spread over the whole fleet, so that no row is used more often than in practice. A Replenish is
//! sent once to each slot, because a second one would find the open order of the first.

use crate::fleet::FleetDevice;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use opendrs_domain::version::{ApiEndpoint, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, Version, versioned_type_name};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The kind of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadKind {
    SlotStatus,
    Replenish,
    SubscriptionInfo,
    OrderInfo,
    TokenRefresh,
    Mixed,
}

impl LoadKind {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            LoadKind::SlotStatus => "slot-status",
            LoadKind::Replenish => "replenish",
            LoadKind::SubscriptionInfo => "subscription-info",
            LoadKind::OrderInfo => "order-info",
            LoadKind::TokenRefresh => "token-refresh",
            LoadKind::Mixed => "mixed",
        }
    }

    /// Whether orders must exist before the load starts.
    pub(crate) fn needs_orders(self) -> bool {
        matches!(self, LoadKind::OrderInfo | LoadKind::Mixed)
    }
}

/// The shares of a mixed fleet in a thousand calls; the rest are SlotStatus.
const MIXED_SHARES: [(LoadKind, u64); 4] = [
    (LoadKind::SubscriptionInfo, 50),
    (LoadKind::OrderInfo, 20),
    (LoadKind::TokenRefresh, 20),
    (LoadKind::Replenish, 10),
];
/// The maximum number of devices for which an order is placed before GetOrderInfo.
pub(crate) const MAX_PLACED_ORDERS: usize = 512;

const READING_BODY: &str = r#"{"expectedReplenishmentDate":"2018-03-02T07:00:00Z","remainingQuantityInUnit":12.25,"originalQuantityInUnit":40,"totalQuantityOnHand":80,"lastUseDate":"2018-02-14T18:21:00Z"}"#;

pub(crate) type LoadRequest = Request<Full<Bytes>>;

/// A call to send.
pub(crate) struct NextCall {
    pub(crate) request: LoadRequest,
    /// Whether the answer must also confirm that an order was placed.
    pub(crate) must_place_order: bool,
}

/// A device with everything that can be prepared before the measurement.
struct FleetDeviceRequests {
    bearer: HeaderValue,
    refresh_body: Bytes,
    slots: Vec<SlotUris>,
}

#[derive(Clone)]
struct SlotUris {
    status: Uri,
    replenish: Uri,
}

/// Which calls a run makes.
#[derive(Clone, Copy)]
pub(crate) struct CallRange {
    /// The first slot or device.
    pub(crate) from: u64,
    /// The most calls.
    pub(crate) limit: u64,
    /// The seed of the order of the calls.
    pub(crate) seed: u64,
    /// Whether slots are used more than once.
    pub(crate) again: bool,
}

/// The calls of one run, shared by its connections.
pub(crate) struct CallSequence {
    kind: LoadKind,
    host: HeaderValue,
    devices: Vec<FleetDeviceRequests>,
    headers: HashMap<ApiEndpoint, [(HeaderName, HeaderValue); 2]>,
    orders: Vec<(HeaderValue, Uri)>,
    seed: u64,
    from: u64,
    end: u64,
    next: AtomicU64,
}

impl CallSequence {
    /// The calls of a load on a fleet.
    pub(crate) fn new(
        kind: LoadKind,
        server: SocketAddr,
        fleet: Vec<FleetDevice>,
        CallRange { from, limit, seed, again }: CallRange,
    ) -> Result<Self, String> {
        let text = |e: &dyn std::fmt::Display| format!("the fleet file holds a text that no request can carry: {e}");
        let mut known: HashMap<String, SlotUris> = HashMap::new();
        let mut devices = Vec::with_capacity(fleet.len());
        for unit in fleet {
            let mut slots = Vec::with_capacity(unit.slots.len());
            for id in unit.slots {
                let slot = match known.get(&id) {
                    Some(slot) => slot.clone(),
                    None => {
                        let uri = |path: &str| format!("/{path}/{id}").parse::<Uri>().map_err(|e| text(&e));
                        let slot = SlotUris { status: uri("slotStatus")?, replenish: uri("replenish")? };
                        known.insert(id.clone(), slot.clone());
                        slot
                    }
                };
                slots.push(slot);
            }
            let bearer = HeaderValue::try_from(format!("Bearer {}", unit.access_token)).map_err(|e| text(&e))?;
            let token = unit.refresh_token.replace('|', "%7C");
            let refresh = format!("grant_type=refresh_token&refresh_token={token}&client_id={}", unit.client_id);
            devices.push(FleetDeviceRequests { bearer, refresh_body: refresh.into(), slots });
        }
        let version = |endpoint: ApiEndpoint| {
            let spec = endpoint.spec();
            let newest = spec.result_versions.last().copied().unwrap_or(Version::V1);
            let value = |name, version| HeaderValue::try_from(versioned_type_name(name, version)).map_err(|e| text(&e));
            let name = HeaderName::from_static;
            Ok((
                endpoint,
                [
                    (name(INPUT_VERSION_HEADER), value(spec.input_type, Version::V1)?),
                    (name(RESULT_VERSION_HEADER), value(spec.result_type, newest)?),
                ],
            ))
        };
        let used =
            [ApiEndpoint::SlotStatus, ApiEndpoint::Replenish, ApiEndpoint::SubscriptionInfo, ApiEndpoint::OrderInfo];
        let headers = used.into_iter().map(version).collect::<Result<_, String>>()?;
        let host = HeaderValue::try_from(server.to_string()).map_err(|e| text(&e))?;
        let slots: u64 = devices.iter().map(|device| device.slots.len() as u64).sum();
        let end = match kind {
            LoadKind::Replenish if !again && from >= slots => {
                return Err(format!(
                    "the fleet has {slots} slots and all before the {from}th are used: fill with more --tokens"
                ));
            }
            LoadKind::Replenish if !again => slots.min(from.saturating_add(limit)),
            _ => from.saturating_add(limit),
        };
        Ok(Self { kind, host, devices, headers, orders: Vec::new(), seed, from, end, next: AtomicU64::new(from) })
    }

    /// The next call; `None` when there are no more.
    pub(crate) fn next_call(&self) -> Option<NextCall> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        if n >= self.end {
            return None;
        }
        let kind = if self.kind == LoadKind::Mixed { self.mixed_kind(n) } else { self.kind };
        let request = match kind {
            LoadKind::Replenish if self.kind == LoadKind::Replenish => self.build_replenish_request(n),
            _ => self.build_request(kind, n),
        };
        Some(NextCall { request, must_place_order: self.kind == LoadKind::Replenish })
    }

    /// The `from` of the next run, with which it uses no slot again.
    pub(crate) fn next_start(&self) -> u64 {
        self.next.load(Ordering::Relaxed).min(self.end)
    }

    /// Replenish calls for the first devices, before a load of GetOrderInfo; [`CallSequence::record_order`] takes their
    /// answers.
    pub(crate) fn replenish_requests(&self) -> impl Iterator<Item = (HeaderValue, LoadRequest)> {
        (0..self.devices.len().min(MAX_PLACED_ORDERS) as u64).map(|n| {
            let n = self.from.wrapping_add(n);
            (self.device(n).bearer.clone(), self.build_request(LoadKind::Replenish, n))
        })
    }

    /// Records an order from the answer that placed it.
    ///
    /// # Errors
    /// The answer names no order.
    pub(crate) fn record_order(&mut self, bearer: HeaderValue, answer: &[u8]) -> Result<(), String> {
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
        let id = answer["eventInstanceId"].as_str().ok_or("an order was placed, but its id was not told")?;
        let uri = format!("/getOrderInfo/{id}").parse().map_err(|e| format!("{id} is not valid in a path: {e}"))?;
        self.orders.push((bearer, uri));
        Ok(())
    }

    fn device(&self, n: u64) -> &FleetDeviceRequests {
        &self.devices[usize::try_from(n % self.devices.len() as u64).unwrap_or_default()]
    }

    /// The kind of the nth call of a mixed fleet, which is the same in every run with the same seed.
    fn mixed_kind(&self, n: u64) -> LoadKind {
        let mut draw = splitmix64(self.seed ^ splitmix64(n)) % 1000;
        for (kind, share) in MIXED_SHARES {
            if draw < share {
                return kind;
            }
            draw -= share;
        }
        LoadKind::SlotStatus
    }

    fn build_request(&self, kind: LoadKind, n: u64) -> LoadRequest {
        let device = self.device(n);
        match kind {
            LoadKind::SlotStatus | LoadKind::Mixed => {
                self.build_api_request(ApiEndpoint::SlotStatus, &device.bearer, &device.slots[0].status, READING_BODY)
            }
            LoadKind::Replenish => {
                self.build_api_request(ApiEndpoint::Replenish, &device.bearer, &device.slots[0].replenish, "")
            }
            LoadKind::SubscriptionInfo => {
                let uri = Uri::from_static("/subscriptionInfo");
                self.build_api_request(ApiEndpoint::SubscriptionInfo, &device.bearer, &uri, "")
            }
            LoadKind::OrderInfo => {
                let (bearer, uri) = &self.orders[usize::try_from(n).unwrap_or_default() % self.orders.len()];
                self.build_api_request(ApiEndpoint::OrderInfo, bearer, uri, "")
            }
            LoadKind::TokenRefresh => {
                let mut request = Request::new(Full::new(device.refresh_body.clone()));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = Uri::from_static("/auth/o2/token");
                let headers = request.headers_mut();
                headers.insert(HOST, self.host.clone());
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                request
            }
        }
    }

    /// The Replenish for the nth slot of the fleet.
    fn build_replenish_request(&self, n: u64) -> LoadRequest {
        // Every device's first slot, then every device's second, so that consecutive calls are not adjacent in the
        // store.
        let per = self.devices.len() as u64;
        let device = self.device(n);
        let slot = usize::try_from(n / per).unwrap_or_default() % device.slots.len();
        self.build_api_request(ApiEndpoint::Replenish, &device.bearer, &device.slots[slot].replenish, "")
    }

    fn build_api_request(
        &self,
        endpoint: ApiEndpoint,
        bearer: &HeaderValue,
        uri: &Uri,
        body: &'static str,
    ) -> LoadRequest {
        let mut request = Request::new(Full::new(Bytes::from_static(body.as_bytes())));
        *request.method_mut() = if endpoint.spec().method == "GET" { Method::GET } else { Method::POST };
        *request.uri_mut() = uri.clone();
        let headers: &mut HeaderMap = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(AUTHORIZATION, bearer.clone());
        for (name, value) in self.headers.get(&endpoint).into_iter().flatten() {
            headers.insert(name.clone(), value.clone());
        }
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request
    }
}

/// SplitMix64: spreads a number over all bits, equally on every machine.
fn splitmix64(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(devices: usize) -> Vec<FleetDevice> {
        let unit = |n: usize| FleetDevice {
            access_token: format!("Atza|{n}"),
            refresh_token: format!("Atzr|{n}"),
            client_id: "amzn1.application-oa2-client.1".into(),
            slots: vec!["a".into(), "b".into()],
        };
        (0..devices).map(unit).collect()
    }

    fn calls(kind: LoadKind, devices: usize, from: u64, limit: u64) -> Result<CallSequence, String> {
        let range = CallRange { from, limit, seed: 7, again: false };
        CallSequence::new(kind, "127.0.0.1:1".parse().unwrap(), fleet(devices), range)
    }

    #[test]
    fn each_slot_is_used_once() {
        let calls = calls(LoadKind::Replenish, 3, 1, u64::MAX).unwrap();
        let mut seen = Vec::new();
        while let Some(NextCall { request, must_place_order: must_place }) = calls.next_call() {
            assert!(must_place);
            let bearer = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
            seen.push((bearer, request.uri().path().to_owned()));
        }
        assert_eq!(seen.len(), 5, "six slots without the first");
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), calls.next_start()), (5, 6));
        assert!(super::tests::calls(LoadKind::Replenish, 3, 6, 9).is_err_and(|why| why.contains("6 slots")));
    }

    #[test]
    fn a_limit_ends_a_run() {
        let calls = calls(LoadKind::SlotStatus, 3, 0, 10).unwrap();
        assert_eq!(std::iter::from_fn(|| calls.next_call()).count(), 10);
        assert_eq!(calls.next_start(), 10);
    }

    #[test]
    fn a_mixed_fleet_has_its_shares_and_is_the_same_again() {
        let calls = calls(LoadKind::Mixed, 3, 0, 1).unwrap();
        let drawn: Vec<_> = (0..100_000).map(|n| calls.mixed_kind(n)).collect();
        assert!(drawn == (0..100_000).map(|n| calls.mixed_kind(n)).collect::<Vec<_>>());
        for (kind, share) in MIXED_SHARES {
            let found = drawn.iter().filter(|k| **k == kind).count() as u64;
            assert!((share * 90..=share * 110).contains(&found), "{kind:?}: {found}");
        }
    }
}
