//! Every query, one text each. Columns in the order in which the noun's module reads them.
//!
//! Invariant: every query on a sharded table that a device call runs names the shard; nothing scans. SQLite has one
//! shard, 0: what lists the newest rows of all shards names it there, or its planner would read and sort the table. It
//! takes a shard for a few rows, too: where it would look through a shard in the order of ids, the index is named.

use crate::sql::queries;

macro_rules! device_columns {
    () => {
        "d.id, d.model, m.code, d.serial, m.maker, d.customer, d.directed_customer, d.client, d.test, d.registered_at,
     d.active_at, d.deregistered_at, d.revoked, d.suspended_at"
    };
}
macro_rules! client_columns {
    () => {
        "c.id, c.profile, p.maker, c.kind, c.secret_hash, c.redirect_uris, c.mode, c.former_secret_hash, c.state, c.generation"
    };
}
/// The version of all that decides which tokens are refused, as of the statement that asks.
macro_rules! access_version {
    () => {
        "(SELECT version FROM access_change WHERE id = 1)"
    };
}
/// What an order has for every caller.
macro_rules! order_facts { () => {
    "id, device, slot, asin, title, quantity, unit, price_minor, currency, test, state, problem, opened_at, window_ends_at,
     expected_at, due_at, approved_minor, backend, reported, placed_at, tracking, held_for, named_device"
} }
/// What is written of a new order.
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
macro_rules! order_columns {
    () => {
        concat!(order_placed!(), ", ", order_later!())
    };
}
/// The same without who it is for: a device's call needs nothing personal.
macro_rules! order_impersonal {
    () => {
        concat!(
            order_facts!(),
            ", CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT),
     resumes_at, ",
            order_later!()
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

macro_rules! mail_columns {
    () => {
        "shard, id, device, customer, at, news, state, due_at, attempts, ended_at, reason"
    };
}

queries! {
    /// A query; its text is [`Q::sql`].
    pub(crate) enum Query {
        // installation
        InstallationPut = "INSERT INTO installation (id, shards, master_check, created_at) VALUES (1, $1, $2, $3)
            ON CONFLICT (id) DO NOTHING";
        InstallationGet = "SELECT shards, master_check FROM installation WHERE id = 1";
        /// Held until the transaction ends: what is sealed in it is sealed with that key.
        MasterCheckHeld = "SELECT master_check FROM installation WHERE id = 1 /*pg FOR SHARE */";
        MasterCheckLock = "SELECT master_check FROM installation WHERE id = 1 /*pg FOR UPDATE */";
        MasterCheck = "SELECT master_check FROM installation WHERE id = 1";
        MasterCheckSet = "UPDATE installation SET master_check = $1 WHERE id = 1";
        DerivedKeys = "SELECT purpose, number, sealed, ends_at FROM derived_key ORDER BY purpose, number";
        DerivedKeysClear = "DELETE FROM derived_key";
        DerivedKeyPut = "INSERT INTO derived_key (purpose, number, sealed, ends_at) VALUES ($1, $2, $3, $4)";
        ClockGet = "SELECT clock_offset, clock_frozen_at FROM installation WHERE id = 1";
        ClockSet = "UPDATE installation SET clock_offset = $1, clock_frozen_at = $2 WHERE id = 1";
        // There is no such row: what is found out is whether the engine would write it.
        WriteProbe = "UPDATE installation SET clock_offset = clock_offset WHERE id = 0";
        TokenKeyPut = "INSERT INTO token_key (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        TokenKeys = "SELECT id, created_at, retired_at FROM token_key ORDER BY id";
        TokenKeyRetire = "UPDATE token_key SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
        AccessVersion = "SELECT version FROM access_change WHERE id = 1";
        AccessVersionSet = "UPDATE access_change SET version = $1 WHERE id = 1";
        ClientsRestricted = "SELECT id, state, generation FROM client /*lite INDEXED BY client_restricted */ WHERE generation > 0";

        // makers' side
        MakerByName = "SELECT id, name FROM maker WHERE name = $1";
        MakerById = "SELECT id, name FROM maker WHERE id = $1";
        MakerPut = "INSERT INTO maker (id, name) VALUES ($1, $2)";
        ProfileByName = "SELECT id, maker, name, privacy_url FROM profile WHERE maker = $1 AND name = $2";
        ProfileById = "SELECT id, maker, name, privacy_url FROM profile WHERE id = $1";
        ProfilePut = "INSERT INTO profile (id, maker, name, privacy_url) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, privacy_url = excluded.privacy_url";
        ClientById = concat!("SELECT ", client_columns!(), ", ", access_version!(),
            " FROM client c JOIN profile p ON p.id = c.profile WHERE c.id = $1");
        ClientForUpdate = concat!("SELECT ", client_columns!(), "
            FROM client c JOIN profile p ON p.id = c.profile WHERE c.id = $1 /*pg FOR UPDATE OF c */");
        ClientLastOrdinal = "SELECT ordinal FROM client WHERE profile = $1 AND kind = $2 ORDER BY ordinal DESC LIMIT 1";
        ClientPut = "INSERT INTO client (id, profile, kind, ordinal, secret_hash, redirect_uris, mode) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, redirect_uris = excluded.redirect_uris,
            mode = excluded.mode";
        ModelById = "SELECT id, maker, code, name, composite, live, takeover FROM model WHERE id = $1";
        ModelByCode = "SELECT id, maker, code, name, composite, live, takeover FROM model WHERE maker = $1 AND code = $2";
        ModelByComposite = "SELECT id, maker, code, name, composite, live, takeover FROM model WHERE composite = $1";
        ModelPut = "INSERT INTO model (id, maker, code, name, composite, live, takeover) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, live = excluded.live, composite = excluded.composite,
            takeover = excluded.takeover";
        SlotsOfModel = "SELECT id, name, unit, products FROM slot WHERE model = $1 ORDER BY position, id";
        SlotPut = "INSERT INTO slot (model, id, position, name, unit, products) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (model, id) DO UPDATE SET position = excluded.position, name = excluded.name, unit = excluded.unit,
            products = excluded.products";
        ProductByAsin = "SELECT asin, title, price_minor, currency, quantity, unit, available, sku FROM product WHERE asin = $1";
        ProductPut = "INSERT INTO product (asin, title, price_minor, currency, quantity, unit, available, sku)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (asin) DO UPDATE SET title = excluded.title,
            price_minor = excluded.price_minor, currency = excluded.currency, quantity = excluded.quantity,
            unit = excluded.unit, available = excluded.available, sku = excluded.sku";
        MakerAfter = "SELECT id, name FROM maker WHERE id > $1 ORDER BY id LIMIT $2";
        ProductAfter = "SELECT asin, title, price_minor, currency, quantity, unit, available, sku FROM product
            WHERE asin > $1 ORDER BY asin LIMIT $2";

        // what seeds wrote
        SeededGet = "SELECT record FROM seeded WHERE shard = $1 AND kind = $2 AND parent = $3 AND id = $4";
        SeededParts = "SELECT id, record FROM seeded WHERE shard = $1 AND kind = $2 AND parent = $3 ORDER BY id";
        SeededPut = "INSERT INTO seeded (shard, kind, parent, id, record) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (shard, kind, parent, id) DO UPDATE SET record = excluded.record";

        // customers' side
        CustomerById = "SELECT id, email, name, address, created_at, language FROM customer WHERE shard = $1 AND id = $2";
        CustomerPassword = "SELECT password_hash FROM customer WHERE shard = $1 AND id = $2";
        CustomerPasswordAt = "SELECT password_at FROM customer WHERE shard = $1 AND id = $2";
        /// In a sign-up it is held, so that nobody is blocked before the sign-up's end.
        CustomerAccess = "SELECT blocked_at, generation, password_at FROM customer WHERE shard = $1 AND id = $2";
        CustomerAccessLock = "SELECT blocked_at, generation, password_at FROM customer
            WHERE shard = $1 AND id = $2 /*pg FOR SHARE */";
        CustomerBlock = "UPDATE customer SET blocked_at = $3, generation = generation + 1
            WHERE shard = $1 AND id = $2 AND blocked_at IS NULL";
        CustomerUnblock = "UPDATE customer SET blocked_at = NULL WHERE shard = $1 AND id = $2 AND blocked_at IS NOT NULL";
        DevicesSuspend = "UPDATE device SET suspended_at = $2 WHERE customer = $1 AND deregistered_at IS NULL";
        CustomerPasswordChanged = "UPDATE customer SET password_at = $3 WHERE shard = $1 AND id = $2";
        CustomerPut = "INSERT INTO customer (shard, id, email, name, password_hash, address, created_at, language)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shard, id) DO UPDATE SET name = excluded.name,
            password_hash = excluded.password_hash, address = excluded.address, language = excluded.language";
        CustomerAddress = "UPDATE customer SET address = $3 WHERE shard = $1 AND id = $2";
        CustomerLanguage = "UPDATE customer SET language = $3 WHERE shard = $1 AND id = $2";
        CustomerIdByEmail = "SELECT customer FROM customer_email WHERE shard = $1 AND email = $2";
        CustomersFirst = "SELECT email, customer FROM customer_email ORDER BY email LIMIT $1";
        CustomerEmailsAfter = "SELECT email, customer FROM customer_email WHERE shard = $1 AND email > $2 ORDER BY email LIMIT $3";
        CustomerEmailPut = "INSERT INTO customer_email (shard, email, customer) VALUES ($1, $2, $3)";
        SessionPut = "INSERT INTO session (shard, id, customer, created_at, expires_at, generation) VALUES ($1, $2, $3, $4, $5, $6)";
        SessionById = "SELECT id, customer, created_at, expires_at, generation FROM session WHERE shard = $1 AND id = $2";
        SessionDelete = "DELETE FROM session WHERE shard = $1 AND id = $2";
        SessionPurge = "DELETE FROM session WHERE (shard, id) IN
            (SELECT shard, id FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
        ConsentGet = "SELECT scopes, revoked, mark, ending_at FROM consent
            WHERE shard = $1 AND customer = $2 AND profile = $3 /*pg FOR UPDATE */";
        ConsentRead = "SELECT scopes, revoked, mark, ending_at FROM consent WHERE shard = $1 AND customer = $2 AND profile = $3";
        /// It stands since it was granted, or granted anew after it was withdrawn.
        ConsentPut = "INSERT INTO consent (shard, customer, profile, scopes, granted_at, revoked) VALUES ($1, $2, $3, $4, $5, '')
            ON CONFLICT (shard, customer, profile) DO UPDATE SET scopes = excluded.scopes,
            granted_at = CASE WHEN consent.scopes = 0 THEN excluded.granted_at ELSE consent.granted_at END";
        ConsentRevoke = "UPDATE consent SET revoked = $4 WHERE shard = $1 AND customer = $2 AND profile = $3";
        SignupPut = "INSERT INTO signup (shard, id, session, request, consented, choices, expires_at, mark)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shard, id) DO UPDATE SET consented = excluded.consented,
            choices = excluded.choices, mark = excluded.mark";
        SignupGet = "SELECT id, session, request, consented, choices, expires_at, mark, finished FROM signup
            WHERE shard = $1 AND id = $2";
        SignupFinish = "UPDATE signup SET finished = TRUE WHERE shard = $1 AND id = $2 AND NOT finished";
        SignupDelete = "DELETE FROM signup WHERE shard = $1 AND id = $2";
        SignupPurge = "DELETE FROM signup WHERE (shard, id) IN
            (SELECT shard, id FROM signup WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
        TakeoverGet = "SELECT device, customer, state, answer_by, successor, consent FROM takeover
            WHERE shard = $1 AND device = $2 AND customer = $3";
        TakeoverLock = "SELECT device, customer, state, answer_by, successor, consent FROM takeover
            WHERE shard = $1 AND device = $2 AND customer = $3 /*pg FOR UPDATE */";
        TakeoverPut = "INSERT INTO takeover (shard, device, customer, state, answer_by, successor, consent)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (shard, device, customer) DO UPDATE SET state = excluded.state, answer_by = excluded.answer_by,
            successor = excluded.successor, consent = excluded.consent";
        TakeoverPurge = "DELETE FROM takeover WHERE (shard, device, customer) IN
            (SELECT shard, device, customer FROM takeover WHERE answer_by < $1 ORDER BY answer_by LIMIT $2)";
        TakeoverCountBegin = "INSERT INTO takeover_count (shard, customer, attempts) VALUES ($1, $2, '')
            ON CONFLICT (shard, customer) DO NOTHING";
        TakeoverCountLock = "SELECT attempts FROM takeover_count WHERE shard = $1 AND customer = $2 /*pg FOR UPDATE */";
        TakeoverCountSet = "UPDATE takeover_count SET attempts = $3 WHERE shard = $1 AND customer = $2";
        CodePut = "INSERT INTO code (shard, hash, device_shard, device, customer, client, redirect_uri, challenge, scopes, family,
            expires_at, generation, customer_generation)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        CodeGet = "SELECT hash, device_shard, device, customer, client, redirect_uri, challenge, scopes, family, expires_at, used_at,
            generation, customer_generation FROM code WHERE shard = $1 AND hash = $2 /*pg FOR UPDATE */";
        CodeMarkUsed = "UPDATE code SET used_at = $3 WHERE shard = $1 AND hash = $2";
        CodePurge = "DELETE FROM code WHERE (shard, hash) IN
            (SELECT shard, hash FROM code WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

        // devices' side
        UnitGet = "SELECT device FROM unit WHERE shard = $1 AND model = $2 AND serial = $3 /*pg FOR UPDATE */";
        UnitPut = "INSERT INTO unit (shard, model, serial, device) VALUES ($1, $2, $3, $4)
            ON CONFLICT (shard, model, serial) DO NOTHING";
        UnitDelete = "DELETE FROM unit WHERE shard = $1 AND model = $2 AND serial = $3 AND device = $4";
        DevicePut = "INSERT INTO device (shard, id, model, serial, customer, directed_customer, client, test, registered_at, revoked)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')";
        DeviceById = concat!("SELECT ", device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.shard = $1 AND d.id = $2");
        DeviceFamilies = "SELECT revoked FROM device
            WHERE shard = $1 AND id = $2 AND deregistered_at IS NULL AND suspended_at IS NULL";
        DeviceForUpdate = concat!("SELECT ", device_columns!(), " FROM device d JOIN model m ON m.id = d.model
            WHERE d.shard = $1 AND d.id = $2 /*pg FOR UPDATE OF d */");
        DeviceWithSlot = concat!("SELECT ", device_columns!(), ", s.id, ", access_version!(), " FROM device d JOIN model m ON m.id = d.model
            LEFT JOIN slot s ON s.model = d.model AND s.id = $3 WHERE d.shard = $1 AND d.id = $2");
        /// The same, and who an order is for: SQLite has device and customer ($4, $5) at hand; PostgreSQL may have them on two
        /// machines, where it is asked beside this.
        DeviceForReplenish = concat!("SELECT ", device_columns!(), ", s.id,
            /*lite TRUE, c.name, c.email, c.address, */
            /*pg CASE WHEN $4::bigint IS NULL OR $5::uuid IS NULL THEN FALSE END, NULL::text, NULL::text, NULL::text, */ ",
            access_version!(), "
            FROM device d JOIN model m ON m.id = d.model
            LEFT JOIN slot s ON s.model = d.model AND s.id = $3
            /*lite LEFT JOIN customer c ON c.shard = $4 AND c.id = $5 */ WHERE d.shard = $1 AND d.id = $2");
        CustomerRecipient = "SELECT name, email, address FROM customer WHERE shard = $1 AND id = $2";
        DevicesOfCustomer = concat!("SELECT ", device_columns!(), ", m.name FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND d.deregistered_at IS NULL ORDER BY d.registered_at LIMIT 200");
        DeviceRelink = "UPDATE device SET client = $3, test = $4 WHERE shard = $1 AND id = $2";
        DeviceEnd = "UPDATE device SET deregistered_at = $3 WHERE shard = $1 AND id = $2 AND deregistered_at IS NULL";
        DeviceRestore = "UPDATE device SET deregistered_at = NULL, suspended_at = NULL WHERE shard = $1 AND id = $2 AND deregistered_at IS NOT NULL";
        DeviceActive = "UPDATE device SET active_at = $3 WHERE shard = $1 AND id = $2 AND (active_at IS NULL OR active_at < $3)";
        /// The ended registrations of a unit by one customer, newest first: only the last ones can have left an order open.
        DevicesBefore = "SELECT d.id FROM device d WHERE d.customer = $1 AND d.model = $2 AND d.serial = $3
            AND d.deregistered_at IS NOT NULL ORDER BY d.id DESC LIMIT $4";
        DeviceRevoke = "UPDATE device SET revoked = $3 WHERE shard = $1 AND id = $2";
        SubscriptionGet = concat!("SELECT ", subscription_columns!(), " FROM subscription
            WHERE shard = $1 AND device = $2 AND slot = $3 /*pg FOR UPDATE */");
        /// The lock of a slot that orders, for an order: of two at once, the second is given nothing.
        SubscriptionTakeLock = "UPDATE subscription SET open_order = $4 WHERE shard = $1 AND device = $2 AND slot = $3
            AND active AND asin IS NOT NULL AND open_order IS NULL";
        /// What a slot's order is judged by, and who hears of it.
        OrderInputs = "SELECT p.asin, p.title, p.price_minor, p.currency, p.quantity, p.unit, p.available, p.sku,
            (SELECT r.rules FROM rule r WHERE r.shard = $1 AND r.device = $2 AND r.slot = $3),
            (SELECT /*pg string_agg(line.id::text, ',') */ /*lite group_concat(hex(line.id)) */ FROM
                (SELECT t.id FROM client c JOIN topic t ON t.profile = c.profile
                WHERE c.id = $4 AND t.state = 'confirmed' ORDER BY t.id LIMIT 100) line),
            CASE WHEN s.agreed_asin = s.asin THEN s.agreed_asin END, s.agreed_minor, s.agreed_currency, s.agreed_at
            FROM subscription s LEFT JOIN product p ON p.asin = s.asin WHERE s.shard = $1 AND s.device = $2 AND s.slot = $3";
        SubscriptionsOfDevice = concat!("SELECT ", subscription_columns!(), " FROM subscription WHERE shard = $1 AND device = $2");
        /// Every slot of a device's model, with what is chosen for it, and whether the device is in good standing.
        SlotsForDevice = concat!("SELECT s.id, u.active, u.asin, p.quantity, p.unit,
            d.deregistered_at IS NULL AND d.suspended_at IS NULL AND d.revoked = '', s.position, ", access_version!(), "
            FROM device d JOIN slot s ON s.model = d.model
            LEFT JOIN subscription u ON u.shard = d.shard AND u.device = d.id AND u.slot = s.id
            LEFT JOIN product p ON p.asin = u.asin WHERE d.shard = $1 AND d.id = $2");
        SubscriptionPut = "INSERT INTO subscription (shard, device, slot, asin, active, agreed_asin, agreed_minor, agreed_currency,
            agreed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (shard, device, slot) DO UPDATE SET
            asin = excluded.asin, active = excluded.active, agreed_asin = excluded.agreed_asin,
            agreed_minor = excluded.agreed_minor, agreed_currency = excluded.agreed_currency, agreed_at = excluded.agreed_at";
        /// The lock of a slot, for an order that its unit had open when it was linked again.
        SubscriptionTransferLock = "UPDATE subscription SET open_order = $4
            WHERE shard = $1 AND device = $2 AND slot = $3 AND open_order IS NULL";
        SubscriptionReleaseLock = "UPDATE subscription SET open_order = NULL
            WHERE shard = $1 AND device = $2 AND slot = $3 AND open_order = $4";
        ReadingPut = "INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        /// The check of the caller and the writing of the reading in one statement: the hot path. SQLite compares the version
        /// ($12) once a transaction. The slot is no part of a
        /// join: for many readings PostgreSQL, as long as it knows nothing of the tables, would read all slots for each.
        ReadingInsertIfValid = concat!("INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
            SELECT d.shard, $2, d.id, $4, $5, $6, $7, $8, $9, $10, $11
            FROM device d WHERE d.shard = $1 AND d.id = $3 AND d.deregistered_at IS NULL AND d.suspended_at IS NULL AND d.revoked = ''
            AND (SELECT s.id FROM slot s WHERE s.model = d.model AND s.id = $4) IS NOT NULL
            /*pg AND $12 = ", access_version!(), " */");
        /// The writing alone: the device is known to be registered, and its model to have the slot, and no device was ended,
        /// no slot taken away and no client or key ended since ($12). All of a set are written, or none.
        ReadingReportCached = "INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE $12 = (SELECT last FROM device_change WHERE id = 1)";
        DeviceChange = "SELECT last FROM device_change WHERE id = $1";
        ReadingsNewest = "SELECT r.id, d.serial, r.slot, r.at, r.remaining, r.original, r.on_hand, r.expected_at, r.last_use_at, r.odd
            FROM reading r JOIN device d ON d.shard = r.shard AND d.id = r.device
            ORDER BY r./*pg id */ /*lite rowid */ DESC LIMIT $1";
        /// The oldest, by the time that stands in their ids; no two nodes take the same. As an array they are found first, and
        /// a planner that knows the table as empty does not walk it to ask of each whether it is one of them. SQLite keeps them
        /// in the order in which they came, and looks at as many as may be taken; those of a time that is to come ($3), as a
        /// clock makes them that is put right later, go too, since they would stand before all others.
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
        OrderPut = concat!("INSERT INTO orders (shard, ", order_placed!(), ")
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28)");
        /// An order belongs to the device in its row: whoever names another device finds nothing.
        OrderOfDevice = concat!("SELECT ", order_columns!(), " FROM orders WHERE shard = $1 AND id = $2 AND device = $3");
        OrderDevice = "SELECT device FROM orders WHERE shard = $1 AND id = $2";
        /// The check of the caller and the reading of the order in one statement.
        OrderForToken = concat!("SELECT ", order_impersonal!(), " FROM orders WHERE shard = $1 AND id = $2 AND device = $3 AND EXISTS
            (SELECT 1 FROM device d WHERE d.shard = $1 AND d.id = $3 AND d.deregistered_at IS NULL AND d.suspended_at IS NULL
            AND d.revoked = '' AND $4 = ", access_version!(), ")");
        OrderForUpdate = concat!("SELECT ", order_columns!(), " FROM orders
            WHERE shard = $1 AND id = $2 AND device = $3 /*pg FOR UPDATE */");
        /// An open order moves to the next registration of its unit. Its `eventInstanceId` goes on naming the first one.
        OrderMoveToDevice = "UPDATE orders SET device = $4, named_device = COALESCE(named_device, device)
            WHERE shard = $1 AND id = $2 AND device = $3";
        OrderUpdate = "UPDATE orders SET state = $3, problem = $4, window_ends_at = $5, expected_at = $6, due_at = $7,
            approved_minor = $8, reported = $9, placed_at = $10, tracking = $11, held_for = $12, resumes_at = $13, reminded = $14,
            delivered_at = $15, carrier = $16, tracking_url = $17, shipping_minor = $18, tax_minor = $19, cancelled_by = $20,
            cancel_reason = $21, claimed_until = NULL
            WHERE shard = $1 AND id = $2";
        OrderRecipient = "UPDATE orders SET customer_name = $3, customer_email = $4, ship_to = $5 WHERE shard = $1 AND id = $2";
        OrderItem = "UPDATE orders SET asin = $3, title = $4, quantity = $5, unit = $6, price_minor = $7, currency = $8
            WHERE shard = $1 AND id = $2";
        OrdersRecent = "SELECT COUNT(*) FROM orders /*lite INDEXED BY orders_device */
            WHERE shard = $1 AND device = $2 AND slot = $3 AND opened_at > $4 AND state IN ('placed', 'fulfilling', 'shipped', 'delivered')";
        RuleGet = "SELECT rules FROM rule WHERE shard = $1 AND device = $2 AND slot = $3";
        RulesOfDevice = "SELECT slot, rules FROM rule WHERE shard = $1 AND device = $2";
        RulePut = "INSERT INTO rule (shard, device, slot, rules) VALUES ($1, $2, $3, $4)
            ON CONFLICT (shard, device, slot) DO UPDATE SET rules = excluded.rules";
        DeviceOfCustomer = concat!("SELECT ", device_columns!(), ", m.name FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND d.id = $2");
        OrdersOfDevice = concat!("SELECT ", order_columns!(), " FROM orders /*lite INDEXED BY orders_device */
            WHERE shard = $1 AND device = $2 ORDER BY id DESC LIMIT $3");
        OrderShard = "SELECT shard, device FROM orders WHERE /*lite shard = 0 AND */ id = $1";
        /// Those whose ids lie between two, as an order number says.
        OrdersBetween = "SELECT shard, id, device FROM orders WHERE /*lite shard = 0 AND */ id >= $1 AND id <= $2 ORDER BY id LIMIT $3";
        OrdersOpenOfCustomer = concat!("SELECT ", order_columns!(), " FROM
            (SELECT shard AS home, id AS own FROM device WHERE customer = $1) mine
            JOIN orders /*lite INDEXED BY orders_device */ ON shard = mine.home AND device = mine.own
            WHERE state IN ('held', 'placed', 'fulfilling', 'shipped') AND NOT test ORDER BY id LIMIT $2");
        OrdersNewest = concat!("SELECT ", order_columns!(), " FROM orders /*lite WHERE shard = 0 */ ORDER BY id DESC LIMIT $1");
        OrdersOpen = concat!("SELECT ", order_columns!(), " FROM orders
            WHERE state IN ('held', 'placed', 'fulfilling', 'shipped') ORDER BY id LIMIT $1");
        OrdersDue = "SELECT shard, id FROM orders WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2";
        /// Those that are due and no other node has: what one node takes, another passes over without waiting.
        OrdersClaim = "UPDATE orders SET claimed_until = $3 WHERE (shard, id) IN
            (SELECT shard, id FROM orders WHERE due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $2)
            ORDER BY due_at, id LIMIT $4 /*pg FOR UPDATE SKIP LOCKED */) RETURNING shard, id";
        OrdersNextDue = "SELECT due_at FROM orders WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        /// A call under way or waited for stays as it is; who only watches is asked.
        FulfilmentPlace = "INSERT INTO fulfilment (shard, id, wanted, tries, due_at) VALUES ($1, $2, 'place', 0, $3)
            ON CONFLICT (shard, id) DO UPDATE SET wanted = excluded.wanted, tries = 0, due_at = excluded.due_at, error = NULL
            WHERE fulfilment.due_at IS NULL OR fulfilment.wanted = 'watch'";
        /// What was never asked for is not given up.
        FulfilmentCancel = "UPDATE fulfilment SET wanted = 'cancel', tries = 0, due_at = $3, error = NULL
            WHERE shard = $1 AND id = $2 AND wanted <> 'cancel'";
        FulfilmentLease = "UPDATE fulfilment SET due_at = $2, tries = tries + 1 WHERE (shard, id) IN
            (SELECT shard, id FROM fulfilment WHERE due_at <= $1 ORDER BY due_at LIMIT $3 /*pg FOR UPDATE SKIP LOCKED */)
            RETURNING shard, id, wanted, tries, due_at, reference, begun_at";
        FulfilmentGet = "SELECT shard, id, wanted, tries, due_at, reference, begun_at FROM fulfilment
            WHERE shard = $1 AND id = $2 /*pg FOR UPDATE */";
        FulfilmentSet = "UPDATE fulfilment SET due_at = $3, error = $4 WHERE shard = $1 AND id = $2";
        FulfilmentWatch = "UPDATE fulfilment SET wanted = 'watch', tries = 0, due_at = $3, error = NULL
            WHERE shard = $1 AND id = $2";
        /// Only whoever still has the call may say so.
        FulfilmentSetReference = "UPDATE fulfilment SET reference = $4, begun_at = $5
            WHERE shard = $1 AND id = $2 AND wanted = 'place' AND due_at = $3";
        FulfilmentBegin = "UPDATE fulfilment SET begun_at = COALESCE(begun_at, $4)
            WHERE shard = $1 AND id = $2 AND wanted = 'place' AND due_at = $3";
        FulfilmentByReference = "SELECT shard FROM fulfilment WHERE reference = $1 LIMIT 1";
        FulfilmentExpedite = "UPDATE fulfilment SET due_at = $2 WHERE reference = $1 AND wanted = 'watch' AND due_at > $2";
        FulfilmentWatched = "SELECT shard FROM fulfilment WHERE reference = $1 AND wanted = 'watch' AND due_at IS NOT NULL LIMIT 1";
        FulfilmentError = "SELECT error FROM fulfilment WHERE shard = $1 AND id = $2 AND error IS NOT NULL";
        FulfilmentNextDue = "SELECT due_at FROM fulfilment WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        OutboxPut = "INSERT INTO outbox (shard, id, device, at, kind, event) VALUES ($1, $2, $3, $4, $5, $6)";
        OutboxBefore = "SELECT id, event FROM outbox WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3";
        OutboxById = "SELECT id, event FROM outbox WHERE shard = $1 AND id = $2";
        /// By the primary key of each shard: an index by id alone would cost every event something.
        OutboxFind = "SELECT o.shard FROM
            /*pg generate_series(0::bigint, $2::bigint - 1) s CROSS JOIN LATERAL
                (SELECT shard FROM outbox WHERE shard = s AND id = $1 LIMIT 1) o */
            /*lite outbox o WHERE o.shard = $2 - 1 AND o.id = $1 */ LIMIT 1";
        OutboxBetween = "SELECT shard, id, at FROM outbox WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT $4";
        OutboxPurge = "DELETE FROM outbox WHERE (shard, id) IN
            (SELECT shard, id FROM outbox WHERE at < $1 ORDER BY at LIMIT $2)";

        // receivers
        TopicPut = concat!("INSERT INTO topic (", topic_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
            $13, $14) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, state = excluded.state,
            signature = excluded.signature, raw = excluded.raw, policy = excluded.policy, token = excluded.token,
            token_ends_at = excluded.token_ends_at, secret = excluded.secret, secret_at = excluded.secret_at");
        TopicSealed = "UPDATE topic SET sealed = $2 WHERE id = $1";
        TopicDisable = "UPDATE topic SET state = 'disabled' WHERE id = $1";
        TopicById = concat!("SELECT ", topic_columns!(), " FROM topic WHERE id = $1 /*pg FOR UPDATE */");
        TopicRead = concat!("SELECT ", topic_columns!(), " FROM topic WHERE id = $1");
        TopicByArn = concat!("SELECT ", topic_columns!(), " FROM topic WHERE arn = $1");
        TopicBySubscription = concat!("SELECT ", topic_columns!(), " FROM topic WHERE subscription = $1");
        /// Who hears of a client's devices.
        TopicsOfClient = "SELECT t.id FROM client c JOIN topic t ON t.profile = c.profile
            WHERE c.id = $1 AND t.state = 'confirmed' ORDER BY t.id LIMIT 100";
        TopicsAll = concat!("SELECT ", topic_columns!(), " FROM topic WHERE id > $1 ORDER BY id LIMIT $2");
        SigningKeyPut = "INSERT INTO signing_key (id, name, certificate, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO NOTHING";
        SigningKeyNewest = "SELECT id, name, certificate, sealed, created_at FROM signing_key WHERE id > 0 ORDER BY id DESC LIMIT 1";
        SigningKeysAfter = "SELECT id, name, certificate, sealed, created_at FROM signing_key WHERE id > $1 ORDER BY id LIMIT $2";
        SigningKeySealed = "UPDATE signing_key SET sealed = $2 WHERE id = $1";
        SigningKeyByName = "SELECT certificate FROM signing_key WHERE name = $1";
        MessageVersionPut = "INSERT INTO model_message (model, kind, version) VALUES ($1, $2, $3)
            ON CONFLICT (model, kind) DO UPDATE SET version = excluded.version";
        MessageVersionGet = "SELECT version FROM model_message WHERE model = $1 AND kind = $2";
        DeliveryPut = concat!("INSERT INTO delivery (", delivery_columns!(), ")
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
        /// Due at once, unless an earlier message of its device is on its way to its receiver: found out by the statement that
        /// writes it, since commands side by side end messages and add others. Its place is behind the last of those: ids rise
        /// with the clock of whoever draws them, and clocks differ.
        DeliveryEnqueue = concat!("INSERT INTO delivery (", delivery_columns!(), ", place)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN line.ahead IS NULL THEN 'waiting' ELSE 'queued' END,
                CASE WHEN line.ahead IS NULL THEN CAST($8 AS BIGINT) END, 0, 0, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT),
                CAST(NULL AS TEXT), COALESCE(line.ahead, 0) + 1
            FROM (SELECT (SELECT place FROM delivery /*lite INDEXED BY delivery_in_line */
                WHERE shard = $1 AND topic = $3 AND device = $4 AND ended_at IS NULL ORDER BY place DESC LIMIT 1) AS ahead LIMIT 1) line");
        DeliveryById = concat!("SELECT ", delivery_columns!(), " FROM delivery WHERE shard = $1 AND id = $2 /*pg FOR UPDATE */");
        DeliveriesOfEvent = concat!("SELECT ", delivery_columns!(), " FROM delivery /*lite INDEXED BY delivery_of_event */
            WHERE shard = $1 AND event = $2 ORDER BY id");
        /// Where an event stands at each of its receivers.
        DeliveryStates = "SELECT state FROM delivery /*lite INDEXED BY delivery_of_event */ WHERE event = $1";
        /// What was given up, from the newest on and from the oldest on; a confirmation is of no event.
        DeliveryDeadBefore = "SELECT shard, id, event FROM delivery /*lite INDEXED BY delivery_dead */
            WHERE state = 'dead' AND event IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2";
        DeliveryDeadAfter = "SELECT shard, id, event FROM delivery /*lite INDEXED BY delivery_dead */
            WHERE state = 'dead' AND event IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
        /// What a receiver itself was asked is of no event.
        DeliveryLastConfirmation = concat!("SELECT ", delivery_columns!(), " FROM delivery /*lite INDEXED BY delivery_of_event */
            WHERE event IS NULL AND topic = $1 ORDER BY published_at DESC, id DESC LIMIT 1");
        DeliveryQueued = "SELECT id FROM delivery /*lite INDEXED BY delivery_in_line */
            WHERE shard = $1 AND topic = $2 AND device = $3 AND ended_at IS NULL AND state = 'queued' ORDER BY place, id LIMIT 1";
        /// The next receiver that anything is on its way to, and when its first message is due.
        DeliveryTopicAfter = "SELECT topic, due_at FROM delivery WHERE due_at IS NOT NULL AND topic > $1
            ORDER BY topic, due_at LIMIT 1";
        DeliveryClaim = concat!("UPDATE delivery SET state = 'sending', due_at = $3, attempts = attempts + 1, round = round + 1,
            began_at = coalesce(began_at, $2) WHERE (shard, id) IN
            (SELECT shard, id FROM delivery WHERE topic = $1 AND due_at <= $2 ORDER BY due_at LIMIT $4 /*pg FOR UPDATE SKIP LOCKED */)
            RETURNING ", delivery_columns!());
        DeliverySave = "UPDATE delivery SET state = $3, due_at = $4, began_at = $5, ended_at = $6, reason = $7, round = $8,
            published_at = $9 WHERE shard = $1 AND id = $2";
        DeliveryPurge = "DELETE FROM delivery WHERE (shard, id) IN
            (SELECT shard, id FROM delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)";
        AttemptPut = "INSERT INTO attempt (shard, delivery, number, at, took, status, problem, answer)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        AttemptsOf = "SELECT number, at, took, status, problem, answer FROM attempt WHERE shard = $1 AND delivery = $2
            ORDER BY number DESC LIMIT 100";
        AttemptPurge = "DELETE FROM attempt WHERE (shard, delivery, number) IN
            (SELECT shard, delivery, number FROM attempt WHERE at < $1 ORDER BY at LIMIT $2)";
        /// For a server of tests alone: everything of customers' devices.
        ForgetSession = "DELETE FROM session";
        ForgetConsent = "DELETE FROM consent";
        ForgetSignup = "DELETE FROM signup";
        ForgetCode = "DELETE FROM code";
        ForgetUnit = "DELETE FROM unit";
        ForgetDevice = "DELETE FROM device";
        ForgetSubscription = "DELETE FROM subscription";
        ForgetRule = "DELETE FROM rule";
        ForgetReading = "DELETE FROM reading";
        ForgetReadingDay = "DELETE FROM reading_day";
        ForgetOrders = "DELETE FROM orders";
        ForgetOutbox = "DELETE FROM outbox";
        ForgetDelivery = "DELETE FROM delivery";
        ForgetAttempt = "DELETE FROM attempt";
        ForgetFulfilment = "DELETE FROM fulfilment";
        ForgetMail = "DELETE FROM mail";
        ForgetTakeover = "DELETE FROM takeover";
        ForgetTakeoverCount = "DELETE FROM takeover_count";
        ModelAfter = "SELECT id, maker, code, name, composite, live, takeover FROM model WHERE id > $1 ORDER BY id LIMIT $2";
        ProfileAfter = "SELECT id, maker, name, privacy_url FROM profile WHERE id > $1 ORDER BY id LIMIT $2";
        UnitRead = "SELECT device FROM unit WHERE shard = $1 AND model = $2 AND serial = $3";

        // mail to customers
        MailPut = "INSERT INTO mail (shard, id, device, customer, at, kind, news, state, due_at, attempts, ended_at, reason)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        MailClaim = concat!("UPDATE mail SET state = 'sending', due_at = $2, attempts = attempts + 1 WHERE (shard, id) IN
            (SELECT shard, id FROM mail WHERE due_at <= $1 ORDER BY due_at LIMIT $3 /*pg FOR UPDATE SKIP LOCKED */)
            RETURNING ", mail_columns!());
        MailSave = "UPDATE mail SET state = $4, due_at = $5, ended_at = $6, reason = $7
            WHERE shard = $1 AND id = $2 AND attempts = $3 AND state = 'sending'";
        MailNextDue = "SELECT due_at FROM mail WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        MailRequeue = "UPDATE mail SET state = 'waiting', due_at = $3, attempts = 1, ended_at = NULL, reason = NULL
            WHERE shard = $1 AND id = $2 AND ended_at IS NOT NULL";
        MailDead = "SELECT shard, id FROM mail /*lite INDEXED BY mail_dead */
            WHERE state = 'dead' AND id > $2 AND ended_at >= $1 ORDER BY id LIMIT $3";
        MailNewestDead = concat!("SELECT ", mail_columns!(), " FROM mail /*lite INDEXED BY mail_dead */
            WHERE state = 'dead' AND id < $1 ORDER BY id DESC LIMIT $2");
        MailById = concat!("SELECT ", mail_columns!(), " FROM mail WHERE /*lite shard = 0 AND */ id = $1");
        MailNewest = concat!("SELECT ", mail_columns!(), " FROM mail /*lite WHERE shard = 0 */ ORDER BY id DESC LIMIT $1");
        /// SQLite looks at the oldest, which ended first, or will be given up before long.
        MailPurge = "DELETE FROM mail WHERE
            /*pg (shard, id) IN (SELECT shard, id FROM mail WHERE ended_at < $1 ORDER BY ended_at LIMIT $2) */
            /*lite rowid IN (SELECT came FROM (SELECT rowid came, ended_at FROM mail line ORDER BY rowid LIMIT $2) waiting
                WHERE ended_at < $1) */";

        // what waits, counted up to a limit
        OrdersOverdue = "SELECT COUNT(*), MIN(due_at) FROM
            (SELECT due_at FROM orders WHERE due_at <= $1 ORDER BY due_at LIMIT $2) waiting";
        OrdersHeld = "SELECT COUNT(*) FROM (SELECT problem FROM orders WHERE state = 'held' AND problem = $1 LIMIT $2) waiting";
        /// The index is named, since every delivery ever made has a shard and few are open.
        DeliveriesWaiting = "SELECT COUNT(*) FROM (SELECT id FROM delivery /*lite INDEXED BY delivery_in_line */
            WHERE ended_at IS NULL AND shard >= 0 LIMIT $1) waiting";
        MailsWaiting = "SELECT COUNT(*), MIN(due_at) FROM
            (SELECT due_at FROM mail WHERE due_at <= $1 ORDER BY due_at LIMIT $2) waiting";
        FulfilmentWaiting = "SELECT COUNT(*), MIN(due_at) FROM
            (SELECT due_at FROM fulfilment WHERE due_at <= $1 ORDER BY due_at LIMIT $2) waiting";

        // consents, withdrawn
        /// What was revoked one by one is dead with all the rest.
        ConsentWithdraw = "UPDATE consent SET scopes = 0, revoked = '', turns = '', mark = $4, ending_at = $5
            WHERE shard = $1 AND customer = $2 AND profile = $3";
        ConsentEnded = "UPDATE consent SET ending_at = NULL WHERE shard = $1 AND customer = $2 AND profile = $3 AND mark = $4";
        ConsentsEnding = "SELECT shard, customer, profile, mark FROM consent WHERE ending_at <= $1 ORDER BY ending_at LIMIT $2";
        ConsentsOfCustomer = "SELECT c.profile, p.name, m.name, c.scopes, c.granted_at FROM consent c
            JOIN profile p ON p.id = c.profile JOIN maker m ON m.id = p.maker
            WHERE c.shard = $1 AND c.customer = $2 AND c.scopes <> 0 ORDER BY c.granted_at, c.profile LIMIT 200";
        DevicesOfMaker = concat!("SELECT ", device_columns!(), ", m.name FROM device d JOIN model m ON m.id = d.model
            WHERE d.customer = $1 AND m.maker = $2 AND d.deregistered_at IS NULL ORDER BY d.registered_at, d.id LIMIT $3");

        // strict clients
        ClientsOfProfile = concat!("SELECT ", client_columns!(), "
            FROM client c JOIN profile p ON p.id = c.profile WHERE c.profile = $1 ORDER BY c.kind, c.ordinal");
        ClientMode = "UPDATE client SET mode = $2 WHERE id = $1";
        ClientAccess = "UPDATE client SET state = $2, generation = $3 WHERE id = $1";
        ClientSecrets = "UPDATE client SET secret_hash = $2, former_secret_hash = $3 WHERE id = $1";
        DeviceRotationLock = "SELECT revoked, turns FROM device
            WHERE shard = $1 AND id = $2 AND deregistered_at IS NULL AND suspended_at IS NULL /*pg FOR UPDATE */";
        DeviceRotationSet = "UPDATE device SET revoked = $3, turns = $4 WHERE shard = $1 AND id = $2";
        ConsentRotationLock = "SELECT scopes, revoked, mark, ending_at, turns FROM consent
            WHERE shard = $1 AND customer = $2 AND profile = $3 /*pg FOR UPDATE */";
        // prices that changed
        /// While nobody was notified yet, the first price stays: several changes are one.
        PriceChangePut = "INSERT INTO price_change (asin, before_minor, before_currency, changed_at, last_shard, last_device, last_slot)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (asin) DO UPDATE SET
            before_minor = CASE WHEN price_change.last_shard < 0 THEN price_change.before_minor ELSE excluded.before_minor END,
            before_currency = CASE WHEN price_change.last_shard < 0 THEN price_change.before_currency ELSE excluded.before_currency END,
            changed_at = excluded.changed_at, last_shard = excluded.last_shard, last_device = excluded.last_device,
            last_slot = excluded.last_slot";
        PriceChangeNext = "SELECT asin FROM price_change WHERE changed_at <= $1 ORDER BY changed_at LIMIT 1";
        PriceChangeGet = "SELECT before_minor, before_currency, last_shard, last_device, last_slot FROM price_change
            WHERE asin = $1 /*pg FOR UPDATE */";
        PriceChangeMove = "UPDATE price_change SET last_shard = $2, last_device = $3, last_slot = $4 WHERE asin = $1";
        PriceChangeDone = "DELETE FROM price_change WHERE asin = $1";
        /// Slots that reorder a product, in batches, with what their customers agreed to.
        SlotsOfProduct = "SELECT s.shard, s.slot, CASE WHEN s.agreed_asin = s.asin THEN s.agreed_asin END, s.agreed_minor,
            s.agreed_currency, s.agreed_at, r.rules, d.id, d.customer, d.test, COALESCE(d.deregistered_at, d.suspended_at)
            FROM subscription s JOIN device d ON d.shard = s.shard AND d.id = s.device
            LEFT JOIN rule r ON r.shard = s.shard AND r.device = s.device AND r.slot = s.slot
            WHERE s.asin = $1 AND s.active AND (s.shard, s.device, s.slot) > ($2, $3, $4)
            ORDER BY s.shard, s.device, s.slot LIMIT $5";
        ConsentRotationSet = "UPDATE consent SET revoked = $4, turns = $5 WHERE shard = $1 AND customer = $2 AND profile = $3";
    }
}

#[cfg(test)]
#[path = "queries_tests.rs"]
mod tests;
