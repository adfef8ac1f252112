//! Seals in the register of a trust list.

use boyin_model::register::Period;
use boyin_model::trust::Sunset;
use boyin_suite::all_x509;
use boyin_testkit::prefecture::{Prefecture, now, since};
use boyin_testkit::seals::{SealWorld, register, register_between, register_list};
use boyin_verify::UnixTime;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{SealCheck, SealNote, SealReason};

use super::{Case, Expected, always, passes, refused};

const HOUR: u64 = 3600;

/// A store that knows the authority, and neither makers nor revocation lists.
fn bare(world: &SealWorld) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(world.authority.certificate()).unwrap();
    store
}

fn period(from: UnixTime, until: Option<UnixTime>) -> Period {
    Period { from, until }
}

pub(super) fn cases(world: &SealWorld) -> Vec<Case> {
    let algorithm = world.algorithm;
    let seal = world.seal(&world.info());
    let signed_at = now().minus(HOUR);
    let signature = world.signature(&seal, signed_at);
    let other = world.seal(&boyin_model::seal::SealInfo { name: "另一枚", ..world.info() });
    let in_use = [period(since(), None)];
    let mut cases = Vec::new();
    let mut add = |what: &str, now_in_use: bool, then_in_use: bool, periods: &[Period]| {
        let expected = |in_use| {
            always(if in_use { passes(&[]) } else { refused(SealReason::NotInForce, SealCheck::Register) })
        };
        let listed = || register(algorithm, &[(&seal, periods)]);
        cases.push(Case::seal(what, seal.clone(), world.store(), expected(now_in_use)).registered(listed()));
        let case = Case::signature(what, signature.clone(), world.store(), expected(then_in_use));
        cases.push(case.registered(listed()));
    };
    add("in use", true, true, &in_use);
    let suspended = [period(since(), Some(signed_at)), period(signed_at.plus(1), None)];
    add("suspended when it signed, and in use again", true, false, &suspended);
    add("suspended since", false, true, &[period(since(), Some(signed_at.plus(1)))]);
    add("in use only since", true, false, &[period(signed_at.plus(1), None)]);
    add("in use from that instant", true, true, &[period(signed_at, None)]);
    add("never in use", false, false, &[]);

    let mut both = |what: &str, expected: [Expected; 3], list: &dyn Fn() -> _, store: &dyn Fn() -> _| {
        cases.push(Case::seal(what, seal.clone(), store(), expected.clone()).registered(list()));
        cases.push(Case::signature(what, signature.clone(), store(), expected).registered(list()));
    };
    let full = || world.store();
    let open = |reason| always(refused(reason, SealCheck::Register));
    both("not in the register", open(SealReason::NotRegistered), &|| register(algorithm, &[]), &full);
    let another = || register(algorithm, &[(&other, &in_use)]);
    both("another seal of that number", open(SealReason::NotAsRegistered), &another, &full);
    let stale = || register_between(algorithm, &[(&seal, &in_use)], since(), now());
    both("a stale list", open(SealReason::RegisterStale), &stale, &full);
    let last_second = || register_between(algorithm, &[(&seal, &in_use)], since(), now().plus(1));
    both("a list in its last second", always(passes(&[])), &last_second, &full);
    let ahead =
        |seconds| register_between(algorithm, &[(&seal, &in_use)], now().plus(seconds), now().plus(HOUR));
    both("a list 301 s ahead", open(SealReason::RegisterFromFuture), &|| ahead(301), &full);
    both("a list 300 s ahead", always(passes(&[])), &|| ahead(300), &full);

    let from_register = always(passes(&[SealNote::RevocationFromRegister]));
    let listed = || register(algorithm, &[(&seal, &in_use)]);
    both("the register answers for maker and revocation", from_register, &listed, &|| bare(world));
    // A register that does not vouch for the seal leaves the maker unlisted and its revocation unknown too.
    let mut checks = vec![SealCheck::MakerCertificate, SealCheck::Register];
    let answer = Expected::Refused(SealReason::MakerRevocationUnknown, checks.clone());
    let case = Case::seal("a stale list answers for nothing", seal.clone(), bare(world), always(answer));
    cases.push(case.registered(stale()));
    checks.push(SealCheck::SignerCertificate);
    let [first, later] = [SealReason::SignerRevocationUnknown, SealReason::MakerRevocationUnknown]
        .map(|reason| Expected::Refused(reason, checks.clone()));
    let expected = [first, later.clone(), later];
    let case = Case::signature("a stale list answers for nothing", signature.clone(), bare(world), expected);
    cases.push(case.registered(stale()));
    cases.extend(ended(world, &seal, &signature, signed_at));
    cases
}

/// The list ends the algorithm with which seal and signature were made; it never asks which certificate is behind it.
fn ended(world: &SealWorld, seal: &[u8], signature: &[u8], signed_at: UnixTime) -> Vec<Case> {
    let made_at = world.info().created;
    let own = world.signer.0.reference().alg().id().jws.unwrap();
    let other = if own == "ES256" { "SM2-SM3" } else { "ES256" };
    let list = |alg: &str, sign_until, verify_until| {
        let in_use = [period(since(), None)];
        let mut list = register_list(world.algorithm, &[(seal, &in_use)]);
        list.algorithms = vec![Sunset { alg: alg.to_owned(), sign_until, verify_until }];
        Prefecture::new(world.algorithm).trust(&list)
    };
    let ended = |checks: &[SealCheck]| always(Expected::Refused(SealReason::AlgorithmEnded, checks.to_vec()));
    let both = [SealCheck::MakerSignature, SealCheck::Signature];
    let [maker, signer] = both.map(|check| [check]);
    let fine = || always(passes(&[]));
    let mut cases = Vec::new();
    for (what, alg, sign_until, verify_until, of_seal, of_signature) in [
        ("ended when the seal was made", own, made_at, None, ended(&maker), ended(&both)),
        ("ended since the seal was made", own, made_at.plus(1), None, fine(), ended(&signer)),
        ("ended when it signed", own, signed_at, None, fine(), ended(&signer)),
        ("ended since it signed", own, signed_at.plus(1), None, fine(), fine()),
        ("broken now", own, signed_at.plus(1), Some(now()), ended(&maker), ended(&both)),
        ("broken in a second", own, signed_at.plus(1), Some(now().plus(1)), fine(), fine()),
        ("the other algorithm ended", other, made_at, Some(made_at), fine(), fine()),
    ] {
        let listed = || list(alg, sign_until, verify_until);
        cases.push(Case::seal(what, seal.to_vec(), world.store(), of_seal).registered(listed()));
        let case = Case::signature(what, signature.to_vec(), world.store(), of_signature);
        cases.push(case.registered(listed()));
    }
    cases
}
