//! GB/T 36906: until when copies are used: for a year at most, and no longer than the license lasts.

use axum::http::StatusCode;
use boyin::issue::Draft;
use boyin::model::sharing::SharingScope;
use boyin::model::time::SECONDS_PER_DAY;
use boyin::suite::SystemRandom;
use boyin::{FileWish, MAX_COPY_DAYS, Receipt, ShareQuery};
use boyin_service::FILE_URL_SECONDS;
use serde_json::{Value, json};

use crate::clients::{client, token};
use crate::gbt36906::{Asking, status, with};
use crate::gbt36906_files::{COPY_UNTIL, GIVEN, path_of};
use crate::office::{identity_card, market, now, order, police};
use crate::shared::{PURPOSE, refused};

/// Seconds from [`now`] to a minute before the end of [`short_card`].
const TO_THE_LAST_MINUTE: u64 = 2 * SECONDS_PER_DAY - 9 * 3600 - 60;

/// Another card of the holder, whose last day is 2 June 2026, tomorrow.
pub(crate) fn short_card(asking: &Asking) -> Receipt {
    let [from, until] = ["2016-06-02", "2026-06-02"].map(str::to_owned);
    let card = Draft {
        issue_date: from.clone(),
        valid_from: Some(from),
        valid_until: Some(until),
        ..identity_card()
    };
    let desk = asking.site.prefecture.desk();
    let card = desk.issue(&card, &order(police(), "card-2"), &mut SystemRandom).unwrap();
    drop(desk);
    asking.served.lookup.refresh(now()).unwrap();
    card
}

fn of(data: &Value, card: &Receipt) -> Value {
    with(data, "certificateIdentifier", card.license_id.as_str())
}

fn told(until: &str) -> String {
    format!("item-1 given with file; copy until {until}+08:00; {GIVEN}")
}

#[tokio::test]
async fn a_copy_is_used_for_a_year_at_most() {
    let asking = Asking::new();
    let last = now().plus(MAX_COPY_DAYS * SECONDS_PER_DAY);
    assert_eq!(last.to_string(), "2027-06-02T09:00:00+08:00");
    for operation in ["downloadFile", "downloadUrl"] {
        for (until, expected) in [
            ("2027-06-02 09:00:00", "0"),
            // A day is meant to its end.
            ("2027-06-01", "0"),
            ("2027-06-02 09:00:01", "102"),
            ("2027-06-02", "102"),
            ("2027-06-03 09:00:00", "102"),
            ("9999-12-31", "102"),
        ] {
            let data = with(&asking.file(), COPY_UNTIL, until);
            assert_eq!(asking.ask(operation, data).await.0, expected, "{operation} {until}");
        }
    }
    let of_holder = |until: &str| with(&Asking::card(), COPY_UNTIL, until);
    for (until, expected) in [("2027-06-02 09:00:00", "0"), ("2027-06-02 09:00:01", "102")] {
        assert_eq!(asking.ask("downloadUrlsByHolderCode", of_holder(until)).await.0, expected, "{until}");
    }
    // As the clock goes on, so does the bound.
    asking.served.wait(1);
    let later = with(&asking.file(), COPY_UNTIL, "2027-06-02 09:00:01");
    assert_eq!(asking.ask("downloadFile", later).await.0, "0");
}

#[test]
fn whoever_asks_the_copy_ends_within_a_year() {
    let asking = Asking::new();
    let market_client = client("market-1", market(), &[SharingScope::Departments], &asking.site.keys[0]);
    let query = ShareQuery {
        client: &market_client,
        item: "item-1",
        purpose: PURPOSE,
        fields: None,
        authorization: None,
        file: FileWish::Alone,
        number: None,
        copy_until: Some(now().plus((MAX_COPY_DAYS + 1) * SECONDS_PER_DAY)),
    };
    let (lookup, card) = (&asking.served.lookup, &asking.site.card.license_id);
    let last = Some(now().plus(MAX_COPY_DAYS * SECONDS_PER_DAY));
    assert_eq!(lookup.share_license(card, &query, now()).unwrap().unwrap().copy_until, last);
    assert_eq!(lookup.promise_file(card, &query, now()).unwrap().unwrap().copy_until(), last);
    drop(asking.served);
    assert_eq!(asking.site.told()[0], told("2027-06-02T09:00:00"));
}

#[tokio::test]
async fn a_copy_ends_with_its_license() {
    let asking = Asking::new();
    let file = of(&asking.file(), &short_card(&asking));
    for until in ["2026-06-02 23:59:59", "2026-06-02", "2026-06-03 00:00:01", "2027-06-01"] {
        assert_eq!(asking.ask("downloadFile", with(&file, COPY_UNTIL, until)).await.0, "0", "{until}");
    }
    let promised = asking.url(with(&file, COPY_UNTIL, "2027-06-01")).await;
    assert_eq!(asking.fetch(&path_of(&promised["url"])).await.status, StatusCode::OK);
    // The other card lasts.
    let long = with(&asking.file(), COPY_UNTIL, "2027-06-01");
    assert_eq!(asking.ask("downloadFile", long).await.0, "0");
    drop(asking.served);
    let end = "2026-06-03T00:00:00";
    let mut expected = ["2026-06-02T23:59:59", end, end, end].map(told).to_vec();
    expected.push(told(end).replace("given with file", "file promised"));
    expected.extend([told(end), told("2027-06-02T00:00:00")]);
    assert_eq!(asking.site.told(), expected);
}

#[tokio::test]
async fn a_url_ends_with_the_copy_and_nothing_is_given_of_what_has_ended() {
    let mut asking = Asking::new();
    let file = of(&asking.file(), &short_card(&asking));
    let at = now().plus(TO_THE_LAST_MINUTE);
    asking.served.wait(TO_THE_LAST_MINUTE);
    // The status lists of yesterday have ended.
    drop(asking.site.prefecture.desk_at(at));
    asking.served.lookup.refresh(at).unwrap();
    asking.token = token(&asking.served.gate, "market-1", &asking.site.keys[0], at);
    let copy = with(&file, COPY_UNTIL, "2026-06-30");
    let ending = asking.url(copy.clone()).await;
    assert_eq!(ending["expiresIn"], 60);
    let open = asking.url(file.clone()).await;
    assert_eq!(open["expiresIn"], FILE_URL_SECONDS);
    let of_holder = with(&Asking::card(), COPY_UNTIL, "2026-06-30");
    let (_, urls) = asking.ask("downloadUrlsByHolderCode", of_holder.clone()).await;
    let mut seconds: Vec<_> =
        urls.as_array().unwrap().iter().map(|url| url["expiresIn"].as_u64().unwrap()).collect();
    seconds.sort_unstable();
    assert_eq!(seconds, [60, FILE_URL_SECONDS], "each with its own license");
    asking.served.wait(60);
    assert_eq!(asking.fetch(&path_of(&ending["url"])).await.status, StatusCode::NOT_FOUND);
    // Nobody said until when: the URL is good, and the license is not.
    let ended = asking.fetch(&path_of(&open["url"])).await;
    assert_eq!(refused(&ended), (403, "license_not_passed".to_owned()));
    for data in [&file, &copy] {
        for operation in ["downloadFile", "downloadUrl"] {
            assert_eq!(asking.ask(operation, data.clone()).await, status("99"), "{operation} {data}");
        }
    }
    let (done, urls) = asking.ask("downloadUrlsByHolderCode", of_holder).await;
    assert_eq!((done.as_str(), urls.as_array().map(Vec::len)), ("0", Some(1)), "of the card that lasts");
    assert_eq!(urls[0]["expiresIn"], json!(FILE_URL_SECONDS));
}
