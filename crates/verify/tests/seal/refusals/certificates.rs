//! Paths, key usage, revocation and the time of certificates, for the maker and for the signer.

use boyin_model::seal::{SealInfo, Signers};
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{
    CertificateByHand, ISSUES, ListByHand, SIGNS, SealWorld, SigningKey, basic_constraints, certificate,
    digest_prefix, extension, key_usage, name, revocation_list,
};
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::{Certificate, CertificateStore, Revocation};
use boyin_verify::seal::{SealCheck, SealNote, SealReason};

use super::{Case, Expected, always, passes, refused};

const DAY: u64 = 86_400;
/// `unknown`: 2.5.29.99.
const UNKNOWN: [u8; 3] = [0x55, 0x1d, 99];
const POLICIES: [u8; 3] = [0x55, 0x1d, 32];
const NAME_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 30];

fn signed_at() -> UnixTime {
    now().minus(60)
}

/// When the seals of the kit are made.
fn made_at() -> UnixTime {
    now().minus(10 * DAY)
}

/// What is wrong with a certificate, whosever it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    ChainMissing,
    ChainInvalid,
    KeyUsage,
    NoKeyUsage,
    Revoked,
    RevokedSince,
    /// And nothing is known of the authority.
    RevokedSinceOpen,
    Unknown,
}

/// Root, authority, and the one certificate in question, with their revocation lists.
struct Tree {
    root: SigningKey,
    middle: SigningKey,
    leaf: SigningKey,
    /// Extensions.
    of_root: Vec<Vec<u8>>,
    of_middle: Vec<Vec<u8>>,
    of_leaf: Vec<Vec<u8>>,
    middle_until: UnixTime,
    /// Who signs the leaf.
    by: SigningKey,
    /// Serial numbers that the root revoked, and its list's end.
    root_list: Option<Vec<(u8, UnixTime)>>,
    middle_list: Option<Vec<(u8, UnixTime)>>,
    lists_made: UnixTime,
    lists_until: Option<UnixTime>,
    list_key: SigningKey,
    list_extensions: Vec<Vec<u8>>,
    middle_known: bool,
    root_trusted: bool,
}

impl Tree {
    fn new(algorithm: Algorithm, leaf: &SigningKey) -> Self {
        let key = |seed| FixedKey::signing(algorithm, seed);
        let authority = |length| vec![basic_constraints(true, length), key_usage(ISSUES)];
        Self {
            root: key(910),
            middle: key(911),
            leaf: leaf.clone(),
            of_root: authority(None),
            of_middle: authority(Some(0)),
            of_leaf: vec![key_usage(SIGNS)],
            middle_until: now().plus(365 * DAY),
            by: key(911),
            root_list: Some(Vec::new()),
            middle_list: Some(Vec::new()),
            lists_made: now().minus(60),
            lists_until: Some(now().plus(DAY)),
            list_key: key(911),
            list_extensions: Vec::new(),
            middle_known: true,
            root_trusted: true,
        }
    }

    fn hand<'p>(
        &self,
        issuer_key: &'p SigningKey,
        issuer: &'p [u8],
        key: &'p SigningKey,
    ) -> CertificateByHand<'p> {
        let (from, until) = (now().minus(365 * DAY), now().plus(365 * DAY));
        CertificateByHand { issuer_key, issuer, key, name: "叶", serial: 7, from, until }
    }

    fn leaf(&self) -> Vec<u8> {
        self.hand(&self.by, &name("中"), &self.leaf).write(&self.of_leaf)
    }

    /// Adds all but the leaf to a store that knows the rest.
    fn add_to(&self, store: &mut CertificateStore) {
        let (root_name, middle_name) = (name("根"), name("中"));
        let root = self.hand(&self.root, &root_name, &self.root);
        let root = CertificateByHand { name: "根", serial: 5, ..root }.write(&self.of_root);
        let middle = self.hand(&self.root, &root_name, &self.middle);
        let middle = CertificateByHand { name: "中", serial: 6, until: self.middle_until, ..middle };
        if self.root_trusted {
            store.add_anchor(&root).unwrap();
        } else {
            store.add_intermediate(&root).unwrap();
        }
        if self.middle_known {
            store.add_intermediate(&middle.write(&self.of_middle)).unwrap();
        }
        let list = |key, name, revoked| ListByHand {
            key,
            name,
            revoked,
            made: self.lists_made,
            until: self.lists_until,
        };
        if let Some(revoked) = &self.root_list {
            store.add_revocation_list(&list(&self.root, &root_name, revoked).write(&[])).unwrap();
        }
        if let Some(revoked) = &self.middle_list {
            let list = list(&self.list_key, &middle_name, revoked).write(&self.list_extensions);
            store.add_revocation_list(&list).unwrap();
        }
    }
}

type Change = Box<dyn Fn(&mut Tree)>;

/// What can be wrong with a path and with the revocation lists of its issuers.
fn changes(algorithm: Algorithm) -> Vec<(&'static str, Change, Fault)> {
    let other = FixedKey::signing(algorithm, 912);
    let (by_other, list_by_other) = (other.clone(), other);
    let mut all: Vec<(&'static str, Change, Fault)> = Vec::new();
    let mut add = |what, fault, change: Change| all.push((what, change, fault));
    use Fault::*;
    add("a path over two authorities", None, Box::new(|_| {}));
    add(
        "no authority",
        ChainInvalid,
        Box::new(|t| t.of_middle = vec![basic_constraints(false, Option::None), key_usage(ISSUES)]),
    );
    add("no basic constraints", ChainInvalid, Box::new(|t| t.of_middle = vec![key_usage(ISSUES)]));
    add(
        "no usage of the authority's key",
        None,
        Box::new(|t| {
            t.of_middle.remove(1);
        }),
    );
    add(
        "no usage of the root's key",
        None,
        Box::new(|t| {
            t.of_root.remove(1);
        }),
    );
    add("a root without extensions", None, Box::new(|t| t.of_root.clear()));
    add(
        "a root that is no authority",
        ChainInvalid,
        Box::new(|t| t.of_root = vec![basic_constraints(false, Option::None)]),
    );
    add("no keyCertSign", ChainInvalid, Box::new(|t| t.of_middle[1] = key_usage(0b0000_0010)));
    add(
        "path length of the root",
        ChainInvalid,
        Box::new(|t| t.of_root[0] = basic_constraints(true, Some(0))),
    );
    add("path length of the root fits", None, Box::new(|t| t.of_root[0] = basic_constraints(true, Some(1))));
    for (what, fault, id, value) in [
        ("unknown critical extension of the authority", ChainInvalid, UNKNOWN, &[5, 0][..]),
        ("critical name constraints of the authority", ChainInvalid, NAME_CONSTRAINTS, &[0x30, 0]),
        ("critical policies of the authority", None, POLICIES, &[0x30, 5, 0x30, 3, 6, 1, 0x2a]),
    ] {
        let one = extension(&id, true, value);
        add(what, fault, Box::new(move |t| t.of_middle.push(one.clone())));
        let one = extension(&id, true, value);
        add("the same of the leaf", fault, Box::new(move |t| t.of_leaf.push(one.clone())));
        let one = extension(&id, true, value);
        add("the same of the root", fault, Box::new(move |t| t.of_root.push(one.clone())));
    }
    add(
        "unknown extension, not critical",
        None,
        Box::new(|t| t.of_leaf.push(extension(&UNKNOWN, false, &[5, 0]))),
    );
    add("signed by another key", ChainInvalid, Box::new(move |t| t.by = by_other.clone()));
    add("an authority that ended", ChainInvalid, Box::new(|t| t.middle_until = made_at().minus(1)));
    add("an unknown authority", ChainMissing, Box::new(|t| t.middle_known = false));
    add("no anchor", ChainMissing, Box::new(|t| t.root_trusted = false));
    add("for encryption", KeyUsage, Box::new(|t| t.of_leaf[0] = key_usage(0b0011_0000)));
    add("for nonRepudiation", None, Box::new(|t| t.of_leaf[0] = key_usage(0b0100_0000)));
    add(
        "a usage that cannot be read",
        ChainInvalid,
        Box::new(|t| t.of_leaf[0] = extension(&[0x55, 0x1d, 15], false, &[5, 0])),
    );
    add("no usage", NoKeyUsage, Box::new(|t| t.of_leaf.clear()));

    add("revoked", Revoked, Box::new(|t| t.middle_list = Some(vec![(7, made_at())])));
    add("revoked since", RevokedSince, Box::new(|t| t.middle_list = Some(vec![(7, now().minus(1))])));
    add("another is revoked", None, Box::new(|t| t.middle_list = Some(vec![(6, made_at()), (8, made_at())])));
    add("an authority is revoked", Revoked, Box::new(|t| t.root_list = Some(vec![(6, made_at())])));
    add("no list", Unknown, Box::new(|t| t.middle_list = Option::None));
    add("no list of the root", Unknown, Box::new(|t| t.root_list = Option::None));
    add(
        "revoked since, and no list of the root",
        RevokedSinceOpen,
        Box::new(|t| {
            t.middle_list = Some(vec![(7, now().minus(1))]);
            t.root_list = Option::None;
        }),
    );
    add(
        "revoked, and no list of the root",
        Revoked,
        Box::new(|t| {
            t.middle_list = Some(vec![(7, made_at())]);
            t.root_list = Option::None;
        }),
    );
    add("stale lists", Unknown, Box::new(|t| t.lists_until = Some(now().minus(1))));
    add("lists in their last second", None, Box::new(|t| t.lists_until = Some(now())));
    add("lists without an end", Unknown, Box::new(|t| t.lists_until = Option::None));
    add("lists of the next second", Unknown, Box::new(|t| t.lists_made = now().plus(1)));
    add(
        "a stale list still revokes",
        Revoked,
        Box::new(|t| {
            t.lists_until = Some(now().minus(1));
            t.middle_list = Some(vec![(7, made_at())]);
        }),
    );
    add("a list by another key", Unknown, Box::new(move |t| t.list_key = list_by_other.clone()));
    add("a list by a key without cRLSign", Unknown, Box::new(|t| t.of_middle[1] = key_usage(0b0000_0100)));
    add(
        "a list with an extension",
        None,
        Box::new(|t| t.list_extensions = vec![extension(&[0x55, 0x1d, 20], false, &[2, 1, 9])]),
    );
    all
}

fn of_maker(fault: Fault) -> [Expected; 3] {
    let no = |reason| always(refused(reason, SealCheck::MakerCertificate));
    match fault {
        Fault::None => always(passes(&[])),
        Fault::NoKeyUsage => always(passes(&[SealNote::NoKeyUsage])),
        Fault::ChainMissing => no(SealReason::MakerChainMissing),
        Fault::ChainInvalid => no(SealReason::MakerChainInvalid),
        Fault::KeyUsage => no(SealReason::MakerKeyUsage),
        Fault::Revoked => no(SealReason::MakerRevoked),
        // For the maker of a seal that is verified now; of a signature before, it is unproven under all profiles.
        Fault::RevokedSince => {
            let [first, second, _] = no(SealReason::MakerRevoked);
            [first, second, refused(SealReason::MakerRevokedUnproven, SealCheck::MakerCertificate)]
        }
        Fault::RevokedSinceOpen => {
            let [first, second, _] = no(SealReason::MakerRevoked);
            [first, second, refused(SealReason::MakerRevocationUnknown, SealCheck::MakerCertificate)]
        }
        Fault::Unknown => no(SealReason::MakerRevocationUnknown),
    }
}

fn of_signer(fault: Fault) -> [Expected; 3] {
    let no = |reason| always(refused(reason, SealCheck::SignerCertificate));
    match fault {
        Fault::None => always(passes(&[])),
        Fault::NoKeyUsage => always(passes(&[SealNote::NoKeyUsage])),
        Fault::ChainMissing => no(SealReason::SignerChainMissing),
        Fault::ChainInvalid => no(SealReason::SignerChainInvalid),
        Fault::KeyUsage => no(SealReason::SignerKeyUsage),
        Fault::Revoked => no(SealReason::SignerRevoked),
        Fault::RevokedSince => no(SealReason::SignerRevokedUnproven),
        Fault::RevokedSinceOpen | Fault::Unknown => no(SealReason::SignerRevocationUnknown),
    }
}

pub(super) fn cases(algorithm: Algorithm) -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, change, fault) in changes(algorithm) {
        let mut world = SealWorld::new(algorithm);
        let mut tree = Tree::new(algorithm, &world.signer.0);
        change(&mut tree);
        world.signer.1 = tree.leaf();
        let mut store = world.store();
        tree.add_to(&mut store);
        let signature = world.signature_by_hand(&world.seal(&world.info()), signed_at());
        cases.push(Case::signature(format!("signer: {what}"), signature, store, of_signer(fault)));

        let mut world = SealWorld::new(algorithm);
        tree.leaf = world.maker.0.clone();
        world.maker.1 = tree.leaf();
        let store = || {
            let mut store = world.store();
            tree.add_to(&mut store);
            store
        };
        let seal = world.seal(&world.info());
        let signature = world.signature_by_hand(&seal, signed_at());
        cases.push(Case::seal(format!("maker: {what}"), seal, store(), of_maker(fault)));
        let expected = if let Fault::RevokedSince = fault {
            always(refused(SealReason::MakerRevokedUnproven, SealCheck::MakerCertificate))
        } else if let Fault::RevokedSinceOpen = fault {
            of_maker(Fault::Unknown)
        } else {
            of_maker(fault)
        };
        cases.push(Case::signature(format!("maker: {what}"), signature, store(), expected));
    }
    [cases, makers(algorithm), maker_times(algorithm), anchors(algorithm)].into_iter().flatten().collect()
}

/// Who may make a seal.
fn makers(algorithm: Algorithm) -> Vec<Case> {
    let world = SealWorld::new(algorithm);
    let maker = world.maker.1.as_slice();
    let unlisted = || {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(world.authority.certificate()).unwrap();
        store.add_maker(&world.signer.1).unwrap();
        store.add_revocation_list(&revocation_list(&world, &[], signed_at())).unwrap();
        store
    };
    let seal = world.seal(&world.info());
    let signature = world.signature_by_hand(&seal, signed_at());
    let expected = always(refused(SealReason::MakerNotListed, SealCheck::MakerCertificate));
    let mut cases = vec![
        Case::seal("no seal maker", seal, unlisted(), expected.clone()),
        Case::signature("no seal maker", signature, unlisted(), expected),
    ];
    let alg = world.maker.0.reference().alg();
    let z = digest_prefix(&world.maker.0);
    let digests = [alg.digest(&[&world.signer.1]), alg.digest(&[maker]), alg.digest(&[&z, maker])];
    let digest = |value| boyin_model::seal::CertificateDigest { algorithm: alg.id().digest, value };
    for (what, signers) in [
        ("the maker among the signers", Signers::Certificates(vec![&world.signer.1, maker])),
        ("the maker's digest among theirs", Signers::Digests(vec![digest(&digests[0]), digest(&digests[1])])),
        ("the maker's digest with Z", Signers::Digests(vec![digest(&digests[0]), digest(&digests[2])])),
    ] {
        let seal = world.seal_by_hand(&SealInfo { signers, ..world.info() }.write().unwrap());
        let signature = world.signature_by_hand(&seal, signed_at());
        let expected = always(refused(SealReason::MakerIsSigner, SealCheck::MakerCertificate));
        cases.push(Case::seal(what, seal, world.store(), expected.clone()));
        cases.push(Case::signature(what, signature, world.store(), expected));
    }
    cases.extend(with_two_certificates(algorithm));
    cases
}

/// The maker's key, certified once more as that of a signer.
fn with_two_certificates(algorithm: Algorithm) -> Vec<Case> {
    let mut world = SealWorld::new(algorithm);
    let (from, until) = (now().minus(365 * DAY), now().plus(365 * DAY));
    let second = certificate(&world.authority, &world.maker.0, 9, "签章人", from, until);
    world.signer = (world.maker.0.clone(), second.clone());
    let alg = world.maker.0.reference().alg();
    let value = alg.digest(&[&second]);
    let digest = boyin_model::seal::CertificateDigest { algorithm: alg.id().digest, value: &value };
    let own = always(refused(SealReason::MakerIsSigner, SealCheck::MakerCertificate));
    let mut cases = Vec::new();
    for (what, signers, of_seal) in [
        ("another certificate of the maker's key", Signers::Certificates(vec![&second]), own.clone()),
        // A digest tells nothing of the key: only the signature does.
        ("the digest of another certificate", Signers::Digests(vec![digest]), always(passes(&[]))),
    ] {
        let seal = world.seal_by_hand(&SealInfo { signers, ..world.info() }.write().unwrap());
        let signature = world.signature_by_hand(&seal, signed_at());
        cases.push(Case::seal(what, seal, world.store(), of_seal));
        cases.push(Case::signature(what, signature, world.store(), own.clone()));
    }
    cases
}

/// The maker's certificate, valid at other times than its seal was made and used.
fn maker_times(algorithm: Algorithm) -> Vec<Case> {
    let late = || refused(SealReason::MakerNotInTime, SealCheck::MakerCertificate);
    let good = || passes(&[]);
    let ended = || passes(&[SealNote::MakerEndedSince]);
    let (year_ago, next_year, made, used) =
        (now().minus(365 * DAY), now().plus(365 * DAY), made_at(), signed_at());
    let mut cases = Vec::new();
    for (from, until, of_seal, of_signature) in [
        (year_ago, now(), [good(), good(), good()], [good(), good(), good()]),
        (year_ago, now().minus(1), [late(), late(), ended()], [good(), good(), good()]),
        (year_ago, used, [late(), late(), ended()], [good(), good(), good()]),
        // Ended between making and use.
        (year_ago, used.minus(1), [late(), late(), ended()], [late(), late(), ended()]),
        (year_ago, made, [late(), late(), ended()], [late(), late(), ended()]),
        (year_ago, made.minus(1), [late(), late(), late()], [late(), late(), late()]),
        (made, next_year, [good(), good(), good()], [good(), good(), good()]),
        // Made before the certificate began, and used later.
        (made.plus(1), next_year, [good(), good(), late()], [good(), good(), late()]),
        (used, next_year, [good(), good(), late()], [good(), good(), late()]),
        (used.plus(1), next_year, [good(), good(), late()], [late(), late(), late()]),
        (now().plus(1), next_year, [late(), late(), late()], [late(), late(), late()]),
    ] {
        let mut world = SealWorld::new(algorithm);
        world.maker.1 = certificate(&world.authority, &world.maker.0, 1, "制章人", from, until);
        let seal = world.seal(&world.info());
        let signature = world.signature_by_hand(&seal, signed_at());
        let what = format!("maker from {from} to {until}");
        cases.push(Case::seal(what.clone(), seal, world.store(), of_seal));
        cases.push(Case::signature(what, signature, world.store(), of_signature));
    }
    cases
}

/// Circles, crowds and long paths.
fn anchors(algorithm: Algorithm) -> Vec<Case> {
    let key = |seed| FixedKey::signing(algorithm, seed);
    let authority = [basic_constraints(true, None), key_usage(ISSUES)];
    let (from, until) = (now().minus(365 * DAY), now().plus(365 * DAY));
    let issue =
        |issuer_key: &SigningKey, issuer: &str, subject: &SigningKey, common_name: &str, serial: u8| {
            let issuer = name(issuer);
            let hand = CertificateByHand {
                issuer_key,
                issuer: &issuer,
                key: subject,
                name: common_name,
                serial,
                from,
                until,
            };
            if serial == 7 { hand.write(&[key_usage(SIGNS)]) } else { hand.write(&authority) }
        };
    let mut cases = Vec::new();
    let mut add = |what: &str, leaf: Vec<u8>, fault: Fault, fill: &dyn Fn(&mut CertificateStore)| {
        let mut world = SealWorld::new(algorithm);
        world.signer.1 = leaf;
        let mut store = world.store();
        fill(&mut store);
        let signature = world.signature_by_hand(&world.seal(&world.info()), signed_at());
        cases.push(Case::signature(what, signature, store, of_signer(fault)));
    };
    let signer = SealWorld::new(algorithm).signer.0;
    let (first, second) = (key(913), key(914));
    let leaf = issue(&first, "甲", &signer, "叶", 7);
    add("a circle of issuers", leaf, Fault::ChainMissing, &|store| {
        store.add_intermediate(&issue(&second, "乙", &first, "甲", 1)).unwrap();
        store.add_intermediate(&issue(&first, "甲", &second, "乙", 2)).unwrap();
    });
    let own = CertificateByHand {
        issuer_key: &signer,
        issuer: &name("叶"),
        key: &signer,
        name: "叶",
        serial: 7,
        from,
        until,
    };
    let own = own.write(&[key_usage(SIGNS)]);
    add("who certified itself", own.clone(), Fault::ChainMissing, &|_| {});
    add("who certified itself, trusted", own.clone(), Fault::None, &|store| store.add_anchor(&own).unwrap());

    // The right one of many issuers of one name: within the bound it is found, beyond it nothing is decided.
    let crowd = |count: u8| {
        let (first, second, authority) = (first.clone(), second.clone(), &authority);
        move |store: &mut CertificateStore| {
            for serial in 0..count {
                let hand = CertificateByHand {
                    issuer_key: &second,
                    issuer: &name("甲"),
                    key: &second,
                    name: "甲",
                    serial: serial | 0x40,
                    from,
                    until,
                };
                store.add_anchor(&hand.write(authority)).unwrap();
            }
            store.add_anchor(&issue(&first, "甲", &first, "甲", 3)).unwrap();
            let list = ListByHand {
                key: &first,
                name: &name("甲"),
                revoked: &[],
                made: signed_at(),
                until: Some(until),
            };
            store.add_revocation_list(&list.write(&[])).unwrap();
        }
    };
    let leaf = || issue(&first, "甲", &signer, "叶", 7);
    add("the 64th of a name", leaf(), Fault::None, &crowd(63));
    add("the 65th of a name", leaf(), Fault::ChainMissing, &crowd(64));
    add("the 101st of a name", leaf(), Fault::ChainMissing, &crowd(100));

    for (authorities, fault) in [(7, Fault::None), (8, Fault::ChainMissing)] {
        let keys: Vec<_> = (0..authorities).map(|at| key(920 + at)).collect();
        let leaf = issue(&keys[0], "0", &signer, "叶", 7);
        add("a long path", leaf, fault, &|store| {
            for (at, subject) in keys.iter().enumerate() {
                let above = (at + 1).min(keys.len() - 1);
                let certificate = issue(&keys[above], &above.to_string(), subject, &at.to_string(), 1);
                if above == at {
                    store.add_anchor(&certificate).unwrap();
                } else {
                    store.add_intermediate(&certificate).unwrap();
                }
                let list = ListByHand {
                    key: subject,
                    name: &name(&at.to_string()),
                    revoked: &[],
                    made: signed_at(),
                    until: Some(until),
                };
                store.add_revocation_list(&list.write(&[])).unwrap();
            }
        });
    }
    cases
}

/// What a store refuses to take.
#[test]
fn odd_certificates_and_lists_are_refused() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let mut store = world.store();
        let key = world.authority_key();
        let list =
            ListByHand { key: &key, name: world.authority_name(), revoked: &[], made: now(), until: None };
        let delta = extension(&[0x55, 0x1d, 27], true, &[2, 1, 9]);
        let narrowed = extension(&[0x55, 0x1d, 28], true, &sequence(&[&tlv(0x82, &[&[0xff]])]));
        store.add_revocation_list(&list.write(&[])).unwrap();
        let unknown = extension(&[0x55, 0x1d, 99], true, &[5, 0]);
        for critical in [delta, narrowed, unknown] {
            let list = ListByHand { until: Some(now().plus(1)), ..list };
            let mut other = CertificateStore::new(&boyin_suite::all_x509());
            other.add_anchor(world.authority.certificate()).unwrap();
            other.add_revocation_list(&list.write(&[critical])).unwrap();
            let authority = Certificate::read(world.authority.certificate()).unwrap();
            assert!(!other.has_fresh_list(&authority, now()), "a list that says less");
            let signer = Certificate::read(&world.signer.1).unwrap();
            assert_eq!(other.status(&signer, now(), now()), Ok(Revocation::Unknown), "a list that says less");
        }
        let (from, until) = (now(), now().plus(1));
        let hand = CertificateByHand {
            issuer_key: &key,
            issuer: world.authority_name(),
            key: &world.signer.0,
            name: "叶",
            serial: 7,
            from,
            until,
        };
        let usage = key_usage(SIGNS);
        store.add_intermediate(&hand.write(std::slice::from_ref(&usage))).unwrap();
        let twice = hand.write(&[usage, key_usage(ISSUES)]);
        assert!(store.add_intermediate(&twice).is_err(), "the same extension twice");
        for bytes in [&b""[..], b"\x30\x00", &[0x30; 70_000], &[world.authority.certificate(), &[0]].concat()]
        {
            assert!(store.add_anchor(bytes).is_err());
            assert!(store.add_intermediate(bytes).is_err());
            assert!(store.add_maker(bytes).is_err());
            assert!(store.add_revocation_list(bytes).is_err());
        }
    }
}
