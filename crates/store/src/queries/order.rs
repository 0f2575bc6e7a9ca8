//! Queries of orders and of the calls to back ends about them.
//!
//! Not here: the slot locks, which are columns of subscriptions. Invariant: work lists are indexed by due time.

macro_rules! order_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        OrderPut = concat!("INSERT INTO orders (shard, ", order_placed!(), ", held_at, ordered_by, stated_shipping, stated_tax_rate)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32)");
        /// An order belongs to the device in its row: a caller that names another device finds nothing.
        OrderOfDevice = concat!("SELECT ", order_columns!(), " FROM orders WHERE shard = $1 AND id = $2 AND device = $3");
        OrderDevice = "SELECT device FROM orders WHERE shard = $1 AND id = $2";
        /// The check of the caller and the read of the order in one statement.
        OrderForToken = concat!("SELECT ", order_impersonal!(), " FROM orders WHERE shard = $1 AND id = $2 AND device = $3 AND EXISTS
            (SELECT 1 FROM device d WHERE d.shard = $1 AND d.id = $3 AND d.deregistered_at IS NULL AND d.suspended_at IS NULL
            AND d.revoked = '' AND $4 = ", access_version!(), ")");
        OrderForUpdate = concat!("SELECT ", order_columns!(), " FROM orders
            WHERE shard = $1 AND id = $2 AND device = $3 /*pg FOR UPDATE */");
        /// An open order moves to the next registration of its unit. Its `eventInstanceId` still names the first one.
        OrderMoveToDevice = "UPDATE orders SET device = $4, named_device = COALESCE(named_device, device)
            WHERE shard = $1 AND id = $2 AND device = $3";
        OrderUpdate = "UPDATE orders SET state = $3, problem = $4, window_ends_at = $5, expected_at = $6, due_at = $7,
            approved_minor = $8, reported = $9, placed_at = $10, tracking = $11, held_for = $12, resumes_at = $13, reminded = $14,
            delivered_at = $15, carrier = $16, tracking_url = $17, shipping_minor = $18, tax_minor = $19, cancelled_by = $20,
            cancel_reason = $21, held_at = $22, approved_at = $23, shipped_at = $24, ended_at = $25, withdrawn_at = $26,
            withdrawal_reason = $27, returned_at = $28, refund_minor = $29, refunded_at = $30, claimed_until = NULL
            WHERE shard = $1 AND id = $2";
        OrderRecipient = "UPDATE orders SET customer_name = $3, customer_email = $4, ship_to = $5 WHERE shard = $1 AND id = $2";
        OrderItem = "UPDATE orders SET asin = $3, title = $4, quantity = $5, unit = $6, price_minor = $7, currency = $8,
            stated_shipping = $9, stated_tax_rate = $10
            WHERE shard = $1 AND id = $2";
        OrdersRecent = "SELECT COUNT(*) FROM orders /*lite INDEXED BY orders_device */
            WHERE shard = $1 AND device = $2 AND slot = $3 AND opened_at > $4 AND state IN ('placed', 'fulfilling', 'shipped', 'delivered')";
        OrdersOfDevice = concat!("SELECT ", order_columns!(), " FROM orders /*lite INDEXED BY orders_device */
            WHERE shard = $1 AND device = $2 AND id < $3 ORDER BY id DESC LIMIT $4");
        OrderShard = "SELECT shard, device FROM orders WHERE /*lite shard = 0 AND */ id = $1";
        /// Orders whose ids are in a range, as an order number gives it.
        OrdersBetween = "SELECT shard, id, device FROM orders WHERE /*lite shard = 0 AND */ id >= $1 AND id <= $2 ORDER BY id LIMIT $3";
        OrdersOpenOfCustomer = concat!("SELECT ", order_columns!(), " FROM
            (SELECT shard AS home, id AS own FROM device WHERE customer = $1) mine
            JOIN orders /*lite INDEXED BY orders_device */ ON shard = mine.home AND device = mine.own
            WHERE state IN ('held', 'placed', 'fulfilling', 'shipped') AND NOT test ORDER BY id LIMIT $2");
        /// A tracking number leads to the parcel's address, and a reason may name anybody.
        OrdersForgetPerson = "UPDATE orders /*lite INDEXED BY orders_device */
            SET customer_name = NULL, customer_email = NULL, ship_to = NULL, tracking = NULL, tracking_url = NULL,
            cancel_reason = NULL, withdrawal_reason = NULL WHERE
            /*pg (shard, device) IN (SELECT shard, id FROM device WHERE customer = $1) */
            /*lite shard = 0 AND device IN (SELECT id FROM device WHERE customer = $1) */";
        /// Removes the oldest of all ended orders, or of those whose customer was deleted. Ids begin with the time. An order
        /// about which the shop still has to be called stays.
        OrdersPurge = "DELETE FROM orders WHERE (shard, id) IN
            (SELECT shard, id FROM orders /*lite INDEXED BY orders_ended */
            WHERE state IN ('delivered', 'cancelled', 'expired') AND id < $1
            AND NOT EXISTS (SELECT 1 FROM fulfilment f
            WHERE f.shard = orders.shard AND f.id = orders.id AND f.due_at IS NOT NULL)
            ORDER BY id LIMIT $2) RETURNING shard, id";
        OrdersPurgeWithoutPerson = "DELETE FROM orders WHERE (shard, id) IN
            (SELECT shard, id FROM orders /*lite INDEXED BY orders_without_person */
            WHERE state IN ('delivered', 'cancelled', 'expired') AND customer_email IS NULL AND id < $1
            AND NOT EXISTS (SELECT 1 FROM fulfilment f
            WHERE f.shard = orders.shard AND f.id = orders.id AND f.due_at IS NOT NULL)
            ORDER BY id LIMIT $2) RETURNING shard, id";
        FulfilmentDelete = "DELETE FROM fulfilment WHERE shard = $1 AND id = $2";
        OrdersNewest = concat!("SELECT ", order_columns!(), " FROM orders /*lite WHERE shard = 0 */ ORDER BY id DESC LIMIT $1");
        OrdersOpen = concat!("SELECT ", order_columns!(), " FROM orders
            WHERE state IN ('held', 'placed', 'fulfilling', 'shipped') ORDER BY id LIMIT $1");
        /// Orders whose customers withdrew and wait for their money.
        OrdersWithdrawn = concat!("SELECT ", order_columns!(), " FROM orders
            WHERE withdrawn_at IS NOT NULL AND (refund_minor IS NULL OR refund_minor < price_minor) ORDER BY id LIMIT $1");
        OrdersDue = "SELECT shard, id FROM orders WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2";
        /// Due orders that no other node has claimed. Orders that one node takes are skipped by others without waiting.
        OrdersClaim = "UPDATE orders SET claimed_until = $3 WHERE (shard, id) IN
            (SELECT shard, id FROM orders WHERE due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $2)
            ORDER BY due_at, id LIMIT $4 /*pg FOR UPDATE SKIP LOCKED */) RETURNING shard, id";
        OrdersNextDue = "SELECT due_at FROM orders WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        /// A call that is open stays as it is; a watch becomes a request to place.
        FulfilmentPlace = "INSERT INTO fulfilment (shard, id, wanted, tries, due_at) VALUES ($1, $2, 'place', 0, $3)
            ON CONFLICT (shard, id) DO UPDATE SET wanted = excluded.wanted, tries = 0, due_at = excluded.due_at, error = NULL
            WHERE fulfilment.due_at IS NULL OR fulfilment.wanted = 'watch'";
        /// A request that was never made is not cancelled.
        FulfilmentCancel = "UPDATE fulfilment SET wanted = 'cancel', tries = 0, due_at = $3, error = NULL
            WHERE shard = $1 AND id = $2 AND wanted <> 'cancel'";
        /// A back end that never got the order, or is asked to cancel it, need not be informed of a withdrawal.
        FulfilmentWithdraw = "UPDATE fulfilment SET wanted = 'withdraw', tries = 0, due_at = $3, error = NULL
            WHERE shard = $1 AND id = $2 AND wanted NOT IN ('cancel', 'withdraw')";
        FulfilmentLease = "UPDATE fulfilment SET due_at = $2, tries = tries + 1 WHERE (shard, id) IN
            (SELECT shard, id FROM fulfilment WHERE due_at <= $1 ORDER BY due_at LIMIT $3 /*pg FOR UPDATE SKIP LOCKED */)
            RETURNING shard, id, wanted, tries, due_at, reference, begun_at";
        FulfilmentGet = "SELECT shard, id, wanted, tries, due_at, reference, begun_at FROM fulfilment
            WHERE shard = $1 AND id = $2 /*pg FOR UPDATE */";
        FulfilmentSet = "UPDATE fulfilment SET due_at = $3, error = $4 WHERE shard = $1 AND id = $2";
        FulfilmentWatch = "UPDATE fulfilment SET wanted = 'watch', tries = 0, due_at = $3, error = NULL
            WHERE shard = $1 AND id = $2";
        /// Only the node that still has the lease may record this.
        FulfilmentSetReference = "UPDATE fulfilment SET reference = $4, begun_at = $5
            WHERE shard = $1 AND id = $2 AND wanted = 'place' AND due_at = $3";
        FulfilmentBegin = "UPDATE fulfilment SET begun_at = COALESCE(begun_at, $4)
            WHERE shard = $1 AND id = $2 AND wanted = 'place' AND due_at = $3";
        FulfilmentByReference = "SELECT shard FROM fulfilment WHERE reference = $1 LIMIT 1";
        FulfilmentExpedite = "UPDATE fulfilment SET due_at = $2 WHERE reference = $1 AND wanted = 'watch' AND due_at > $2";
        FulfilmentWatched = "SELECT shard FROM fulfilment WHERE reference = $1 AND wanted = 'watch' AND due_at IS NOT NULL LIMIT 1";
        FulfilmentError = "SELECT error FROM fulfilment WHERE shard = $1 AND id = $2 AND error IS NOT NULL";
        FulfilmentNextDue = "SELECT due_at FROM fulfilment WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        OrdersOverdue = "SELECT COUNT(*), MIN(due_at) FROM
            (SELECT due_at FROM orders WHERE due_at <= $1 ORDER BY due_at LIMIT $2) waiting";
        OrdersHeld = "SELECT COUNT(*) FROM (SELECT problem FROM orders WHERE state = 'held' AND problem = $1 LIMIT $2) waiting";
        FulfilmentWaiting = "SELECT COUNT(*), MIN(due_at) FROM
            (SELECT due_at FROM fulfilment WHERE due_at <= $1 ORDER BY due_at LIMIT $2) waiting";
    ] $($rest)* } };
}
