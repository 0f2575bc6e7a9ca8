//! The device API as an OpenAPI 3.1 document, made from the version table.
//!
//! Invariant: paths, methods, types and versions come from [`ENDPOINTS`]. Only the schemas of bodies are written here,
//! and tests compare them with real answers.

use opendrs_domain::version::{
    ApiEndpoint, ENDPOINTS, EndpointSpec, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, versioned_type_name,
};
use serde_json::{Map, Value, json};

/// Builds the document. `url` is the public URL of the service.
#[must_use]
pub fn document(url: &str) -> Value {
    let mut paths = Map::new();
    for spec in &ENDPOINTS {
        for (at, path) in spec.paths.iter().enumerate() {
            let operation = operation(spec, path, at);
            let entry = paths.entry(wire_path(path)).or_insert_with(|| json!({}));
            entry[spec.method.to_lowercase()] = operation;
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenDRS device API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The Dash Replenishment Service, self-hosted.",
            "description": "What devices and makers' clouds call. Every call carries an access token and two version \
                            headers. Every refusal is JSON with a message that says what to change.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": url }],
        "security": [{ "accessToken": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "accessToken": { "type": "http", "scheme": "bearer", "description": "A Login with Amazon access token, `Atza|...`." },
            },
            "schemas": schemas(),
            "headers": response_headers(),
            "responses": error_responses(),
        },
    })
}

/// Replaces the names of path parameters by the names that makers know.
fn wire_path(path: &str) -> String {
    path.replace("{slot}", "{slotId}")
        .replace("{instance}", "{eventInstanceId}")
        .replace("{model}", "{deviceModelId}")
        .replace("{serial}", "{deviceIdentifier}")
}

fn operation(spec: &EndpointSpec, path: &str, at: usize) -> Value {
    let suffix = if at == 0 { String::new() } else { (at + 1).to_string() };
    let names = |short: &str, versions: &[opendrs_domain::version::Version]| {
        versions.iter().map(|v| versioned_type_name(short, *v)).collect::<Vec<_>>()
    };
    let header = |name: &str, values: Vec<String>, words: &str| {
        json!({ "name": name, "in": "header", "required": true, "description": words,
                "schema": { "type": "string", "enum": values } })
    };
    let mut parameters = vec![
        header(INPUT_VERSION_HEADER, names(spec.input_type, spec.input_versions), "Version of the request."),
        header(RESULT_VERSION_HEADER, names(spec.result_type, spec.result_versions), "Version wanted for the answer."),
    ];
    let string =
        |pattern: &str, max: u32| json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": pattern });
    for (mark, name, schema, words) in [
        ("{slot}", "slotId", string("^[A-Za-z0-9._~-]+$", 64), "A slot of the device's model."),
        ("{model}", "deviceModelId", string("^[A-Za-z0-9+_-]+$", 64), "The token's device model."),
        ("{serial}", "deviceIdentifier", string("^[A-Za-z0-9+_-]+$", 64), "The token's serial."),
        ("{instance}", "eventInstanceId", string("^[A-Za-z0-9._-]+$", 255), "As Replenish returned it."),
    ] {
        if path.contains(mark) {
            parameters
                .push(json!({ "name": name, "in": "path", "required": true, "description": words, "schema": schema }));
        }
    }
    let mut responses = json!({
        "200": {
            "description": "Done.",
            "headers": {
                "x-amzn-RequestId": { "$ref": "#/components/headers/RequestId" },
                "x-amz-Date": { "$ref": "#/components/headers/Date" },
                INPUT_VERSION_HEADER: { "description": "Version of this answer.", "required": true,
                    "schema": { "type": "string", "enum": names(spec.result_type, spec.result_versions) } },
            },
            "content": { "application/json": { "schema": response_schema(spec.endpoint) } },
        },
    });
    for status in ["400", "404", "405", "413", "429", "500", "503"] {
        responses[status] = json!({ "$ref": format!("#/components/responses/Refusal{status}") });
    }
    let mut operation = json!({
        "operationId": format!("{}{suffix}", operation_id(spec.endpoint)),
        "summary": spec.title,
        "description": describe(spec.endpoint),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some([as_json, as_form]) = request_schemas(spec.endpoint) {
        let content = |name: &str| json!({ "schema": { "$ref": format!("#/components/schemas/{name}") } });
        operation["requestBody"] = json!({
            "required": true,
            "description": "JSON, or the same names as form fields. The content decides, not the content type.",
            "content": {
                "application/json": content(as_json),
                "application/x-www-form-urlencoded": content(as_form),
            },
        });
    }
    operation
}

fn operation_id(endpoint: ApiEndpoint) -> &'static str {
    match endpoint {
        ApiEndpoint::Replenish => "replenish",
        ApiEndpoint::SlotStatus => "slotStatus",
        ApiEndpoint::DeviceStatus => "deviceStatus",
        ApiEndpoint::Deregister => "deregister",
        ApiEndpoint::SubscriptionInfo => "subscriptionInfo",
        ApiEndpoint::CancelTestOrders => "cancelTestOrders",
        ApiEndpoint::OrderInfo => "getOrderInfo",
    }
}

fn describe(endpoint: ApiEndpoint) -> &'static str {
    match endpoint {
        ApiEndpoint::Replenish => {
            "Orders the product chosen for the slot, unless an order is under way. Any body is ignored."
        }
        ApiEndpoint::SlotStatus => "Stores a reading of the slot durably before the answer.",
        ApiEndpoint::DeviceStatus => "Stores the time of the device's last use.",
        ApiEndpoint::Deregister => "Ends the registration, and immediately every token and code of the device.",
        ApiEndpoint::SubscriptionInfo => "Returns every slot of the device, and what it can order.",
        ApiEndpoint::CancelTestOrders => {
            "Frees the slot of a test device, so that the next Replenish places an order again."
        }
        ApiEndpoint::OrderInfo => "Returns the state of an order.",
    }
}

/// Returns the names of a request body's schemas: as JSON, and as form fields.
fn request_schemas(endpoint: ApiEndpoint) -> Option<[&'static str; 2]> {
    match endpoint {
        ApiEndpoint::SlotStatus => Some(["SlotStatus", "SlotStatusForm"]),
        ApiEndpoint::DeviceStatus => Some(["DeviceStatus", "DeviceStatusForm"]),
        _ => None,
    }
}

fn response_schema(endpoint: ApiEndpoint) -> Value {
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    match endpoint {
        ApiEndpoint::Replenish => schema("Replenished"),
        ApiEndpoint::SlotStatus | ApiEndpoint::DeviceStatus | ApiEndpoint::Deregister => schema("Nothing"),
        ApiEndpoint::SubscriptionInfo => json!({ "oneOf": [schema("SubscriptionInfoV1"), schema("SubscriptionInfo")] }),
        ApiEndpoint::CancelTestOrders => schema("TestOrdersCancelled"),
        ApiEndpoint::OrderInfo => schema("OrderInfo"),
    }
}

fn object_schema(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let amount = json!({ "type": "number", "minimum": 0 });
    let level = json!({ "type": "number", "minimum": 0, "maximum": f64::MAX });
    let date = json!({ "$ref": "#/components/schemas/Moment" });
    let date_text = json!({ "$ref": "#/components/schemas/MomentText" });
    // In JSON, null counts as absent; in a form, an empty field does.
    let or_null = |schema: &Value| json!({ "anyOf": [schema, { "type": "null" }] });
    let or_empty = |schema: &Value| json!({ "anyOf": [schema, { "type": "string", "maxLength": 0 }] });
    let product =
        object_schema(&json!({ "asin": text, "quantity": amount, "unit": text }), &["asin", "quantity", "unit"]);
    let slot = object_schema(
        &json!({ "subscribed": { "type": "boolean" }, "productInfoList": { "type": "array", "items": product } }),
        &["subscribed", "productInfoList"],
    );
    let by_slot = |value: Value| {
        let map = json!({ "type": "object", "additionalProperties": value });
        object_schema(&json!({ "slotsSubscriptionStatus": map }), &["slotsSubscriptionStatus"])
    };
    let slot_order = object_schema(
        &json!({ "orderStatus": { "type": "string", "enum": ["NO_ORDER_IN_PROGRESS", "ORDER_INPROGRESS"] }, "slotId": text }),
        &["orderStatus", "slotId"],
    );
    let item = object_schema(
        &json!({
            "asin": text, "quantity": amount, "slotId": text,
            "expectedDeliveryDate": { "type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$" },
            "status": { "type": "string", "enum": ["Processing", "Shipped", "Cancelled"] },
        }),
        &["asin", "expectedDeliveryDate", "quantity", "slotId", "status"],
    );
    let data = object_schema(
        &json!({ "instanceId": text, "orderItems": { "type": "array", "items": item } }),
        &["instanceId", "orderItems"],
    );
    let slot_status = |on_hand: &Value, date: &Value| {
        json!({
            "type": "object",
            "properties": {
                "remainingQuantityInUnit": level, "originalQuantityInUnit": level, "totalQuantityOnHand": on_hand,
                "expectedReplenishmentDate": date, "lastUseDate": date,
            },
            "required": ["remainingQuantityInUnit", "originalQuantityInUnit"],
        })
    };
    let device_status = |date: &Value| {
        let name = "mostRecentlyActiveDate";
        json!({ "type": "object", "properties": { name: date }, "required": [name] })
    };
    json!({
        "SlotStatus": slot_status(&or_null(&level), &or_null(&date)),
        "SlotStatusForm": slot_status(&or_empty(&level), &or_empty(&date_text)),
        "DeviceStatus": device_status(&date),
        "DeviceStatusForm": device_status(&date_text),
        "Moment": moment_schema(),
        "MomentText": moment_text_schema(),
        "Replenished": object_schema(
            &json!({
                "detailCode": { "type": "string", "enum": ["STANDARD_ORDER_PLACED", "TEST_ORDER_PLACED", "ORDER_INPROGRESS"] },
                "eventInstanceId": { "type": "string", "maxLength": 255 },
            }),
            &["detailCode", "eventInstanceId"],
        ),
        "Nothing": object_schema(&json!({}), &[]),
        "SubscriptionInfo": by_slot(slot),
        "SubscriptionInfoV1": by_slot(json!({ "type": "boolean" })),
        "TestOrdersCancelled": object_schema(
            &json!({ "slotOrderStatuses": { "type": "array", "items": slot_order } }), &["slotOrderStatuses"],
        ),
        "OrderInfo": object_schema(&json!({ "orderInfoData": data }), &["orderInfoData"]),
        "Refusal": object_schema(&json!({ "message": text }), &["message"]),
    })
}

/// The schema of a time as devices may write it: every form that [`opendrs_domain::date`] parses.
fn moment_schema() -> Value {
    json!({
        "anyOf": [
            { "$ref": "#/components/schemas/MomentText" },
            { "title": "Epoch seconds", "type": "number", "minimum": -62_135_596_800_i64, "exclusiveMaximum": 1e11 },
            { "title": "Epoch milliseconds", "type": "number", "minimum": 1e11, "maximum": 2.5e14 },
            { "title": "Epoch milliseconds before 1970", "type": "number", "minimum": -62_135_596_800_000_i64, "maximum": -1e11 },
        ],
    })
}

fn moment_text_schema() -> Value {
    const DAY: &str = "(?:(?:0?[1-9]|1[0-2])-(?:0?[1-9]|1[0-9]|2[0-8])\
                       |(?:0?[13-9]|1[0-2])-(?:29|30)|(?:0?[13578]|1[02])-31)";
    const TIME: &str = "(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9](?::[0-5]?[0-9](?:[.,][0-9]{1,9})?)?";
    const OFFSET: &str = " ?(?:[Zz]|UTC|GMT|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)";
    let short = format!("^[0-9]{{4}}-{DAY}(?:[Tt ]{TIME}(?:{OFFSET})?)?$");
    let epoch = r"^(?:-?[0-9]{1,10}|[0-9]{11,14})(?:\.[0-9]{0,6})?$";
    json!({
        "description": "Best RFC 3339; the other forms are read too.",
        "type": "string",
        "anyOf": [
            { "title": "RFC 3339", "format": "date-time" },
            { "title": "A date alone", "format": "date" },
            { "title": "Unpadded parts, an offset without colon or none (UTC)", "pattern": short },
            { "title": "Epoch seconds or milliseconds, without exponent", "pattern": epoch },
        ],
    })
}

fn response_headers() -> Value {
    json!({
        "RequestId": { "description": "The call's id; include it when you ask for help.", "required": true,
            "schema": { "type": "string", "format": "uuid" } },
        "Date": { "description": "Time of the answer, RFC 2822.", "required": true, "schema": { "type": "string" } },
    })
}

fn error_responses() -> Value {
    let mut all = Map::new();
    for (status, words) in [
        ("400", "The caller can correct it: a bad token (`Invalid token`), version header, slot, body or state."),
        ("404", "No such path; for Replenish also: no such slot."),
        ("405", "The path does not take this method."),
        ("413", "The body is over 64 KiB."),
        ("429", "Too many calls."),
        ("500", "An error of the server; the log has the request id."),
        ("503", "The store cannot be reached; try again."),
    ] {
        let refusal = json!({
            "description": words,
            "headers": { "x-amzn-RequestId": { "$ref": "#/components/headers/RequestId" } },
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refusal" } } },
        });
        all.insert(format!("Refusal{status}"), refusal);
    }
    Value::Object(all)
}
