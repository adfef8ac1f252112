//! One revocation list by itself: whether it is kept, and whether it takes the place of another.

use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::chains::{Chain, ListParts, standard};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{ISSUES, extension, key_usage, utc_time};
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::{Certificate, CertificateError, CertificateStore, ListFault, VerifiedList};

use crate::judge::store;

fn list(number: u8) -> ListParts {
    ListParts::of("middle", 901, number)
}

fn verified(chain: &Chain, list: &ListParts) -> Result<VerifiedList, ListFault> {
    store(chain).verify_list(&list.write(chain.algorithm), now())
}

fn fault(chain: &Chain, list: &ListParts) -> Option<ListFault> {
    verified(chain, list).err()
}

#[test]
fn a_list_says_when_it_is_fresh() {
    let chain = Chain::new(Algorithm::Sm2);
    let made = list(7);
    let until = made.until.unwrap();
    let found = verified(&chain, &made).unwrap();
    assert_eq!((found.this_update(), found.next_update()), (made.made, Some(until)));
    for (at, fresh) in [(made.made.minus(1), false), (made.made, true), (until, true), (until.plus(1), false)]
    {
        assert_eq!(found.is_fresh(at), fresh, "{at}");
    }
    let endless = verified(&chain, &ListParts { until: None, ..made }).unwrap();
    assert!(endless.next_update().is_none() && !endless.is_fresh(now()));
}

#[test]
fn only_lists_of_trusted_authorities_are_kept() {
    let chain = Chain::new(Algorithm::Es256);
    let format = store(&chain).verify_list(&[0x30, 0], now()).map(|_| ());
    assert_eq!(format, Err(ListFault::Format(CertificateError::Malformed)));
    let critical = list(7).with(extension(&[0x2a, 3, 9], true, &[5, 0]));
    assert_eq!(fault(&chain, &critical), Some(ListFault::NotUnderstood));
    for (ahead, expected) in [(300, None), (301, Some(ListFault::FromFuture))] {
        assert_eq!(fault(&chain, &ListParts { made: now().plus(ahead), ..list(7) }), expected);
    }
    let signer = Some(ListFault::Signer);
    assert_eq!(fault(&chain, &ListParts { key: 904, ..list(7) }), signer);
    assert_eq!(fault(&chain, &ListParts::of("nobody", 901, 7)), signer);
    let mut silent = chain.clone();
    silent.middle[0].extensions[1] = key_usage(ISSUES & 0b1111_1101);
    assert_eq!(fault(&silent, &list(7)), signer);
    for (from, until, expected) in [
        (now(), now(), None),
        (now().plus(1), now().plus(9), signer),
        (now().minus(9), now().minus(1), signer),
    ] {
        let mut short = chain.clone();
        (short.middle[0].from, short.middle[0].until) = (utc_time(from), utc_time(until));
        assert_eq!(fault(&short, &list(7)), expected, "{from} {until}");
    }
    let mut rootless = CertificateStore::new(&all_x509());
    rootless.add_intermediate(&chain.middle[0].write(chain.algorithm)).unwrap();
    let found = rootless.verify_list(&list(7).write(chain.algorithm), now()).map(|_| ());
    assert_eq!(found, Err(ListFault::Signer));
}

#[test]
fn no_older_list_and_none_of_others_takes_the_place() {
    let chain = Chain::new(Algorithm::Es256);
    let replaces = |new: &ListParts, old: &ListParts| {
        verified(&chain, new).unwrap().may_replace(&verified(&chain, old).unwrap()).err()
    };
    let unnumbered = |mut list: ListParts| {
        list.extensions.truncate(1);
        list
    };
    let later = |seconds: u64, mut list: ListParts| {
        list.made = list.made.plus(seconds);
        list
    };
    let (older, other) = (Some(ListFault::Older), Some(ListFault::OtherList));
    let users = standard(28, true, &sequence(&[&tlv(0x81, &[&[0xff]])]));
    let authorities = standard(28, true, &sequence(&[&tlv(0x82, &[&[0xff]])]));
    let delta = standard(27, true, &tlv(2, &[&[6]]));
    for (what, new, old, expected) in [
        ("the same", list(7), list(7), None),
        ("a greater number", list(8), list(7), None),
        ("a smaller number", list(6), list(7), older),
        ("a smaller number, made later", later(9, list(6)), list(7), older),
        ("a greater number, made before", list(8), later(1, list(7)), older),
        ("the first number", list(7), unnumbered(list(7)), None),
        ("no number any more", later(9, unnumbered(list(7))), list(7), older),
        ("never a number, made later", later(1, unnumbered(list(7))), unnumbered(list(7)), None),
        ("never a number, made before", unnumbered(list(7)), later(1, unnumbered(list(7))), older),
        ("of another issuer", ListParts::of("root", 900, 8), list(7), other),
        ("of users only", list(8).with(users.clone()), list(7), other),
        ("of users only, as before", list(8).with(users.clone()), list(7).with(users.clone()), None),
        ("of authorities only, before of users", list(8).with(authorities), list(7).with(users), other),
        ("a delta for a whole one", list(8).with(delta.clone()), list(7), other),
        ("a whole one for a delta", list(8), list(7).with(delta.clone()), other),
        ("a delta for a delta", list(8).with(delta.clone()), list(7).with(delta), None),
    ] {
        assert_eq!(replaces(&new, &old), expected, "{what}");
    }
}

#[test]
fn faults_of_lists_have_their_codes() {
    for (fault, code) in [
        (ListFault::Format(CertificateError::TooLarge), "list_malformed"),
        (ListFault::NotUnderstood, "list_not_understood"),
        (ListFault::FromFuture, "list_from_future"),
        (ListFault::Signer, "list_signer_unknown"),
        (ListFault::OtherList, "list_of_another_issuer"),
        (ListFault::Older, "list_older"),
    ] {
        assert_eq!(fault.code(), code);
    }
}

#[test]
fn addresses_are_those_of_the_points() {
    let mut chain = Chain::new(Algorithm::Es256);
    let point = |names: &[&[u8]]| sequence(&[&tlv(0xa0, &[&tlv(0xa0, names)])]);
    let uri = |text: &str| tlv(0x86, &[text.as_bytes()]);
    let points = [
        point(&[&uri("http://a/1"), &tlv(0x82, &[b"b"])]),
        point(&[&tlv(0xa4, &[&boyin_testkit::seals::name("middle")])]),
        point(&[&uri("http://c/2")]),
    ];
    let leaf = |chain: &Chain| Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    assert!(leaf(&chain).list_addresses().is_empty());
    chain.leaf.extensions.push(standard(31, false, &sequence(&[&points.concat()])));
    assert_eq!(leaf(&chain).list_addresses(), ["http://a/1", "http://c/2"]);
    let freshest = standard(46, false, &sequence(&[&points.concat()]));
    let whole = verified(&chain, &list(7).with(freshest.clone())).unwrap();
    assert_eq!(whole.delta_addresses(), ["http://a/1", "http://c/2"]);
    let delta = list(8).with(standard(27, true, &tlv(2, &[&[7]])));
    let delta = verified(&chain, &delta.with(freshest)).unwrap();
    assert!(delta.delta_addresses().is_empty(), "there is no way from delta to delta");
    assert!(leaf(&chain).delta_addresses().is_empty());
    chain.leaf.extensions.push(standard(46, false, &sequence(&[&point(&[&uri("http://d/3")])])));
    assert_eq!(leaf(&chain).delta_addresses(), ["http://d/3"]);
    assert_eq!(leaf(&chain).list_addresses(), ["http://a/1", "http://c/2"]);
}
