//! What one license that falls takes with it: revoked, suspended, ended, not begun, narrowed or decided against, with everything else as
//! it was. Every file over a small stock, every fall, every situation, several instants, two versions of the catalog.

use boyin_exempt::{
    CollectedEntry, CollectedStanding, Decision, Entry, ItemCatalog, MaterialDecision, Outcome, Role, Way,
    decide,
};
use boyin_issue::Draft;
use boyin_model::collected::Grade;
use boyin_model::time::Date;
use boyin_testkit::prefecture::now;
use boyin_verify::{Policy, UnixTime};

use crate::world::{CATALOG, KEY, Status, World, catalog_of, number, request, set, situation};

/// A license, and each way in which it can fall: what then stands under the same identifier.
#[derive(Clone)]
struct Slot {
    name: &'static str,
    role: Role,
    id: String,
    good: Entry,
    falls: Vec<(&'static str, Entry)>,
}

/// What another version of the catalog lacks: the title of the spouse in place of the applicant's.
const ALTERNATIVE: &str = r#"    [{ type = "real-estate-title", holder = "spouse", division = "652701" }, { type = "marriage-certificate", holder = "applicant", equals = { spouse_citizen_id = "spouse.number" } }],
"#;

#[derive(Clone)]
struct Universe {
    catalog: ItemCatalog,
    /// Whether the title of the spouse counts, together with the marriage.
    spouse_title: bool,
    at: UnixTime,
    slots: Vec<Slot>,
}

const STOCKS: [&[&str]; 2] = [
    &["card", "card-b", "marriage", "marriage-spouse", "title", "title-spouse"],
    &["permit", "invoice", "card", "marriage"],
];
const SITUATIONS: [(&str, &str); 4] =
    [("first", "no"), ("first", "yes"), ("second", "no"), ("second", "yes")];

/// Noon, the last second of that day in China, and the first of the next.
fn instants() -> [UnixTime; 3] {
    let day = now().date();
    [now(), day.ends().minus(1), day.ends()]
}

fn plain(_: &mut Draft) {}

fn term(first: Date, last: Date) -> impl Fn(&mut Draft) {
    move |draft| {
        draft.valid_from = Some(first.to_string());
        draft.valid_until = Some(last.to_string());
    }
}

/// Years of an identity card.
const CARD_YEARS: u16 = 5;

/// A term of an identity card that ends with this day.
fn card_until(last: Date) -> impl Fn(&mut Draft) {
    let text = last.to_string();
    let year: u16 = text[..4].parse().unwrap();
    let first: Date = format!("{:04}{}", year - CARD_YEARS, &text[4..]).parse().unwrap();
    assert_eq!(first.plus_years(CARD_YEARS), last);
    term(first, last)
}

fn card_from(first: Date) -> impl Fn(&mut Draft) {
    term(first, first.plus_years(CARD_YEARS))
}

/// A term of a permit, which may have any.
fn permit_until(last: Date) -> impl Fn(&mut Draft) {
    term("2024-01-01".parse().unwrap(), last)
}

fn permit_from(first: Date) -> impl Fn(&mut Draft) {
    term(first, first.plus_years(4))
}

fn married_to(role: Role) -> impl Fn(&mut Draft) {
    move |draft| set(draft, "spouse_citizen_id", number(role))
}

fn elsewhere(draft: &mut Draft) {
    draft.division = "652722".into();
}

/// One signed license in all its states.
struct Signed<'w> {
    world: &'w World,
    number: u32,
    key: &'static str,
    role: Role,
    at: UnixTime,
}

impl Signed<'_> {
    fn license(&self, edit: &dyn Fn(&mut Draft)) -> Vec<u8> {
        self.world.license_as(self.number, self.key, self.role, edit)
    }

    fn is(&self, edit: &dyn Fn(&mut Draft), status: Status) -> Entry {
        self.world.entry_at(&self.license(edit), status, self.at)
    }

    fn slot(
        &self,
        name: &'static str,
        good: &dyn Fn(&mut Draft),
        statuses: &[(&'static str, Status)],
        edits: &[(&'static str, Edit<'_>)],
    ) -> Slot {
        let report = self.world.report(&self.license(good), Status::Valid, now(), Policy::default());
        let id = report.subject().license_id.as_ref().unwrap().as_str().to_owned();
        let by_status = statuses.iter().map(|(how, status)| (*how, self.is(good, *status)));
        let by_edit = edits.iter().map(|(how, edit)| (*how, self.is(*edit, Status::Valid)));
        let falls = by_status.chain(by_edit).collect();
        Slot { name, role: self.role, id, good: self.is(good, Status::Valid), falls }
    }
}

/// One collected record in all its states.
fn collected(world: &World, name: &'static str, at: UnixTime) -> Slot {
    let (yesterday, tomorrow) = (at.date().previous(), at.date().plus_days(1));
    let good = world.record("identity-card", Role::Applicant, Grade::B, CollectedStanding::Kept);
    let with = |change: &dyn Fn(&mut CollectedEntry)| {
        let mut record = good.clone();
        change(&mut record);
        Entry::collected(record)
    };
    let falls = vec![
        ("grade", with(&|record| record.grade = Grade::C)),
        ("disputed", with(&|record| record.standing = CollectedStanding::Disputed)),
        ("dismissed", with(&|record| record.standing = CollectedStanding::Dismissed)),
        ("ended", with(&|record| record.license.valid_until = Some(yesterday))),
        ("not begun", with(&|record| record.license.valid_from = Some(tomorrow))),
    ];
    Slot { name, role: Role::Applicant, id: good.id.clone(), good: Entry::collected(good), falls }
}

fn slot(world: &World, number: u32, name: &'static str, at: UnixTime) -> Slot {
    let (yesterday, tomorrow) = (at.date().previous(), at.date().plus_days(1));
    let (revoked, suspended) = (("revoked", Status::Revoked), ("suspended", Status::Suspended));
    let (applicant, spouse) = (Role::Applicant, Role::Spouse);
    let of = |key, role| Signed { world, number, key, role, at };
    match name {
        "card" => of("identity-card", applicant).slot(
            name,
            &plain,
            &[revoked, suspended],
            &[("ended", &card_until(yesterday)), ("not begun", &card_from(tomorrow))],
        ),
        "card-b" => collected(world, name, at),
        "marriage" => of("marriage-certificate", applicant).slot(
            name,
            &married_to(spouse),
            &[revoked, suspended],
            &[("another's", &married_to(Role::Agent))],
        ),
        "marriage-spouse" => of("marriage-certificate", spouse).slot(
            name,
            &married_to(applicant),
            &[revoked],
            &[("another's", &married_to(Role::Agent))],
        ),
        "title" | "title-spouse" => {
            let role = if name == "title" { applicant } else { spouse };
            of("real-estate-title", role).slot(name, &plain, &[revoked], &[("elsewhere", &elsewhere)])
        }
        "permit" => of("road-transport-permit", Role::Enterprise).slot(
            name,
            &plain,
            &[revoked],
            &[
                ("ended", &permit_until(yesterday)),
                ("not begun", &permit_from(tomorrow)),
                ("short", &permit_until(at.date().plus_days(29))),
            ],
        ),
        "invoice" => of("electronic-invoice", applicant).slot(name, &plain, &[revoked, suspended], &[]),
        other => panic!("{other}"),
    }
}

fn version(spouse_title: bool) -> ItemCatalog {
    if spouse_title {
        return catalog_of(CATALOG);
    }
    let (head, tail) = CATALOG.split_once(ALTERNATIVE).expect("the alternative is there");
    catalog_of(&format!("{head}{tail}").replace("version = \"test\"", "version = \"test-2\""))
}

/// What makes another license of one.
type Edit<'e> = &'e dyn Fn(&mut Draft);
/// Which slot has fallen, and how.
type Fallen = Option<(usize, usize)>;

impl Universe {
    fn new(names: &[&'static str], at: UnixTime, spouse_title: bool) -> Self {
        let world = World::new();
        let slots = (1..).zip(names).map(|(number, name)| slot(&world, number, name, at)).collect();
        Self { catalog: version(spouse_title), spouse_title, at, slots }
    }

    fn files(&self) -> Vec<Vec<usize>> {
        let count = self.slots.len();
        (0..1_u32 << count).map(|bits| (0..count).filter(|at| bits >> at & 1 == 1).collect()).collect()
    }

    fn decide(&self, file: &[usize], fallen: Fallen, (matter, married): (&str, &str)) -> Decision {
        let entry = |at: usize| match fallen {
            Some((slot, fall)) if slot == at => self.slots[at].falls[fall].1.clone(),
            Some(_) | None => self.slots[at].good.clone(),
        };
        let of = |role| {
            let of_role = file.iter().copied().filter(|at| self.slots[*at].role == role);
            (role, of_role.map(entry).collect())
        };
        let files = [Role::Applicant, Role::Spouse, Role::Enterprise].map(of);
        let mut request = request(matter, &files);
        (request.at, request.situation) = (self.at, situation(&[("married", married)]));
        decide(&self.catalog, &request, &KEY).unwrap()
    }

    /// What comes of a material by a rule written for this stock alone.
    fn expected(&self, material: &str, file: &[usize], fallen: Fallen) -> Outcome {
        let has = |name: &str| {
            let good = |at: &&usize| fallen.is_none_or(|(slot, _)| slot != **at);
            file.iter().filter(good).any(|at| self.slots[*at].name == name)
        };
        let against = |(slot, fall): (usize, usize)| {
            let slot = &self.slots[slot];
            slot.name == "invoice" && ["revoked", "suspended"].contains(&slot.falls[fall].0)
        };
        let shared = match material {
            "card" => has("card") || has("card-b"),
            "marriage" => has("marriage") || has("marriage-spouse"),
            "title" => has("title") || (self.spouse_title && has("title-spouse") && has("marriage")),
            other => has(other),
        };
        match material {
            _ if shared => Outcome::Exempt(Way::Shared),
            "photo" => Outcome::Exempt(Way::Canceled),
            "permit" => Outcome::Exempt(Way::VerifiedOnline),
            "invoice" if !fallen.is_some_and(against) => Outcome::Exempt(Way::Commitment),
            _ => Outcome::Submit,
        }
    }
}

/// The bytes of one material of a decision, without the findings about one license.
fn bytes(decision: &Decision, material: &MaterialDecision, about: &str) -> Vec<u8> {
    let mut material = material.clone();
    material.findings.retain(|finding| finding.license.as_deref() != Some(about));
    Decision { inputs: String::new(), materials: vec![material], ..decision.clone() }.to_json()
}

/// Holds the decision after a fall against the one before.
fn check(universe: &Universe, file: &[usize], fall: (usize, usize), before: &Decision, after: &Decision) {
    let slot = &universe.slots[fall.0];
    let case = |material: &str| {
        let on_file: Vec<_> = file.iter().map(|at| universe.slots[*at].name).collect();
        format!("{material}: {} {} of {on_file:?}", slot.name, slot.falls[fall.1].0)
    };
    assert_eq!(before.materials.len(), after.materials.len());
    for (one, other) in before.materials.iter().zip(&after.materials) {
        let rule = universe.expected(&one.material, file, Some(fall));
        assert_eq!(other.outcome, rule, "{}", case(&one.material));
        assert!(other.carriers.iter().all(|carrier| carrier.id != slot.id), "{}", case(&one.material));
        if !one.carriers.iter().any(|carrier| carrier.id == slot.id) {
            let (one, other) = (bytes(before, one, &slot.id), bytes(after, other, &slot.id));
            assert!(one == other, "{} changed", case("what it did not carry"));
            continue;
        }
        if rule == Outcome::Exempt(Way::Shared) {
            assert!(!other.carriers.is_empty() && other.findings.is_empty(), "{}", case(&one.material));
        } else {
            let told = other.findings.iter().any(|finding| finding.license.as_deref() == Some(&*slot.id));
            assert!(told && other.carriers.is_empty(), "{}", case(&one.material));
        }
    }
    let frame =
        |decision: &Decision| Decision { inputs: String::new(), materials: Vec::new(), ..decision.clone() };
    assert_eq!(frame(before).to_json(), frame(after).to_json());
}

/// 3 instants, 2 catalogs, 4 situations: of the first stock 64 files and 576 falls, of the second 16 and 104.
const RUNS: usize = 3 * 2 * 4 * ((64 + 576) + (16 + 104));

#[test]
fn each_fall_flips_exactly_what_the_license_carried_and_changes_no_other_byte() {
    let mut runs = 0;
    for at in instants() {
        for spouse_title in [true, false] {
            for names in STOCKS {
                let universe = Universe::new(names, at, spouse_title);
                for file in universe.files() {
                    for matter in SITUATIONS {
                        let before = universe.decide(&file, None, matter);
                        for material in &before.materials {
                            let rule = universe.expected(&material.material, &file, None);
                            assert_eq!(material.outcome, rule, "{}", material.material);
                        }
                        runs += 1;
                        for slot in file.iter().copied() {
                            for fall in 0..universe.slots[slot].falls.len() {
                                let after = universe.decide(&file, Some((slot, fall)), matter);
                                check(&universe, &file, (slot, fall), &before, &after);
                                runs += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(runs, RUNS);
}

/// The very same licenses, a second later: a card has ended, a permit has begun, and nothing else is another.
#[test]
fn at_midnight_flips_exactly_what_ended_or_began() {
    let [_, last, next] = instants();
    let day = last.date();
    let world = World::new();
    let license = |number, key, role, edit: &dyn Fn(&mut Draft)| world.license_as(number, key, role, edit);
    let (card, permit) = (card_until(day), permit_from(day.plus_days(1)));
    let stock = [
        ("card", Role::Applicant, license(1, "identity-card", Role::Applicant, &card)),
        ("permit", Role::Enterprise, license(2, "road-transport-permit", Role::Enterprise, &permit)),
        ("invoice", Role::Applicant, license(3, "electronic-invoice", Role::Applicant, &plain)),
        ("title", Role::Applicant, license(4, "real-estate-title", Role::Applicant, &plain)),
        (
            "marriage",
            Role::Applicant,
            license(5, "marriage-certificate", Role::Applicant, &married_to(Role::Spouse)),
        ),
    ];
    let catalog = catalog_of(CATALOG);
    let entries = [last, next].map(|at| {
        stock.iter().map(|(_, _, license)| world.entry_at(license, Status::Valid, at)).collect::<Vec<_>>()
    });
    let decided = |at: UnixTime, entries: &[Entry], bits: u32, (matter, married): (&str, &str)| {
        let of = |role| {
            let taken = (0..stock.len()).filter(|place| bits >> place & 1 == 1 && stock[*place].1 == role);
            (role, taken.map(|place| entries[place].clone()).collect())
        };
        let mut request = request(matter, &[Role::Applicant, Role::Spouse, Role::Enterprise].map(of));
        (request.at, request.situation) = (at, situation(&[("married", married)]));
        decide(&catalog, &request, &KEY).unwrap()
    };
    // Without what names the instant: digests of reports, days until which something is checked or ends.
    let timeless = |material: &MaterialDecision| {
        let ids: Vec<_> = material.carriers.iter().map(|carrier| carrier.id.clone()).collect();
        (material.outcome, ids, material.findings.clone(), material.follow_up.is_some())
    };
    let shared = Outcome::Exempt(Way::Shared);
    let mut flips = 0;
    for bits in 0..1_u32 << stock.len() {
        for matter in SITUATIONS {
            let [before, after] = [(last, &entries[0]), (next, &entries[1])]
                .map(|(at, entries)| decided(at, entries, bits, matter));
            for (one, other) in before.materials.iter().zip(&after.materials) {
                let on_file = |place: u32| bits >> place & 1 == 1;
                let ended = one.material == "card" && on_file(0);
                let begun = one.material == "permit" && on_file(1);
                if ended {
                    assert_eq!((one.outcome, other.outcome), (shared, Outcome::Submit));
                } else if begun {
                    let online = Outcome::Exempt(Way::VerifiedOnline);
                    assert_eq!((one.outcome, other.outcome), (online, shared));
                } else {
                    assert_eq!(timeless(one), timeless(other), "{}", one.material);
                }
                flips += usize::from(ended || begun);
            }
        }
    }
    // The card in all four situations of 16 files, the permit in two.
    assert_eq!(flips, 16 * 4 + 16 * 2);
}

/// Another version of the catalog changes what it says otherwise and nothing else: 64 files, 2 situations.
#[test]
fn another_catalog_changes_exactly_the_material_that_it_has_otherwise() {
    let wide = Universe::new(STOCKS[0], now(), true);
    let narrow = Universe { catalog: version(false), spouse_title: false, ..wide.clone() };
    let mut changed = 0;
    for file in wide.files() {
        for matter in &SITUATIONS[..2] {
            let (one, other) = (wide.decide(&file, None, *matter), narrow.decide(&file, None, *matter));
            assert_ne!(one.item_catalog, other.item_catalog);
            for (before, after) in one.materials.iter().zip(&other.materials) {
                if before.material != "title" {
                    assert_eq!(before, after, "{}", before.material);
                    continue;
                }
                assert_eq!(after.outcome, narrow.expected("title", &file, None));
                changed += usize::from(before.outcome != after.outcome);
            }
        }
    }
    // Marriage and title of the spouse without a title of one's own, whatever else there is.
    assert_eq!(changed, 8 * 2);
}
