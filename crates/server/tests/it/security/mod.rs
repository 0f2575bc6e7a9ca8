//! What the service is held to by RFCs and by OWASP's ASVS.

mod rewrap;
mod transport;
