//! What passes: the samples, and the last instant before each limit.

use boyin_model::b64;

use super::{Book, PERSONAL, PUBLIC, instant, outlast};
use crate::mutate::to_json;
use crate::prefecture::{issuer_key, now, since};

pub(super) fn add(book: &mut Book) {
    samples(book);
    limits(book);
    limits_of_lists(book);
}

fn samples(book: &mut Book) {
    book.pass("passed/personal", PERSONAL, |_| {});
    book.pass("passed/public", PUBLIC, |_| {});
    book.pass("passed/long-term", "marriage-certificate", |_| {});
    book.pass("passed/nothing-disclosed", PERSONAL, |s| {
        s.parts.disclosures.clear();
    });
    book.pass("passed/disclosures-in-another-order", PERSONAL, |s| {
        s.parts.disclosures.reverse();
    });
    book.pass("passed/json", PERSONAL, |s| s.document = to_json(&s.document()));
    let other = book.prefecture.other.clone();
    book.pass("passed/key-of-the-other-suite-in-the-list", PERSONAL, move |s| {
        s.trust.issuers[1].keys.retain(|key| key.kid == other.lists.reference().jwk().kid);
    });
    book.pass("passed/decoys-only", PUBLIC, |s| {
        s.parts.set("_sd", vec![b64::encode(&[1; 32]), b64::encode(&[2; 32])]);
    });
}

fn limits(book: &mut Book) {
    book.pass("passed/first-second", PUBLIC, |s| {
        s.now = instant(s, "nbf");
        s.trust.issued_at = s.now.minus(10);
        s.parts.set("iat", s.now.minus(10).seconds());
        s.status.iat = s.now.minus(10);
    });
    book.pass("passed/last-second", PUBLIC, |s| {
        s.now = instant(s, "exp").minus(1);
        outlast(s, s.now);
    });
    book.pass("passed/issued-300-seconds-ahead", PUBLIC, |s| {
        s.parts.set("iat", now().plus(300).seconds());
    });
    book.pass("passed/key-from-that-second", PUBLIC, |s| s.office_keys_from());
    book.pass("passed/key-until-the-next-second", PUBLIC, |s| {
        let end = instant(s, "iat").plus(1);
        s.office().keys[0].until = Some(end);
        s.office().keys[1].until = Some(end);
    });
    book.pass("passed/right-from-that-second", PUBLIC, |s| {
        let from = instant(s, "iat");
        s.office().entitlements.iter_mut().for_each(|right| right.from = from);
    });
    book.pass("passed/right-until-the-next-second", PUBLIC, |s| {
        let end = instant(s, "iat").plus(1);
        s.office().entitlements.iter_mut().for_each(|right| right.until = Some(end));
    });
    book.pass("passed/second-right-in-force", PUBLIC, |s| {
        let mut ended = s.office().entitlements.clone();
        ended.iter_mut().for_each(|right| right.until = Some(since().plus(1)));
        s.office().entitlements.splice(0..0, ended);
    });
}

fn limits_of_lists(book: &mut Book) {
    book.pass("passed/last-second-of-the-trust-list", PUBLIC, |s| {
        s.trust.next_update = now().plus(1);
    });
    book.pass("passed/last-second-of-the-status-list", PUBLIC, |s| {
        s.status.exp = now().plus(1);
    });
    book.pass("passed/trust-list-300-seconds-ahead", PUBLIC, |s| {
        s.trust.issued_at = now().plus(300);
    });
    book.pass("passed/status-list-300-seconds-ahead", PUBLIC, |s| {
        s.status.iat = now().plus(300);
    });
    let key = book.prefecture.other.lists.clone();
    book.pass("passed/status-list-of-a-second-key", PUBLIC, |s| {
        s.trust.issuers[1].keys.pop();
        s.office().keys.push(issuer_key(&key));
        s.status_key = key;
    });
}

impl super::Scene {
    fn office_keys_from(&mut self) {
        let from = instant(self, "iat");
        self.office().keys.iter_mut().take(2).for_each(|key| key.from = from);
    }
}
