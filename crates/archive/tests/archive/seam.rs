//! The contract of the storage seam, on every implementation.

use std::sync::Mutex;

use boyin_archive::{Batch, Cause, Expect, Numbered, Store, StoreError, Table, Write};

use crate::engine;
use crate::stores::TestStore;

fn on_every_store(check: impl Fn(&TestStore)) {
    engine::every().iter().for_each(check);
}

fn keys(store: &dyn Store, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<Vec<u8>> {
    store.scan(Table::License, prefix, after, limit).unwrap().into_iter().map(|(key, _)| key).collect()
}

#[test]
fn scans_are_ascending_and_end_with_the_prefix() {
    on_every_store(|store| {
        let all: [&[u8]; 6] = [b"a", b"a\0", b"ab", b"a\xff", b"a\xff\xff", b"b"];
        for key in all.iter().rev() {
            let _ = store
                .commit(Batch::new().put(Table::License, *key, *key).put(Table::Event, *key, []))
                .unwrap();
        }
        assert_eq!(keys(store, b"", None, 10), all);
        assert_eq!(keys(store, b"a", None, 10), all[..5]);
        assert_eq!(keys(store, b"a\xff", None, 10), all[3..5]);
        assert_eq!(keys(store, b"a", None, 2), all[..2]);
        assert_eq!(keys(store, b"a", Some(b"a"), 10), all[1..5]);
        assert_eq!(
            keys(store, b"a", Some(b"aa"), 10),
            all[2..5],
            "the key after which it begins need not exist"
        );
        assert_eq!(keys(store, b"a", Some(b"A"), 10), all[..5], "a place before the prefix is its beginning");
        assert_eq!(keys(store, b"a", Some(b"b"), 10), Vec::<Vec<u8>>::new());
        assert_eq!(keys(store, b"c", None, 10), Vec::<Vec<u8>>::new());
        assert_eq!(store.get(Table::License, b"ab").unwrap().as_deref(), Some(b"ab".as_slice()));
        assert_eq!(store.get(Table::Status, b"ab").unwrap(), None, "tables are apart");
    });
}

#[test]
fn values_fetched_together_are_those_fetched_alone() {
    on_every_store(|store| {
        let keys: [&[u8]; 7] = [b"b", b"a", b"none", b"", b"b", b"a\0", b"empty"];
        for key in [b"a".as_slice(), b"a\0", b"b"] {
            store.commit(Batch::new().put(Table::License, key, [key, b" value"].concat())).unwrap();
        }
        store.commit(Batch::new().put(Table::License, "empty", []).put(Table::Status, "none", "x")).unwrap();
        let together = store.get_many(Table::License, &keys).unwrap();
        let alone: Vec<_> = keys.iter().map(|key| store.get(Table::License, key).unwrap()).collect();
        assert_eq!(together, alone);
        assert_eq!(together[0].as_deref(), Some(b"b value".as_slice()));
        assert_eq!(together.iter().filter(|value| value.is_none()).count(), 2);
        assert_eq!(store.get_many(Table::License, &[]).unwrap(), Vec::<Option<Vec<u8>>>::new());
    });
}

#[test]
fn a_condition_that_does_not_hold_changes_nothing() {
    on_every_store(|store| {
        store.commit(Batch::new().put(Table::Meta, "k", "old")).unwrap();
        let refused = [
            (0, Batch::new().expect(Table::Meta, "k", Expect::Absent)),
            (0, Batch::new().expect(Table::Meta, "k", Expect::Exactly(b"other".to_vec()))),
            (0, Batch::new().expect(Table::Meta, "none", Expect::Exactly(Vec::new()))),
            (
                1,
                Batch::new().expect(Table::Meta, "none", Expect::Absent).expect(
                    Table::Meta,
                    "k",
                    Expect::Absent,
                ),
            ),
        ];
        for (place, batch) in refused {
            let batch = batch.put(Table::Meta, "k", "new").put(Table::Meta, "more", "");
            match store.commit(batch) {
                Err(StoreError::Conflict { table: Table::Meta, condition }) => assert_eq!(condition, place),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(store.get(Table::Meta, b"k").unwrap().as_deref(), Some(b"old".as_slice()));
        assert_eq!(store.get(Table::Meta, b"more").unwrap(), None);
        let good =
            Batch::new().expect(Table::Meta, "k", Expect::Exactly(b"old".to_vec())).delete(Table::Meta, "k");
        store.commit(good).unwrap();
        assert_eq!(store.get(Table::Meta, b"k").unwrap(), None);
    });
}

#[test]
fn numbers_begin_at_one_and_a_refused_batch_takes_none() {
    on_every_store(|store| {
        let numbered = |key: &'static str| {
            Batch::new().expect(Table::Meta, key, Expect::Absent).put(Table::Meta, key, "").append(
                Table::Event,
                move |number, _| {
                    Ok(Numbered {
                        value: key.into(),
                        also: vec![Write {
                            table: Table::Status,
                            key: key.into(),
                            value: Some(vec![number.try_into().unwrap()]),
                        }],
                    })
                },
            )
        };
        assert_eq!(store.commit(numbered("a")).unwrap().number, Some(1));
        assert!(store.commit(numbered("a")).is_err());
        assert_eq!(store.commit(numbered("b")).unwrap().number, Some(2));
        assert_eq!(store.commit(Batch::new()).unwrap().number, None);
        assert_eq!(store.get(Table::Event, &2_u64.to_be_bytes()).unwrap().as_deref(), Some(b"b".as_slice()));
        assert_eq!(store.get(Table::Status, b"b").unwrap(), Some(vec![2]));
        assert_eq!(store.len_estimate(Table::Event).unwrap(), 2);
    });
}

/// An entry that holds the one before it: `previous ‖ letter`.
fn chained(letter: u8) -> Batch {
    Batch::new().append(Table::Event, follow(letter))
}

fn follow(letter: u8) -> impl FnOnce(u64, Option<&[u8]>) -> Result<Numbered, StoreError> + Send + 'static {
    move |_, previous| {
        let value = [previous.unwrap_or_default(), &[letter]].concat();
        Ok(Numbered { value, also: Vec::new() })
    }
}

fn entry(store: &dyn Store, number: u64) -> Option<Vec<u8>> {
    store.get(Table::Event, &number.to_be_bytes()).unwrap()
}

#[test]
fn an_entry_sees_the_one_before_it() {
    on_every_store(|store| {
        store.commit(chained(b'a')).unwrap();
        let two = chained(b'b').append(Table::Event, follow(b'c'));
        assert_eq!(store.commit(two).unwrap().number, Some(3), "the last one of the batch");
        assert_eq!(entry(store, 3).as_deref(), Some(b"abc".as_slice()));
        // A value that was replaced meanwhile is what the next one sees.
        store.commit(Batch::new().put(Table::Event, 3_u64.to_be_bytes(), "x")).unwrap();
        store.commit(chained(b'd')).unwrap();
        assert_eq!(entry(store, 4).as_deref(), Some(b"xd".as_slice()));
    });
}

#[test]
fn an_entry_that_cannot_be_built_refuses_its_batch() {
    on_every_store(|store| {
        store.commit(chained(b'a')).unwrap();
        let refused = chained(b'b')
            .put(Table::Meta, "k", "")
            .append(Table::Event, |_, _| Err(StoreError::Corrupt(Cause::new("unreadable"))));
        assert!(matches!(store.commit(refused), Err(StoreError::Corrupt(_))));
        assert_eq!((entry(store, 2), store.get(Table::Meta, b"k").unwrap()), (None, None));
        assert_eq!(store.commit(chained(b'c')).unwrap().number, Some(2), "no number was lost");
        assert_eq!(entry(store, 2).as_deref(), Some(b"ac".as_slice()));
    });
}

/// However the batches of many threads are grouped, each entry holds the one before it.
#[test]
fn entries_of_one_group_see_each_other() {
    on_every_store(|store| {
        std::thread::scope(|scope| {
            for letter in 0..8 {
                scope.spawn(move || {
                    for _ in 0..10 {
                        store.commit(chained(letter)).unwrap();
                    }
                });
            }
        });
        let mut before = Vec::new();
        for number in 1..=80 {
            let value = entry(store, number).unwrap();
            assert_eq!(value[..value.len() - 1], before);
            before = value;
        }
    });
}

#[test]
fn numbers_go_on_after_reopening() {
    let numbered =
        || Batch::new().append(Table::Event, |_, _| Ok(Numbered { value: Vec::new(), also: Vec::new() }));
    on_every_store(|store| {
        for expected in 1..4 {
            assert_eq!(store.commit(numbered()).unwrap().number, Some(expected));
            store.reopen();
        }
    });
}

/// Many threads that each raise one counter by comparing and swapping: the batches of one group see each other.
#[test]
fn batches_in_one_group_see_each_other() {
    on_every_store(|store| {
        store.commit(Batch::new().put(Table::Meta, "n", [0])).unwrap();
        let lost = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        while !raise(store) {
                            *lost.lock().unwrap() += 1;
                        }
                    }
                });
            }
        });
        assert_eq!(
            store.get(Table::Meta, b"n").unwrap(),
            Some(vec![80]),
            "{} lost races",
            lost.lock().unwrap()
        );
    });
}

fn raise(store: &dyn Store) -> bool {
    let old = store.get(Table::Meta, b"n").unwrap().unwrap();
    let new = [old[0] + 1];
    let batch = Batch::new().expect(Table::Meta, "n", Expect::Exactly(old)).put(Table::Meta, "n", new);
    match store.commit(batch) {
        Ok(_) => true,
        Err(StoreError::Conflict { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}
