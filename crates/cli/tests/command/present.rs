//! Licenses as they are shown: codes in files, verified with and without a data directory.

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

#[test]
fn a_dynamic_code_counts_once() {
    let place = Place::new();
    let id = place.issue_one(MARKET, "business-license");
    let [code, bundle, seen] = ["now.txt", "lists.bundle", "codes.seen"].map(|name| place.path(name));
    let make = |out: &str| {
        let args = ["--json", "present", "make", "--license", &id, "--dynamic", "--out", out];
        place.boyin(&[&args[..], &BY].concat()).ends(0).json()["expires"].as_u64().unwrap()
    };
    let expires = make(&code);
    place.boyin(&["bundle", "make", "--out", &bundle]).ends(0);
    let at = (expires - 30).to_string();
    let check =
        |at: &str| offline(&place, &["--json", "present", "check", &code, "--seen", &seen, "--at", at]);
    let passed = check(&at).ends(0).json();
    assert_eq!(
        (passed["kind"].as_str(), passed["dynamic"]["purpose"].as_str()),
        (Some("dynamic"), Some("入住登记"))
    );
    assert_eq!(check(&at).ends(1).json()["reason"]["code"], "dynamic_repeated");
    assert_eq!(check(&expires.to_string()).ends(1).json()["reason"]["code"], "dynamic_expired");
    let open = offline(&place, &["present", "check", &code, "--at", &at]).ends(2);
    assert!(open.out.contains("dynamic_memory_missing"), "{}", open.out);
    // Another one for the same license, by the data directory.
    let second = place.path("second.txt");
    make(&second);
    place.boyin(&["present", "check", &second, "--seen", &seen]).ends(0);
    let log = place.boyin(&["event", "list"]).ends(0);
    assert!(log.out.contains("入住登记"), "{}", log.out);
    place.write("codes.seen", b"something else\n");
    place.boyin(&["present", "check", &second, "--seen", &seen]).complains(&["no memory of codes"]);
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
    let plain = place.write("plain.txt", b"https://licenses.example");
    let refused = place.boyin(&["present", "check", &plain]).ends(1);
    assert!(refused.out.contains("code_text"), "{}", refused.out);
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
    assert!(stale.out.contains("indeterminate"), "{}", stale.out);
    let anchor = other.home().join("trust/anchor.json");
    let anchor = ["--anchor", anchor.to_str().unwrap()];
    let foreign = place.boyin(&[&["bundle", "verify", &bundle], &anchor[..]].concat()).ends(1);
    assert!(foreign.out.contains("not signed by the anchor"), "{}", foreign.out);
    let text = place.write("code.txt", b"BY1:BB8");
    let args = [&["present", "check", &text, "--bundle", &bundle], &anchor[..]].concat();
    boyin_alone(place.home().parent().unwrap(), &args).ends(1);
    make(&place, &id, &["--out", &place.path("card.txt")]).ends(0);
    let card = place.path("card.txt");
    let args = [&["present", "check", &card, "--bundle", &bundle], &anchor[..]].concat();
    boyin_alone(place.home().parent().unwrap(), &args).complains(&["is refused", "not signed by the anchor"]);
    place.boyin(&["bundle", "verify", &text]).complains(&["not a bundle"]);
}
