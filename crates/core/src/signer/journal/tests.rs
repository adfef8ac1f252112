use super::*;

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    std::fs::write(&path, b"").unwrap();
    let journal = Journal::open(&path, "id", at(1000)).unwrap();
    (dir, journal)
}

fn line(jti: &str, iat: u64) -> Line {
    Line {
        at: at(iat),
        client: "client".to_owned(),
        dated: None,
        digest: "digest".to_owned(),
        iat: at(iat),
        jti: jti.to_owned(),
        kid: "kid".to_owned(),
        name: "name".to_owned(),
        outcome: Outcome::Signing,
        purpose: KeyPurpose::Seals,
    }
}

#[test]
fn more_requests_than_are_remembered_wait() {
    let (_dir, mut journal) = journal();
    let mut ask = |number: usize, now| journal.remember("client", &number.to_string(), now, now);
    for number in 0..MAX_REMEMBERED {
        assert_eq!(ask(number, at(1000)), Ok(()));
    }
    assert_eq!(ask(7, at(1000)), Err(SignerRefusal::Replayed));
    assert_eq!(ask(MAX_REMEMBERED, at(1000)), Err(SignerRefusal::Busy));
    assert_eq!(ask(MAX_REMEMBERED, at(1000 + REMEMBERED_SECONDS)), Err(SignerRefusal::Busy));
    assert_eq!(ask(MAX_REMEMBERED, at(1001 + REMEMBERED_SECONDS)), Ok(()));
}

#[test]
fn clients_do_not_share_the_ids_of_their_requests() {
    let (_dir, mut journal) = journal();
    assert_eq!(journal.remember("one", "id", at(1000), at(1000)), Ok(()));
    assert_eq!(journal.remember("two", "id", at(1000), at(1000)), Ok(()));
    assert_eq!(journal.remember("one", "id", at(1000), at(1000)), Err(SignerRefusal::Replayed));
}

#[test]
fn what_is_read_again_is_what_was_known() {
    let (dir, mut journal) = journal();
    journal.append(&line("a", 1000)).unwrap();
    journal.append(&Line { outcome: Outcome::Failed, ..line("a", 1000) }).unwrap();
    journal.append(&line("b", 1100)).unwrap();
    assert_eq!(journal.had("client", "kid"), 2);
    let path = dir.path().join("journal.jsonl");
    let mut again = Journal::open(&path, "id", at(1100 + FRESH_SECONDS)).unwrap();
    assert_eq!((again.had("client", "kid"), again.had("client", "other")), (2, 0));
    assert_eq!(again.ledger.head(), journal.ledger.head());
    let now = at(1100 + FRESH_SECONDS);
    assert_eq!(again.remember("client", "b", at(1100), now), Err(SignerRefusal::Replayed));
    assert_eq!(again.check_clock(at(1100 - FRESH_SECONDS)), Ok(()));
    assert_eq!(again.check_clock(at(1099 - FRESH_SECONDS)), Err(SignerRefusal::ClockBehind));
    assert!(Journal::open(&path, "another", now).is_err(), "of another signer");
    // What a failed write has left is taken off before the next one.
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"half").unwrap();
    journal.append(&line("c", 1101)).unwrap();
    assert_eq!(Journal::open(&path, "id", now).unwrap().ledger.head().0, 4);
}
