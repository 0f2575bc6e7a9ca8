//! Queries of notifications: events, receivers, deliveries, attempts and signing keys.
//!
//! Not here: mail. Invariant: work lists are indexed by due time.

macro_rules! notification_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        OutboxPut = "INSERT INTO outbox (shard, id, device, at, kind, event) VALUES ($1, $2, $3, $4, $5, $6)";
        OutboxBefore = "SELECT id, event FROM outbox WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3";
        OutboxById = "SELECT id, event FROM outbox WHERE shard = $1 AND id = $2";
        /// By the primary key in each shard: an index by id alone would slow down every event.
        OutboxFind = "SELECT o.shard FROM
            /*pg generate_series(0::bigint, $2::bigint - 1) s CROSS JOIN LATERAL
                (SELECT shard FROM outbox WHERE shard = s AND id = $1 LIMIT 1) o */
            /*lite outbox o WHERE o.shard = $2 - 1 AND o.id = $1 */ LIMIT 1";
        OutboxBetween = "SELECT shard, id, at FROM outbox WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT $4";
        OutboxPurge = "DELETE FROM outbox WHERE (shard, id) IN
            (SELECT shard, id FROM outbox WHERE at < $1 ORDER BY at LIMIT $2)";
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
        /// The receivers to notify about a client's devices.
        TopicsOfClient = "SELECT t.id FROM client c JOIN topic t ON t.profile = c.profile
            WHERE c.id = $1 AND t.state = 'confirmed' ORDER BY t.id LIMIT 100";
        TopicsAll = concat!("SELECT ", topic_columns!(), " FROM topic WHERE id > $1 ORDER BY id LIMIT $2");
        SigningKeyPut = "INSERT INTO signing_key (id, name, certificate, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO NOTHING";
        SigningKeyNewest = "SELECT id, name, certificate, sealed, created_at FROM signing_key WHERE id > 0 ORDER BY id DESC LIMIT 1";
        SigningKeysAfter = "SELECT id, name, certificate, sealed, created_at FROM signing_key WHERE id > $1 ORDER BY id LIMIT $2";
        SigningKeySealed = "UPDATE signing_key SET sealed = $2 WHERE id = $1";
        SigningKeyByName = "SELECT certificate FROM signing_key WHERE name = $1";
        DeliveryPut = concat!("INSERT INTO delivery (", delivery_columns!(), ")
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
        /// Due immediately, unless an earlier message of its device to its receiver is open. The statement that inserts
        /// the row checks this, because concurrent commands end messages and add others. Its position is after the last
        /// of those, since ids rise with the clock of the node that allocates them, and clocks differ.
        DeliveryEnqueue = concat!("INSERT INTO delivery (", delivery_columns!(), ", place)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN line.ahead IS NULL THEN 'waiting' ELSE 'queued' END,
                CASE WHEN line.ahead IS NULL THEN CAST($8 AS BIGINT) END, 0, 0, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT),
                CAST(NULL AS TEXT), COALESCE(line.ahead, 0) + 1
            FROM (SELECT (SELECT place FROM delivery /*lite INDEXED BY delivery_in_line */
                WHERE shard = $1 AND topic = $3 AND device = $4 AND ended_at IS NULL ORDER BY place DESC LIMIT 1) AS ahead LIMIT 1) line");
        DeliveryById = concat!("SELECT ", delivery_columns!(), " FROM delivery WHERE shard = $1 AND id = $2 /*pg FOR UPDATE */");
        DeliveriesOfEvent = concat!("SELECT ", delivery_columns!(), " FROM delivery /*lite INDEXED BY delivery_of_event */
            WHERE shard = $1 AND event = $2 ORDER BY id");
        /// The state of each delivery of an event.
        DeliveryStates = "SELECT state FROM delivery /*lite INDEXED BY delivery_of_event */ WHERE event = $1";
        /// Dead deliveries, newest first and oldest first. A confirmation has no event.
        DeliveryDeadBefore = "SELECT shard, id, event FROM delivery /*lite INDEXED BY delivery_dead */
            WHERE state = 'dead' AND event IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2";
        DeliveryDeadAfter = "SELECT shard, id, event FROM delivery /*lite INDEXED BY delivery_dead */
            WHERE state = 'dead' AND event IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
        /// Confirmations have no event.
        DeliveryLastConfirmation = concat!("SELECT ", delivery_columns!(), " FROM delivery /*lite INDEXED BY delivery_of_event */
            WHERE event IS NULL AND topic = $1 ORDER BY published_at DESC, id DESC LIMIT 1");
        DeliveryQueued = "SELECT id FROM delivery /*lite INDEXED BY delivery_in_line */
            WHERE shard = $1 AND topic = $2 AND device = $3 AND ended_at IS NULL AND state = 'queued' ORDER BY place, id LIMIT 1";
        /// The next receiver with open deliveries, and when its first one is due.
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
        /// The index is named, since every delivery ever made has a shard and few are open.
        DeliveriesWaiting = "SELECT COUNT(*) FROM (SELECT id FROM delivery /*lite INDEXED BY delivery_in_line */
            WHERE ended_at IS NULL AND shard >= 0 LIMIT $1) waiting";
    ] $($rest)* } };
}
