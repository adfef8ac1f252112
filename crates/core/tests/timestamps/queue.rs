use std::fs;

use boyin::suite::{Algorithm, SystemRandom, all_x509};
use boyin::timestamp::{
    Queued, Retried, StampError, TimestampAuthority, TimestampClient, TimestampQueue, backoff_seconds,
};
use boyin::transport::Http;
use boyin_model::time::UnixTime;
use boyin_testkit::prefecture::now;

use crate::authorities::kit;
use crate::nobody;

fn client<'t>(http: &'t Http, authorities: &'t [TimestampAuthority]) -> TimestampClient<'t> {
    TimestampClient { transport: http, authorities, trust: None }
}

fn at(url: &str) -> [TimestampAuthority; 1] {
    [TimestampAuthority { url: url.to_owned(), policy: None }]
}

#[test]
fn what_could_not_be_stamped_waits_and_is_stamped_later() {
    let dir = tempfile::tempdir().unwrap();
    let queue = TimestampQueue::open(&dir.path().join("timestamps")).unwrap();
    let (http, alg, mut random) = (Http::default(), Algorithm::Sm2.verifier(), SystemRandom);
    let out = at(&nobody());
    for byte in [1, 2] {
        let result = queue.stamp_or_queue(&client(&http, &out), alg, [byte; 32], now(), &mut random).unwrap();
        assert!(result.unwrap_err().is_outage());
    }
    let waiting = queue.list().unwrap().waiting;
    let first = Queued {
        algorithm: "sm3".to_owned(),
        digest: [1; 32],
        since: now(),
        attempts: 1,
        next: now().plus(60),
    };
    assert_eq!(waiting, [first.clone(), Queued { digest: [2; 32], ..first.clone() }]);
    // Waiting twice is waiting once.
    queue.add(alg, [1; 32], now().plus(5)).unwrap();
    assert_eq!(queue.list().unwrap().waiting, waiting);

    let retry = |authorities: &[TimestampAuthority], all, at: UnixTime| {
        queue.retry(&client(&http, authorities), &all_x509(), all, at, &mut SystemRandom).unwrap()
    };
    assert_eq!(retry(&out, false, now().plus(59)), Retried { waiting: 2, ..Retried::default() });
    // The first finds out that nobody answers; the second is spared.
    let tried = retry(&out, false, now().plus(60));
    assert_eq!((tried.stamped, tried.failed, tried.waiting), (0, 1, 1));
    assert!(matches!(tried.last, Some(StampError::All(_))));
    let again = &queue.list().unwrap().waiting[0];
    assert_eq!((again.attempts, again.next), (2, now().plus(60 + 120)));

    // Another process finds the queue as it was left.
    let queue = TimestampQueue::open(&dir.path().join("timestamps")).unwrap();
    let server = kit(Algorithm::Sm2);
    let back = at(&server.url);
    let done = queue.retry(&client(&http, &back), &all_x509(), false, now().plus(61), &mut SystemRandom);
    let done = done.unwrap();
    assert_eq!((done.stamped, done.failed, done.waiting, done.last), (1, 0, 1, None));
    let done = queue.retry(&client(&http, &back), &all_x509(), true, now().plus(61), &mut SystemRandom);
    assert_eq!(done.unwrap().stamped, 1);
    assert_eq!(queue.list().unwrap().waiting, []);
    for byte in [1, 2] {
        let token = queue.token("sm3", &[byte; 32]).unwrap().unwrap();
        let read = boyin_model::timestamp::Token::read(&token, boyin_model::json::Reader::Ours).unwrap();
        assert_eq!(read.info.imprint.digest, [byte; 32]);
    }
    assert_eq!(queue.token("sm3", &[3; 32]).unwrap(), None);
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_retry_that_was_cut_off_asks_nobody_again() {
    let dir = tempfile::tempdir().unwrap();
    let queue = TimestampQueue::open(dir.path()).unwrap();
    let alg = Algorithm::Es256.verifier();
    queue.add(alg, [7; 32], now()).unwrap();
    let name = format!("sha-256-{}.tst", "07".repeat(32));
    fs::write(dir.path().join(name), b"token").unwrap();
    let (http, out) = (Http::default(), at(&nobody()));
    let done = queue.retry(&client(&http, &out), &all_x509(), true, now(), &mut SystemRandom).unwrap();
    assert_eq!(done, Retried::default());
    assert_eq!(queue.list().unwrap().waiting, []);
    assert_eq!(queue.token("sha-256", &[7; 32]).unwrap().unwrap(), b"token");
}

#[test]
fn damaged_entries_are_named_and_stop_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let queue = TimestampQueue::open(dir.path()).unwrap();
    queue.add(Algorithm::Sm2.verifier(), [1; 32], now()).unwrap();
    let good = dir.path().join(format!("sm3-{}.toml", "01".repeat(32)));
    let text = fs::read_to_string(&good).unwrap();
    for (name, text) in [
        ("a.toml", "".to_owned()),
        ("b.toml", text.clone()),
        ("c.toml", text.replace("format = 1", "format = 2")),
        (&format!("sm3-{}.toml", "02".repeat(32)), text.clone()),
    ] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    fs::write(dir.path().join("left-over.new"), "half").unwrap();
    let listing = queue.list().unwrap();
    assert_eq!((listing.waiting.len(), listing.damaged.len()), (1, 4));
}

#[test]
fn waiting_grows_up_to_six_hours() {
    let waits: Vec<_> = [1, 2, 3, 9, 10, 64, 65, u32::MAX].into_iter().map(backoff_seconds).collect();
    assert_eq!(waits, [60, 120, 240, 15_360, 21_600, 21_600, 21_600, 21_600]);
    assert_eq!(backoff_seconds(0), 60);
}
