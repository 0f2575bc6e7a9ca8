//! Columns that several queries read, in the order in which the noun's module reads them.
//!
//! Not here: queries. Invariant: a change that adds a column to a list also adds its reading to the noun's module.

macro_rules! device_columns {
    () => {
        "d.id, d.model, m.code, d.serial, m.maker, d.customer, d.directed_customer, d.client, d.test, d.registered_at,
     d.active_at, d.deregistered_at, d.revoked, d.suspended_at"
    };
}

/// A device with the names of its model and of its owner. The frequent calls of devices read no names.
macro_rules! named_device_columns {
    () => {
        concat!(device_columns!(), ", m.name, d.name, m.translations")
    };
}

macro_rules! client_columns {
    () => {
        "c.id, c.profile, p.maker, c.kind, c.secret_hash, c.redirect_uris, c.mode, c.former_secret_hash, c.state, c.generation"
    };
}

/// The access version as of the statement that compares it.
macro_rules! access_version {
    () => {
        "(SELECT version FROM access_change WHERE id = 1)"
    };
}

macro_rules! model_columns {
    () => {
        "id, maker, code, name, composite, live, takeover, picture, translations"
    };
}

macro_rules! product_columns {
    () => {
        "asin, title, price_minor, currency, quantity, unit, available, sku, picture, shipping_minor, tax_rate, unit_content, unit_per, unit_of,
     translations"
    };
}

/// The columns of an order that every caller reads.
macro_rules! order_facts { () => {
    "id, device, slot, asin, title, quantity, unit, price_minor, currency, test, state, problem, opened_at, window_ends_at,
     expected_at, due_at, approved_minor, backend, reported, placed_at, tracking, held_for, named_device"
} }

/// The columns that are written for a new order.
macro_rules! order_placed {
    () => {
        concat!(order_facts!(), ", customer_name, customer_email, ship_to, resumes_at")
    };
}

macro_rules! order_later {
    () => {
        "reminded, delivered_at, carrier, tracking_url, shipping_minor, tax_minor, cancelled_by, cancel_reason"
    };
}

/// The steps of an order's life, and what followed its delivery. The reason of a withdrawal is between both lists.
macro_rules! order_steps {
    () => {
        "held_at, approved_at, shipped_at, ended_at, withdrawn_at"
    };
}

macro_rules! order_after {
    () => {
        "returned_at, refund_minor, refunded_at, ordered_by, stated_shipping, stated_tax_rate"
    };
}

macro_rules! order_columns {
    () => {
        concat!(order_placed!(), ", ", order_later!(), ", ", order_steps!(), ", withdrawal_reason, ", order_after!())
    };
}

/// The same without the recipient and what they wrote, since a device's call needs no personal data.
macro_rules! order_impersonal {
    () => {
        concat!(
            order_facts!(),
            ", CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT),
     resumes_at, ",
            order_later!(),
            ", ",
            order_steps!(),
            ", CAST(NULL AS TEXT), ",
            order_after!()
        )
    };
}

macro_rules! subscription_columns {
    () => {
        "slot, asin, active, open_order, agreed_asin, agreed_minor, agreed_currency, agreed_at"
    };
}

macro_rules! topic_columns {
    () => {
        "id, profile, arn, state, signature, raw, policy, subscription, token, token_ends_at, secret, secret_at, created_at, sealed"
    };
}

macro_rules! delivery_columns {
    () => {
        "shard, id, topic, device, event, kind, version, published_at, state, due_at, attempts, round, began_at, ended_at, reason"
    };
}

macro_rules! export_columns {
    () => {
        "shard, customer, id, requested_at, place, step, bytes, due_at, ready_at, ends_at"
    };
}

macro_rules! mail_columns {
    () => {
        "shard, id, device, customer, at, news, state, due_at, attempts, ended_at, reason, recipient"
    };
}
