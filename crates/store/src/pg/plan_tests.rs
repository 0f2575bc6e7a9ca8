//! How PostgreSQL plans each statement, in its single and its bulk form, on tables without statistics.
//!
//! What it is: a test. Without statistics the planner takes a shard for one row, and every index for equally good. It
//! keeps such a plan until the first ANALYZE, and by then a new installation may be full. Invariant: a statement enters
//! an index by its first column, and not by the shard alone, so that it reads only the rows that it needs.

use super::connection::PLANNER_SETTINGS;
use super::{coalescer, connect_plain, parse_url};
use crate::migrate;
use crate::queries::Query;
use std::collections::HashMap;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Queries that may read an index from its end. Some list the newest or the first due rows up to a limit. Others read
/// tables or indexes of a few rows, or are run only by a person at a shell.
const INDEX_WALK_ALLOWED: [&str; 16] = [
    "ClientsRestricted",
    "CustomerNextDeletion",
    "CustomersFirst",
    "DeliveriesWaiting",
    "DerivedKeys",
    "DerivedKeysClear",
    "ExportNextDue",
    "FulfilmentNextDue",
    "MailNewest",
    "MailNextDue",
    "OrdersNewest",
    "OrdersNextDue",
    "OrdersOpen",
    "OrdersWithdrawn",
    "ReadingsNewest",
    "TokenKeys",
];

#[tokio::test]
async fn every_statement_enters_an_index_by_its_first_column() {
    let cluster = std::env::var("OPENDRS_TEST_POSTGRES").expect("OPENDRS_TEST_POSTGRES: run `cargo xtask test`");
    let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
    let name = format!("plans_{}", std::process::id());
    let shell = connect_plain(&parse_url(&cluster).unwrap()).await.unwrap();
    shell.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
    shell.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let mut client = connect_plain(&parse_url(&format!("{server}/{name}")).unwrap()).await.unwrap();
    migrate::migrate_postgres(&mut client).await.unwrap();
    client.batch_execute(PLANNER_SETTINGS).await.unwrap();

    let first = first_index_columns(&client).await;
    let ones = Query::ALL.iter().filter(|sql| !sql.name.starts_with("Forget"));
    let mut texts: Vec<_> = ones.map(|sql| (sql.name.to_owned(), sql.pg.to_owned())).collect();
    for q in coalescer::COALESCED_QUERIES {
        let one = client.prepare(q.sql().pg).await.unwrap();
        texts.push((format!("{} for many", q.sql().name), coalescer::coalesced_sql(*q, &one).unwrap().sql));
    }
    let (mut walking, mut plans) = (Vec::new(), String::new());
    for (name, text) in &texts {
        let plan = explain_plan(&client, text).await;
        if walks_index(&plan, &first) {
            plans += &format!("{name}\n  {}\n", plan.join("\n  "));
            walking.push(name);
        }
    }
    walking.sort_unstable();
    assert_eq!(walking, INDEX_WALK_ALLOWED, "\n{plans}");
    shell.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
}

/// The first column of each index.
async fn first_index_columns(client: &Client) -> HashMap<String, String> {
    let sql = "SELECT i.relname::text, a.attname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]";
    client.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The lines of a statement's generic plan.
async fn explain_plan(client: &Client, sql: &str) -> Vec<String> {
    let parameters = client.prepare(sql).await.unwrap().params().len();
    let nulls = if parameters == 0 { String::new() } else { format!("({})", vec!["NULL"; parameters].join(", ")) };
    let text = format!("PREPARE asked AS {sql}; EXPLAIN (COSTS off) EXECUTE asked{nulls}; DEALLOCATE asked");
    let lines = client.simple_query(&text).await.unwrap().into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    lines.collect()
}

/// Whether any step reads rows beyond its condition: without a condition, by the shard alone, or by later columns of an
/// index.
fn walks_index(plan: &[String], first: &HashMap<String, String>) -> bool {
    plan.iter().enumerate().any(|(n, line)| {
        let Some((_, index)) = line.split_once(" using ") else { return line.contains("Seq Scan") };
        let column = &first[index.split(' ').next().unwrap_or_default()];
        let condition = plan.get(n + 1).and_then(|line| line.trim().strip_prefix("Index Cond: ")).unwrap_or_default();
        let by_shard = column == "shard" && !condition.contains(" AND ");
        by_shard || ![" ", ","].iter().any(|end| condition.contains(&format!("({column}{end}")))
    })
}
