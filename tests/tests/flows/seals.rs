//! The seal register: who may do what, and what verifiers get to know of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use boyin::archive::{ArchiveError, EventKind, SealApplication, SealChange, seal_digest};
use boyin::model::id::{CreditCode, DivisionCode};
use boyin::model::register::{LimitFault, Power, SealAct, SealId, SealKind, SealState, UseLimits};
use boyin::model::time::UnixTime;
use boyin::model::trust::{CertificateRole, TrustedSeal};
use boyin::{Desk, DeskError, HomeError, Lookup, Officer, OfficerFault, Order};

use crate::office::{Prefecture, credit_code, market, now, passphrase, police};

const DOCUMENT: &str = "sha-256:00";

pub(crate) fn authority() -> CreditCode {
    credit_code("MBTEXT09")
}

fn officer(name: &str, office: CreditCode, power: Power) -> Officer {
    Officer { name: name.to_owned(), office, power }
}

/// 甲, 乙, 丙 manage the seals of the police, 丁 uses, 戊 audits them; 己 manages at the market office, 庚 and 辛 at the
/// office that keeps the trust list, where 壬 audits; 癸 uses at the market office.
pub(crate) fn staffed() -> Prefecture {
    let prefecture = Prefecture::new();
    let staff = [
        ("甲", police(), Power::Manage),
        ("乙", police(), Power::Manage),
        ("丙", police(), Power::Manage),
        ("丁", police(), Power::Use),
        ("戊", police(), Power::Audit),
        ("己", market(), Power::Manage),
        ("庚", authority(), Power::Manage),
        ("辛", authority(), Power::Manage),
        ("壬", authority(), Power::Audit),
        ("癸", market(), Power::Use),
    ];
    for (name, office, power) in staff {
        prefecture.home.appoint(officer(name, office, power)).unwrap();
    }
    prefecture
}

pub(crate) fn by(who: &str, office: CreditCode, minutes: u64) -> Order {
    static KEYS: AtomicUsize = AtomicUsize::new(0);
    Order {
        who: who.to_owned(),
        office,
        purpose: "发证".to_owned(),
        idempotency_key: format!("seal {}", KEYS.fetch_add(1, Ordering::SeqCst)),
        at: at(minutes),
    }
}

pub(crate) fn at(minutes: u64) -> UnixTime {
    now().plus(minutes * 60)
}

fn application() -> SealApplication {
    SealApplication {
        owner: police(),
        division: DivisionCode::parse("652701").unwrap(),
        kind: SealKind::SpecialPurpose,
        name: "测试市公安局证照专用章".to_owned(),
        limits: UseLimits::default(),
    }
}

pub(crate) fn apply(desk: &Desk) -> SealId {
    desk.apply_seal(&application(), &by("甲", police(), 0)).unwrap().seal.unwrap()
}

pub(crate) fn change(desk: &Desk, id: SealId, minutes: u64, change: &SealChange<'_>) {
    desk.change_seal(id, change, &by("丙", police(), minutes)).unwrap();
}

/// A seal in use since minute 3.
fn in_use(desk: &Desk) -> SealId {
    let id = apply(desk);
    change(desk, id, 1, &SealChange::Approve);
    change(desk, id, 2, &SealChange::Make { second: "乙", bytes: b"made" });
    change(desk, id, 3, &SealChange::TakeIntoUse);
    id
}

pub(crate) fn refusal<T>(result: Result<T, DeskError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

fn trusted(lookup: &Lookup, id: SealId, now: UnixTime) -> Option<TrustedSeal> {
    lookup.refresh(now).unwrap();
    lookup.registry().trust().list().seals.iter().find(|seal| seal.id == id).cloned()
}

#[test]
fn a_seal_lives_and_verifiers_follow() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let lookup = prefecture.lookup();
    let first = lookup.registry().trust().list().sequence;
    let id = apply(&desk);
    change(&desk, id, 1, &SealChange::Approve);
    change(&desk, id, 2, &SealChange::Make { second: "乙", bytes: b"made" });
    assert_eq!(trusted(&lookup, id, at(2)), None, "nobody has to know a seal that is not in use");
    assert_eq!(lookup.registry().trust().list().sequence, first);
    change(&desk, id, 3, &SealChange::TakeIntoUse);
    let seal = trusted(&lookup, id, at(3)).unwrap();
    assert!(seal.in_force_at(at(3)) && !seal.in_force_at(at(2)));
    assert_eq!(seal.version_at(at(3)).unwrap().digest, seal_digest(b"made"));
    assert_eq!(seal.issuer, police());

    change(&desk, id, 10, &SealChange::Suspend { reason: "遗失" });
    let seal = trusted(&lookup, id, at(10)).unwrap();
    assert!(!seal.in_force_at(at(10)), "the next verification knows");
    assert!(seal.in_force_at(at(9)), "what was sealed before stays");
    let refused = desk.use_seal(id, DOCUMENT, &by("丁", police(), 11));
    assert_eq!(refusal(refused), "seal_transition");

    change(&desk, id, 20, &SealChange::Restore { reason: "找回" });
    assert!(trusted(&lookup, id, at(20)).unwrap().in_force_at(at(20)));
    change(&desk, id, 30, &SealChange::Remake { second: "乙", bytes: b"made anew" });
    let seal = trusted(&lookup, id, at(30)).unwrap();
    assert_eq!(seal.version_at(at(29)).unwrap().digest, seal_digest(b"made"));
    assert_eq!(seal.version_at(at(30)).unwrap().digest, seal_digest(b"made anew"));
    change(&desk, id, 40, &SealChange::Recall { reason: "换章" });
    let gone = trusted(&lookup, id, at(40)).unwrap();
    let known = |minutes| gone.version_at(at(minutes)).is_some();
    assert_eq!(
        [2, 3, 9, 10, 19, 20, 39, 40].map(known),
        [false, true, true, false, false, true, true, false]
    );
    change(&desk, id, 50, &SealChange::Destroy { second: "乙", reason: "换章" });
    assert_eq!(trusted(&lookup, id, at(50)), Some(gone), "what was sealed stays verifiable");
    assert_eq!(lookup.registry().trust().list().sequence, first + 5);
    assert_eq!(desk.seal(id, "戊").unwrap().state, SealState::Destroyed);
    let history = desk.seal_history(id, None, "戊").unwrap();
    assert_eq!(history.len(), 9);
    assert_eq!(history.last().unwrap().second.as_deref(), Some("乙"));
}

#[test]
fn each_power_does_its_own_and_no_other() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let id = in_use(&desk);
    // Whoever: the person, the office acted for, what is answered to management, to use, to a look.
    let answers = [
        ("甲", police(), "ok", "power", "ok"),
        ("丁", police(), "power", "ok", "power"),
        ("戊", police(), "power", "power", "ok"),
        ("己", market(), "foreign_seal", "power", "foreign_seal"),
        ("甲", market(), "other_office", "power", "ok"),
        ("庚", authority(), "ok", "power", "ok"),
        ("壬", authority(), "power", "power", "ok"),
        ("癸", market(), "power", "seal_office", "power"),
        ("路人", police(), "not_appointed", "not_appointed", "not_appointed"),
        ("甲 ", police(), "not_appointed", "not_appointed", "not_appointed"),
    ];
    for (minutes, (who, office, manage, uses, looks)) in (10..).step_by(2).zip(answers) {
        let suspended =
            desk.change_seal(id, &SealChange::Suspend { reason: "查" }, &by(who, office, minutes));
        assert_eq!(refusal(suspended), manage, "{who} manages");
        if manage == "ok" {
            change(&desk, id, minutes, &SealChange::Restore { reason: "查" });
        }
        assert_eq!(refusal(desk.use_seal(id, DOCUMENT, &by(who, office, minutes + 1))), uses, "{who} uses");
        assert_eq!(refusal(desk.seal(id, who)), looks, "{who} looks");
        assert_eq!(refusal(desk.seal_bytes(id, 0, who)), looks, "{who} looks");
    }
    let applied = |who, office| refusal(desk.apply_seal(&application(), &by(who, office, 0)));
    assert_eq!(applied("己", market()), "foreign_seal");
    assert_eq!(applied("庚", authority()), "ok", "the office that keeps the trust list acts for all");
    assert_eq!(applied("丁", police()), "power");
    assert_eq!(desk.seals(None, 10, "戊").unwrap().len(), 2);
    assert_eq!(desk.seals(None, 1, "戊").unwrap().len(), 1);
    assert_eq!(desk.seals(Some(id), 10, "壬").unwrap().len(), 1);
    assert_eq!(desk.seals(None, 10, "己").unwrap(), []);
    assert_eq!(refusal(desk.seals(None, 10, "丁")), "power");
    // Who is dismissed has no power from then on.
    prefecture.home.dismiss("甲").unwrap();
    assert_eq!(refusal(desk.seal(id, "甲")), "not_appointed");
}

#[test]
fn two_people_who_both_may() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let id = apply(&desk);
    let tried =
        |who, office, change: SealChange<'_>| refusal(desk.change_seal(id, &change, &by(who, office, 5)));
    assert_eq!(tried("甲", police(), SealChange::Approve), "seal_same_person");
    assert_eq!(tried("乙", police(), SealChange::Approve), "ok");
    let made = |second| SealChange::Make { second, bytes: b"made" };
    assert_eq!(tried("乙", police(), made("乙")), "seal_same_person");
    assert_eq!(tried("乙", police(), made("丁")), "power", "the second person uses");
    assert_eq!(tried("乙", police(), made("戊")), "power", "the second person audits");
    assert_eq!(tried("乙", police(), made("己")), "foreign_seal", "the second person is of another office");
    assert_eq!(tried("乙", police(), made("路人")), "not_appointed");
    assert_eq!(tried("乙", police(), made("庚")), "ok", "or of the office that keeps the trust list");
    assert_eq!(tried("乙", police(), SealChange::TakeIntoUse), "ok");
    assert_eq!(tried("乙", police(), SealChange::Recall { reason: "换章" }), "ok");
    let destroy = |second| SealChange::Destroy { second, reason: "换章" };
    assert_eq!(tried("乙", police(), destroy("乙")), "seal_same_person");
    assert_eq!(tried("乙", police(), destroy("癸")), "power");
    assert_eq!(tried("庚", authority(), destroy("辛")), "ok");
}

#[test]
fn a_use_is_counted_before_the_seal_is_given_out() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let mut limited = application();
    limited.limits = UseLimits {
        count: Some(2),
        purposes: vec!["发证".to_owned()],
        offices: vec![market()],
        ..UseLimits::default()
    };
    let id = desk.apply_seal(&limited, &by("甲", police(), 0)).unwrap().seal.unwrap();
    change(&desk, id, 1, &SealChange::Approve);
    change(&desk, id, 2, &SealChange::Make { second: "乙", bytes: b"made" });
    let early = desk.use_seal(id, DOCUMENT, &by("癸", market(), 3));
    assert!(
        matches!(
            &early,
            Err(DeskError::Archive(ArchiveError::SealTransition {
                from: SealState::Made,
                act: SealAct::Use
            }))
        ),
        "{early:?}"
    );
    change(&desk, id, 3, &SealChange::TakeIntoUse);
    assert_eq!(refusal(desk.use_seal(id, DOCUMENT, &by("丁", police(), 4))), "seal_office");
    let other = Order { purpose: "别用".to_owned(), ..by("癸", market(), 4) };
    assert_eq!(refusal(desk.use_seal(id, DOCUMENT, &other)), "seal_purpose");
    let order = by("癸", market(), 5);
    let first = desk.use_seal(id, DOCUMENT, &order).unwrap();
    assert_eq!(
        (first.seal.as_slice(), first.digest, first.replayed),
        (b"made".as_slice(), seal_digest(b"made"), false)
    );
    let again = desk.use_seal(id, DOCUMENT, &Order { at: at(6), ..order.clone() }).unwrap();
    assert_eq!((again.event, again.at, again.replayed), (first.event, at(5), true));
    assert_eq!(refusal(desk.use_seal(id, "another", &order)), "idempotency_conflict");
    desk.use_seal(id, DOCUMENT, &by("癸", market(), 7)).unwrap();
    let over = desk.use_seal(id, DOCUMENT, &by("癸", market(), 8));
    assert!(matches!(over, Err(DeskError::Archive(ArchiveError::SealLimit(LimitFault::Count { count: 2 })))));
    assert_eq!(desk.seal(id, "戊").unwrap().used, 2);
    // A repetition is no way around a suspension.
    change(&desk, id, 9, &SealChange::Suspend { reason: "查" });
    assert_eq!(refusal(desk.use_seal(id, DOCUMENT, &order)), "seal_transition");
    let uses = desk.seal_history(id, None, "戊").unwrap();
    assert_eq!(uses.iter().filter(|event| event.what == EventKind::SealUsed).count(), 2);
}

#[test]
fn a_lost_trust_key_undoes_nothing_and_the_next_renewal_mends_it() {
    let prefecture = staffed();
    let key = prefecture.home.dir().join("keys/trust-list.pem");
    let hidden = prefecture.home.dir().join("keys/hidden");
    let lookup = prefecture.lookup();
    let desk = prefecture.desk();
    let id = apply(&desk);
    change(&desk, id, 1, &SealChange::Approve);
    change(&desk, id, 2, &SealChange::Make { second: "乙", bytes: b"made" });
    std::fs::rename(&key, &hidden).unwrap();
    let order = by("丙", police(), 3);
    let told = desk.change_seal(id, &SealChange::TakeIntoUse, &order).unwrap_err();
    let DeskError::TrustNotPublished { event, .. } = told else { panic!("{told}") };
    assert_eq!(desk.seal_history(id, None, "戊").unwrap().last().unwrap().number, event);
    assert_eq!(desk.seal(id, "戊").unwrap().state, SealState::InUse, "the act stands");
    assert_eq!(trusted(&lookup, id, at(3)), None);
    let failed = desk.renew_status_lists(at(4));
    assert_eq!(failed.iter().map(|(office, _)| *office).collect::<Vec<_>>(), [authority()]);
    drop(desk);
    let desk = prefecture.desk_at(at(4));
    assert_eq!(desk.overdue().len(), 1, "a desk that opens says so");
    std::fs::rename(&hidden, &key).unwrap();
    assert!(desk.renew_status_lists(at(5)).is_empty());
    assert!(trusted(&lookup, id, at(5)).unwrap().in_force_at(at(5)));
    // The same act again mends it as well, and is not done twice.
    assert!(desk.change_seal(id, &SealChange::TakeIntoUse, &order).unwrap().replayed);
}

#[test]
fn renewing_the_trust_list_keeps_the_seals_right() {
    let prefecture = staffed();
    let lookup = prefecture.lookup();
    let desk = prefecture.desk();
    let id = in_use(&desk);
    // While the desk is open: the register is followed.
    let list = prefecture.home.renew_trust_list(&passphrase(), &by("丙", police(), 10)).unwrap();
    assert_eq!(list.seals, [trusted(&lookup, id, at(10)).unwrap()]);
    let (role, certificate) = (CertificateRole::Anchor, "MAA".to_owned());
    let anchor = [boyin::model::trust::Change::AddCertificate { role, certificate }];
    let list = prefecture.home.change_trust(&anchor, &passphrase(), &by("丙", police(), 11)).unwrap();
    assert_eq!((list.certificates.as_slice(), list.seals.len()), (["MAA".to_owned()].as_slice(), 1));
    change(&desk, id, 12, &SealChange::Suspend { reason: "查" });
    assert!(!trusted(&lookup, id, at(12)).unwrap().in_force_at(at(12)));
    assert_eq!(lookup.registry().trust().list().certificates, list.certificates, "and the certificates");
    // What a desk could not publish, the renewal does.
    let key = prefecture.home.dir().join("keys/trust-list.pem");
    let hidden = prefecture.home.dir().join("keys/hidden");
    drop(desk);
    let desk = prefecture.desk_at(at(13));
    std::fs::rename(&key, &hidden).unwrap();
    let order = by("丙", police(), 14);
    assert_eq!(
        refusal(desk.change_seal(id, &SealChange::Restore { reason: "查" }, &order)),
        "trust_not_published"
    );
    std::fs::rename(&hidden, &key).unwrap();
    prefecture.home.renew_trust_list(&passphrase(), &by("丙", police(), 15)).unwrap();
    assert!(trusted(&lookup, id, at(15)).unwrap().in_force_at(at(15)));
    assert!(!prefecture.home.dir().join("trust/scratch").exists());
}

#[test]
fn lists_made_at_once_lose_nothing() {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let ids: Vec<SealId> = (0..4).map(|_| in_use(&desk)).collect();
    let before = prefecture.home.trust().unwrap().1.list().sequence;
    std::thread::scope(|scope| {
        for id in &ids {
            let desk = &desk;
            scope.spawn(move || change(desk, *id, 10, &SealChange::Suspend { reason: "查" }));
        }
        scope.spawn(|| prefecture.home.renew_trust_list(&passphrase(), &by("丙", police(), 10)).unwrap());
    });
    let (_, trust) = prefecture.home.trust().unwrap();
    assert!(trust.list().sequence > before);
    assert_eq!(trust.list().seals.len(), ids.len());
    assert!(trust.list().seals.iter().all(|seal| !seal.in_force_at(at(10)) && seal.in_force_at(at(9))));
}

#[test]
fn nobody_has_two_powers() {
    let prefecture = staffed();
    let home = &prefecture.home;
    let fault = |result: Result<_, HomeError>| match result {
        Err(HomeError::Officer { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let appoint = |name: &str, office, power| home.appoint(officer(name, office, power));
    assert_eq!(fault(appoint("甲", police(), Power::Use)), OfficerFault::TwoPowers);
    assert_eq!(fault(appoint("甲", market(), Power::Audit)), OfficerFault::TwoPowers);
    assert_eq!(fault(appoint("甲", police(), Power::Manage)), OfficerFault::Twice);
    assert_eq!(fault(appoint("甲", market(), Power::Manage)), OfficerFault::Twice);
    appoint("阿依古丽·买买提", police(), Power::Use).unwrap();
    assert_eq!(fault(appoint("阿依古丽 买买提", police(), Power::Manage)), OfficerFault::TwoPowers);
    for name in ["", " ", " 子", "子 ", "一\n二", "子\u{200b}", "·", &"子".repeat(201)] {
        assert_eq!(fault(appoint(name, police(), Power::Use)), OfficerFault::Name, "{name:?}");
    }
    home.dismiss("甲").unwrap();
    assert_eq!(fault(home.dismiss("甲")), OfficerFault::Missing);
    appoint("甲", police(), Power::Use).unwrap();
    assert_eq!(home.officers().unwrap().find("甲").unwrap().power, Power::Use);

    // What is written by hand is read as strictly, and nobody acts until it is mended.
    let path = home.dir().join("officers.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    let entry = |name: &str, power: &str| {
        format!("[[officer]]\nname = \"{name}\"\noffice = \"{}\"\npower = \"{power}\"\n", police().as_str())
    };
    for (more, expected) in [
        (entry("甲", "manage"), "officer"),
        (entry("甲", "use"), "officer"),
        (entry("子", "own"), "toml"),
        (entry("子", "use") + "also = 1\n", "toml"),
    ] {
        std::fs::write(&path, good.clone() + &more).unwrap();
        let kind = match home.officers() {
            Err(HomeError::Officer { .. }) => "officer",
            Err(HomeError::Toml { .. }) => "toml",
            other => panic!("{other:?}"),
        };
        assert_eq!(kind, expected, "{more}");
        assert_eq!(refusal(prefecture.desk().seals(None, 10, "乙")), "home");
    }
    std::fs::write(&path, good + &entry("子", "audit")).unwrap();
    assert_eq!(prefecture.desk().seals(None, 10, "子").unwrap(), []);
}
