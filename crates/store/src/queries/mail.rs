//! Queries of mails to customers.
//!
//! Not here: the texts of mails. Invariant: work lists are indexed by due time.

macro_rules! mail_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        MailPut = "INSERT INTO mail (shard, id, device, customer, at, kind, news, state, due_at, attempts, ended_at, reason,
            recipient) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
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
        /// SQLite reads the oldest mails, which ended first or will become dead soon.
        MailPurge = "DELETE FROM mail WHERE
            /*pg (shard, id) IN (SELECT shard, id FROM mail WHERE ended_at < $1 ORDER BY ended_at LIMIT $2) */
            /*lite rowid IN (SELECT came FROM (SELECT rowid came, ended_at FROM mail line ORDER BY rowid LIMIT $2) waiting
                WHERE ended_at < $1) */";
        MailsWaiting = "SELECT COUNT(*), MIN(due_at) FROM
            (SELECT due_at FROM mail WHERE due_at <= $1 ORDER BY due_at LIMIT $2) waiting";
    ] $($rest)* } };
}
