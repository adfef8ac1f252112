use super::*;
use crate::catalog::{Catalog, CatalogEntry, CatalogList};
use crate::id::{CreditCode, DivisionCode, LicenseTypeCode};
use crate::listing::{Entry as _, EntryFault, LIST_FORMAT, ListChangeError, ListFault, SignedList, Untimely};
use crate::time::UnixTime;
use crate::trust::Effect;

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

fn agency(number: u32) -> CreditCode {
    let number = format!("{number:08}");
    let check = CreditCode::organization_check(&number).unwrap();
    CreditCode::compute(&format!("11652700{number}{check}")).unwrap()
}

fn card() -> LicenseTypeCode {
    Catalog::embedded().find("identity-card").unwrap().code
}

fn title() -> LicenseTypeCode {
    Catalog::embedded().find("real-estate-title").unwrap().code
}

fn signed<E>(entries: Vec<E>) -> SignedList<E> {
    SignedList {
        authority: "样本州政务服务管理局".to_owned(),
        authority_code: agency(9),
        division: DivisionCode::parse("652700").unwrap(),
        entries,
        format: LIST_FORMAT,
        issued_at: at(1),
        next_update: at(1000),
        sequence: 5,
        trust_sequence: 1,
        valid_from: at(1),
    }
}

fn catalog() -> CatalogList {
    let entry = |license_type: &crate::catalog::LicenseType| CatalogEntry {
        from: at(1),
        license_type: license_type.clone(),
        until: None,
    };
    SignedList { sequence: 2, ..signed(Catalog::embedded().types().map(entry).collect()) }
}

fn entry(
    of: u32,
    item: &str,
    license_type: LicenseTypeCode,
    fields: &[&str],
    term: (u64, Option<u64>),
) -> SharingEntry {
    SharingEntry {
        agency: agency(of),
        agency_name: format!("机构{of}"),
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        from: at(term.0),
        item: item.to_owned(),
        item_name: "某事项".to_owned(),
        license_type,
        scope: SharingScope::Departments,
        until: term.1.map(at),
    }
}

fn request<'r>(of: u32, item: &'r str, fields: &'r [&'r str], seconds: u64) -> ShareRequest<'r> {
    ShareRequest {
        agency: agency(of),
        item,
        license_type: card(),
        fields,
        at: at(seconds),
        purpose: "办理某事项",
    }
}

#[test]
fn each_refusal_has_a_request_that_only_it_refuses() {
    let list = signed(vec![
        entry(1, "a", card(), &["address", "holder_name"], (10, Some(20))),
        entry(1, "a", card(), &["address"], (30, Some(40))),
        entry(1, "b", title(), &["location"], (10, None)),
    ]);
    let catalog = catalog();
    let ask = |request: ShareRequest<'_>| sharing_decision(&list, &catalog, &request);
    let good = request(1, "a", &["sex", "holder_name", "address", "address"], 10);
    let fields = vec!["address".into(), "holder_name".into()];
    let shared = Shared { fields, withheld: 1, scope: SharingScope::Departments, by: (5, 2) };
    assert_eq!(ask(good), Ok(shared));
    for purpose in ["", " ", "一\n二", &"长".repeat(201)] {
        assert_eq!(ask(ShareRequest { purpose, ..good }), Err(ShareRefusal::Purpose));
    }
    assert!(ask(ShareRequest { purpose: &"长".repeat(200), ..good }).is_ok());
    let many = vec!["address"; crate::limits::MAX_SHARED_FIELDS + 1];
    for fields in [&[][..], &many] {
        assert_eq!(ask(ShareRequest { fields, ..good }), Err(ShareRefusal::Fields));
    }
    assert!(ask(ShareRequest { fields: &many[1..], ..good }).is_ok());
    let unknown = LicenseTypeCode::parse("11100000MB03271699022").unwrap();
    assert_eq!(ask(ShareRequest { license_type: unknown, ..good }), Err(ShareRefusal::TypeNotListed));
    assert_eq!(ask(ShareRequest { agency: agency(2), ..good }), Err(ShareRefusal::AgencyUnknown));
    assert_eq!(ask(ShareRequest { item: "b", ..good }), Err(ShareRefusal::NotShared));
    assert_eq!(ask(ShareRequest { item: "", ..good }), Err(ShareRefusal::NotShared));
    assert_eq!(ask(ShareRequest { license_type: title(), ..good }), Err(ShareRefusal::NotShared));
    assert_eq!(ask(ShareRequest { at: at(9), ..good }), Err(ShareRefusal::NotYet(at(10))));
    assert!(ask(ShareRequest { at: at(19), ..good }).is_ok());
    assert_eq!(ask(ShareRequest { at: at(20), ..good }), Err(ShareRefusal::NotYet(at(30))));
    assert_eq!(ask(ShareRequest { at: at(40), ..good }), Err(ShareRefusal::TermEnded(at(40))));
    assert_eq!(ask(ShareRequest { fields: &["sex"], ..good }), Err(ShareRefusal::FieldsNotShared));
    let later = SharingList { valid_from: at(11), ..list.clone() };
    assert_eq!(sharing_decision(&later, &catalog, &good), Err(ShareRefusal::List(Untimely::NotYet(at(11)))));
    let stale = SharingList { next_update: at(10), ..list.clone() };
    assert_eq!(sharing_decision(&stale, &catalog, &good), Err(ShareRefusal::List(Untimely::Stale(at(10)))));
    let old = CatalogList { next_update: at(10), ..catalog.clone() };
    assert_eq!(sharing_decision(&list, &old, &good), Err(ShareRefusal::Catalog(Untimely::Stale(at(10)))));
    // A field that the catalog no longer knows is not given, whatever the sharing list says.
    let mut narrower = catalog.clone();
    let place = narrower.entries.iter().position(|entry| entry.license_type.code == card()).unwrap();
    narrower.entries[place].license_type.fields.retain(|field| field.name != "address");
    let shared = sharing_decision(&list, &narrower, &good).unwrap();
    assert_eq!(shared.fields, ["holder_name"]);
    let codes: std::collections::HashSet<_> = [
        ShareRefusal::Purpose,
        ShareRefusal::Fields,
        ShareRefusal::TypeNotListed,
        ShareRefusal::AgencyUnknown,
    ]
    .iter()
    .map(|refusal| refusal.code())
    .collect();
    assert_eq!(codes.len(), 4);
}

/// What the rules say, without order, without search.
fn naive(entries: &[SharingEntry], request: &ShareRequest<'_>) -> Vec<String> {
    let mut given = Vec::new();
    for name in request.fields {
        let gives = |entry: &&SharingEntry| {
            entry.agency == request.agency
                && entry.item == request.item
                && entry.license_type == request.license_type
                && entry.from <= request.at
                && entry.until.is_none_or(|until| request.at < until)
                && entry.fields.iter().any(|field| field == name)
        };
        if entries.iter().any(|entry| gives(&entry)) {
            given.push((*name).to_owned());
        }
    }
    given
}

/// Every list of up to two entries out of a small world, against every request of it.
#[test]
fn laws_of_sharing_hold_in_every_small_world() {
    let catalog = catalog();
    let mut entries = Vec::new();
    for of in [1, 2] {
        for item in ["a", "b"] {
            for license_type in [card(), title()] {
                for fields in [&["holder_name"][..], &["address", "holder_name"]] {
                    if license_type == title() && fields.len() > 1 {
                        continue;
                    }
                    for term in [(2, Some(4)), (3, None), (4, Some(6))] {
                        entries.push(entry(of, item, license_type, fields, term));
                    }
                }
            }
        }
    }
    let mut requests = Vec::new();
    for of in [1, 2, 3] {
        for item in ["a", "b"] {
            for license_type in [card(), title()] {
                for fields in [&["address"][..], &["holder_name"], &["address", "holder_name", "sex"]] {
                    for seconds in 1..=7 {
                        let request = request(of, item, fields, seconds);
                        requests.push(ShareRequest { license_type, ..request });
                    }
                }
            }
        }
    }
    let given = |list: &SharingList, request: &ShareRequest<'_>| {
        sharing_decision(list, &catalog, request).map(|shared| shared.fields).unwrap_or_default()
    };
    let empty = signed(Vec::new());
    let mut decisions = 0_u32;
    for (n, one) in entries.iter().enumerate() {
        let alone = signed(vec![one.clone()]);
        for two in &entries[n..] {
            let mut both = vec![one.clone(), two.clone()];
            both.sort_by(SharingEntry::order);
            let list = signed(both);
            if list.check().is_err() {
                continue;
            }
            for request in &requests {
                let shared = given(&list, request);
                // Nothing that was not asked for, and exactly what the entries say.
                assert!(shared.iter().all(|name| request.fields.contains(&name.as_str())));
                assert_eq!(shared, naive(&list.entries, request), "{request:?} {list:?}");
                // More entries never give less, and none give nothing.
                assert!(given(&alone, request).iter().all(|name| shared.contains(name)));
                assert!(given(&empty, request).is_empty());
                decisions += 1;
            }
            // A difference is a widening exactly if some request is given more.
            let widened = alone.diff(&list).iter().any(|found| found.effect == Some(Effect::Widened));
            let more = requests.iter().any(|request| {
                let before = given(&alone, request);
                given(&list, request).iter().any(|name| !before.contains(name))
            });
            assert_eq!(widened, more, "{alone:?} {list:?}");
            let narrowed = list.diff(&alone).iter().any(|found| found.effect == Some(Effect::Narrowed));
            assert_eq!(narrowed, more);
        }
    }
    assert!(decisions > 100_000, "{decisions}");
}

#[test]
fn a_widened_entry_is_marked_and_a_narrowed_one_too() {
    let before = signed(vec![entry(1, "a", card(), &["address", "sex"], (10, Some(20)))]);
    let diff = |fields: &[&str], term| {
        let after = signed(vec![entry(1, "a", card(), fields, term)]);
        let found = before.diff(&after);
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].effect, found[0].to_string())
    };
    let (effect, words) = diff(&["address", "holder_code", "sex"], (10, Some(20)));
    assert_eq!(effect, Some(Effect::Widened));
    assert!(words.starts_with("~ sharing ") && words.ends_with("[WIDER 扩大]"), "{words}");
    assert_eq!(diff(&["address"], (10, Some(20))).0, Some(Effect::Narrowed));
    assert_eq!(diff(&["address", "sex"], (10, Some(15))).0, Some(Effect::Narrowed));
    assert_eq!(diff(&["address", "sex"], (10, Some(21))).0, Some(Effect::Widened));
    assert_eq!(diff(&["address", "sex"], (10, None)).0, Some(Effect::Widened));
    assert_eq!(diff(&["address", "sex"], (9, Some(20))).0, Some(Effect::Widened));
    assert_eq!(diff(&["address", "holder_code"], (10, Some(15))).0, Some(Effect::Widened), "the risk counts");
    let mut renamed = before.clone();
    renamed.entries[0].item_name = "另一名称".to_owned();
    assert_eq!(before.diff(&renamed)[0].effect, None);
}

#[test]
fn entries_that_are_none_are_refused_with_their_place() {
    let good = entry(1, "a", card(), &["address"], (10, Some(20)));
    let read = |entries: Vec<SharingEntry>| SharingList::read(&signed(entries).write()).map(drop);
    assert_eq!(read(vec![good.clone()]), Ok(()));
    let fault = |entry, fault| Err(ListFault::Entry { entry, fault });
    let with = |edit: &dyn Fn(&mut SharingEntry)| {
        let mut changed = good.clone();
        edit(&mut changed);
        read(vec![changed])
    };
    for item in ["", "一", "a b", &"a".repeat(65)] {
        assert_eq!(with(&|entry| entry.item = item.to_owned()), fault(0, EntryFault::Item), "{item}");
    }
    assert_eq!(with(&|entry| entry.item = "A-1._z".repeat(10)), Ok(()));
    assert_eq!(with(&|entry| entry.agency_name.clear()), fault(0, EntryFault::Name));
    assert_eq!(with(&|entry| entry.item_name = "\u{7}".to_owned()), fault(0, EntryFault::Name));
    for fields in [&[][..], &["b", "a"], &["a", "a"], &["A"], &[""]] {
        let fields: Vec<_> = fields.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(
            with(&|entry| entry.fields.clone_from(&fields)),
            fault(0, EntryFault::Fields),
            "{fields:?}"
        );
    }
    let many = |n| (0..n).map(|n| format!("f{n:04}")).collect::<Vec<_>>();
    let max = crate::limits::MAX_SHARED_FIELDS;
    assert_eq!(with(&|entry| entry.fields = many(max)), Ok(()));
    assert_eq!(with(&|entry| entry.fields = many(max + 1)), fault(0, EntryFault::Fields));
    assert_eq!(with(&|entry| entry.until = Some(at(10))), fault(0, EntryFault::Term));
    let next = |from| entry(1, "a", card(), &["sex"], (from, None));
    assert_eq!(read(vec![good.clone(), next(20)]), Ok(()));
    assert_eq!(read(vec![good.clone(), next(19)]), fault(1, EntryFault::Overlap));
    assert_eq!(read(vec![good.clone(), good.clone()]), fault(1, EntryFault::Order));
    assert_eq!(read(vec![next(20), good.clone()]), fault(1, EntryFault::Order));
    assert_eq!(
        read(vec![next(20), entry(1, "a", card(), &["sex"], (30, None))]),
        fault(1, EntryFault::Overlap)
    );
    let catalog = Catalog::embedded();
    let within = |entry: &SharingEntry, seconds| {
        SharingEntry::check_within(std::slice::from_ref(entry), &catalog, at(seconds))
    };
    assert_eq!(within(&good, 15), Ok(()));
    let foreign = entry(1, "a", card(), &["engine"], (10, Some(20)));
    assert_eq!(within(&foreign, 15), Err((0, EntryFault::FieldOutside)));
    assert_eq!(within(&foreign, 20), Ok(()), "what has ended stays as it was");
    let unknown = LicenseTypeCode::parse("11100000MB03271699022").unwrap();
    assert_eq!(within(&entry(1, "a", unknown, &["sex"], (10, None)), 15), Err((0, EntryFault::TypeOutside)));
}

#[test]
fn what_is_shared_anew_takes_the_place_of_what_was_from_then_on() {
    let mut list = signed(vec![
        entry(1, "a", card(), &["address"], (10, Some(50))),
        entry(1, "a", card(), &["sex"], (60, None)),
        entry(2, "a", card(), &["sex"], (10, None)),
    ]);
    let others = list.entries[2].clone();
    let share = |entry: SharingEntry| SharingChange::Share { entry: Box::new(entry) };
    list.apply(&share(entry(1, "a", card(), &["holder_name"], (30, Some(40))))).unwrap();
    let terms: Vec<_> = list.entries.iter().map(|entry| (entry.from, entry.until)).collect();
    assert_eq!(terms, [(at(10), Some(at(30))), (at(30), Some(at(40))), (at(10), None)]);
    assert_eq!(list.entries[2], others);
    assert_eq!(
        list.apply(&share(entry(1, "a", card(), &["holder_name"], (30, Some(40))))),
        Err(ListChangeError::Same)
    );
    let end = |seconds| SharingChange::End {
        agency: agency(1),
        at: at(seconds),
        item: "a".to_owned(),
        license_type: card(),
    };
    assert_eq!(list.apply(&end(40)), Err(ListChangeError::NoSuchEntry));
    list.apply(&end(35)).unwrap();
    assert_eq!(list.entries[1].until, Some(at(35)));
    list.apply(&end(10)).unwrap();
    assert_eq!(list.entries, [others]);
}
