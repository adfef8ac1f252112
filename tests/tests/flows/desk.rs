//! The desk and the lookup over one data directory.

use boyin::archive::{Act, ArchiveError, Change, OpenError, StatusChange, StoreError};
use boyin::issue::{DefectFault, FormPlace};
use boyin::model::id::{HolderCode, HolderCodeType};
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::verify::{Reason, Verdict};
use boyin::{ConfigFault, Desk, DeskError, Home, HomeError, Lookup, LookupError, Setup};

use crate::office::{Prefecture, citizen, identity_card, market, now, order, passphrase, police, setup};

fn reader() -> boyin::archive::Reader {
    boyin::archive::Reader::new("窗口二", police(), "办理低保").unwrap()
}

fn verdict(lookup: &Lookup, credential: &[u8], at: UnixTime) -> Verdict {
    lookup.verify(credential, at).verdict()
}

/// Verifiers refuse a trust list that names status lists in another way.
#[test]
fn no_data_directory_is_made_where_status_lists_could_not_be_named() {
    let dir = tempfile::tempdir().unwrap();
    let long = format!("https://licenses.example/{}", "x".repeat(300));
    for (place, url) in ["licenses.example", "https://licenses.example/?at=", &long].into_iter().enumerate() {
        let root = dir.path().join(place.to_string());
        let setup = Setup { public_url: url.to_owned(), ..setup() };
        let made = Home::create(&root, &setup, &passphrase(), now(), &mut SystemRandom);
        assert!(matches!(made, Err(HomeError::Setup(ConfigFault::PublicUrl))), "{url}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is written: {url}");
    }
}

#[test]
fn what_is_issued_is_found_verified_and_whole() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let lookup = prefecture.lookup();
    let found = lookup.license(&receipt.license_id, &reader(), now()).unwrap().unwrap();
    assert_eq!(found.record.credential, receipt.credential);
    let verified = found.report.into_verified().unwrap();
    assert_eq!(verified.claims().holder_code.as_ref().unwrap().as_str(), citizen().as_str());
    let holder = HolderCode::new(HolderCodeType::from_code("111").unwrap(), citizen().as_str()).unwrap();
    let page = lookup.holder(&holder, &reader(), None, 10, now()).unwrap();
    assert_eq!(page.licenses.len(), 1);
    assert_eq!(page.licenses[0].report.verdict(), Verdict::Passed);
    assert_eq!(lookup.history(&receipt.license_id).unwrap().len(), 1);
}

#[test]
fn the_same_order_gives_the_same_license() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = desk.issue(&identity_card(), &order(police(), "k"), &mut SystemRandom).unwrap();
    let again = desk.issue(&identity_card(), &order(police(), "k"), &mut SystemRandom).unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.credential, again.credential);
    let mut other = identity_card();
    other.holder.name = "别人".to_owned();
    let refused = desk.issue(&other, &order(police(), "k"), &mut SystemRandom).unwrap_err();
    assert_eq!(refused.code(), "idempotency_conflict");
    // A form with defects is not an act: the same key serves for the corrected form.
    other.division = "1".to_owned();
    assert_eq!(
        desk.issue(&other, &order(police(), "d"), &mut SystemRandom).unwrap_err().code(),
        "form_defects"
    );
    other.division = "652701".to_owned();
    assert!(desk.issue(&other, &order(police(), "d"), &mut SystemRandom).is_ok());
}

#[test]
fn a_follower_sees_suspension_and_revocation() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let receipt = desk.issue(&identity_card(), &order(police(), "k"), &mut SystemRandom).unwrap();
    let lookup = prefecture.lookup();
    let mut act = 0;
    let mut change = |change| {
        act += 1;
        let outcome = desk.change_status(
            &receipt.license_id,
            &StatusChange::new(change, "测试"),
            &order(police(), &format!("a{act}")),
        );
        lookup.refresh(now()).unwrap();
        outcome.map(|_| verdict(&lookup, &receipt.credential, now()))
    };
    assert_eq!(change(Change::Suspend).unwrap(), Verdict::Failed(Reason::Suspended));
    assert_eq!(change(Change::Restore).unwrap(), Verdict::Passed);
    assert_eq!(change(Change::Revoke).unwrap(), Verdict::Failed(Reason::Revoked));
    let refused = change(Change::Restore).unwrap_err();
    assert!(matches!(refused, DeskError::Archive(ArchiveError::IllegalTransition { .. })));
    assert_eq!(lookup.history(&receipt.license_id).unwrap().len(), 4);
}

#[test]
fn only_the_issuer_changes_a_license() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let receipt = desk.issue(&identity_card(), &order(police(), "k"), &mut SystemRandom).unwrap();
    let refused = desk
        .change_status(&receipt.license_id, &StatusChange::new(Change::Revoke, "x"), &order(market(), "k2"))
        .unwrap_err();
    assert!(matches!(refused, DeskError::ForeignLicense(office) if office == police()));
}

#[test]
fn an_office_issues_only_what_it_may() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let refused = desk.issue(&identity_card(), &order(market(), "k"), &mut SystemRandom).unwrap_err();
    let DeskError::SelfCheck(report) = refused else { panic!("{refused}") };
    assert_eq!(report.verdict(), Verdict::Failed(Reason::TypeNotEntitled));
    let mut elsewhere = identity_card();
    elsewhere.division = "652722".to_owned();
    let refused = desk.issue(&elsewhere, &order(police(), "k"), &mut SystemRandom).unwrap_err();
    let DeskError::SelfCheck(report) = refused else { panic!("{refused}") };
    assert_eq!(report.verdict(), Verdict::Failed(Reason::DivisionNotEntitled));
    assert_eq!(desk.archive().list(None, None, 10).unwrap().items.len(), 0);
}

#[test]
fn a_form_is_answered_with_all_its_defects() {
    let prefecture = Prefecture::new();
    let mut draft = identity_card();
    draft.holder.code = "652701198503159980".to_owned();
    draft.division = "65270".to_owned();
    draft.valid_until = Some("2030-01-01".to_owned());
    draft.fields.remove("sex");
    draft.license_number = " ".to_owned();
    let refused = prefecture.desk().issue(&draft, &order(police(), "k"), &mut SystemRandom).unwrap_err();
    let DeskError::Defects(defects) = refused else { panic!("{refused}") };
    let places: Vec<_> = defects.iter().map(|defect| defect.place.to_string()).collect();
    assert_eq!(places, ["license_number", "holder.code", "division", "valid_until", "fields.sex"]);
    assert_eq!(defects[4].place, FormPlace::Field("sex".to_owned()));
    assert_eq!(defects[4].fault, DefectFault::Missing);
}

#[test]
fn stale_lists_make_the_verdict_indeterminate_until_they_are_renewed() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let lookup = prefecture.lookup();
    let next_day = now().plus(86_400);
    assert_eq!(
        verdict(&lookup, &receipt.credential, next_day),
        Verdict::Indeterminate(Reason::StatusListStale)
    );
    assert!(!lookup.health(next_day).ok());
    drop(prefecture.desk_at(next_day));
    lookup.refresh(now()).unwrap();
    assert_eq!(verdict(&lookup, &receipt.credential, next_day), Verdict::Passed);
    assert!(lookup.health(next_day).ok());

    let next_month = now().plus(31 * 86_400);
    assert_eq!(
        verdict(&lookup, &receipt.credential, next_month),
        Verdict::Indeterminate(Reason::TrustListStale)
    );
    let mut words = order(police(), "renew");
    words.at = next_month;
    let list = prefecture.home.renew_trust_list(&passphrase(), &words).unwrap();
    assert_eq!(list.sequence, 2);
    drop(prefecture.desk_at(next_month));
    lookup.refresh(now()).unwrap();
    assert_eq!(verdict(&lookup, &receipt.credential, next_month), Verdict::Passed);
}

#[test]
fn one_desk_at_a_time() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let second = Desk::open(&prefecture.home, &passphrase(), now()).unwrap_err();
    assert!(
        matches!(second, DeskError::Home(HomeError::Archive(OpenError::Store(StoreError::Locked)))),
        "{second}"
    );
    drop(desk);
    assert!(Desk::open(&prefecture.home, &passphrase(), now()).is_ok());
}

#[test]
fn a_newer_or_damaged_directory_is_refused() {
    let prefecture = Prefecture::new();
    let dir = prefecture.home.dir();
    let config = std::fs::read_to_string(dir.join("boyin.toml")).unwrap();
    let newer = config.replace("format = 1", "format = 2\nanything = true");
    std::fs::write(dir.join("boyin.toml"), newer).unwrap();
    assert!(matches!(Home::open(dir), Err(HomeError::NewerFormat { found: 2, supported: 1 })));
    std::fs::write(dir.join("boyin.toml"), config).unwrap();
    let list = std::fs::read_to_string(dir.join("trust/list.jwt")).unwrap();
    std::fs::write(dir.join("trust/list.jwt"), list.replace("ey", "ez")).unwrap();
    let home = Home::open(dir).unwrap();
    assert!(matches!(home.trust(), Err(HomeError::Trust(_))));
    let wrong = boyin::Passphrase::new("not the passphrase".to_owned());
    std::fs::write(dir.join("trust/list.jwt"), list).unwrap();
    assert!(matches!(Desk::open(&home, &wrong, now()), Err(DeskError::Home(HomeError::Key { .. }))));
    assert!(matches!(Home::open(prefecture.dir.path()), Err(HomeError::NotAHome(_))));
}

#[test]
fn a_clock_that_ran_ahead_stops_no_other_office_and_has_a_way_back() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let desk = prefecture.desk_at(now().plus(13 * 3600));
    drop(desk);
    let desk = prefecture.desk();
    let change = desk.change_status(
        &receipt.license_id,
        &StatusChange::new(Change::Revoke, "测试"),
        &order(police(), "r"),
    );
    let Err(DeskError::NotPublished { event, source }) = change else { panic!("{change:?}") };
    assert!(event > 0 && matches!(*source, DeskError::ListFromFuture { .. }), "{source}");
    drop(desk);
    let lookup = prefecture.lookup();
    let health = lookup.health(now());
    let failing: Vec<_> = health.items.iter().filter(|item| !item.ok).map(|item| item.name).collect();
    assert_eq!(failing, ["status_lists", "published"], "made later than now, and lacking a change");
    let desk = prefecture.desk();
    assert_eq!(desk.overdue().iter().map(|(office, _)| *office).collect::<Vec<_>>(), [police()]);
    desk.start_status_list_over(police(), now()).unwrap();
    desk.start_status_list_over(market(), now()).unwrap();
    lookup.refresh(now()).unwrap();
    assert_eq!(verdict(&lookup, &receipt.credential, now()), Verdict::Failed(Reason::Revoked));
    assert!(lookup.health(now()).ok());
}

/// A follower sees acts whose list is not published yet: that is nothing wrong, unless it lasts.
#[test]
fn a_change_may_be_on_its_way_to_its_list_for_a_moment() {
    let prefecture = Prefecture::new();
    let id = prefecture.issue().license_id;
    let lookup = prefecture.lookup();
    let desk = prefecture.desk();
    let change = |key: &str, what| {
        let act = Act::new("窗口一号", police(), "测试", now(), key, [1; 32]).unwrap();
        desk.archive().change_status(&act, &id, &StatusChange::new(what, "测试")).unwrap();
    };
    let failing = |lookup: &Lookup, seconds: u64| -> Vec<_> {
        let items = lookup.health(now().plus(seconds)).items.into_iter();
        items.filter(|item| !item.ok).map(|item| item.name).collect()
    };
    change("1", Change::Suspend);
    lookup.refresh(now()).unwrap();
    assert_eq!((failing(&lookup, 10), failing(&lookup, 11)), (vec![], vec!["published"]));
    // One more change does not begin the time anew.
    change("2", Change::Restore);
    lookup.refresh(now().plus(9)).unwrap();
    assert_eq!(failing(&lookup, 11), ["published"]);
    assert_eq!(failing(&prefecture.lookup(), 0), ["published"], "nobody knows since when");
    // A change after the list was published does, also if nobody looked in between.
    assert!(desk.renew_status_lists(now()).is_empty());
    change("3", Change::Suspend);
    lookup.refresh(now().plus(12)).unwrap();
    assert_eq!((failing(&lookup, 22), failing(&lookup, 23)), (vec![], vec!["published"]));
    assert!(desk.renew_status_lists(now()).is_empty());
    lookup.refresh(now().plus(30)).unwrap();
    assert!(lookup.health(now().plus(60)).ok());
}

#[test]
fn an_office_without_its_key_stops_no_other_office() {
    let prefecture = Prefecture::new();
    std::fs::remove_file(prefecture.home.dir().join(format!("keys/{}.pem", market()))).unwrap();
    let desk = prefecture.desk();
    assert_eq!(desk.overdue().iter().map(|(office, _)| *office).collect::<Vec<_>>(), [market()]);
    let receipt = desk.issue(&identity_card(), &order(police(), "k"), &mut SystemRandom).unwrap();
    desk.change_status(
        &receipt.license_id,
        &StatusChange::new(Change::Revoke, "测试"),
        &order(police(), "r"),
    )
    .unwrap();
}

#[test]
fn each_list_is_later_than_the_one_before_it() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let uri = "http://127.0.0.1:8650/v1/status-lists/".to_owned() + &boyin::status_list_id(police(), 1);
    let mut made = Vec::new();
    for number in 0..3 {
        let key = format!("k{number}");
        let receipt = desk.issue(&identity_card(), &order(police(), &key), &mut SystemRandom).unwrap();
        let act = order(police(), &format!("r{number}"));
        let first = desk
            .change_status(&receipt.license_id, &StatusChange::new(Change::Revoke, "测试"), &act)
            .unwrap();
        let again = desk
            .change_status(&receipt.license_id, &StatusChange::new(Change::Revoke, "测试"), &act)
            .unwrap();
        assert_eq!((first.event, again.replayed), (again.event, true));
        made.push(prefecture.lookup().registry().status().made_at(police(), &uri).unwrap());
    }
    assert!(made.is_sorted_by(|a, b| a < b), "in one second, and a repetition publishes nothing: {made:?}");
}

#[test]
fn a_refused_trust_list_keeps_no_revocation_out() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let path = prefecture.home.dir().join("trust/list.jwt");
    let older = std::fs::read(&path).unwrap();
    let mut words = order(police(), "renew");
    words.at = now().plus(60);
    prefecture.home.renew_trust_list(&passphrase(), &words).unwrap();
    let lookup = prefecture.lookup();
    std::fs::write(&path, older).unwrap();
    let order = order(police(), "r");
    prefecture
        .desk()
        .change_status(&receipt.license_id, &StatusChange::new(Change::Revoke, "测试"), &order)
        .unwrap();
    let refused = lookup.refresh(now()).unwrap_err();
    assert!(matches!(refused, LookupError::TrustRollback { found: 1, in_use: 2 }), "{refused}");
    assert_eq!(verdict(&lookup, &receipt.credential, now()), Verdict::Failed(Reason::Revoked));
    assert!(lookup.health(now()).ok());
    lookup.refresh(now().plus(11)).unwrap_err();
    assert!(!lookup.health(now().plus(11)).ok(), "health tells that following fails");
}

#[test]
fn a_number_beyond_all_bounds_is_a_defect() {
    let prefecture = Prefecture::new();
    let mut draft = identity_card();
    for number in [1 << 53, i64::MAX, i64::MIN] {
        draft.fields.insert("sex".to_owned(), boyin::model::credential::FieldValue::Integer(number));
        let refused = prefecture.desk().issue(&draft, &order(police(), "k"), &mut SystemRandom).unwrap_err();
        assert_eq!(refused.code(), "form_defects");
    }
}

#[test]
fn freshness_has_bounds() {
    let prefecture = Prefecture::new();
    let path = prefecture.home.dir().join("boyin.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    for (member, value) in [("trust_list_days = 30", "trust_list_days = 0"), ("hours = 24", "hours = 169")] {
        std::fs::write(&path, config.replace(member, value)).unwrap();
        let opened = Home::open(prefecture.home.dir());
        let refused = ConfigFault::Freshness;
        assert!(matches!(opened, Err(HomeError::Config { fault, .. }) if fault == refused), "{value}");
    }
}

#[test]
fn a_clock_five_years_wrong_is_named_and_leaves_nothing_half_done() {
    const FIVE_YEARS: u64 = 5 * 365 * 86_400;
    let behind = (now().minus(FIVE_YEARS), Reason::TrustListFromFuture, ["status_lists", "clock"]);
    let ahead = (now().plus(FIVE_YEARS), Reason::TrustListStale, ["trust_list", "status_lists"]);
    for (at, reason, expected) in [behind, ahead] {
        let prefecture = Prefecture::new();
        let receipt = prefecture.issue();
        let lookup = prefecture.lookup();
        assert_eq!(verdict(&lookup, &receipt.credential, at), Verdict::Indeterminate(reason));
        let health = lookup.health(at);
        let failing: Vec<_> = health.items.iter().filter(|item| !item.ok).map(|item| item.name).collect();
        assert_eq!(failing, expected);
        let desk = prefecture.desk_at(at);
        let events = || desk.archive().events(None, 100).unwrap().len();
        let before = events();
        let act = |key: &str| boyin::Order { at, ..order(police(), key) };
        let refused = desk.issue(&identity_card(), &act("another"), &mut SystemRandom).unwrap_err();
        assert!(
            matches!(refused, DeskError::Home(HomeError::NoList("catalog")) | DeskError::Catalog(_)),
            "{refused:?}"
        );
        assert_eq!((desk.archive().list(None, None, 10).unwrap().items.len(), events()), (1, before));
        // A revocation is kept all the same; where its list cannot be made, that is said.
        let revoke = StatusChange::new(Change::Revoke, "测试");
        match desk.change_status(&receipt.license_id, &revoke, &act("r")) {
            Ok(_) => assert!(at > now(), "with the lists of that day"),
            Err(DeskError::NotPublished { source, .. }) => {
                assert!(at < now() && matches!(*source, DeskError::ListFromFuture { .. }), "{source}");
            }
            Err(other) => panic!("{other}"),
        }
        drop(desk);
        // With the right clock all goes on; lists of a day to come are begun anew.
        let desk = prefecture.desk();
        if at > now() {
            for office in [police(), market()] {
                desk.start_status_list_over(office, now()).unwrap();
            }
        }
        assert!(desk.overdue().is_empty());
        desk.issue(&identity_card(), &order(police(), "another"), &mut SystemRandom).unwrap();
        lookup.refresh(now()).unwrap();
        assert_eq!(verdict(&lookup, &receipt.credential, now()), Verdict::Failed(Reason::Revoked));
        assert!(lookup.health(now()).ok());
    }
}
