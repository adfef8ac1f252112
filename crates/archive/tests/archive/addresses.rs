//! One license at several addresses, several licenses at one, and nothing of it in the clear.

use boyin_archive::{
    Archive, ArchiveError, Batch, Change, EventKind, MAX_ADDRESSES, Outcome, Resealing, Store, StoreError,
    Table,
};
use boyin_model::address::Address;
use boyin_model::id::LicenseId;

use crate::check::check_sound;
use crate::damage::every_damage_is_found;
use crate::fixtures::{act, change, filing, filing_for, fresh, holder, id, reopened};
use crate::versions::succeed;

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn add(archive: &Archive, key: &str, n: u32, text: &str) -> Result<Outcome, ArchiveError> {
    archive.add_address(&act(key), &id(n), &address(text), "依申请")
}

/// One act of each kind, on a license of its own.
pub(crate) fn each_act(archive: &Archive) {
    archive.file(&act("file 70"), &filing(70)).unwrap();
    add(archive, "address 1", 70, "北京路1号").unwrap();
    add(archive, "address 2", 70, "北京路2号").unwrap();
    archive.remove_address(&act("address 3"), &id(70), &address("北京路1号"), "迁出").unwrap();
}

fn of(archive: &Archive, id: &LicenseId) -> Vec<String> {
    let mut texts: Vec<_> =
        archive.addresses(id).unwrap().into_iter().map(|address| address.as_str().to_owned()).collect();
    texts.sort();
    texts
}

fn at(archive: &Archive, text: &str) -> Vec<LicenseId> {
    archive.licenses_at(&address(text), None, 100).unwrap()
}

/// Two licenses of two holders.
fn filled() -> (Archive, std::sync::Arc<crate::stores::TestStore>) {
    let (archive, store) = fresh();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    archive.file(&act("file 2"), &filing_for(1, 2, 0)).unwrap();
    (archive, store)
}

#[test]
fn licenses_and_addresses_are_many_to_many() {
    let (archive, store) = filled();
    let added = add(&archive, "a", 1, "北京路1号").unwrap();
    assert_eq!((added.what, added.license), (EventKind::AddressAdded, Some(id(1))));
    add(&archive, "b", 1, "北京路2号").unwrap();
    add(&archive, "c", 2, " 北京路１号 ").unwrap();
    let archive = reopened(archive, &store);
    assert_eq!(of(&archive, &id(1)), ["北京路1号", "北京路2号"]);
    assert_eq!(at(&archive, "北京路1号"), [id(1), id(2)], "in another spelling, too");
    assert_eq!(archive.licenses_at(&address("北京路1号"), Some(&id(1)), 1).unwrap(), [id(2)]);
    assert!(matches!(
        archive.licenses_at(&address("北京路1号"), None, 0),
        Err(ArchiveError::BadLimit { .. })
    ));
    assert_eq!(at(&archive, "北京路3号"), []);
    assert!(matches!(add(&archive, "d", 1, "北京路１号"), Err(ArchiveError::AddressThere)));
    let remove =
        |key: &str, n: u32, text: &str| archive.remove_address(&act(key), &id(n), &address(text), "迁出");
    assert!(matches!(remove("e", 2, "北京路2号"), Err(ArchiveError::AddressMissing)));
    assert_eq!(remove("f", 1, "北京路1号").unwrap().what, EventKind::AddressRemoved);
    assert_eq!(
        (of(&archive, &id(1)), at(&archive, "北京路1号")),
        (vec!["北京路2号".to_owned()], vec![id(2)])
    );
    assert!(remove("f", 1, "北京路1号").unwrap().replayed);
    add(&archive, "g", 1, "北京路1号").unwrap();
    assert!(matches!(add(&archive, "h", 9, "北京路1号"), Err(ArchiveError::NotFound)));
    let blank = archive.add_address(&act("i"), &id(1), &address("北京路9号"), " ");
    assert!(matches!(blank, Err(ArchiveError::Reason)));
    let event = archive.events_of(&id(1), None, 100).unwrap().pop().unwrap();
    assert!(!event.detail.contains("北京路") && event.subject.is_some());
    let _ = check_sound(&archive);
}

#[test]
fn the_disk_tells_no_address() {
    let (archive, store) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    for table in Table::ALL {
        for (key, value) in store.scan(table, &[], None, 100).unwrap() {
            for bytes in [key, value] {
                assert!(!bytes.windows(9).any(|part| part == "北京路".as_bytes()), "{table}");
            }
        }
    }
}

#[test]
fn the_next_version_has_the_addresses_and_the_old_one_keeps_them() {
    let (archive, _) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    add(&archive, "b", 1, "北京路2号").unwrap();
    let next = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    assert_eq!(of(&archive, &next), of(&archive, &id(1)));
    assert_eq!(at(&archive, "北京路2号"), [id(1), next.clone()]);
    let refused = add(&archive, "c", 1, "北京路3号");
    assert!(matches!(refused, Err(ArchiveError::NotHead { head }) if *head == next));
    archive.add_address(&act("d"), &next, &address("北京路3号"), "增设").unwrap();
    assert_eq!((of(&archive, &id(1)).len(), of(&archive, &next).len()), (2, 3));
    let _ = check_sound(&archive);
}

#[test]
fn a_license_has_no_more_addresses_than_the_limit() {
    let (archive, _) = filled();
    for n in 0..MAX_ADDRESSES {
        add(&archive, &format!("{n}"), 1, &format!("北京路{n}号")).unwrap();
    }
    assert!(matches!(add(&archive, "more", 1, "南京路1号"), Err(ArchiveError::AddressTooMany)));
    assert_eq!(of(&archive, &id(1)).len(), MAX_ADDRESSES);
    let next = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    assert_eq!(of(&archive, &next).len(), MAX_ADDRESSES);
}

/// More than the limit, as acts at once once let in: one is away while another one is entered.
#[test]
fn every_address_counts_however_many_there_are() {
    let (archive, store) = filled();
    for n in 0..MAX_ADDRESSES {
        add(&archive, &format!("{n}"), 1, &format!("北京路{n}号")).unwrap();
    }
    let table = Table::LicenseAddress;
    let (key, sealed) = store.scan(table, &[], None, 1).unwrap().remove(0);
    store.commit(Batch::new().delete(table, key.as_slice())).unwrap();
    add(&archive, "more", 1, "南京路1号").unwrap();
    store.commit(Batch::new().put(table, key, sealed)).unwrap();
    let all = of(&archive, &id(1));
    assert_eq!(all.len(), MAX_ADDRESSES + 1);
    let next = succeed(&archive, "renew", 1, &id(1)).unwrap().license.unwrap();
    assert_eq!(of(&archive, &next), all);
    let last = archive.addresses(&next).unwrap().pop().unwrap();
    archive.remove_address(&act("remove"), &next, &last, "迁出").unwrap();
    assert!(matches!(
        archive.add_address(&act("again"), &next, &last, "增设"),
        Err(ArchiveError::AddressTooMany)
    ));
    assert_eq!(of(&archive, &next).len(), MAX_ADDRESSES);
    let _ = check_sound(&archive);
}

#[test]
fn an_erased_license_is_at_no_address() {
    let (archive, store) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    add(&archive, "b", 2, "北京路1号").unwrap();
    archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    assert_eq!(at(&archive, "北京路1号"), [id(2)]);
    assert_eq!(store.scan(Table::LicenseAddress, &[], None, 10).unwrap().len(), 1);
    assert!(matches!(add(&archive, "c", 1, "北京路1号"), Err(ArchiveError::Erased { .. })));
    archive.change_status(&act("revoke"), &id(2), &change(Change::Revoke)).unwrap();
    assert_eq!(archive.list_by_holder(&holder(0), None, 10).unwrap().items.len(), 0);
    let _ = check_sound(&archive);
}

#[test]
fn an_erasure_takes_out_every_address_however_many_there_are() {
    let (archive, store) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    let (_, sealed) = store.scan(Table::LicenseAddress, &[], None, 1).unwrap().remove(0);
    // As acts at once could let them in.
    let license = id(1).as_str().as_bytes().to_vec();
    let more = (0..=250_u8).fold(Batch::new(), |batch, n| {
        let digest = vec![n; 32];
        let key = [license.clone(), vec![0], digest.clone()].concat();
        let batch = batch.put(Table::LicenseAddress, key, sealed.clone());
        batch.put(Table::LicenseByAddress, [digest, license.clone()].concat(), [])
    });
    store.commit(more).unwrap();
    archive.purge(&act("purge"), &id(1), "乙", "依法删除").unwrap();
    for table in [Table::LicenseAddress, Table::LicenseByAddress] {
        assert_eq!(store.scan(table, &[], None, 1000).unwrap().len(), 0, "{table}");
    }
    let _ = check_sound(&archive);
}

#[test]
fn an_erasure_that_failed_halfway_scrubs_the_addresses_when_it_is_done_again() {
    let (archive, store) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    let purge = |key: &str| archive.purge(&act(key), &id(1), "乙", "依法删除");
    store.fail_scrub();
    let failed = purge("purge");
    assert!(matches!(failed, Err(ArchiveError::Store(StoreError::Io(_)))), "{failed:?}");
    assert_eq!(store.scrubbed(), []);
    let all = [Table::RecordKey, Table::License, Table::LicenseAddress, Table::DecisionInput];
    // Under the same key, and under that of somebody who knows nothing of the first one.
    for key in ["purge", "another"] {
        assert!(purge(key).unwrap().replayed);
        assert_eq!(store.scrubbed(), all, "{key}");
    }
}

#[test]
fn addresses_outlive_a_change_of_the_data_key() {
    let (archive, store) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    archive.rotate_key(&act("rotate")).unwrap();
    while archive.reseal(5).unwrap() != Resealing::Done {}
    archive.retire_keys(&act("retire")).unwrap();
    let archive = reopened(archive, &store);
    assert_eq!((of(&archive, &id(1)).len(), at(&archive, "北京路1号")), (1, vec![id(1)]));
    let _ = check_sound(&archive);
}

#[test]
fn every_damage_to_an_address_is_found() {
    let (archive, store) = filled();
    add(&archive, "a", 1, "北京路1号").unwrap();
    add(&archive, "b", 1, "北京路2号").unwrap();
    every_damage_is_found(&store, Table::LicenseAddress, || archive.addresses(&id(1)).map(drop));
}
