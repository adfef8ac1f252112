use boyin::issue::timestamp::TimestampingError;
use boyin::suite::{Algorithm, SystemRandom, all_x509};
use boyin::timestamp::{AuthorityFault, StampError, TimestampAuthority, TimestampClient, TimestampTrust};
use boyin::transport::{Http, TransportError};
use boyin::verify::chain::CertificateStore;
use boyin::verify::timestamp::{TimestampPolicy, TimestampReason, WhenUnknown};
use boyin_model::time::UnixTime;
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::TimestampWorld;
use boyin_testkit::timestamp::openssl::{Keys, OPENSSL_POLICY, OpenSslAuthority, accepts, is_there};

use crate::{Server, nobody};

fn at(url: &str) -> TimestampAuthority {
    TimestampAuthority { url: url.to_owned(), policy: None }
}

/// The kit's authority behind a server.
pub(crate) fn kit(algorithm: Algorithm) -> Server {
    Server::new(move |_, body| ("200 OK", TimestampWorld::new(algorithm).answer(body, now())))
}

#[test]
fn openssl_stamps_what_is_sent() {
    if !is_there() {
        return;
    }
    for (keys, algorithm) in [(Keys::Rsa, Algorithm::Es256), (Keys::P256, Algorithm::Sm2)] {
        let folder = tempfile::tempdir().unwrap();
        let authority = OpenSslAuthority::new(folder.path(), keys);
        let root = authority.root();
        let server = Server::new(move |head, body| {
            assert!(head.contains("application/timestamp-query"), "{head}");
            ("200 OK", authority.reply(body))
        });
        let mut store = CertificateStore::new(&all_x509());
        store.add_timestamp_authority(&root).unwrap();
        let policy = TimestampPolicy { when_unknown: WhenUnknown::Accept, ..TimestampPolicy::default() };
        let asked = TimestampAuthority { url: server.url.clone(), policy: Some(OPENSSL_POLICY.to_owned()) };
        let authorities = [asked];
        let client = TimestampClient {
            transport: &Http::default(),
            authorities: &authorities,
            trust: Some(TimestampTrust { certificates: &store, policy: &policy }),
        };
        // The command stamps at its own time.
        let clock = std::process::Command::new("date").arg("+%s").output().unwrap().stdout;
        let clock: u64 = String::from_utf8(clock).unwrap().trim().parse().unwrap();
        let alg = algorithm.verifier();
        let digest = alg.digest(&[b"a document"]);
        let token = client.stamp(alg, digest, UnixTime::new(clock).unwrap(), &mut SystemRandom).unwrap();
        assert!(accepts(folder.path(), &token, b"a document", &root, clock + 1), "{keys:?}");
        assert!(!accepts(folder.path(), &token, b"another", &root, clock + 1), "{keys:?}");
    }
}

#[test]
fn the_second_authority_is_asked_where_the_first_gives_none() {
    for algorithm in Algorithm::ALL {
        let world = TimestampWorld::new(algorithm);
        let (store, policy) = (world.store(), TimestampPolicy::default());
        let alg = algorithm.verifier();
        let digest = alg.digest(&[b"a document"]);
        let good = kit(algorithm);
        // Each gives none in a way of its own.
        let broken = Server::new(|_, _| ("503 Service Unavailable", Vec::new()));
        let words = Server::new(|_, _| ("200 OK", b"<html>".to_vec()));
        let other = algorithm;
        let stale = Server::new(move |_, body| {
            let mut old = body.to_vec();
            // The last byte of the nonce, before certReq.
            let place = old.len() - 4;
            old[place] ^= 1;
            ("200 OK", TimestampWorld::new(other).answer(&old, now()))
        });
        let late = Server::new(move |_, body| {
            ("200 OK", TimestampWorld::new(other).answer(body, now().plus(86_400)))
        });
        let client = |authorities: &[TimestampAuthority]| {
            let trust = Some(TimestampTrust { certificates: &store, policy: &policy });
            let client = TimestampClient { transport: &Http::default(), authorities, trust };
            client.stamp(alg, digest, now(), &mut SystemRandom)
        };
        let first = |url: &str| match client(&[at(url)]) {
            Err(StampError::All(faults)) => faults[0].1.clone(),
            found => panic!("{url}: {found:?}"),
        };
        assert_eq!(first(&broken.url), AuthorityFault::Transport(TransportError::Status(503)));
        assert!(matches!(first(&words.url), AuthorityFault::Answer(TimestampingError::Answer(_))));
        assert_eq!(first(&stale.url), AuthorityFault::Answer(TimestampingError::OtherNonce));
        assert_eq!(first(&late.url), AuthorityFault::Token(TimestampReason::FromFuture));
        for bad in [&nobody(), &broken.url, &words.url, &stale.url, &late.url] {
            assert!(client(&[at(bad), at(&good.url)]).is_ok(), "{bad}");
        }
        assert_eq!(client(&[]), Err(StampError::NoAuthority));
        let asked = good.requests();
        assert!(client(&[at(&good.url), at(&broken.url)]).is_ok());
        assert_eq!((good.requests(), client(&[at(&nobody())]).unwrap_err().is_outage()), (asked + 1, true));
        assert!(!client(&[at(&nobody()), at(&late.url)]).unwrap_err().is_outage());
    }
}

/// An authority that is not trusted gives nothing, unless nobody asks.
#[test]
fn a_token_counts_only_if_it_passes() {
    let server = kit(Algorithm::Sm2);
    let alg = Algorithm::Sm2.verifier();
    let (store, policy) = (CertificateStore::new(&all_x509()), TimestampPolicy::default());
    let authorities = [at(&server.url)];
    let mut client = TimestampClient {
        transport: &Http::default(),
        authorities: &authorities,
        trust: Some(TimestampTrust { certificates: &store, policy: &policy }),
    };
    let refused = client.stamp(alg, [1; 32], now(), &mut SystemRandom);
    let missing = AuthorityFault::Token(TimestampReason::ChainMissing);
    assert_eq!(refused, Err(StampError::All(vec![(server.url.clone(), missing)])));
    client.trust = None;
    assert!(client.stamp(alg, [1; 32], now(), &mut SystemRandom).is_ok());
}
