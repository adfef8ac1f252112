use super::*;
use crate::id::{CreditCode, DivisionCode};

fn office(text: &str) -> CreditCode {
    CreditCode::parse(text).unwrap()
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(1_767_196_800 + seconds).unwrap()
}

/// The drawing of the module, written down a second time: `from act to`.
const ALLOWED: &str = "
    - apply applied
    applied approve approved
    applied reject rejected
    approved reject rejected
    approved make made
    made take_into_use in_use
    in_use use in_use
    in_use remake in_use
    in_use suspend suspended
    in_use recall recalled
    suspended restore in_use
    suspended remake suspended
    suspended recall recalled
    recalled destroy destroyed";

#[test]
fn every_act_in_every_state_does_what_the_table_says() {
    let mut seen = 0;
    for from in [None].into_iter().chain(SealState::ALL.map(Some)) {
        for act in SealAct::ALL {
            let left = format!("{} {act} ", from.map_or("-", SealState::code));
            let to = ALLOWED.lines().find_map(|line| line.trim().strip_prefix(left.as_str()));
            assert_eq!(act.next(from), to.map(|to| SealState::from_code(to).unwrap()), "{left}");
            seen += usize::from(to.is_some());
        }
    }
    assert_eq!(seen, ALLOWED.trim().lines().count(), "every line was met");
}

#[test]
fn codes_are_frozen_and_the_same_in_json() {
    assert_eq!(
        SealKind::ALL.map(SealKind::code),
        ["legal_name", "internal_unit", "branch", "special_purpose", "personal"]
    );
    assert_eq!(Power::ALL.map(Power::code), ["manage", "use", "audit"]);
    let json = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    for kind in SealKind::ALL {
        assert_eq!(json(serde_json::to_value(kind).unwrap()), kind.code());
        assert_eq!(SealKind::from_code(kind.code()), Some(kind));
    }
    for state in SealState::ALL {
        assert_eq!(json(serde_json::to_value(state).unwrap()), state.code());
    }
    for act in SealAct::ALL {
        assert_eq!(json(serde_json::to_value(act).unwrap()), act.code());
    }
    assert_eq!(SealState::from_code("InUse"), None);
}

#[test]
fn numbers_of_seals_have_one_spelling() {
    let division = DivisionCode::parse("652701").unwrap();
    let id = SealId::new(division, 42).unwrap();
    assert_eq!(id.to_string(), "65270100000042");
    assert_eq!(SealId::parse("65270100000042"), Ok(id));
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"65270100000042\"");
    assert_eq!(serde_json::from_str::<SealId>("\"65270100000042\"").unwrap(), id);
    assert_eq!(SealId::new(division, 0), None);
    assert_eq!(SealId::new(division, 100_000_000), None);
    assert!(SealId::new(division, 99_999_999).is_some());
    for bad in [
        "",
        "6527010000004",
        "652701000000421",
        "6527010000004x",
        "６５２７０１００００００４２",
        "+5270100000042",
    ] {
        assert_eq!(SealId::parse(bad), Err(SealIdError::Digits), "{bad}");
    }
    assert_eq!(SealId::parse("65270100000000"), Err(SealIdError::Zero));
    assert!(matches!(SealId::parse("00000000000001"), Err(SealIdError::Division(_))));
    assert!(serde_json::from_str::<SealId>("65270100000042").is_err(), "a number is not a text");
}

#[test]
fn the_first_limit_that_stands_against_a_use_is_named() {
    let (owner, other) = (office("11100000000013338W"), office("11430000006122244L"));
    let good = UseAttempt { at: at(10), purpose: "发证", office: owner, owner, used: 0 };
    assert_eq!(UseLimits::default().allows(&good), Ok(()));
    assert_eq!(
        UseLimits::default().allows(&UseAttempt { office: other, ..good }),
        Err(LimitFault::Office),
        "without offices only the owner"
    );
    let limits = UseLimits {
        count: Some(2),
        purposes: vec!["发证".to_owned(), "备案".to_owned()],
        from: Some(at(10)),
        until: Some(at(20)),
        offices: vec![other],
    };
    let good = UseAttempt { office: other, ..good };
    assert_eq!(limits.allows(&good), Ok(()));
    assert_eq!(limits.allows(&UseAttempt { at: at(19), used: 1, purpose: "备案", ..good }), Ok(()));
    // Each worse than the one before: the first that stands against it is named.
    let attempt = UseAttempt { used: 2, ..good };
    assert_eq!(limits.allows(&attempt), Err(LimitFault::Count { count: 2 }));
    let attempt = UseAttempt { purpose: "发证 ", ..attempt };
    assert_eq!(limits.allows(&attempt), Err(LimitFault::Purpose));
    let attempt = UseAttempt { office: owner, ..attempt };
    assert_eq!(limits.allows(&attempt), Err(LimitFault::Office));
    let late = UseAttempt { at: at(20), ..attempt };
    assert_eq!(limits.allows(&late), Err(LimitFault::TooLate { until: at(20) }));
    let early = UseAttempt { at: at(9), ..attempt };
    assert_eq!(limits.allows(&early), Err(LimitFault::TooEarly { from: at(10) }));
}

#[test]
fn limits_that_cannot_be_meant_are_refused() {
    let check = |change: fn(&mut UseLimits)| {
        let mut limits = UseLimits::default();
        change(&mut limits);
        limits.check()
    };
    assert_eq!(check(|_| {}), Ok(()));
    assert_eq!(check(|l| l.count = Some(0)), Err(LimitsError::Count));
    assert_eq!(check(|l| (l.from, l.until) = (Some(at(1)), Some(at(1)))), Err(LimitsError::Times));
    assert_eq!(check(|l| l.purposes = vec![" ".to_owned()]), Err(LimitsError::Purposes));
    assert_eq!(check(|l| l.purposes = vec!["一\n二".to_owned()]), Err(LimitsError::Purposes));
    assert_eq!(check(|l| l.purposes = vec!["章".repeat(201)]), Err(LimitsError::Purposes));
    assert_eq!(check(|l| l.purposes = vec!["章".repeat(200)]), Ok(()));
    assert_eq!(check(|l| l.offices = vec![office("11100000000013338W"); 1001]), Err(LimitsError::Offices));
}

#[test]
fn an_empty_period_leaves_nothing() {
    let mut periods = Vec::new();
    open_period(&mut periods, at(1));
    close_period(&mut periods, at(1));
    assert_eq!(periods, []);
    open_period(&mut periods, at(2));
    close_period(&mut periods, at(5));
    close_period(&mut periods, at(9));
    assert_eq!(periods, [Period { from: at(2), until: Some(at(5)) }], "what has ended stays as it ended");
    assert!(
        [(1, false), (2, true), (4, true), (5, false)]
            .iter()
            .all(|(t, is)| periods[0].contains(at(*t)) == *is)
    );
}

#[test]
fn a_name_has_many_spellings_and_none_is_nobody() {
    for (one, other) in [
        ("窗口一", "窗口 一"),
        ("Wang 1", "ＷＡＮＧ１"),
        ("Jos\u{e9}", "Jose\u{301}"),
        ("\u{f9b4}", "領"),
        ("甲", "-"),
        ("·", "乙"),
    ] {
        assert!(same_person(one, other), "{one} {other}");
        assert!(same_person(other, one), "{other} {one}");
    }
    for (one, other) in [("甲", "乙"), ("窗口1", "窗口2"), ("Jose", "Jos\u{e9}")] {
        assert!(!same_person(one, other), "{one} {other}");
    }
}
