use boyin_model::timestamp::{Note, Syntax, Token};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::{INFO, SIGNED_DATA_GM, STAMPED, Stamp, TimestampWorld};
use boyin_testkit::tlv::{content, elements, part, sequence, tlv};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::timestamp::{TimestampNote, TimestampVerdict};

use crate::{check, check_as, shown, stamped_at};

#[test]
fn tokens_pass_and_prove_when_it_existed() {
    for algorithm in Algorithm::ALL {
        let world = TimestampWorld::new(algorithm);
        let token = world.stamped(STAMPED, stamped_at());
        let report = check(&token, &world.store());
        assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
        assert!(report.notes().is_empty());
        // An accuracy of one second counts against it.
        assert_eq!(report.existed_at(), Some(stamped_at().plus(1)));
        assert_eq!(report.subject().time, Some(stamped_at()));
        assert_eq!(report.into_verified().unwrap().existed_at(), stamped_at().plus(1));
    }
}

#[test]
fn a_report_that_did_not_pass_proves_nothing() {
    let world = TimestampWorld::new(Algorithm::Sm2);
    let token = world.stamped(STAMPED, stamped_at());
    let report = check(&token, &CertificateStore::new(&boyin_suite::all_x509()));
    assert!(matches!(report.verdict(), TimestampVerdict::Indeterminate(_)));
    assert_eq!(report.existed_at(), None);
    assert!(report.into_verified().is_err());
}

#[test]
fn the_chinese_signed_data_is_read_too() {
    for algorithm in Algorithm::ALL {
        let world = TimestampWorld::new(algorithm);
        let stamp = Stamp { syntax: SIGNED_DATA_GM, ..world.stamp(STAMPED, stamped_at()) };
        let token = world.token(&stamp);
        assert_eq!(Token::read(&token, Reader::Ours).unwrap().syntax, Syntax::Gm);
        let report = check(&token, &world.store());
        assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
    }
}

#[test]
fn sm2_is_named_by_its_key_in_some_tokens() {
    let world = TimestampWorld::new(Algorithm::Sm2);
    let token = world.stamped(STAMPED, stamped_at());
    for last in [&[0x82, 0x2d, 1][..], &[0x82, 0x2d]] {
        let id = sequence(&[&tlv(6, &[&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1], last])]);
        let token = boyin_testkit::tlv::replaced(&token, &[1, 0, 4, 0, 4], &id);
        let report = check(&token, &world.store());
        assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
    }
}

/// The certificate need not come with the token if it is trusted itself; then no list is asked for.
#[test]
fn a_trusted_authority_needs_no_path() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let token = world.stamped(STAMPED, stamped_at());
    let mut store = CertificateStore::new(&boyin_suite::all_x509());
    store.add_timestamp_authority(&world.authority.1).unwrap();
    assert_eq!(check(&token, &store).verdict(), TimestampVerdict::Passed);
    let bare = world.token(&Stamp { certificates: Vec::new(), ..world.stamp(STAMPED, stamped_at()) });
    assert_eq!(check(&bare, &store).verdict(), TimestampVerdict::Passed);
}

#[test]
fn an_authority_that_has_ended_since_is_noted() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let extensions = [
        boyin_testkit::seals::key_usage(boyin_testkit::seals::SIGNS),
        boyin_testkit::timestamp::extended_key_usage(true, &[boyin_testkit::timestamp::TIMESTAMPING]),
    ];
    for (until, notes) in [(now(), vec![]), (now().minus(1), vec![TimestampNote::AuthorityEndedSince])] {
        let short = world.certificate_of(now().minus(86_400), until, &extensions);
        let world = TimestampWorld::new(Algorithm::Es256).certified(short);
        let report = check(&world.stamped(STAMPED, stamped_at()), &world.store());
        assert_eq!(report.verdict(), TimestampVerdict::Passed);
        assert_eq!(report.notes(), notes, "{until}");
    }
}

/// Both ends of a certificate's time belong to it.
#[test]
fn the_first_and_the_last_instant_of_a_certificate_count() {
    let extensions = [
        boyin_testkit::seals::key_usage(boyin_testkit::seals::SIGNS),
        boyin_testkit::timestamp::extended_key_usage(true, &[boyin_testkit::timestamp::TIMESTAMPING]),
    ];
    let world = TimestampWorld::new(Algorithm::Es256);
    let one_second = world.certificate_of(stamped_at(), stamped_at(), &extensions);
    let world = world.certified(one_second);
    let report = check(&world.stamped(STAMPED, stamped_at()), &world.store());
    assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
    for outside in [stamped_at().minus(1), stamped_at().plus(1)] {
        let report = check(&world.stamped(STAMPED, outside), &world.store());
        assert!(matches!(report.verdict(), TimestampVerdict::Failed(_)), "{}", shown(&report));
    }
}

/// A key identifier that the certificate does not have means another one.
#[test]
fn an_authority_is_not_meant_by_the_identifier_of_another_key() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let token = world.stamped(STAMPED, stamped_at());
    let version = boyin_testkit::tlv::replaced(&token, &[1, 0, 4, 0, 0], &[2, 1, 3]);
    let other = boyin_testkit::tlv::replaced(&version, &[1, 0, 4, 0, 1], &tlv(0x80, &[&[7; 20]]));
    let report = check(&other, &world.store());
    assert_eq!(report.verdict().code(), "indeterminate", "{}", shown(&report));
}

/// Digits of a fraction count upward.
#[test]
fn fractions_are_rounded_up() {
    let world = TimestampWorld::new(Algorithm::Sm2);
    let token = world.stamped(STAMPED, stamped_at());
    let time = [&INFO[..], &[4]].concat();
    let whole = content(part(&token, &time)).to_vec();
    let with = |fraction: &str| {
        let text = [&whole[..14], fraction.as_bytes(), b"Z"].concat();
        check(&world.resigned(&token, &time, &tlv(0x18, &[&text])), &world.store())
    };
    for (fraction, seconds) in [("", 1), (".1", 2), (".000000001", 2)] {
        let report = with(fraction);
        assert_eq!(report.existed_at(), Some(stamped_at().plus(seconds)), "{fraction}: {}", shown(&report));
    }
}

/// What only tolerant reading takes, one by one.
#[test]
fn deviations_are_noted_or_refused() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let token = world.stamped(STAMPED, stamped_at());
    let info = |place: usize, new: &[u8]| world.resigned(&token, &[&INFO[..], &[place]].concat(), new);
    let time = content(part(&token, &[&INFO[..], &[4]].concat())).to_vec();
    let in_time = |rest: &str| info(4, &tlv(0x18, &[&time[..14], rest.as_bytes()]));
    let nonce = part(&token, &[&INFO[..], &[6]].concat()).to_vec();
    let with_flag = |flag: u8| info(6, &[&[1, 1, flag], nonce.as_slice()].concat());
    let extension = tlv(0xa1, &[&sequence(&[&tlv(6, &[&[0x2a]]), &tlv(4, &[])])]);
    let with = |place: &[usize], new: &[u8]| boyin_testkit::tlv::replaced(&token, place, new);
    let certificates = part(&token, &[1, 0, 3]).to_vec();
    let others = [content(&certificates), &tlv(0xa1, &[])].concat();
    let unreadable = [content(&certificates), &sequence(&[])].concat();
    let signature = part(&token, &[1, 0, 4, 0, 5]).to_vec();
    let parts = elements(content(part(&token, &[1, 0, 4, 0, 3])));
    let unordered: Vec<u8> = parts.iter().rev().flat_map(|part| part.to_vec()).collect();
    for (note, token) in [
        (Note::LongFraction, in_time(".50Z")),
        (Note::LongFraction, in_time(".0Z")),
        (Note::ZoneOffset, in_time("+0000")),
        (Note::DefaultWritten, with_flag(0)),
        (Note::OddBoolean, with_flag(1)),
        (Note::UnknownExtension, info(6, &[nonce.as_slice(), &extension].concat())),
        (Note::OddNumber, with(&[1, 0, 0], &[2, 1, 1])),
        (Note::OddNumber, with(&[1, 0, 4, 0, 0], &[2, 1, 3])),
        (Note::DigestNotListed, with(&[1, 0, 1], &tlv(0x31, &[]))),
        (Note::OddCertificate, with(&[1, 0, 3], &tlv(0xa0, &[&others]))),
        (Note::OddCertificate, with(&[1, 0, 3], &tlv(0xa0, &[&unreadable]))),
        (Note::ListsWithin, with(&[1, 0, 3], &[certificates.as_slice(), &tlv(0xa1, &[])].concat())),
        (Note::UnsignedAttributes, with(&[1, 0, 4, 0, 5], &[signature.as_slice(), &tlv(0xa1, &[])].concat())),
        (Note::UnorderedAttributes, {
            let signer = world.signer_info_as_given(std::slice::from_ref(&unordered));
            let token = with(&[1, 0, 4, 0, 3], &tlv(0xa0, &[&unordered]));
            boyin_testkit::tlv::replaced(&token, &[1, 0, 4, 0, 5], part(&signer, &[5]))
        }),
    ] {
        let report = check_as(Reader::Field, &token, &world.store());
        assert_eq!(report.verdict(), TimestampVerdict::Passed, "{note:?} {}", shown(&report));
        assert_eq!(report.notes(), [TimestampNote::Deviation(note)]);
        let report = check(&token, &world.store());
        let refused = TimestampVerdict::Failed(boyin_verify::timestamp::TimestampReason::Deviates);
        assert_eq!(report.verdict(), refused, "{note:?}");
    }
}
