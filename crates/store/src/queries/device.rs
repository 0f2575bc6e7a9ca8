//! Queries of devices: units, registrations, subscriptions, rules and readings.
//!
//! Not here: orders. Invariant: a device call accesses the rows of one device by primary key.

macro_rules! device_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        DevicesSuspend = "UPDATE device SET suspended_at = $2 WHERE customer = $1 AND deregistered_at IS NULL";
        /// The serial becomes one that says nothing: the registration's id.
        DevicesForgetSerial = "UPDATE device SET serial = /*pg replace(id::text, '-', '') */ /*lite lower(hex(id)) */,
            name = NULL WHERE customer = $1";
        UnitGet = "SELECT device FROM unit WHERE shard = $1 AND model = $2 AND serial = $3 /*pg FOR UPDATE */";
        UnitPut = "INSERT INTO unit (shard, model, serial, device) VALUES ($1, $2, $3, $4)
            ON CONFLICT (shard, model, serial) DO NOTHING";
        UnitDelete = "DELETE FROM unit WHERE shard = $1 AND model = $2 AND serial = $3 AND device = $4";
        DevicePut = "INSERT INTO device (shard, id, model, serial, customer, directed_customer, client, test, registered_at, revoked)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')";
        DeviceById = concat!("SELECT ", device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.shard = $1 AND d.id = $2");
        DeviceNamed = concat!("SELECT ", named_device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.shard = $1 AND d.id = $2");
        /// The owner ($3) is compared, since a takeover may have ended the registration meanwhile.
        DeviceSetName = "UPDATE device SET name = $4 WHERE shard = $1 AND id = $2 AND customer = $3 AND deregistered_at IS NULL";
        DeviceFamilies = "SELECT revoked FROM device
            WHERE shard = $1 AND id = $2 AND deregistered_at IS NULL AND suspended_at IS NULL";
        DeviceForUpdate = concat!("SELECT ", device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.shard = $1 AND d.id = $2 /*pg FOR UPDATE OF d */");
        DeviceWithSlot = concat!("SELECT ", device_columns!(), ", s.id, ", access_version!(), " FROM device d JOIN model m ON m.id = d.model
            LEFT JOIN slot s ON s.model = d.model AND s.id = $3 WHERE d.shard = $1 AND d.id = $2");
        /// The same with an order's recipient. SQLite has device and customer ($4, $5) in one file. PostgreSQL may have
        /// them on two machines, where the recipient is a second query.
        DeviceForReplenish = concat!("SELECT ", device_columns!(), ", s.id,
            /*lite TRUE, c.name, c.email, c.address, */
            /*pg CASE WHEN $4::bigint IS NULL OR $5::uuid IS NULL THEN FALSE END, NULL::text, NULL::text, NULL::text, */ ",
            access_version!(), "
            FROM device d JOIN model m ON m.id = d.model
            LEFT JOIN slot s ON s.model = d.model AND s.id = $3
            /*lite LEFT JOIN customer c ON c.shard = $4 AND c.id = $5 */ WHERE d.shard = $1 AND d.id = $2");
        DevicesOfCustomer = concat!("SELECT ", named_device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND d.deregistered_at IS NULL ORDER BY d.registered_at LIMIT 200");
        DeviceRelink = "UPDATE device SET client = $3, test = $4 WHERE shard = $1 AND id = $2";
        DeviceEnd = "UPDATE device SET deregistered_at = $3 WHERE shard = $1 AND id = $2 AND deregistered_at IS NULL";
        DeviceRestore = "UPDATE device SET deregistered_at = NULL, suspended_at = NULL WHERE shard = $1 AND id = $2 AND deregistered_at IS NOT NULL";
        DeviceActive = "UPDATE device SET active_at = $3 WHERE shard = $1 AND id = $2 AND (active_at IS NULL OR active_at < $3)";
        /// The ended registrations of a unit by one customer, newest first. Only the last ones can have left an order
        /// open.
        DevicesBefore = "SELECT d.id FROM device d WHERE d.customer = $1 AND d.model = $2 AND d.serial = $3
            AND d.deregistered_at IS NOT NULL ORDER BY d.id DESC LIMIT $4";
        DeviceRevoke = "UPDATE device SET revoked = $3 WHERE shard = $1 AND id = $2";
        SubscriptionGet = concat!("SELECT ", subscription_columns!(), " FROM subscription
            WHERE shard = $1 AND device = $2 AND slot = $3 /*pg FOR UPDATE */");
        /// Takes a slot's lock for an order, if the slot reorders. Of two concurrent calls the second gets no row.
        SubscriptionTakeLock = "UPDATE subscription SET open_order = $4 WHERE shard = $1 AND device = $2 AND slot = $3
            AND active AND asin IS NOT NULL AND open_order IS NULL";
        /// The inputs of the decision about a slot's order, and the receivers to notify. A device's call needs no
        /// translations.
        OrderInputs = "SELECT p.asin, p.title, p.price_minor, p.currency, p.quantity, p.unit, p.available, p.sku, p.picture,
            p.shipping_minor, p.tax_rate, p.unit_content, p.unit_per, p.unit_of, CAST(NULL AS TEXT),
            (SELECT r.rules FROM rule r WHERE r.shard = $1 AND r.device = $2 AND r.slot = $3),
            (SELECT /*pg string_agg(line.id::text, ',') */ /*lite group_concat(hex(line.id)) */ FROM
                (SELECT t.id FROM client c JOIN topic t ON t.profile = c.profile
                WHERE c.id = $4 AND t.state = 'confirmed' ORDER BY t.id LIMIT 100) line),
            CASE WHEN s.agreed_asin = s.asin THEN s.agreed_asin END, s.agreed_minor, s.agreed_currency, s.agreed_at
            FROM subscription s LEFT JOIN product p ON p.asin = s.asin WHERE s.shard = $1 AND s.device = $2 AND s.slot = $3";
        SubscriptionsOfDevice = concat!("SELECT ", subscription_columns!(), " FROM subscription WHERE shard = $1 AND device = $2");
        /// Every slot of a device's model, with its subscription, and whether the device is valid.
        SlotsForDevice = concat!("SELECT s.id, u.active, u.asin, p.quantity, p.unit,
            d.deregistered_at IS NULL AND d.suspended_at IS NULL AND d.revoked = '', s.position, ", access_version!(), "
            FROM device d JOIN slot s ON s.model = d.model
            LEFT JOIN subscription u ON u.shard = d.shard AND u.device = d.id AND u.slot = s.id
            LEFT JOIN product p ON p.asin = u.asin WHERE d.shard = $1 AND d.id = $2");
        SubscriptionPut = "INSERT INTO subscription (shard, device, slot, asin, active, agreed_asin, agreed_minor, agreed_currency,
            agreed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (shard, device, slot) DO UPDATE SET
            asin = excluded.asin, active = excluded.active, agreed_asin = excluded.agreed_asin,
            agreed_minor = excluded.agreed_minor, agreed_currency = excluded.agreed_currency, agreed_at = excluded.agreed_at";
        /// Transfers a slot's lock to an order that the unit had open when it was linked again.
        SubscriptionTransferLock = "UPDATE subscription SET open_order = $4
            WHERE shard = $1 AND device = $2 AND slot = $3 AND open_order IS NULL";
        SubscriptionReleaseLock = "UPDATE subscription SET open_order = NULL
            WHERE shard = $1 AND device = $2 AND slot = $3 AND open_order = $4";
        ReadingPut = "INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        /// The check of the caller and the insert of the reading in one statement: the hot path. SQLite compares the
        /// version ($12) once a transaction. The slot is not joined: for many readings PostgreSQL, without statistics,
        /// would read all slots for each.
        ReadingInsertIfValid = concat!("INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
            SELECT d.shard, $2, d.id, $4, $5, $6, $7, $8, $9, $10, $11
            FROM device d WHERE d.shard = $1 AND d.id = $3 AND d.deregistered_at IS NULL AND d.suspended_at IS NULL AND d.revoked = ''
            AND (SELECT s.id FROM slot s WHERE s.model = d.model AND s.id = $4) IS NOT NULL
            /*pg AND $12 = ", access_version!(), " */");
        /// The insert alone. The cache knows that the device is registered and that its model has the slot. No device
        /// was ended, no slot was removed and no client or key was restricted since ($12). All of a set are written, or
        /// none.
        ReadingReportCached = "INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE $12 = (SELECT last FROM device_change WHERE id = 1)";
        DeviceChange = "SELECT last FROM device_change WHERE id = $1";
        ReadingsNewest = "SELECT r.id, d.serial, r.slot, r.at, r.remaining, r.original, r.on_hand, r.expected_at, r.last_use_at, r.odd
            FROM reading r JOIN device d ON d.shard = r.shard AND d.id = r.device
            ORDER BY r./*pg id */ /*lite rowid */ DESC LIMIT $1";
        /// The oldest readings, by the time in their ids; no two nodes take the same. As an array they are found first;
        /// a planner that takes the table for empty does not scan it to compare each row. SQLite keeps them in the
        /// order of arrival and reads at most as many as may be taken. Readings with a future time ($3), as from a
        /// clock that was corrected later, are taken too, since they would stay before all others.
        ReadingTake = "DELETE FROM reading WHERE
            /*pg id = ANY (ARRAY(SELECT id FROM reading WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED))
                AND $3::uuid IS NOT NULL */
            /*lite rowid IN (SELECT came FROM (SELECT rowid came, id FROM reading line ORDER BY rowid LIMIT $2) waiting
                WHERE id < $1 OR id > $3) */
            RETURNING shard, device, slot, at, remaining, original";
        ReadingDayPut = "INSERT INTO reading_day (shard, device, slot, day, count, lowest, highest, last_at, remaining, original)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (shard, device, slot, day) DO UPDATE SET
            count = reading_day.count + excluded.count,
            lowest = CASE WHEN excluded.lowest < reading_day.lowest THEN excluded.lowest ELSE reading_day.lowest END,
            highest = CASE WHEN excluded.highest > reading_day.highest THEN excluded.highest ELSE reading_day.highest END,
            remaining = CASE WHEN excluded.last_at < reading_day.last_at THEN reading_day.remaining ELSE excluded.remaining END,
            original = CASE WHEN excluded.last_at < reading_day.last_at THEN reading_day.original ELSE excluded.original END,
            last_at = CASE WHEN excluded.last_at < reading_day.last_at THEN reading_day.last_at ELSE excluded.last_at END";
        ReadingDaysNewest = "SELECT d.serial, r.device, r.slot, r.day, r.count, r.lowest, r.highest, r.last_at, r.remaining, r.original
            FROM reading_day r JOIN device d ON d.shard = r.shard AND d.id = r.device
            WHERE r.day <= $1 ORDER BY r.day DESC, r.device, r.slot LIMIT $2";
        ReadingDayPurge = "DELETE FROM reading_day WHERE (shard, device, slot, day) IN
            (SELECT shard, device, slot, day FROM reading_day WHERE day < $1 ORDER BY day LIMIT $2)";
        /// The readings after a cursor, in the order of ids. SQLite reads them in the order of arrival, and from the
        /// beginning if the cursor's reading ($1) is not at its place ($4) any more.
        ReadingsAfter = "SELECT /*pg 0::bigint */ /*lite rowid */, shard, device, slot, id, at, remaining, original, on_hand FROM reading WHERE
            /*pg id > $1 AND id <= $2 AND $4::bigint IS NOT NULL ORDER BY id */
            /*lite rowid > COALESCE((SELECT c.rowid FROM reading c WHERE c.rowid = $4 AND c.id = $1), 0) ORDER BY rowid */ LIMIT $3";
        LevelCursors = "SELECT pass, reading, place FROM level_cursor WHERE pass > 0 ORDER BY pass";
        /// Held until the transaction ends, so that one node at a time folds readings. Another node does not wait.
        LevelCursorLock = "SELECT pass FROM level_cursor WHERE pass = 1 /*pg FOR UPDATE SKIP LOCKED */";
        LevelCursorSet = "UPDATE level_cursor SET reading = $2, place = $3 WHERE pass = $1";
        LevelCursorsReset = "UPDATE level_cursor SET reading = $1, place = 0 WHERE pass > 0";
        LevelDayGet = "SELECT day, lowest, highest, last_at, last_reading, remaining, original, on_hand
            FROM level_day WHERE shard = $1 AND device = $2 AND slot = $3 AND day = $4";
        LevelDayPut = "INSERT INTO level_day (shard, device, slot, day, lowest, highest, last_at, last_reading, remaining, original, on_hand)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        LevelDaySet = "UPDATE level_day SET lowest = $5, highest = $6, last_at = $7, last_reading = $8, remaining = $9,
            original = $10, on_hand = $11 WHERE shard = $1 AND device = $2 AND slot = $3 AND day = $4";
        LevelDaysOfDevice = "SELECT shard, device, slot, day, lowest, highest, last_at, last_reading, remaining, original, on_hand
            FROM level_day WHERE shard = $1 AND device = $2 AND day >= $3 AND day <= $4 ORDER BY slot, day";
        LevelDayPurge = "DELETE FROM level_day WHERE (shard, device, slot, day) IN
            (SELECT shard, device, slot, day FROM level_day WHERE day < $1 ORDER BY day LIMIT $2)";
        RuleGet = "SELECT rules FROM rule WHERE shard = $1 AND device = $2 AND slot = $3";
        RulesOfDevice = "SELECT slot, rules FROM rule WHERE shard = $1 AND device = $2";
        RulePut = "INSERT INTO rule (shard, device, slot, rules) VALUES ($1, $2, $3, $4)
            ON CONFLICT (shard, device, slot) DO UPDATE SET rules = excluded.rules";
        SlotStatementGet = "SELECT slot, replaced_on, replaced_at, stock, stock_at FROM slot_statement
            WHERE shard = $1 AND device = $2 AND slot = $3";
        SlotStatementsOfDevice = "SELECT slot, replaced_on, replaced_at, stock, stock_at FROM slot_statement
            WHERE shard = $1 AND device = $2";
        SlotStatementPut = "INSERT INTO slot_statement (shard, device, slot, replaced_on, replaced_at, stock, stock_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (shard, device, slot) DO UPDATE SET
            replaced_on = excluded.replaced_on, replaced_at = excluded.replaced_at,
            stock = excluded.stock, stock_at = excluded.stock_at";
        SlotStatementDelete = "DELETE FROM slot_statement WHERE shard = $1 AND device = $2 AND slot = $3";
        SlotStatementsForget = "DELETE FROM slot_statement WHERE (shard, device) IN
            (SELECT shard, id FROM device WHERE customer = $1)";
        DeviceOfCustomer = concat!("SELECT ", named_device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND d.id = $2");
        UnitRead = "SELECT device FROM unit WHERE shard = $1 AND model = $2 AND serial = $3";
        DevicesOfMaker = concat!("SELECT ", named_device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND m.maker = $2 AND d.deregistered_at IS NULL ORDER BY d.registered_at, d.id LIMIT $3");
        DeviceRotationLock = "SELECT revoked, turns FROM device
            WHERE shard = $1 AND id = $2 AND deregistered_at IS NULL AND suspended_at IS NULL /*pg FOR UPDATE */";
        DeviceRotationSet = "UPDATE device SET revoked = $3, turns = $4 WHERE shard = $1 AND id = $2";
    ] $($rest)* } };
}
