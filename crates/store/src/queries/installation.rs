//! Queries of the installation: its row, its keys, seed records, and the reset of a server for tests.
//!
//! Not here: queries that a call runs. Invariant: `Forget...` empties whole tables and runs on servers for tests only.

macro_rules! installation_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        InstallationPut = "INSERT INTO installation (id, shards, master_check, created_at) VALUES (1, $1, $2, $3)
            ON CONFLICT (id) DO NOTHING";
        InstallationGet = "SELECT shards, master_check FROM installation WHERE id = 1";
        /// Locked until the transaction ends, so that all data sealed in it is sealed with that key.
        MasterCheckHeld = "SELECT master_check FROM installation WHERE id = 1 /*pg FOR SHARE */";
        MasterCheckLock = "SELECT master_check FROM installation WHERE id = 1 /*pg FOR UPDATE */";
        MasterCheck = "SELECT master_check FROM installation WHERE id = 1";
        MasterCheckSet = "UPDATE installation SET master_check = $1 WHERE id = 1";
        DerivedKeys = "SELECT purpose, number, sealed, ends_at FROM derived_key ORDER BY purpose, number";
        DerivedKeysClear = "DELETE FROM derived_key";
        DerivedKeyPut = "INSERT INTO derived_key (purpose, number, sealed, ends_at) VALUES ($1, $2, $3, $4)";
        ClockGet = "SELECT clock_offset, clock_frozen_at FROM installation WHERE id = 1";
        ClockSet = "UPDATE installation SET clock_offset = $1, clock_frozen_at = $2 WHERE id = 1";
        // There is no such row: the statement only tests whether the engine would write it.
        WriteProbe = "UPDATE installation SET clock_offset = clock_offset WHERE id = 0";
        WriteProbeRow = "UPDATE installation SET clock_offset = clock_offset WHERE id = 1";
        TokenKeyPut = "INSERT INTO token_key (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        TokenKeys = "SELECT id, created_at, retired_at FROM token_key ORDER BY id";
        TokenKeyRetire = "UPDATE token_key SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
        AccessVersion = "SELECT version FROM access_change WHERE id = 1";
        AccessVersionSet = "UPDATE access_change SET version = $1 WHERE id = 1";
        SeededGet = "SELECT record FROM seeded WHERE shard = $1 AND kind = $2 AND parent = $3 AND id = $4";
        SeededParts = "SELECT id, record FROM seeded WHERE shard = $1 AND kind = $2 AND parent = $3 ORDER BY id";
        SeededPut = "INSERT INTO seeded (shard, kind, parent, id, record) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (shard, kind, parent, id) DO UPDATE SET record = excluded.record";
        /// For a server for tests only: removes all data of customers' devices.
        ForgetSession = "DELETE FROM session";
        ForgetSecondFactor = "DELETE FROM second_factor";
        ForgetRecoveryCode = "DELETE FROM recovery_code";
        ForgetIdentity = "DELETE FROM federated_identity";
        ForgetCustomerIdentity = "DELETE FROM customer_identity";
        ForgetConsent = "DELETE FROM consent";
        ForgetSignup = "DELETE FROM signup";
        ForgetCode = "DELETE FROM code";
        ForgetUnit = "DELETE FROM unit";
        ForgetDevice = "DELETE FROM device";
        ForgetSubscription = "DELETE FROM subscription";
        ForgetRule = "DELETE FROM rule";
        ForgetReading = "DELETE FROM reading";
        ForgetReadingDay = "DELETE FROM reading_day";
        ForgetLevelDay = "DELETE FROM level_day";
        ForgetOrders = "DELETE FROM orders";
        ForgetOutbox = "DELETE FROM outbox";
        ForgetDelivery = "DELETE FROM delivery";
        ForgetAttempt = "DELETE FROM attempt";
        ForgetFulfilment = "DELETE FROM fulfilment";
        ForgetMail = "DELETE FROM mail";
        ForgetTakeover = "DELETE FROM takeover";
        ForgetTakeoverCount = "DELETE FROM takeover_count";
        ForgetExport = "DELETE FROM export";
        ForgetExportPart = "DELETE FROM export_part";
    ] $($rest)* } };
}
