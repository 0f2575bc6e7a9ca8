//! The checks of recorded answers against the rows of the store.
//!
//! Invariant: every finding names the answer and the rows that differ; none depends on timing.

use crate::ledger::RecordedAnswers;
use crate::store::{ObservedOrder, ObservedRows};
use opendrs_domain::order::OrderState;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The rank of a state in the course of an order; final states are highest.
fn state_rank(state: &str) -> Result<u8, String> {
    let state = OrderState::parse(state).ok_or_else(|| format!("an order is {state}"))?;
    Ok(match state {
        OrderState::Held => 0,
        OrderState::Placed => 1,
        OrderState::Fulfilling => 2,
        OrderState::Shipped => 3,
        OrderState::Delivered | OrderState::Cancelled | OrderState::Expired => 4,
    })
}

/// Checks all recorded answers against all rows.
pub fn check_all(answers: &RecordedAnswers, rows: &ObservedRows) -> Result<(), String> {
    check_readings(answers, rows)?;
    let orders: HashMap<&str, &ObservedOrder> = rows.orders.iter().map(|row| (row.instance.as_str(), row)).collect();
    check_answered_orders(answers, &orders)?;
    check_slot_locks(rows)?;
    check_placed_once(answers, rows)?;
    check_events(rows)
}

fn check_readings(answers: &RecordedAnswers, rows: &ObservedRows) -> Result<(), String> {
    let mut there = BTreeSet::new();
    if let Some((serial, n)) = rows.readings.iter().find(|reading| !there.insert(*reading)) {
        return Err(format!("TWICE: reading {n} of {serial} was sent once and is there twice"));
    }
    match answers.readings.iter().find(|reading| !there.contains(reading)) {
        Some((serial, n)) => Err(format!("LOST: reading {n} of {serial} was answered and is not there")),
        None => Ok(()),
    }
}

fn check_answered_orders(answers: &RecordedAnswers, orders: &HashMap<&str, &ObservedOrder>) -> Result<(), String> {
    let state = |instance: &str| {
        let row =
            orders.get(instance).ok_or_else(|| format!("LOST: order {instance} was answered and is not there"))?;
        Ok::<_, String>(row.state.as_str())
    };
    for instance in &answers.known_orders {
        state(instance)?;
    }
    for instance in &answers.ended_orders {
        let state = state(instance)?;
        if state_rank(state)? < 4 {
            return Err(format!("LOST: order {instance} was answered to be cancelled and is {state}"));
        }
    }
    for (instance, reached) in &answers.order_states {
        let state = state(instance)?;
        if state_rank(state)? < state_rank(reached)? {
            return Err(format!("LOST: order {instance} was answered to be {reached} and is {state}"));
        }
    }
    Ok(())
}

/// A slot has at most one open order, and its slot lock names that order.
fn check_slot_locks(rows: &ObservedRows) -> Result<(), String> {
    let mut open: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for row in &rows.orders {
        if state_rank(&row.state)? < 4 {
            open.entry((&row.serial, &row.slot)).or_default().push(&row.instance);
        }
    }
    let mut held: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (serial, slot, instance) in &rows.locks {
        held.entry((serial, slot)).or_default().push(instance);
    }
    if let Some((slot, orders)) = open.iter().find(|(_, orders)| orders.len() > 1) {
        return Err(format!("TWICE: slot {slot:?} has open orders {orders:?}"));
    }
    if open != held {
        return Err(format!("BROKEN: open orders {open:?} and locks {held:?} differ"));
    }
    Ok(())
}

/// A slot has at least the orders that were answered as placed. It has at most as many more as there were unanswered
/// calls.
fn check_placed_once(answers: &RecordedAnswers, rows: &ObservedRows) -> Result<(), String> {
    let mut there: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &rows.orders {
        *there.entry((row.serial.clone(), row.slot.clone())).or_default() += 1;
    }
    for (slot, there) in there {
        let placed = answers.placed_orders.get(&slot).map_or(0, BTreeSet::len);
        let unknown = answers.unanswered.get(&slot).copied().unwrap_or_default();
        if there < placed || there > placed + unknown {
            return Err(format!(
                "TWICE: slot {slot:?} has {there} orders; {placed} were answered and {unknown} calls got no answer"
            ));
        }
    }
    Ok(())
}

/// Each change of an order has exactly one event, and each event has its change.
fn check_events(rows: &ObservedRows) -> Result<(), String> {
    let mut answers: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (kind, instance) in &rows.events {
        *answers.entry((kind, instance)).or_default() += 1;
    }
    let mut wanted = BTreeMap::new();
    for row in &rows.orders {
        // No order of this load is ever held, so every order was placed.
        wanted.insert(("Placed", row.instance.as_str()), 1);
        match OrderState::parse(&row.state) {
            Some(OrderState::Shipped | OrderState::Delivered) => drop(wanted.insert(("Shipped", &row.instance), 1)),
            Some(OrderState::Cancelled) => drop(wanted.insert(("Cancelled", &row.instance), 1)),
            _ => {}
        }
    }
    let differ = |(key, count): (&(&str, &str), &usize)| wanted.get(key) != Some(count);
    if let Some((event, count)) = answers.iter().find(|(key, count)| differ((key, count))) {
        return Err(format!("EVENT: {event:?} was pushed {count} times, against {:?}", wanted.get(event)));
    }
    match wanted.keys().find(|key| !answers.contains_key(*key)) {
        Some(event) => Err(format!("EVENT: {event:?} was not pushed")),
        None => Ok(()),
    }
}
