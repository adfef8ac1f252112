//! What describes an archive decides whether it is opened.

use std::sync::Arc;

use boyin_archive::{Archive, Batch, OpenError, RootSecret, Store, Table};

use crate::engine;
use crate::fixtures::{act, filing, fresh, secret};

#[test]
fn another_secret_does_not_open_it() {
    let (_, store) = fresh();
    let wrong = RootSecret::new([0x43; 32].into());
    assert!(matches!(Archive::with_store(store, &wrong), Err(OpenError::WrongSecret)));
}

#[test]
fn what_describes_the_archive_must_be_there_and_whole() {
    let spoil: [(&str, Option<&[u8]>); 7] = [
        ("format", None),
        ("format", Some(b"\0\0\0")),
        ("format", Some(b"\0\0\0\0")),
        ("check", None),
        ("created", None),
        ("created", Some(b"")),
        ("created", Some(&[1; 37])),
    ];
    for (key, value) in spoil {
        let (archive, store) = fresh();
        archive.file(&act("file"), &filing(1)).unwrap();
        let batch = Batch::new().delete(Table::Meta, key);
        store.commit(value.map_or(batch, |value| Batch::new().put(Table::Meta, key, value))).unwrap();
        let store: Arc<dyn Store> = store;
        let opened = Archive::with_store(Arc::clone(&store), &secret());
        assert!(matches!(opened, Err(OpenError::Damaged(_))), "{key} {value:?}: {opened:?}");
        if key == "format" && value.is_none() {
            let made = Archive::create_in(store, &secret(), &act("again"));
            assert!(
                matches!(made, Err(OpenError::Damaged(_))),
                "nothing is made on top of a damaged archive"
            );
        }
    }
    let empty = Archive::with_store(Arc::new(engine::fresh()), &secret());
    assert!(matches!(empty, Err(OpenError::Empty)));
}
