use super::*;

const X: &str = r#"xmlns="http://www.ofdspec.org/2016""#;

#[test]
fn bodies_with_versions_are_read() {
    let body = |inner: &str| format!("<OFD {X}><DocBody>{inner}</DocBody></OFD>");
    let read = |inner: &str| bodies(body(inner).as_bytes());
    let full = "<DocInfo><Cover>c.png</Cover></DocInfo><DocRoot> Doc_0/Document.xml\n</DocRoot><Versions>\
                <Version ID='1' Index='1' BaseLoc='v1.xml'/><Version ID='2' Index='2' Current='true' BaseLoc='v2.xml'/>\
                </Versions><Signatures>s.xml</Signatures>";
    let all = read(full).unwrap();
    assert_eq!((all.len(), all[0].root.as_str()), (1, "Doc_0/Document.xml"));
    assert_eq!(all[0].versions, [("v1.xml".to_owned(), false), ("v2.xml".to_owned(), true)]);
    assert_eq!((all[0].cover.as_deref(), all[0].signatures.as_deref()), (Some("c.png"), Some("s.xml")));
    for (inner, expected) in [
        ("", StructureFault::Missing("DocRoot")),
        ("<DocRoot>a</DocRoot><DocRoot>b</DocRoot>", StructureFault::Repeated("DocRoot")),
        (
            "<DocRoot>a</DocRoot><Signatures>a</Signatures><Signatures/>",
            StructureFault::Repeated("Signatures"),
        ),
        ("<DocRoot>a</DocRoot><Versions><Version/></Versions>", StructureFault::Missing("BaseLoc")),
        (
            "<DocRoot>a</DocRoot><Versions><Version BaseLoc='a' Current='yes'/></Versions>",
            StructureFault::Value("Current"),
        ),
        (
            "<DocRoot>a</DocRoot><Versions><Version BaseLoc='a' Current='true'/><Version BaseLoc='b' Current='1'/></Versions>",
            StructureFault::Repeated("Current"),
        ),
    ] {
        assert_eq!(read(inner).unwrap_err(), expected, "{inner}");
    }
    assert_eq!(bodies(format!("<OFD {X}/>").as_bytes()).unwrap_err(), StructureFault::Missing("DocBody"));
    let many = |count| format!("<OFD {X}>{}</OFD>", "<DocBody><DocRoot>a</DocRoot></DocBody>".repeat(count));
    assert_eq!(bodies(many(MAX_DOCUMENTS).as_bytes()).unwrap().len(), MAX_DOCUMENTS);
    let error = bodies(many(MAX_DOCUMENTS + 1).as_bytes()).unwrap_err();
    assert_eq!(error, StructureFault::TooMany("DocBody"));
}

#[test]
fn lists_of_signatures_are_read() {
    let read = |inner: &str| signatures(format!("<Signatures {X}>{inner}</Signatures>").as_bytes());
    let all = read(
        "<MaxSignId>3</MaxSignId><Signature ID='s001' BaseLoc='a'/><Signature ID='2' Type='Sign' BaseLoc='b'/>",
    );
    let all = all.unwrap();
    assert_eq!((all[0].id.as_str(), all[0].kind, all[1].kind), ("s001", None, Some(SignatureKind::Sign)));
    for (inner, expected) in [
        ("<Signature BaseLoc='a'/>", StructureFault::Missing("ID")),
        ("<Signature ID='1'/>", StructureFault::Missing("BaseLoc")),
        ("<Signature ID='1' Type='Stamp' BaseLoc='a'/>", StructureFault::Value("Type")),
        ("<Signature ID='1' BaseLoc='a'/><Signature ID='1' BaseLoc='b'/>", StructureFault::Repeated("ID")),
    ] {
        assert_eq!(read(inner).unwrap_err(), expected, "{inner}");
    }
    let many =
        |count: usize| (0..count).map(|n| format!("<Signature ID='{n}' BaseLoc='a'/>")).collect::<String>();
    assert!(read(&many(MAX_SIGNATURES)).is_ok());
    assert_eq!(read(&many(MAX_SIGNATURES + 1)).unwrap_err(), StructureFault::TooMany("Signature"));
}

fn description(references: &str, rest: &str, value: &str) -> Result<SignatureFile, StructureFault> {
    let text = format!("<Signature {X}><SignedInfo>{references}{rest}</SignedInfo>{value}</Signature>");
    SignatureFile::read(text.as_bytes())
}

#[test]
fn descriptions_of_signatures_are_read() {
    let references = "<References CheckMethod='SM3'><Reference FileRef='/a'><CheckValue>AAEC</CheckValue></Reference></References>";
    let stamp = "<StampAnnot ID='1' PageRef='7' Boundary='1 -2.5 30.1239 4' Clip='0 0 1 1'/>";
    let value = "<SignedValue>v.dat</SignedValue>";
    let read = description(references, &format!("{stamp}<Seal><BaseLoc>s</BaseLoc></Seal>"), value).unwrap();
    assert_eq!((read.method, read.value.as_str()), (CheckMethod::Accepted("sm3"), "v.dat"));
    assert_eq!((read.references[0].digest.as_slice(), read.seal.as_deref()), (&[0, 1, 2][..], Some("s")));
    let stamp = &read.stamps[0];
    assert_eq!((stamp.page.as_str(), stamp.boundary), ("7", [1000, -2500, 30123, 4000]));
    assert_eq!(stamp.clip, Some([0, 0, 1000, 1000]));
    for (first, rest, last, expected) in [
        ("", "", value, StructureFault::Missing("References")),
        (references, references, value, StructureFault::Repeated("References")),
        (references, "", "", StructureFault::Missing("SignedValue")),
        (
            references,
            "",
            "<SignedValue>a</SignedValue><SignedValue>b</SignedValue>",
            StructureFault::Repeated("SignedValue"),
        ),
        ("<References><Reference/></References>", "", value, StructureFault::Missing("CheckValue")),
        (
            "<References><Reference><CheckValue/></Reference></References>",
            "",
            value,
            StructureFault::Missing("FileRef"),
        ),
        (
            "<References><Reference FileRef='a'><CheckValue>!</CheckValue></Reference></References>",
            "",
            value,
            StructureFault::Value("CheckValue"),
        ),
        (references, "<StampAnnot PageRef='1' Boundary='1 2 3'/>", value, StructureFault::Value("Boundary")),
        (
            references,
            "<StampAnnot PageRef='1' Boundary='1 2 3 4 5'/>",
            value,
            StructureFault::Value("Boundary"),
        ),
        (
            references,
            "<StampAnnot PageRef='1' Boundary='1 2 3 -4'/>",
            value,
            StructureFault::Value("Boundary"),
        ),
        (
            references,
            "<StampAnnot PageRef='1' Boundary='1 2 3 1e3'/>",
            value,
            StructureFault::Value("Boundary"),
        ),
        (references, "<StampAnnot Boundary='1 2 3 4'/>", value, StructureFault::Missing("PageRef")),
        (
            references,
            "<StampAnnot PageRef='1' Boundary='1 2 3 4' Clip=''/>",
            value,
            StructureFault::Value("Clip"),
        ),
        (references, "<Seal/>", value, StructureFault::Missing("BaseLoc")),
    ] {
        assert_eq!(description(first, rest, last).unwrap_err(), expected, "{first} {rest} {last}");
    }
    let stamps = |count| "<StampAnnot PageRef='1' Boundary='1 2 3 4'/>".repeat(count);
    assert!(description(references, &stamps(MAX_STAMPS), value).is_ok());
    let error = description(references, &stamps(MAX_STAMPS + 1), value).unwrap_err();
    assert_eq!(error, StructureFault::TooMany("StampAnnot"));
    let one = "<Reference FileRef='a'><CheckValue/></Reference>";
    let many = |count| format!("<References>{}</References>", one.repeat(count));
    assert!(description(&many(MAX_ENTRIES), "", value).is_ok());
    let error = description(&many(MAX_ENTRIES + 1), "", value).unwrap_err();
    assert_eq!(error, StructureFault::TooMany("Reference"));
}

#[test]
fn check_methods_are_told_apart() {
    for (name, expected) in [
        (Some("SM3"), CheckMethod::Accepted("sm3")),
        (Some("1.2.156.10197.1.401"), CheckMethod::Accepted("sm3")),
        (Some(" sha-256"), CheckMethod::Accepted("sha-256")),
        (Some("2.16.840.1.101.3.4.2.1"), CheckMethod::Accepted("sha-256")),
        (None, CheckMethod::Weak("md5")),
        (Some("MD5"), CheckMethod::Weak("md5")),
        (Some("sha1"), CheckMethod::Weak("sha-1")),
        (Some("1.3.14.3.2.26"), CheckMethod::Weak("sha-1")),
        (Some(""), CheckMethod::Unknown),
        (Some("SM4"), CheckMethod::Unknown),
    ] {
        assert_eq!(CheckMethod::of(name), expected, "{name:?}");
    }
}

#[test]
fn numbers_of_millimeters() {
    for (thousandths, text) in [(0, "0"), (30_000, "30"), (8500, "8.5"), (-2_001, "-2.001"), (100, "0.1")] {
        assert_eq!(millimeters(thousandths), text);
    }
}
