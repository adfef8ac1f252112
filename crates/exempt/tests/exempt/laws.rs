//! What holds of every decision, shown by trying every file over a small stock of licenses.

use std::collections::BTreeSet;

use boyin_exempt::{
    Channel, CollectedStanding, Decision, Entry, ItemCatalog, Outcome, Request, Role, Way, decide,
};
use boyin_model::collected::Grade;
use boyin_model::id::LicenseTypeCode;

use crate::world::{KEY, Status, World, catalog, number, request, set, situation};

/// One license of the stock.
struct Piece {
    name: &'static str,
    role: Role,
    license_type: LicenseTypeCode,
    entry: Entry,
}

struct Stock {
    catalog: ItemCatalog,
    pieces: Vec<Piece>,
}

/// The situations of the item, with the materials that its guide names for each.
const GUIDES: [(&str, &str, &[&str]); 4] = [
    ("first", "no", &["card", "title", "photo"]),
    ("first", "yes", &["card", "marriage", "title", "photo"]),
    ("second", "no", &["permit", "card", "invoice", "paper"]),
    ("second", "yes", &["permit", "card", "invoice", "marriage"]),
];

fn married_to(role: Role) -> impl Fn(&mut boyin_issue::Draft) {
    move |draft| set(draft, "spouse_citizen_id", number(role))
}

impl Stock {
    fn new(names: &[&'static str]) -> Self {
        let world = World::new();
        let pieces = names.iter().map(|name| piece(&world, name)).collect();
        Self { catalog: catalog(&world), pieces }
    }

    fn request(&self, taken: &[usize], matter: &str, married: &str) -> Request {
        let file = |role| {
            let of_role = taken.iter().map(|at| &self.pieces[*at]).filter(|piece| piece.role == role);
            (role, of_role.map(|piece| piece.entry.clone()).collect())
        };
        let files = [Role::Applicant, Role::Spouse, Role::Enterprise].map(file);
        let mut request = request(matter, &files);
        request.situation = situation(&[("married", married)]);
        request
    }

    fn decide(&self, taken: &[usize], matter: &str, married: &str) -> Decision {
        decide(&self.catalog, &self.request(taken, matter, married), &KEY).unwrap()
    }

    fn names(&self, taken: &[usize]) -> BTreeSet<&'static str> {
        taken.iter().map(|at| self.pieces[*at].name).collect()
    }

    /// Every file over the stock.
    fn files(&self) -> Vec<Vec<usize>> {
        let count = self.pieces.len();
        (0..1_u32 << count).map(|bits| (0..count).filter(|at| bits >> at & 1 == 1).collect()).collect()
    }
}

fn piece(world: &World, name: &'static str) -> Piece {
    let record =
        |grade, standing| Entry::collected(world.record("identity-card", Role::Applicant, grade, standing));
    let license = |key: &str, role, edit: &dyn Fn(&mut boyin_issue::Draft), status| {
        world.entry(&world.license(key, role, edit), status)
    };
    let plain = |_: &mut boyin_issue::Draft| {};
    let elsewhere = |draft: &mut boyin_issue::Draft| draft.division = "652722".into();
    let short = |draft: &mut boyin_issue::Draft| {
        draft.valid_until = Some(boyin_testkit::prefecture::now().date().plus_days(10).to_string());
    };
    let (applicant, spouse, enterprise) = (Role::Applicant, Role::Spouse, Role::Enterprise);
    let (card, title, invoice) = ("identity-card", "real-estate-title", "electronic-invoice");
    let (permit, marriage) = ("road-transport-permit", "marriage-certificate");
    let (role, entry) = match name {
        "card" => (applicant, license(card, applicant, &plain, Status::Valid)),
        "card-revoked" => (applicant, license(card, applicant, &plain, Status::Revoked)),
        "card-unknown" => (applicant, license(card, applicant, &plain, Status::Unknown)),
        "card-b" => (applicant, record(Grade::B, CollectedStanding::Kept)),
        "card-c" => (applicant, record(Grade::C, CollectedStanding::Kept)),
        "card-disputed" => (applicant, record(Grade::A, CollectedStanding::Disputed)),
        "marriage" => (applicant, license(marriage, applicant, &married_to(spouse), Status::Valid)),
        "marriage-other" => {
            (applicant, license(marriage, applicant, &married_to(Role::Agent), Status::Valid))
        }
        "marriage-spouse" => (spouse, license(marriage, spouse, &married_to(applicant), Status::Valid)),
        "title" => (applicant, license(title, applicant, &plain, Status::Valid)),
        "title-elsewhere" => (applicant, license(title, applicant, &elsewhere, Status::Valid)),
        "title-spouse" => (spouse, license(title, spouse, &plain, Status::Valid)),
        "permit" => (enterprise, license(permit, enterprise, &plain, Status::Valid)),
        "permit-short" => (enterprise, license(permit, enterprise, &short, Status::Valid)),
        "invoice" => (applicant, license(invoice, applicant, &plain, Status::Valid)),
        "invoice-revoked" => (applicant, license(invoice, applicant, &plain, Status::Revoked)),
        "receipt" => (applicant, license("fiscal-receipt", applicant, &plain, Status::Valid)),
        "insurance" => (spouse, license("social-security-card", spouse, &plain, Status::Valid)),
        other => panic!("{other}"),
    };
    let key = match name.split('-').next().unwrap() {
        "card" => card,
        "receipt" => "fiscal-receipt",
        "insurance" => "social-security-card",
        "marriage" => marriage,
        "title" => title,
        "permit" => permit,
        _ => invoice,
    };
    Piece { name, role, license_type: world.licenses().find(key).unwrap().code, entry }
}

/// What comes of a material by a rule written for this stock alone.
fn expected(material: &str, on_file: &BTreeSet<&str>) -> Outcome {
    let has = |name: &str| on_file.contains(name);
    let shared = match material {
        "card" => has("card") || has("card-b"),
        "marriage" => has("marriage") || has("marriage-spouse"),
        "title" => has("title") || (has("title-spouse") && has("marriage")),
        "permit" => has("permit"),
        "invoice" => has("invoice"),
        _ => false,
    };
    match material {
        _ if shared => Outcome::Exempt(Way::Shared),
        "photo" => Outcome::Exempt(Way::Canceled),
        "permit" => Outcome::Exempt(Way::VerifiedOnline),
        "invoice" if !has("invoice-revoked") => Outcome::Exempt(Way::Commitment),
        "card" if has("card-unknown") => Outcome::Pending,
        _ => Outcome::Submit,
    }
}

const STOCKS: [&[&str]; 4] = [
    &["card", "card-revoked", "card-unknown", "card-b", "card-c", "card-disputed", "receipt"],
    &[
        "marriage",
        "marriage-other",
        "marriage-spouse",
        "title",
        "title-elsewhere",
        "title-spouse",
        "insurance",
    ],
    &["permit", "permit-short", "invoice", "invoice-revoked", "card", "receipt"],
    &[
        "card",
        "card-unknown",
        "marriage",
        "marriage-spouse",
        "title-spouse",
        "title",
        "permit",
        "invoice",
        "invoice-revoked",
    ],
];

/// Calls `check` with every file of every stock in every situation.
fn everywhere(mut check: impl FnMut(&Stock, &[usize], &str, &str, &[&str])) {
    for names in STOCKS {
        let stock = Stock::new(names);
        for taken in stock.files() {
            for (matter, married, guide) in GUIDES {
                check(&stock, &taken, matter, married, guide);
            }
        }
    }
}

/// With a valid license of grade A or B on file the paper is never asked for; nothing outside the guide is; and every other
/// outcome is the one that the rule gives.
#[test]
fn every_outcome_is_the_one_of_the_rule_and_nothing_outside_the_guide_is_asked_for() {
    let mut count = 0;
    everywhere(|stock, taken, matter, married, guide| {
        let on_file = stock.names(taken);
        let decision = stock.decide(taken, matter, married);
        let asked: Vec<_> = decision.materials.iter().map(|one| one.material.as_str()).collect();
        assert_eq!(asked, guide);
        for material in &decision.materials {
            let rule = expected(&material.material, &on_file);
            assert_eq!(material.outcome, rule, "{} with {on_file:?}", material.material);
            let shared = rule == Outcome::Exempt(Way::Shared);
            assert_eq!(shared, !material.carriers.is_empty());
            let unexplained =
                matches!(rule, Outcome::Submit | Outcome::Pending) && material.findings.is_empty();
            assert!(!unexplained, "{} with {on_file:?} says no reason", material.material);
        }
        count += 1;
    });
    assert_eq!(count, 4 * (128 + 128 + 64 + 512));
}

/// The order of a file, licenses of other types, a second copy and the channel change no byte.
#[test]
fn nothing_but_the_inputs_matters() {
    let irrelevant = ["receipt", "insurance"];
    everywhere(|stock, taken, matter, married, _| {
        let bytes = stock.decide(taken, matter, married).to_json();
        let mut other = taken.to_vec();
        other.reverse();
        assert_eq!(stock.decide(&other, matter, married).to_json(), bytes);
        let twice = [taken, taken].concat();
        assert_eq!(stock.decide(&twice, matter, married).to_json(), bytes);
        let relevant = |at: &usize| !irrelevant.contains(&stock.pieces[*at].name);
        let without: Vec<_> = taken.iter().copied().filter(relevant).collect();
        assert_eq!(stock.decide(&without, matter, married).to_json(), bytes);
        // So it is enough to look up what is wanted.
        let wanted = stock.request(&[], matter, married).wanted(&stock.catalog).unwrap();
        let asked_for = |at: &usize| {
            let piece = &stock.pieces[*at];
            wanted.get(&piece.role).is_some_and(|types| types.contains(&piece.license_type))
        };
        let looked_up: Vec<_> = taken.iter().copied().filter(asked_for).collect();
        assert_eq!(stock.decide(&looked_up, matter, married).to_json(), bytes);
    });
}

/// Every order of every file of at most five licenses.
#[test]
fn every_order_gives_the_same_bytes() {
    let stock = Stock::new(STOCKS[3]);
    for taken in stock.files().iter().filter(|taken| taken.len() <= 5) {
        let bytes = stock.decide(taken, "second", "yes").to_json();
        for order in orders(taken) {
            assert_eq!(stock.decide(&order, "second", "yes").to_json(), bytes);
        }
    }
}

fn orders(taken: &[usize]) -> Vec<Vec<usize>> {
    if taken.is_empty() {
        return vec![vec![]];
    }
    let first = |at: usize| {
        let mut rest = taken.to_vec();
        let one = rest.remove(at);
        orders(&rest).into_iter().map(move |order| [&[one], order.as_slice()].concat())
    };
    (0..taken.len()).flat_map(first).collect()
}

#[test]
fn all_six_channels_give_the_same_bytes() {
    everywhere(|stock, taken, matter, married, _| {
        let on = |channel| {
            let request = Request { channel, ..stock.request(taken, matter, married) };
            decide(&stock.catalog, &request, &KEY).unwrap().to_json()
        };
        let bytes: BTreeSet<_> = Channel::ALL.map(on).into_iter().collect();
        assert_eq!(bytes.len(), 1);
    });
}

/// Taking one license away changes what it carried and nothing else, and that only where no other one takes its place.
#[test]
fn a_license_that_falls_takes_with_it_exactly_what_it_carried() {
    everywhere(|stock, taken, matter, married, _| {
        let before = stock.decide(taken, matter, married);
        for gone in taken {
            let rest: Vec<_> = taken.iter().copied().filter(|at| at != gone).collect();
            let after = stock.decide(&rest, matter, married);
            let left = stock.names(&rest);
            for (one, other) in before.materials.iter().zip(&after.materials) {
                if one.outcome != Outcome::Exempt(Way::Shared) {
                    assert_ne!(other.outcome, Outcome::Exempt(Way::Shared));
                    continue;
                }
                let carried =
                    !after.materials.iter().any(|m| m.material == one.material && m.carriers == one.carriers);
                let replaced = expected(&one.material, &left) == Outcome::Exempt(Way::Shared);
                let still = other.outcome == Outcome::Exempt(Way::Shared);
                assert_eq!(
                    still,
                    !carried || replaced,
                    "{} without {}",
                    one.material,
                    stock.pieces[*gone].name
                );
            }
        }
    });
}

/// Revoking or narrowing a license is as if it were not there, for what is shared; `falls.rs` compares everything else.
#[test]
fn a_license_that_is_revoked_or_narrowed_counts_as_little_as_none() {
    for (good, bad) in [
        ("card", "card-revoked"),
        ("card-b", "card-c"),
        ("card-b", "card-disputed"),
        ("marriage", "marriage-other"),
        ("title", "title-elsewhere"),
        ("permit", "permit-short"),
        ("invoice", "invoice-revoked"),
    ] {
        let others = ["card", "card-b", "marriage-spouse", "title-spouse", "permit", "invoice"];
        let others: Vec<_> = others.into_iter().filter(|name| *name != good).collect();
        let stock = Stock::new(&[[good, bad].as_slice(), &others].concat());
        for rest in stock.files().iter().filter(|taken| !taken.contains(&0) && !taken.contains(&1)) {
            for (matter, married, _) in GUIDES {
                let with = |at: usize| stock.decide(&[&[at], rest.as_slice()].concat(), matter, married);
                let (valid, fallen, none) = (with(0), with(1), stock.decide(rest, matter, married));
                for ((one, two), three) in valid.materials.iter().zip(&fallen.materials).zip(&none.materials)
                {
                    let shared = |outcome| outcome == Outcome::Exempt(Way::Shared);
                    assert_eq!(shared(two.outcome), shared(three.outcome), "{bad}: {}", one.material);
                    assert!(!shared(two.outcome) || shared(one.outcome));
                }
            }
        }
    }
}

/// A further valid license never adds a demand.
#[test]
fn a_further_license_never_adds_a_demand() {
    let valid = [
        "card",
        "card-b",
        "marriage",
        "marriage-spouse",
        "title",
        "title-spouse",
        "permit",
        "invoice",
        "receipt",
    ];
    everywhere(|stock, taken, matter, married, _| {
        let before = stock.decide(taken, matter, married);
        for more in (0..stock.pieces.len()).filter(|at| !taken.contains(at)) {
            if !valid.contains(&stock.pieces[more].name) {
                continue;
            }
            let after = stock.decide(&[taken, &[more]].concat(), matter, married);
            for (one, other) in before.materials.iter().zip(&after.materials) {
                assert!(other.outcome.answer() <= one.outcome.answer(), "{}", one.material);
            }
        }
    });
}
