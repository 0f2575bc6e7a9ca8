//! Queries of exports: the export of a customer, its parts, and the rows that it holds.
//!
//! Invariant: each list goes on after the key that it ended with, so a long one is read in bounded steps.

macro_rules! export_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        ExportGet = concat!("SELECT ", export_columns!(), " FROM export WHERE shard = $1 AND customer = $2");
        ExportLock = concat!("SELECT ", export_columns!(), " FROM export WHERE shard = $1 AND customer = $2 /*pg FOR UPDATE */");
        ExportPut = concat!("INSERT INTO export (", export_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        ExportSave = "UPDATE export SET place = $3, step = $4, bytes = $5, due_at = $6, ready_at = $7, ends_at = $8
            WHERE shard = $1 AND customer = $2";
        ExportDelete = "DELETE FROM export WHERE shard = $1 AND customer = $2";
        ExportClaim = concat!("UPDATE export SET due_at = $2 WHERE (shard, customer) IN
            (SELECT shard, customer FROM export WHERE due_at <= $1 ORDER BY due_at LIMIT $3 /*pg FOR UPDATE SKIP LOCKED */)
            RETURNING ", export_columns!());
        ExportNextDue = "SELECT due_at FROM export WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        ExportsPurge = "DELETE FROM export WHERE (shard, customer) IN
            (SELECT shard, customer FROM export WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 /*pg FOR UPDATE SKIP LOCKED */)
            RETURNING shard, customer";
        ExportPartPut = "INSERT INTO export_part (shard, customer, file, number, content) VALUES ($1, $2, $3, $4, $5)";
        ExportPartAfter = "SELECT number, content FROM export_part
            WHERE shard = $1 AND customer = $2 AND file = $3 AND number > $4 ORDER BY number LIMIT 1";
        ExportFileDelete = "DELETE FROM export_part WHERE shard = $1 AND customer = $2 AND file = $3";
        ExportPartsDelete = "DELETE FROM export_part WHERE shard = $1 AND customer = $2";
        SessionsAfter = "SELECT id, customer, created_at, expires_at, generation, used_at, agent FROM session
            WHERE customer = $1 AND id > $2 ORDER BY id LIMIT $3";
        ConsentsAfter = "SELECT c.profile, p.name, m.name, c.scopes, c.granted_at FROM consent c
            JOIN profile p ON p.id = c.profile JOIN maker m ON m.id = p.maker
            WHERE c.shard = $1 AND c.customer = $2 AND c.profile > $3 ORDER BY c.profile LIMIT $4";
        TakeoverCountRead = "SELECT attempts FROM takeover_count WHERE shard = $1 AND customer = $2";
        TakeoversOfCustomer = "SELECT t.device, m.code, d.serial, t.state, t.answer_by FROM takeover t
            JOIN device d ON d.shard = t.shard AND d.id = t.device JOIN model m ON m.id = d.model
            WHERE t.customer = $1 AND t.device > $2 ORDER BY t.device LIMIT $3";
        TakeoversOfDevice = "SELECT device, customer, state, answer_by, successor, consent FROM takeover
            WHERE shard = $1 AND device = $2 AND customer > $3 ORDER BY customer LIMIT $4";
        DevicesAfter = concat!("SELECT ", named_device_columns!(), ", d.shard FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND d.id > $2 ORDER BY d.id LIMIT $3");
        LevelDaysAfter = "SELECT shard, device, slot, day, lowest, highest, last_at, last_reading, remaining, original, on_hand
            FROM level_day WHERE shard = $1 AND device = $2 AND (slot, day) > ($3, $4) ORDER BY slot, day LIMIT $5";
        ReadingDaysAfter = "SELECT '', device, slot, day, count, lowest, highest, last_at, remaining, original
            FROM reading_day WHERE shard = $1 AND device = $2 AND (slot, day) > ($3, $4) ORDER BY slot, day LIMIT $5";
        OrdersAfter = concat!("SELECT ", order_columns!(), ",
            (SELECT f.reference FROM fulfilment f WHERE f.shard = orders.shard AND f.id = orders.id)
            FROM orders /*lite INDEXED BY orders_device */ WHERE shard = $1 AND device = $2 AND id > $3 ORDER BY id LIMIT $4");
        MailsOfCustomer = concat!("SELECT ", mail_columns!(), " FROM mail /*lite INDEXED BY mail_customer */
            WHERE customer = $1 AND id > $2 AND ended_at IS NOT NULL ORDER BY id LIMIT $3");
        MailsToAddress = concat!("SELECT ", mail_columns!(), " FROM mail /*lite INDEXED BY mail_recipient */ WHERE shard = $1 AND
            /*pg recipient::json ->> 'email' */ /*lite json_extract(recipient, '$.email') */ = $2
            AND id > $3 AND recipient IS NOT NULL ORDER BY id LIMIT $4");
        /// The notifications that ended, each with its event and the app that got it.
        DeliveriesOfDevice = "SELECT d.id, d.device, p.name, m.name, d.published_at, d.version, d.state, d.ended_at, d.attempts, o.event
            FROM delivery d /*lite INDEXED BY delivery_of_device */
            LEFT JOIN topic t ON t.id = d.topic LEFT JOIN profile p ON p.id = t.profile LEFT JOIN maker m ON m.id = p.maker
            LEFT JOIN outbox o ON o.shard = d.shard AND o.id = d.event
            WHERE d.shard = $1 AND d.device = $2 AND d.id > $3 AND d.ended_at IS NOT NULL ORDER BY d.id LIMIT $4";
    ] $($rest)* } };
}
