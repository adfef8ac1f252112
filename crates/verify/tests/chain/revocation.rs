//! What lists and answers say, one matter at a time.

use boyin_suite::Algorithm;
use boyin_testkit::chains::{AnswerParts, Chain, ListParts, Parts, purposes, standard};
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{ISSUES, extension, key_usage, name, utc_time};
use boyin_testkit::test_name;
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::CertificateReason::{AuthorityRevoked, RevocationUnknown, Revoked};
use boyin_verify::chain::{Certificate, CertificateReason, Revocation, RevocationReason};
use sha1_smol::Sha1;

use crate::judge::{Asked, Peer, Peer::Agrees, Peer::Differs, judge, ours, store};

const LEAF: &[u8] = &[3, 0x86];
const MIDDLE: &[u8] = &[3, 0x85];
const HOLD: u8 = 6;
const REMOVED: u8 = 8;

fn fresh() -> [ListParts; 2] {
    [ListParts::of("root", 900, 1), ListParts::of("middle", 901, 7)]
}

/// An issuing distribution point, critical, of these parts.
fn scope(parts: &[&[u8]]) -> Vec<u8> {
    standard(28, true, &sequence(parts))
}

fn delta(base: u8) -> Vec<u8> {
    standard(27, true, &tlv(2, &[&[base]]))
}

/// `distributionPoint` with a URI as its full name.
fn point(uri: &str) -> Vec<u8> {
    tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[uri.as_bytes()])])])
}

fn lists(what: &str, expected: Option<CertificateReason>, peer: Peer, change: impl Fn(&mut Chain)) {
    let asked = Asked::path().with_revocation();
    let with_lists = |c: &mut Chain| {
        c.lists = fresh().to_vec();
        change(c);
    };
    let wrong = judge(what, with_lists, &asked, expected, peer);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Reasons whose cases are here.
pub(crate) const REASONS: [(CertificateReason, &str); 3] = [
    (Revoked, test_name!(lists_of_the_issuers)),
    (AuthorityRevoked, test_name!(lists_of_the_issuers)),
    (RevocationUnknown, test_name!(lists_of_the_issuers)),
];

#[test]
fn lists_of_the_issuers() {
    let unknown = Some(RevocationUnknown);
    lists("nothing is revoked", None, Agrees, |_| {});
    lists("another one is revoked", None, Agrees, |c| c.lists[1] = c.lists[1].clone().revoking(MIDDLE, 1));
    lists("the leaf is revoked", Some(Revoked), Agrees, |c| {
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
    });
    lists("the authority is", Some(AuthorityRevoked), Agrees, |c| {
        c.lists[0] = c.lists[0].clone().revoking(MIDDLE, 2);
    });
    lists("no list of the issuer", unknown, Agrees, |c| drop(c.lists.remove(1)));
    lists("no list of the root", unknown, Agrees, |c| drop(c.lists.remove(0)));
    lists("a stale list", unknown, Agrees, |c| c.lists[1].until = Some(now().minus(1)));
    lists("a list without end", unknown, Differs("it takes that for fresh"), |c| c.lists[1].until = None);
    lists("a list of tomorrow", unknown, Agrees, |c| c.lists[1].made = now().plus(1));
    lists("a stale list that names the leaf", Some(Revoked), Agrees, |c| {
        c.lists[1] = ListParts { until: Some(now().minus(1)), ..c.lists[1].clone() }.revoking(LEAF, 1);
    });
    lists("signed with another key", unknown, Agrees, |c| c.lists[1].key = 904);
    lists("the key may not sign lists", unknown, Agrees, |c| {
        c.middle[0].extensions[1] = key_usage(ISSUES & 0b1111_1101);
    });
    lists("a critical extension of the list", unknown, Agrees, |c| {
        c.lists[1].extensions.push(extension(&[0x2a, 3, 9], true, &[5, 0]));
    });
    lists("a critical extension of an entry", unknown, Agrees, |c| {
        c.lists[1] = c.lists[1].clone().revoking(MIDDLE, 1);
        c.lists[1].revoked[0].2.push(extension(&[0x2a, 3, 9], true, &[5, 0]));
    });
}

#[test]
fn what_a_list_is_of() {
    let unknown = Some(RevocationUnknown);
    let narrowed = |parts: Vec<u8>| move |c: &mut Chain| c.lists[1].extensions.push(scope(&[&parts]));
    lists("of users", None, Agrees, narrowed(tlv(0x81, &[&[0xff]])));
    lists("of authorities", unknown, Agrees, narrowed(tlv(0x82, &[&[0xff]])));
    lists("of attribute certificates", unknown, Agrees, narrowed(tlv(0x85, &[&[0xff]])));
    lists("for some reasons", unknown, Agrees, narrowed(tlv(0x83, &[&[6, 0x40]])));
    lists("for some reasons, and for the others", None, Agrees, |c| {
        let other = c.lists[1].clone();
        c.lists[1].extensions.push(scope(&[&tlv(0x83, &[&[6, 0x40]])]));
        c.lists.push(other.with(scope(&[&tlv(0x83, &[&[7, 0x3f, 0x80]])])));
    });
    let wants = Differs("it wants the point in the certificate");
    lists("of a point of the name of the issuer", None, wants, |c| {
        let directory = |issuer: &str| tlv(0xa0, &[&tlv(0xa0, &[&tlv(0xa4, &[&name(issuer)])])]);
        c.lists[1].extensions.push(scope(&[&directory("middle")]));
    });
    lists("of a point that the leaf does not name", unknown, Agrees, narrowed(point("http://a")));
    let points = |uri: &str| standard(31, false, &sequence(&[&sequence(&[&point(uri)])]));
    lists("of its point", None, Agrees, move |c| {
        c.leaf.extensions.push(points("http://a"));
        c.lists[1].extensions.push(scope(&[&point("http://a")]));
    });
    let relative = |cn: &str| {
        let attribute = sequence(&[&tlv(6, &[&[0x55, 4, 3]]), &tlv(0x0c, &[cn.as_bytes()])]);
        tlv(0xa0, &[&tlv(0xa1, &[&attribute])])
    };
    for (of_list, expected) in [("p", None), ("q", unknown)] {
        lists("of a point under the name of the issuer", expected, Agrees, move |c| {
            let point = sequence(&[&sequence(&[&relative("p")])]);
            c.leaf.extensions.push(standard(31, false, &point));
            c.lists[1].extensions.push(scope(&[&relative(of_list)]));
        });
    }
    lists("of another point", unknown, Agrees, move |c| {
        c.leaf.extensions.push(points("http://a"));
        c.lists[1].extensions.push(scope(&[&point("http://b")]));
    });
}

#[test]
fn deltas_and_holds() {
    let held = |c: &mut Chain| c.lists[1] = c.lists[1].clone().revoking(LEAF, HOLD);
    lists("on hold", Some(Revoked), Agrees, held);
    lists("lifted by a newer list", None, Differs("the first list that answers is enough to it"), move |c| {
        held(c);
        c.lists.push(ListParts::of("middle", 901, 8));
    });
    lists("an older list lifts nothing", Some(Revoked), Agrees, move |c| {
        held(c);
        c.lists.push(ListParts::of("middle", 901, 6));
    });
    // Where a list has no number, it is newer if it was made later.
    for (seconds, expected) in [(1, None), (0, Some(Revoked))] {
        lists("beside a list without a number", expected, Agrees, move |c| {
            held(c);
            let mut other = ListParts::of("middle", 901, 8);
            other.made = c.lists[1].made.plus(seconds);
            other.extensions.truncate(1);
            c.lists.push(other);
        });
    }
    lists("a newer list lifts no revocation", Some(Revoked), Agrees, |c| {
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
        c.lists.push(ListParts::of("middle", 901, 8));
    });
    lists("a delta that lifts", None, Differs("it wants freshestCRL to use a delta"), move |c| {
        held(c);
        c.lists.push(ListParts::of("middle", 901, 8).with(delta(7)).revoking(LEAF, REMOVED));
    });
    lists("a delta that revokes", Some(Revoked), Differs("it wants freshestCRL to use a delta"), |c| {
        c.lists.push(ListParts::of("middle", 901, 8).with(delta(7)).revoking(LEAF, 1));
    });
    for (first, then) in [(1, REMOVED), (REMOVED, 1)] {
        let differs = Differs("it wants freshestCRL to use a delta");
        lists("a delta that revokes and lifts", Some(Revoked), differs, |c| {
            let both = ListParts::of("middle", 901, 8).revoking(LEAF, first).revoking(LEAF, then);
            c.lists.push(both.with(delta(7)));
        });
    }
    lists("a delta to a later list", Some(Revoked), Agrees, move |c| {
        held(c);
        c.lists.push(ListParts::of("middle", 901, 9).with(delta(8)).revoking(LEAF, REMOVED));
    });
    lists("a stale delta", Some(Revoked), Agrees, move |c| {
        held(c);
        let stale = ListParts { until: Some(now().minus(1)), ..ListParts::of("middle", 901, 8) };
        c.lists.push(stale.with(delta(7)).revoking(LEAF, REMOVED));
    });
    lists("a delta alone", Some(RevocationUnknown), Agrees, |c| {
        c.lists[1].extensions.push(delta(7));
    });
    lists("a delta by another key", Some(Revoked), Agrees, move |c| {
        held(c);
        let forged = ListParts { key: 904, ..ListParts::of("middle", 901, 8) };
        c.lists.push(forged.with(delta(7)).revoking(LEAF, REMOVED));
    });
}

#[test]
fn a_list_may_say_where_its_deltas_are() {
    let freshest = |critical| standard(46, critical, &sequence(&[&sequence(&[&point("http://d/1")])]));
    let named = move |c: &mut Chain| c.lists[1].extensions.push(freshest(false));
    // Now openssl uses it too: it wants to be told that there are deltas.
    lists("a delta that lifts, of a list that names its deltas", None, Agrees, move |c| {
        c.lists[1] = c.lists[1].clone().revoking(LEAF, HOLD);
        named(c);
        c.lists.push(ListParts::of("middle", 901, 8).with(delta(7)).revoking(LEAF, REMOVED));
    });
    lists("a delta that revokes, of a list that names its deltas", Some(Revoked), Agrees, move |c| {
        named(c);
        c.lists.push(ListParts::of("middle", 901, 8).with(delta(7)).revoking(LEAF, 1));
    });
    // A whole list answers without its deltas.
    lists("named, and not at hand", None, Agrees, named);
    let differs = Differs("it knows the extension in certificates only");
    lists("named in a critical extension", None, differs, move |c| {
        c.lists[1].extensions.push(freshest(true));
    });
    // It says where deltas are, and not which: those are told by their scope.
    lists("a delta of another scope than its list", None, Agrees, move |c| {
        named(c);
        let other = ListParts::of("middle", 901, 8).with(delta(7)).revoking(LEAF, 1);
        c.lists.push(other.with(scope(&[&point("http://d/1")])));
    });
    let unreadable = ListParts::of("middle", 901, 7).with(standard(46, false, &[5, 0]));
    let mut store = store(&Chain::new(Algorithm::Es256));
    let added = store.add_revocation_list(&unreadable.write(Algorithm::Es256));
    assert_eq!(added, Err(boyin_verify::chain::CertificateError::Malformed));
}

#[test]
fn an_entry_of_another_issuer_needs_an_indirect_list() {
    let unknown = Some(RevocationUnknown);
    lists(
        "of another issuer in a direct list",
        unknown,
        Differs("it takes the entry for one of that issuer"),
        |c| {
            c.lists[1] = c.lists[1].clone().revoking(MIDDLE, 1);
            of_issuer(&mut c.lists[1], "root");
        },
    );
}

#[test]
fn a_signer_of_lists_under_another_anchor_says_nothing() {
    for algorithm in Algorithm::ALL {
        let mut chain = Chain::new(algorithm);
        chain.lists = fresh().to_vec();
        indirect(&mut chain);
        let leaf = Certificate::read(&chain.leaf.write(algorithm)).unwrap();
        assert_eq!(store(&chain).status(&leaf, now(), now()), Ok(Revocation::Good));
        // The same signer, and all lists of its own path, but under another trusted root.
        let signer = chain.middle.last_mut().unwrap();
        (signer.issuer, signer.issuer_key) = (name("root of others"), 908);
        signer.extensions.remove(0);
        chain.lists.push(ListParts::of("root of others", 908, 1));
        let mut store = store(&chain);
        store
            .add_anchor(&Parts::authority("root of others", 908, "root of others", 908).write(algorithm))
            .unwrap();
        let signer = Certificate::read(&chain.middle[1].write(algorithm)).unwrap();
        assert_eq!(store.status(&signer, now(), now()), Ok(Revocation::Good));
        assert_eq!(store.status(&leaf, now(), now()), Ok(Revocation::Unknown));
    }
}

/// A signer of lists under the root, and a leaf that names it.
fn indirect(c: &mut Chain) {
    let mut signer = Parts::leaf("lists", 906, "root", 900);
    signer.extensions[1] = key_usage(0b0000_0010);
    c.middle.push(signer);
    let of_lists = tlv(0xa2, &[&tlv(0xa4, &[&name("lists")])]);
    let named = sequence(&[&sequence(&[&point("http://a"), &of_lists])]);
    c.leaf.extensions.push(standard(31, false, &named));
    c.lists[1] = ListParts::of("lists", 906, 1).with(scope(&[&point("http://a"), &tlv(0x84, &[&[0xff]])]));
}

fn of_issuer(list: &mut ListParts, issuer: &str) {
    let entry = list.revoked.last_mut().unwrap();
    entry.2.push(standard(29, true, &sequence(&[&tlv(0xa4, &[&name(issuer)])])));
}

#[test]
fn lists_of_another_signer() {
    lists("nothing is revoked", None, Agrees, indirect);
    lists("the leaf is revoked", Some(Revoked), Agrees, |c| {
        indirect(c);
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
        of_issuer(&mut c.lists[1], "middle");
    });
    lists("that number of another issuer is", None, Agrees, |c| {
        indirect(c);
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
        of_issuer(&mut c.lists[1], "root");
    });
    lists("the signer is revoked", Some(RevocationUnknown), Agrees, |c| {
        indirect(c);
        c.lists[0] = c.lists[0].clone().revoking(&[3, 0x8a], 1);
    });
    lists("a point that names nothing but the signer", None, Agrees, |c| {
        indirect(c);
        let signer = tlv(0xa4, &[&name("lists")]);
        let unnamed = sequence(&[&sequence(&[&tlv(0xa2, &[&signer])])]);
        *c.leaf.extensions.last_mut().unwrap() = standard(31, false, &unnamed);
        let of_signer = tlv(0xa0, &[&tlv(0xa0, &[&signer])]);
        *c.lists[1].extensions.last_mut().unwrap() = scope(&[&of_signer, &tlv(0x84, &[&[0xff]])]);
    });
    lists("it does not say that it is indirect", Some(RevocationUnknown), Agrees, |c| {
        indirect(c);
        *c.lists[1].extensions.last_mut().unwrap() = scope(&[&point("http://a")]);
    });
}

#[test]
fn a_signer_of_lists_is_valid_itself() {
    let outside = Some(RevocationUnknown);
    for (from, until, expected, peer) in [
        (now(), now(), None, Agrees),
        (now().plus(1), now().plus(9), outside, Agrees),
        (now().minus(9), now().minus(1), outside, Differs("its command goes on when one has expired")),
    ] {
        lists("a signer at that instant", expected, peer, |c| {
            indirect(c);
            let signer = c.middle.last_mut().unwrap();
            (signer.from, signer.until) = (utc_time(from), utc_time(until));
        });
    }
}

/// An authority that signs its lists with another key, which it certified itself: that list answers for its signer too.
#[test]
fn a_key_for_lists_is_answered_for_by_its_own_list() {
    let with_key = |c: &mut Chain| {
        let mut signer = Parts::leaf("middle", 906, "middle", 901);
        signer.extensions[1] = key_usage(0b0000_0010);
        c.middle.push(signer);
        c.lists[1] = ListParts::of("middle", 906, 1);
    };
    let differs = Differs("it wants the key that signed the certificate");
    lists("nothing is revoked", None, differs, with_key);
    lists("the leaf is revoked", Some(Revoked), Agrees, |c| {
        with_key(c);
        c.lists[1] = c.lists[1].clone().revoking(LEAF, 1);
    });
    // Each would need the other for its signer.
    lists("its lists are for some reasons each", Some(RevocationUnknown), Agrees, |c| {
        with_key(c);
        let other = c.lists[1].clone();
        c.lists[1].extensions.push(scope(&[&tlv(0x83, &[&[6, 0x40]])]));
        c.lists.push(other.with(scope(&[&tlv(0x83, &[&[7, 0x3f, 0x80]])])));
    });
    lists("it names its signer", Some(RevocationUnknown), Agrees, |c| {
        with_key(c);
        c.lists[1] = c.lists[1].clone().revoking(&[3, 0x8a], 1);
    });
}

/// Signers of lists: the first one's list answers for the leaf, each other one's for the signer before it.
fn signers(c: &mut Chain, count: u64) {
    let called = |number: u64| format!("lists {number}");
    let point_of = |number: u64| {
        let of_lists = tlv(0xa2, &[&tlv(0xa4, &[&name(&called(number))])]);
        standard(31, false, &sequence(&[&sequence(&[&point("http://a"), &of_lists])]))
    };
    c.leaf.extensions.push(point_of(1));
    c.lists.truncate(1);
    for number in 1..=count {
        let last = number == count;
        let (issuer, issuer_key) = if last { ("root", 900) } else { ("middle", 901) };
        let mut signer = Parts::leaf(&called(number), 930 + number, issuer, issuer_key);
        signer.extensions[1] = key_usage(0b0000_0010);
        if !last {
            signer.extensions.push(point_of(number + 1));
        }
        c.middle.push(signer);
        let indirect = scope(&[&point("http://a"), &tlv(0x84, &[&[0xff]])]);
        c.lists.push(ListParts::of(&called(number), 930 + number, 1).with(indirect));
    }
}

#[test]
fn so_many_signers_of_lists_answer_for_one_another_and_no_more() {
    for algorithm in Algorithm::ALL {
        for (count, expected) in [(1, None), (3, None), (4, Some(RevocationUnknown))] {
            let mut chain = Chain::new(algorithm);
            chain.lists = fresh().to_vec();
            signers(&mut chain, count);
            assert_eq!(ours(&chain, &Asked::path().with_revocation()), expected, "{count}, {algorithm:?}");
        }
    }
}

/// The signer whose key the list names is found among many of its name.
#[test]
fn the_key_that_a_list_names_is_tried_first() {
    let mut chain = Chain::new(Algorithm::Es256);
    chain.lists = fresh().to_vec();
    indirect(&mut chain);
    let mut right = chain.middle.pop().unwrap();
    right.extensions.push(standard(14, false, &tlv(4, &[&906_u64.to_be_bytes()])));
    for key in 910..920 {
        chain.middle.push(Parts { key, serial: key.to_be_bytes().to_vec(), ..chain.middle[0].clone() });
        chain.middle.last_mut().unwrap().subject = name("lists");
    }
    chain.middle.push(right);
    assert_eq!(ours(&chain, &Asked::path().with_revocation()), None);
}

#[test]
fn the_instant_is_that_since_which_the_key_is_suspect() {
    for algorithm in Algorithm::ALL {
        let mut chain = Chain::new(algorithm);
        chain.lists = fresh().to_vec();
        chain.lists[1] = chain.lists[1].clone().revoking(LEAF, 1);
        let leaf = Certificate::read(&chain.leaf.write(algorithm)).unwrap();
        let since = |chain: &Chain, at| {
            let found = store(chain).status(&leaf, now(), now());
            assert_eq!(found, Ok(Revocation::Revoked(at, RevocationReason::KeyCompromise)));
        };
        since(&chain, now().minus(3600));
        // An entry that is dated ahead: a list of today names it, one of tomorrow will.
        let mut ahead = chain.clone();
        ahead.lists[1].revoked[0].1 = now().plus(60);
        since(&ahead, now());
        ahead.lists[1].made = now().plus(1);
        since(&ahead, now().plus(60));
        let suspect = boyin_testkit::seals::generalized_time(now().minus(7200));
        chain.lists[1].revoked[0].2.push(standard(24, false, &suspect));
        since(&chain, now().minus(7200));
    }
}

type Answers = fn(&mut Chain);

/// `ResponderID` by the SHA-1 of a key.
fn by_key(c: &Chain, key: u64) -> Vec<u8> {
    let point = FixedKey::signing(c.algorithm, key).reference().point();
    tlv(0xa2, &[&tlv(4, &[&Sha1::from(point).digest().bytes()])])
}

/// A delegate with these arcs of purposes, by the issuer of the leaf or by another.
fn delegate(c: &Chain, arcs: &[u8], issuer: (&str, u64), no_check: bool) -> AnswerParts {
    delegate_with(c, arcs, issuer, no_check, |_| {})
}

fn delegate_with(
    c: &Chain,
    arcs: &[u8],
    issuer: (&str, u64),
    no_check: bool,
    edit: fn(&mut Parts),
) -> AnswerParts {
    let mut responder = Parts::leaf("responder", 907, issuer.0, issuer.1);
    responder.extensions.push(purposes(false, arcs));
    if no_check {
        responder.extensions.push(extension(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5], false, &[5, 0]));
    }
    edit(&mut responder);
    let certificates = vec![responder.write(c.algorithm)];
    AnswerParts {
        key: 907,
        responder: tlv(0xa1, &[&name("responder")]),
        certificates,
        ..AnswerParts::of(&c.leaf)
    }
}

#[test]
fn answers_of_responders() {
    let unknown = Some(RevocationUnknown);
    let cases: [(&str, Option<CertificateReason>, Answers); 26] = [
        ("good", None, |c| c.answers.push(AnswerParts::of(&c.leaf))),
        ("revoked", Some(Revoked), |c| {
            c.answers.push(AnswerParts { status: AnswerParts::revoked(1), ..AnswerParts::of(&c.leaf) });
        }),
        ("on hold", Some(Revoked), |c| {
            c.answers.push(AnswerParts { status: AnswerParts::revoked(HOLD), ..AnswerParts::of(&c.leaf) });
        }),
        ("on hold, stale", unknown, |c| {
            let status = AnswerParts::revoked(HOLD);
            c.answers.push(AnswerParts { status, until: Some(now().minus(1)), ..AnswerParts::of(&c.leaf) });
        }),
        ("good by one, revoked by the list", Some(Revoked), |c| {
            c.answers.push(AnswerParts::of(&c.leaf));
            c.lists.push(ListParts::of("middle", 901, 1).revoking(LEAF, 1));
        }),
        ("unknown", unknown, |c| {
            c.answers.push(AnswerParts { status: AnswerParts::UNKNOWN.to_vec(), ..AnswerParts::of(&c.leaf) });
        }),
        ("stale", unknown, |c| {
            c.answers.push(AnswerParts { until: Some(now().minus(1)), ..AnswerParts::of(&c.leaf) });
        }),
        ("without end", unknown, |c| c.answers.push(AnswerParts { until: None, ..AnswerParts::of(&c.leaf) })),
        ("of tomorrow", unknown, |c| {
            c.answers.push(AnswerParts { made: now().plus(1), ..AnswerParts::of(&c.leaf) });
        }),
        ("by another key", unknown, |c| c.answers.push(AnswerParts { key: 904, ..AnswerParts::of(&c.leaf) })),
        ("of another number", unknown, |c| {
            c.answers.push(AnswerParts { serial: MIDDLE.to_vec(), ..AnswerParts::of(&c.leaf) });
        }),
        ("of another issuer", unknown, |c| {
            c.answers.push(AnswerParts { issuer_key: 900, ..AnswerParts::of(&c.leaf) });
        }),
        ("named by its key", None, |c| {
            c.answers.push(AnswerParts { responder: by_key(c, 901), ..AnswerParts::of(&c.leaf) });
        }),
        ("named by another key", unknown, |c| {
            c.answers.push(AnswerParts { responder: by_key(c, 904), ..AnswerParts::of(&c.leaf) });
        }),
        ("with an extension", None, |c| {
            let extensions = vec![extension(&[0x2a, 3, 9], false, &[5, 0])];
            c.answers.push(AnswerParts { extensions, ..AnswerParts::of(&c.leaf) });
        }),
        ("with a critical extension before another", unknown, |c| {
            let extensions =
                [true, false].map(|critical| extension(&[0x2a, 3, 9], critical, &[5, 0])).to_vec();
            c.answers.push(AnswerParts { extensions, ..AnswerParts::of(&c.leaf) });
        }),
        ("by a delegate", None, |c| c.answers.push(delegate(c, &[9], ("middle", 901), true))),
        ("by a delegate that may be revoked", unknown, |c| {
            c.answers.push(delegate(c, &[9], ("middle", 901), false));
        }),
        ("by a delegate for other purposes", unknown, |c| {
            c.answers.push(delegate(c, &[1], ("middle", 901), true));
        }),
        ("by a delegate that another key appointed", unknown, |c| {
            c.answers.push(delegate(c, &[9], ("middle", 904), true));
        }),
        ("by a delegate at its only instant", None, |c| {
            c.answers.push(delegate_with(c, &[9], ("middle", 901), true, |delegate| {
                (delegate.from, delegate.until) = (utc_time(now()), utc_time(now()));
            }));
        }),
        ("by a delegate of tomorrow", unknown, |c| {
            c.answers.push(delegate_with(c, &[9], ("middle", 901), true, |delegate| {
                delegate.from = utc_time(now().plus(1));
            }));
        }),
        ("by a delegate of yesterday", unknown, |c| {
            c.answers.push(delegate_with(c, &[9], ("middle", 901), true, |delegate| {
                delegate.until = utc_time(now().minus(1));
            }));
        }),
        ("by a delegate that is not understood", unknown, |c| {
            c.answers.push(delegate_with(c, &[9], ("middle", 901), true, |delegate| {
                delegate.extensions.push(extension(&[0x2a, 3, 9], true, &[5, 0]));
            }));
        }),
        ("by a delegate of another name", unknown, |c| {
            c.answers.push(delegate(c, &[9], ("another", 901), true));
        }),
        ("by a delegate of the root", unknown, |c| c.answers.push(delegate(c, &[9], ("root", 900), true))),
    ];
    for algorithm in Algorithm::ALL {
        for (what, expected, change) in cases {
            let mut chain = Chain::new(algorithm);
            chain.lists = vec![ListParts::of("root", 900, 1)];
            change(&mut chain);
            assert_eq!(ours(&chain, &Asked::path().with_revocation()), expected, "{what}, {algorithm:?}");
        }
    }
}
