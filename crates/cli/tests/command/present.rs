//! Licenses as they are shown: codes in files, verified with and without a data directory.

use std::process::Stdio;

use boyin::model::b64;
use boyin::model::jws::{Header, TYP_STATUS_LIST, Unsigned};
use boyin::model::status::{StatusBits, StatusList, StatusListClaims};
use boyin::model::time::UnixTime;
use boyin_present::Bundle;

use crate::support::{MARKET, POLICE, Place, Ran, boyin_alone, forms};

const BY: [&str; 4] = ["--who", "窗口甲", "--purpose", "入住登记"];

fn make(place: &Place, id: &str, more: &[&str]) -> Ran {
    place.boyin(&[&["present", "make", "--license", id, "--fields", "holder_name,sex"], more, &BY].concat())
}

/// Where there is neither a data directory nor a passphrase.
fn offline(place: &Place, args: &[&str]) -> Ran {
    let anchor = place.home().join("trust/anchor.json");
    let bundle = place.path("lists.bundle");
    let with = ["--bundle", &bundle, "--anchor", anchor.to_str().unwrap()];
    boyin_alone(place.home().parent().unwrap(), &[args, &with].concat())
}

#[test]
fn a_static_code_goes_through_a_picture_and_is_verified_offline() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let [picture, drawing, text, bundle] =
        ["card.png", "card.svg", "card.txt", "lists.bundle"].map(|n| place.path(n));
    let made = make(&place, &id, &["--out", &picture, "--json"]).ends(0).json();
    assert!(made["bytes"].as_u64().unwrap() <= 964 && made["version"].as_u64().unwrap() <= 25, "{made}");
    assert!(made["text"].is_null() && made["expires"].is_null());
    make(&place, &id, &["--out", &drawing]).ends(0);
    make(&place, &id, &["--out", &text]).ends(0);
    let said = make(&place, &id, &[]).ends(0);
    assert_eq!(said.out.as_bytes(), place.read("card.txt"));
    assert!(String::from_utf8(place.read("card.svg")).unwrap().starts_with("<svg"));
    make(&place, &id, &["--out", &picture]).complains(&["exists already"]);
    make(&place, &id, &["--out", &place.path("card.gif")]).complains(&[".png, .svg or .txt"]);

    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let name = &forms("identity-card")[0].holder.name;
    for read in
        [place.boyin(&["present", "check", &picture]), offline(&place, &["present", "check", &picture])]
    {
        let ran = read.ends(0);
        assert!(ran.out.contains("passed") && ran.out.contains("static code"), "{}", ran.out);
        assert_eq!(ran.out.matches("0 d 0 h").count(), 2, "both ages: {}", ran.out);
        assert!(!ran.out.contains(name.as_str()) && ran.out.contains("holder_name"), "{}", ran.out);
        assert!(!ran.out.contains("holder_code"), "not shown: {}", ran.out);
    }
    let full = offline(&place, &["present", "check", &text, "--full"]).ends(0);
    assert!(full.out.contains(name.as_str()), "{}", full.out);
    let told = offline(&place, &["--json", "present", "check", &text]).ends(0).json();
    assert_eq!((told["kind"].as_str(), told["verdict"].as_str()), (Some("static"), Some("passed")));
    assert!(
        told["age"]["trust_list"]["age_seconds"].is_u64()
            && told["age"]["status_list"]["age_seconds"].is_u64()
    );
    assert!(!told.to_string().contains(name.as_str()));

    place.boyin(&["license", "revoke", &id, "--reason", "测试", "--who", "窗口甲"]).ends(0);
    let revoked = place.boyin(&["--json", "present", "check", &text]).ends(1).json();
    assert_eq!(revoked["reason"]["code"], "revoked");
    make(&place, &id, &[]).complains(&["revoked"]);
    make(&place, &id, &["--dynamic"]).complains(&["revoked"]);
    // The bundle is older than the revocation: it passes until the list is stale, and its age is told.
    offline(&place, &["present", "check", &text]).ends(0);
    let late = offline(&place, &["--json", "present", "check", &text, "--at", "2099-01-01"]);
    assert_eq!(late.ends(2).json()["reason"]["code"], "trust_list_stale");
    std::fs::remove_file(&bundle).unwrap();
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let known = offline(&place, &["--json", "present", "check", &text]).ends(1).json();
    assert_eq!(known["reason"]["code"], "revoked");
}

/// Makes a dynamic code of a license and tells when it ends.
fn dynamic(place: &Place, id: &str, out: &str) -> u64 {
    let args = ["--json", "present", "make", "--license", id, "--dynamic", "--out", out];
    place.boyin(&[&args[..], &BY].concat()).ends(0).json()["expires"].as_u64().unwrap()
}

#[test]
fn a_dynamic_code_counts_once() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let [code, bundle, seen] = ["now.txt", "lists.bundle", "codes.seen"].map(|name| place.path(name));
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let expires = dynamic(&place, &id, &code);
    // Somebody else's: it is neither in the way nor replaced.
    place.write("codes.new", b"of another");
    let check = |more: &[&str]| offline(&place, &[&["--json", "present", "check", &code], more].concat());
    let passed = check(&["--seen", &seen]).ends(0).json();
    assert_eq!(
        (passed["kind"].as_str(), passed["dynamic"]["purpose"].as_str()),
        (Some("dynamic"), Some("入住登记"))
    );
    assert_eq!(check(&["--seen", &seen]).ends(1).json()["reason"]["code"], "dynamic_repeated");
    assert_eq!(place.read("codes.new"), b"of another");
    let at = |seconds: u64| check(&["--at", &seconds.to_string()]);
    assert_eq!(at(expires).ends(1).json()["reason"]["code"], "dynamic_expired");
    assert_eq!(at(expires - 1).ends(2).json()["reason"]["code"], "dynamic_memory_missing");
    // Another one for the same license, by the data directory.
    let second = place.path("second.txt");
    dynamic(&place, &id, &second);
    place.boyin(&["present", "check", &second, "--seen", &seen]).ends(0);
    let log = place.boyin(&["event", "list"]).ends(0);
    assert!(log.out.contains("入住登记"), "{}", log.out);
}

/// A memory is one of the clock: no other instant empties it.
#[test]
fn another_instant_leaves_the_memory_alone() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let [code, seen] = ["now.txt", "codes.seen"].map(|name| place.path(name));
    dynamic(&place, &id, &code);
    place.boyin(&["present", "check", &code, "--seen", &seen]).ends(0);
    let kept = place.read("codes.seen");
    let later = ["present", "check", &code, "--seen", &seen, "--at", "2099-01-01"];
    place.boyin(&later).complains(&["--seen", "--at"]);
    assert_eq!(place.read("codes.seen"), kept);
}

#[test]
fn where_codes_are_remembered_a_static_one_is_refused() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let [code, seen] = ["card.txt", "codes.seen"].map(|name| place.path(name));
    make(&place, &id, &["--out", &code]).ends(0);
    place.boyin(&["present", "check", &code]).ends(0);
    for demand in [&["--dynamic"][..], &["--seen", &seen]] {
        let refused = place.boyin(&[&["--json", "present", "check", &code], demand].concat()).ends(1).json();
        assert_eq!(refused["reason"]["code"], "dynamic_missing");
        assert_eq!(refused["kind"], "static");
    }
}

/// While the memory is waited for, time passes: what ends meanwhile does not count.
#[test]
fn a_code_is_checked_at_the_instant_of_the_answer() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let [code, seen] = ["now.txt", "codes.seen"].map(|name| place.path(name));
    let lock = std::fs::File::create(place.path("codes.seen.lock")).unwrap();
    lock.lock().unwrap();
    let made_at = dynamic(&place, &id, &code) - 60;
    let mut command = place.command(&["--json", "present", "check", &code, "--seen", &seen]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    drop(lock);
    let told = Ran::of(child.wait_with_output().unwrap()).ends(0).json();
    assert!(told["at"].as_u64().unwrap() >= made_at + 4, "{told}");
}

#[test]
fn a_memory_of_codes_is_a_file_of_its_own() {
    use boyin_present::limits::MAX_SEEN_BYTES;
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let [code, seen, link] = ["now.txt", "codes.seen", "link.seen"].map(|name| place.path(name));
    dynamic(&place, &id, &code);
    let check = |seen: &str| place.boyin(&["present", "check", &code, "--seen", seen]);
    std::os::unix::fs::symlink(&seen, &link).unwrap();
    check(&link).complains(&["is a link"]);
    let other = place.write("other", b"of another");
    std::os::unix::fs::symlink(&other, place.path("codes.seen.lock")).unwrap();
    check(&seen).complains(&["is a link"]);
    assert_eq!(place.read("other"), b"of another");
    std::fs::remove_file(place.path("codes.seen.lock")).unwrap();
    let large = "AAAAAAAAAAEAAAAAAAAAAA 1000361\n".repeat(MAX_SEEN_BYTES / 31 + 1);
    for bad in ["something else\n", &["boyin seen nonces 1\n", &large].concat()] {
        place.write("codes.seen", bad.as_bytes());
        check(&seen).complains(&["no memory of codes"]);
    }
    std::fs::remove_file(&seen).unwrap();
    check(&seen).ends(0);
}

/// Whoever asks for a code learns something about the license from a refusal too.
#[test]
fn a_refusal_leaves_an_event() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let ask = |fields: &str, purpose: &str| {
        let args = ["present", "make", "--dynamic", "--license", &id, "--fields", fields, "--who", "窗口甲"];
        place.boyin(&[&args[..], &["--purpose", purpose]].concat())
    };
    ask("nothing", "查询字段").complains(&["no field `nothing`"]);
    assert!(place.boyin(&["event", "list"]).ends(0).out.contains("查询字段"));
    place.boyin(&["license", "revoke", &id, "--reason", "测试", "--who", "窗口甲"]).ends(0);
    ask("sex", "查询状态").complains(&["revoked"]);
    assert!(place.boyin(&["event", "list"]).ends(0).out.contains("查询状态"));
}

#[test]
fn what_is_no_code_is_refused() {
    let place = Place::new();
    let id = place.issue_one(POLICE, "identity-card");
    let [text, bundle] = ["card.txt", "lists.bundle"].map(|name| place.path(name));
    make(&place, &id, &["--out", &text]).ends(0);
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let good = String::from_utf8(place.read("card.txt")).unwrap();
    let cut = place.write("cut.txt", &good.trim_end().as_bytes()[..good.len() - 4]);
    let refused = place.boyin(&["--json", "present", "check", &cut]).ends(1).json();
    assert_eq!(refused["reason"]["code"], "code_malformed");
    assert!(refused["reason"]["zh"].is_string() && refused["at"].is_u64(), "{refused}");
    assert!(refused["age"]["trust_list"]["age_seconds"].is_u64(), "{refused}");
    let told = offline(&place, &["--json", "present", "check", &cut]).ends(1).json();
    assert_eq!(told["age"]["trust_list"]["made_at"], refused["age"]["trust_list"]["made_at"]);
    let plain = place.write("plain.txt", b"https://licenses.example");
    let refused = place.boyin(&["present", "check", &plain]).ends(1);
    assert!(refused.out.contains("code_text") && refused.out.contains("不是亮证码"), "{}", refused.out);
    assert!(refused.out.contains("trust list 信任列表: 0 d 0 h"), "{}", refused.out);
    let white = boyin_picture::Code::draw("https://licenses.example", 25).unwrap().png(4).unwrap();
    let white = place.write("white.png", &white);
    place.boyin(&["present", "check", &white]).complains(&["none of a license"]);
    let args = ["present", "make", "--license", &id, "--fields", "nothing"];
    place.boyin(&[&args[..], &BY].concat()).complains(&["no field `nothing`"]);
    let long = "长".repeat(41);
    let args = ["present", "make", "--license", &id, "--dynamic", "--who", "窗口甲", "--purpose", &long];
    place.boyin(&args).complains(&["1 to 40 characters"]);
}

#[test]
fn a_bundle_is_shown_and_verified() {
    let (place, other) = (Place::new(), Place::new());
    let bundle = place.path("lists.bundle");
    let id = place.issue_one(POLICE, "identity-card");
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let shown = boyin_alone(place.home().parent().unwrap(), &["bundle", "show", &bundle]).ends(0);
    assert!(shown.out.contains("Not verified") && shown.out.contains("trust list 1"), "{}", shown.out);
    let verified = place.boyin(&["--json", "bundle", "verify", &bundle]).ends(0).json();
    assert_eq!(
        (verified["verdict"].as_str(), verified["status_lists"].as_array().unwrap().len()),
        (Some("passed"), 2)
    );
    let stale = place.boyin(&["bundle", "verify", &bundle, "--at", "2099-01-01"]).ends(2);
    assert!(stale.out.contains("indeterminate") && stale.out.contains("trust_list_stale"), "{}", stale.out);
    let early = place.boyin(&["--json", "bundle", "verify", &bundle, "--at", "2020-01-01"]).ends(2).json();
    assert_eq!(early["trust_list"]["reason"], "trust_list_from_future");
    let least = |number: &str| place.boyin(&["bundle", "verify", &bundle, "--least-sequence", number]);
    least("1").ends(0);
    assert!(least("2").ends(1).out.contains("trust list is number 1"));
    let anchor = other.home().join("trust/anchor.json");
    let anchor = ["--anchor", anchor.to_str().unwrap()];
    let foreign = place.boyin(&[&["bundle", "verify", &bundle], &anchor[..]].concat()).ends(1);
    assert!(foreign.out.contains("not signed by the anchor"), "{}", foreign.out);
    let text = place.write("code.txt", b"BY1:BB8");
    let args = [&["present", "check", &text, "--bundle", &bundle], &anchor[..]].concat();
    let refused = boyin_alone(place.home().parent().unwrap(), &args).ends(1);
    assert!(refused.out.contains("trust list 信任列表: not at hand"), "{}", refused.out);
    make(&place, &id, &["--out", &place.path("card.txt")]).ends(0);
    let card = place.path("card.txt");
    offline(&place, &["present", "check", &card, "--least-sequence", "1"]).ends(0);
    offline(&place, &["present", "check", &card, "--least-sequence", "2"])
        .complains(&["is refused", "number 1"]);
    let args = [&["present", "check", &card, "--bundle", &bundle], &anchor[..]].concat();
    boyin_alone(place.home().parent().unwrap(), &args).complains(&["is refused", "not signed by the anchor"]);
    place.boyin(&["bundle", "verify", &text]).complains(&["not a bundle"]);
}

/// Whoever is asked about last year holds the anchor of today.
#[test]
fn hand_overs_are_followed_now_whatever_the_question_is() {
    let place = Place::new();
    let [held, bundle] = ["held.json", "lists.bundle"].map(|name| place.path(name));
    std::fs::copy(place.home().join("trust/anchor.json"), &held).unwrap();
    let words = ["--trust-list", "--who", "密钥员", "--purpose", "年度轮换"];
    let made = place.boyin(&[&["--json", "key", "new"], &words[..]].concat()).ends(0).json();
    let kid = made["kid"].as_str().unwrap();
    place.boyin(&[&["key", "rotate", "--kid", kid], &words[..]].concat()).ends(0);
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let verify = ["--json", "bundle", "verify", &bundle, "--anchor", &held];
    let now = place.boyin(&verify).ends(0).json();
    assert_eq!(now["verdict"], "passed");
    assert_eq!(now["handovers"], 1);
    let then = place.boyin(&[&verify[..], &["--at", "2020-01-01"]].concat()).ends(2).json();
    assert_eq!(then["trust_list"]["reason"], "trust_list_from_future");
}

/// What nobody signed is neither inflated nor does it steer a terminal.
#[test]
fn unsigned_lists_in_a_bundle_do_no_harm() {
    let place = Place::new();
    let bundle = place.path("lists.bundle");
    place.issue_one(POLICE, "identity-card");
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let mut lists = Bundle::read(&place.read("lists.bundle")).unwrap();
    let at = |seconds| UnixTime::new(seconds).unwrap();
    let claims = StatusListClaims {
        sub: "https://x/\u{1b}[2J\u{202e}".to_owned(),
        iat: at(1),
        exp: at(2),
        ttl: 1,
        // One byte more than a list may have.
        list: StatusList::new(StatusBits::Eight, (16 << 20) + 1),
    };
    let (alg, kid) = ("ES256".into(), b64::encode(&[0; 32]).into());
    let header = Header { alg, kid, typ: TYP_STATUS_LIST.into() };
    let token = Unsigned::new(&header, &claims.write()).with_signature(&[0; 64]);
    lists.status_lists.push(token.into_bytes());
    place.write("lists.bundle", &lists.write());
    let shown = place.boyin(&["bundle", "show", &bundle]).ends(0);
    assert!(shown.out.contains(r"https://x/\u{1b}[2J\u{202e}"), "{}", shown.out);
    assert!(!shown.out.contains(['\u{1b}', '\u{202e}']));
    let verified = place.boyin(&["--json", "bundle", "verify", &bundle]).ends(2).json();
    assert_eq!(verified["status_lists"].as_array().unwrap().len(), 2);
    assert_eq!(verified["refused"][0]["place"], 2);
}
