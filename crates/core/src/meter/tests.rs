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
    DecidedMaterial { key: format!("m{key}"), items: needed, outcome, types, findings, declared: None }
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

/// A decision as it is counted: its event, the cell, its materials there.
type Naive<'w> = (u64, String, Vec<&'w DecidedMaterial>);

fn cell_of(decided: &Decided, by: By) -> Option<String> {
    match by {
        By::County => Some(decided.division.as_str().to_owned()),
        By::Office => Some(decided.office.0.as_str().to_owned()),
        By::Month => Some(decided.at.date().to_string()[..7].to_owned()),
        By::Item => None,
    }
}

/// The decisions within something, straight from what it says.
fn naive_parts<'w>(world: &'w [Decided], by: By, within: &Within) -> Vec<Naive<'w>> {
    let mut parts = Vec::new();
    for decided in world {
        let outside =
            [(By::County, &within.county), (By::Office, &within.office), (By::Month, &within.month)]
                .into_iter()
                .any(|(by, wanted)| wanted.is_some() && *wanted != cell_of(decided, by));
        if outside {
            continue;
        }
        if by != By::Item && within.item.is_none() {
            parts.push((decided.event, cell_of(decided, by).unwrap(), decided.materials.iter().collect()));
            continue;
        }
        for (code, key, _) in &decided.items {
            if within.item.as_ref().is_some_and(|wanted| wanted != key) {
                continue;
            }
            let needed = decided.materials.iter().filter(|one| one.items.iter().any(|item| item == code));
            parts.push((
                decided.event,
                cell_of(decided, by).unwrap_or_else(|| key.clone()),
                needed.collect(),
            ));
        }
    }
    parts
}

/// Nothing, and what a world may be narrowed to: one of each, and several at once.
fn narrowed(draw: &mut Draw) -> Vec<Within> {
    let county = draw.of(&["652701", "652700", "652722"]);
    let office = draw.of(&["11100000000013338W", "11430000006122244L"]);
    let (item, month) = (draw.of(&["key code0", "key code1"]), draw.of(&["2026-10", "2026-11"]));
    let all = Within::default();
    let in_month = all.and(By::Month, month);
    vec![
        all.and(By::Item, item),
        in_month.and(By::County, county),
        in_month.and(By::Office, office).and(By::Item, item),
        in_month.and(By::Office, office).and(By::Item, item).and(By::County, county),
        all,
    ]
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

/// What came of each license type.
fn naive_types<'w>(parts: &[Naive<'w>]) -> Vec<(&'w str, Answer)> {
    let materials: Vec<_> = parts.iter().flat_map(|(_, _, materials)| materials).copied().collect();
    let names: BTreeSet<&str> = materials.iter().flat_map(|one| &one.types).map(String::as_str).collect();
    let of = |name: &str| -> Vec<_> {
        materials.iter().copied().filter(|one| one.types.iter().any(|of| of == name)).collect()
    };
    names.into_iter().map(|name| (name, worst(&of(name)))).collect()
}

fn naive(parts: &[Naive<'_>]) -> (Tally, Tally, Tally) {
    let materials: Vec<_> = parts.iter().flat_map(|(_, _, materials)| materials).copied().collect();
    (
        tally(parts, |(_, _, materials)| worst(materials)),
        tally(&materials, |one| one.outcome),
        tally(&naive_types(parts), |(_, came)| *came),
    )
}

/// What a selector gives: the figure, the parts by event and cell, the materials among them that are counted, the license types.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    figure: u64,
    parts: Vec<(u64, String)>,
    materials: Vec<(u64, String, String)>,
    types: BTreeSet<String>,
}

fn drilled(world: &[Decided], behind: &Behind) -> Found {
    let Ok(selector) = behind.clone().selector(all(world));
    let (mut found, mut counts) = (Found::default(), Count::default());
    for decided in world {
        for counted in selector.of(decided) {
            counts.add(&counted);
            let (event, cell) = (decided.event, counted.part.cell.clone());
            for (material, is) in counted.part.materials.iter().zip(&counted.materials) {
                found.materials.extend(is.then(|| (event, cell.clone(), material.key.clone())));
            }
            found.types.extend(counted.types.iter().map(|name| (*name).to_owned()));
            found.parts.push((event, cell));
        }
    }
    found.figure = counts.of(behind.figure);
    found
}

/// The same, from the parts that a figure is of.
fn expected(parts: &[Naive<'_>], behind: &Behind) -> Found {
    let wanted = |outcome: Answer| behind.outcome.is_none() || behind.outcome == Some(outcome);
    let named = |name: &str| behind.license_type.is_none() || behind.license_type.as_deref() == Some(name);
    let types: BTreeSet<&str> = naive_types(parts)
        .into_iter()
        .filter(|(name, came)| wanted(*came) && named(name))
        .map(|(name, _)| name)
        .collect();
    let is_for =
        |one: &DecidedMaterial| behind.license_type.is_none() || one.types.iter().any(|of| named(of));
    let frees = |one: &DecidedMaterial| -> Vec<&str> {
        let submit = one.outcome == Answer::Submit && wanted(Answer::Submit);
        TYPES.into_iter().filter(|name| submit && named(name) && would_free(one, name)).collect()
    };
    let mut found = Found::default();
    for (event, cell, materials) in parts {
        let counts = |one: &DecidedMaterial| match behind.figure {
            Figure::Transactions => is_for(one),
            Figure::Materials => wanted(one.outcome) && is_for(one),
            Figure::Types => {
                wanted(one.outcome) && one.types.iter().any(|name| types.contains(name.as_str()))
            }
            Figure::TransactionsFreed | Figure::MaterialsFreed => !frees(one).is_empty(),
            Figure::NotCataloged => frees(one).into_iter().any(|name| !is_cataloged(one, name)),
        };
        let counted: Vec<_> = materials.iter().copied().filter(|one| counts(one)).collect();
        let is = match behind.figure {
            Figure::Transactions => {
                wanted(worst(materials)) && (behind.license_type.is_none() || !counted.is_empty())
            }
            Figure::TransactionsFreed => TYPES
                .into_iter()
                .any(|name| wanted(Answer::Submit) && named(name) && would_free_all(materials, name)),
            Figure::Materials | Figure::Types | Figure::MaterialsFreed | Figure::NotCataloged => {
                !counted.is_empty()
            }
        };
        if is {
            found.parts.push((*event, cell.clone()));
            found.materials.extend(counted.iter().map(|one| (*event, cell.clone(), one.key.clone())));
        }
    }
    found.types.extend(types.into_iter().filter(|_| behind.figure == Figure::Types).map(str::to_owned));
    let all = match behind.figure {
        Figure::Transactions | Figure::TransactionsFreed => found.parts.len(),
        Figure::Materials | Figure::MaterialsFreed | Figure::NotCataloged => found.materials.len(),
        Figure::Types => found.types.len(),
    };
    found.figure = u64::try_from(all).unwrap();
    found
}

/// Holds every number of a row against what its selector gives: the total and each outcome of the three figures and of each type.
fn drills_down(world: &[Decided], by: By, within: &Within, parts: &[Naive<'_>], figures: &Figures) -> u64 {
    let mut held = 0;
    let mut hold = |figure: Figure, license_type: Option<&str>, tally: Tally| {
        let outcomes = Answer::ALL.map(|outcome| (Some(outcome), tally.of(outcome)));
        for (outcome, number) in outcomes.into_iter().chain([(None, tally.total())]) {
            let license_type = license_type.map(str::to_owned);
            let behind = Behind { by, within: within.clone(), figure, outcome, license_type };
            let found = drilled(world, &behind);
            assert_eq!(found.figure, number, "{behind:?}");
            assert_eq!(found, expected(parts, &behind), "{behind:?}");
            held += number;
        }
    };
    hold(Figure::Transactions, None, figures.transactions);
    hold(Figure::Materials, None, figures.materials);
    hold(Figure::Types, None, figures.types());
    for (name, tally) in &figures.types {
        hold(Figure::Materials, Some(name.as_str()), *tally);
        // What came of this type alone.
        let mut came = Tally::default();
        came.add(Answer::of_all(Answer::ALL.into_iter().filter(|outcome| tally.of(*outcome) > 0)));
        hold(Figure::Types, Some(name.as_str()), came);
    }
    held
}

#[test]
fn every_figure_is_that_of_a_naive_count_and_of_the_decisions_it_drills_down_to() {
    let (mut cells, mut held) = (BTreeSet::new(), 0);
    for seed in 0..60 {
        let world = world(seed);
        for (by, within) in
            By::ALL.into_iter().flat_map(|by| narrowed(&mut Draw(seed)).into_iter().map(move |one| (by, one)))
        {
            let Ok(meter) = meter(by, &within, all(&world));
            let everything = naive_parts(&world, by, &within);
            let known: BTreeSet<_> = everything.iter().map(|(_, cell, _)| cell.clone()).collect();
            assert_eq!(
                meter.cells.keys().cloned().collect::<BTreeSet<_>>(),
                known,
                "{seed} {by:?} {within:?}"
            );
            let rows = meter.cells.iter().map(|(cell, figures)| (Some(cell), figures));
            for (cell, figures) in rows.chain([(None, &meter.all)]) {
                let of = cell.map_or_else(|| within.clone(), |cell| within.and(by, cell));
                let parts: Vec<_> = everything
                    .iter()
                    .filter(|(_, at, _)| cell.is_none_or(|cell| cell == at))
                    .cloned()
                    .collect();
                let found = (figures.transactions, figures.materials, figures.types());
                assert_eq!(found, naive(&parts), "{seed} {by:?} {within:?} {cell:?}");
                held += drills_down(&world, by, &of, &parts, figures);
                cells.extend(cell.map(|cell| (by.code(), cell.clone())));
            }
            if by != By::Item && within == Within::default() {
                assert_eq!(meter.all.transactions.total(), u64::try_from(world.len()).unwrap());
            }
        }
    }
    let of = |by: By| cells.iter().filter(|(code, _)| *code == by.code()).count();
    assert_eq!(By::ALL.map(of), [3, 2, 3, 2], "a month ends in China");
    assert!(held > 10_000, "{held}");
}

#[test]
fn what_is_for_one_license_type_and_what_is_seen_by_item_is_counted_as_it_says() {
    for seed in 0..200 {
        let mut draw = Draw(seed ^ 0x5eed);
        let world = world(seed);
        for figure in Figure::ALL {
            let behind = Behind {
                by: draw.of(&By::ALL),
                within: draw
                    .below(5)
                    .checked_sub(1)
                    .map_or_else(Within::default, |at| narrowed(&mut draw)[at].clone()),
                figure,
                outcome: [None, Some(draw.of(&Answer::ALL))][draw.below(2)],
                license_type: [None, Some(draw.of(&TYPES).to_owned())][draw.below(2)].clone(),
            };
            let parts = naive_parts(&world, behind.by, &behind.within);
            assert_eq!(drilled(&world, &behind), expected(&parts, &behind), "{seed} {behind:?}");
        }
    }
}

#[test]
fn a_decision_that_came_meanwhile_is_not_behind_a_figure_of_types() {
    let typed =
        |some: &[Decided]| some.iter().flat_map(|one| &one.materials).any(|one| !one.types.is_empty());
    let good = |world: &Vec<Decided>| world.len() > 4 && typed(&world[..3]) && typed(&world[3..]);
    let world = (0..200).map(world).find(good).unwrap();
    let (early, late) = world.split_at(3);
    let behind = Behind {
        by: By::County,
        within: Within::default(),
        figure: Figure::Types,
        outcome: None,
        license_type: None,
    };
    let Ok(selector) = behind.selector(all(early));
    assert!(early.iter().any(|decided| !selector.of(decided).is_empty()));
    assert!(late.iter().all(|decided| selector.of(decided).is_empty()));
}

/// Whether a material would have been exempt had licenses of this type been on file: an alternative with nothing else in its way.
fn would_free(material: &DecidedMaterial, name: &str) -> bool {
    [1, 2].into_iter().any(|alternative| {
        let of: Vec<_> = material.findings.iter().filter(|(_, at, _)| *at == Some(alternative)).collect();
        let mended = |code: &str| ["not_on_file", "type_not_cataloged", "grade_too_low"].contains(&code);
        !of.is_empty() && of.iter().all(|(code, _, what)| mended(code) && what.as_deref() == Some(name))
    })
}

/// Whether one license type would have freed all that had to be submitted, where something had and nothing is pending.
fn would_free_all(materials: &[&DecidedMaterial], name: &str) -> bool {
    let of = |outcome: Answer| materials.iter().filter(move |one| one.outcome == outcome);
    of(Answer::Pending).count() == 0
        && of(Answer::Submit).count() > 0
        && of(Answer::Submit).all(|one| would_free(one, name))
}

fn is_cataloged(material: &DecidedMaterial, name: &str) -> bool {
    !material.findings.iter().any(|(code, _, of)| code == "type_not_cataloged" && of.as_deref() == Some(name))
}

#[test]
fn the_next_types_are_those_of_a_naive_count_and_drill_down_to_what_they_free() {
    let mut freed = 0;
    for seed in 0..400 {
        let world = world(seed);
        for within in narrowed(&mut Draw(seed)) {
            let Ok(next) = next_types(&within, all(&world));
            let parts = naive_parts(&world, By::County, &within);
            let (transactions, materials, _) = naive(&parts);
            assert_eq!((next.transactions, next.materials), (transactions, materials), "{seed} {within:?}");
            for name in TYPES {
                let need = next.types.iter().find(|need| need.type_name == name);
                let materials: Vec<_> =
                    parts.iter().flat_map(|(_, _, materials)| materials).copied().collect();
                let by_it: Vec<_> = materials
                    .into_iter()
                    .filter(|one| one.outcome == Answer::Submit && would_free(one, name))
                    .collect();
                let whole = count(&parts, |(_, _, materials)| would_free_all(materials, name));
                let lacking = count(&by_it, |one| !is_cataloged(one, name));
                let found =
                    need.map_or((0, 0, 0), |one| (one.materials, one.transactions, one.not_cataloged));
                let numbers = (u64::try_from(by_it.len()).unwrap(), whole, lacking);
                assert_eq!(found, numbers, "{seed} {within:?} {name}");
                for (figure, number) in [
                    (Figure::MaterialsFreed, found.0),
                    (Figure::TransactionsFreed, found.1),
                    (Figure::NotCataloged, found.2),
                ] {
                    let behind = Behind {
                        by: By::County,
                        within: within.clone(),
                        figure,
                        outcome: None,
                        license_type: Some(name.to_owned()),
                    };
                    let listed = drilled(&world, &behind);
                    assert_eq!(listed.figure, number, "{seed} {behind:?}");
                    assert_eq!(listed, expected(&parts, &behind), "{seed} {behind:?}");
                }
                freed += whole;
            }
            let order: Vec<_> = next.types.iter().map(|need| (need.materials, need.transactions)).collect();
            assert!(order.is_sorted_by(|a, b| a >= b), "{order:?}");
        }
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
