use super::*;

fn place(license_type: u8, division: &str, department: u8) -> CoveragePlace {
    let license_type = LicenseTypeCode::parse(if license_type == 0 {
        "11100000MB0143028R001"
    } else {
        "11100000MB03271699001"
    });
    let department = CreditCode::compute(&format!("11652700{department:08}{}", {
        CreditCode::organization_check(&format!("{department:08}")).unwrap()
    }));
    CoveragePlace {
        license_type: license_type.unwrap(),
        division: DivisionCode::parse(division).unwrap(),
        department: department.unwrap(),
    }
}

fn total(place: CoveragePlace, total: u64) -> StatedTotal {
    StatedTotal { place, total, source: "部门业务库".to_owned(), dated: "2026-06-30".parse().unwrap() }
}

#[test]
fn what_is_not_known_is_never_a_number() {
    let mut coverage = Coverage::default();
    let (a, b) = (place(0, "652701", 1), place(0, "652722", 1));
    coverage.collected(a, Grade::A, false);
    let of = |coverage: &Coverage, axis| coverage.by(axis).into_values().next().unwrap().share();
    assert_eq!(of(&coverage, CoverageAxis::All), Share::Unknown);
    assert_eq!(Share::Unknown.to_string(), "unknown 未知");
    coverage.stated(&total(a, 1));
    assert_eq!(of(&coverage, CoverageAxis::All), Share::Hundredths(10_000));
    // A place of which nothing is known makes the whole unknown, even an empty one.
    coverage.expect(b);
    assert_eq!(of(&coverage, CoverageAxis::All), Share::Unknown);
    assert_eq!(coverage.by(CoverageAxis::Division)["652701"].share(), Share::Hundredths(10_000));
    coverage.stated(&total(b, 0));
    assert_eq!(coverage.by(CoverageAxis::Division)["652722"].share(), Share::Nothing);
    assert_eq!(of(&coverage, CoverageAxis::All), Share::Hundredths(10_000));
}

#[test]
fn a_percentage_is_rounded_down_and_may_exceed_the_whole() {
    let share =
        |covered, stated| Figures { issued: covered, stated: Some(stated), ..Figures::default() }.share();
    assert_eq!(share(999_999, 1_000_000), Share::Hundredths(9999));
    assert_eq!(share(999_999, 1_000_000).to_string(), "99.99%");
    assert_eq!(share(1, 3).to_string(), "33.33%");
    assert_eq!(share(3, 2).to_string(), "150.00%");
    assert_eq!(share(u64::MAX, 1), Share::Hundredths(u64::MAX));
    assert!(!total(place(0, "652701", 1), MAX_STATED_TOTAL + 1).is_sound());
    assert!(!StatedTotal { source: " ".to_owned(), ..total(place(0, "652701", 1), 1) }.is_sound());
}

#[test]
fn sums_are_those_of_their_parts() {
    let mut coverage = Coverage::default();
    let places: Vec<_> = [0, 1]
        .into_iter()
        .flat_map(|kind| ["652700", "652701", "652723"].map(|division| (kind, division)))
        .flat_map(|(kind, division)| [1, 2].map(|department| place(kind, division, department)))
        .collect();
    for (n, place) in places.iter().enumerate() {
        for k in 0..n {
            match k % 4 {
                0 => coverage.collected(*place, Grade::ALL[k % 3], k % 2 == 0),
                1 => coverage.issued(*place),
                2 => coverage.disputed(*place),
                _ => coverage.collected(*place, Grade::D, false),
            }
        }
        coverage.stated(&total(*place, 100));
    }
    for axis in
        [CoverageAxis::LicenseType, CoverageAxis::Division, CoverageAxis::Department, CoverageAxis::All]
    {
        let sums = coverage.by(axis);
        let parts = |number: fn(&Figures) -> u64| coverage.places().map(|(_, one)| number(one)).sum::<u64>();
        let whole = |number: fn(&Figures) -> u64| sums.values().map(number).sum::<u64>();
        for number in [
            Figures::covered,
            |figures: &Figures| figures.signed,
            |figures: &Figures| figures.disputed,
            |figures: &Figures| figures.collected[3],
            |figures: &Figures| figures.stated.unwrap_or_default(),
        ] {
            assert_eq!(whole(number), parts(number), "{axis:?}");
        }
    }
}
