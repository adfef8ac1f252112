//! Whom a certificate stands for: extensions of GM/T 0015, places that an authority chose, and names for people.

use boyin_suite::Algorithm;
use boyin_testkit::chains::Chain;
use boyin_testkit::seals::extension;
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::{Certificate, Identity, IdentityKind, Oid, SubjectRule, SubjectTable};

fn read(chain: &Chain) -> Certificate {
    Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap()
}

fn told(identities: &[Identity]) -> Vec<(&str, &str)> {
    identities.iter().map(|identity| (identity.kind(), identity.value())).collect()
}

/// A name of these attributes: last arc of 2.5.4, value.
fn name(attributes: &[(u8, &str)]) -> Vec<u8> {
    let rdn = |(arc, value): &(u8, &str)| {
        tlv(0x31, &[&sequence(&[&tlv(6, &[&[0x55, 4, *arc]]), &tlv(0x0c, &[value.as_bytes()])])])
    };
    sequence(&[&attributes.iter().flat_map(rdn).collect::<Vec<_>>()])
}

#[test]
fn each_extension_says_something_of_its_own() {
    let cases: [(&[u8], &str, &str); 8] = [
        (&[1], "id_number", "1**"),
        (&[2], "insurance_number", "v**"),
        (&[3], "registration_number", "value"),
        (&[4], "organization_code", "value"),
        (&[5], "tax_number", "v**"),
        (&[1, 1], "id_number", "1**"),
        (&[1, 2], "passport_number", "v**"),
        (&[4, 4], "credit_code", "value"),
    ];
    for (arcs, kind, masked) in cases {
        let mut chain = Chain::new(Algorithm::Sm2);
        let value = if kind == "id_number" { "11010519491231002X" } else { "value" };
        let oid = [&[0x2a, 0x81, 0x1c, 0xd0, 0x14, 4, 1], arcs].concat();
        chain.leaf.extensions.push(extension(&oid, false, &tlv(0x13, &[value.as_bytes()])));
        // Beside it, what says nothing: another arc, and no text.
        chain.leaf.extensions.push(extension(&[0x2a, 0x81, 0x1c, 0xd0, 0x14, 4, 1, 9], false, b"none"));
        let found = read(&chain).identities(&SubjectTable::default());
        assert_eq!(told(&found), [(kind, value)]);
        assert_eq!(found[0].masked(), masked, "{kind}");
        assert_eq!(format!("{:?}", found[0]), format!("Identity({kind}, ..)"));
    }
}

#[test]
fn text_is_shown_without_control_and_within_bounds() {
    for (value, shown) in [
        (tlv(0x0c, &[b"plain"]), Some("plain")),
        (tlv(0xa0, &[&tlv(0x0c, &[b"within"])]), Some("within")),
        (tlv(0x0c, &["字".repeat(256).as_bytes()]), Some("字".repeat(256).as_str())),
        (tlv(0x0c, &["字".repeat(257).as_bytes()]), None),
        (tlv(0x0c, &[]), None),
        (tlv(0x0c, &[b"a\nb"]), None),
        (tlv(0x0c, &[b"\xff"]), None),
    ] {
        let mut chain = Chain::new(Algorithm::Es256);
        let oid = [0x2a, 0x81, 0x1c, 0xd0, 0x14, 4, 1, 3];
        chain.leaf.extensions.push(extension(&oid, false, &value));
        let found = read(&chain).identities(&SubjectTable::default());
        assert_eq!(found.first().map(Identity::value), shown);
    }
}

#[test]
fn rules_count_for_the_authority_that_they_name() {
    let mut chain = Chain::new(Algorithm::Es256);
    chain.leaf.subject = name(&[(3, "某单位"), (11, "91350211M0000XUF46"), (1, "middle")]);
    chain.leaf.extensions.push(extension(&[0x2a, 3, 9], false, &tlv(0x0c, &["张三".as_bytes()])));
    let oid = |text: &str| text.parse::<Oid>().unwrap();
    let rules = |authority: &str| {
        SubjectTable::new(vec![
            SubjectRule::attribute(authority, IdentityKind::CreditCode, oid("2.5.4.11")),
            SubjectRule::attribute(authority, IdentityKind::IdNumber, oid("2.5.4.5")),
            SubjectRule::extension(authority, IdentityKind::Name, oid("1.2.3.9")),
            SubjectRule::extension(authority, IdentityKind::OrganizationCode, oid("1.2.3.8")),
        ])
    };
    let leaf = read(&chain);
    let expected = [("credit_code", "91350211M0000XUF46"), ("name", "张三")];
    assert_eq!(told(&leaf.identities(&rules("middle"))), expected);
    for other in ["root", "Middle", ""] {
        assert!(leaf.identities(&rules(other)).is_empty(), "{other}");
    }
    // The authority is the one by its common name, not by another attribute.
    chain.leaf.issuer = name(&[(10, "middle")]);
    assert!(read(&chain).identities(&rules("middle")).is_empty());
}

#[test]
fn names_are_shown_with_numbers_of_persons_masked() {
    let mut chain = Chain::new(Algorithm::Es256);
    let parts = [
        (6, "CN"),
        (8, "新疆"),
        (7, "博乐"),
        (10, "政务服务局"),
        (11, "一科"),
        (3, "张三@11010519491231002X"),
    ];
    chain.leaf.subject = name(&[&parts[..], &[(5, "7"), (13, "a\tb")]].concat());
    let leaf = read(&chain);
    let shown = "C=CN, ST=新疆, L=博乐, O=政务服务局, OU=一科, CN=张三@1**, 2.5.4.5=7, 2.5.4.13=?";
    assert_eq!(leaf.subject_text(), shown);
    assert_eq!(leaf.issuer_text(), "CN=middle");
}

#[test]
fn kinds_of_rules_have_codes() {
    use IdentityKind::*;
    for kind in [Name, CreditCode, OrganizationCode, IdNumber] {
        assert_eq!(IdentityKind::from_code(kind.code()), Some(kind));
    }
    for kind in [PassportNumber, InsuranceNumber, RegistrationNumber, TaxNumber] {
        assert_eq!(IdentityKind::from_code(kind.code()), None, "no rule holds {kind:?}");
    }
    let oid = "1.2.156.10197.1.501".parse::<Oid>().unwrap();
    assert_eq!(format!("{oid:?} {oid}"), "Oid(1.2.156.10197.1.501) 1.2.156.10197.1.501");
}
