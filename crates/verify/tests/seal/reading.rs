//! Bytes that no maker writes, and bytes that only makers in the field write.

use std::time::Instant;

use boyin_model::limits::MAX_CERTIFICATE_BYTES;
use boyin_model::seal::{Fault, Kind, Note, Seal, SealError, SealInfo, SealSignature, Signers, detect};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{DOCUMENT, SealWorld, context, resigned_seal};
use boyin_testkit::tlv::{bits, content, elements, part, paths, replaced, sequence, tlv};
use boyin_verify::Reader;
use boyin_verify::seal::{Document, SealNote, SealReason, SealVerdict, SealVerifier};

fn world() -> SealWorld {
    SealWorld::new(Algorithm::Es256)
}

fn fault(bytes: &[u8], reader: Reader) -> Option<(&'static str, Fault)> {
    Seal::read(bytes, reader).err().map(|SealError { field, fault, .. }| (field, fault))
}

/// The seal with one part replaced, unsigned: reading asks for no signature.
fn with(path: &[usize], new: &[u8]) -> Vec<u8> {
    let world = world();
    replaced(&world.seal(&world.info()), path, new)
}

/// [`Reader::Field`] notes it, [`Reader::Ours`] refuses it, and neither changes whether the signature is right.
#[test]
fn deviations_of_the_field_are_noted() {
    let world = world();
    let store = world.store();
    let seal = world.seal(&world.info());
    let date = |text: &str| tlv(0x18, &[text.as_bytes()]);
    let extension = |critical: &[u8]| sequence(&[&sequence(&[&[6, 1, 0x2a], critical, &tlv(4, &[b"v"])])]);
    let text_id = sequence(&[&sequence(&[&tlv(6, &[b"text\xff"]), &tlv(4, &[b"v"])])]);
    let info = part(&seal, &[0]).to_vec();
    let extended = |list: &[u8]| sequence(&[content(&info), list]);
    for (path, new, note) in [
        (&[0, 2, 4][..], date("20260620000000.5Z"), Note::FractionOfSecond),
        (&[0, 2, 4], date("20260620080000+0800"), Note::ZoneOffset),
        (&[0, 2, 4], date("20260619160000-0800"), Note::ZoneOffset),
        (&[0, 2, 4], tlv(0x17, &[b"260620000000Z"]), Note::OddTimeType),
        (&[0, 2, 0], vec![2, 1, 15], Note::OddSealType),
        (&[0, 3, 0], tlv(0x16, &[b"ofd"]), Note::OddPictureType),
        (&[0, 0, 1], vec![2, 1, 7], Note::OddVersionNumber),
        (&[0], extended(&[0x30, 0]), Note::EmptyExtensions),
        (&[0], extended(&tlv(0xa0, &[&extension(&[])])), Note::OddExtensionTag),
        (&[0], extended(&extension(&[1, 1, 0])), Note::DefaultWritten),
        (&[0], extended(&extension(&[1, 1, 7])), Note::OddBoolean),
        (&[0], extended(&extension(&[1, 1, 0xff])), Note::UnknownCriticalExtension),
        (&[0], extended(&text_id), Note::OddExtensionId),
    ] {
        let bytes = resigned_seal(&world, &seal, path, &new);
        let verify = |reader| SealVerifier::new(reader).check_seal(&bytes, &context(&store, now()));
        let report = verify(Reader::Field);
        assert_eq!(report.verdict(), SealVerdict::Passed, "{note:?}");
        assert!(report.notes().contains(&SealNote::Deviation(note)), "{note:?}");
        // Nothing else is noted, but that a boolean that is not 00 is true.
        let more = (note == Note::OddBoolean).then_some(Note::UnknownCriticalExtension);
        let expected: Vec<_> = [note].into_iter().chain(more).collect();
        assert_eq!(Seal::read(&bytes, Reader::Field).unwrap().notes, expected);
        assert_eq!(verify(Reader::Ours).verdict(), SealVerdict::Failed(SealReason::Deviates), "{note:?}");
        // A note is no excuse.
        let other = replaced(&bytes, &[0, 0, 2], &tlv(0x16, &[b"other"]));
        let verdict = SealVerifier::new(Reader::Field).check_seal(&other, &context(&store, now())).verdict();
        assert_eq!(verdict, SealVerdict::Failed(SealReason::MakerSignatureMismatch), "{note:?}");
    }
}

#[test]
fn what_is_odd_twice_is_noted_once() {
    let fraction = tlv(0x18, &[b"20260620000000.5Z"]);
    let bytes = replaced(&with(&[0, 2, 4], &fraction), &[0, 2, 5], &fraction);
    assert_eq!(Seal::read(&bytes, Reader::Field).unwrap().notes, [Note::FractionOfSecond]);
}

#[test]
fn validity_may_begin_a_day_before_the_making_and_last_an_instant() {
    let world = world();
    let created = world.info().created;
    let read = |valid_from, valid_until, reader| {
        let info = SealInfo { valid_from, valid_until, ..world.info() };
        let bytes = world.seal_by_hand(&info.write().unwrap());
        Seal::read(&bytes, reader).map(|seal| seal.notes).map_err(|error| (error.field, error.fault))
    };
    for (before, note) in [
        (0, None),
        (1, Some(Note::ZoneDrift)),
        (86_400, Some(Note::ZoneDrift)),
        (86_401, Some(Note::ValidBeforeMade)),
    ] {
        let (from, until) = (created.minus(before), world.info().valid_until);
        assert_eq!(read(from, until, Reader::Field), Ok(note.into_iter().collect()), "{before}");
        let strict = note.map_or(Ok(Vec::new()), |note| Err(("validStart", Fault::Deviates(note))));
        assert_eq!(read(from, until, Reader::Ours), strict, "{before}");
    }
    assert_eq!(read(created, created, Reader::Ours), Ok(Vec::new()));
    for reader in [Reader::Ours, Reader::Field] {
        let ended_before = read(created.plus(1), created, reader);
        assert_eq!(ended_before, Err(("validEnd", Fault::Value)));
    }
}

#[test]
fn certificates_are_read_up_to_their_limit() {
    let world = world();
    let seal = world.seal(&world.info());
    let signature = world.signature(&seal, now().minus(60));
    let filled = |more: usize| tlv(4, &[&vec![0x30; MAX_CERTIFICATE_BYTES + more]]);
    for (path, field) in [(&[1][..], "cert"), (&[0, 2, 3, 0], "certList")] {
        let read = |more| fault(&replaced(&seal, path, &filled(more)), Reader::Ours);
        assert_eq!((read(0), read(1)), (None, Some((field, Fault::TooLarge))));
    }
    let read = |more| {
        let bytes = replaced(&signature, &[1], &filled(more));
        SealSignature::read(&bytes, Reader::Ours).err().map(|error| (error.field, error.fault))
    };
    assert_eq!((read(0), read(1)), (None, Some(("cert", Fault::TooLarge))));
}

#[test]
fn extensions_are_handed_on() {
    let world = world();
    let id = [0x2a, 3];
    let extension = boyin_model::seal::Extension { id: &id, critical: false, value: b"v" };
    let list = sequence(&[&sequence(&[&tlv(6, &[&id]), &tlv(4, &[b"v"])])]);
    let tagged = tlv(0xa0, &[&list]);
    let seal = world.seal(&SealInfo { extensions: vec![extension], ..world.info() });
    assert_eq!(Seal::read(&seal, Reader::Ours).unwrap().info.extensions, [extension]);
    let bare = world.seal(&world.info());
    let odd = replaced(&bare, &[0], &sequence(&[content(part(&bare, &[0])), &tagged]));
    assert_eq!(Seal::read(&odd, Reader::Field).unwrap().info.extensions, [extension]);
    let signature = world.signature(&bare, now().minus(60));
    let to_sign = content(part(&signature, &[0])).to_vec();
    for (added, reader) in [(&tagged, Reader::Ours), (&list, Reader::Field)] {
        let bytes = replaced(&signature, &[0], &sequence(&[&to_sign, added]));
        assert_eq!(SealSignature::read(&bytes, reader).unwrap().extensions, [extension]);
    }
}

/// The same instant in all its spellings.
#[test]
fn offsets_are_counted() {
    let read = |text: &str| {
        let bytes = with(&[0, 2, 4], &tlv(0x18, &[text.as_bytes()]));
        Seal::read(&bytes, Reader::Field).map(|seal| seal.info.created.seconds()).ok()
    };
    let instant = Some(1_781_913_600); // 2026-06-20T00:00:00Z
    for text in [
        "20260620000000Z",
        "20260620000000.0Z",
        "20260620000000.999999999Z",
        "20260620080000+0800",
        "20260619160000-0800",
        "20260620053000+0530",
        "20260620140000.25+1400",
        "20260620000000-0000",
    ] {
        assert_eq!(read(text), instant, "{text}");
    }
    for text in [
        "",
        "Z",
        "20260620000000",
        "2026062000000Z",
        "20260620000000z",
        "20260620000000.Z",
        "20260620000000,5Z",
        "20260620000000+08",
        "20260620000000+08:00",
        "20260620000000+1500",
        "20260620000000+0060",
        "20260631000000Z",
        "20260229000000Z",
        "20261320000000Z",
        "20260620240000Z",
        "20260620006000Z",
        "20260620000060Z",
        "2026062000Z",
        "+2026620000000Z",
        "20260620 00000Z",
        "2026062000000\u{661}Z",
        "19691231235959Z",
        "19700101000000+0001",
        "00000101000000Z",
        "20260620000000Z0",
        "20260620000000+080",
        "20260620000000*0800",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read("19700101000000Z"), Some(0));
    assert_eq!(read("19491231000000Z"), None);
    // Beyond 2049 a UTCTime begins anew in 1950.
    let read = |text: &str| {
        let bytes = with(&[0, 2, 6], &tlv(0x17, &[text.as_bytes()]));
        Seal::read(&bytes, Reader::Field).map(|seal| seal.info.valid_until.seconds()).ok()
    };
    assert_eq!(read("491231235959Z"), Some(2_524_607_999));
    assert_eq!(read("500101000000Z"), None);
    assert_eq!(read("990101000000Z"), None, "valid until 1999, and from 2026");
    for (text, seconds) in [("20500101000000Z", 2_524_608_000), ("99991231155959Z", 253_402_271_999)] {
        let bytes = with(&[0, 2, 6], &tlv(0x18, &[text.as_bytes()]));
        let seal = Seal::read(&bytes, Reader::Ours);
        assert_eq!(seal.map(|seal| seal.info.valid_until.seconds()).ok(), Some(seconds), "{text}");
    }
}

#[test]
fn integers_have_one_spelling() {
    for (bytes, value) in [
        (&[2, 1, 0][..], Some(0)),
        (&[2, 1, 0x7f], Some(127)),
        (&[2, 2, 0, 0x80], Some(128)),
        (&[2, 2, 0x7f, 0xff], Some(32_767)),
        (&[2, 4, 0x7f, 0xff, 0xff, 0xff], Some(0x7fff_ffff)),
        (&[2, 0], None),
        (&[2, 1, 0x80], None),
        (&[2, 1, 0xff], None),
        (&[2, 2, 0, 0x7f], None),
        (&[2, 2, 0, 0], None),
        (&[2, 2, 0xff, 0xff], None),
        (&[2, 5, 0, 0x80, 0, 0, 0], None),
        (&[2, 5, 1, 0, 0, 0, 0], None),
        (&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 1], None),
    ] {
        for reader in [Reader::Ours, Reader::Field] {
            let document = with(&[0, 3, 2], bytes);
            let read = Seal::read(&document, reader);
            assert_eq!(read.as_ref().map(|seal| seal.info.picture.width_mm).ok(), value, "{bytes:x?}");
            if value.is_none() {
                assert_eq!(fault(&document, reader), Some(("picture.width", Fault::Integer)));
            }
        }
    }
}

/// Every element with a length that is indefinite, too long by a digit, too short or too long by a byte, or huge.
#[test]
fn lengths_have_one_spelling() {
    let world = world();
    let seal = world.seal(&world.info());
    for document in [seal.clone(), world.signature(&seal, now().minus(60))] {
        let read = |bytes: &[u8], reader| {
            Seal::read(bytes, reader).is_ok() || SealSignature::read(bytes, reader).is_ok()
        };
        for path in std::iter::once(Vec::new()).chain(paths(&document)) {
            let element = part(&document, &path);
            let (tag, inside) = (element[0], content(element));
            let length = u32::try_from(inside.len()).unwrap().to_be_bytes();
            let minimal = element.len() - inside.len() - 1;
            let mut spellings =
                vec![[&[tag, 0x80], inside, &[0, 0]].concat(), [&[tag, 0xff], inside].concat()];
            for digits in 1..=4_u8 {
                if usize::from(digits) + 1 > minimal {
                    let digits = &length[4 - usize::from(digits)..];
                    let first = 0x80 | u8::try_from(digits.len()).unwrap();
                    spellings.push([&[tag, first], digits, inside].concat());
                }
            }
            let eight = [&[tag, 0x88, 0, 0, 0, 0], &length[..], inside].concat();
            spellings.push(eight);
            for huge in
                [&[0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x84, 0x7f, 0xff, 0xff, 0xff], &[0x85, 1, 0, 0, 0, 0]]
            {
                spellings.push([&[tag], huge, inside].concat());
            }
            spellings.push([&[tag | 0x1f], &element[1..]].concat());
            for spelling in spellings {
                let bytes = replaced(&document, &path, &spelling);
                for reader in [Reader::Ours, Reader::Field] {
                    assert!(!read(&bytes, reader), "{path:?} {:x?}", &spelling[..8.min(spelling.len())]);
                }
            }
        }
    }
}

#[test]
fn next_to_nothing_is_refused() {
    for bytes in
        [&[][..], &[0x30], &[0x30, 0], &[0x30, 2, 0x30, 0], &[0x30, 2, 5, 0], &[0; 100], &[0xff; 100]]
    {
        for reader in [Reader::Ours, Reader::Field] {
            assert!(Seal::read(bytes, reader).is_err());
            assert!(SealSignature::read(bytes, reader).is_err());
        }
        assert_eq!(detect(bytes), None);
    }
    let world = world();
    let seal = world.seal(&world.info());
    assert_eq!(detect(&seal), Some(Kind::Seal));
    assert_eq!(detect(&[&seal[..], b"\n"].concat()), Some(Kind::Seal));
    assert_eq!(detect(&seal[..seal.len() - 1]), Some(Kind::Seal));
    assert_eq!(detect(&world.signature(&seal, now().minus(60))), Some(Kind::Signature));
    // Every part empty.
    for path in paths(&seal) {
        let tag = part(&seal, &path)[0];
        let bytes = replaced(&seal, &path, &[tag, 0]);
        let free =
            [vec![0, 0, 2], vec![0, 2, 1], vec![0, 2, 3], vec![0, 2, 3, 0], vec![0, 3, 1], vec![1], vec![2]];
        assert_eq!(Seal::read(&bytes, Reader::Ours).is_ok(), free.contains(&path), "{path:?}");
    }
    let wrong = replaced(&seal, &[3], &bits(&[]));
    let store = world.store();
    let report = SealVerifier::new(Reader::Ours).check_seal(&wrong, &context(&store, now()));
    assert_eq!(report.verdict(), SealVerdict::Failed(SealReason::MakerSignatureMismatch));
}

#[test]
fn a_seal_within_a_seal_is_data_where_data_stands() {
    let world = world();
    let store = world.store();
    let inner = world.seal(&world.info());
    let id = [0x2a, 3];
    let mut info = world.info();
    info.picture.data = &inner;
    info.extensions = vec![boyin_model::seal::Extension { id: &id, critical: false, value: &inner }];
    let outer = world.seal(&info);
    let verifier = SealVerifier::new(Reader::Ours);
    assert_eq!(verifier.check_seal(&outer, &context(&store, now())).verdict(), SealVerdict::Passed);
    let signature = world.signature(&outer, now().minus(60));
    let verify = |bytes: &[u8]| {
        verifier.check_signature(bytes, Document::Bytes(DOCUMENT), &context(&store, now())).verdict()
    };
    assert_eq!(verify(&signature), SealVerdict::Passed);
    for eseal in [
        tlv(4, &[&inner]),
        bits(&inner),
        tlv(0x31, &[content(&inner)]),
        tlv(0xa0, &[&inner]),
        signature.clone(),
        part(&inner, &[0]).to_vec(),
        sequence(&[&inner]),
    ] {
        let bytes = boyin_testkit::seals::resigned_signature(&world, &signature, &[0, 1], &eseal);
        assert_eq!(verify(&bytes), SealVerdict::Failed(SealReason::Malformed), "{:x?}", &eseal[..4]);
    }
}

#[test]
fn the_work_is_bounded() {
    let world = world();
    let store = world.store();
    let verifier = SealVerifier::new(Reader::Field);
    let bounded = |what: &str, bytes: &[u8], expected: SealReason| {
        let begun = Instant::now();
        let report = verifier.check_seal(bytes, &context(&store, now()));
        assert_eq!(report.verdict(), SealVerdict::Failed(expected), "{what}");
        // Generous: it takes some milliseconds.
        assert!(begun.elapsed().as_millis() < 500, "{what}: {:?}", begun.elapsed());
    };
    let picture = vec![7; 5 << 20];
    let mut info = world.info();
    info.picture.data = &picture;
    bounded("5 MB", &world.seal_by_hand(&info.write().unwrap()), SealReason::TooLarge);
    let ten_thousand = |item: &[u8]| sequence(&[&item.repeat(10_000)]);
    let seal = world.seal(&world.info());
    let certificates = replaced(&seal, &[0, 2, 3], &ten_thousand(&tlv(4, &[b"certificate"])));
    bounded("10,000 certificates", &certificates, SealReason::TooLarge);
    let digest = sequence(&[&tlv(0x13, &[b"SM3"]), &tlv(4, &[&[0; 32]])]);
    let digests = replaced(&seal, &[0, 2, 3], &ten_thousand(&digest));
    let digests = replaced(&digests, &[0, 2, 2], &[2, 1, 2]);
    bounded("10,000 digests", &digests, SealReason::TooLarge);
    let extension = sequence(&[&[6, 1, 0x2a], &tlv(4, &[&[]])]);
    let extensions = sequence(&[content(part(&seal, &[0])), &ten_thousand(&extension)]);
    bounded("10,000 extensions", &replaced(&seal, &[0], &extensions), SealReason::TooLarge);
    let large = tlv(4, &[&vec![0x30; 65_537]]);
    for path in [&[1][..], &[0, 2, 3, 0]] {
        bounded("a certificate of 64 KiB and a byte", &replaced(&seal, path, &large), SealReason::TooLarge);
    }
    let bits_within = (0..40_000)
        .fold(Vec::new(), |inner, _| if inner.len() < 60_000 { tlv(0x30, &[&inner]) } else { inner });
    bounded(
        "a deep certificate",
        &replaced(&seal, &[1], &tlv(4, &[&bits_within])),
        SealReason::MakerMalformed,
    );
    // Within the bounds: 4 MiB, and 64 signers.
    let picture = vec![7; 4_000_000];
    let signers = Signers::Certificates(vec![&world.signer.1; 64]);
    let mut info = SealInfo { signers, ..world.info() };
    info.picture.data = &picture;
    let report = verifier.check_seal(&world.seal(&info), &context(&store, now()));
    assert_eq!(report.verdict(), SealVerdict::Passed);
    assert_eq!(elements(content(&seal)).len(), 4);
}
