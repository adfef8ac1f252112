use super::*;
use crate::json::parse;
use crate::limits::{MAX_DIGESTS, MAX_JSON_MEMBERS};

const HEADER: &str = r#"{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}"#;

fn disclosure(name: &str) -> String {
    Disclosure::write(&[3; SALT_BYTES], name, Value::Int(1))
}

fn compact(header: &str, payload: &str, disclosures: &[String]) -> String {
    let (header, payload) = (b64::encode(header.as_bytes()), b64::encode(payload.as_bytes()));
    let mut text = format!("{header}.{payload}.{}~", b64::encode(&[9; 64]));
    for disclosure in disclosures {
        text += disclosure;
        text.push('~');
    }
    text
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|index| disclosure(&format!("n{index}"))).collect()
}

fn open_fault(text: &str) -> (Part, FormatFault) {
    let fault = Envelope::open(text.as_bytes(), Reader::Ours).expect_err(text);
    (fault.part, fault.fault)
}

fn read_fault(text: &str, reader: Reader) -> (Part, FormatFault) {
    let envelope = Envelope::open(text.as_bytes(), reader).expect(text);
    let fault = envelope.read().expect_err(text);
    (fault.part, fault.fault)
}

fn json_of(text: &str) -> String {
    let envelope = Envelope::open(text.as_bytes(), Reader::Ours).unwrap();
    String::from_utf8(envelope.to_json(|_| true)).unwrap()
}

#[test]
fn both_serializations_carry_the_same_bytes_and_turn_into_each_other() {
    for count in [0, 1, 2, 5] {
        let text = compact(HEADER, "{}", &numbered(count));
        let from_compact = Envelope::open(text.as_bytes(), Reader::Ours).unwrap();
        let json = from_compact.to_json(|_| true);
        let from_json = Envelope::open(&json, Reader::Ours).unwrap();
        assert_eq!(from_compact.serialization(), Serialization::Compact);
        assert_eq!(from_json.serialization(), Serialization::Json);
        assert_eq!(from_json.signing_input(), from_compact.signing_input());
        assert_eq!(from_json.signature(), from_compact.signature());
        assert_eq!(from_json.to_json(|_| true), json);
        assert_eq!(from_json.to_compact(|_| true), text.as_bytes());
        let names = |envelope: &Envelope<'_>| {
            let read = envelope.read().unwrap();
            read.disclosures.iter().map(|one| one.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&from_json), names(&from_compact));
        let fewer = compact(HEADER, "{}", &numbered(count)[..count.min(1)]);
        assert_eq!(from_json.to_compact(|index| index < 1), fewer.as_bytes());
    }
}

#[test]
fn a_disclosure_has_one_spelling() {
    // Canonical text of the disclosure, put together by hand.
    let text = r#"["AwMDAwMDAwMDAwMDAwMDAw","a",1]"#;
    assert_eq!(disclosure("a"), b64::encode(text.as_bytes()));
    for (bad, fault) in [
        (r#"["AwMDAwMDAwMDAwMDAwMDAw", "a",1]"#, FormatFault::NotCanonical),
        (r#"["AwMDAwMDAwMDAwMDAwMDAw","a"]"#, FormatFault::Malformed),
        (r#"["AwMDAwMDAwMDAwMDAwMDAw","a",1,2]"#, FormatFault::Malformed),
        (r#"["AwMDAwMDAwMDAwMDAwMDAw",1,1]"#, FormatFault::Malformed),
        (r#"[1,"a",1]"#, FormatFault::Malformed),
        (r#"["AwMDAwMDAwMDAwMDAwMDA","a",1]"#, FormatFault::Malformed),
        (r#"["AwMDAwMDAwMDAwMDAwMDAwM","a",1]"#, FormatFault::Malformed),
        (r#"["AwMDAwMDAwMDAwMDAwMDA$","a",1]"#, FormatFault::Malformed),
        (r#"{"a":1}"#, FormatFault::Malformed),
        ("", FormatFault::Malformed),
        (r#"["AwMDAwMDAwMDAwMDAwMDAw","a",{"b":1,"b":2}]"#, FormatFault::DuplicateMember),
    ] {
        let text = compact(HEADER, "{}", &[disclosure("z"), b64::encode(bad.as_bytes())]);
        assert_eq!(read_fault(&text, Reader::Ours), (Part::Disclosure(1), fault), "{bad}");
    }
}

#[test]
fn other_salts_and_spellings_are_read_from_the_field() {
    for text in [r#"["short","a",1]"#, r#" [ "AwMDAwMDAwMDAwMDAwMDAw" , "a" , 1 ] "#] {
        let text = compact(HEADER, "{}", &[b64::encode(text.as_bytes())]);
        let envelope = Envelope::open(text.as_bytes(), Reader::Field).unwrap();
        let read = envelope.read().unwrap();
        assert_eq!((read.canonical, read.disclosures[0].name.as_ref()), (false, "a"));
    }
}

#[test]
fn the_compact_form_ends_with_a_tilde_and_holds_no_key_binding() {
    use FormatFault::{KeyBinding, Malformed};
    let good = compact(HEADER, "{}", &numbered(2));
    for (bad, fault) in [
        (good.replace('~', ""), Malformed),
        (good.trim_end_matches('~').to_owned(), Malformed),
        (good[..good.len() - 5].to_owned(), Malformed),
        (format!("{good}e30.e30.AAAA"), KeyBinding),
        (format!("{good}e30.e30"), Malformed),
        (format!("{good}e30.e30."), Malformed),
        (format!("{good}e30..AAAA"), Malformed),
        (format!("{good}e30.e30.AAAA.AAAA"), Malformed),
        (format!("~{good}"), Malformed),
        (good.replacen('~', "=~", 1), Malformed),
        (good.replacen('.', "..", 1), Malformed),
        ("~".into(), Malformed),
        (String::new(), Malformed),
    ] {
        assert_eq!(open_fault(&bad), (Part::Envelope, fault), "{bad}");
    }
    // An empty disclosure is base64url of nothing, and nothing is no JSON.
    for (bad, index) in [(format!("{good}~"), 2), (good.replacen('~', "~~", 1), 0)] {
        assert_eq!(read_fault(&bad, Reader::Ours), (Part::Disclosure(index), Malformed), "{bad}");
    }
}

#[test]
fn the_json_form_has_exactly_its_members() {
    use FormatFault::{DuplicateMember, KeyBinding, Malformed, NotCanonical};
    let good = json_of(&compact(HEADER, "{}", &numbered(1)));
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for (bad, fault) in [
        (replaced("\"signature\"", "\"signaturf\""), Malformed),
        (replaced("\"signature\"", "\"remark\":1,\"signature\""), Malformed),
        (replaced("\"header\":{", "\"header\":{\"alg\":\"none\","), Malformed),
        (replaced("\"disclosures\"", "\"disclosurez\""), Malformed),
        (replaced("]}", "],\"kb_jwt\":\"x\"}"), KeyBinding),
        (replaced("\"disclosures\":[\"", "\"disclosures\":[1,\""), Malformed),
        (replaced("\"disclosures\":[\"", "\"disclosures\":[\"$"), Malformed),
        (replaced("\"payload\":\"", "\"payload\":\"="), Malformed),
        (replaced("\"payload\":\"e30\"", "\"payload\":{}"), Malformed),
        (replaced("\"header\"", " \"header\""), NotCanonical),
        (replaced("\"payload\"", "\"payload\":\"e30\",\"payload\""), DuplicateMember),
        (format!("{good}~"), Malformed),
        ("{}".into(), Malformed),
        ("{".into(), Malformed),
    ] {
        assert_eq!(open_fault(&bad).1, fault, "{bad}");
    }
    let field = Envelope::open(good.replace(':', " : ").as_bytes(), Reader::Field).unwrap().to_json(|_| true);
    assert_eq!(field, good.as_bytes(), "what is written is canonical");
}

#[test]
fn header_and_payload_are_of_the_right_type() {
    use FormatFault::{DuplicateMember, Malformed, NotCanonical, TooDeep, WrongType};
    let header = |from: &str, to: &str| compact(&HEADER.replacen(from, to, 1), "{}", &[]);
    let payload = |text: &str| compact(HEADER, text, &[]);
    for (text, part, fault) in [
        (header("dc+sd-jwt", "jwt"), Part::Header, WrongType),
        (header("{", "{\"crit\":[],"), Part::Header, NotCanonical),
        (header("\"typ\"", "\"tyq\""), Part::Header, Malformed),
        (header("\"kid\":\"k\"", "\"kid\":1"), Part::Header, Malformed),
        (header("{\"alg\"", "{\"alg\":\"none\",\"alg\""), Part::Header, DuplicateMember),
        (header("{", "{ "), Part::Header, NotCanonical),
        (payload("[]"), Part::Payload, Malformed),
        (payload("{\"a\":1.5}"), Part::Payload, Malformed),
        (payload("{} "), Part::Payload, NotCanonical),
        (payload("{\"a\":1,\"a\":1}"), Part::Payload, DuplicateMember),
        (payload(&("[".repeat(17) + &"]".repeat(17))), Part::Payload, TooDeep),
    ] {
        assert_eq!(read_fault(&text, Reader::Ours), (part, fault), "{text}");
    }
    assert_eq!(read_fault(&header("{", "{\"crit\":[],"), Reader::Field), (Part::Header, Malformed));
}

#[test]
fn sizes_have_bounds() {
    let text = |count| compact(HEADER, "{}", &numbered(count));
    assert!(Envelope::open(text(MAX_DISCLOSURES).as_bytes(), Reader::Ours).unwrap().read().is_ok());
    assert_eq!(open_fault(&text(MAX_DISCLOSURES + 1)), (Part::Envelope, FormatFault::TooLarge));
    assert_eq!(open_fault(&"A".repeat(MAX_CREDENTIAL_BYTES + 1)), (Part::Envelope, FormatFault::TooLarge));
    assert_eq!(open_fault(&"~".repeat(MAX_CREDENTIAL_BYTES)), (Part::Envelope, FormatFault::Malformed));
    let listed = vec!["\"AA\""; MAX_DISCLOSURES + 1].join(",");
    let json = format!(
        r#"{{"header":{{"disclosures":[{listed}]}},"payload":"e30","protected":"e30","signature":""}}"#
    );
    assert_eq!(open_fault(&json), (Part::Envelope, FormatFault::TooLarge));
    let members = |count| {
        let members: Vec<_> = (0..count).map(|index| format!("\"m{index:04}\":1")).collect();
        compact(HEADER, &format!("{{{}}}", members.join(",")), &[])
    };
    assert!(Envelope::open(members(MAX_JSON_MEMBERS).as_bytes(), Reader::Ours).unwrap().read().is_ok());
    assert_eq!(
        read_fault(&members(MAX_JSON_MEMBERS + 1), Reader::Ours),
        (Part::Payload, FormatFault::TooLarge)
    );
}

/// Stands for a digest: tells the texts of these tests apart.
fn toy_digest(text: &[u8]) -> [u8; 32] {
    let mut digest = [0_u8; 32];
    for (index, byte) in text.iter().enumerate() {
        digest[index % 32] = digest[index % 32].wrapping_mul(31) ^ byte;
    }
    digest
}

fn digest_text(disclosure: &str) -> String {
    format!("\"{}\"", b64::encode(&toy_digest(disclosure.as_bytes())))
}

fn revealed(payload: &str, disclosures: &[String]) -> Result<(Vec<String>, Vec<String>), DisclosureFault> {
    let text = compact(HEADER, payload, disclosures);
    let envelope = Envelope::open(text.as_bytes(), Reader::Ours).unwrap();
    let read = envelope.read().unwrap();
    let revealed = reveal(&read.payload, &read.disclosures, toy_digest)?;
    let names = |object: &Object<'_>| object.members().map(|(name, _)| name.to_owned()).collect();
    Ok((names(&revealed.claims), revealed.fields.as_ref().map(names).unwrap_or_default()))
}

#[test]
fn disclosures_take_the_places_of_their_digests() {
    let (a, b) = (disclosure("a"), disclosure("b"));
    let payload = format!(
        r#"{{"_sd":[{}],"_sd_alg":"x","c":1,"fields":{{"_sd":[{}]}}}}"#,
        digest_text(&a),
        digest_text(&b)
    );
    let (claims, fields) = revealed(&payload, &[b.clone(), a.clone()]).unwrap();
    assert_eq!((claims, fields), (vec!["a".into(), "c".into()], vec!["b".into()]));
    assert_eq!(revealed(&payload, &[]).unwrap(), (vec!["c".into()], Vec::new()));
    let again = revealed(&payload, &[a.clone(), b, a]);
    assert_eq!(again, Err(DisclosureFault::Repeated { index: 2 }));
    assert_eq!(revealed(&payload, &numbered(1)), Err(DisclosureFault::Unmatched { index: 0 }));
}

#[test]
fn reserved_and_taken_names_are_not_disclosed() {
    for name in ["_sd", "_sd_alg", "...", "fields", "taken"] {
        let hidden = disclosure(name);
        let payload = format!(r#"{{"_sd":[{}],"taken":1}}"#, digest_text(&hidden));
        assert_eq!(revealed(&payload, &[hidden]), Err(DisclosureFault::Collides { index: 0 }), "{name}");
    }
}

#[test]
fn lists_of_digests_are_lists_of_digests() {
    let list = |count: usize| {
        let digests: Vec<_> = (0..count).map(|index| digest_text(&index.to_string())).collect();
        format!(r#"{{"_sd":[{}]}}"#, digests.join(","))
    };
    assert!(revealed(&list(MAX_DIGESTS), &[]).is_ok());
    let one = |digest: &str| format!(r#"{{"_sd":["{digest}"]}}"#);
    assert!(revealed(&one(&"A".repeat(43)), &[]).is_ok());
    let malformed = [
        list(MAX_DIGESTS + 1),
        r#"{"_sd":{}}"#.into(),
        r#"{"_sd":[1]}"#.into(),
        r#"{"fields":[]}"#.into(),
        r#"{"fields":{"_sd":"x"}}"#.into(),
        one(""),
        one(&"A".repeat(42)),
        one(&"A".repeat(44)),
        one(&format!("{}=", "A".repeat(42))),
        one(&format!("{}/", "A".repeat(42))),
        // The two unused bits are not zero.
        one(&format!("{}B", "A".repeat(42))),
    ];
    for payload in malformed {
        assert_eq!(revealed(&payload, &[]), Err(DisclosureFault::Malformed), "{payload}");
    }
    let twice = [r#"{"_sd":["x","x"]}"#, r#"{"_sd":["x"],"fields":{"_sd":["x"]}}"#];
    for payload in twice.map(|text| text.replace("\"x\"", &digest_text("x"))) {
        assert_eq!(revealed(&payload, &[]), Err(DisclosureFault::DigestRepeated), "{payload}");
    }
}

#[test]
fn values_of_disclosures_do_not_print() {
    let text = Disclosure::write(&[3; SALT_BYTES], "holder_name", Value::Text("secret".into()));
    let json = b64::decode(text.as_bytes()).unwrap();
    let (read, canonical) = Disclosure::read(&text, &json, Reader::Ours).unwrap();
    assert!(canonical && parse(&json, Reader::Ours).is_ok());
    assert_eq!(format!("{read:?}"), "Disclosure(holder_name, ..)");
}

#[test]
fn nothing_that_carries_a_license_prints_what_it_holds() {
    let text = Disclosure::write(&[3; SALT_BYTES], "holder_name", Value::Text("样本甲".into()));
    let payload = format!(
        r#"{{"_sd":[{}],"fields":{{"address":"样本住址"}},"license_number":"样字第1号"}}"#,
        digest_text(&text)
    );
    let document = compact(HEADER, &payload, &[text]);
    let envelope = Envelope::open(document.as_bytes(), Reader::Ours).unwrap();
    let credential = envelope.read().unwrap();
    let revealed = reveal(&credential.payload, &credential.disclosures, toy_digest).unwrap();
    assert!(revealed.claims.get("holder_name").is_some() && revealed.fields.is_some());
    let jws = crate::jws::Compact::open(document.split('~').next().unwrap().as_bytes(), 4096).unwrap();
    let unsigned = crate::jws::Unsigned::new(&credential.header, payload.as_bytes());
    for (shown, expected) in [
        (format!("{envelope:?}"), "Envelope(Compact, ..)"),
        (format!("{credential:?}"), "Credential(..)"),
        (format!("{revealed:?}"), "Revealed(..)"),
        (format!("{jws:?}"), "Compact(..)"),
        (format!("{unsigned:?}"), "Unsigned(..)"),
        (format!("{:?}", FieldValue::Text("样本住址".into())), "Text(..)"),
        (format!("{:?}", FieldValue::Integer(3)), "Integer(..)"),
    ] {
        assert_eq!(shown, expected);
    }
}

/// A catalog cannot name such fields, so whoever reads them is given something that no issuer of ours made.
#[test]
fn reserved_names_are_no_fields() {
    let fault_of = |fields: Option<&str>| {
        let mut claims = Object::default();
        for (name, value) in [
            ("license_id", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"),
            ("license_name", "证"),
            ("license_type_name", "证"),
            ("issuer_name", "局"),
            ("division_code", "652701"),
            ("issue_date", "2026-01-01"),
            ("holder_code_type", "001"),
        ] {
            assert!(claims.insert(name.into(), Value::Text(value.into())));
        }
        let status = br#"{"status_list":{"idx":1,"uri":"u"}}"#;
        assert!(claims.insert("status".into(), parse(status, Reader::Ours).unwrap().value));
        assert!(claims.insert("iat".into(), Value::Int(1)));
        let fields = fields.map(|name| {
            let mut fields = Object::default();
            assert!(fields.insert(name.to_owned().into(), Value::Int(1)));
            fields
        });
        let revealed = Revealed { claims, fields, disclosed: Vec::new(), disclosed_fields: Vec::new() };
        LicenseClaims::read(&revealed).unwrap_err()
    };
    for name in RESERVED_NAMES {
        assert_eq!(
            fault_of(Some(name)),
            ClaimError { claim: "fields", fault: ClaimFault::Invalid },
            "{name}"
        );
    }
    assert_eq!(fault_of(None), ClaimError { claim: "fields", fault: ClaimFault::Missing });
    assert_eq!(fault_of(Some("sex")).claim, "vct", "the next fault");
}
