//! What a window asks: a file of thirty licenses verified and decided on, for one item and for a package of five.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::collections::BTreeMap;
use std::hint::black_box;

use boyin::model::collected::Grade;
use boyin::model::id::{DivisionCode, HolderCode, HolderCodeType, LicenseId};
use boyin::suite::Algorithm;
use boyin_exempt::{
    Channel, CommitmentStanding, Decision, Entry, InputKey, ItemCatalog, Office, Outcome, Party, Request,
    Role, Way, decide,
};
use boyin_testkit::prefecture::{Prefecture, World, now};
use boyin_testkit::random::FixedRandom;
use boyin_testkit::samples::{PERSON, citizen};
use criterion::{Criterion, criterion_group, criterion_main};

const FILE: usize = 30;
const KEY: InputKey = InputKey([7; 32]);

/// Thirty licenses of one person, of every type that a person can hold, as they come from the archive.
fn file(prefecture: &Prefecture) -> Vec<Vec<u8>> {
    let types = prefecture.catalog.types().filter(|one| one.holder.admits(HolderCodeType::CitizenId));
    let keys: Vec<_> = types.map(|one| one.key.clone()).collect();
    let license = |number: usize| {
        let draft = prefecture.draft(&keys[number % keys.len()]);
        let license = prefecture.license(&draft);
        let mut assignment = prefecture.assignment(license.license_type().code);
        let serial = format!("{:010}", number + 1);
        assignment.license_id =
            LicenseId::new(license.license_type().code, prefecture.office.code, &serial, 1).expect("digits");
        let mut random = FixedRandom::new(u64::try_from(number).expect("a few"));
        let key = prefecture.key();
        let prepared = license.prepare(&assignment, key.reference(), &mut random).expect("it fits");
        let signature = key.sign(prepared.to_be_signed()).expect("a fixed key signs");
        prepared.complete(&signature, key.reference()).expect("signed by the right key")
    };
    (0..FILE).map(license).collect()
}

struct Window {
    catalog: ItemCatalog,
    prefecture: Prefecture,
    world: World,
    file: Vec<Vec<u8>>,
}

impl Window {
    fn new(algorithm: Algorithm) -> Self {
        let prefecture = Prefecture::new(algorithm);
        let catalog = ItemCatalog::embedded(&prefecture.catalog).expect("the built-in catalogs fit");
        let (world, file) = (prefecture.world(), file(&prefecture));
        Self { catalog, prefecture, world, file }
    }

    /// Verifies the whole file with one core.
    fn verified(&self) -> Vec<Entry> {
        let verifier = Prefecture::verifier();
        let check = |license: &Vec<u8>| verifier.check(license, &self.world.context());
        self.file.iter().map(|license| Entry::signed(Grade::A, check(license))).collect()
    }

    fn decide(&self, matter: &str, answers: &[(&str, &str)], file: Vec<Entry>) -> Decision {
        let party = |sequence, file| Party {
            holder: HolderCode::from(citizen(sequence)),
            name: PERSON.to_owned(),
            file,
        };
        let pairs = answers.iter().map(|(key, answer)| ((*key).to_owned(), (*answer).to_owned()));
        let request = Request {
            matter: matter.to_owned(),
            division: DivisionCode::parse("652701").expect("a division"),
            situation: pairs.collect(),
            parties: BTreeMap::from([
                (Role::Applicant, party(1, file)),
                (Role::Spouse, party(2, Vec::new())),
                (Role::Child, party(3, Vec::new())),
            ]),
            form: BTreeMap::new(),
            commitment: CommitmentStanding::Open,
            first_contact: Office {
                code: self.prefecture.office.code,
                name: self.prefecture.office.name.to_owned(),
            },
            channel: Channel::Window,
            at: now(),
        };
        decide(&self.catalog, &request, &KEY).expect("a right question")
    }
}

fn decision(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    for algorithm in Algorithm::ALL {
        let window = Window::new(algorithm);
        let withdrawal = &[("withdrawal-reason", "purchase"), ("married", "yes")][..];
        let newborn = &[("parents-married", "yes")][..];
        for (name, matter, answers, items) in [
            ("one item", "housing-fund-withdrawal", withdrawal, 1),
            ("package of five", "newborn", newborn, 5),
        ] {
            let verified = window.verified();
            let decision = window.decide(matter, answers, verified.clone());
            assert_eq!(decision.items.len(), items);
            assert!(decision.materials.iter().any(|one| one.outcome == Outcome::Exempt(Way::Shared)));
            group.bench_function(format!("{algorithm}, {name}, verified before"), |b| {
                b.iter(|| window.decide(matter, black_box(answers), verified.clone()).to_json());
            });
            group.bench_function(format!("{algorithm}, {name}, with verification of {FILE}"), |b| {
                b.iter(|| window.decide(matter, black_box(answers), window.verified()).to_json());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
