use std::collections::BTreeSet;
use std::num::NonZeroU16;

use boyin_exempt::{
    Answer, CollectedEntry, CollectedStanding, CommitmentStanding, Decision, Entry, FollowUp,
    MaterialDecision, Outcome, Reason, Request, Responsible, Role, Way,
};
use boyin_model::collected::Grade;
use boyin_model::credential::Envelope;
use boyin_model::time::Date;
use boyin_testkit::prefecture::now;
use boyin_verify::{Policy, Reader, Reason as Cause, WhenStale};

use crate::world::{
    Status, World, catalog, decided, division, hiding, holder, number, request, set, situation,
};

const UNMARRIED: &[(&str, &str)] = &[("married", "no")];
const MARRIED: &[(&str, &str)] = &[("married", "yes")];

fn first(world: &World, file: Vec<Entry>) -> Decision {
    let mut request = request("first", &[(Role::Applicant, file)]);
    request.situation = situation(UNMARRIED);
    decided(&catalog(world), &request)
}

fn reasons(material: &MaterialDecision) -> Vec<Reason> {
    material.findings.iter().map(|finding| finding.reason).collect()
}

/// What comes of one material, and why.
fn of<'d>(decision: &'d Decision, key: &str) -> (Outcome, Vec<Reason>, &'d MaterialDecision) {
    let material = decision.material(key).unwrap();
    (material.outcome, reasons(material), material)
}

#[test]
fn a_license_on_file_takes_the_place_of_the_paper() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let report = world.report(&card, Status::Valid, now(), Policy::default());
    let decision = first(&world, vec![Entry::signed(Grade::B, report.clone())]);
    let (outcome, reasons, material) = of(&decision, "card");
    assert_eq!((outcome, reasons), (Outcome::Exempt(Way::Shared), vec![]));
    let carrier = &material.carriers[0];
    assert_eq!(
        (carrier.id.as_str(), carrier.version),
        (report.subject().license_id.as_ref().unwrap().as_str(), Some(1))
    );
    assert_eq!((carrier.grade, carrier.role), (Grade::B, Role::Applicant));
    assert_eq!(carrier.digest, digest_of(&report.to_json()));
    assert_eq!(decision.answer(), Answer::Submit, "the title is not on file");
}

/// `sha-256:<hex>` by another program than the crate's.
fn digest_of(bytes: &[u8]) -> String {
    let digest = boyin_suite::Algorithm::Es256.verifier().digest(&[bytes]);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha-256:{hex}")
}

#[test]
fn nothing_on_file_is_told_with_its_next_step() {
    let world = World::new();
    let decision = first(&world, vec![]);
    let (outcome, reasons, material) = of(&decision, "card");
    assert_eq!((outcome, reasons), (Outcome::Submit, vec![Reason::NotOnFile]));
    let finding = &material.findings[0];
    assert_eq!(finding.responsible, Responsible::FirstContact);
    assert_eq!(finding.responsible_name.as_deref(), Some("博乐市政务服务中心"));
    assert_eq!(of(&decision, "photo").0, Outcome::Exempt(Way::Canceled));
    assert_eq!(of(&decision, "title").2.copies, 2);
    assert!(decision.material("marriage").is_none(), "not in this situation");
}

#[test]
fn only_grades_a_and_b_count_and_disputes_do_not() {
    let world = World::new();
    for grade in Grade::ALL {
        for (standing, reason) in [
            (CollectedStanding::Kept, None),
            (CollectedStanding::Disputed, Some(Reason::Disputed)),
            (CollectedStanding::Dismissed, Some(Reason::Dismissed)),
        ] {
            let record = world.record("identity-card", Role::Applicant, grade, standing);
            let decision = first(&world, vec![Entry::collected(record)]);
            let (outcome, found, material) = of(&decision, "card");
            let low = (!grade.may_exempt()).then_some(Reason::GradeTooLow);
            let expected: Vec<_> = low.into_iter().chain(reason).collect();
            assert_eq!(found, expected, "{grade} {standing:?}");
            let good = expected.is_empty();
            assert_eq!(outcome, if good { Outcome::Exempt(Way::Shared) } else { Outcome::Submit });
            assert_eq!(material.carriers.len(), usize::from(good));
        }
        let card = world.license("identity-card", Role::Applicant, |_| {});
        let report = world.report(&card, Status::Valid, now(), Policy::default());
        let decision = first(&world, vec![Entry::signed(grade, report)]);
        assert_eq!(of(&decision, "card").0 == Outcome::Exempt(Way::Shared), grade.may_exempt());
    }
}

#[test]
fn only_what_counts_on_the_day_says_the_name_of_its_holder() {
    let world = World::new();
    let ((owner, name), (other, _)) = (holder(Role::Applicant), holder(Role::Spouse));
    let today = now().date();
    let record = world.record("identity-card", Role::Applicant, Grade::B, CollectedStanding::Kept);
    let says = |record: &CollectedEntry, day| {
        Entry::collected(record.clone()).name_of(&owner, day).map(str::to_owned)
    };
    assert_eq!(says(&record, today).as_deref(), Some(name));
    assert_eq!(Entry::collected(record.clone()).name_of(&other, today), None);
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let issued = world.report(&card, Status::Valid, now(), Policy::default()).subject().license_id.clone();
    for bad in [
        CollectedEntry { grade: Grade::C, ..record.clone() },
        CollectedEntry { standing: CollectedStanding::Disputed, ..record.clone() },
        CollectedEntry { standing: CollectedStanding::Dismissed, ..record.clone() },
        CollectedEntry { issued, ..record.clone() },
    ] {
        assert_eq!(says(&bad, today), None, "{bad:?}");
    }
    let day = |text: &str| text.parse::<Date>().unwrap();
    let mut timed = record;
    timed.license.issue_date = day("2020-01-31");
    timed.license.valid_from = Some(day("2020-02-01"));
    timed.license.valid_until = Some(day("2026-05-31"));
    for (at, counts) in
        [("2020-01-31", false), ("2020-02-01", true), ("2026-05-31", true), ("2026-06-01", false)]
    {
        assert_eq!(says(&timed, day(at)).is_some(), counts, "{at}");
    }
    (timed.license.valid_from, timed.license.valid_until) = (None, None);
    for (at, counts) in [("2020-01-30", false), ("2020-01-31", true), ("2099-01-01", true)] {
        assert_eq!(says(&timed, day(at)).is_some(), counts, "{at}");
    }

    for (grade, status, counts) in [
        (Grade::B, Status::Valid, true),
        (Grade::C, Status::Valid, false),
        (Grade::A, Status::Revoked, false),
        (Grade::A, Status::Unknown, false),
    ] {
        let report = world.report(&card, status, now(), Policy::default());
        assert_eq!(Entry::signed(grade, report).name_of(&owner, today), counts.then_some(name), "{grade}");
    }
    assert_eq!(world.entry(&card, Status::Valid).name_of(&other, today), None);
    assert_eq!(world.entry(&hiding(&card, "holder_name"), Status::Valid).name_of(&owner, today), None);
}

#[test]
fn what_does_not_verify_says_why() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    for (status, cause) in [(Status::Revoked, Cause::Revoked), (Status::Suspended, Cause::Suspended)] {
        let decision = first(&world, vec![world.entry(&card, status)]);
        let (outcome, reasons, material) = of(&decision, "card");
        assert_eq!((outcome, reasons), (Outcome::Submit, vec![Reason::NotValid]));
        assert_eq!(material.findings[0].cause, Some(cause));
        assert_eq!(material.findings[0].responsible, Responsible::Applicant);
    }
    let mut damaged = card.clone();
    let at = damaged.iter().rposition(|byte| *byte == b'.').unwrap() + 5;
    damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
    let decision = first(&world, vec![world.entry(&damaged, Status::Valid)]);
    assert_eq!(of(&decision, "card").2.findings[0].cause, Some(Cause::SignatureMismatch));
    // What does not even say what it is is not on file.
    let decision = first(&world, vec![world.entry(b"nothing", Status::Valid)]);
    assert_eq!(of(&decision, "card").1, [Reason::NotOnFile]);
}

#[test]
fn what_is_not_decided_is_neither_valid_nor_a_reason_to_ask_for_the_paper() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let decision = first(&world, vec![world.entry(&card, Status::Unknown)]);
    let (outcome, reasons, material) = of(&decision, "card");
    assert_eq!((outcome, reasons), (Outcome::Pending, vec![Reason::Undecided]));
    assert_eq!(material.findings[0].cause, Some(Cause::StatusListUnavailable));
    assert_eq!(material.findings[0].responsible, Responsible::Operator);
    assert!(material.carriers.is_empty());
    // Of too low a grade it would not count if it were decided.
    let report = world.report(&card, Status::Unknown, now(), Policy::default());
    let decision = first(&world, vec![Entry::signed(Grade::C, report)]);
    assert_eq!(of(&decision, "card").0, Outcome::Submit);
}

#[test]
fn a_verdict_that_a_policy_let_stand_does_not_exempt() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let lenient = br#"{"checks":{"status":"warn"},"format":1,"name":"lenient","reader":"ours","stale_status_hours":0,"stale_trust_hours":0,"version":1}"#;
    for (status, outcome) in [(Status::Unknown, Outcome::Pending), (Status::Revoked, Outcome::Submit)] {
        let report = world.report(&card, status, now(), Policy::read(lenient).unwrap());
        assert_eq!(report.verdict(), boyin_verify::Verdict::Passed);
        let decision = first(&world, vec![Entry::signed(Grade::A, report)]);
        assert_eq!(of(&decision, "card").0, outcome);
    }
}

#[test]
fn a_list_that_a_policy_accepts_past_its_time_proves_nothing() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let more = WhenStale::AcceptFor { hours: NonZeroU16::new(240).unwrap() };
    let changed = Policy::default().when_trust_stale(more).when_status_stale(more);
    // The status list is fresh for a day, the trust list for six.
    for (days, policy, cause) in [
        (0, Policy::named("outage").unwrap(), None),
        (2, Policy::named("outage").unwrap(), Some(Cause::StatusListStale)),
        (7, changed, Some(Cause::TrustListStale)),
    ] {
        let at = now().plus(days * 86_400);
        let report = world.report(&card, Status::Valid, at, policy);
        assert_eq!(report.verdict(), boyin_verify::Verdict::Passed);
        let mut request = request("first", &[(Role::Applicant, vec![Entry::signed(Grade::A, report)])]);
        (request.situation, request.at) = (situation(UNMARRIED), at);
        let decision = decided(&catalog(&world), &request);
        let (outcome, reasons, material) = of(&decision, "card");
        if cause.is_none() {
            assert_eq!(outcome, Outcome::Exempt(Way::Shared));
        } else {
            assert_eq!((outcome, reasons), (Outcome::Pending, vec![Reason::Undecided]), "{days}");
            assert_eq!(material.findings[0].cause, cause);
        }
    }
}

#[test]
fn a_license_that_was_issued_from_a_record_is_what_counts() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    for (status, expected, reason) in [
        (Status::Valid, Outcome::Exempt(Way::Shared), None),
        (Status::Revoked, Outcome::Submit, Some(Reason::NotValid)),
        (Status::Unknown, Outcome::Pending, Some(Reason::Undecided)),
    ] {
        let report = world.report(&card, status, now(), Policy::default());
        let license = report.subject().license_id.clone().unwrap();
        let mut record = world.record("identity-card", Role::Applicant, Grade::B, CollectedStanding::Kept);
        record.issued = Some(license.clone());
        let file = vec![Entry::collected(record), Entry::signed(Grade::B, report)];
        let decision = first(&world, file.clone());
        let (outcome, found, material) = of(&decision, "card");
        assert_eq!(outcome, expected);
        let carriers: Vec<_> = material.carriers.iter().map(|one| one.id.as_str()).collect();
        if let Some(reason) = reason {
            assert_eq!((carriers, found), (vec![], vec![reason, Reason::RecordReplaced]));
        } else {
            assert_eq!(carriers, [license.as_str()]);
        }
        // By itself it is no more than that.
        let decision = first(&world, file[..1].to_vec());
        let alone = of(&decision, "card");
        assert_eq!((alone.0, alone.1), (Outcome::Submit, vec![Reason::RecordReplaced]));
    }
}

#[test]
fn a_license_counts_under_the_name_of_its_party_only() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |draft| draft.holder.name = "样本辛".into());
    let mut record = world.record("identity-card", Role::Applicant, Grade::A, CollectedStanding::Kept);
    record.license.holder_name = "样本辛".to_owned();
    for entry in [world.entry(&card, Status::Valid), Entry::collected(record)] {
        let decision = first(&world, vec![entry]);
        let (outcome, reasons, material) = of(&decision, "card");
        assert_eq!((outcome, reasons), (Outcome::Pending, vec![Reason::NameMismatch]));
        assert!(material.carriers.is_empty());
    }
    // A name that is not shown is not another one.
    let nameless = hiding(&card, "holder_name");
    let decision = first(&world, vec![world.entry(&nameless, Status::Valid)]);
    assert_eq!(of(&decision, "card").0, Outcome::Exempt(Way::Shared));
}

#[test]
fn a_license_counts_for_its_holder_only() {
    let world = World::new();
    let others = world.filed("identity-card", Role::Spouse);
    let decision = first(&world, vec![others]);
    assert_eq!(of(&decision, "card").1, [Reason::HolderMismatch]);
    let record = world.record("identity-card", Role::Spouse, Grade::A, CollectedStanding::Kept);
    assert_eq!(of(&first(&world, vec![Entry::collected(record)]), "card").1, [Reason::HolderMismatch]);
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let nothing_shown = Envelope::open(&card, Reader::Ours).unwrap().to_compact(|_| false);
    let decision = first(&world, vec![world.entry(&nothing_shown, Status::Valid)]);
    assert_eq!(
        (of(&decision, "card").0, of(&decision, "card").1),
        (Outcome::Pending, vec![Reason::HolderNotShown])
    );
}

fn third(world: &World, form: Option<&str>, edit: impl FnOnce(&mut boyin_issue::Draft)) -> Decision {
    let title = world.entry(&world.license("real-estate-title", Role::Counterparty, edit), Status::Valid);
    let mut request = request("third", &[(Role::Applicant, vec![]), (Role::Counterparty, vec![title])]);
    request.form.extend(form.map(|unit| ("unit".to_owned(), unit.to_owned())));
    decided(&catalog(world), &request)
}

#[test]
fn fields_are_held_against_the_form_and_the_parties() {
    let world = World::new();
    let unit = |draft: &mut boyin_issue::Draft| set(draft, "unit_number", "652701001");
    for (form, outcome, reasons) in [
        (Some("652701001"), Outcome::Exempt(Way::Shared), vec![]),
        (Some("652701002"), Outcome::Submit, vec![Reason::FieldMismatch]),
        (None, Outcome::Pending, vec![Reason::FormValueMissing]),
    ] {
        let decision = third(&world, form, unit);
        assert_eq!((of(&decision, "unit-title").0, of(&decision, "unit-title").1), (outcome, reasons));
    }
    let marriage = world.license("marriage-certificate", Role::Applicant, |draft| {
        set(draft, "spouse_citizen_id", number(Role::Spouse));
    });
    let marriage = world.entry(&marriage, Status::Valid);
    for (spouse, outcome) in [(true, Outcome::Exempt(Way::Shared)), (false, Outcome::Pending)] {
        let mut files = vec![(Role::Applicant, vec![marriage.clone()])];
        files.extend(spouse.then(|| (Role::Spouse, vec![])));
        let mut request = request("first", &files);
        request.situation = situation(MARRIED);
        let decision = decided(&catalog(&world), &request);
        assert_eq!(of(&decision, "marriage").0, outcome);
    }
}

#[test]
fn a_field_that_is_not_shown_or_not_there_does_not_count() {
    let world = World::new();
    let record = world.record("real-estate-title", Role::Counterparty, Grade::A, CollectedStanding::Kept);
    let mut without = record;
    without.license.fields.remove("unit_number");
    let files = [(Role::Applicant, vec![]), (Role::Counterparty, vec![Entry::collected(without)])];
    let mut request = request("third", &files);
    request.form.insert("unit".to_owned(), "652701001".to_owned());
    let decision = decided(&catalog(&world), &request);
    assert_eq!(
        (of(&decision, "unit-title").0, of(&decision, "unit-title").1),
        (Outcome::Submit, vec![Reason::FieldMissing])
    );
    let title = world.license("real-estate-title", Role::Counterparty, |draft| {
        set(draft, "unit_number", "652701001");
    });
    let entry = world.entry(&hiding(&title, "unit_number"), Status::Valid);
    request.parties.get_mut(&Role::Counterparty).unwrap().file = vec![entry];
    let decision = decided(&catalog(&world), &request);
    assert_eq!(
        (of(&decision, "unit-title").0, of(&decision, "unit-title").1),
        (Outcome::Pending, vec![Reason::FieldNotShown])
    );
}

#[test]
fn the_other_ways_and_what_goes_with_them() {
    let world = World::new();
    let decision = third(&world, None, |_| {});
    assert_eq!(
        (of(&decision, "register").0, of(&decision, "register").1),
        (Outcome::Submit, vec![Reason::TypeNotCataloged])
    );
    assert_eq!(of(&decision, "register").2.findings[0].responsible_name.as_deref(), Some("样本三局"));
    assert_eq!(
        (of(&decision, "paper").0, of(&decision, "paper").1),
        (Outcome::Submit, vec![Reason::NotALicense])
    );
    let (outcome, reasons, material) = of(&decision, "statement");
    assert_eq!((outcome, reasons), (Outcome::Exempt(Way::Commitment), vec![]));
    let Some(FollowUp::Commitment { checked_by, until, .. }) = &material.follow_up else { panic!() };
    assert_eq!((checked_by.as_str(), *until), ("民政部门", now().date().plus_days(10)));
}

fn second(world: &World, applicant: Vec<Entry>, edit: impl FnOnce(&mut Request)) -> Decision {
    let mut request = request("second", &[(Role::Applicant, applicant), (Role::Enterprise, vec![])]);
    request.situation = situation(UNMARRIED);
    edit(&mut request);
    decided(&catalog(world), &request)
}

#[test]
fn a_commitment_is_not_open_to_everybody() {
    let world = World::new();
    let invoice = world.license("electronic-invoice", Role::Applicant, |_| {});
    let open = second(&world, vec![], |_| {});
    assert_eq!(
        (of(&open, "invoice").0, of(&open, "invoice").1),
        (Outcome::Exempt(Way::Commitment), vec![Reason::NotOnFile])
    );
    let barred = second(&world, vec![], |request| request.commitment = CommitmentStanding::Barred);
    assert_eq!(
        (of(&barred, "invoice").0, of(&barred, "invoice").1),
        (Outcome::Submit, vec![Reason::NotOnFile, Reason::CommitmentBarred])
    );
    for status in [Status::Revoked, Status::Suspended] {
        let against = second(&world, vec![world.entry(&invoice, status)], |_| {});
        assert_eq!(
            (of(&against, "invoice").0, of(&against, "invoice").1),
            (Outcome::Submit, vec![Reason::NotValid, Reason::CommitmentContradicted])
        );
        // With another one in force nothing has to be declared.
        let both = vec![world.entry(&invoice, status), world.filed("electronic-invoice", Role::Applicant)];
        assert_eq!(of(&second(&world, both, |_| {}), "invoice").0, Outcome::Exempt(Way::Shared));
    }
    // With a license that is on file nothing is barred.
    let shared = second(&world, vec![world.entry(&invoice, Status::Valid)], |request| {
        request.commitment = CommitmentStanding::Barred;
    });
    assert_eq!(of(&shared, "invoice").0, Outcome::Exempt(Way::Shared));
}

#[test]
fn the_window_checks_online_what_it_can() {
    let world = World::new();
    let permit = world.license("road-transport-permit", Role::Enterprise, |_| {});
    for status in [Status::Unknown, Status::Revoked] {
        let entry = world.entry(&permit, status);
        let decision = second(&world, vec![], |request| {
            request.parties.get_mut(&Role::Enterprise).unwrap().file = vec![entry];
        });
        let (outcome, reasons, material) = of(&decision, "permit");
        assert_eq!(outcome, Outcome::Exempt(Way::VerifiedOnline));
        assert_eq!(reasons.len(), 1, "what was found is told");
        assert!(matches!(&material.follow_up, Some(FollowUp::Check { at, .. }) if at == "许可系统"));
    }
}

/// The last day in force and the days around it, for a license and for a record.
#[test]
fn a_license_counts_to_its_last_day_and_is_said_to_end_soon() {
    let world = World::new();
    let last = now().date();
    let from = "2021-07-02";
    assert_eq!(from.parse::<boyin_model::time::Date>().unwrap().plus_years(5).previous(), last);
    let card = world.license("identity-card", Role::Applicant, |draft| {
        draft.issue_date = from.into();
        draft.valid_from = Some(from.into());
        draft.valid_until = Some(last.to_string());
    });
    let mut record = world.record("identity-card", Role::Applicant, Grade::A, CollectedStanding::Kept);
    record.license.issue_date = from.parse().unwrap();
    record.license.valid_from = Some(from.parse().unwrap());
    record.license.valid_until = Some(last);
    for (at, good) in [(last.ends().minus(1), true), (last.ends(), false)] {
        let signed = Entry::signed(Grade::A, world.report(&card, Status::Valid, at, Policy::default()));
        for entry in [signed, Entry::collected(record.clone())] {
            let mut request = request("first", &[(Role::Applicant, vec![entry])]);
            request.situation = situation(UNMARRIED);
            request.at = at;
            let decision = decided(&catalog(&world), &request);
            let (outcome, reasons, material) = of(&decision, "card");
            if good {
                assert_eq!(outcome, Outcome::Exempt(Way::Shared));
                assert_eq!(material.carriers[0].expires_soon, Some(last));
            } else {
                assert_eq!((outcome, reasons), (Outcome::Submit, vec![Reason::NotValid]));
                assert_eq!(material.findings[0].cause, Some(Cause::Expired));
            }
        }
    }
    for (edit, cause) in [(true, Cause::NotYetValid), (false, Cause::IssuedInFuture)] {
        let mut early = world.record("identity-card", Role::Applicant, Grade::A, CollectedStanding::Kept);
        let tomorrow = last.plus_days(1);
        if edit {
            early.license.valid_from = Some(tomorrow);
        } else {
            early.license.issue_date = tomorrow;
        }
        let decision = first(&world, vec![Entry::collected(early)]);
        assert_eq!(of(&decision, "card").2.findings[0].cause, Some(cause));
    }
}

#[test]
fn remaining_validity_and_division_are_asked_for() {
    let world = World::new();
    for (days, good) in [(30, true), (29, false)] {
        let permit = world.license("road-transport-permit", Role::Enterprise, |draft| {
            draft.valid_until = Some(now().date().plus_days(days).to_string());
        });
        let entry = world.entry(&permit, Status::Valid);
        let decision = second(&world, vec![], |request| {
            request.parties.get_mut(&Role::Enterprise).unwrap().file = vec![entry];
        });
        let (outcome, reasons, material) = of(&decision, "permit");
        if good {
            assert_eq!(outcome, Outcome::Exempt(Way::Shared));
            assert!(material.carriers[0].expires_soon.is_some(), "a warning, no demand");
        } else {
            assert_eq!(reasons, [Reason::RemainingValidity]);
        }
    }
    for (code, good) in [("652701", true), ("652722", false)] {
        let title = world.license("real-estate-title", Role::Applicant, |draft| draft.division = code.into());
        let decision = first(&world, vec![world.entry(&title, Status::Valid)]);
        let (outcome, reasons, _) = of(&decision, "title");
        assert_eq!(outcome == Outcome::Exempt(Way::Shared), good);
        assert_eq!(reasons.contains(&Reason::DivisionMismatch), !good);
    }
    assert!(division("652700").contains(division("652701")));
}

/// The longest validity first, then the identifier: the choice is the same whatever the order.
#[test]
fn of_several_the_best_is_named() {
    let world = World::new();
    let term = |from: &str, until: Option<&str>| {
        let card = world.license("identity-card", Role::Applicant, |draft| {
            draft.issue_date = from.into();
            draft.valid_from = Some(from.into());
            draft.valid_until = until.map(Into::into);
        });
        (world.report(&card, Status::Valid, now(), Policy::default()), card)
    };
    let (ten, _) = term("2020-07-01", Some("2030-06-30"));
    let (twenty, _) = term("2020-07-01", Some("2040-06-30"));
    let (forever, _) = term("2020-07-01", None);
    let a = |report: &boyin_verify::Report| Entry::signed(Grade::A, report.clone());
    let b = |report: &boyin_verify::Report| Entry::signed(Grade::B, report.clone());
    for (file, best) in [
        (vec![a(&ten), a(&twenty), a(&forever)], &forever),
        (vec![a(&twenty), a(&ten)], &twenty),
        (vec![b(&forever), a(&ten)], &ten),
    ] {
        let id = best.subject().license_id.as_ref().unwrap().as_str();
        assert_eq!(of(&first(&world, file), "card").2.carriers[0].id, id);
    }
}

#[test]
fn every_reason_says_who_what_and_what_next() {
    let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    let page = include_str!("../../../../docs/exemption.md");
    for reason in Reason::ALL {
        let info = reason.info();
        assert!(info.zh.chars().any(|c| c > '\u{3000}') && info.next_step_zh.chars().any(|c| c > '\u{3000}'));
        assert!(info.en.is_ascii() && info.next_step_en.is_ascii());
        let open = if reason.is_open() { "?" } else { "" };
        let row = format!("| `{}`{open} | {} |", info.code, info.responsible.code());
        assert!(page.contains(&row), "docs/exemption.md lacks {row}");
    }
}

#[test]
fn a_decision_holds_nothing_personal() {
    let world = World::new();
    let card = world.filed("identity-card", Role::Applicant);
    let record = world.record("real-estate-title", Role::Applicant, Grade::C, CollectedStanding::Disputed);
    let permit = world.filed("road-transport-permit", Role::Enterprise);
    let files = [
        (Role::Applicant, vec![card, Entry::collected(record)]),
        (Role::Spouse, vec![]),
        (Role::Enterprise, vec![permit]),
    ];
    let mut request = request("both", &files);
    request.situation = situation(MARRIED);
    let text = String::from_utf8(decided(&catalog(&world), &request).to_json()).unwrap();
    for role in Role::ALL {
        let (code, name) = holder(role);
        assert!(!text.contains(code.as_str()) && !text.contains(name), "{role}");
    }
    let debug = format!("{request:?}{:?}", request.parties);
    assert!(!debug.contains("样本甲") && !debug.contains(&number(Role::Applicant)), "{debug}");
}

/// Over records that nothing else of the project changes. `BLESS=1` writes it anew after a change of the specification.
#[test]
fn the_bytes_of_a_decision_are_frozen() {
    let world = World::new();
    let day = |text: &str| text.parse::<boyin_model::time::Date>().unwrap();
    let record = |key, role, grade, standing| {
        let mut record = world.record(key, role, grade, standing);
        record.license.fields.clear();
        record.license.license_number = "1".to_owned();
        record.license.issue_date = day("2026-01-01");
        (record.license.valid_from, record.license.valid_until) = (None, Some(day("2026-07-21")));
        Entry::collected(record)
    };
    let kept = CollectedStanding::Kept;
    let files = [
        (
            Role::Applicant,
            vec![
                record("identity-card", Role::Applicant, Grade::A, kept),
                record("real-estate-title", Role::Applicant, Grade::C, CollectedStanding::Disputed),
            ],
        ),
        (Role::Enterprise, vec![record("road-transport-permit", Role::Enterprise, Grade::B, kept)]),
    ];
    let mut request = request("both", &files);
    request.situation = situation(MARRIED);
    let bytes = decided(&catalog(&world), &request).to_json();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decision.json");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(String::from_utf8(bytes).unwrap(), std::fs::read_to_string(&path).unwrap());
}
