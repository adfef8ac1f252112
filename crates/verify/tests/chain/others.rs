//! What public sets of test paths ask beside the cases of the other modules, rebuilt from their ideas: the names of the groups
//! are those of C2SP x509-limbo, which `docs/certificates.md` §6 maps to the command.

use boyin_testkit::chains::{Chain, HOST, ListParts, Parts, alternatives, constraints, purposes, standard};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{basic_constraints, extension, name, utc_time};
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::CertificateReason;
use boyin_verify::chain::CertificateReason::{
    IssuerUnknown, Name, NameMismatch, PathLength, RevocationUnknown, Revoked,
};

use crate::judge::{Asked, Peer, Peer::Agrees, Peer::Differs, judge};

const DAY: u64 = 86_400;
const DNS: u8 = 0x82;
const LEAF: &[u8] = &[3, 0x86];
const OTHER: &[u8] = &[9, 9];

#[track_caller]
fn path(
    what: &str,
    asked: &Asked,
    expected: Option<CertificateReason>,
    peer: Peer,
    change: impl Fn(&mut Chain),
) {
    let wrong = judge(what, change, asked, expected, peer);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// root → middle (`first`) → lower (`second`) → leaf
fn two_lengths(c: &mut Chain, first: Option<u8>, second: Option<u8>) {
    let mut lower = Parts::authority("lower", 903, "middle", 901);
    c.middle[0].extensions[0] = basic_constraints(true, first);
    lower.extensions[0] = basic_constraints(true, second);
    c.middle.push(lower);
    c.leaf = Parts::leaf("leaf", 902, "lower", 903);
}

#[test]
fn pathlen() {
    let plain = Asked::path();
    for length in [0, 1, 2] {
        path("a length that is enough", &plain, None, Agrees, |c| {
            c.middle[0].extensions[0] = basic_constraints(true, Some(length));
        });
    }
    path("below 0 there is no authority", &plain, Some(PathLength), Agrees, |c| {
        two_lengths(c, Some(0), Some(0));
    });
    path("it may increase", &plain, None, Agrees, |c| two_lengths(c, Some(1), Some(2)));
    path("it does not help to increase", &plain, Some(PathLength), Agrees, |c| {
        two_lengths(c, Some(0), Some(2));
    });
    path("the last certificate is not counted, an authority or not", &plain, None, Agrees, |c| {
        c.middle[0].extensions[0] = basic_constraints(true, Some(0));
        c.leaf = Parts::authority("leaf", 902, "middle", 901);
        c.leaf.extensions[0] = basic_constraints(true, Some(0));
    });
    path("self-issued ones are not counted", &plain, None, Agrees, |c| {
        c.middle[0].extensions[0] = basic_constraints(true, Some(1));
        let mut again = Parts::authority("middle", 904, "middle", 901);
        again.extensions[0] = basic_constraints(true, Some(1));
        let mut lower = Parts::authority("lower", 903, "middle", 904);
        lower.extensions[0] = basic_constraints(true, Some(0));
        c.middle.extend([again, lower]);
        c.leaf = Parts::leaf("leaf", 902, "lower", 903);
    });
}

#[test]
fn rfc5280_roots_and_constraints() {
    let plain = Asked::path();
    path("the root is known and not trusted", &plain, Some(IssuerUnknown), Agrees, |c| {
        c.middle.push(c.root.clone());
        c.root = Parts::authority("another root", 909, "another root", 909);
    });
    let under = |permitted: &'static [(u8, &'static [u8])], excluded: &'static [(u8, &'static [u8])]| {
        move |c: &mut Chain| c.middle[0].extensions.push(constraints(permitted, excluded))
    };
    let outside = Some(Name);
    let both = under(&[(DNS, b"example.com")], &[(DNS, b"a.example.com")]);
    path("permitted and excluded", &plain, outside, Agrees, both);
    path("a domain that ends alike", &plain, outside, Agrees, under(&[(DNS, b"ple.com")], &[]));
    path("another form", &plain, None, Agrees, under(&[(0x87, &[192, 0, 2, 0, 255, 255, 255, 0])], &[]));
    path("another form is excluded", &plain, None, Agrees, under(&[], &[(0x87, &[0; 8])]));
    path("the second name", &plain, outside, Agrees, |c| {
        let names: [(u8, &[u8]); 2] = [(DNS, b"example.com"), (DNS, b"b.example.com")];
        c.leaf.extensions[2] = alternatives(false, &names);
        c.middle[0].extensions.push(constraints(&[], &[(DNS, b"b.example.com")]));
    });
    path("a directory name among the alternatives", &plain, outside, Agrees, |c| {
        let inside = name("leaf");
        c.leaf.extensions[2] = alternatives(false, &[(0xa4, &name("not leaf"))]);
        c.middle[0].extensions.push(constraints(&[(0xa4, &inside)], &[]));
    });
    path("an address of version 6", &plain, outside, Agrees, |c| {
        let mut host = [0; 16];
        host[15] = 1;
        c.leaf.extensions[2] = alternatives(false, &[(0x87, &host)]);
        c.middle[0].extensions.push(constraints(&[], &[(0x87, &[&host[..], &[255; 16]].concat())]));
    });
}

/// A root whose cross-certificate by another root has ended: a path that is good is found beside one that is not.
#[test]
fn pathological_paths_beside_a_good_one() {
    let backtracks = Differs("it keeps to the first issuer that fits");
    for (ended, peer) in [(false, backtracks), (true, Agrees)] {
        path("a cross-certificate", &Asked::path(), None, peer, |c| {
            let mut cross = Parts::authority("middle", 901, "another root", 909);
            if ended {
                cross.until = utc_time(now().minus(DAY));
            }
            c.middle.insert(0, cross);
        });
    }
    path("a root that is certified by those whom it certifies", &Asked::path(), None, Agrees, |c| {
        c.middle.insert(0, Parts::authority("root", 900, "other", 904));
        c.middle.push(Parts::authority("other", 904, "root", 900));
    });
    path("an authority that is excluded on one of two ways", &Asked::path(), None, backtracks, |c| {
        c.middle[0].extensions.push(constraints(&[], &[(DNS, b"b.example.com")]));
        let mut excluded = Parts::authority("lower", 903, "middle", 901);
        excluded.extensions.push(alternatives(false, &[(DNS, b"b.example.com")]));
        c.middle.insert(0, excluded);
        c.middle.push(Parts::authority("lower", 903, "root", 900));
        c.leaf = Parts::leaf("leaf", 902, "lower", 903);
    });
    path("two who certify each other", &Asked::path(), Some(IssuerUnknown), Agrees, |c| {
        c.middle = vec![Parts::authority("one", 903, "two", 904), Parts::authority("two", 904, "one", 903)];
        c.leaf = Parts::leaf("leaf", 902, "one", 903);
    });
}

#[test]
fn webpki_names() {
    let asked = |host: &str| Asked::path().for_server().bearing(host);
    let named = |names: &'static [u8]| {
        move |c: &mut Chain| c.leaf.extensions[2] = alternatives(false, &[(DNS, names)])
    };
    let other = Some(NameMismatch);
    path("a host above", &asked("example.com"), other, Agrees, named(HOST.as_bytes()));
    path("a host below", &asked("b.a.example.com"), other, Agrees, named(HOST.as_bytes()));
    path("a wildcard and no label", &asked("example.com"), other, Agrees, named(b"*.example.com"));
    path("a wildcard and two labels", &asked("b.a.example.com"), other, Agrees, named(b"*.example.com"));
    path(
        "a label with a wildcard in it",
        &asked("baz.example.com"),
        other,
        Differs("it takes a part of a label"),
        named(b"ba*.example.com"),
    );
    path(
        "a wildcard in a label of another script",
        &asked("xn--bliss-1b3c148a.example.com"),
        other,
        Agrees,
        named(b"xn--*-1b3c148a.example.com"),
    );
    path("a wildcard right under the top", &asked("example.com"), other, Agrees, named(b"*.com"));
    path("letters have no case", &asked("A.EXAMPLE.com"), None, Agrees, named(HOST.as_bytes()));
}

#[test]
fn crl() {
    let asked = Asked::path().with_revocation();
    let lists = |what: &str, expected, peer, change: &dyn Fn(&mut Chain)| {
        path(what, &asked, expected, peer, |c| {
            c.lists = vec![ListParts::of("root", 900, 1), ListParts::of("middle", 901, 7)];
            change(c);
        });
    };
    let revoked = Some(Revoked);
    lists("an entry that is dated ahead", revoked, Agrees, &|c| {
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
        c.lists[1].revoked[0].1 = now().plus(DAY);
    });
    lists("an entry from before the certificate", revoked, Agrees, &|c| {
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
        c.lists[1].revoked[0].1 = now().minus(400 * DAY);
    });
    lists("an entry twice", None, Agrees, &|c| {
        c.lists[1] = c.lists[1].clone().revoking(OTHER, 1).revoking(OTHER, 1);
    });
    lists("ten thousand others", None, Agrees, &|c| {
        for number in 0..10_000_u16 {
            let [high, low] = number.to_be_bytes();
            c.lists[1] =
                std::mem::replace(&mut c.lists[1], ListParts::of("x", 1, 1)).revoking(&[5, high, low], 1);
        }
    });
    let unknown = Some(RevocationUnknown);
    lists("a list of users for an authority", unknown, Agrees, &|c| {
        c.lists[0].extensions.push(standard(28, true, &sequence(&[&tlv(0x81, &[&[0xff]])])));
    });
    lists("something of the list that is not critical", None, Agrees, &|c| {
        c.lists[1].extensions.push(extension(&[0x2a, 3, 9], false, &[5, 0]));
    });
    let uri = |uri: &str| tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[uri.as_bytes()])])]);
    lists("an address that means the same in other letters", unknown, Agrees, &|c| {
        let point = sequence(&[&sequence(&[&uri("http://a/%73.crl")])]);
        c.leaf.extensions.push(standard(31, false, &point));
        c.lists[1].extensions.push(standard(28, true, &sequence(&[&uri("http://a/s.crl")])));
    });
    lists("by another authority that is trusted too", unknown, Agrees, &|c| {
        c.lists[1] = ListParts { key: 900, ..c.lists[1].clone() };
    });
    // Which certificate bears a purpose makes no difference to its list.
    lists("a client", revoked, Agrees, &|c| {
        c.leaf.extensions.push(purposes(false, &[2]));
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
    });
}
