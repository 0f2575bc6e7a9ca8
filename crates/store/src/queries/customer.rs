//! Queries of customers: sign-ins, consents, sign-ups, takeovers and authorization codes.
//!
//! Not here: the devices of customers. Invariant: what a call runs names the shard.

macro_rules! customer_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        CustomerById = "SELECT id, email, name, address, created_at, language, zone FROM customer WHERE shard = $1 AND id = $2";
        CustomerPassword = "SELECT password_hash FROM customer WHERE shard = $1 AND id = $2";
        CustomerPasswordAt = "SELECT password_at FROM customer WHERE shard = $1 AND id = $2";
        /// During a sign-up the row is locked, so that nobody blocks the customer before the sign-up ends.
        CustomerAccess = "SELECT blocked_at, generation, password_at FROM customer WHERE shard = $1 AND id = $2";
        CustomerAccessLock = "SELECT blocked_at, generation, password_at FROM customer
            WHERE shard = $1 AND id = $2 /*pg FOR SHARE */";
        CustomerBlock = "UPDATE customer SET blocked_at = $3, generation = generation + 1
            WHERE shard = $1 AND id = $2 AND blocked_at IS NULL";
        CustomerUnblock = "UPDATE customer SET blocked_at = NULL WHERE shard = $1 AND id = $2 AND blocked_at IS NOT NULL";
        CustomerCredentials = "SELECT email, password_at, generation, blocked_at, password_hash FROM customer
            WHERE shard = $1 AND id = $2";
        CustomerCredentialsLock = "SELECT email, password_at, generation, blocked_at, password_hash FROM customer
            WHERE shard = $1 AND id = $2 /*pg FOR UPDATE */";
        CustomerPasswordSet = "UPDATE customer SET password_hash = $3, password_at = $4 WHERE shard = $1 AND id = $2";
        CustomerDeletion = "SELECT delete_at FROM customer WHERE shard = $1 AND id = $2 AND delete_at IS NOT NULL";
        CustomerDeleteAt = "UPDATE customer SET delete_at = $3 WHERE shard = $1 AND id = $2";
        CustomerKeep = "UPDATE customer SET delete_at = NULL
            WHERE shard = $1 AND id = $2 AND delete_at IS NOT NULL AND blocked_at IS NULL";
        CustomersToDelete = "SELECT id FROM customer WHERE delete_at <= $1 ORDER BY delete_at LIMIT $2";
        CustomerNextDeletion = "SELECT delete_at FROM customer WHERE delete_at IS NOT NULL ORDER BY delete_at LIMIT 1";
        CustomerDelete = "DELETE FROM customer WHERE shard = $1 AND id = $2";
        ConsentsDelete = "DELETE FROM consent WHERE shard = $1 AND customer = $2";
        TakeoverCountDelete = "DELETE FROM takeover_count WHERE shard = $1 AND customer = $2";
        SessionsDelete = "DELETE FROM session WHERE customer = $1";
        SecondFactor = "SELECT salt, since, last_step FROM second_factor WHERE shard = $1 AND customer = $2";
        SecondFactorPut = "INSERT INTO second_factor (shard, customer, salt, since, last_step) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (shard, customer) DO NOTHING";
        /// A step is used once, whoever else uses the same code.
        SecondFactorStep = "UPDATE second_factor SET last_step = $4
            WHERE shard = $1 AND customer = $2 AND salt = $3 AND last_step < $4";
        SecondFactorDelete = "DELETE FROM second_factor WHERE shard = $1 AND customer = $2";
        RecoveryCodeCount = "SELECT COUNT(*) FROM recovery_code WHERE shard = $1 AND customer = $2";
        RecoveryCodePut = "INSERT INTO recovery_code (shard, customer, code) VALUES ($1, $2, $3)";
        RecoveryCodeTake = "DELETE FROM recovery_code WHERE shard = $1 AND customer = $2 AND code = $3";
        RecoveryCodesDelete = "DELETE FROM recovery_code WHERE shard = $1 AND customer = $2";
        IdentityCustomer = "SELECT customer FROM federated_identity WHERE shard = $1 AND digest = $2";
        /// One identity signs in one customer, whoever else links it at the same time.
        IdentityClaim = "INSERT INTO federated_identity (shard, digest, customer) VALUES ($1, $2, $3)
            ON CONFLICT (shard, digest) DO NOTHING";
        IdentityDelete = "DELETE FROM federated_identity WHERE shard = $1 AND digest = $2 AND customer = $3";
        CustomerIdentity = "SELECT identity_shard, digest, issuer, since FROM customer_identity
            WHERE shard = $1 AND customer = $2";
        CustomerIdentityPut = "INSERT INTO customer_identity (shard, customer, identity_shard, digest, issuer, since)
            VALUES ($1, $2, $3, $4, $5, $6)";
        CustomerIdentityDelete = "DELETE FROM customer_identity WHERE shard = $1 AND customer = $2";
        CustomerName = "UPDATE customer SET name = $3 WHERE shard = $1 AND id = $2";
        CustomerEmail = "UPDATE customer SET email = $3 WHERE shard = $1 AND id = $2";
        CustomerEmailDelete = "DELETE FROM customer_email WHERE shard = $1 AND email = $2 AND customer = $3";
        CustomerEmailClaim = "INSERT INTO customer_email (shard, email, customer) VALUES ($1, $2, $3)
            ON CONFLICT (shard, email) DO NOTHING";
        CustomerPasswordChanged = "UPDATE customer SET password_at = $3 WHERE shard = $1 AND id = $2";
        CustomerPut = "INSERT INTO customer (shard, id, email, name, password_hash, address, created_at, language)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shard, id) DO UPDATE SET name = excluded.name,
            password_hash = excluded.password_hash, address = excluded.address, language = excluded.language";
        CustomerAddress = "UPDATE customer SET address = $3 WHERE shard = $1 AND id = $2";
        CustomerZone = "UPDATE customer SET zone = $3 WHERE shard = $1 AND id = $2";
        CustomerLanguage = "UPDATE customer SET language = $3 WHERE shard = $1 AND id = $2";
        CustomerIdByEmail = "SELECT customer FROM customer_email WHERE shard = $1 AND email = $2";
        CustomersFirst = "SELECT email, customer FROM customer_email ORDER BY email LIMIT $1";
        CustomerEmailsAfter = "SELECT email, customer FROM customer_email WHERE shard = $1 AND email > $2 ORDER BY email LIMIT $3";
        CustomerEmailPut = "INSERT INTO customer_email (shard, email, customer) VALUES ($1, $2, $3)";
        SessionPut = "INSERT INTO session (shard, id, customer, created_at, expires_at, generation, used_at, agent)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        SessionById = "SELECT id, customer, created_at, expires_at, generation, used_at, agent FROM session
            WHERE shard = $1 AND id = $2";
        SessionsOfCustomer = "SELECT id, customer, created_at, expires_at, generation, used_at, agent FROM session
            WHERE customer = $1 ORDER BY created_at DESC, id LIMIT 200";
        SessionUsed = "UPDATE session SET used_at = $3 WHERE shard = $1 AND id = $2";
        SessionDeleteOwn = "DELETE FROM session WHERE shard = $1 AND id = $2 AND customer = $3";
        SessionDeleteOthers = "DELETE FROM session WHERE customer = $1 AND id <> $2";
        SessionDelete = "DELETE FROM session WHERE shard = $1 AND id = $2";
        SessionPurge = "DELETE FROM session WHERE (shard, id) IN
            (SELECT shard, id FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
        ConsentGet = "SELECT scopes, revoked, mark, ending_at FROM consent
            WHERE shard = $1 AND customer = $2 AND profile = $3 /*pg FOR UPDATE */";
        ConsentRead = "SELECT scopes, revoked, mark, ending_at FROM consent WHERE shard = $1 AND customer = $2 AND profile = $3";
        /// The consent dates from its first grant, or from the first grant after a withdrawal.
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
        CustomerRecipient = "SELECT name, email, address FROM customer WHERE shard = $1 AND id = $2";
        /// Token families that were revoked one by one end with all the rest.
        ConsentWithdraw = "UPDATE consent SET scopes = 0, revoked = '', turns = '', mark = $4, ending_at = $5
            WHERE shard = $1 AND customer = $2 AND profile = $3";
        ConsentEnded = "UPDATE consent SET ending_at = NULL WHERE shard = $1 AND customer = $2 AND profile = $3 AND mark = $4";
        ConsentsEnding = "SELECT shard, customer, profile, mark FROM consent WHERE ending_at <= $1 ORDER BY ending_at LIMIT $2";
        ConsentsOfCustomer = "SELECT c.profile, p.name, m.name, c.scopes, c.granted_at FROM consent c
            JOIN profile p ON p.id = c.profile JOIN maker m ON m.id = p.maker
            WHERE c.shard = $1 AND c.customer = $2 AND c.scopes <> 0 ORDER BY c.granted_at, c.profile LIMIT 200";
        ConsentRotationLock = "SELECT scopes, revoked, mark, ending_at, turns FROM consent
            WHERE shard = $1 AND customer = $2 AND profile = $3 /*pg FOR UPDATE */";
        ConsentRotationSet = "UPDATE consent SET revoked = $4, turns = $5 WHERE shard = $1 AND customer = $2 AND profile = $3";
    ] $($rest)* } };
}
