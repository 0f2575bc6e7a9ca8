//! Checks every query against the rules: which ones name their shard, and which ones may not scan.

use super::Query;

/// Queries of tables with a few rows, and those that only a person at a shell runs.
const SCAN_ALLOWED: [&str; 5] = ["TokenKeys", "DerivedKeys", "CustomersFirst", "OrdersOpen", "OrdersWithdrawn"];

/// Queries without a condition other than their limit.
const NEWEST_QUERIES: [&str; 3] = ["ReadingsNewest", "OrdersNewest", "MailNewest"];

/// How SQLite finds the newest rows: from the end of an index, or of a table in the order of arrival.
const REVERSE_SCANS: [&str; 2] = ["(shard=?)", "SCAN r"];

/// Tables that are spread over shards.
fn sharded_tables() -> Vec<&'static str> {
    let tables =
        crate::migrate::postgres_texts().flat_map(str::lines).filter_map(|line| line.strip_prefix("CREATE TABLE "));
    tables.filter_map(|rest| rest.split_once(" (shard ")).map(|(name, _)| name).collect()
}

/// Work lists, purges, and queries for people: none is part of a device's or a client's call.
const CROSS_SHARD_QUERIES: [&str; 73] = [
    "AttemptPurge",
    "CodePurge",
    "ConsentsEnding",
    "CustomerNextDeletion",
    "CustomersFirst",
    "CustomersToDelete",
    "DeliveriesWaiting",
    "DeliveryClaim",
    "DeliveryDeadAfter",
    "DeliveryDeadBefore",
    "DeliveryLastConfirmation",
    "DeliveryPurge",
    "DeliveryStates",
    "DeliveryTopicAfter",
    "DeviceOfCustomer",
    "DevicesAfter",
    "DevicesBefore",
    "DevicesForgetSerial",
    "DevicesOfCustomer",
    "DevicesOfMaker",
    "DevicesSuspend",
    "ExportClaim",
    "ExportNextDue",
    "ExportsPurge",
    "FulfilmentByReference",
    "FulfilmentExpedite",
    "FulfilmentLease",
    "FulfilmentNextDue",
    "FulfilmentWaiting",
    "FulfilmentWatched",
    "LevelDayPurge",
    "MailById",
    "MailClaim",
    "MailDead",
    "MailNewest",
    "MailNewestDead",
    "MailNextDue",
    "MailPurge",
    "MailsOfCustomer",
    "MailsWaiting",
    "OrderShard",
    "OrdersBetween",
    "OrdersClaim",
    "OrdersDue",
    "OrdersForgetPerson",
    "OrdersHeld",
    "OrdersNewest",
    "OrdersNextDue",
    "OrdersOpen",
    "OrdersOpenOfCustomer",
    "OrdersOverdue",
    "OrdersPurge",
    "OrdersPurgeWithoutPerson",
    "OrdersWithdrawn",
    "OutboxBefore",
    "OutboxBetween",
    "OutboxFind",
    "OutboxPurge",
    "ReadingDayPurge",
    "ReadingDaysNewest",
    "ReadingTake",
    "ReadingsAfter",
    "ReadingsNewest",
    "SessionDeleteOthers",
    "SessionPurge",
    "SessionsAfter",
    "SessionsDelete",
    "SessionsOfCustomer",
    "SignupPurge",
    "SlotStatementsForget",
    "SlotsOfProduct",
    "TakeoverPurge",
    "TakeoversOfCustomer",
];

/// On a store whose shards are on several machines, such a statement runs on the machine that has the shard.
#[test]
fn every_hot_query_names_its_shard() {
    let (sharded, mut spread) = (sharded_tables(), Vec::new());
    assert!(sharded.contains(&"reading") && !sharded.contains(&"model"), "{sharded:?}");
    for sql in Query::ALL {
        let words: Vec<_> = sql.pg.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let after = |verb| words.windows(2).filter(move |pair| pair[0] == verb).map(|pair| pair[1]);
        let tables = ["FROM", "JOIN", "INTO", "UPDATE"].into_iter().flat_map(after);
        if !tables.into_iter().any(|table| sharded.contains(&table)) {
            continue;
        }
        let dense = sql.pg.split_whitespace().collect::<Vec<_>>().join(" ");
        let given = ["VALUES ($1, ", "SELECT $1, ", "SELECT d.shard, "].iter().any(|shard| dense.contains(shard));
        let inserted = dense.contains("(shard, ") && given;
        match dense.contains("shard = $1") || dense.starts_with("INSERT") && inserted {
            true => {
                assert!(!CROSS_SHARD_QUERIES.contains(&sql.name), "{} is in the list, but names its shard", sql.name);
            }
            // A server for tests is emptied in all shards.
            false if sql.name.starts_with("Forget") => {}
            false => spread.push(sql.name),
        }
    }
    spread.sort_unstable();
    assert_eq!(spread, CROSS_SHARD_QUERIES, "a query that a call runs must name the shard: WHERE shard = $1");
}

#[test]
fn no_query_scans_a_table_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let conn = crate::sqlite::open_writer(&folder.path().join("store.db")).unwrap();
    for sql in Query::ALL {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.lite)).unwrap();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // A subquery with a limit, or of parameters only, is no table.
            let limited = ["SCAN waiting", "SCAN line", "SCAN CONSTANT ROW"].contains(&step.as_str());
            // There is one shard, so a search by it alone reads everything.
            let walks = step.ends_with("(shard=?)") || step.starts_with("SCAN");
            let newest = NEWEST_QUERIES.contains(&sql.name) && REVERSE_SCANS.iter().any(|end| step.ends_with(end));
            assert!(
                !walks || limited || newest || SCAN_ALLOWED.contains(&sql.name),
                "{}: {step}; name the index",
                sql.name
            );
            assert!(!(step.contains("TEMP B-TREE") && NEWEST_QUERIES.contains(&sql.name)), "{} is sorted", sql.name);
        }
    }
}
