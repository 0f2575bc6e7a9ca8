//! Customer pages: teaser, settings, and hostile input to either.

mod brand;
mod design;
mod device_name;
mod devices;
mod duty_to_pay;
mod hostile;
mod languages;
mod levels;
mod missing;
mod order_history;
mod ordering;
mod price_parts;
mod prices;
mod reader;
mod remove;
mod rules;
mod saved;
mod settings;
mod settings_guard;
mod slot_statement;
mod teaser;
mod translated_names;
mod translations;
mod unlink;
mod zones;
