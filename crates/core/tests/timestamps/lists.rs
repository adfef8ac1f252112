//! Revocation lists over HTTP: fetched, verified and kept; whatever goes wrong, the last good one stays.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boyin::revocation::{AllowedHost, FetchFault, FetchedList, ListFetcher, MAX_LIST_ADDRESSES};
use boyin::transport::{Http, TransportError};
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::chains::{Chain, ListParts, standard};
use boyin_testkit::prefecture::now;
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::{Certificate, CertificateStore, ListFault, Revocation};

use crate::{Server, nobody};

const ALGORITHM: Algorithm = Algorithm::Es256;

type Answer = (&'static str, Vec<u8>);

/// An authority whose answer the test sets, a place where lists are kept, and a store that knows the authority.
struct World {
    answer: Arc<Mutex<Answer>>,
    server: Server,
    hosts: Vec<AllowedHost>,
    dir: tempfile::TempDir,
    store: CertificateStore,
}

fn store(chain: &Chain) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&chain.root.write(ALGORITHM)).unwrap();
    store.add_intermediate(&chain.middle[0].write(ALGORITHM)).unwrap();
    store
}

/// The list of the authority above the leaf, with this number, made so many seconds ago.
fn list(number: u8, ago: u64) -> ListParts {
    ListParts { made: now().minus(ago), ..ListParts::of("middle", 901, number) }
}

fn host(url: &str) -> AllowedHost {
    url.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap()
}

impl World {
    fn new() -> Self {
        let answer = Arc::new(Mutex::new(("200 OK", Vec::new())));
        let told = Arc::clone(&answer);
        let server = Server::new(move |_, _| told.lock().unwrap().clone());
        let hosts = vec![host(&server.url)];
        let dir = tempfile::tempdir().unwrap();
        Self { answer, server, hosts, dir, store: store(&Chain::new(ALGORITHM)) }
    }

    fn serve(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn fetch_at(&self, at: UnixTime) -> FetchedList {
        let http = Http::default();
        let fetcher = ListFetcher::open(self.dir.path(), &http, &self.hosts).unwrap();
        let mut found = fetcher.fetch(std::slice::from_ref(&self.server.url), &self.store, at).unwrap();
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Asks again whatever is kept.
    fn fetch(&self) -> FetchedList {
        let http = Http::default();
        let fetcher = ListFetcher::open(self.dir.path(), &http, &self.hosts).unwrap().refetch_after(0);
        fetcher.fetch(std::slice::from_ref(&self.server.url), &self.store, now()).unwrap().remove(0)
    }
}

fn status(found: &FetchedList) -> Revocation {
    let chain = Chain::new(ALGORITHM);
    let mut store = store(&chain);
    store.add_revocation_list(&ListParts::of("root", 900, 1).write(ALGORITHM)).unwrap();
    if let Some(list) = &found.list {
        store.add_revocation_list(list).unwrap();
    }
    store.status(&Certificate::read(&chain.leaf.write(ALGORITHM)).unwrap(), now(), now()).unwrap()
}

#[test]
fn a_list_is_fetched_kept_and_asked_for_again_when_it_is_old() {
    let world = World::new();
    let first = list(1, 60).write(ALGORITHM);
    world.serve(("200 OK", first.clone()));
    let found = world.fetch_at(now());
    assert!(found.is_new && found.fault.is_none() && found.is_fresh(now()), "{found:?}");
    assert_eq!((found.list.as_ref(), found.age_seconds(now())), (Some(&first), Some(0)));
    assert_eq!(status(&found), Revocation::Good);
    let kept = world.fetch_at(now().plus(3599));
    assert_eq!(
        (kept.is_new, kept.age_seconds(now().plus(3599)), world.server.requests()),
        (false, Some(3599), 1)
    );
    let revoking = list(2, 30).revoking(&Chain::new(ALGORITHM).leaf.serial, 1).write(ALGORITHM);
    world.serve(("200 OK", revoking.clone()));
    let renewed = world.fetch_at(now().plus(3600));
    assert!(renewed.is_new && renewed.list == Some(revoking), "{renewed:?}");
    assert_eq!(world.server.requests(), 2);
    assert!(matches!(status(&renewed), Revocation::Revoked(..)));
    // A clock that was ahead when it was fetched says nothing of its age.
    world.fetch_at(now());
    assert_eq!(world.server.requests(), 3);
}

#[test]
fn nothing_that_goes_wrong_costs_the_last_good_list() {
    let world = World::new();
    let good = list(7, 60).write(ALGORITHM);
    world.serve(("200 OK", good.clone()));
    assert!(world.fetch().is_new);
    let there = Server::new(|_, _| ("200 OK", Vec::new()));
    let redirect: &'static str = format!("302 Found\r\nLocation: {}", there.url).leak();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let critical = standard(99, true, &[5, 0]);
    let numberless = ListParts { extensions: list(8, 30).extensions[..1].to_vec(), ..list(8, 30) };
    let delta = list(8, 30).with(standard(27, true, &tlv(2, &[&[7]])));
    let fault = |fault: ListFault| FetchFault::List(fault);
    let cases: Vec<(&str, Answer, FetchFault)> = vec![
        ("outage", ("503 Service Unavailable", good.clone()), TransportError::Status(503).into()),
        ("elsewhere", (redirect, good.clone()), TransportError::Redirected(302).into()),
        (
            "a page",
            ("200 OK", b"<html>maintenance</html>".to_vec()),
            fault(ListFault::Format(boyin_verify::chain::CertificateError::Malformed)),
        ),
        ("damaged", ("200 OK", damaged), fault(ListFault::Signer)),
        (
            "another signer",
            ("200 OK", ListParts { key: 955, ..list(8, 30) }.write(ALGORITHM)),
            fault(ListFault::Signer),
        ),
        (
            "another issuer",
            ("200 OK", ListParts::of("root", 900, 8).write(ALGORITHM)),
            fault(ListFault::OtherList),
        ),
        ("a delta", ("200 OK", delta.write(ALGORITHM)), fault(ListFault::OtherList)),
        ("an older number", ("200 OK", list(6, 30).write(ALGORITHM)), fault(ListFault::Older)),
        ("an older instant", ("200 OK", list(8, 61).write(ALGORITHM)), fault(ListFault::Older)),
        ("no number", ("200 OK", numberless.write(ALGORITHM)), fault(ListFault::Older)),
        (
            "not understood",
            ("200 OK", list(8, 30).with(critical).write(ALGORITHM)),
            fault(ListFault::NotUnderstood),
        ),
        (
            "from the future",
            ("200 OK", ListParts { made: now().plus(301), ..list(8, 0) }.write(ALGORITHM)),
            fault(ListFault::FromFuture),
        ),
    ];
    for (what, answer, fault) in cases {
        world.serve(answer);
        let found = world.fetch();
        assert_eq!((found.fault, found.is_new), (Some(fault), false), "{what}");
        assert_eq!(found.list.as_ref(), Some(&good), "{what}");
        assert_eq!(found.age_seconds(now().plus(5)), Some(5), "{what}");
        assert_eq!(status(&found), Revocation::Good, "{what}");
    }
    assert_eq!(there.requests(), 0);
    // The same number, made later, and a greater one.
    for (number, ago) in [(7, 50), (8, 50)] {
        world.serve(("200 OK", list(number, ago).write(ALGORITHM)));
        assert!(world.fetch().is_new, "{number} {ago}");
    }
}

#[test]
fn a_slow_or_boundless_authority_is_given_up() {
    let mut world = World::new();
    let good = list(1, 60).write(ALGORITHM);
    world.serve(("200 OK", good.clone()));
    assert!(world.fetch().is_new);
    let ask = |address: &str, world: &World| {
        let http = Http::new(Duration::from_millis(300), Duration::from_millis(500));
        let fetcher = ListFetcher::open(world.dir.path(), &http, &world.hosts).unwrap().refetch_after(0);
        fetcher.fetch(&[address.to_owned()], &world.store, now()).unwrap().remove(0)
    };
    let url = world.server.url.clone();
    world.server = Server::new(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
        ("200 OK", Vec::new())
    });
    let (slow, gone) = (world.server.url.clone(), nobody());
    world.hosts.extend([host(&slow), host(&gone)]);
    assert_eq!(ask(&slow, &world).fault, Some(TransportError::TimedOut.into()));
    let found = ask(&gone, &world);
    assert_eq!((found.fault, found.list), (Some(TransportError::Unreachable.into()), None));
    assert!(ask(&url, &world).list == Some(good), "the other one is kept");
    // More than a list may have, though nobody would wait for it.
    let large = Server::new(|_, _| ("200 OK", vec![0x30; boyin_verify::chain::MAX_CRL_BYTES + 1]));
    world.hosts.push(host(&large.url));
    let http = Http::default();
    let fetcher = ListFetcher::open(world.dir.path(), &http, &world.hosts).unwrap();
    let found = fetcher.fetch(std::slice::from_ref(&large.url), &world.store, now()).unwrap().remove(0);
    assert_eq!(found.fault, Some(TransportError::TooLarge.into()));
}

#[test]
fn a_delta_has_an_address_of_its_own() {
    let mut world = World::new();
    let (whole, revoking) = (list(7, 60), list(8, 30).revoking(&Chain::new(ALGORITHM).leaf.serial, 1));
    let delta = revoking.with(standard(27, true, &tlv(2, &[&[7]]))).write(ALGORITHM);
    world.serve(("200 OK", whole.write(ALGORITHM)));
    let served = delta.clone();
    let second = Server::new(move |_, _| ("200 OK", served.clone()));
    world.hosts.push(host(&second.url));
    let mut chain = Chain::new(ALGORITHM);
    let point = |uri: &str| {
        let name = tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[uri.as_bytes()])])]);
        sequence(&[&sequence(&[&name])])
    };
    chain.leaf.extensions.push(standard(31, false, &point(&world.server.url)));
    chain.leaf.extensions.push(standard(46, false, &point(&second.url)));
    let leaf = Certificate::read(&chain.leaf.write(ALGORITHM)).unwrap();
    assert_eq!(leaf.list_addresses(), [&world.server.url]);
    assert_eq!(leaf.delta_addresses(), [&second.url]);
    let addresses = [world.server.url.clone(), second.url.clone()];
    let http = Http::default();
    let fetcher = ListFetcher::open(world.dir.path(), &http, &world.hosts).unwrap();
    let found = fetcher.fetch(&addresses, &world.store, now()).unwrap();
    assert!(found.iter().all(|found| found.is_new && found.fault.is_none()), "{found:?}");
    let mut store = store(&chain);
    store.add_revocation_list(found[0].list.as_ref().unwrap()).unwrap();
    assert_eq!(store.status(&leaf, now(), now()), Ok(Revocation::Unknown), "the root has no list");
    store.add_revocation_list(&ListParts::of("root", 900, 1).write(ALGORITHM)).unwrap();
    assert_eq!(store.status(&leaf, now(), now()), Ok(Revocation::Good));
    store.add_revocation_list(&delta).unwrap();
    assert!(matches!(store.status(&leaf, now(), now()), Ok(Revocation::Revoked(..))));
}

#[test]
fn a_list_says_where_its_deltas_are() {
    let mut world = World::new();
    let delta = || standard(27, true, &tlv(2, &[&[7]]));
    let freshest = |uri: &str| {
        let name = tlv(0xa0, &[&tlv(0xa0, &[&tlv(0x86, &[uri.as_bytes()])])]);
        standard(46, false, &sequence(&[&sequence(&[&name])]))
    };
    let beyond = Server::new(|_, _| ("200 OK", Vec::new()));
    let revoking = list(8, 30).revoking(&Chain::new(ALGORITHM).leaf.serial, 1);
    let changing = revoking.with(delta()).with(freshest(&beyond.url)).write(ALGORITHM);
    let second = Server::new(move |_, _| ("200 OK", changing.clone()));
    world.serve(("200 OK", list(7, 60).with(freshest(&second.url)).write(ALGORITHM)));
    let fetch = |world: &World, addresses: &[String]| {
        let http = Http::default();
        let fetcher = ListFetcher::open(world.dir.path(), &http, &world.hosts).unwrap();
        fetcher.fetch(addresses, &world.store, now()).unwrap()
    };
    let only = [world.server.url.clone()];
    // The word of a list is the word of whoever made it, too.
    let found = fetch(&world, &only);
    assert_eq!(found[0].delta_addresses, [second.url.as_str()]);
    assert_eq!((found.len(), found[1].fault, second.requests()), (2, Some(FetchFault::Host), 0));
    world.hosts.extend([host(&second.url), host(&beyond.url)]);
    let found = fetch(&world, &only);
    assert_eq!((found.len(), found[1].address.as_str()), (2, second.url.as_str()));
    assert!(found[1].is_new && found[1].fault.is_none(), "{found:?}");
    assert_eq!(status(&found[0]), Revocation::Good);
    let mut store = store(&Chain::new(ALGORITHM));
    for list in [&ListParts::of("root", 900, 1).write(ALGORITHM)]
        .into_iter()
        .chain(found.iter().filter_map(|found| found.list.as_ref()))
    {
        store.add_revocation_list(list).unwrap();
    }
    let leaf = Certificate::read(&Chain::new(ALGORITHM).leaf.write(ALGORITHM)).unwrap();
    assert!(matches!(store.status(&leaf, now(), now()), Ok(Revocation::Revoked(..))));
    assert_eq!(beyond.requests(), 0, "a delta leads no further");
    // An address that was asked for is asked once, and all together are no more than may be asked.
    assert_eq!(fetch(&world, &[only[0].clone(), second.url.clone()]).len(), 2);
    assert_eq!((world.server.requests(), second.requests()), (1, 1), "both are kept, and fresh");
    let many = (1..MAX_LIST_ADDRESSES).map(|number| format!("{}?{number}", beyond.url));
    let found = fetch(&world, &only.iter().cloned().chain(many).collect::<Vec<_>>());
    assert_eq!(found.len(), MAX_LIST_ADDRESSES + 1);
    assert_eq!(found.last().unwrap().fault, Some(FetchFault::TooMany));
}

#[test]
fn nobody_is_asked_who_was_not_named() {
    let mut world = World::new();
    world.serve(("200 OK", list(1, 60).write(ALGORITHM)));
    world.hosts.clear();
    let found = world.fetch();
    assert_eq!((found.fault, found.list, world.server.requests()), (Some(FetchFault::Host), None, 0));
    let http = Http::default();
    let hosts = [host(&world.server.url)];
    let fetcher = ListFetcher::open(world.dir.path(), &http, &hosts).unwrap();
    let many: Vec<_> =
        (0..=MAX_LIST_ADDRESSES).map(|number| format!("{}?{number}", world.server.url)).collect();
    let found = fetcher.fetch(&[many.clone(), many].concat(), &world.store, now()).unwrap();
    assert_eq!(found.len(), MAX_LIST_ADDRESSES + 1);
    assert_eq!(found.last().unwrap().fault, Some(FetchFault::TooMany));
    assert_eq!(world.server.requests(), MAX_LIST_ADDRESSES, "each once");
}

#[test]
fn what_lies_on_the_disk_is_verified_again() {
    let world = World::new();
    let good = list(1, 60).write(ALGORITHM);
    world.serve(("200 OK", good.clone()));
    world.fetch();
    let files = |extension: &str| {
        let all = std::fs::read_dir(world.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|found| found == extension)).collect::<Vec<_>>()
    };
    let [path] = &files("crl")[..] else { panic!("one list") };
    let write = |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).unwrap();
    world.serve(("404 Not Found", Vec::new()));
    // Another authority's list, laid there by hand.
    write(path, &ListParts { key: 955, ..list(9, 30) }.write(ALGORITHM));
    assert_eq!(world.fetch().list, None);
    write(path, &good);
    assert_eq!(world.fetch().list.as_ref(), Some(&good));
    // A note that is lost: the age is that of the list.
    std::fs::remove_file(&files("toml")[0]).unwrap();
    let found = world.fetch();
    assert_eq!((found.fetched_at, found.age_seconds(now())), (None, Some(60)));
    // A stale list still knows what was revoked, and is not fresh.
    let found = world.fetch_at(now().plus(2 * 86_400));
    assert!(found.list.is_some() && !found.is_fresh(now().plus(2 * 86_400)));
    // One that does not verify is no hindrance for one that does.
    write(path, b"nothing");
    world.serve(("200 OK", good.clone()));
    assert!(world.fetch().is_new);
}
