use boyin_exempt::limits::{MAX_FILE_ENTRIES, MAX_RECORD_ID_CHARS};
use boyin_exempt::{
    CollectedEntry, CollectedStanding, CommitmentStanding, Entry, Fault, InputKey, Refusal, Request, Role,
    decide,
};
use boyin_model::collected::Grade;
use boyin_testkit::prefecture::now;
use boyin_verify::Policy;

use crate::world::{KEY, Status, World, catalog, decided, division, holder, request, situation};

fn good() -> Request {
    let mut request = request("first", &[(Role::Applicant, vec![])]);
    request.situation = situation(&[("married", "no")]);
    request
}

fn refusal(world: &World, edit: impl FnOnce(&mut Request)) -> Vec<Fault> {
    let mut request = good();
    edit(&mut request);
    let Refusal(faults) = decide(&catalog(world), &request, &KEY).unwrap_err();
    faults
}

#[test]
fn each_fault_of_a_question_is_told() {
    let world = World::new();
    assert!(decide(&catalog(&world), &good(), &KEY).is_ok());
    let item = || "first".to_owned();
    let question = || "married".to_owned();
    let party = |request: &mut Request| request.parties.remove(&Role::Applicant).unwrap();
    type Edit<'e> = Box<dyn FnOnce(&mut Request) + 'e>;
    let cases: Vec<(Edit<'_>, Fault)> = vec![
        (Box::new(|r| r.matter = "none".into()), Fault::MatterUnknown),
        (Box::new(|r| r.at = now().minus(86_400 * 365)), Fault::NotInForce),
        (Box::new(|r| r.division = division("652723")), Fault::NotOffered { item: item() }),
        (Box::new(|r| r.situation.clear()), Fault::Unanswered { question: question() }),
        (
            Box::new(|r| r.situation = situation(&[("married", "x")])),
            Fault::AnswerUnknown { question: question() },
        ),
        (
            Box::new(|r| r.situation = situation(&[("a", "b"), ("married", "no")])),
            Fault::QuestionUnknown { place: 1 },
        ),
        (Box::new(|r| drop(party(r))), Fault::PartyMissing { role: Role::Applicant }),
        (
            Box::new(|r| r.parties.get_mut(&Role::Applicant).unwrap().holder = holder(Role::Enterprise).0),
            Fault::PartyKind { role: Role::Applicant },
        ),
        (
            Box::new(|r| r.parties.get_mut(&Role::Applicant).unwrap().name.clear()),
            Fault::NameMissing { role: Role::Applicant },
        ),
        (
            Box::new(|r| r.parties.get_mut(&Role::Applicant).unwrap().name.push(' ')),
            Fault::PartyBounds { role: Role::Applicant },
        ),
        (Box::new(|r| drop(r.form.insert("x".into(), "1".into()))), Fault::FormFieldUnknown { place: 1 }),
        (
            Box::new(|r| drop(r.form.insert("unit".into(), " 1".into()))),
            Fault::FormValue { field: "unit".to_owned() },
        ),
        (Box::new(|r| r.first_contact.name.clear()), Fault::FirstContact),
    ];
    for (edit, fault) in cases {
        assert_eq!(refusal(&world, edit), [fault]);
    }
}

/// Applicant, spouse, child and counterparty are four holders, applicant and agent two; a representative may be anybody.
#[test]
fn one_holder_has_one_side_of_a_matter() {
    let world = World::new();
    let catalog = catalog(&world);
    let sides = [Role::Applicant, Role::Spouse, Role::Child, Role::Counterparty];
    let mut refused = 0;
    for (place, role) in Role::ALL.into_iter().enumerate() {
        for other in Role::ALL.into_iter().skip(place + 1) {
            let mut request = request("first", &Role::ALL.map(|role| (role, vec![])));
            request.situation = situation(&[("married", "no")]);
            request.parties.get_mut(&other).unwrap().holder = holder(role).0;
            let faults = match decide(&catalog, &request, &KEY) {
                Ok(_) => vec![],
                Err(Refusal(faults)) => faults,
            };
            let same = faults.iter().any(|fault| fault.code() == "same_holder");
            let apart = sides.contains(&role) && sides.contains(&other)
                || (role, other) == (Role::Applicant, Role::Agent);
            assert_eq!(same, apart, "{role} {other} {faults:?}");
            let fits = other.kind().admits(holder(role).0.code_type());
            assert_eq!(faults.contains(&Fault::PartyKind { role: other }), !fits, "{role} {other}");
            refused += usize::from(same);
        }
    }
    assert_eq!(refused, 7);
}

#[test]
fn a_file_is_bounded_and_of_one_instant() {
    let world = World::new();
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let earlier = world.report(&card, Status::Valid, now().minus(1), Policy::default());
    let with = |entry: Entry, times: usize| {
        refusal(&world, |request| {
            request.parties.get_mut(&Role::Applicant).unwrap().file = vec![entry; times];
        })
    };
    let role = Role::Applicant;
    assert_eq!(with(Entry::signed(Grade::A, earlier), 1), [Fault::OtherInstant { role }]);
    assert_eq!(with(world.entry(&card, Status::Valid), MAX_FILE_ENTRIES + 1), [Fault::PartyBounds { role }]);
    let mut record = world.record("identity-card", Role::Applicant, Grade::A, CollectedStanding::Kept);
    record.id = "r".repeat(MAX_RECORD_ID_CHARS + 1);
    assert_eq!(with(Entry::collected(record), 1), [Fault::PartyBounds { role }]);
}

#[test]
fn all_faults_are_told_at_once_and_name_nobody() {
    let world = World::new();
    let faults = refusal(&world, |request| {
        request.division = division("652723");
        request.situation = situation(&[("样本甲", "样本甲")]);
        request.parties.clear();
        request.form.insert("样本甲".into(), "样本甲".into());
    });
    let codes: Vec<_> = faults.iter().map(Fault::code).collect();
    let expected = [
        "matter_not_offered",
        "question_unanswered",
        "question_unknown",
        "party_missing",
        "form_field_unknown",
    ];
    assert_eq!(codes, expected);
    let printed = Refusal(faults).to_string();
    assert!(!printed.contains("样本甲"), "{printed}");
}

/// Whatever the answer can depend on changes the digest of the inputs, and nothing else does.
#[test]
fn the_digest_of_the_inputs_covers_what_the_answer_rests_on() {
    let world = World::new();
    let catalog = catalog(&world);
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let base = || {
        let mut request = request("third", &[(Role::Applicant, vec![]), (Role::Counterparty, vec![])]);
        request.form.insert("unit".into(), "1".into());
        request
    };
    let title = world.license("real-estate-title", Role::Counterparty, |_| {});
    let digest = |request: &Request| decided(&catalog, request).inputs;
    let of = |edit: &dyn Fn(&mut Request)| {
        let mut request = base();
        edit(&mut request);
        digest(&request)
    };
    let unchanged = digest(&base());
    let counterparty = |request: &mut Request, entry: Entry| {
        request.parties.get_mut(&Role::Counterparty).unwrap().file.push(entry);
    };
    type Change<'w> = Box<dyn Fn(&mut Request) + 'w>;
    let changes: Vec<(&str, Change<'_>)> = vec![
        ("at", Box::new(|r| r.at = r.at.plus(1))),
        ("division", Box::new(|r| r.division = division("652722"))),
        ("commitment", Box::new(|r| r.commitment = CommitmentStanding::Barred)),
        ("office", Box::new(|r| r.first_contact.name.push('一'))),
        ("form", Box::new(|r| drop(r.form.insert("unit".into(), "2".into())))),
        ("name", Box::new(|r| r.parties.get_mut(&Role::Counterparty).unwrap().name.push('一'))),
        (
            "holder",
            Box::new(|r| r.parties.get_mut(&Role::Counterparty).unwrap().holder = holder(Role::Spouse).0),
        ),
        ("party", Box::new(|r| drop(r.parties.remove(&Role::Counterparty)))),
        ("license", Box::new(|r| counterparty(r, world.entry(&title, Status::Valid)))),
        ("status", Box::new(|r| counterparty(r, world.entry(&title, Status::Revoked)))),
        (
            "grade",
            Box::new(|r| {
                let report = world.report(&title, Status::Valid, now(), Policy::default());
                counterparty(r, Entry::signed(Grade::B, report));
            }),
        ),
    ];
    let record = world.record("real-estate-title", Role::Counterparty, Grade::B, CollectedStanding::Kept);
    let report = world.report(&title, Status::Valid, now(), Policy::default());
    let license = report.subject().license_id.clone();
    let replaced = CollectedEntry { issued: license, ..record.clone() };
    let disputed = CollectedEntry { standing: CollectedStanding::Disputed, ..record.clone() };
    let records = [("record", record), ("issued", replaced), ("standing", disputed)];
    let records = records.map(|(name, record)| {
        let change: Change<'_> =
            Box::new(move |r: &mut Request| counterparty(r, Entry::collected(record.clone())));
        (name, change)
    });
    let mut seen = vec![unchanged.clone()];
    for (name, edit) in changes.iter().chain(&records) {
        let changed = of(edit.as_ref());
        assert!(!seen.contains(&changed), "{name}");
        seen.push(changed);
    }
    // The applicant's card is of a type that this item does not name, the spouse of a role.
    let applicant = |r: &mut Request| {
        r.parties.get_mut(&Role::Applicant).unwrap().file.push(world.entry(&card, Status::Valid));
    };
    assert_eq!(of(&applicant), unchanged);
    let others = request("third", &[(Role::Spouse, vec![world.filed("identity-card", Role::Spouse)])]);
    assert_eq!(of(&|r| r.parties.extend(others.parties.clone())), unchanged);
    let keyed = decide(&catalog, &base(), &InputKey([8; 32])).unwrap();
    assert_ne!(keyed.inputs, unchanged);
}
