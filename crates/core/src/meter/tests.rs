//! Every figure against a count that is as naive as can be, over many small worlds.

use std::collections::BTreeSet;
use std::convert::Infallible;

use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::time::UnixTime;

use super::*;

/// 2026-10-31T23:00:00+08:00: an hour before a month ends in China.
const LATE_OCTOBER: u64 = 1_793_458_800;
const TYPES: [&str; 3] = ["居民身份证", "营业执照", "居民户口簿"];
const CODES: [&str; 5] =
    ["not_on_file", "type_not_cataloged", "grade_too_low", "license_not_valid", "license_undecided"];

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

fn material(draw: &mut Draw, key: usize, items: &[String]) -> DecidedMaterial {
    let outcome = draw.of(&Answer::ALL);
    let mut findings = Vec::new();
    for _ in 0..draw.below(5) {
        let alternative = [None, Some(1), Some(2)][draw.below(3)];
        findings.push((draw.of(&CODES).to_owned(), alternative, Some(draw.of(&TYPES).to_owned())));
    }
    let mut types: Vec<_> = findings.iter().filter_map(|(_, _, name)| name.clone()).collect();
    types.extend((outcome == Answer::Exempt).then(|| draw.of(&TYPES).to_owned()));
    types.sort();
    types.dedup();
    let mut needed: Vec<_> = items.iter().filter(|_| draw.below(2) == 0).cloned().collect();
    if needed.is_empty() {
        needed.push(items[0].clone());
    }
    DecidedMaterial { key: format!("m{key}"), items: needed, outcome, types, findings }
}

fn world(seed: u64) -> Vec<Decided> {
    let mut draw = Draw(seed);
    let count = draw.below(12);
    let decided = |event: usize| {
        let items: Vec<_> = (0..=draw.below(3)).map(|n| format!("code{n}")).collect();
        let materials = (0..draw.below(5)).map(|key| material(&mut draw, key, &items)).collect();
        let office = draw.of(&["11100000000013338W", "11430000006122244L"]);
        Decided {
            event: u64::try_from(event).unwrap(),
            at: UnixTime::new(LATE_OCTOBER + 1800 * u64::try_from(draw.below(4)).unwrap()).unwrap(),
            division: DivisionCode::parse(draw.of(&["652701", "652700", "652722"])).unwrap(),
            office: (CreditCode::parse(office).unwrap(), format!("office {office}")),
            items: items
                .iter()
                .map(|code| (code.clone(), format!("key {code}"), "name".to_owned()))
                .collect(),
            materials,
        }
    };
    (1..=count).map(decided).collect()
}

fn all(world: &[Decided]) -> impl Iterator<Item = Result<Decided, Infallible>> + '_ {
    world.iter().cloned().map(Ok)
}

/// The decisions of a cell with their materials there, straight from what a cell is.
fn of_cell<'w>(world: &'w [Decided], by: By, cell: &str) -> Vec<Vec<&'w DecidedMaterial>> {
    let whole = |decided: &'w Decided| decided.materials.iter().collect::<Vec<_>>();
    let is = |decided: &&Decided| match by {
        By::County => decided.division.as_str() == cell,
        By::Office => decided.office.0.as_str() == cell,
        By::Month => decided.at.date().to_string().starts_with(&format!("{cell}-")),
        By::Item => decided.items.iter().any(|(_, key, _)| key == cell),
    };
    let found = world.iter().filter(is);
    if by != By::Item {
        return found.map(whole).collect();
    }
    let code = cell.trim_start_matches("key ");
    found
        .map(|one| whole(one).into_iter().filter(|m| m.items.iter().any(|item| item == code)).collect())
        .collect()
}

fn count<T>(all: &[T], holds: impl Fn(&T) -> bool) -> u64 {
    u64::try_from(all.iter().filter(|one| holds(one)).count()).unwrap()
}

fn tally<T>(all: &[T], outcome: impl Fn(&T) -> Answer) -> Tally {
    let of = |wanted| count(all, |one| outcome(one) == wanted);
    Tally { exempt: of(Answer::Exempt), pending: of(Answer::Pending), submit: of(Answer::Submit) }
}

/// What came of several materials.
fn worst(materials: &[&DecidedMaterial]) -> Answer {
    let any = |outcome| materials.iter().any(|one| one.outcome == outcome);
    match (any(Answer::Submit), any(Answer::Pending)) {
        (true, _) => Answer::Submit,
        (false, true) => Answer::Pending,
        (false, false) => Answer::Exempt,
    }
}

fn naive(parts: &[Vec<&DecidedMaterial>]) -> (Tally, Tally, Tally) {
    let materials: Vec<_> = parts.iter().flatten().copied().collect();
    let names: BTreeSet<&String> = materials.iter().flat_map(|one| &one.types).collect();
    let types: Vec<_> = names
        .into_iter()
        .map(|name| {
            worst(&materials.iter().filter(|one| one.types.contains(name)).copied().collect::<Vec<_>>())
        })
        .collect();
    (tally(parts, |part| worst(part)), tally(&materials, |one| one.outcome), tally(&types, |one| *one))
}

#[test]
fn every_figure_is_that_of_a_naive_count_and_of_the_decisions_it_drills_down_to() {
    let mut cells = BTreeSet::new();
    for seed in 0..400 {
        let world = world(seed);
        for by in By::ALL {
            let Ok(meter) = meter(by, all(&world));
            for (cell, figures) in &meter.cells {
                let parts = of_cell(&world, by, cell);
                let found = (figures.transactions, figures.materials, figures.types());
                assert_eq!(found, naive(&parts), "{seed} {by:?} {cell}");
                let mut again = Figures { name: figures.name.clone(), ..Figures::default() };
                for part in world.iter().flat_map(|one| one.parts(by)).filter(|part| part.cell == *cell) {
                    again.add(&part);
                }
                assert_eq!(again, *figures, "{seed} {by:?} {cell}");
                cells.insert((by.code(), cell.clone()));
            }
            let everything: Vec<_> = meter.cells.keys().flat_map(|cell| of_cell(&world, by, cell)).collect();
            let found = (meter.all.transactions, meter.all.materials, meter.all.types());
            assert_eq!(found, naive(&everything), "{seed} {by:?}");
            if by != By::Item {
                assert_eq!(meter.all.transactions.total(), u64::try_from(world.len()).unwrap());
            }
        }
    }
    let of = |by: By| cells.iter().filter(|(code, _)| *code == by.code()).count();
    assert_eq!(By::ALL.map(of), [3, 2, 3, 2], "a month ends in China");
}

/// Whether a material would have been exempt had licenses of this type been on file: an alternative with nothing else in its way.
fn would_free(material: &DecidedMaterial, name: &str) -> bool {
    [1, 2].into_iter().any(|alternative| {
        let of: Vec<_> = material.findings.iter().filter(|(_, at, _)| *at == Some(alternative)).collect();
        let mended = |code: &str| ["not_on_file", "type_not_cataloged", "grade_too_low"].contains(&code);
        !of.is_empty() && of.iter().all(|(code, _, what)| mended(code) && what.as_deref() == Some(name))
    })
}

#[test]
fn the_next_types_are_those_of_a_naive_count() {
    let mut freed = 0;
    for seed in 0..400 {
        let world = world(seed);
        let Ok(next) = next_types(all(&world));
        let materials: Vec<_> = world.iter().flat_map(|one| &one.materials).collect();
        assert_eq!(next.materials, tally(&materials, |one| one.outcome));
        assert_eq!(next.transactions, tally(&world, |one| worst(&one.materials.iter().collect::<Vec<_>>())));
        let submitted = |one: &&&DecidedMaterial| one.outcome == Answer::Submit;
        for name in TYPES {
            let need = next.types.iter().find(|need| need.type_name == name);
            let by_it: Vec<_> =
                materials.iter().filter(submitted).filter(|one| would_free(one, name)).collect();
            let whole = count(&world, |one| {
                let (pending, submit): (Vec<_>, Vec<_>) = one
                    .materials
                    .iter()
                    .filter(|one| one.outcome != Answer::Exempt)
                    .partition(|one| one.outcome == Answer::Pending);
                pending.is_empty() && !submit.is_empty() && submit.iter().all(|one| would_free(one, name))
            });
            let cataloged = |one: &&&&DecidedMaterial| {
                !one.findings
                    .iter()
                    .any(|(code, _, of)| code == "type_not_cataloged" && of.as_deref() == Some(name))
            };
            let lacking = count(&by_it, |one| !cataloged(&one));
            let found = need.map_or((0, 0, 0), |one| (one.materials, one.transactions, one.not_cataloged));
            assert_eq!(found, (u64::try_from(by_it.len()).unwrap(), whole, lacking), "{seed} {name}");
            freed += whole;
        }
        let order: Vec<_> = next.types.iter().map(|need| (need.materials, need.transactions)).collect();
        assert!(order.is_sorted_by(|a, b| a >= b), "{order:?}");
    }
    assert!(freed > 50, "{freed}");
}

#[test]
fn no_target_is_met_by_rounding() {
    let of = |exempt, submit| Tally { exempt, pending: 0, submit };
    assert_eq!((of(899, 101).per_mille(), of(899, 101).meets(90)), (Some(899), Some(false)));
    assert_eq!((of(900, 100).per_mille(), of(900, 100).meets(90)), (Some(900), Some(true)));
    assert_eq!((of(9999, 1).per_mille(), of(9999, 1).meets(100)), (Some(999), Some(false)));
    assert_eq!(of(3, 0).meets(100), Some(true));
    assert_eq!((of(0, 0).per_mille(), of(0, 0).meets(90)), (None, None));
    assert_eq!(Tally { exempt: 9, pending: 1, submit: 0 }.meets(100), Some(false), "pending is not exempt");
}
