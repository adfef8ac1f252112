//! Faults that only the lists or the clock show.

use boyin_model::id::DivisionCode;
use boyin_model::status::{StatusBits, StatusList};
use boyin_model::trust::{StatusLists, Sunset};
use boyin_suite::Algorithm;
use boyin_verify::Reason;

use super::{Book, PUBLIC, Scene, instant, outlast};
use crate::prefecture::{now, since};
use crate::seals::SEAL_ID;

pub(super) fn add(book: &mut Book) {
    trust_list(book);
    algorithm(book);
    entitlement(book);
    seal(book);
    validity(book);
    status_list(book);
    named_status_lists(book);
    status_values(book);
}

fn trust_list(book: &mut Book) {
    book.fail("trust_list/stale", Reason::TrustListStale, |s| {
        s.trust.next_update = now();
    });
    book.fail("trust_list/from-the-future", Reason::TrustListFromFuture, |s| {
        s.trust.issued_at = now().plus(301);
    });
}

fn algorithm(book: &mut Book) {
    let alg = book.prefecture.key().reference().jwk().alg.clone();
    // The status list is signed in the other suite: its end is not what fails.
    let other = match book.prefecture.algorithm {
        Algorithm::Es256 => book.prefecture.office.sm2.clone(),
        Algorithm::Sm2 => book.prefecture.office.es256.clone(),
    };
    let lists = other.clone();
    let ended = move |s: &mut Scene, sign_until, verify_until| {
        s.trust.algorithms = vec![Sunset { alg: alg.clone(), sign_until, verify_until }];
        s.status_key = lists.clone();
    };
    let end = ended.clone();
    book.fail_public("algorithm/ended-before-issue", Reason::AlgEnded, move |s| {
        let at = instant(s, "iat");
        end(s, at, None);
    });
    let end = ended.clone();
    book.fail_public("algorithm/broken-since", Reason::AlgEnded, move |s| {
        let now = s.now;
        end(s, now, Some(now));
    });
    book.pass("algorithm/ended-after-issue", PUBLIC, move |s| {
        let (at, now) = (instant(s, "iat"), s.now);
        ended(s, at.plus(1), Some(now.plus(1)));
    });
    let alg = other.reference().jwk().alg.clone();
    book.fail_public("status/algorithm-of-the-list-ended", Reason::StatusListForeign, move |s| {
        s.status_key = other;
        let sign_until = s.status.iat;
        s.trust.algorithms = vec![Sunset { alg, sign_until, verify_until: None }];
    });
}

fn entitlement(book: &mut Book) {
    use Reason::{DivisionNotEntitled, EntitlementNotInForce, TypeNotEntitled};
    book.fail_public("entitlement/another-type", TypeNotEntitled, |s| {
        let vct = s.parts.payload["vct"].as_str().expect("text").to_owned();
        s.office().entitlements.retain(|right| !vct.ends_with(right.license_type.as_str()));
    });
    book.fail_public("entitlement/no-right", TypeNotEntitled, |s| {
        s.office().entitlements.clear();
    });
    for (id, divisions) in [
        ("entitlement/the-neighbor", &["652722"][..]),
        ("entitlement/another-prefecture", &["650100"]),
        ("entitlement/nowhere", &[]),
    ] {
        let divisions = divisions.iter().map(|code| DivisionCode::parse(code).expect("a division"));
        let divisions: Vec<_> = divisions.collect();
        book.fail_public(id, DivisionNotEntitled, |s| {
            s.office().entitlements.iter_mut().for_each(|right| right.divisions.clone_from(&divisions));
        });
    }
    book.fail_public("entitlement/a-second-too-early", EntitlementNotInForce, |s| {
        let from = instant(s, "iat").plus(1);
        s.office().entitlements.iter_mut().for_each(|right| right.from = from);
    });
    book.fail_public("entitlement/a-second-too-late", EntitlementNotInForce, |s| {
        let end = instant(s, "iat");
        s.office().entitlements.iter_mut().for_each(|right| right.until = Some(end));
    });
}

fn seal(book: &mut Book) {
    use Reason::{ClaimInvalid, SealNotInForce, SealOfAnother, SealUnknown};
    let name = |s: &mut Scene| s.parts.set("seal_id", SEAL_ID);
    book.pass("seal/in-use", PUBLIC, name);
    book.pass("seal/suspended-since", PUBLIC, |s| {
        name(s);
        let after = instant(s, "iat").plus(1);
        s.trust.seals[0].in_force[0].until = Some(after);
    });
    book.fail_public("seal/not-in-the-list", SealUnknown, |s| s.parts.set("seal_id", "65270000000002"));
    book.fail_public("seal/list-without-seals", SealUnknown, |s| {
        name(s);
        s.trust.seals.clear();
    });
    let other = book.prefecture.other.code;
    book.fail_public("seal/of-another-office", SealOfAnother, |s| {
        name(s);
        s.trust.seals[0].issuer = other;
    });
    book.fail_public("seal/not-yet-in-use", SealNotInForce, |s| {
        name(s);
        s.trust.seals[0].in_force[0].from = instant(s, "iat").plus(1);
    });
    book.fail_public("seal/suspended-at-issue", SealNotInForce, |s| {
        name(s);
        let mut again = s.trust.seals[0].in_force[0];
        again.from = instant(s, "iat").plus(1);
        s.trust.seals[0].in_force[0].until = Some(instant(s, "iat"));
        s.trust.seals[0].in_force.push(again);
    });
    book.fail_public("seal/never-in-use", SealNotInForce, |s| {
        name(s);
        s.trust.seals[0].in_force.clear();
    });
    book.fail_public("content/seal-of-13-digits", ClaimInvalid, |s| s.parts.set("seal_id", &SEAL_ID[1..]));
}

fn validity(book: &mut Book) {
    use Reason::{Expired, IssuedInFuture, NotYetValid};
    book.fail("validity/issued-301-seconds-ahead", IssuedInFuture, |s| {
        s.parts.set("iat", now().plus(301).seconds());
    });
    book.fail("validity/a-second-too-early", NotYetValid, |s| {
        s.now = instant(s, "nbf").minus(1);
        s.trust.issued_at = since();
        s.status.iat = since();
        s.parts.set("iat", since().seconds());
    });
    book.fail("validity/a-second-too-late", Expired, |s| {
        s.now = instant(s, "exp");
        outlast(s, s.now);
    });
}

fn status_list(book: &mut Book) {
    use Reason::{
        StatusListForeign, StatusListFromFuture, StatusListStale, StatusListUnavailable, StatusOutOfRange,
    };
    book.fail("status/no-list", StatusListUnavailable, |s| {
        s.status_at_hand = false;
    });
    book.fail("status/another-list", StatusListUnavailable, |s| {
        s.status.sub.push('2');
    });
    book.fail("status/stale", StatusListStale, |s| s.status.exp = now());
    book.fail("status/from-the-future", StatusListFromFuture, |s| {
        s.status.iat = now().plus(301);
    });
    let other = book.prefecture.other.lists.clone();
    book.fail("status/signed-by-another-office", StatusListForeign, |s| {
        s.status_key = other;
    });
    book.fail("status/index-beyond-the-list", StatusOutOfRange, |s| {
        s.status.list = StatusList::new(s.status.list.bits(), 0);
    });
}

/// The toy prefecture's trust list names no status lists; these scenes do.
fn named_status_lists(book: &mut Book) {
    let uri = book.prefecture.office.status_uri();
    let prefix = uri.strip_suffix('1').expect("the first list").to_owned();
    let named = |prefix: &str| StatusLists { prefix: prefix.to_owned(), from: since(), until: None };
    book.pass("status/of-a-named-list", PUBLIC, |s| s.office().status_lists = vec![named(&prefix)]);
    book.pass("status/of-the-second-named", PUBLIC, |s| {
        s.office().status_lists = vec![named("https://old.example/"), named(&prefix)];
    });
    book.pass("status/named-until-after-issue", PUBLIC, |s| {
        let until = Some(instant(s, "iat").plus(1));
        s.office().status_lists = vec![StatusLists { until, ..named(&prefix) }];
    });
    for (id, other) in [
        ("status/of-a-list-elsewhere", "https://status.example.elsewhere/"),
        // What follows the prefix has a slash, or is nothing.
        ("status/of-a-list-further-down", "https://status.example/"),
        ("status/of-the-prefix-itself", uri.as_str()),
    ] {
        book.fail_public(id, Reason::StatusListNotNamed, |s| s.office().status_lists = vec![named(other)]);
    }
    book.fail_public("status/named-a-second-too-late", Reason::StatusListNotNamed, |s| {
        let from = instant(s, "iat").plus(1);
        s.office().status_lists = vec![StatusLists { from, ..named(&prefix) }];
    });
    book.fail_public("status/named-until-issue", Reason::StatusListNotNamed, |s| {
        let until = Some(instant(s, "iat"));
        s.office().status_lists = vec![StatusLists { until, ..named(&prefix) }];
    });
}

fn status_values(book: &mut Book) {
    use Reason::{Revoked, StatusValueUnknown, Superseded, Suspended};
    book.fail("status/revoked", Revoked, |s| mark(s, 1));
    book.fail("status/revoked-in-a-stale-list", Revoked, |s| {
        mark(s, 1);
        s.status.exp = now();
    });
    book.fail("status/suspended", Suspended, |s| mark(s, 2));
    book.fail("status/superseded", Superseded, |s| mark(s, 3));
    book.fail("status/superseded-in-a-stale-list", Superseded, |s| {
        mark(s, 3);
        s.status.exp = now();
    });
    book.fail("status/undefined-value", StatusValueUnknown, |s| {
        s.status.list = StatusList::new(StatusBits::Four, 1 << 12);
        mark(s, 4);
    });
}

fn mark(scene: &mut Scene, value: u8) {
    let index = scene.parts.payload["status"]["status_list"]["idx"].as_u64().expect("an index");
    scene.status.list.set(u32::try_from(index).expect("small"), value).expect("within the list");
}
