//! Tests of creating, keeping and replacing certificates. Other tests perform handshakes on sockets.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

fn at(days: i64) -> Time {
    Time::from_secs(1_800_000_000) + Span::from_hours(days * 24)
}

/// Writes a certificate for a name, and its key.
fn write_pair(folder: &Path, name: &str) -> CertificateSource {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let source = CertificateSource::Files { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    source
}

fn served_certificate(tls: &ListenerTls) -> CertificateDer<'static> {
    tls.resolver.0.load().cert[0].clone()
}

#[test]
fn files_are_read_again_when_they_are_others_and_only_as_a_pair() {
    let folder = tempfile::tempdir().unwrap();
    let tls = ListenerTls::open(write_pair(folder.path(), "one.example"), at(0)).unwrap();
    let one = served_certificate(&tls);
    assert_eq!((tls.reload_if_changed(at(1)), served_certificate(&tls) == one), (Ok(false), true));

    write_pair(folder.path(), "two.example");
    let key = std::fs::read(folder.path().join("key.pem")).unwrap();
    std::fs::write(folder.path().join("key.pem"), "half a ke").unwrap();
    let why = tls.reload_if_changed(at(1)).unwrap_err();
    assert!(why.starts_with("tls.key_file ") && why.contains("key.pem") && served_certificate(&tls) == one, "{why}");
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    assert_eq!((tls.reload_if_changed(at(1)), served_certificate(&tls) == one), (Ok(true), false));
    assert_eq!(tls.reload_if_changed(at(1)), Ok(false));
}

#[test]
fn what_cannot_be_shown_is_refused_with_the_setting_at_fault() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |source: CertificateSource| ListenerTls::open(source, at(0)).err().unwrap();
    let good = write_pair(folder.path(), "one.example");
    let other = tempfile::tempdir().unwrap();
    let CertificateSource::Files { key, .. } = write_pair(other.path(), "two.example") else { unreachable!() };
    let CertificateSource::Files { certificate, .. } = good else { unreachable!() };
    let why = refused(CertificateSource::Files { certificate: certificate.clone(), key: key.clone() });
    assert!(why.contains("does not fit tls.certificate_file"), "{why}");
    let why = refused(CertificateSource::Files { certificate: key.clone(), key: key.clone() });
    assert!(why.ends_with("it contains no certificate: use a PEM file"), "{why}");
    let why = refused(CertificateSource::Files { certificate: certificate.clone(), key: certificate });
    assert!(why.starts_with("tls.key_file "), "{why}");
    let why = refused(CertificateSource::Files { certificate: folder.path().join("none.pem"), key });
    assert!(why.starts_with("tls.certificate_file ") && why.contains("none.pem"), "{why}");
}

#[test]
fn the_own_authority_is_made_once_and_issues_anew_before_a_certificate_ends() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        CertificateSource::Local { folder: folder.path().join("data"), names: vec!["localhost".into(), "::1".into()] };
    let tls = ListenerTls::open(source.clone(), at(0)).unwrap();
    let (one, file) = (served_certificate(&tls), folder.path().join("data/local-ca.pem"));
    let root = std::fs::read_to_string(&file).unwrap();
    let mode = |name: &str| std::fs::metadata(folder.path().join("data").join(name)).unwrap().permissions().mode();
    assert_eq!(mode("local-ca.key") & 0o777, 0o600, "for its owner's eyes alone");
    assert_eq!(tls.expires_at(), Some(at(396)));

    assert_eq!((tls.reload_if_changed(at(29)), served_certificate(&tls) == one), (Ok(false), true));
    assert_eq!((tls.reload_if_changed(at(30)), served_certificate(&tls) == one), (Ok(true), false));
    assert_eq!(tls.expires_at(), Some(at(426)));
    ListenerTls::open(source.clone(), at(31)).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), root, "there is one authority");

    let why = ListenerTls::open(source.clone(), at(3650)).err().unwrap();
    assert!(why.contains("local-ca.pem is not a certificate, or has expired: remove "), "{why}");
    std::fs::remove_file(folder.path().join("data/local-ca.key")).unwrap();
    let why = ListenerTls::open(source, at(0)).err().unwrap();
    assert!(why.contains("local-ca.pem does not belong to the key in local-ca.key"), "{why}");
}
