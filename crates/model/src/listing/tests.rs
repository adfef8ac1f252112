use super::*;
use crate::catalog::{CatalogChange, CatalogEntry, CatalogList, CatalogRefusal, FieldKind, LicenseType};
use crate::trust::Effect;

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

fn list() -> CatalogList {
    let types = Catalog::embedded();
    let entry = |license_type: &LicenseType| CatalogEntry {
        from: at(100),
        license_type: license_type.clone(),
        until: None,
    };
    SignedList {
        authority: "样本州政务服务管理局".to_owned(),
        authority_code: CreditCode::parse("11100000MB0143028R").unwrap(),
        division: DivisionCode::parse("652700").unwrap(),
        entries: types.types().map(entry).collect(),
        format: LIST_FORMAT,
        issued_at: at(100),
        next_update: at(1000),
        sequence: 3,
        trust_sequence: 2,
        valid_from: at(200),
    }
}

fn put(license_type: LicenseType) -> CatalogChange {
    CatalogChange::Put { from: at(100), license_type: Box::new(license_type), until: None }
}

#[test]
fn a_list_reads_back_as_it_was_written() {
    let list = list();
    assert_eq!(CatalogList::read(&list.write()), Ok(list.clone()));
    let (one, catalog) = (Catalog::embedded(), list.catalog());
    assert!(one.types().eq(catalog.types()), "no type says anything else in a list");
    assert_eq!(catalog.version(), "3");
}

#[test]
fn only_one_spelling_is_read() {
    let text = String::from_utf8(list().write()).unwrap();
    let read = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        CatalogList::read(text.replacen(from, to, 1).as_bytes())
    };
    // Members that may be left out, said although they say nothing.
    assert_eq!(read("\"required\":true", "\"required\":false"), Err(ListFault::Spelling));
    assert_eq!(read("{\"kind\":\"text\"", "{\"choices\":[],\"kind\":\"text\""), Err(ListFault::Spelling));
    assert_eq!(read("\"max_chars\":200,", ""), Err(ListFault::Spelling));
    let said = "\"outlives_holder\":";
    assert_eq!(read(&format!("{said}true"), &format!("{said}false")), Err(ListFault::Spelling));
    let claim = |name| Err(ListFault::Format(JwsError::Claim(name)));
    assert_eq!(read("\"format\":1", "\"format\":2"), claim("format"));
    assert_eq!(read("\"format\":1", "\"format\":1,\"further\":1"), claim("entries"));
    assert_eq!(read("\"sequence\":3", "\"sequence\":-3"), claim("entries"));
    assert_eq!(read("}}],\"format\"", "},\"until\":null}],\"format\""), claim("entries"));
    assert!(matches!(
        read("{\"authority\"", "{ \"authority\""),
        Err(ListFault::Format(JwsError::Payload(_)))
    ));
    assert_eq!(read("\"next_update\":1000", "\"next_update\":100"), Err(ListFault::Times));
    assert_eq!(read("\"next_update\":1000", "\"next_update\":200"), Err(ListFault::Times));
    assert_eq!(read("样本州政务服务管理局", " "), claim("authority"));
}

#[test]
fn entries_stand_in_their_order_and_once() {
    let fault = |entry, fault| Err(ListFault::Entry { entry, fault });
    let edited = |edit: &dyn Fn(&mut CatalogList)| {
        let mut changed = list();
        edit(&mut changed);
        CatalogList::read(&changed.write()).map(drop)
    };
    assert_eq!(edited(&|list| list.entries.swap(0, 1)), fault(1, EntryFault::Order));
    let twice = |list: &mut CatalogList| list.entries.insert(1, list.entries[0].clone());
    assert_eq!(edited(&twice), fault(1, EntryFault::Order));
    let same_key =
        |list: &mut CatalogList| list.entries[2].license_type.key = list.entries[0].license_type.key.clone();
    assert_eq!(edited(&same_key), fault(2, EntryFault::SameName));
    let same_name = |list: &mut CatalogList| {
        list.entries[2].license_type.name = list.entries[0].license_type.name.clone();
    };
    assert_eq!(edited(&same_name), fault(2, EntryFault::SameName));
    assert_eq!(edited(&|list| list.entries[4].until = Some(at(100))), fault(4, EntryFault::Term));
    let blank = |list: &mut CatalogList| list.entries[4].license_type.defining_body = "\n".to_owned();
    assert_eq!(edited(&blank), fault(4, EntryFault::Type { place: Place::Name, fault: SpecFault::Text }));
    let wide = |list: &mut CatalogList| {
        list.entries[0].license_type.fields[0].max_chars = crate::limits::MAX_TEXT_CHARS + 1;
    };
    assert_eq!(edited(&wide), fault(0, EntryFault::Type { place: Place::Field(0), fault: SpecFault::Bound }));
    let many = |list: &mut CatalogList| {
        let field = list.entries[0].license_type.fields[0].clone();
        let named = |n| crate::catalog::FieldSpec { name: format!("n{n}"), ..field.clone() };
        list.entries[0].license_type.fields = (0..=crate::limits::MAX_TYPE_FIELDS).map(named).collect();
    };
    assert_eq!(
        edited(&many),
        fault(0, EntryFault::Type { place: Place::Validity, fault: SpecFault::TooMany })
    );
    let mut changed = list();
    let more = vec![changed.entries[0].clone(); CatalogEntry::MAX_ENTRIES + 1];
    changed.entries = more;
    assert_eq!(changed.check(), Err(ListFault::TooMany { limit: CatalogEntry::MAX_ENTRIES }));
}

#[test]
fn a_change_is_made_whole_or_not_at_all() {
    let before = list();
    let mut list = before.clone();
    let mut passport = list.entries[0].license_type.clone();
    passport.code = crate::id::LicenseTypeCode::parse("11100000MB03271699022").unwrap();
    assert!(matches!(list.apply(&put(passport.clone())), Err(ListChangeError::List(_))), "a name twice");
    assert_eq!(list, before);
    (passport.key, passport.name) = ("mortgage".to_owned(), "不动产登记证明".to_owned());
    list.apply(&put(passport.clone())).unwrap();
    assert_eq!(list.apply(&put(passport.clone())), Err(ListChangeError::Same));
    assert_eq!(list.entries.len(), before.entries.len() + 1);
    let code = passport.code;
    let end = |seconds| CatalogChange::End { license_type: code, at: at(seconds) };
    assert_eq!(list.apply(&end(100)), Err(ListChangeError::NoSuchEntry), "it would never have been");
    list.apply(&end(500)).unwrap();
    assert_eq!(list.apply(&end(500)), Err(ListChangeError::NoSuchEntry));
    assert_eq!(list.apply(&end(501)), Err(ListChangeError::NoSuchEntry), "an end does not move away");
    list.apply(&end(499)).unwrap();
    assert_eq!(list.entry(code).unwrap().until, Some(at(499)));
    CatalogList::read(&list.write()).unwrap();
}

/// Lists were signed before there were rules on short names.
#[test]
fn a_type_with_a_bad_short_name_is_read_where_it_is_signed_and_not_taken_in() {
    let sound = list();
    let place =
        sound.entries.iter().position(|entry| entry.license_type.key == "marriage-certificate").unwrap();
    assert!(place > 0);
    let marriage = sound.entries[place].license_type.clone();
    for (pinyin, fault) in [
        ("kz_a", SpecFault::Pinyin),
        ("ZZMC", SpecFault::PinyinTaken),
        ("JZJYXQJZSJ", SpecFault::PinyinTaken),
        (marriage.fields[0].pinyin.as_str(), SpecFault::PinyinTwice),
    ] {
        let mut bad = marriage.clone();
        bad.fields[1].pinyin = pinyin.to_owned();
        let mut signed = sound.clone();
        signed.entries[place].license_type = bad.clone();
        assert_eq!(CatalogList::read(&signed.write()), Ok(signed.clone()), "{pinyin}");
        assert_eq!(signed.catalog().get(bad.code), Some(&bad), "{pinyin}");

        let mut changed = sound.clone();
        let fault = EntryFault::Type { place: Place::Field(1), fault };
        let refused = Err(ListChangeError::List(ListFault::Entry { entry: place, fault }));
        assert_eq!(changed.apply(&put(bad.clone())), refused, "{pinyin}");
        assert_eq!(changed, sound);

        // It ends as any other, others change beside it, and it is mended.
        let end = |code| CatalogChange::End { license_type: code, at: at(500) };
        for code in [bad.code, signed.entries[0].license_type.code] {
            signed.apply(&end(code)).unwrap();
        }
        assert_eq!(signed.entries[place].license_type, bad, "{pinyin}");
        signed.apply(&put(marriage.clone())).unwrap();
        assert_eq!(signed.entries[place].license_type, marriage);
    }
}

#[test]
fn only_what_the_catalog_in_force_says_is_admitted() {
    let mut list = list();
    let card = list.catalog().find("identity-card").unwrap().clone();
    assert_eq!(list.admits(&card, at(199)), Err(CatalogRefusal::List(Untimely::NotYet(at(200)))));
    assert_eq!(list.admits(&card, at(200)), Ok(()));
    assert_eq!(list.admits(&card, at(999)), Ok(()));
    assert_eq!(list.admits(&card, at(1000)), Err(CatalogRefusal::List(Untimely::Stale(at(1000)))));
    let mut other = card.clone();
    other.fields[0].required = !other.fields[0].required;
    assert_eq!(list.admits(&other, at(200)), Err(CatalogRefusal::Differs));
    list.apply(&CatalogChange::Put {
        from: at(300),
        license_type: Box::new(card.clone()),
        until: Some(at(400)),
    })
    .unwrap();
    assert_eq!(list.admits(&card, at(299)), Err(CatalogRefusal::NotYet(at(300))));
    assert_eq!(list.admits(&card, at(399)), Ok(()));
    assert_eq!(list.admits(&card, at(400)), Err(CatalogRefusal::Ended(at(400))));
    list.entries.retain(|entry| entry.license_type != card);
    assert_eq!(list.admits(&card, at(300)), Err(CatalogRefusal::NotListed(card.code)));
}

#[test]
fn a_difference_says_what_it_is() {
    let before = list();
    let mut after = before.clone();
    assert_eq!(before.diff(&after), []);
    let mut card = before.catalog().find("identity-card").unwrap().clone();
    let address = card.fields.iter().position(|field| field.name == "address").unwrap();
    assert!(card.fields[address].personal, "an address is personal");
    card.fields[address].personal = false;
    let optional = card.fields.iter().position(|field| !field.required).unwrap_or(0);
    card.fields[optional].required = !card.fields[optional].required;
    let code = card.code;
    after.apply(&put(card)).unwrap();
    after.apply(&CatalogChange::End { license_type: code, at: at(777) }).unwrap();
    let shown: Vec<_> = before.diff(&after).iter().map(ToString::to_string).collect();
    let has = |words: &[&str]| shown.iter().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(has(&["~ license_type", "居民身份证", "until"]), "{shown:#?}");
    assert!(has(&["~ field identity-card address", "personal", "[WIDER 扩大]"]), "{shown:#?}");
    assert!(has(&["~ field identity-card", "required", "optional"]), "{shown:#?}");
    // The other way round hides again: nothing is given away by that.
    assert!(after.diff(&before).iter().all(|difference| difference.effect != Some(Effect::Widened)));
}

#[test]
fn a_list_gives_way_only_to_a_later_one_of_no_earlier_anchor() {
    let old = list();
    let newer = |sequence, trust_sequence| SignedList { sequence, trust_sequence, ..list() };
    assert!(old.may_replace(&old));
    assert!(newer(4, 2).may_replace(&old) && newer(4, 3).may_replace(&old));
    assert!(!newer(2, 2).may_replace(&old) && !newer(3, 3).may_replace(&old));
    assert!(!newer(4, 1).may_replace(&old), "by an anchor that has handed over");
}

#[test]
fn kinds_of_fields_are_named_as_in_files() {
    for kind in ["text", "date", "integer", "decimal", "choice", "citizen-id", "credit-code"] {
        let read: FieldKind = serde_json::from_str(&format!("\"{kind}\"")).unwrap();
        assert_eq!(read.code(), kind);
    }
}
