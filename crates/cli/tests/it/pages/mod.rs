//! Customer pages: teaser, settings, and hostile input to either.

mod brand;
mod design;
mod devices;
mod hostile;
mod languages;
mod levels;
mod missing;
mod ordering;
mod prices;
mod reader;
mod remove;
mod rules;
mod saved;
mod settings;
mod settings_guard;
mod teaser;
mod translations;
mod unlink;
