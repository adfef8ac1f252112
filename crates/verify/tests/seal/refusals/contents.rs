//! The structure, the signature values, the list, the document and the times.

use boyin_model::seal::{CertificateDigest, Note, Seal, SealInfo, Signers};
use boyin_model::time::UnixTime;
use boyin_suite::Algorithm;
use boyin_testkit::key::{FixedKey, signature_over_sha384};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, certificate, digest_prefix};
use boyin_testkit::tlv::{bits, content, part, replaced, tlv};
use boyin_verify::seal::{
    Document,
    SealCheck::{self, *},
    SealNote, SealReason,
};
use boyin_verify::{Reader, VerifyAlg as _};

use super::{Case, Expected, always, passes, refused};

const DAY: u64 = 86_400;
const OTHER_OID: [u8; 10] = [6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x76]; // SM2-with-SM3 plus one

pub(super) fn cases(world: &SealWorld) -> Vec<Case> {
    [format(world), values(world), list(world), documents(world), times(world), seal_times(world)]
        .into_iter()
        .flatten()
        .collect()
}

fn signed_at() -> UnixTime {
    now().minus(60)
}

fn seal_of(world: &SealWorld, info: &SealInfo<'_>) -> Vec<u8> {
    world.seal_by_hand(&info.write().unwrap())
}

/// The seal, and a signature with it.
fn both(world: &SealWorld, what: &str, seal: &[u8], expected: &[Expected; 3]) -> Vec<Case> {
    let signature = world.signature_by_hand(seal, signed_at());
    vec![
        Case::seal(what, seal.to_vec(), world.store(), expected.clone()),
        Case::signature(what, signature, world.store(), expected.clone()),
    ]
}

/// Where the format is at fault, all other checks are skipped.
fn format(world: &SealWorld) -> Vec<Case> {
    let seal = world.seal(&world.info());
    let expected = |reason| always(refused(reason, Format));
    let large = || tlv(0x30, &[&vec![0; boyin_model::limits::MAX_SEAL_BYTES]]);
    let mut cases = vec![
        Case::seal("too large", large(), world.store(), expected(SealReason::TooLarge)),
        Case::signature("too large", large(), world.store(), expected(SealReason::TooLarge)),
    ];
    let mut info = world.info();
    info.signers = Signers::Certificates(vec![&world.signer.1; 65]);
    cases.extend(both(world, "65 signers", &seal_of(world, &info), &expected(SealReason::TooLarge)));
    info.signers = Signers::Certificates(vec![&world.signer.1; 64]);
    cases.extend(both(world, "64 signers", &seal_of(world, &info), &always(passes(&[]))));
    let short = replaced(&seal, &[3], &[]);
    cases.extend(both(world, "no signature", &short, &expected(SealReason::Malformed)));

    let der = content(part(&seal, &[3]))[1..].to_vec();
    let raw = boyin_suite::der_to_raw(&der).unwrap();
    let raw = replaced(&seal, &[3], &bits(&raw));
    cases.extend(both(world, "r and s alone", &raw, &expected(SealReason::Deviates)));
    let signature = world.signature_by_hand(&seal, signed_at());
    let der = content(part(&signature, &[3]))[1..].to_vec();
    let raw_signature = replaced(&signature, &[3], &bits(&boyin_suite::der_to_raw(&der).unwrap()));
    let deviates = expected(SealReason::Deviates);
    cases.push(Case::signature("r and s alone", raw_signature.clone(), world.store(), deviates));
    // The field does so with SM2 only; there is no suite for the other.
    let noted = [SealNote::Deviation(Note::RawSignature)];
    let sm2 = world.algorithm == Algorithm::Sm2;
    let in_field =
        |check| always(if sm2 { passes(&noted) } else { refused(SealReason::AlgorithmNotAccepted, check) });
    cases.extend(
        both(world, "r and s alone", &raw, &in_field(MakerSignature))
            .into_iter()
            .map(|case| case.read_as(Reader::Field)),
    );
    let case = Case::signature("r and s alone", raw_signature, world.store(), in_field(Signature));
    cases.push(case.read_as(Reader::Field));
    cases
}

/// The bytes with one bit of the last one changed.
fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

fn values(world: &SealWorld) -> Vec<Case> {
    let seal = world.seal(&world.info());
    let signature = world.signature(&seal, signed_at());
    let mismatch = always(refused(SealReason::MakerSignatureMismatch, MakerSignature));
    let mut cases = both(world, "another value of the maker's", &flipped(&seal), &mismatch);
    let expected = always(refused(SealReason::SignatureMismatch, Signature));
    cases.push(Case::signature("another value", flipped(&signature), world.store(), expected));

    // Of the maker's algorithm only the value depends; that of the signature also names the document's digest.
    let not_accepted = |check| always(refused(SealReason::AlgorithmNotAccepted, check));
    let odd_seal = replaced(&seal, &[2], &OTHER_OID);
    cases.extend(both(world, "another algorithm of the maker's", &odd_seal, &not_accepted(MakerSignature)));
    let odd = replaced(&signature, &[2], &OTHER_OID);
    let expected =
        always(Expected::Refused(SealReason::AlgorithmNotAccepted, vec![Signature, SealCheck::Document]));
    cases.push(Case::signature("another algorithm", odd, world.store(), expected));
    cases.push(key_of_another_kind(world));
    if world.algorithm == Algorithm::Es256 {
        cases.extend(another_digest(world));
    }

    // Nothing can be asked of a certificate that cannot be read.
    let broken = &world.signer.1[..world.signer.1.len() - 1];
    let mut info = world.info();
    info.signers = Signers::Certificates(vec![broken]);
    let mut other = SealWorld::new(world.algorithm);
    other.signer.1 = broken.to_vec();
    let bytes = other.signature_by_hand(&seal_of(world, &info), signed_at());
    let checks = vec![Signature, SignerCertificate, SignerListed, SigningTime];
    let expected = always(Expected::Refused(SealReason::SignerMalformed, checks));
    cases.push(Case::signature("a broken certificate", bytes, world.store(), expected));
    other = SealWorld::new(world.algorithm);
    other.maker.1.truncate(other.maker.1.len() - 1);
    let seal = seal_of(&other, &world.info());
    let checks = vec![MakerSignature, MakerCertificate];
    let expected = always(Expected::Refused(SealReason::MakerMalformed, checks));
    cases.extend(both(world, "a broken certificate of the maker", &seal, &expected));
    cases
}

/// Good signatures over SHA-384: the digests beside them would be SHA-384 too, which is not read here.
fn another_digest(world: &SealWorld) -> Vec<Case> {
    let with_sha384 = tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]]);
    let signed = |document: &[u8], seed| {
        let value = signature_over_sha384(seed, part(document, &[0]));
        replaced(&replaced(document, &[2], &with_sha384), &[3], &bits(&value))
    };
    let seal = world.seal(&world.info());
    let not_accepted = |checks| always(Expected::Refused(SealReason::AlgorithmNotAccepted, checks));
    let mut cases =
        both(world, "the maker over SHA-384", &signed(&seal, 901), &not_accepted(vec![MakerSignature]));
    let signature = signed(&world.signature(&seal, signed_at()), 902);
    let expected = not_accepted(vec![Signature, SealCheck::Document]);
    cases.push(Case::signature("the signer over SHA-384", signature, world.store(), expected));
    cases
}

/// The certificate's key is of the other curve than the algorithm that is named.
fn key_of_another_kind(world: &SealWorld) -> Case {
    let kind = if world.algorithm == Algorithm::Sm2 { Algorithm::Es256 } else { Algorithm::Sm2 };
    let key = FixedKey::signing(kind, 902);
    let (from, until) = (now().minus(365 * DAY), now().plus(365 * DAY));
    let mut other = SealWorld::new(world.algorithm);
    other.signer.1 = certificate(&world.authority, &key, 2, "签章人", from, until);
    let mut info = world.info();
    info.signers = Signers::Certificates(vec![&other.signer.1]);
    let bytes = other.signature_by_hand(&seal_of(world, &info), signed_at());
    let expected = always(refused(SealReason::AlgorithmNotAccepted, Signature));
    Case::signature("a key of another kind", bytes, world.store(), expected)
}

fn list(world: &SealWorld) -> Vec<Case> {
    let key = world.signer.0.reference();
    let certificate = world.signer.1.as_slice();
    let z = digest_prefix(&world.signer.0);
    let (plain, with_z) = (key.alg().digest(&[certificate]), key.alg().digest(&[&z, certificate]));
    let sha256 = boyin_suite::ES256.digest(&[certificate]);
    let name = key.alg().id().digest; // `sm3` or `sha-256`
    let sm2 = world.algorithm == Algorithm::Sm2;
    let none = always(passes(&[]));
    let refuse = |reason| always(refused(reason, SignerListed));
    let z_noted = if sm2 { always(passes(&[SealNote::ListDigestWithZ])) } else { none.clone() };
    let mut cases = Vec::new();
    let mut add = |what: &str, signers: Signers<'_>, expected: [Expected; 3]| {
        let seal = seal_of(world, &SealInfo { signers, ..world.info() });
        cases.push(Case::seal(what, seal.clone(), world.store(), always(passes(&[]))));
        cases.push(Case::signature(
            what,
            world.signature_by_hand(&seal, signed_at()),
            world.store(),
            expected,
        ));
    };
    let digest = |algorithm, value| Signers::Digests(vec![CertificateDigest { algorithm, value }]);
    add("no signer", Signers::Certificates(Vec::new()), refuse(SealReason::SignerNotListed));
    let authority = world.authority.certificate();
    add("another signer", Signers::Certificates(vec![authority]), refuse(SealReason::SignerNotListed));
    let two = Signers::Certificates(vec![authority, certificate]);
    add("the second of two", two, none.clone());
    let upper = name.to_ascii_uppercase();
    for algorithm in [name, &upper] {
        add("its digest", digest(algorithm, &plain), none.clone());
    }
    for oid in [boyin_model::seal::OID_SM3, "1.2.156.10197.1.401.1"] {
        let expected = if sm2 { none.clone() } else { refuse(SealReason::SignerNotListed) };
        add("its digest, by number", digest(oid, &plain), expected);
    }
    add("SHA-256, by number", digest(boyin_model::seal::OID_SHA256, &sha256), none);
    add("its digest with Z", digest(name, &with_z), z_noted);
    let mixed = boyin_suite::ES256.digest(&[&z, certificate]);
    let expected = if sm2 { refuse(SealReason::SignerNotListed) } else { always(passes(&[])) };
    add("SHA-256 with the Z of SM3", digest("SHA-256", &mixed), expected);
    add("an empty list of digests", Signers::Digests(Vec::new()), refuse(SealReason::ListDigestNotAccepted));
    add("another digest", digest(name, &[7; 32]), refuse(SealReason::SignerNotListed));
    add("half a digest", digest(name, &plain[..16]), refuse(SealReason::SignerNotListed));
    for weak in ["SHA-1", "SHA1", "MD5", "1.3.14.3.2.26"] {
        add(weak, digest(weak, &plain[..20]), refuse(SealReason::ListDigestNotAccepted));
    }
    cases
}

fn documents(world: &SealWorld) -> Vec<Case> {
    let signature = || world.signature(&world.seal(&world.info()), signed_at());
    let case = |what, expected| Case::signature(what, signature(), world.store(), expected);
    let mismatch = || always(refused(SealReason::DocumentMismatch, SealCheck::Document));
    let missing = always(refused(SealReason::DocumentMissing, SealCheck::Document));
    vec![
        case("another document", mismatch()).over(Document::Bytes(b"another")),
        case("an empty document", mismatch()).over(Document::Bytes(b"")),
        case("another digest", mismatch()).over(Document::Digest([0; 32])),
        case("its digest", always(passes(&[]))).over(Document::Digest(world.digest())),
        case("no document", missing).over(Document::NotGiven),
    ]
}

/// Signing times.
fn times(world: &SealWorld) -> Vec<Case> {
    let mut cases = Vec::new();
    let seal = world.seal(&world.info());
    for (after, expected) in [(300, passes(&[])), (301, refused(SealReason::SignedInFuture, SigningTime))] {
        let bytes = world.signature_by_hand(&seal, now().plus(after));
        cases.push(Case::signature("the clock of the signer", bytes, world.store(), always(expected)));
    }
    let (year_ago, at) = (now().minus(365 * DAY), signed_at());
    let outside = || refused(SealReason::SignedOutsideCertificate, SigningTime);
    let ended = || passes(&[SealNote::SignerEndedSince]);
    for (from, until, expected) in [
        (year_ago, at, ended()),
        (year_ago, at.minus(1), outside()),
        (at, now().plus(DAY), passes(&[])),
        (at.plus(1), now().plus(DAY), outside()),
    ] {
        let mut other = SealWorld::new(world.algorithm);
        other.signer.1 = certificate(&world.authority, &world.signer.0, 2, "签章人", from, until);
        let bytes = other.signature_by_hand(&seal_of(&other, &other.info()), at);
        let what = format!("certificate from {from} to {until}");
        cases.push(Case::signature(what, bytes, world.store(), always(expected)));
    }
    cases.push(Case::signature(
        "a token for a time",
        crate::first::with_token(world),
        world.store(),
        always(refused(SealReason::SigningTimeUnverified, SigningTime)),
    ));
    cases
}

/// When the seal was made and is valid.
fn seal_times(world: &SealWorld) -> Vec<Case> {
    let at = signed_at();
    let mut cases = Vec::new();
    let mut add = |what: &str, from: UnixTime, until: UnixTime, of_seal: Expected, of_signature: Expected| {
        let info = SealInfo { created: from.min(at), valid_from: from, valid_until: until, ..world.info() };
        let seal = seal_of(world, &info);
        let signature = world.signature_by_hand(&seal, at);
        cases.push(Case::seal(what, seal, world.store(), always(of_seal)));
        cases.push(Case::signature(what, signature, world.store(), always(of_signature)));
    };
    let early = || refused(SealReason::SealNotYetValid, Validity);
    let late = || refused(SealReason::SealExpired, Validity);
    let good = || passes(&[]);
    let (month_ago, month) = (now().minus(30 * DAY), now().plus(30 * DAY));
    add("valid from the signing on", at, month, good(), good());
    add("valid from just after the signing", at.plus(1), month, good(), early());
    add("valid from now", now(), month, good(), early());
    add("valid from the next second", now().plus(1), month, early(), early());
    add("valid until now", month_ago, now(), good(), good());
    add("valid until the last second", month_ago, now().minus(1), late(), good());
    add("valid until the signing", month_ago, at, late(), good());
    add("valid until just before the signing", month_ago, at.minus(1), late(), late());
    let made = |created, valid_until| {
        let info = SealInfo { created, valid_from: month_ago, valid_until, ..world.info() };
        seal_of(world, &info)
    };
    let implausible = || always(refused(SealReason::MadeImplausibly, Making));
    let field = |cases: Vec<Case>| cases.into_iter().map(|case| case.read_as(Reader::Field));
    cases.extend(field(both(world, "made in a month", &made(month, month), &implausible())));
    cases.extend(field(both(
        world,
        "made after its end",
        &made(now().plus(301), now().plus(1)),
        &implausible(),
    )));
    cases.extend(field(both(
        world,
        "made in 301 s",
        &made(now().plus(301), month),
        &[(); 3].map(|()| refused(SealReason::MadeImplausibly, Making)),
    )));
    cases.extend(field(both(world, "made in 300 s", &made(now().plus(300), month), &always(good()))));
    let used_before = made(at.plus(40 * DAY).min(now()), month);
    assert_eq!(Seal::read(&used_before, Reader::Field).unwrap().info.created, now());
    let early_use = world.signature_by_hand(&used_before, now().minus(10 * DAY));
    cases.extend(field(vec![Case::signature(
        "used days before it was made",
        early_use,
        world.store(),
        implausible(),
    )]));
    cases
}
