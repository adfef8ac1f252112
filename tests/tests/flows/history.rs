//! Looking back: trust lists and status lists as they were published, and lists that roll over.

use boyin::archive::{Change, StatusChange};
use boyin::model::id::LicenseTypeCode;
use boyin::model::status::LicenseStatus;
use boyin::model::trust::{ChangeError, What};
use boyin::suite::{SystemRandom, all_jws};
use boyin::verify::{Policy, Reason, Verdict};
use boyin::{ConfigFault, DeskError, HomeError};

use crate::office::{Prefecture, identity_card, market, now, order, passphrase, police};

type TrustChange = boyin::model::trust::Change;

fn end_of_identity_cards(at: boyin::model::time::UnixTime) -> TrustChange {
    let license_type: LicenseTypeCode =
        boyin::model::catalog::Catalog::embedded().find("identity-card").map(|found| found.code).unwrap();
    TrustChange::EndEntitlement { issuer: police(), license_type, at }
}

#[test]
fn a_verdict_of_the_past_is_come_to_with_the_lists_of_the_past() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let later = |seconds| now().plus(seconds);
    let desk = prefecture.desk();
    let revoked = boyin::Order { at: later(600), ..order(police(), "r") };
    desk.change_status(&receipt.license_id, &StatusChange::new(Change::Revoke, "测试"), &revoked).unwrap();
    prefecture.home.change_trust(&[end_of_identity_cards(now())], &passphrase(), &by(later(1200))).unwrap();
    let lookup = prefecture.lookup();
    let verdict = |at| {
        let record = lookup.record_as_of(Policy::default(), &receipt.credential, at).unwrap();
        assert_eq!(record.holds(&all_jws()), Ok(true));
        record.replay(&all_jws()).unwrap().verdict()
    };
    assert_eq!(verdict(later(599)), Verdict::Passed);
    assert_eq!(verdict(later(600)), Verdict::Failed(Reason::Revoked));
    assert_eq!(verdict(later(1199)), Verdict::Failed(Reason::Revoked));
    assert_eq!(verdict(later(1200)), Verdict::Failed(Reason::EntitlementNotInForce));
    let before = lookup.record_as_of(Policy::default(), &receipt.credential, now().minus(1));
    assert!(before.unwrap_err().to_string().contains("no trust list"));
    let status = |at| lookup.status_at(&receipt.license_id, at).unwrap().map(|(status, _)| status);
    assert_eq!(status(now().minus(1)), None);
    assert_eq!(status(later(599)), Some(LicenseStatus::Valid));
    assert_eq!(status(later(600)), Some(LicenseStatus::Revoked));
}

fn by(at: boyin::model::time::UnixTime) -> boyin::Order {
    boyin::Order { at, ..order(police(), "trust") }
}

fn no_such_right(done: &Result<boyin::model::trust::TrustList, DeskError>) -> bool {
    matches!(done, Err(DeskError::Home(HomeError::TrustChange(ChangeError::NoSuchRight))))
}

#[test]
fn whoever_drafts_drops_or_signs_a_change_leaves_a_trace() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    assert_eq!(home.trust_journal().unwrap(), "");
    let change = end_of_identity_cards(now().plus(60));
    for nameless in
        [boyin::Order { who: " ".into(), ..by(now()) }, boyin::Order { purpose: String::new(), ..by(now()) }]
    {
        assert!(matches!(home.draft_trust(&change, &nameless), Err(DeskError::Act(_))));
        assert!(matches!(home.discard_trust_draft(&nameless), Err(DeskError::Act(_))));
        assert!(matches!(home.sign_trust_draft(None, &passphrase(), &nameless), Err(DeskError::Act(_))));
        let changed = home.change_trust(std::slice::from_ref(&change), &passphrase(), &nameless);
        assert!(matches!(changed, Err(DeskError::Act(_))));
    }
    assert!(home.trust_draft().unwrap().is_empty() && home.trust_journal().unwrap().is_empty());
    home.draft_trust(&change, &by(now())).unwrap();
    // What was refused is no deed.
    assert!(home.draft_trust(&change, &by(now())).is_err());
    home.discard_trust_draft(&by(now().plus(1))).unwrap();
    home.discard_trust_draft(&by(now().plus(2))).unwrap();
    home.draft_trust(&change, &by(now().plus(3))).unwrap();
    let seen = home.trust_draft_digest().unwrap();
    let other = boyin::DraftDigest::parse(&"0".repeat(32)).unwrap();
    let refused = home.sign_trust_draft(Some(&other), &passphrase(), &by(now().plus(4)));
    assert!(matches!(refused, Err(DeskError::Home(HomeError::DraftChanged { list: "trust", .. }))));
    home.sign_trust_draft(Some(&seen), &passphrase(), &by(now().plus(4))).unwrap();
    let journal = home.trust_journal().unwrap();
    let lines: Vec<serde_json::Value> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let deeds: Vec<_> =
        lines.iter().map(|line| (line["deed"].as_str().unwrap(), line["at"].as_u64().unwrap())).collect();
    let at = |seconds| now().plus(seconds).seconds();
    assert_eq!(deeds, [("draft", at(0)), ("discard", at(1)), ("draft", at(3)), ("sign", at(4))]);
    for line in &lines {
        let words = ["who", "office", "purpose"].map(|word| line[word].as_str().unwrap());
        assert_eq!(words, ["窗口一号", police().as_str(), "办理证照"]);
        assert_eq!(line["changes"], serde_json::json!([change]));
    }
    assert_eq!(
        (&lines[2]["draft"], &lines[3]["draft"]),
        (&serde_json::Value::Null, &seen.to_string().into())
    );
    assert_eq!((&lines[2]["sequence"], &lines[3]["sequence"]), (&serde_json::Value::Null, &2.into()));
}

#[test]
fn a_draft_is_signed_as_a_whole_or_not_at_all() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let change = end_of_identity_cards(now().plus(60));
    home.draft_trust(&change, &by(now())).unwrap();
    let twice = home.draft_trust(&end_of_identity_cards(now().plus(90)), &by(now()));
    assert!(no_such_right(&twice), "it has ended before");
    assert_eq!(home.trust_draft().unwrap(), std::slice::from_ref(&change));
    assert_eq!(home.trust().unwrap().1.list().sequence, 1);
    // Somebody else made the same change meanwhile.
    home.change_trust(std::slice::from_ref(&change), &passphrase(), &by(now().plus(1))).unwrap();
    let refused = home.sign_trust_draft(None, &passphrase(), &by(now().plus(2)));
    assert!(no_such_right(&refused));
    assert_eq!((home.trust_draft().unwrap().len(), home.trust_history().unwrap()), (1, vec![1, 2]));
    home.discard_trust_draft(&by(now())).unwrap();
    home.discard_trust_draft(&by(now())).unwrap();
    assert!(home.trust_draft().unwrap().is_empty());
    std::fs::write(home.dir().join("trust/draft.jsonl"), "{\"change\":\"undo\"}\n").unwrap();
    assert!(matches!(home.trust_draft(), Err(HomeError::Draft(_))));

    let (_, first) = home.trust_numbered(1).unwrap();
    let differences = first.list().diff(home.trust().unwrap().1.list());
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].what, What::Entitlement);
    assert!(differences[0].after.as_deref().unwrap().contains("until"), "{}", differences[0]);
}

#[test]
fn an_older_trust_list_in_place_changes_nothing() {
    let prefecture = Prefecture::new();
    let path = prefecture.home.dir().join("trust/list.jwt");
    let older = std::fs::read(&path).unwrap();
    prefecture
        .home
        .change_trust(&[end_of_identity_cards(now())], &passphrase(), &by(now().plus(60)))
        .unwrap();
    std::fs::write(&path, older).unwrap();
    assert_eq!(prefecture.home.trust().unwrap().1.list().sequence, 2);
    assert_eq!(prefecture.home.trust_in_place().unwrap().1.list().sequence, 1);
    let issued = prefecture.desk().issue(&identity_card(), &order(police(), "k"), &mut SystemRandom);
    assert!(matches!(issued, Err(boyin::DeskError::SelfCheck(_))), "the right has ended");
    // Nor does it under the number of a list that was never made: that is a fault, not the newest list.
    let kept = |name: &str| prefecture.home.dir().join("trust/history").join(name);
    for odd in ["+0000099.jwt", "99.jwt", "00000099.txt"] {
        std::fs::copy(kept("00000001.jwt"), kept(odd)).unwrap();
        assert_eq!(prefecture.home.trust_history().unwrap(), [1, 2], "{odd}");
    }
    std::fs::copy(kept("00000001.jwt"), kept("00000099.jwt")).unwrap();
    assert!(matches!(prefecture.home.trust(), Err(HomeError::KeptUnder { found: 1, .. })));
    std::fs::remove_file(kept("00000099.jwt")).unwrap();
    // The next list mends it.
    let mut words = order(police(), "renew");
    words.at = now().plus(120);
    prefecture.home.renew_trust_list(&passphrase(), &words).unwrap();
    let journal = prefecture.home.trust_journal().unwrap();
    let last: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["deed"], &last["sequence"], &last["who"]),
        (&"renew".into(), &3.into(), &words.who.clone().into())
    );
    words.who.clear();
    assert!(prefecture.home.renew_trust_list(&passphrase(), &words).is_err(), "not without a name");
    assert_eq!(prefecture.home.trust_in_place().unwrap().1.list().sequence, 3);
}

#[test]
fn memory_is_set_by_the_data_directory() {
    let mut prefecture = Prefecture::new();
    let path = prefecture.home.dir().join("boyin.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    assert!(!config.contains("[memory]"), "the defaults are not written down");
    for little in [
        "cache_mib = 7\nunflushed_mib = 4",
        "unflushed_mib = 3",
        "unflushed_mib = 129",
        "cache_mib = 4294967295\nunflushed_mib = 4294967295",
        "open_files = 63",
    ] {
        std::fs::write(&path, format!("{config}\n[memory]\n{little}\n")).unwrap();
        let opened = boyin::Home::open(prefecture.home.dir());
        assert!(matches!(opened, Err(HomeError::Config { fault: ConfigFault::Memory, .. })), "{little}");
    }
    let least = "cache_mib = 8\nunflushed_mib = 4\nrecord_keys_mib = 0\nopen_files = 64";
    std::fs::write(&path, format!("{config}\n[memory]\n{least}\n")).unwrap();
    prefecture.home = boyin::Home::open(prefecture.home.dir()).unwrap();
    let desk = prefecture.desk();
    for n in 0..40 {
        desk.issue(&identity_card(), &order(police(), &format!("k{n}")), &mut SystemRandom).unwrap();
    }
    let of_clerk = desk.archive().list(None, None, 100).unwrap();
    assert_eq!((of_clerk.items.len(), desk.archive().record_keys().keys), (40, 0), "no key is kept");
    // Other tests of this process go on with what they had.
    std::fs::write(&path, &config).unwrap();
    boyin::Home::open(prefecture.home.dir()).unwrap();
}

#[test]
fn a_full_status_list_is_followed_by_the_next() {
    let mut prefecture = Prefecture::new();
    let path = prefecture.home.dir().join("boyin.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    for wrong in ["32", "96", "2097152"] {
        std::fs::write(&path, config.replace("1048576", wrong)).unwrap();
        let opened = boyin::Home::open(prefecture.home.dir());
        let refused = ConfigFault::StatusListEntries;
        assert!(matches!(opened, Err(HomeError::Config { fault, .. }) if fault == refused), "{wrong}");
    }
    std::fs::write(&path, config.replace("1048576", "64")).unwrap();
    prefecture.home = boyin::Home::open(prefecture.home.dir()).unwrap();
    let desk = prefecture.desk();
    let receipts: Vec<_> = (0..130)
        .map(|n| desk.issue(&identity_card(), &order(police(), &format!("k{n}")), &mut SystemRandom).unwrap())
        .collect();
    let lookup = prefecture.lookup();
    let lists: Vec<_> =
        lookup.registry().status_lists().map(|(office, uri)| (office, uri.to_owned())).collect();
    let of_police = lists.iter().filter(|(office, _)| *office == police()).count();
    assert!((3..=8).contains(&of_police), "130 licenses on {of_police} lists of 64");
    assert_eq!(lists.len() - of_police, 1, "{} has the one it began with", market());
    let names: Vec<_> =
        (1..=9).map(|number| boyin::status_list_id(police(), u32::try_from(number).unwrap())).collect();
    let there = |name: &String| lookup.status_list(name).unwrap().is_some();
    assert_eq!(names.iter().filter(|name| there(name)).count(), of_police);
    for odd in [format!("{}-01", police()), format!("{}-0", police()), police().as_str().to_owned()] {
        assert_eq!(lookup.status_list(&odd).unwrap(), None);
    }

    // The first and the last license are on different lists; both are followed.
    let (first, last) = (&receipts[0], &receipts[129]);
    for (receipt, key) in [(first, "r1"), (last, "r2")] {
        let change = StatusChange::new(Change::Revoke, "测试");
        desk.change_status(&receipt.license_id, &change, &order(police(), key)).unwrap();
    }
    lookup.refresh(now()).unwrap();
    assert!(lookup.health(now()).ok());
    for (n, receipt) in receipts.iter().enumerate() {
        let expected = if [0, 129].contains(&n) { Verdict::Failed(Reason::Revoked) } else { Verdict::Passed };
        assert_eq!(lookup.verify(&receipt.credential, now()).verdict(), expected, "{n}");
    }
    drop(desk);
    // A desk that opens later goes on with the last list, and renews all.
    let half = u64::from(prefecture.home.config().status_list_hours) * 1800 + 1;
    let desk = prefecture.desk_at(now().plus(half));
    assert!(desk.overdue().is_empty());
    lookup.refresh(now().plus(half)).unwrap();
    assert!(lookup.health(now().plus(half * 2 - 10)).ok());
}
