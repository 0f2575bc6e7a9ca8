//! The beginning of a connection to a TLS listener.
//!
//! Invariant: plain HTTP is recognised by its first byte, which is a letter or a blank. The first byte of a TLS record
//! is neither.

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The protocol that the client speaks.
pub(crate) enum Handshake {
    /// TLS, after the handshake.
    Tls(Box<TlsStream<TcpStream>>),
    /// Plain HTTP.
    Plain(TcpStream),
}

/// Performs the TLS handshake, unless the client speaks plain HTTP.
pub(crate) async fn accept(stream: TcpStream, tls: TlsAcceptor) -> std::io::Result<Handshake> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    if first[0].is_ascii_alphabetic() || first[0].is_ascii_whitespace() {
        return Ok(Handshake::Plain(stream));
    }
    Ok(Handshake::Tls(Box::new(tls.accept(stream).await?)))
}
