use boyin_model::catalog::CatalogList;
use boyin_model::listing::{Entry, SignedList};
use boyin_model::sharing::{ShareRequest, SharingList, sharing_decision};
use boyin_suite::Algorithm;

use crate::lists;
use crate::prefecture::Prefecture;

/// Entries of a list that are looked at more closely.
const LOOKED_AT: usize = 4;

/// Reads the payload of a list: what is read has one spelling, and another reader of JSON sees the same.
fn read<E: Entry>(data: &[u8]) -> Option<SignedList<E>> {
    let list = SignedList::<E>::read(data).ok()?;
    assert_eq!(list.write(), data, "accepted bytes are the only spelling");
    let other: SignedList<E> = serde_json::from_slice(data).expect("another reader accepts it");
    assert_eq!(other, list);
    assert_eq!(list.check(), Ok(()));
    assert!(list.diff(&list).is_empty() && list.may_replace(&list));
    let empty = SignedList { entries: Vec::new(), ..list.clone() };
    assert_eq!(empty.diff(&list).len(), list.diff(&empty).len(), "what comes one way goes the other");
    Some(list)
}

/// Lists of license types: they read back, no two types share a name, and exactly what one says is admitted in its time.
///
/// # Panics
/// If a promise is broken.
pub fn catalog_list(data: &[u8]) {
    let Some(list): Option<CatalogList> = read(data) else { return };
    let catalog = list.catalog();
    for entry in list.entries.iter().take(LOOKED_AT) {
        let license_type = &entry.license_type;
        assert_eq!(catalog.find(&license_type.key), Some(license_type));
        for at in [list.valid_from, entry.from, entry.from.minus(1), entry.until.unwrap_or(entry.from)] {
            let admitted = list.counts_at(at).is_ok() && entry.in_force(at);
            assert_eq!(list.admits(license_type, at).is_ok(), admitted);
        }
    }
}

/// Sharing lists: they read back, and what is given is asked for, named by an entry in its time, and known to the catalog.
///
/// # Panics
/// If a promise is broken.
pub fn sharing_list(data: &[u8]) {
    let Some(list): Option<SharingList> = read(data) else { return };
    let catalog = lists::catalog_list(&Prefecture::new(Algorithm::Es256));
    for entry in list.entries.iter().take(LOOKED_AT) {
        let mut fields: Vec<_> = entry.fields.iter().map(String::as_str).take(LOOKED_AT).collect();
        fields.push("holder_code");
        for at in [list.valid_from, entry.from, entry.until.unwrap_or(catalog.valid_from)] {
            let request = ShareRequest {
                agency: entry.agency,
                item: &entry.item,
                license_type: entry.license_type,
                fields: &fields,
                at,
                purpose: "办理",
            };
            let Ok(shared) = sharing_decision(&list, &catalog, &request) else { continue };
            assert!(list.counts_at(at).is_ok() && catalog.entry(entry.license_type).is_some());
            let given = |name: &String| {
                fields.contains(&name.as_str())
                    && list.entries.iter().any(|entry| {
                        entry.agency == request.agency
                            && entry.item == request.item
                            && entry.license_type == request.license_type
                            && entry.in_force(at)
                            && entry.fields.contains(name)
                    })
            };
            assert!(!shared.fields.is_empty() && shared.fields.iter().all(given));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracles_accept_what_is_right() {
        let prefecture = Prefecture::new(Algorithm::Sm2);
        let (catalog, sharing) = (lists::catalog_list(&prefecture), lists::sharing_list(&prefecture));
        assert!(CatalogList::read(&catalog.write()).is_ok() && SharingList::read(&sharing.write()).is_ok());
        catalog_list(&catalog.write());
        sharing_list(&sharing.write());
        catalog_list(&sharing.write());
        sharing_list(b"{}");
        for (seed, read) in [
            (&include_bytes!("../../../../fuzz/corpus/catalog_list/list")[..], true),
            (&include_bytes!("../../../../fuzz/corpus/catalog_list/spelling")[..], false),
        ] {
            assert_eq!(CatalogList::read(seed).is_ok(), read);
            catalog_list(seed);
        }
        for (seed, read) in [
            (&include_bytes!("../../../../fuzz/corpus/sharing_list/list")[..], true),
            (&include_bytes!("../../../../fuzz/corpus/sharing_list/overlap")[..], false),
        ] {
            assert_eq!(SharingList::read(seed).is_ok(), read);
            sharing_list(seed);
        }
    }
}
