//! Version 1, which is read and not written: seals and signatures by hand.

use boyin_model::seal::{Fault, Note, Seal, SealInfo, SealSignature, SigningTime, Version};
use boyin_model::time::UnixTime;
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{
    DOCUMENT, PROPERTY, SealWorld, algorithm_oid, context, der_signature, generalized_time, utc_time,
};
use boyin_testkit::tlv::{bits, content, elements, part, sequence, tlv};
use boyin_verify::Reader;
use boyin_verify::seal::{
    Document, GMT0031_2014, SealCheck, SealNote, SealOutcome, SealReason, SealVerdict, SealVerifier,
};

fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(4, &[bytes])
}

fn signed_at() -> UnixTime {
    now().minus(60)
}

/// `SES_SealInfo` of version 1: no type of list, UTCTime.
fn info(world: &SealWorld) -> Vec<u8> {
    let SealInfo { created, valid_from, valid_until, .. } = world.info();
    let later = world.info().write().unwrap();
    let property = elements(content(part(&later, &[2])));
    let times = [created, valid_from, valid_until].map(utc_time);
    let header = sequence(&[part(&later, &[0, 0]), &[2, 1, 1], part(&later, &[0, 2])]);
    let property = sequence(&[property[0], property[1], property[3], &times[0], &times[1], &times[2]]);
    sequence(&[&header, part(&later, &[1]), &property, part(&later, &[3])])
}

/// `signInfo` without a header, its value over information, certificate and algorithm.
fn maker(world: &SealWorld, info: &[u8]) -> Vec<u8> {
    let (key, certificate) = (&world.maker.0, octets(&world.maker.1));
    let oid = algorithm_oid(key);
    let value = der_signature(key, &sequence(&[info, &certificate, &oid]));
    sequence(&[&certificate, &oid, &bits(&value)])
}

fn seal(world: &SealWorld) -> Vec<u8> {
    let info = info(world);
    sequence(&[&info, &maker(world, &info)])
}

fn signature(world: &SealWorld, seal: &[u8], time: &[u8], digest: &[u8]) -> Vec<u8> {
    let key = &world.signer.0;
    let property = tlv(0x16, &[PROPERTY.as_bytes()]);
    let (certificate, oid) = (octets(&world.signer.1), algorithm_oid(key));
    let to_sign = sequence(&[&[2, 1, 1], seal, time, digest, &property, &certificate, &oid]);
    sequence(&[&to_sign, &bits(&der_signature(key, &to_sign))])
}

/// A signature whose time is a timestamp token.
pub(crate) fn with_token(world: &SealWorld) -> Vec<u8> {
    signature(world, &seal(world), &bits(&sequence(&[&[6, 1, 0x2a]])), &bits(&world.digest()))
}

fn verdict_of(world: &SealWorld, signature: &[u8], reader: Reader) -> (SealVerdict, Vec<SealNote>) {
    let store = world.store();
    let report = SealVerifier::new(reader).check_signature(
        signature,
        Document::Bytes(DOCUMENT),
        &context(&store, now()),
    );
    if report.outcome(SealCheck::Format) == SealOutcome::Passed {
        assert_eq!(report.profile(), &GMT0031_2014);
    }
    (report.verdict(), report.notes().to_vec())
}

#[test]
fn what_is_made_by_hand_passes() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let seal = seal(&world);
        let store = world.store();
        let read = Seal::read(&seal, Reader::Ours).unwrap();
        assert_eq!(read.version, Version::V1);
        assert_eq!(read.info, SealInfo { number: 1, ..world.info() });
        let report = SealVerifier::new(Reader::Ours).check_seal(&seal, &context(&store, now()));
        assert_eq!(report.verdict(), SealVerdict::Passed);
        assert_eq!(report.profile(), &GMT0031_2014);
        let digest = bits(&world.digest());
        let time = utc_time(signed_at());
        for (reader, time, digest, note) in [
            (Reader::Ours, bits(&time), digest.clone(), None),
            (Reader::Field, octets(&time), digest.clone(), Some(Note::OctetString)),
            (Reader::Field, bits(&time), octets(&world.digest()), Some(Note::OctetString)),
            (Reader::Field, bits(&generalized_time(signed_at())), digest.clone(), Some(Note::OddTimeType)),
            (Reader::Field, bits(content(&time)), digest.clone(), Some(Note::TimeAsText)),
            (
                Reader::Field,
                bits(content(&generalized_time(signed_at()))),
                digest.clone(),
                Some(Note::TimeAsText),
            ),
        ] {
            let signature = signature(&world, &seal, &time, &digest);
            let (verdict, notes) = verdict_of(&world, &signature, reader);
            assert_eq!(verdict, SealVerdict::Passed, "{note:?}");
            let read = SealSignature::read(&signature, reader).unwrap();
            assert_eq!(read.time, SigningTime::Instant(signed_at()));
            if let Some(note) = note {
                assert!(notes.contains(&SealNote::Deviation(note)), "{note:?}");
                let (verdict, _) = verdict_of(&world, &signature, Reader::Ours);
                assert_eq!(verdict, SealVerdict::Failed(SealReason::Deviates), "{note:?}");
            }
        }
    }
}

/// Version 1 has no place for a timestamp beside the value.
#[test]
fn a_timestamp_makes_it_of_no_version() {
    let world = SealWorld::new(Algorithm::Sm2);
    let signature = signature(&world, &seal(&world), &bits(&utc_time(signed_at())), &bits(&world.digest()));
    let stamped = sequence(&[content(&signature), &tlv(0xa0, &[&bits(&[1])])]);
    for reader in [Reader::Ours, Reader::Field] {
        assert!(SealSignature::read(&signature, reader).is_ok());
        let error = SealSignature::read(&stamped, reader).unwrap_err();
        assert_eq!((error.field, error.fault), ("SES_Signature", Fault::Version));
    }
}

#[test]
fn the_wrapped_form_is_noted() {
    let world = SealWorld::new(Algorithm::Sm2);
    let info = info(&world);
    let wrapped = sequence(&[&info, &bits(&maker(&world, &info))]);
    let store = world.store();
    let report = SealVerifier::new(Reader::Field).check_seal(&wrapped, &context(&store, now()));
    assert_eq!(report.verdict(), SealVerdict::Passed);
    assert!(report.notes().contains(&SealNote::Deviation(Note::WrappedMaker)));
    let report = SealVerifier::new(Reader::Ours).check_seal(&wrapped, &context(&store, now()));
    assert_eq!(report.verdict(), SealVerdict::Failed(SealReason::Deviates));
}

/// The maker's value of version 1 covers certificate and algorithm; one over the information alone is of version 4.
#[test]
fn the_rules_of_the_versions_are_not_mixed() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let store = world.store();
        let outcome = |seal: &[u8]| {
            SealVerifier::new(Reader::Ours)
                .check_seal(seal, &context(&store, now()))
                .outcome(SealCheck::MakerSignature)
        };
        let mismatch = SealOutcome::NotPassed(SealReason::MakerSignatureMismatch, None);
        let (key, certificate) = (&world.maker.0, octets(&world.maker.1));
        let oid = algorithm_oid(key);
        let first = info(&world);
        assert_eq!(outcome(&seal(&world)), SealOutcome::Passed);
        let value = bits(&der_signature(key, &first));
        let by_later_rule = sequence(&[&first, &sequence(&[&certificate, &oid, &value])]);
        assert_eq!(outcome(&by_later_rule), mismatch);
        let later = world.info().write().unwrap();
        let value = bits(&der_signature(key, &sequence(&[&later, &certificate, &oid])));
        assert_eq!(outcome(&sequence(&[&later, &certificate, &oid, &value])), mismatch);
    }
}

/// Headers of every length: what version 1 signs gets a new one.
#[test]
fn joined_parts_of_every_length_verify() {
    let mut world = SealWorld::new(Algorithm::Es256);
    let store = world.store();
    for length in [0, 1, 30_000, 64_000, 64_500, 65_000, 65_535, 70_000] {
        let later = SealInfo {
            picture: boyin_model::seal::Picture { data: &vec![7; length], ..world.info().picture },
            ..world.info()
        };
        let later = later.write().unwrap();
        let first = info(&world);
        let parts = elements(content(&first));
        let info = sequence(&[parts[0], parts[1], parts[2], part(&later, &[3])]);
        let seal = sequence(&[&info, &maker(&world, &info)]);
        let report = SealVerifier::new(Reader::Ours).check_seal(&seal, &context(&store, now()));
        assert_eq!(report.verdict(), SealVerdict::Passed, "{length}");
    }
    world.maker.1.clear();
    let report = SealVerifier::new(Reader::Ours).check_seal(&seal(&world), &context(&store, now()));
    assert_eq!(report.verdict(), SealVerdict::Failed(SealReason::MakerMalformed));
}
