//! Transcripts of key ceremonies: what is whole passes, and nothing that was changed, left out or moved does.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure, with its place")]

use std::collections::HashSet;

use boyin_model::alg::PublicKey;
use boyin_model::ceremony::{
    CEREMONY_FORMAT, Closing, Event, Line, MAX_LINE_BYTES, MAX_TRANSCRIPT_BYTES, MadePlace, NO_LINE, Owner,
    Place, Role, Script,
};
use boyin_model::jws::{Header, TYP_CEREMONY, TYP_TRUST_LIST, Unsigned};
use boyin_model::trust::Jwk;
use boyin_suite::{Algorithm, all_jws, public_key_to_spki};
use boyin_testkit::ceremony::{CeremonyWorld, ceremony_context, linked, timed, with_closing};
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::now;
use boyin_verify::{
    Ceremony, CeremonyContext, CeremonyError, CeremonyFault, Countersigner, UnixTime, hex_digest,
    key_fingerprint,
};

fn world() -> CeremonyWorld {
    CeremonyWorld::new(Algorithm::Sm2)
}

fn check(bytes: &[u8]) -> Result<Ceremony, CeremonyError> {
    let algs = all_jws();
    ceremony_context(&algs, &world().countersigners()).verify(bytes)
}

#[track_caller]
fn refused(bytes: &[u8]) -> CeremonyFault {
    check(bytes).unwrap_err().fault
}

/// The events are changed, linked and signed anew: what is left is only the order of the script.
fn with(edit: impl FnOnce(&mut Vec<Event>)) -> Vec<u8> {
    let world = world();
    let mut events = world.events();
    edit(&mut events);
    world.transcript(&events)
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

#[test]
fn a_whole_transcript_is_a_proof() {
    for algorithm in Algorithm::ALL {
        let world = CeremonyWorld::new(algorithm);
        let bytes = world.transcript(&world.events());
        let algs = all_jws();
        let keys = world.countersigners();
        let context = CeremonyContext { script: Some(&world.script), ..ceremony_context(&algs, &keys) };
        let proof = CeremonyContext { key: Some(&world.jwk()), ..context }.verify(&bytes).unwrap();
        assert_eq!(
            (proof.script(), proof.key(), proof.place()),
            (&world.script, &world.jwk(), &MadePlace::Software)
        );
        assert_eq!((proof.lines(), proof.ended_at()), (lines(&bytes).len(), now()));
        assert_eq!(proof.began_at(), now().minus(u64::try_from(proof.lines()).unwrap() - 3));
        assert_eq!(proof.countersigners(), [keys[0].key.kid.clone()]);
        assert_eq!((proof.fingerprint().len(), proof.authority()), (64, "样本州政务服务局"));
        let other = Script { purpose: "另一".to_owned(), ..world.script.clone() };
        let found = CeremonyContext { script: Some(&other), ..context }.verify(&bytes).unwrap_err();
        assert_eq!(found, CeremonyError { line: 1, fault: CeremonyFault::OtherScript });
        let found = CeremonyContext { key: Some(&keys[0].key), ..context }.verify(&bytes).unwrap_err();
        assert_eq!(found.fault, CeremonyFault::OtherKey);
        let found = CeremonyContext { countersigners: &[], ..context }.verify(&bytes).unwrap_err();
        assert_eq!(found.fault, CeremonyFault::CountersignerUnknown);
        assert!(found.fault.is_indeterminate());
    }
}

#[test]
fn digests_are_those_of_other_programs() {
    // FIPS 180-2, B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hex_digest(&all_jws(), b"abc").as_deref(), Some(abc));
    for algorithm in Algorithm::ALL {
        let key = FixedKey::signing(algorithm, 7);
        let info = public_key_to_spki(algorithm, PublicKey(&key.reference().point())).unwrap();
        let fingerprint = key_fingerprint(key.reference().jwk(), &all_jws());
        assert_eq!(fingerprint, hex_digest(&all_jws(), &info));
        assert!(fingerprint.is_some());
    }
}

#[test]
fn no_line_can_be_changed_left_out_repeated_or_moved() {
    let world = world();
    let whole = world.transcript(&world.events());
    assert!(check(&whole).is_ok());
    let all = lines(&whole);
    for place in 0..all.len() {
        let without = [&all[..place], &all[place + 1..]].concat().concat();
        let twice = [&all[..=place], &all[place..]].concat().concat();
        assert!(check(&without).is_err() && check(&twice).is_err(), "{place}");
        for other in 0..place {
            let mut moved = all.clone();
            moved.swap(place, other);
            assert!(check(&moved.concat()).is_err(), "{place} {other}");
        }
        // Whatever it is cut off at.
        assert_eq!(refused(&all[..place].concat()), CeremonyFault::Incomplete);
        assert!(check(&[&all[..place], &[&all[place][..all[place].len() - 1]]].concat().concat()).is_err());
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        assert!(check(&changed).is_err(), "byte {place}");
    }
    let trailing = check(&[&whole[..], b"\n"].concat()).unwrap_err();
    assert_eq!(trailing, CeremonyError { line: all.len() + 1, fault: CeremonyFault::Trailing });
    assert_eq!(refused(&vec![b'a'; MAX_TRANSCRIPT_BYTES + 1]), CeremonyFault::TooLarge);
    assert_eq!(refused(b"{}\n"), CeremonyFault::Malformed);
    assert_eq!(refused(b""), CeremonyFault::Incomplete);
}

#[test]
fn what_is_as_large_as_allowed_is_read() {
    assert_eq!(refused(&vec![b'a'; MAX_TRANSCRIPT_BYTES]), CeremonyFault::Incomplete);
    let line = |length: usize| [&vec![b'a'; length][..], b"\n"].concat();
    assert_eq!(refused(&line(MAX_LINE_BYTES)), CeremonyFault::Malformed);
    assert_eq!(refused(&line(MAX_LINE_BYTES + 1)), CeremonyFault::TooLarge);
}

#[test]
fn number_and_digest_each_link_a_line() {
    let world = world();
    let with_line = |place: usize, edit: fn(&mut Line)| {
        let (mut bytes, mut prev) = (Vec::new(), NO_LINE.to_owned());
        for (no, (at, event)) in (0..).zip(timed(&world.events())) {
            let mut line = Line { at, event, no, prev };
            if line.no == u64::try_from(place).unwrap() {
                edit(&mut line);
            }
            let line = line.write();
            prev = hex_digest(&all_jws(), &line).unwrap();
            bytes.extend([&line[..], b"\n"].concat());
        }
        check(&world.signed(bytes)).map(|_| ())
    };
    assert_eq!(with_line(3, |_| {}), Ok(()));
    for edit in [|line: &mut Line| line.no += 1, |line: &mut Line| line.prev = NO_LINE.to_owned()] {
        assert_eq!(with_line(3, edit), Err(CeremonyError { line: 4, fault: CeremonyFault::Link }));
    }
}

#[test]
fn a_transcript_that_was_signed_again_has_to_follow_its_script_too() {
    let count = world().events().len();
    let mut found = HashSet::new();
    for place in 0..count {
        found.insert(refused(&with(|events| drop(events.remove(place)))));
        found.insert(refused(&with(|events| events.insert(place, events[place].clone()))));
        for other in 0..place {
            // Two who confirm one step are in the order of the script, too.
            found.insert(refused(&with(|events| events.swap(place, other))));
        }
    }
    // A closing in the wrong place is followed by lines that are no signatures.
    let expected = [CeremonyFault::Unexpected, CeremonyFault::Malformed, CeremonyFault::Signature];
    assert!(found.iter().all(|fault| expected.contains(fault)), "{found:?}");
    let broken = |events: &mut Vec<Event>| events[5] = Event::BrokenOff { step: 1, why: "no".to_owned() };
    assert_eq!(refused(&with(broken)), CeremonyFault::BrokenOff);
}

#[test]
fn each_confirmation_is_by_that_person_in_that_role_of_what_was_shown() {
    let at =
        |events: &[Event]| events.iter().position(|event| matches!(event, Event::Confirmed { .. })).unwrap();
    type Edit = fn(&mut String, &mut Role, &mut String, &mut usize);
    let edits: [Edit; 4] = [
        |name, _, _, _| name.push('x'),
        |_, role, _, _| *role = Role::Custodian,
        |_, _, shown, _| shown.push('x'),
        |_, _, _, step| *step += 1,
    ];
    for edit in edits {
        let changed = with(|events| {
            let place = at(events);
            let Event::Confirmed { name, role, shown, step } = &mut events[place] else { panic!() };
            edit(name, role, shown, step);
        });
        assert_eq!(refused(&changed), CeremonyFault::Unexpected);
    }
    let recorded = |edit: fn(&mut String, &mut usize)| {
        with(|events| {
            let mut all = events.iter_mut();
            let found = all.find_map(|event| {
                let Event::Recorded { digest, step, .. } = event else { return None };
                Some((digest, step))
            });
            let (digest, step) = found.unwrap();
            let number = *step;
            edit(digest, step);
            // Whoever confirms it confirms what was recorded.
            let recorded = digest.clone();
            for event in all {
                if let Event::Confirmed { shown, step, .. } = event
                    && *step == number
                {
                    *shown = recorded.clone();
                }
            }
        })
    };
    assert!(check(&recorded(|digest, _| digest.replace_range(..1, "0"))).is_ok());
    assert_eq!(refused(&recorded(|digest, _| *digest = digest.to_uppercase())), CeremonyFault::Unexpected);
    assert_eq!(refused(&recorded(|digest, _| digest.truncate(63))), CeremonyFault::Unexpected);
    assert_eq!(refused(&recorded(|_, step| *step = 0)), CeremonyFault::Unexpected);
}

#[test]
fn the_script_in_it_keeps_the_rules() {
    let broken = |edit: &dyn Fn(&mut Script)| {
        let mut world = world();
        edit(&mut world.script);
        refused(&world.transcript(&world.events()))
    };
    // Two people of three; one person in two roles.
    assert_eq!(broken(&|script| script.participants.truncate(2)), CeremonyFault::Script);
    assert_eq!(broken(&|script| script.participants[2].name = " 甲".to_owned()), CeremonyFault::Script);
    let other_format = with(|events| {
        let Event::Begun { format, .. } = &mut events[0] else { panic!() };
        *format = 2;
    });
    assert_eq!(refused(&other_format), CeremonyFault::Malformed);
}

/// The line that shows the new key.
fn made(edit: impl FnOnce((&mut String, &mut Jwk, &mut MadePlace, &mut usize))) -> Vec<u8> {
    with(|events| {
        let mut all = events.iter_mut();
        let found = all.find_map(|event| {
            let Event::Made { fingerprint, key, place, step } = event else { return None };
            Some((fingerprint, key, place, step))
        });
        edit(found.unwrap());
    })
}

#[test]
fn the_key_is_one_of_the_script_and_signs() {
    let other = FixedKey::signing(Algorithm::Sm2, 7).reference().jwk().clone();
    let es256 = FixedKey::signing(Algorithm::Es256, 7).reference().jwk().clone();
    assert_eq!(refused(&made(|(fingerprint, ..)| fingerprint.replace_range(..1, "x"))), CeremonyFault::Key);
    assert_eq!(refused(&made(|(_, key, ..)| key.kid.push('A'))), CeremonyFault::Key);
    assert_eq!(refused(&made(|(_, key, ..)| *key = other.clone())), CeremonyFault::Key);
    let token = || MadePlace::Pkcs11 {
        device: "d".to_owned(),
        id: "01".to_owned(),
        label: "l".to_owned(),
        library: "b".to_owned(),
        module: "m".to_owned(),
        token: "t".to_owned(),
    };
    assert_eq!(refused(&made(|(_, _, place, _)| *place = token())), CeremonyFault::Key);
    assert_eq!(refused(&made(|(.., step)| *step = 0)), CeremonyFault::Unexpected);
    // Everything agrees, but another key signs; everything agrees, but the suite is not that of the script.
    let mut world = world();
    let lines = linked(&timed(&world.events()));
    let countersigned = |bytes| with_closing(bytes, &world.countersigner, now());
    let by_other = with_closing(lines.clone(), &FixedKey::signing(Algorithm::Sm2, 7), now());
    assert_eq!(refused(&countersigned(by_other)), CeremonyFault::Signature);
    world.key = FixedKey::signing(Algorithm::Es256, 7);
    assert_eq!(world.jwk(), es256);
    assert_eq!(refused(&world.transcript(&world.events())), CeremonyFault::Key);
    world.script.alg = "ES256".to_owned();
    assert!(check(&world.transcript(&world.events())).is_ok());
    // In a token of that module only.
    world.script.place = Place::Pkcs11 { module: "m".to_owned(), token: "t".to_owned() };
    let mut events = world.events();
    assert_eq!(refused(&world.transcript(&events)), CeremonyFault::Key);
    let in_token = |events: &mut Vec<Event>, found: MadePlace| {
        for event in events {
            if let Event::Made { place, .. } = event {
                *place = found.clone();
            }
        }
    };
    in_token(&mut events, token());
    assert!(check(&world.transcript(&events)).is_ok());
    for (module, token_label) in [("another", "t"), ("m", "another")] {
        world.script.place = Place::Pkcs11 { module: module.to_owned(), token: token_label.to_owned() };
        let mut events = world.events();
        in_token(&mut events, token());
        assert_eq!(refused(&world.transcript(&events)), CeremonyFault::Key);
    }
}

#[test]
fn those_who_are_to_sign_sign_and_nobody_else() {
    let closed = |edit: &dyn Fn(&mut Vec<String>)| {
        refused(&with(|events| {
            let Some(Event::Closed { signers }) = events.last_mut() else { panic!() };
            edit(signers);
        }))
    };
    assert_eq!(closed(&|signers| signers.swap(0, 1)), CeremonyFault::Signers);
    assert_eq!(closed(&|signers| signers.truncate(1)), CeremonyFault::Signers);
    assert_eq!(closed(&|signers| signers.push("more".to_owned())), CeremonyFault::Signers);
    assert_eq!(closed(&|signers| signers[1] = signers[0].clone()), CeremonyFault::Signers);
    assert_eq!(closed(&|signers| signers.clear()), CeremonyFault::Signers);
    assert_eq!(closed(&|signers| signers[1] = "unknown".to_owned()), CeremonyFault::NotCountersigned);
    let mut world = world();
    let lines = linked(&timed(&world.events()));
    let once = with_closing(lines.clone(), &world.key, now());
    // Left out; by somebody else; the same twice; over the lines alone.
    assert_eq!(refused(&once), CeremonyFault::Incomplete);
    let by_other = with_closing(once.clone(), &FixedKey::signing(Algorithm::Es256, 7), now());
    assert_eq!(refused(&by_other), CeremonyFault::Signature);
    assert_eq!(refused(&with_closing(once.clone(), &world.key, now())), CeremonyFault::Signature);
    // The right key, over the right lines, but the header says something else.
    let jwk = world.jwk();
    let headed = |edit: fn(&mut Header<'_>)| {
        let (alg, kid) = (jwk.alg.as_str().into(), jwk.kid.as_str().into());
        let mut header = Header { alg, kid, typ: TYP_CEREMONY.into() };
        edit(&mut header);
        let transcript = hex_digest(&all_jws(), &lines).unwrap();
        let closing = Closing { at: now(), format: CEREMONY_FORMAT, transcript };
        let token = world.key.sign_jws(&Unsigned::new(&header, &closing.write())).unwrap();
        let once = [&lines[..], &token, b"\n"].concat();
        check(&with_closing(once, &world.countersigner, now())).map(|_| ()).map_err(|error| error.fault)
    };
    assert_eq!(headed(|_| {}), Ok(()));
    for edit in [
        |header: &mut Header<'_>| header.typ = TYP_TRUST_LIST.into(),
        |header: &mut Header<'_>| header.kid = "another".into(),
        |header: &mut Header<'_>| header.alg = "ES256".into(),
    ] {
        assert_eq!(headed(edit), Err(CeremonyFault::Signature));
    }
    let alone = with_closing(lines.clone(), &world.countersigner, now());
    assert_eq!(refused(&[&once[..], &alone[lines.len()..]].concat()), CeremonyFault::Signature);
    // Where nobody countersigns, nobody does.
    world.script.countersigned_by.clear();
    let mut events = world.events();
    let Some(Event::Closed { signers }) = events.last_mut() else { panic!() };
    signers.truncate(1);
    let lines = linked(&timed(&events));
    let algs = all_jws();
    let nobody = ceremony_context(&algs, &[]);
    assert!(nobody.verify(&with_closing(lines, &world.key, now())).is_ok());
    let found = nobody.verify(&world.transcript(&events)).unwrap_err();
    assert_eq!(found.fault, CeremonyFault::Trailing);
}

#[test]
fn a_countersignature_counts_for_the_owner_whom_the_script_names() {
    let mut world = world();
    let police = Owner::Office(boyin_testkit::samples::credit_code("11", "652700", 1));
    world.script.countersigned_by = vec![Owner::TrustList, police];
    let (anchor, office) = (world.countersigner.clone(), FixedKey::signing(Algorithm::Sm2, 952));
    let key = |key: &boyin_issue::SigningKey| key.reference().jwk().clone();
    let given = |owner, of| Countersigner { owner, key: key(of) };
    let signed = |order: [&boyin_issue::SigningKey; 2]| {
        let mut events = world.events();
        let Some(Event::Closed { signers }) = events.last_mut() else { panic!() };
        *signers = vec![world.jwk().kid, key(order[0]).kid, key(order[1]).kid];
        let lines = with_closing(linked(&timed(&events)), &world.key, now());
        order.into_iter().fold(lines, |bytes, key| with_closing(bytes, key, now()))
    };
    let algs = all_jws();
    let fault = |bytes: &[u8], keys: &[Countersigner]| {
        ceremony_context(&algs, keys).verify(bytes).err().map(|error| error.fault)
    };
    let (whole, swapped) = (signed([&anchor, &office]), signed([&office, &anchor]));
    let both = [given(Owner::TrustList, &anchor), given(police, &office)];
    assert_eq!(fault(&whole, &both), None);
    // Each has signed, in the place of the other; or the keys are given as those of each other.
    assert_eq!(fault(&swapped, &both), Some(CeremonyFault::NotCountersigned));
    let crossed = [given(Owner::TrustList, &office), given(police, &anchor)];
    assert_eq!(fault(&whole, &crossed), Some(CeremonyFault::NotCountersigned));
    // Of one nobody knows the key: it counts for nobody else.
    assert_eq!(fault(&whole, &both[..1]), Some(CeremonyFault::CountersignerUnknown));
    assert_eq!(fault(&swapped, &both[..1]), Some(CeremonyFault::NotCountersigned));
    // Of one owner another key is given, beside the one that signed, or alone.
    let stranger = FixedKey::signing(Algorithm::Sm2, 953);
    let more = [&both[..], &[given(police, &stranger)]].concat();
    assert_eq!(fault(&whole, &more), None);
    let other = [given(Owner::TrustList, &anchor), given(police, &stranger)];
    assert_eq!(fault(&whole, &other), Some(CeremonyFault::NotCountersigned));
}

#[test]
fn whose_key_is_given_has_to_have_signed_whatever_the_script_says() {
    let mut world = world();
    let given = world.countersigners();
    world.script.countersigned_by.clear();
    let mut events = world.events();
    let Some(Event::Closed { signers }) = events.last_mut() else { panic!() };
    signers.truncate(1);
    let alone = with_closing(linked(&timed(&events)), &world.key, now());
    let algs = all_jws();
    assert!(ceremony_context(&algs, &[]).verify(&alone).is_ok());
    let error = ceremony_context(&algs, &given).verify(&alone).unwrap_err();
    assert_eq!((error.line, error.fault), (events.len(), CeremonyFault::NotCountersigned));
}

#[test]
fn time_goes_forward_and_not_beyond_now() {
    let world = world();
    type Edit = fn(&mut [(UnixTime, Event)]);
    let dated = |edit: Edit| {
        let mut events = timed(&world.events());
        edit(&mut events);
        world.signed(linked(&events))
    };
    assert!(check(&dated(|events| events[3].0 = events[2].0)).is_ok());
    assert_eq!(refused(&dated(|events| events[3].0 = events[2].0.minus(1))), CeremonyFault::Order);
    let ahead = |seconds: u64| {
        let lines = linked(&timed(&world.events()));
        let once = with_closing(lines, &world.key, now().plus(300 + seconds));
        with_closing(once, &world.countersigner, now().plus(300 + seconds))
    };
    assert!(check(&ahead(0)).is_ok());
    assert_eq!(refused(&ahead(1)), CeremonyFault::Future);
    let lines = linked(&timed(&world.events()));
    let before = with_closing(with_closing(lines, &world.key, now()), &world.countersigner, now().minus(1));
    assert_eq!(refused(&before), CeremonyFault::Order);
}

#[test]
fn codes_are_unique_and_every_fault_says_something() {
    let codes: HashSet<_> = CeremonyFault::ALL.iter().map(|fault| fault.code()).collect();
    assert_eq!(codes.len(), CeremonyFault::ALL.len());
    assert!(codes.iter().all(|code| code.starts_with("ceremony_")));
    let open: Vec<_> = CeremonyFault::ALL.into_iter().filter(|fault| fault.is_indeterminate()).collect();
    assert_eq!(open, [CeremonyFault::CountersignerUnknown]);
    let error = CeremonyError { line: 3, fault: CeremonyFault::Link };
    assert!(error.to_string().starts_with("line 3: "));
}
