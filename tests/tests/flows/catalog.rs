//! The signed catalog of license types: what it does not hold, in its time and in its words, is not issued; and it is never an
//! older one than before.

use std::path::Path;
use std::sync::Arc;

use boyin::archive::{Act, EventKind, Filing, Grade, LicenseRecord};
use boyin::issue::{DefectFault, Draft, SigningKey, signed_list};
use boyin::model::catalog::{
    Catalog, CatalogChange, CatalogEntry, CatalogList, CatalogRefusal, LicenseType, Place, SpecFault,
};
use boyin::model::id::{HolderCode, HolderCodeType, LicenseId};
use boyin::model::listing::{EntryFault, ListChangeError, ListFault, Untimely};
use boyin::model::sharing::SharingEntry;
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom, all_jws};
use boyin::verify::TrustError;
use boyin::{BackupKeys, Desk, DeskError, DraftDigest, Home, HomeError, KeyOwner, LIST_DAYS, Order, Receipt};

use crate::office::{Prefecture, citizen, identity_card, now, order, passphrase, police};

fn by(at: UnixTime) -> Order {
    Order { at, ..order(police(), "list") }
}

fn card() -> LicenseType {
    Catalog::embedded().find("identity-card").unwrap().clone()
}

fn put(license_type: LicenseType, from: UnixTime) -> CatalogChange {
    CatalogChange::Put { from, license_type: Box::new(license_type), until: None }
}

fn end(at: UnixTime) -> CatalogChange {
    CatalogChange::End { license_type: card().code, at }
}

/// Prepares and signs.
fn publish(home: &Home, changes: &[CatalogChange], from: Option<UnixTime>, at: UnixTime) -> CatalogList {
    for change in changes {
        home.draft_list::<CatalogEntry>(change, &by(at)).unwrap();
    }
    home.sign_list::<CatalogEntry>(from, None, &passphrase(), &by(at)).unwrap()
}

/// Puts this in the place of the list that was signed last, by the anchor and under the next number, as an earlier release could.
pub(crate) fn published_before(home: &Home, edit: impl FnOnce(&mut CatalogList)) -> CatalogList {
    let mut list = home.list::<CatalogEntry>().unwrap().list;
    list.sequence += 1;
    edit(&mut list);
    let pem = std::fs::read_to_string(home.dir().join("keys/trust-list.pem")).unwrap();
    let key = SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &pem, crate::office::PASSPHRASE.as_bytes());
    let key = SigningKey::new(Arc::new(key.unwrap())).unwrap();
    let token = key.sign_jws(&signed_list(&list, key.reference())).unwrap();
    let kept = format!("history/{:08}.jwt", list.sequence);
    for path in ["list.jwt", kept.as_str()] {
        std::fs::write(home.dir().join("catalog").join(path), &token).unwrap();
    }
    list
}

/// The type of identity cards in a list.
pub(crate) fn card_of(list: &mut CatalogList) -> &mut LicenseType {
    let mut types = list.entries.iter_mut().map(|entry| &mut entry.license_type);
    types.find(|license_type| license_type.key == "identity-card").unwrap()
}

fn issue(desk: &Desk, key: &str, draft: &Draft, at: UnixTime) -> Result<Receipt, DeskError> {
    desk.issue(draft, &Order { at, ..order(police(), key) }, &mut SystemRandom)
}

fn refusal(issued: Result<Receipt, DeskError>) -> CatalogRefusal {
    match issued {
        Err(DeskError::Catalog(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_issued_that_the_catalog_in_force_does_not_hold() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let later = |seconds| now().plus(seconds);
    let first = issue(&desk, "1", &identity_card(), now()).unwrap();
    // The event says under which catalog.
    let events = desk.archive().events(None, 100).unwrap();
    let of = |what| events.iter().filter(|event| event.what == what).collect::<Vec<_>>();
    let published = of(EventKind::ListPublished);
    assert_eq!(published.len(), 1);
    assert!(published[0].detail.starts_with("catalog 1 sha-256:"), "{}", published[0].detail);
    assert_eq!(of(EventKind::LicenseIssued)[0].detail, format!("A {}", published[0].detail));
    assert!(published[0].number < first.event, "told before anything is done by it");

    // The end of a type, while the desk is open.
    let list = publish(home, &[end(later(100))], None, later(10));
    assert_eq!((list.sequence, list.valid_from), (2, later(10)));
    let second = issue(&desk, "2", &identity_card(), later(99)).unwrap();
    assert_eq!(refusal(issue(&desk, "3", &identity_card(), later(100))), CatalogRefusal::Ended(later(100)));
    assert_eq!(desk.archive().status_of(&second.license_id).unwrap().map(|status| status.value()), Some(0));
    // A repetition is no new act.
    assert!(issue(&desk, "1", &identity_card(), later(200)).unwrap().replayed);

    // Another definition, from later on: until then the one before counts.
    let mut stricter = card();
    let address = stricter.fields.iter_mut().find(|field| field.name == "address").unwrap();
    address.max_chars = 5;
    publish(home, &[put(stricter, later(150))], Some(later(300)), later(160));
    let Err(DeskError::Catalog(CatalogRefusal::Ended(_))) = issue(&desk, "4", &identity_card(), later(299))
    else {
        panic!("the second catalog counts until then")
    };
    let Err(DeskError::Defects(defects)) = issue(&desk, "5", &identity_card(), later(300)) else {
        panic!("the address is too long now")
    };
    assert!(matches!(defects[..], [ref one] if matches!(one.fault, DefectFault::Field(_))), "{defects:?}");
    let mut short = identity_card();
    short
        .fields
        .insert("address".to_owned(), boyin::model::credential::FieldValue::Text("博乐市".to_owned()));
    issue(&desk, "6", &short, later(300)).unwrap();

    // A type that may be issued only later, and one that the catalog does not have.
    publish(home, &[put(card(), later(1000))], None, later(310));
    assert_eq!(refusal(issue(&desk, "7", &identity_card(), later(999))), CatalogRefusal::NotYet(later(1000)));
    issue(&desk, "8", &identity_card(), later(1000)).unwrap();
    let passport = Draft { license_type: "passport".to_owned(), ..identity_card() };
    let Err(DeskError::Defects(defects)) = issue(&desk, "9", &passport, later(1000)) else { panic!() };
    assert!(defects.iter().any(|defect| defect.fault == DefectFault::UnknownType));

    // Nobody looked through it for a year.
    let stale = later(310).plus(LIST_DAYS * 86_400);
    let refused = refusal(issue(&desk, "10", &identity_card(), stale));
    assert_eq!(refused, CatalogRefusal::List(Untimely::Stale(stale)));
    assert_eq!(refused.code(), "catalog_stale");
    let before = issue(&desk, "11", &identity_card(), stale.minus(1));
    assert!(!matches!(before, Err(DeskError::Catalog(_))), "{before:?}");
    // Each list is in the log once, in order, with who signed it.
    let events = desk.archive().events(None, 100).unwrap();
    let lists = events.iter().filter(|event| event.what == EventKind::ListPublished);
    let lists: Vec<_> = lists.map(|event| (event.detail[..9].to_owned(), event.who.as_str())).collect();
    let expected = [
        ("catalog 1", "desk"),
        ("catalog 2", "窗口一号"),
        ("catalog 3", "窗口一号"),
        ("catalog 4", "窗口一号"),
    ];
    assert_eq!(lists, expected.map(|(list, who)| (list.to_owned(), who)));
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

#[test]
fn an_older_catalog_in_place_of_a_newer_one_changes_nothing() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let dir = home.dir().join("catalog");
    let (place, kept) = (dir.join("list.jwt"), |n: u32| dir.join(format!("history/{n:08}.jwt")));
    publish(home, &[end(now().plus(100))], None, now());
    issue(&desk, "1", &identity_card(), now()).unwrap();

    // While the later one is kept, it counts.
    copy(&kept(1), &place);
    let held = home.list::<CatalogEntry>().unwrap();
    assert_eq!(held.list.sequence, 2);
    assert!(matches!(held.instead_of.as_deref(), Some(HomeError::ListRollback { found: 1, kept: 2, .. })));
    let at = now().plus(100);
    assert_eq!(refusal(issue(&desk, "2", &identity_card(), at)), CatalogRefusal::Ended(at));
    // So is a damaged one, and the last good one is kept.
    std::fs::write(&place, b"no list").unwrap();
    let held = home.list::<CatalogEntry>().unwrap();
    assert_eq!(held.list.sequence, 2);
    assert!(matches!(held.instead_of.as_deref(), Some(HomeError::List { .. })));
    issue(&desk, "3", &identity_card(), now()).unwrap();

    // Without it, the log still knows.
    copy(&kept(1), &place);
    std::fs::rename(kept(2), dir.join("aside")).unwrap();
    let rolled_back = |issued: Result<Receipt, DeskError>| match issued {
        Err(DeskError::Home(HomeError::ListRollback { found, kept, .. })) => (found, kept),
        other => panic!("{other:?}"),
    };
    assert_eq!(rolled_back(issue(&desk, "4", &identity_card(), now())), (1, 2));
    drop(desk);
    let desk = prefecture.desk();
    assert_eq!(rolled_back(issue(&desk, "5", &identity_card(), now())), (1, 2));
    // Another list under the same number is not it either.
    home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now().plus(5))).unwrap();
    let replaced = issue(&desk, "6", &identity_card(), now().plus(6));
    assert!(
        matches!(replaced, Err(DeskError::Home(HomeError::ListReplaced { sequence: 2, .. }))),
        "{replaced:?}"
    );
    // Nothing else is kept from its work by it.
    let change = boyin::archive::StatusChange::new(boyin::archive::Change::Suspend, "测试");
    let id = prefecture.desk_license(&desk);
    desk.change_status(&id, &change, &order(police(), "s")).unwrap();
    copy(&dir.join("aside"), &place);
    copy(&dir.join("aside"), &kept(2));
    issue(&desk, "7", &identity_card(), now()).unwrap();

    // A name that lies.
    copy(&kept(1), &kept(9));
    assert!(matches!(home.list_numbered::<CatalogEntry>(9), Err(HomeError::KeptUnder { found: 1, .. })));
    let fault = Home::open(home.dir()).unwrap();
    assert!(matches!(fault.catalog_fault(), Some(HomeError::ListRollback { found: 2, kept: 9, .. })));
}

#[test]
fn of_several_that_are_announced_each_has_its_time() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let later = |seconds| now().plus(seconds);
    issue(&desk, "0", &identity_card(), now()).unwrap();
    let second = publish(home, &[put(card(), later(900))], Some(later(300)), later(1));
    publish(home, &[put(card(), now())], Some(later(500)), later(2));
    // Whatever the desk has looked at before, and in whatever order the acts come.
    for (n, (seconds, good)) in
        [(299, true), (300, false), (499, false), (500, true), (310, false), (0, true)]
            .into_iter()
            .enumerate()
    {
        let issued = issue(&desk, &format!("n{n}"), &identity_card(), later(seconds));
        assert_eq!(issued.is_ok(), good, "{seconds}: {issued:?}");
    }

    // The one that counts is not there: the one before it does not count again.
    let kept = |n: u32| home.dir().join(format!("catalog/history/{n:08}.jwt"));
    let aside = home.dir().join("aside");
    std::fs::rename(kept(2), &aside).unwrap();
    let missing = |issued: Result<Receipt, DeskError>| {
        assert!(matches!(issued, Err(DeskError::Home(HomeError::File { .. }))), "{issued:?}");
    };
    missing(issue(&desk, "gone", &identity_card(), later(310)));
    assert!(matches!(home.list_at::<CatalogEntry>(later(310)), Err(HomeError::File { .. })));
    // Nor by another one under its number, whether it counts then or not.
    let pem = std::fs::read_to_string(home.dir().join("keys/trust-list.pem")).unwrap();
    let key = SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &pem, crate::office::PASSPHRASE.as_bytes());
    let key = SigningKey::new(Arc::new(key.unwrap())).unwrap();
    for from in [later(305), later(400)] {
        let other = CatalogList { valid_from: from, ..second.clone() };
        std::fs::write(kept(2), key.sign_jws(&signed_list(&other, key.reference())).unwrap()).unwrap();
        let replaced = issue(&desk, "replaced", &identity_card(), later(310));
        assert!(
            matches!(replaced, Err(DeskError::Home(HomeError::ListReplaced { sequence: 2, .. }))),
            "{replaced:?}"
        );
    }
    copy(&aside, &kept(2));
    assert_eq!(
        refusal(issue(&desk, "back", &identity_card(), later(310))),
        CatalogRefusal::NotYet(later(900))
    );

    // The log gets no gap: of two that it does not know yet, the first is missing.
    publish(home, &[], None, later(320));
    publish(home, &[], None, later(321));
    std::fs::rename(kept(4), &aside).unwrap();
    missing(issue(&desk, "gap", &identity_card(), later(600)));
    copy(&aside, &kept(4));
    issue(&desk, "whole", &identity_card(), later(600)).unwrap();
}

#[test]
fn what_is_announced_counts_from_its_time_before_it_is_kept() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let later = |seconds| now().plus(seconds);
    publish(home, &[put(card(), later(900))], Some(later(300)), later(1));
    // As if the process had ended between publishing and keeping.
    std::fs::remove_file(home.dir().join("catalog/history/00000002.jwt")).unwrap();
    issue(&desk, "1", &identity_card(), later(299)).unwrap();
    assert_eq!(refusal(issue(&desk, "2", &identity_card(), later(300))), CatalogRefusal::NotYet(later(900)));
}

impl Prefecture {
    fn desk_license(&self, desk: &Desk) -> boyin::model::id::LicenseId {
        let events = desk.archive().events(None, 100).unwrap();
        let issued = events.into_iter().find(|event| event.what == EventKind::LicenseIssued).unwrap();
        assert!(self.home.dir().exists());
        issued.license.unwrap()
    }
}

#[test]
fn whoever_drafts_drops_or_signs_leaves_a_trace_and_nothing_is_half_done() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    assert_eq!(home.list_journal::<CatalogEntry>().unwrap(), "");
    let change = end(now().plus(60));
    for nameless in [Order { who: " ".into(), ..by(now()) }, Order { purpose: String::new(), ..by(now()) }] {
        assert!(matches!(home.draft_list::<CatalogEntry>(&change, &nameless), Err(DeskError::Act(_))));
        assert!(matches!(home.discard_list_draft::<CatalogEntry>(&nameless), Err(DeskError::Act(_))));
        let signed = home.sign_list::<CatalogEntry>(None, None, &passphrase(), &nameless);
        assert!(matches!(signed, Err(DeskError::Act(_))));
    }
    home.draft_list::<CatalogEntry>(&change, &by(now())).unwrap();
    let again = home.draft_list::<CatalogEntry>(&change, &by(now()));
    assert!(matches!(again, Err(DeskError::Home(HomeError::ListChange(_)))), "{again:?}");
    assert_eq!(home.list::<CatalogEntry>().unwrap().list.sequence, 1, "nothing is published");
    home.discard_list_draft::<CatalogEntry>(&by(now())).unwrap();
    assert_eq!(home.list_draft::<CatalogEntry>().unwrap(), []);
    home.draft_list::<CatalogEntry>(&change, &by(now())).unwrap();
    let early = home.sign_list::<CatalogEntry>(Some(now().minus(1)), None, &passphrase(), &by(now()));
    assert!(matches!(early, Err(DeskError::Home(HomeError::ListDated { .. }))), "{early:?}");
    assert_eq!(home.list_draft::<CatalogEntry>().unwrap(), [change]);
    let pending =
        home.sign_list::<CatalogEntry>(Some(now().plus(500)), None, &passphrase(), &by(now())).unwrap();
    assert_eq!((pending.sequence, pending.valid_from), (2, now().plus(500)));
    // What is announced does not begin sooner because the list is made anew.
    let renewed = home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now().plus(9))).unwrap();
    assert_eq!((renewed.sequence, renewed.valid_from), (3, now().plus(500)));
    let journal = home.list_journal::<CatalogEntry>().unwrap();
    let deeds: Vec<_> = journal
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["deed"].clone())
        .collect();
    assert_eq!(deeds, ["draft", "discard", "draft", "sign", "sign"]);
    assert_eq!(home.list_history::<CatalogEntry>().unwrap(), [1, 2, 3]);
    assert_eq!(home.list_at::<CatalogEntry>(now().plus(499)).unwrap().1.sequence, 1);
    assert_eq!(home.list_at::<CatalogEntry>(now().plus(500)).unwrap().1.sequence, 3);
    assert!(matches!(home.list_at::<CatalogEntry>(now().minus(1)), Err(HomeError::NoList("catalog"))));
}

#[test]
fn only_the_draft_that_was_seen_is_signed() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let digest = || home.list_draft_digest::<CatalogEntry>().unwrap();
    let prepare = |seconds| home.draft_list::<CatalogEntry>(&end(now().plus(seconds)), &by(now())).unwrap();
    let none = digest();
    prepare(60);
    let seen = digest();
    assert_eq!(digest(), seen);
    assert_eq!(DraftDigest::parse(&seen.to_string()), Some(seen.clone()));
    assert_ne!(none, seen);
    // Somebody puts another draft in its place.
    home.discard_list_draft::<CatalogEntry>(&by(now())).unwrap();
    prepare(90);
    let journal = home.list_journal::<CatalogEntry>().unwrap();
    for asked in [&seen, &none] {
        let refused =
            home.sign_list::<CatalogEntry>(None, Some(asked), &passphrase(), &by(now())).unwrap_err();
        let DeskError::Home(HomeError::DraftChanged { list, asked: told, found }) = refused else {
            panic!("{refused}")
        };
        assert_eq!((list, &told, found), ("catalog", asked, digest()));
    }
    assert_eq!(home.list_journal::<CatalogEntry>().unwrap(), journal);
    // Whoever cannot open the key has signed nothing, and the journal says no such thing.
    let wrong = boyin::Passphrase::new("wrong".to_owned());
    assert!(home.sign_list::<CatalogEntry>(None, Some(&digest()), &wrong, &by(now())).is_err());
    assert_eq!(home.list_journal::<CatalogEntry>().unwrap(), journal);
    let seen = digest();
    let signed = home.sign_list::<CatalogEntry>(None, Some(&seen), &passphrase(), &by(now())).unwrap();
    assert_eq!(signed.sequence, 2);
    let journal = home.list_journal::<CatalogEntry>().unwrap();
    let last: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!((&last["deed"], &last["draft"]), (&"sign".into(), &seen.to_string().into()));
    assert_ne!(digest(), none, "the same changes to another list are another draft");
}

#[test]
fn a_list_of_the_time_before_short_names_had_rules_goes_on() {
    let prefecture = Prefecture::new();
    let mut old =
        published_before(&prefecture.home, |list| card_of(list).fields[0].pinyin = "kz_xb".to_owned());
    let bad = card_of(&mut old).clone();
    let home = Home::open(prefecture.home.dir()).unwrap();
    assert!(home.catalog_fault().is_none(), "{:?}", home.catalog_fault());
    assert_eq!(home.catalog().find("identity-card"), Some(&bad));
    let desk = Desk::open(&home, &passphrase(), now()).unwrap();
    issue(&desk, "1", &identity_card(), now()).unwrap();

    // It is not taken in once more, not even with another term.
    let longer =
        CatalogChange::Put { from: now(), license_type: Box::new(bad.clone()), until: Some(now().plus(900)) };
    let refused = home.draft_list::<CatalogEntry>(&longer, &by(now()));
    let Err(DeskError::Home(HomeError::ListChange(refused))) = refused else { panic!("it is taken in") };
    let ListChangeError::List(ListFault::Entry { fault, .. }) = refused else { panic!("{refused}") };
    assert_eq!(fault, EntryFault::Type { place: Place::Field(0), fault: SpecFault::Pinyin });
    assert_eq!(home.list_draft::<CatalogEntry>().unwrap(), []);

    // What else changes is compared and signed, and the type stays as it is until it is mended.
    let other = CatalogChange::End {
        license_type: Catalog::embedded().find("business-license").unwrap().code,
        at: now().plus(900),
    };
    home.draft_list::<CatalogEntry>(&other, &by(now())).unwrap();
    let drafted = home.drafted_list::<CatalogEntry>(now()).unwrap();
    assert_eq!(old.diff(&drafted).len(), 1);
    let mut signed = home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now())).unwrap();
    assert_eq!((signed.sequence, &*card_of(&mut signed)), (3, &bad));
    issue(&desk, "2", &identity_card(), now().plus(1)).unwrap();
    let mut mended = publish(&home, &[put(card(), now())], None, now().plus(2));
    assert_eq!(*card_of(&mut mended), card());
}

#[test]
fn the_anchor_that_signs_today_signs_the_lists() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let source = boyin::KeySource::Software(boyin::SuiteName::Es256);
    let made = home
        .new_key(KeyOwner::TrustList, &source, None, &by(now()), &passphrase(), &mut SystemRandom)
        .unwrap();
    home.rotate_anchor(&made.kid, &by(now()), &passphrase()).unwrap();
    let home = Home::open(home.dir()).unwrap();
    // That of the old anchor is of its time, and stays good.
    assert!(home.catalog_fault().is_none());
    let (old, _) = home.list_numbered::<CatalogEntry>(1).unwrap();
    let renewed = home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now().plus(5))).unwrap();
    assert_eq!((renewed.sequence, renewed.trust_sequence), (2, 2));
    let (token, _) = home.list_numbered::<CatalogEntry>(2).unwrap();
    assert_eq!(home.anchors().unwrap().signer_of(&token).unwrap().kid, made.kid);
    let alone = boyin::verify::AnchorChain::of(home.anchors().unwrap().latest());
    assert_eq!(alone.load_list::<CatalogEntry>(&old, &all_jws()), Err(TrustError::NotByAnchor));
    let desk = Desk::open(&home, &passphrase(), now()).unwrap();
    issue(&desk, "1", &identity_card(), now().plus(5)).unwrap();
    // Whoever has the old key after the hand-over: a list of its own time, under the next number.
    let pem = std::fs::read_to_string(home.dir().join("keys/trust-list.pem")).unwrap();
    let old = SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &pem, crate::office::PASSPHRASE.as_bytes());
    let old = SigningKey::new(Arc::new(old.unwrap())).unwrap();
    let forged = CatalogList { sequence: 3, trust_sequence: 1, ..renewed };
    let token = old.sign_jws(&signed_list(&forged, old.reference())).unwrap();
    std::fs::write(home.dir().join("catalog/list.jwt"), token).unwrap();
    let refused = issue(&desk, "2", &identity_card(), now().plus(6));
    let by_anchor =
        matches!(refused, Err(DeskError::Home(HomeError::List { source: TrustError::NotByAnchor, .. })));
    assert!(by_anchor, "{refused:?}");
}

#[test]
fn a_directory_of_an_earlier_release_issues_once_its_catalog_is_signed() {
    let prefecture = Prefecture::new();
    let dir = prefecture.home.dir().to_owned();
    for name in ["catalog", "sharing"] {
        std::fs::remove_dir_all(dir.join(name)).unwrap();
    }
    std::fs::write(dir.join("catalog.toml"), boyin::model::catalog::EMBEDDED).unwrap();
    let home = Home::open(&dir).unwrap();
    assert!(home.catalog().find("identity-card").is_some());
    assert!(matches!(home.list::<CatalogEntry>(), Err(HomeError::NoList("catalog"))));
    let desk = Desk::open(&home, &passphrase(), now()).unwrap();
    let refused = issue(&desk, "1", &identity_card(), now());
    assert!(matches!(refused, Err(DeskError::Home(HomeError::NoList("catalog")))), "{refused:?}");
    let first = home.sign_list::<SharingEntry>(None, None, &passphrase(), &by(now())).unwrap();
    assert_eq!((first.sequence, first.entries.len()), (1, 0));
    let first = home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now())).unwrap();
    assert_eq!((first.sequence, first.entries.len()), (1, Catalog::embedded().types().count()));
    issue(&desk, "2", &identity_card(), now()).unwrap();
}

#[test]
fn a_damaged_catalog_keeps_from_issuing_and_from_nothing_else() {
    let prefecture = Prefecture::new();
    let receipt = prefecture.issue();
    let dir = prefecture.home.dir().join("catalog");
    std::fs::write(dir.join("list.jwt"), b"x").unwrap();
    std::fs::write(dir.join("history/00000001.jwt"), b"x").unwrap();
    let home = Home::open(prefecture.home.dir()).unwrap();
    assert!(matches!(home.catalog_fault(), Some(HomeError::List { .. })));
    let desk = Desk::open(&home, &passphrase(), now()).unwrap();
    let refused = issue(&desk, "2", &identity_card(), now());
    assert!(matches!(refused, Err(DeskError::Home(HomeError::List { .. }))), "{refused:?}");
    let change = boyin::archive::StatusChange::new(boyin::archive::Change::Revoke, "测试");
    // Nor is a holder closed: which types outlive a holder is not known.
    let citizen = boyin::model::id::HolderCodeType::CitizenId;
    let holder = boyin::model::id::HolderCode::new(citizen, crate::office::citizen().as_str()).unwrap();
    let many = boyin::Many::Holder(holder, boyin::archive::HolderEnd::Death);
    let sign_off = boyin::archive::SignOff {
        digest: boyin::archive::PlanDigest::parse(&"0".repeat(64)).unwrap(),
        second: "窗口二号".to_owned(),
    };
    let cancel = boyin::archive::StatusChange::new(boyin::archive::Change::Cancel, "测试");
    let closed = desk.change_many(&many, &cancel, &sign_off, &order(police(), "h"));
    assert!(matches!(closed, Err(DeskError::Home(HomeError::List { .. }))), "{closed:?}");
    // What names its licenses needs no catalog; this sign-off is of another plan.
    let named = boyin::Many::Licenses(vec![receipt.license_id.clone()]);
    let changed = desk.change_many(&named, &cancel, &sign_off, &order(police(), "n"));
    assert!(matches!(changed, Err(DeskError::Archive(_))), "{changed:?}");
    desk.change_status(&receipt.license_id, &change, &order(police(), "r")).unwrap();
}

/// What was signed is verified whatever its grade; where the bytes have no form any more, that is what is told.
#[test]
fn a_damaged_license_of_grade_b_is_told_when_a_backup_is_verified() {
    let prefecture = Prefecture::new();
    let of = prefecture.issue().license_id;
    let desk = prefecture.desk();
    let filed = desk.archive().get(&of).unwrap().unwrap();
    let holder = HolderCode::new(HolderCodeType::CitizenId, citizen().as_str()).unwrap();
    for (copy, grade) in [("20260601COPY0001", Grade::B), ("20260601COPY0002", Grade::C)] {
        let id = LicenseId::new(of.license_type(), of.issuer(), copy, 1).unwrap();
        let mut record = LicenseRecord { id, grade, ..filed.clone() };
        record.credential[0] = b'!';
        let slot = record.slot.as_mut().unwrap();
        slot.index = (0..64).find(|index| desk.archive().slot_is_free(&slot.list, *index).unwrap()).unwrap();
        let act = Act::new("窗口一号", police(), "测试", now(), copy, [1; 32]).unwrap();
        desk.archive().file(&act, &Filing { record, holder: holder.clone() }).unwrap();
    }
    drop(desk);
    let to = prefecture.dir.path().join("backup");
    let _ =
        prefecture.home.back_up(&to, None, BackupKeys::Include, &passphrase(), now(), &mut |_| {}).unwrap();
    let report = boyin::HomeBackup::open(&to, None, &passphrase()).unwrap().verify(&mut |_| {}).unwrap();
    let damaged: Vec<_> = report.licenses.iter().map(|fault| (fault.id.serial(), fault.check)).collect();
    assert_eq!(damaged, [("20260601COPY0001", boyin::verify::Check::Format)]);
    assert_eq!((report.verified, report.unsealed, report.sound()), (2, 1, false));
}

#[test]
fn a_backup_holds_the_lists() {
    let prefecture = Prefecture::new();
    let to = prefecture.dir.path().join("backup");
    let receipt =
        prefecture.home.back_up(&to, None, BackupKeys::Include, &passphrase(), now(), &mut |_| {}).unwrap();
    assert!(receipt.left_out.is_empty(), "{:?}", receipt.left_out);
    let restored = prefecture.dir.path().join("restored");
    let backup = boyin::HomeBackup::open(&to, None, &passphrase()).unwrap();
    assert!(backup.verify(&mut |_| {}).unwrap().sound());
    backup.restore(&restored, &mut |_| {}).unwrap();
    let home = Home::open(&restored).unwrap();
    let same = |old: Vec<u8>, new: Vec<u8>| assert_eq!(old, new);
    same(prefecture.home.list::<CatalogEntry>().unwrap().token, home.list::<CatalogEntry>().unwrap().token);
    same(prefecture.home.list::<SharingEntry>().unwrap().token, home.list::<SharingEntry>().unwrap().token);
}
