//! Lists in pages: order, completeness, cursors.

use std::collections::BTreeSet;

use boyin_archive::{Archive, ArchiveError, Cursor, LicenseRecord, MAX_EVENTS, MAX_PAGE, MAX_SLOTS, Page};

use crate::fixtures::{
    CITIZEN, LIST, TYPE_A, TYPE_B, act_at, filing_for, fresh, holder, id, id_of, license_type,
};

/// Twenty licenses of two holders and two types, filed two per second.
fn filled() -> Archive {
    let (archive, _) = fresh();
    for n in 0..20_u32 {
        let seconds = u64::from(n / 2);
        let mut filing = filing_for(u8::from(n % 4 == 3), n, seconds);
        if n % 3 == 0 {
            filing.record.id = id_of(TYPE_B, n);
        }
        archive.file(&act_at(&format!("file {n}"), 1, seconds), &filing).unwrap();
    }
    archive
}

fn all(mut page: impl FnMut(Option<&Cursor>) -> Page<LicenseRecord>) -> Vec<LicenseRecord> {
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let next = page(cursor.as_ref());
        items.extend(next.items);
        match next.next {
            Some(next) => cursor = Some(Cursor::new(next.as_str())),
            None => return items,
        }
    }
}

#[test]
fn pages_of_any_size_give_the_whole_list_once_and_in_order() {
    let archive = filled();
    let whole = archive.list_by_holder(&holder(0), None, 100).unwrap();
    assert_eq!((whole.items.len(), whole.next), (15, None));
    assert!(whole.items.is_sorted_by(|a, b| (b.filed_at, &a.id) < (a.filed_at, &b.id)), "newest first");
    let everything = archive.list(None, None, 100).unwrap().items;
    assert!(everything.is_sorted_by(|a, b| a.id < b.id));
    assert_eq!(everything.len(), 20);
    for limit in [1, 2, 3, 5, 14, 15, 16] {
        assert_eq!(all(|cursor| archive.list_by_holder(&holder(0), cursor, limit).unwrap()), whole.items);
        assert_eq!(all(|cursor| archive.list(None, cursor, limit).unwrap()), everything);
    }
    let mut seen = BTreeSet::new();
    for (code, count) in [(TYPE_A, 13), (TYPE_B, 7)] {
        let of_type = all(|cursor| archive.list(Some(&license_type(code)), cursor, 2).unwrap());
        assert_eq!(of_type.len(), count);
        assert!(of_type.iter().all(|record| record.id.license_type() == license_type(code)));
        seen.extend(of_type.into_iter().map(|record| record.id));
    }
    assert_eq!(seen.len(), 20);
}

#[test]
fn a_cursor_opens_its_own_list_only() {
    let archive = filled();
    let cursor = archive.list_by_holder(&holder(0), None, 2).unwrap().next.unwrap();
    assert!(archive.list_by_holder(&holder(0), Some(&cursor), 2).is_ok());
    let bad =
        |result: Result<Page<LicenseRecord>, ArchiveError>| matches!(result, Err(ArchiveError::BadCursor));
    assert!(bad(archive.list_by_holder(&holder(1), Some(&cursor), 2)));
    assert!(bad(archive.list(None, Some(&cursor), 2)));
    let of_type = archive.list(Some(&license_type(TYPE_A)), None, 2).unwrap().next.unwrap();
    assert!(bad(archive.list(None, Some(&of_type), 2)));
    assert!(bad(archive.list(Some(&license_type(TYPE_B)), Some(&of_type), 2)));
    for place in 0..cursor.as_str().len() {
        let mut text = cursor.as_str().as_bytes().to_vec();
        text[place] = if text[place] == b'A' { b'B' } else { b'A' };
        let tampered = Cursor::new(String::from_utf8(text).unwrap());
        assert!(bad(archive.list_by_holder(&holder(0), Some(&tampered), 2)), "place {place}");
    }
    for text in ["", "A", "=", "不", &"A".repeat(40), &"A".repeat(10_000)] {
        assert!(bad(archive.list_by_holder(&holder(0), Some(&Cursor::new(text)), 2)), "{text}");
    }
}

#[test]
fn a_cursor_does_not_show_the_holder() {
    use base64::Engine;
    let archive = filled();
    let cursor = archive.list_by_holder(&holder(0), None, 2).unwrap().next.unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor.as_str()).unwrap();
    let last = id_of(TYPE_B, 18);
    assert!(bytes.windows(4).any(|w| w == b"1.2."), "the position is there to be looked at");
    assert!(!bytes.windows(CITIZEN.len()).any(|w| w == CITIZEN.as_bytes()));
    assert_eq!(
        bytes.len(),
        8 + last.as_str().len() + 16,
        "time of filing, identifier and authenticator, no more"
    );
}

#[test]
fn page_sizes_are_bounded() {
    let archive = filled();
    let max = |result: Result<(), ArchiveError>| match result {
        Err(ArchiveError::BadLimit { max }) => max,
        other => panic!("{other:?}"),
    };
    for limit in [0, 101] {
        assert_eq!(max(archive.list(None, None, limit).map(drop)), MAX_PAGE);
        assert_eq!(max(archive.list_by_holder(&holder(0), None, limit).map(drop)), MAX_PAGE);
    }
    assert_eq!(max(archive.events(None, MAX_EVENTS + 1).map(drop)), MAX_EVENTS);
    assert_eq!(max(archive.events_of(&id(1), None, 0).map(drop)), MAX_EVENTS);
    assert_eq!(max(archive.slots(LIST, None, MAX_SLOTS + 1).map(drop)), MAX_SLOTS);
}

#[test]
fn events_and_slots_go_on_after_the_last_one_seen() {
    let archive = filled();
    let events = archive.events(None, 1000).unwrap();
    assert_eq!(events.len(), 21);
    assert_eq!(archive.events(Some(7), 3).unwrap(), events[7..10]);
    assert_eq!(archive.events(Some(u64::MAX), 3).unwrap(), []);
    let slots = archive.slots(LIST, None, 100).unwrap();
    assert_eq!(slots.iter().map(|(index, _)| *index).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    assert_eq!(archive.slots(LIST, Some(4), 2).unwrap(), slots[5..7]);
    assert_eq!(
        archive.slots("https://status.example.invalid/lists/", None, 2).unwrap(),
        [],
        "a prefix is another list"
    );
    archive.record_share(&act_at("share", 1, 50), &id(1), "住建局").unwrap();
    let of_one = archive.events_of(&id(1), None, 10).unwrap();
    assert_eq!(of_one.len(), 2);
    assert_eq!(archive.events_of(&id(1), Some(of_one[0].number), 10).unwrap(), of_one[1..]);
}
