//! What is asked of the certificate itself: its names, its bytes, and what a report says of each check.

use boyin_suite::Algorithm;
use boyin_testkit::chains::{Chain, alternatives};
use boyin_testkit::seals::name;
use boyin_verify::chain::{
    Certificate, CertificateCheck, CertificateError, CertificateReason, CertificateReport, ExpectedName,
    Purpose,
};

use crate::judge::{Asked, ours};

#[test]
fn every_name_that_is_asked_for_has_to_be_there() {
    let mut chain = Chain::new(Algorithm::Es256);
    let sixth = [&[0x20, 1, 0x0d, 0xb8][..], &[0; 11], &[1]].concat();
    chain.leaf.extensions[2] = alternatives(
        false,
        &[(0x82, b"a.example"), (0x87, &[192, 0, 2, 1]), (0x87, &sixth), (0x81, b"clerk@mail.example")],
    );
    for (names, borne) in [
        (&["a.example"][..], true),
        (&["b.example"], false),
        (&["192.0.2.1"], true),
        (&["192.0.2.2"], false),
        (&["2001:db8::1"], true),
        (&["2001:db8::2"], false),
        (&["clerk@mail.example"], true),
        (&["clerk@MAIL.example"], true),
        (&["Clerk@mail.example"], false),
        (&["clerk@a.example"], false),
        (&["mail.example"], false),
        (&["a.example", "192.0.2.1", "clerk@mail.example"], true),
        (&["a.example", "192.0.2.2"], false),
        (&["b.example", "192.0.2.1"], false),
    ] {
        let mut asked = Asked::path();
        asked.query.names = names.iter().map(|name| ExpectedName::parse(name).unwrap()).collect();
        let expected = (!borne).then_some(CertificateReason::NameMismatch);
        assert_eq!(ours(&chain, &asked), expected, "{names:?}");
    }
}

#[test]
fn a_certificate_gives_its_parts_as_they_came() {
    let chain = Chain::new(Algorithm::Sm2);
    let der = chain.leaf.write(chain.algorithm);
    let leaf = Certificate::read(&der).unwrap();
    assert_eq!(leaf.der(), der);
    assert_eq!((leaf.subject(), leaf.issuer()), (&chain.leaf.subject[..], &chain.leaf.issuer[..]));
    assert_eq!(leaf.issuer(), name("middle"));
    assert_eq!(leaf.serial(), chain.leaf.serial);
}

#[test]
fn purposes_have_the_names_of_the_command() {
    let codes = [
        "any",
        "server-auth",
        "client-auth",
        "code-signing",
        "email",
        "time-stamping",
        "ocsp-signing",
        "document-signing",
    ];
    assert_eq!(Purpose::ALL.map(Purpose::code), codes);
}

#[test]
fn checks_have_their_codes_and_those_of_no_certificate_did_not_run() {
    let codes = CertificateCheck::ALL.map(CertificateCheck::code);
    assert_eq!(codes, ["format", "path", "time", "purpose", "name", "revocation"]);
    for (error, reason) in [
        (CertificateError::TooLarge, CertificateReason::TooLarge),
        (CertificateError::Malformed, CertificateReason::Malformed),
    ] {
        let [first, later @ ..] = &CertificateReport::unreadable(error).checks[..] else { panic!() };
        assert_eq!(*first, (CertificateCheck::Format, Some(Err(reason))));
        assert!(later.len() == 5 && later.iter().all(|(_, found)| found.is_none()));
    }
}
