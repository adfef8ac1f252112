//! The sharing list: what it does not name is not given, every decision is in the log before it is told, and no list leads out
//! of the catalog.

use boyin::archive::{ArchiveError, EventKind};
use boyin::model::catalog::{Catalog, CatalogChange, CatalogEntry};
use boyin::model::sharing::{ShareRefusal, SharingChange, SharingEntry, SharingScope};
use boyin::model::time::UnixTime;
use boyin::{Desk, DeskError, Home, HomeError, Order};

use crate::office::{Prefecture, market, now, order, passphrase, police};
use crate::window::card;

fn by(at: UnixTime) -> Order {
    Order { at, ..order(police(), "list") }
}

fn share(fields: &[&str], from: UnixTime, until: Option<UnixTime>) -> SharingChange {
    SharingChange::Share {
        entry: Box::new(SharingEntry {
            agency: market(),
            agency_name: "测试市市场监督管理局".to_owned(),
            fields: fields.iter().map(|name| (*name).to_owned()).collect(),
            from,
            item: "item-1".to_owned(),
            item_name: "个体工商户登记".to_owned(),
            license_type: card(),
            scope: SharingScope::Departments,
            until,
        }),
    }
}

fn publish(home: &Home, change: &SharingChange, at: UnixTime) {
    home.draft_list::<SharingEntry>(change, &by(at)).unwrap();
    home.sign_list::<SharingEntry>(None, None, &passphrase(), &by(at)).unwrap();
}

fn ask(
    desk: &Desk,
    item: &str,
    fields: &[&str],
    key: &str,
    at: UnixTime,
) -> Result<Vec<String>, ShareRefusal> {
    let order = Order { at, ..order(market(), key) };
    let decision = desk.decide_sharing(item, card(), fields, &order).unwrap();
    let event = desk.archive().events(Some(decision.event - 1), 1).unwrap().remove(0);
    assert_eq!(event.what, EventKind::SharingDecided);
    assert_eq!((event.office, event.why.as_str(), event.at), (market(), "办理证照", at));
    match &decision.answer {
        Ok(shared) => assert!(event.detail.contains(&shared.fields.join(",")), "{}", event.detail),
        Err(refusal) => assert!(event.detail.contains(refusal.code()), "{}", event.detail),
    }
    assert!(
        !event.detail.contains("evil"),
        "what a requester writes does not get into the log: {}",
        event.detail
    );
    decision.answer.map(|shared| shared.fields)
}

#[test]
fn only_what_the_list_names_is_given_and_each_decision_is_in_the_log() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let later = |seconds| now().plus(seconds);
    assert_eq!(ask(&desk, "item-1", &["sex"], "1", now()), Err(ShareRefusal::AgencyUnknown));
    publish(home, &share(&["address", "holder_name"], later(10), Some(later(100))), later(1));
    assert_eq!(ask(&desk, "item-1", &["address"], "2", later(9)), Err(ShareRefusal::NotYet(later(10))));
    assert_eq!(ask(&desk, "item-1", &["evil", "address"], "3", later(10)), Ok(vec!["address".to_owned()]));
    assert_eq!(ask(&desk, "evil", &["address"], "4", later(10)), Err(ShareRefusal::NotShared));
    assert_eq!(ask(&desk, "item-1", &["sex"], "5", later(10)), Err(ShareRefusal::FieldsNotShared));
    assert_eq!(ask(&desk, "item-1", &["address"], "6", later(100)), Err(ShareRefusal::TermEnded(later(100))));
    // Refused is refused: the same question at another instant is another one.
    let again = Order { at: later(10), ..order(market(), "2") };
    let again = desk.decide_sharing("item-1", card(), &["address"], &again);
    let conflict = matches!(again, Err(DeskError::Archive(ArchiveError::IdempotencyConflict { .. })));
    assert!(conflict, "{again:?}");
    // The same request again is the same event.
    let order = Order { at: later(10), ..order(market(), "3") };
    let before = desk.archive().last_event().unwrap();
    desk.decide_sharing("item-1", card(), &["evil", "address"], &order).unwrap();
    assert_eq!(desk.archive().last_event().unwrap(), before);
    let other = desk.decide_sharing("item-1", card(), &["address"], &order);
    assert!(matches!(other, Err(DeskError::Archive(_))), "{other:?}");
    let nameless = Order { purpose: " ".to_owned(), ..order };
    let refused = desk.decide_sharing("item-1", card(), &["address"], &nameless);
    assert!(matches!(refused, Err(DeskError::Act(_))), "{refused:?}");
}

#[test]
fn a_repetition_has_the_answer_that_is_in_the_log() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let conflict = |key, fields: &[&str]| {
        let again = desk.decide_sharing("item-1", card(), fields, &order(market(), key));
        let conflict = matches!(again, Err(DeskError::Archive(ArchiveError::IdempotencyConflict { .. })));
        assert!(conflict, "{again:?}");
    };
    assert_eq!(ask(&desk, "item-1", &["address"], "1", now()), Err(ShareRefusal::AgencyUnknown));
    // A list of the same second.
    publish(home, &share(&["address", "holder_name"], now(), None), now());
    conflict("1", &["address"]);
    // Two fields are not one with both names in it.
    assert_eq!(ask(&desk, "item-1", &["address\0sex"], "2", now()), Err(ShareRefusal::FieldsNotShared));
    conflict("2", &["address", "sex"]);
    // A catalog of the same second, which has lost the field.
    let asked = ["address", "holder_name"];
    assert_eq!(ask(&desk, "item-1", &asked, "3", now()), Ok(asked.map(str::to_owned).to_vec()));
    let mut narrower = Catalog::embedded().find("identity-card").unwrap().clone();
    narrower.fields.retain(|field| field.name != "address");
    let change = CatalogChange::Put { from: now(), license_type: Box::new(narrower), until: None };
    home.draft_list::<CatalogEntry>(&change, &by(now())).unwrap();
    home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now())).unwrap();
    conflict("3", &asked);
}

#[test]
fn without_the_list_in_force_the_one_before_it_gives_nothing() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let later = |seconds| now().plus(seconds);
    let wide = share(&["address", "holder_name"], now(), None);
    publish(home, &wide, now());
    publish(home, &share(&["address"], later(10), None), later(10));
    home.sign_list::<SharingEntry>(Some(later(500)), None, &passphrase(), &by(later(11))).unwrap();
    let both = ["address", "holder_name"];
    assert_eq!(ask(&desk, "item-1", &both, "1", later(20)), Ok(vec!["address".to_owned()]));
    let kept = home.dir().join("sharing/history/00000003.jwt");
    let aside = home.dir().join("aside");
    std::fs::rename(&kept, &aside).unwrap();
    let decide = |key| {
        let order = Order { at: later(20), ..order(market(), key) };
        desk.decide_sharing("item-1", card(), &both, &order)
    };
    let refused = decide("2");
    assert!(matches!(refused, Err(DeskError::Home(HomeError::File { .. }))), "{refused:?}");
    // Nor is anything given by an older one under its number.
    std::fs::copy(home.dir().join("sharing/history/00000002.jwt"), &kept).unwrap();
    let refused = decide("3");
    assert!(matches!(refused, Err(DeskError::Home(HomeError::KeptUnder { found: 2, .. }))), "{refused:?}");
    std::fs::copy(&aside, &kept).unwrap();
    assert_eq!(ask(&desk, "item-1", &both, "4", later(20)), Ok(vec!["address".to_owned()]));
}

#[test]
fn lists_that_have_not_changed_are_not_read_again() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    publish(home, &share(&["address"], now(), None), now());
    desk.log_lists(now()).unwrap();
    let end = desk.archive().last_event().unwrap();
    // Whoever verified a list would find this.
    let handovers = home.dir().join("trust/handovers.jwt");
    std::fs::write(&handovers, "none").unwrap();
    assert!(home.list::<SharingEntry>().is_err());
    desk.log_lists(now().plus(1)).unwrap();
    std::fs::remove_file(&handovers).unwrap();
    for seconds in [2, 3] {
        let at = now().plus(seconds);
        home.sign_list::<SharingEntry>(None, None, &passphrase(), &by(at)).unwrap();
        desk.log_lists(at).unwrap();
    }
    assert_eq!(desk.archive().last_event().unwrap(), end + 2);
    // A list that is refused is refused each time.
    std::fs::write(home.dir().join("catalog/list.jwt"), "none").unwrap();
    let _ = std::fs::remove_file(home.dir().join("catalog/history/00000001.jwt"));
    for _ in 0..2 {
        let refused = desk.log_lists(now().plus(4));
        assert!(matches!(refused, Err(DeskError::Home(HomeError::List { .. }))), "{refused:?}");
    }
}

#[test]
fn a_sharing_list_stays_within_the_catalog() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    let draft = |change: &SharingChange| home.draft_list::<SharingEntry>(change, &by(now()));
    let outside = draft(&share(&["engine_number"], now(), None));
    assert!(matches!(outside, Err(DeskError::Home(HomeError::ListChange(_)))), "{outside:?}");
    publish(home, &share(&["address", "holder_name"], now(), None), now());
    assert_eq!(ask(&desk, "item-1", &["address"], "1", now()), Ok(vec!["address".to_owned()]));
    // The catalog loses the field: it is given no longer, and the list cannot be made anew before it is mended.
    let mut narrower = Catalog::embedded().find("identity-card").unwrap().clone();
    narrower.fields.retain(|field| field.name != "address");
    let change = CatalogChange::Put { from: now(), license_type: Box::new(narrower), until: None };
    home.draft_list::<CatalogEntry>(&change, &by(now())).unwrap();
    home.sign_list::<CatalogEntry>(None, None, &passphrase(), &by(now().plus(1))).unwrap();
    assert_eq!(
        ask(&desk, "item-1", &["address", "holder_name"], "2", now().plus(1)),
        Ok(vec!["holder_name".to_owned()])
    );
    let again = home.sign_list::<SharingEntry>(None, None, &passphrase(), &by(now().plus(2)));
    assert!(matches!(again, Err(DeskError::Home(HomeError::ListChange(_)))), "{again:?}");
    publish(home, &share(&["holder_name"], now().plus(3), None), now().plus(3));
}

#[test]
fn without_a_list_nothing_is_given() {
    let prefecture = Prefecture::new();
    let (home, desk) = (&prefecture.home, prefecture.desk());
    publish(home, &share(&["address"], now(), None), now());
    ask(&desk, "item-1", &["address"], "1", now()).unwrap();
    let place = home.dir().join("sharing");
    // An older list, from which the entry has not yet been: nothing is decided by it.
    std::fs::copy(place.join("history/00000001.jwt"), place.join("list.jwt")).unwrap();
    std::fs::remove_file(place.join("history/00000002.jwt")).unwrap();
    let order = |key| Order { at: now(), ..order(market(), key) };
    let refused = desk.decide_sharing("item-1", card(), &["address"], &order("2"));
    assert!(matches!(refused, Err(DeskError::Home(HomeError::ListRollback { .. }))), "{refused:?}");
    std::fs::remove_dir_all(&place).unwrap();
    let refused = desk.decide_sharing("item-1", card(), &["address"], &order("3"));
    assert!(matches!(refused, Err(DeskError::Home(HomeError::NoList("sharing")))), "{refused:?}");
}
