//! Customer pages: teaser, settings, and what strangers write into either.

mod hostile;
mod settings;
mod settings_guard;
mod teaser;
