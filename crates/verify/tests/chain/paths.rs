//! One fault in a path at a time: the reason that only it gives, and what openssl says of it.

use std::collections::HashSet;

use boyin_testkit::chains::{
    Chain, HOST, Parts, alternatives, constraints, mappings, policies, purposes, standard,
};
use boyin_testkit::prefecture::now;
use boyin_testkit::reasons::{Row, compare, table};
use boyin_testkit::seals::{basic_constraints, extension, key_usage, name, utc_time};
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::CertificateReason::*;
use boyin_verify::chain::{CertificateReason, Profile};

use crate::judge::{Asked, Peer, Peer::Agrees, Peer::Differs, judge};

const ONE: &[u8] = &[0x2a, 3, 1];
const TWO: &[u8] = &[0x2a, 3, 2];
const ANY: &[u8] = &[0x55, 0x1d, 0x20, 0];
const KEY_CERT_SIGN: u8 = 0b0000_0100;
const CRL_SIGN: u8 = 0b0000_0010;

type Change = Box<dyn Fn(&mut Chain)>;

struct Case(&'static str, Change, Asked, Option<CertificateReason>, Peer);

fn case(
    what: &'static str,
    asked: Asked,
    expected: Option<CertificateReason>,
    peer: Peer,
    change: impl Fn(&mut Chain) + 'static,
) -> Case {
    Case(what, Box::new(change), asked, expected, peer)
}

fn directory(common_name: &str) -> Vec<u8> {
    name(common_name)
}

fn signing() -> Vec<Case> {
    let path = Asked::path;
    let in_field = || {
        let mut asked = path();
        asked.query.profile = Profile::Field;
        asked
    };
    vec![
        case("no fault", path(), None, Agrees, |_| {}),
        case("a deeper one", path(), None, Agrees, |c| *c = c.clone().deeper()),
        case("the leaf is an anchor", path(), None, Agrees, |c| {
            c.leaf = c.root.clone();
        }),
        case("another key of the issuer's name", path(), Some(Signature), Agrees, |c| {
            c.leaf.issuer_key = 904;
        }),
        case("right under the root", path(), None, Agrees, |c| {
            c.middle.clear();
            c.leaf = Parts::leaf("leaf", 902, "root", 900);
        }),
        case("right under the root, by another key", path(), Some(Signature), Agrees, |c| {
            c.middle.clear();
            c.leaf = Parts { issuer_key: 904, ..Parts::leaf("leaf", 902, "root", 900) };
        }),
        case("right under the root, to which that is forbidden", path(), Some(NotAnAuthority), Agrees, |c| {
            c.middle.clear();
            c.root.extensions[1] = key_usage(CRL_SIGN);
            c.leaf = Parts::leaf("leaf", 902, "root", 900);
        }),
        case("no issuer", path(), Some(IssuerUnknown), Agrees, |c| c.middle.clear()),
        case("names that differ in case and spaces", path(), None, Agrees, |c| {
            c.leaf.issuer = name(" MIDDLE  ");
        }),
        case("no authority", path(), Some(NotAnAuthority), Agrees, |c| {
            c.middle[0].extensions[0] = basic_constraints(false, None);
            c.middle[0].extensions[1] = key_usage(CRL_SIGN);
        }),
        case("no keyCertSign", path(), Some(NotAnAuthority), Agrees, |c| {
            c.middle[0].extensions[1] = key_usage(CRL_SIGN);
        }),
        case("a root of a time before extensions", path(), None, Agrees, |c| {
            (c.root.version, c.root.extensions) = (Vec::new(), Vec::new());
        }),
        case("a root without basic constraints", in_field(), None, Agrees, |c| {
            drop(c.root.extensions.remove(0));
        }),
        case(
            "a root without basic constraints, strictly",
            path(),
            Some(NotAnAuthority),
            Differs("key usage is enough to it"),
            |c| drop(c.root.extensions.remove(0)),
        ),
        case("path length of the root", path(), Some(PathLength), Agrees, |c| {
            c.root.extensions[0] = basic_constraints(true, Some(0));
        }),
        case("path length of an authority", path(), Some(PathLength), Agrees, |c| {
            *c = c.clone().deeper();
            c.middle[0].extensions[0] = basic_constraints(true, Some(0));
        }),
        case("self-issued ones do not count", path(), None, Agrees, |c| {
            c.middle.push(Parts::authority("middle", 905, "middle", 901));
            c.leaf = Parts::leaf("leaf", 902, "middle", 905);
            c.middle[0].extensions[0] = basic_constraints(true, Some(0));
        }),
        case("unknown and critical", path(), Some(Extension), Agrees, |c| {
            c.leaf.extensions.push(extension(&[0x2a, 3, 9], true, &[5, 0]));
        }),
        case("unknown and critical, of an authority", path(), Some(Extension), Agrees, |c| {
            c.middle[0].extensions.push(extension(&[0x2a, 3, 9], true, &[5, 0]));
        }),
        case("unknown", path(), None, Agrees, |c| {
            c.leaf.extensions.push(extension(&[0x2a, 3, 9], false, &[5, 0]));
        }),
        case(
            "alternative names of the issuer, critical",
            path(),
            None,
            Differs("it does not know them"),
            |c| {
                c.leaf.extensions.push(standard(18, true, &sequence(&[&tlv(0x82, &[b"a"])])));
            },
        ),
        case(
            "access to information that cannot be read",
            path(),
            Some(Extension),
            Differs("it does not look"),
            |c| {
                c.leaf.extensions.push(extension(&[0x2b, 6, 1, 5, 5, 7, 1, 1], false, &[0x30, 1]));
            },
        ),
        case("alternative names that cannot be read", path(), Some(Extension), Agrees, |c| {
            c.leaf.extensions[2] = standard(17, false, &[0x30, 1]);
        }),
        case("an extension twice", path(), Some(Malformed), Agrees, |c| {
            let first = c.leaf.extensions[0].clone();
            c.leaf.extensions.push(first);
        }),
        case("an authority that has ended", path(), Some(NotInTime), Agrees, |c| {
            c.middle[0].until = utc_time(now().minus(1));
        }),
        case("a root that has not begun", path(), Some(NotInTime), Agrees, |c| {
            c.root.from = utc_time(now().plus(1));
        }),
        case(
            "the first and last instant of an authority",
            path(),
            None,
            Differs("the last second is past to it"),
            |c| {
                c.middle[0].from = utc_time(now());
                c.middle[0].until = utc_time(now());
            },
        ),
        case("expired", path(), Some(Expired), Agrees, |c| c.leaf.until = utc_time(now().minus(1))),
        case("not yet valid", path(), Some(NotYetValid), Agrees, |c| c.leaf.from = utc_time(now().plus(1))),
        case("first and last instant", path(), None, Differs("the last second is past to it"), |c| {
            c.leaf.from = utc_time(now());
            c.leaf.until = utc_time(now());
        }),
        case("longer than is looked for", path(), Some(TooLong), Differs("its bound is 100"), |c| {
            for at in 0..7 {
                let (above, key) =
                    if at == 0 { ("root".to_owned(), 900) } else { (format!("{at}"), 909 + at) };
                c.middle.push(Parts::authority(&format!("{}", at + 1), 910 + at, &above, key));
            }
            c.middle.remove(0);
            c.leaf = Parts::leaf("leaf", 902, "7", 916);
        }),
    ]
}

fn naming() -> Vec<Case> {
    let path = Asked::path;
    let constrained = |permitted: &'static [(u8, &'static [u8])],
                       excluded: &'static [(u8, &'static [u8])]| {
        move |c: &mut Chain| c.middle[0].extensions.push(constraints(permitted, excluded))
    };
    let named = |tag: u8, text: &'static [u8], permitted, excluded| {
        move |c: &mut Chain| {
            c.leaf.extensions[2] = alternatives(false, &[(tag, text)]);
            constrained(permitted, excluded)(c);
        }
    };
    let mut cases = vec![
        case("a domain that is permitted", path(), None, Agrees, constrained(&[(0x82, b"example.com")], &[])),
        case("another domain", path(), Some(Name), Agrees, constrained(&[(0x82, b"example.org")], &[])),
        case(
            "a domain that is excluded",
            path(),
            Some(Name),
            Agrees,
            constrained(&[], &[(0x82, b"example.com")]),
        ),
        case(
            "not of any form that is constrained",
            path(),
            None,
            Agrees,
            constrained(&[(0x81, b"example.org")], &[]),
        ),
        case(
            "a wildcard that covers what is excluded",
            path(),
            Some(Name),
            Differs("it compares the letters"),
            named(0x82, b"*.example.com", &[], &[(0x82, b"b.example.com")]),
        ),
        case(
            "a mailbox",
            path(),
            None,
            Agrees,
            named(0x81, b"u@example.com", &[(0x81, b"example.com")], &[]),
        ),
        case(
            "a mailbox of a host below",
            path(),
            Some(Name),
            Agrees,
            named(0x81, b"u@b.example.com", &[(0x81, b"example.com")], &[]),
        ),
        case(
            "a host that is none",
            path(),
            Some(Name),
            Agrees,
            named(0x82, b"a b.example.org", &[(0x82, b"example.com")], &[]),
        ),
        case(
            "a URI",
            path(),
            None,
            Agrees,
            named(0x86, b"https://b.example.com/x", &[(0x86, b".example.com")], &[]),
        ),
        case(
            "a URI of another host",
            path(),
            Some(Name),
            Agrees,
            named(0x86, b"https://example.org", &[(0x86, b".example.com")], &[]),
        ),
        case(
            "a URI without host",
            path(),
            Some(Name),
            Agrees,
            named(0x86, b"urn:x", &[], &[(0x86, b".example.com")]),
        ),
        case(
            "an address",
            path(),
            None,
            Agrees,
            named(0x87, &[10, 1, 2, 3], &[(0x87, &[10, 1, 0, 0, 255, 255, 0, 0])], &[]),
        ),
        case(
            "an address of another network",
            path(),
            Some(Name),
            Agrees,
            named(0x87, &[10, 2, 2, 3], &[(0x87, &[10, 1, 0, 0, 255, 255, 0, 0])], &[]),
        ),
        case(
            "an address of the other version",
            path(),
            Some(Name),
            Agrees,
            named(0x87, &[1; 16], &[(0x87, &[10, 1, 0, 0, 255, 255, 0, 0])], &[]),
        ),
        case(
            "a form that is not compared",
            path(),
            Some(Name),
            Agrees,
            named(0x88, &[0x2a, 3, 4], &[], &[(0x88, &[0x2a, 3, 5])]),
        ),
        case(
            "a constraint that is none",
            path(),
            Some(Extension),
            Agrees,
            constrained(&[(0x82, b"a b")], &[]),
        ),
    ];
    for (form, content) in [
        (0xa0, &[6, 3, 0x2a, 3, 4, 0xa0, 3, 0x0c, 1, b'x'][..]),
        (0xa3, &[0x30, 0]),
        (0xa5, &[0xa1, 3, 0x0c, 1, b'x']),
    ] {
        cases.push(case(
            "a form that is not compared, and not constrained",
            path(),
            None,
            Agrees,
            move |c| {
                c.leaf.extensions[2] = alternatives(false, &[(form, content)]);
                constrained(&[(0x82, b"example.com")], &[])(c);
            },
        ));
    }
    cases.push(case("of two ways the one that came nearest", path(), Some(Name), Agrees, |c| {
        c.middle[0].extensions.push(constraints(&[], &[(0x82, b"example.com")]));
        for (at, above) in ["one", "two", "three", "four", "five"].iter().enumerate() {
            let (below, key) =
                if at == 0 { ("middle", 901) } else { (["one", "two", "three", "four"][at - 1], 909) };
            c.middle.push(Parts::authority(below, key, above, 909));
        }
    }));
    cases.push(case("a subject outside", path(), Some(Name), Agrees, |c| {
        c.middle[0].extensions.push(constraints(&[(0xa4, &directory("another"))], &[]));
    }));
    cases.push(case("a subject within", path(), None, Agrees, |c| {
        c.middle[0].extensions.push(constraints(&[(0xa4, &directory("LEAF"))], &[]));
    }));
    cases.push(case("constraints of the root", path(), Some(Name), Agrees, |c| {
        c.root.extensions.push(constraints(&[], &[(0x82, b"example.com")]));
    }));
    cases.push(case("a self-issued authority is not asked", path(), None, Agrees, |c| {
        c.middle.push(Parts::authority("middle", 905, "middle", 901));
        c.leaf = Parts::leaf("leaf", 902, "middle", 905);
        c.middle[0].extensions.push(constraints(&[(0xa4, &directory("leaf"))], &[]));
    }));
    cases.push(case("a self-issued leaf is asked", path(), Some(Name), Agrees, |c| {
        c.leaf.subject = name("middle");
        c.middle[0].extensions.push(constraints(&[], &[(0x82, b"example.com")]));
    }));
    cases.push(case("an authority between is asked", path(), Some(Name), Agrees, |c| {
        *c = c.clone().deeper();
        c.middle[0].extensions.push(constraints(&[(0xa4, &directory("leaf"))], &[]));
    }));
    cases.push(case("an e-mail address in the subject", path(), Some(Name), Agrees, |c| {
        let email = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
        let attribute = sequence(&[&tlv(6, &[&email]), &tlv(0x16, &[b"u@example.org"])]);
        c.leaf.subject = sequence(&[&tlv(0x31, &[&attribute])]);
        c.middle[0].extensions.push(constraints(&[(0x81, b"example.com")], &[]));
    }));
    cases
}

/// `requireExplicitPolicy` in an authority that has another of its own name below it.
fn requires_below_self_issued(c: &mut Chain, certificates: u8) {
    c.middle[0].extensions.push(standard(36, true, &sequence(&[&tlv(0x80, &[&[certificates]])])));
    c.middle.push(Parts::authority("middle", 905, "middle", 901));
    c.leaf = Parts::leaf("leaf", 902, "middle", 905);
}

fn policing() -> Vec<Case> {
    let one = || Asked::path().under("1.2.3.1");
    let with = |of_middle: &'static [&'static [u8]], of_leaf: &'static [&'static [u8]]| {
        move |c: &mut Chain| {
            c.middle[0].extensions.push(policies(of_middle));
            c.leaf.extensions.push(policies(of_leaf));
        }
    };
    let mapped = |c: &mut Chain| {
        c.middle[0].extensions.push(policies(&[ONE]));
        c.middle[0].extensions.push(mappings(&[(ONE, TWO)]));
        c.leaf.extensions.push(policies(&[TWO]));
    };
    let any_explicit = || {
        let mut asked = Asked::path();
        asked.query.policies.explicit = true;
        asked.options += " -policy_check -explicit_policy";
        asked
    };
    let no_mapping = || {
        let mut asked = one();
        asked.query.policies.inhibit_mapping = true;
        asked.options += " -inhibit_map";
        asked
    };
    let mut without_any = one();
    without_any.query.policies.inhibit_any = true;
    without_any.options += " -inhibit_any";
    vec![
        case("the policy throughout", one(), None, Agrees, with(&[ONE, TWO], &[ONE])),
        case("any is acceptable", Asked::path().under("2.5.29.32.0"), None, Agrees, with(&[ONE], &[ONE])),
        case("no policy at all", one(), Some(Policy), Agrees, |_| {}),
        case("another policy of the leaf", one(), Some(Policy), Agrees, with(&[ONE], &[TWO])),
        case("another policy throughout", one(), Some(Policy), Agrees, with(&[TWO], &[TWO])),
        case("any policy of the authority", one(), None, Agrees, with(&[ANY], &[ONE])),
        case(
            "any policy of the authority, which is not asked",
            without_any,
            Some(Policy),
            Agrees,
            with(&[ANY], &[ONE]),
        ),
        case("any policy of both", one(), None, Agrees, with(&[ANY], &[ANY])),
        case(
            "any policy of both, where any is acceptable",
            any_explicit(),
            None,
            Differs("it counts named policies only"),
            with(&[ANY], &[ANY]),
        ),
        case("no policy at all, where any is acceptable", any_explicit(), Some(Policy), Agrees, |_| {}),
        case("a mapping to any policy", one(), Some(Policy), Agrees, |c| {
            c.middle[0].extensions.push(policies(&[ONE]));
            c.middle[0].extensions.push(mappings(&[(ONE, ANY)]));
            c.leaf.extensions.push(policies(&[ANY]));
        }),
        case("a mapping of any policy, where any is acceptable", any_explicit(), Some(Policy), Agrees, |c| {
            c.middle[0].extensions.push(policies(&[ANY]));
            c.middle[0].extensions.push(mappings(&[(ANY, TWO)]));
            c.leaf.extensions.push(policies(&[TWO]));
        }),
        case("a mapping", one(), None, Agrees, mapped),
        case("a mapping, which is not asked", no_mapping(), Some(Policy), Agrees, mapped),
        case(
            "the policy that a mapping replaces, which is not asked",
            no_mapping(),
            Some(Policy),
            Agrees,
            |c| {
                c.middle[0].extensions.push(policies(&[ONE]));
                c.middle[0].extensions.push(mappings(&[(ONE, TWO)]));
                c.leaf.extensions.push(policies(&[ONE]));
            },
        ),
        case("a mapping of any policy", one(), Some(Policy), Agrees, |c| {
            c.middle[0].extensions.push(policies(&[ANY]));
            c.middle[0].extensions.push(mappings(&[(ANY, TWO)]));
            c.leaf.extensions.push(policies(&[TWO]));
        }),
        case(
            "the authority requires a policy",
            Asked { options: " -policy_check".into(), ..Asked::path() },
            Some(Policy),
            Agrees,
            |c| {
                c.middle[0].extensions.push(standard(36, true, &sequence(&[&tlv(0x80, &[&[0]])])));
            },
        ),
        case(
            "the authority requires a policy two below, and a self-issued one does not count",
            Asked { options: " -policy_check".into(), ..Asked::path() },
            None,
            Agrees,
            |c| requires_below_self_issued(c, 2),
        ),
        case(
            "the authority requires a policy one below a self-issued one",
            Asked { options: " -policy_check".into(), ..Asked::path() },
            Some(Policy),
            Agrees,
            |c| requires_below_self_issued(c, 1),
        ),
        case(
            "the leaf requires a policy of itself",
            Asked { options: " -policy_check".into(), ..Asked::path() },
            Some(Policy),
            Agrees,
            |c| c.leaf.extensions.push(standard(36, true, &sequence(&[&tlv(0x80, &[&[0]])]))),
        ),
        case("the authority inhibits mapping below", one(), Some(Policy), Agrees, |c| {
            *c = c.clone().deeper();
            c.middle[0].extensions.push(standard(36, true, &sequence(&[&tlv(0x81, &[&[0]])])));
            c.middle[0].extensions.push(policies(&[ONE]));
            c.middle[1].extensions.push(policies(&[ONE]));
            c.middle[1].extensions.push(mappings(&[(ONE, TWO)]));
            c.leaf.extensions.push(policies(&[TWO]));
        }),
        case("the authority inhibits any policy below", one(), Some(Policy), Agrees, move |c| {
            c.middle[0].extensions.push(standard(54, true, &tlv(2, &[&[0]])));
            with(&[ONE], &[ANY])(c);
        }),
        case("any policy of a self-issued authority counts all the same", one(), None, Agrees, |c| {
            c.middle[0].extensions.push(standard(54, true, &tlv(2, &[&[0]])));
            c.middle[0].extensions.push(policies(&[ONE]));
            c.middle.push(Parts::authority("middle", 905, "middle", 901));
            c.middle[1].extensions.push(policies(&[ANY]));
            c.leaf = Parts::leaf("leaf", 902, "middle", 905);
            c.leaf.extensions.push(policies(&[ONE]));
        }),
        case("any policy of a self-issued leaf does not", one(), Some(Policy), Agrees, move |c| {
            c.middle[0].extensions.push(standard(54, true, &tlv(2, &[&[0]])));
            c.leaf.subject = name("middle");
            with(&[ONE], &[ANY])(c);
        }),
        case(
            "a policy twice",
            Asked::path(),
            Some(Extension),
            Differs("without -policy_check it does not look"),
            |c| {
                c.leaf.extensions.push(policies(&[ONE, ONE]));
            },
        ),
    ]
}

fn purposes_and_names() -> Vec<Case> {
    let server = || Asked::path().for_server();
    vec![
        case("a server", server().bearing(HOST), None, Agrees, |c| {
            c.leaf.extensions.push(purposes(false, &[1]));
        }),
        case("a server that does not say so", server(), None, Agrees, |_| {}),
        case("a client as server", server(), Some(Purpose), Agrees, |c| {
            c.leaf.extensions.push(purposes(false, &[2]));
        }),
        case("any purpose", server(), None, Differs("it wants the purpose itself"), |c| {
            let any = tlv(6, &[&[0x55, 0x1d, 0x25, 0]]);
            c.leaf.extensions.push(standard(37, false, &sequence(&[&any])));
        }),
        case("an authority for clients", server(), Some(PathPurpose), Agrees, |c| {
            c.middle[0].extensions.push(purposes(false, &[2]));
        }),
        case("an authority for servers", server(), None, Agrees, |c| {
            c.middle[0].extensions.push(purposes(false, &[2, 1]));
        }),
        case("an authority for any purpose", server(), None, Differs("it wants the purpose itself"), |c| {
            let any = tlv(6, &[&[0x55, 0x1d, 0x25, 0]]);
            c.middle[0].extensions.push(standard(37, false, &sequence(&[&any])));
        }),
        case("a key for nothing but lists", server(), Some(Purpose), Agrees, |c| {
            c.leaf.extensions[1] = key_usage(CRL_SIGN);
        }),
        case("an authority as server", server(), Some(Purpose), Differs("it allows that"), |c| {
            c.leaf = Parts::authority("leaf", 902, "middle", 901);
            c.leaf.extensions[1] = key_usage(KEY_CERT_SIGN | 0x80);
        }),
        case("another host", server().bearing("b.example.com"), Some(NameMismatch), Agrees, |_| {}),
        case(
            "the host in the common name only",
            server().bearing(HOST),
            Some(NameMismatch),
            Differs("it falls back"),
            |c| {
                c.leaf.subject = name(HOST);
                c.leaf.extensions.remove(2);
            },
        ),
        case("a wildcard", server().bearing(HOST), None, Agrees, |c| {
            c.leaf.extensions[2] = alternatives(false, &[(0x82, b"*.example.com")]);
        }),
        case("a wildcard in the middle", server().bearing(HOST), Some(NameMismatch), Agrees, |c| {
            c.leaf.extensions[2] = alternatives(false, &[(0x82, b"a.*.com")]);
        }),
    ]
}

fn all() -> Vec<Case> {
    [signing(), naming(), policing(), purposes_and_names()].into_iter().flatten().collect()
}

#[test]
fn every_case_gets_its_reason_and_openssl_agrees_or_differs_for_a_cause() {
    let judged = all()
        .into_iter()
        .flat_map(|Case(what, change, asked, expected, peer)| judge(what, change, &asked, expected, peer));
    let wrong: Vec<_> = judged.collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Reasons that no case above gets, each with the test that has it.
fn elsewhere() -> [(CertificateReason, &'static str); 8] {
    let [large, work, algorithm] = crate::bounds::REASONS;
    let [revoked, authority, unknown] = crate::revocation::REASONS;
    let (deviates, ended) = (crate::deviations::REASON, crate::ends::REASON);
    [large, work, algorithm, ended, deviates, revoked, authority, unknown]
}

#[test]
fn every_reason_of_a_path_has_a_case() {
    let tested: HashSet<_> = all().into_iter().filter_map(|case| case.3).collect();
    for reason in CertificateReason::ALL {
        let elsewhere = elsewhere().iter().any(|(other, _)| other == reason);
        assert!(tested.contains(reason) != elsewhere, "{reason:?}");
    }
}

#[test]
fn the_page_of_reasons_is_up_to_date() {
    let cases = all();
    let row = |reason: &CertificateReason| {
        let own: Vec<_> = cases.iter().filter(|case| case.3 == Some(*reason)).map(|case| case.0).collect();
        let test = elsewhere().into_iter().find(|(other, _)| other == reason);
        let by = test.map_or_else(|| own[0].to_owned(), |(_, test)| format!("`{test}`"));
        let (checks, cases) = (Vec::new(), own.len());
        Row { info: reason.info(), is_open: reason.is_indeterminate(), by, checks, cases }
    };
    let rows: Vec<_> = CertificateReason::ALL.iter().map(row).collect();
    let test =
        boyin_testkit::test_name!(every_case_gets_its_reason_and_openssl_agrees_or_differs_for_a_cause);
    compare("certificates", &table(test, &rows));
}
