//! What a revocation of the authority means for what it stamped before (RFC 3161 §4).

use boyin_model::time::UnixTime;
use boyin_suite::Algorithm;
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{
    CertificateByHand, ISSUES, ListByHand, SIGNS, basic_constraints, key_usage, name,
};
use boyin_testkit::timestamp::{STAMPED, Stamp, TIMESTAMPING, TimestampWorld, extended_key_usage};
use boyin_verify::Reader;
use boyin_verify::chain::{CertificateStore, RevocationReason};
use boyin_verify::timestamp::Stamped;
use boyin_verify::timestamp::{
    TimestampContext, TimestampNote, TimestampPolicy, TimestampReason, TimestampVerdict, WhenUnknown,
    check_token,
};

use crate::{check, shown, stamped_at};

const ROOT: &str = "时间戳根";
const REVOKED: TimestampVerdict = TimestampVerdict::Failed(TimestampReason::AuthorityRevoked);

/// The last second that a token of [`stamped_at`] can mean: it is exact to a second.
fn latest() -> UnixTime {
    stamped_at().plus(1)
}

fn list(world: &TimestampWorld, made: UnixTime, since: UnixTime, reason: Option<u8>) -> Vec<u8> {
    let (key, name) = (&world.root.0, name(ROOT));
    let until = Some(now().plus(86_400));
    ListByHand { key, name: &name, revoked: &[(0x52, since)], made, until }.write_for(reason, &[])
}

fn verdict_with(lists: &[Vec<u8>]) -> (TimestampVerdict, Vec<TimestampNote>) {
    let world = TimestampWorld::new(Algorithm::Es256);
    let mut store = CertificateStore::new(&boyin_suite::all_x509());
    store.add_timestamp_authority(&world.root.1).unwrap();
    lists.iter().for_each(|list| store.add_revocation_list(list).unwrap());
    let report = check(&world.stamped(STAMPED, stamped_at()), &store);
    (report.verdict(), report.notes().to_vec())
}

#[test]
fn the_reason_decides_about_what_was_stamped_before() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let since = |at, reason| verdict_with(&[list(&world, now().minus(60), at, reason)]);
    let noted = (TimestampVerdict::Passed, vec![TimestampNote::AuthorityRevokedSince]);
    // unspecified, affiliationChanged, superseded, cessationOfOperation
    for reason in [0, 3, 4, 5] {
        assert_eq!(since(latest().plus(1), Some(reason)), noted, "{reason}");
        assert_eq!(since(latest(), Some(reason)).0, REVOKED, "{reason}: it may have been stamped afterwards");
        assert_eq!(since(stamped_at().minus(1), Some(reason)).0, REVOKED, "{reason}");
    }
    // Not said; keyCompromise, cACompromise, certificateHold, removeFromCRL, privilegeWithdrawn, aACompromise
    for reason in [None, Some(1), Some(2), Some(6), Some(8), Some(9), Some(10)] {
        assert_eq!(since(latest().plus(1), reason).0, REVOKED, "{reason:?}");
        assert_eq!(since(now().minus(61), reason).0, REVOKED, "{reason:?}");
    }
    assert_ne!(RevocationReason::NotGiven.code(), RevocationReason::Unspecified.code());
}

/// The authority said first that the key was replaced, and later that it had been in other hands.
#[test]
fn of_two_lists_the_worse_reason_counts() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let replaced = list(&world, now().minus(120), now().minus(300), Some(4));
    let stolen = list(&world, now().minus(60), now().minus(200), Some(1));
    assert_eq!(verdict_with(&[replaced.clone(), stolen.clone()]).0, REVOKED);
    assert_eq!(verdict_with(&[stolen, replaced]).0, REVOKED);
}

/// An authority under an intermediate one: each is asked for itself.
struct Deep {
    token: Vec<u8>,
    store: CertificateStore,
}

/// Serial number of the intermediate authority.
const MIDDLE: u8 = 0x53;
/// Serial number of the authority.
const LEAF: u8 = 0x52;

fn deep(middle: Option<(UnixTime, u8)>, leaf: Option<(UnixTime, u8)>, middle_answers: bool) -> Deep {
    let world = TimestampWorld::new(Algorithm::Es256);
    let key = FixedKey::signing(Algorithm::Es256, 960);
    let (from, until) = (now().minus(86_400), now().plus(86_400));
    let root_name = name(ROOT);
    let middle_name = name("时间戳中级");
    let by_root = CertificateByHand {
        issuer_key: &world.root.0,
        issuer: &root_name,
        key: &key,
        name: "时间戳中级",
        serial: MIDDLE,
        from,
        until,
    };
    let middle_certificate = by_root.write(&[basic_constraints(true, None), key_usage(ISSUES)]);
    let by_middle = CertificateByHand {
        issuer_key: &key,
        issuer: &middle_name,
        key: &world.authority.0,
        name: "时间戳机构",
        serial: LEAF,
        from,
        until,
    };
    let leaf_certificate = by_middle.write(&[key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING])]);
    let world = world.certified(leaf_certificate.clone());
    let certificates = vec![leaf_certificate, middle_certificate];
    let token = world.token(&Stamp { certificates, ..world.stamp(STAMPED, stamped_at()) });
    let mut store = CertificateStore::new(&boyin_suite::all_x509());
    store.add_timestamp_authority(&world.root.1).unwrap();
    let mut add = |key, name: &[u8], serial, revoked: Option<(UnixTime, u8)>| {
        let entries: Vec<_> = revoked.map(|(since, _)| (serial, since)).into_iter().collect();
        let list = ListByHand { key, name, revoked: &entries, made: now().minus(60), until: Some(until) };
        store.add_revocation_list(&list.write_for(revoked.map(|(_, reason)| reason), &[])).unwrap();
    };
    if middle_answers {
        add(&world.root.0, &root_name, MIDDLE, middle);
    }
    add(&key, &middle_name, LEAF, leaf);
    Deep { token, store }
}

impl Deep {
    fn verdict(&self, when_unknown: WhenUnknown) -> TimestampVerdict {
        let policy = TimestampPolicy { when_unknown, ..TimestampPolicy::default() };
        let (now, certificates) = (now(), &self.store);
        let context = TimestampContext { now, certificates, policy: &policy, nonce: None, claimed: None };
        let report = check_token(&self.token, Reader::Ours, Stamped::Bytes(STAMPED), &context);
        assert!(!report.checks().collect::<Vec<_>>().is_empty(), "{}", shown(&report));
        report.verdict()
    }
}

#[test]
fn each_certificate_of_the_path_is_asked_for_itself() {
    let (early, late) = (now().minus(300), now().minus(200));
    let strict = |deep: Deep| deep.verdict(WhenUnknown::Indeterminate);
    assert_eq!(strict(deep(None, None, true)), TimestampVerdict::Passed);
    assert_eq!(strict(deep(Some((early, 4)), None, true)), TimestampVerdict::Passed);
    assert_eq!(strict(deep(Some((early, 4)), Some((late, 5)), true)), TimestampVerdict::Passed);
    // The harmless one is the earlier one.
    assert_eq!(strict(deep(Some((early, 4)), Some((late, 1)), true)), REVOKED);
    assert_eq!(strict(deep(Some((late, 1)), Some((early, 4)), true)), REVOKED);
    // Nobody answers for the intermediate one: that hides no revocation of the other.
    let unknown = TimestampVerdict::Indeterminate(TimestampReason::RevocationUnknown);
    assert_eq!(strict(deep(None, Some((late, 4)), false)), unknown);
    for when_unknown in [WhenUnknown::Indeterminate, WhenUnknown::Accept] {
        assert_eq!(deep(None, Some((late, 1)), false).verdict(when_unknown), REVOKED);
    }
    assert_eq!(deep(None, Some((late, 4)), false).verdict(WhenUnknown::Accept), TimestampVerdict::Passed);
}
