use super::*;
use crate::limits::{MAX_STRUCTURE_BYTES, MAX_STRUCTURE_ELEMENTS};

const X: &str = r#"xmlns:o="http://www.ofdspec.org/2016""#;

fn fault_of(text: impl AsRef<[u8]>) -> XmlFault {
    Element::read(text.as_ref()).unwrap_err()
}

#[test]
fn what_is_well_formed_is_read() {
    let text = format!(
        "\u{feff}<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<!-- c --><?pi x?>\
         <o:A {X} ID='1&amp;&#49;' o:B='&lt;'> t<![CDATA[<]]>&gt;&#x4e2d;<o:C/><o:C>d</o:C></o:A>\n<!-- c -->"
    );
    let root = Element::read(text.as_bytes()).unwrap();
    assert_eq!((root.name.as_str(), root.text()), ("A", "t<>中"));
    assert_eq!((root.attribute("ID"), root.attribute("B")), (Some("1&1"), Some("<")));
    assert_eq!(root.all("C").map(Element::text).collect::<Vec<_>>(), ["", "d"]);
    assert!(root.maybe("C").is_err() && root.one("D").is_err() && root.needed("E").is_err());
    let other = r#"<A xmlns="http://www.ofdspec.org"/>"#;
    assert!(Element::root(other.as_bytes(), "A").is_ok());
    assert_eq!(Element::root(other.as_bytes(), "B").unwrap_err(), StructureFault::Root("B"));
}

use crate::structure::StructureFault;

#[test]
fn each_oddity_is_refused_as_such() {
    use XmlFault as Fault;
    let a = |inner: &str| format!("<o:A {X}>{inner}</o:A>");
    for (text, expected) in [
        (format!("<!DOCTYPE A><o:A {X}/>"), Fault::DocumentType),
        (format!("<!DOCTYPE A [<!ENTITY e 'x'>]>{}", a("&e;")), Fault::DocumentType),
        (a("&e;"), Fault::Entity),
        (format!("<o:A {X} B='&e;'/>"), Fault::Entity),
        (a("&#0;"), Fault::Syntax),
        (a("\u{1}"), Fault::Syntax),
        (a("\u{ffff}"), Fault::Syntax),
        (format!("<o:A {X} B='&#1;'/>"), Fault::Syntax),
        (format!("<?xml version='1.0' encoding='GBK'?><o:A {X}/>"), Fault::Encoding),
        (format!("<?xml version='1.1'?><o:A {X}/>"), Fault::Version),
        (format!("<o:A {X} B='1' B='2'/>"), Fault::AttributeTwice),
        (format!("<o:A {X} B='1' o:B='2'/>"), Fault::AttributeTwice),
        (format!("<o:A {X} B=1/>"), Fault::Syntax),
        ("<A/>".into(), Fault::Foreign),
        (a("<A xmlns='urn:x'/>"), Fault::Foreign),
        (a("<p:A/>"), Fault::Syntax),
        (a("<o:B>"), Fault::Syntax),
        (a("</o:B>"), Fault::Syntax),
        (format!("<o:A {X}/><o:A {X}/>"), Fault::Syntax),
        (format!("x<o:A {X}/>"), Fault::Syntax),
        (format!("<o:A {X}/>x"), Fault::Syntax),
        (format!("<o:A {X}/>&amp;"), Fault::Syntax),
        (format!(" <?xml version='1.0'?><o:A {X}/>"), Fault::Syntax),
        (format!("<o:A {X}><?xml version='1.0'?></o:A>"), Fault::Syntax),
        (format!("<o:A {X}><!-- -- --></o:A>"), Fault::Syntax),
        (format!("<o:A {X}>"), Fault::Syntax),
        (format!("<o:A {X}"), Fault::Syntax),
        (String::new(), Fault::Syntax),
        ("text".into(), Fault::Syntax),
    ] {
        assert_eq!(fault_of(&text), expected, "{text}");
    }
    assert_eq!(fault_of(b"<A>\xff</A>"), Fault::Encoding);
    assert_eq!(fault_of(b"\xff\xfe<\0A\0/\0>\0"), Fault::Encoding);
}

struct Nothing;

impl Visit for Nothing {
    fn start(&mut self, _: Start<'_>) -> Result<(), XmlFault> {
        Ok(())
    }

    fn end(&mut self, _: &str, _: String) -> Result<(), XmlFault> {
        Ok(())
    }
}

#[test]
fn sizes_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(read(nested(MAX_XML_DEPTH).as_bytes(), &mut Nothing), Ok(()));
    assert_eq!(read(nested(MAX_XML_DEPTH + 1).as_bytes(), &mut Nothing), Err(XmlFault::Depth));

    let with = |count: usize| {
        let all: String = (0..count).map(|n| format!(" a{n}='1'")).collect();
        format!("<a{all}/>")
    };
    assert_eq!(read(with(MAX_XML_ATTRIBUTES).as_bytes(), &mut Nothing), Ok(()));
    assert_eq!(read(with(MAX_XML_ATTRIBUTES + 1).as_bytes(), &mut Nothing), Err(XmlFault::Attributes));

    let declared = |count: usize| {
        let all: String = (0..count / 2).map(|n| format!(" xmlns:a{n}='u'")).collect();
        format!("<a{all}><a{}/><b{0}/></a>", all.replace(":a", ":b"))
    };
    assert_eq!(read(declared(MAX_XML_NAMESPACES).as_bytes(), &mut Nothing), Ok(()));
    assert_eq!(read(declared(MAX_XML_NAMESPACES + 2).as_bytes(), &mut Nothing), Err(XmlFault::Namespaces));

    let padded = |size: usize| format!("<a>{}</a>", " ".repeat(size - 7));
    assert_eq!(read(padded(MAX_XML_BYTES).as_bytes(), &mut Nothing), Ok(()));
    assert_eq!(read(padded(MAX_XML_BYTES + 1).as_bytes(), &mut Nothing), Err(XmlFault::Size));

    let many = |count: usize| format!("<o:A {X}>{}</o:A>", "<o:B/>".repeat(count - 1));
    assert!(Element::read(many(MAX_STRUCTURE_ELEMENTS).as_bytes()).is_ok());
    assert_eq!(fault_of(many(MAX_STRUCTURE_ELEMENTS + 1)), XmlFault::Elements);
    let long = format!("<o:A {X}>{}</o:A>", " ".repeat(MAX_STRUCTURE_BYTES));
    assert_eq!(fault_of(long), XmlFault::Size);
}

#[test]
fn the_root_is_asked_without_the_rest() {
    use RootIs::{Asked, NoXml, Other, Unknown};
    let cut = |before: &str| format!("{before}{}", " ".repeat(MAX_PROLOG_BYTES + 1));
    let blank = |count: usize| format!("{}<o:A {X}/>", " ".repeat(count));
    let room = MAX_PROLOG_BYTES - blank(0).len();
    for (text, expected) in [
        (format!("<o:A {X}/>"), Asked),
        (format!("\u{feff}<?xml version='1.0'?><!-- c --><?p i?>\n<o:A {X}>&not <well-formed"), Asked),
        (format!("<o:A {X}>\0"), Asked),
        (format!("<o:AB {X}/>"), Other),
        (format!("<o:B {X}><o:A/></o:B>"), Other),
        ("<A/>".to_owned(), Other),
        ("<A/>\0".to_owned(), Other),
        // What stands before it says nothing, wherever some reader passes over it.
        (format!(" \t\r\n<o:A {X}/>"), Asked),
        (format!("\u{feff}\n\u{feff} <!-- c --> <o:A {X}/>"), Asked),
        (format!("\n<?xml version='1.0'?><o:A {X}/>"), Asked),
        (format!("\n<?xml version='1.0'?><o:B {X}/>"), Other),
        (blank(room), Asked),
        (blank(room + 1), Unknown),
        (blank(MAX_PROLOG_BYTES), Unknown),
        // What is not read here may be read elsewhere.
        (format!("<!DOCTYPE A><o:A {X}/>"), Unknown),
        (format!("<?xml version='1.1'?><o:A {X}/>"), Unknown),
        (format!("<?xml version='1.0' encoding='GBK'?><o:A {X}/>"), Unknown),
        (format!("<!-- c --><?xml version='1.0'?><o:A {X}/>"), Unknown),
        (format!("<o:A {X} B='1' B='2'/>"), Unknown),
        (format!("<o:A {X} B=1/>"), Unknown),
        (format!("<o:A {X}"), Unknown),
        ("<o:A/>".to_owned(), Unknown),
        ("<".to_owned(), Unknown),
        ("<\0A\0".to_owned(), Unknown),
        ("\0<\0A".to_owned(), Unknown),
        // What is none.
        (format!("x<o:A {X}/>"), NoXml),
        (String::new(), NoXml),
        (" \n\u{feff}".to_owned(), NoXml),
        ("text".to_owned(), NoXml),
        // What does not say so in time.
        (cut(&format!("<o:A {X}")), Unknown),
        (cut(&format!("<o:B {X}")), Unknown),
        (cut("<!--"), Unknown),
        (cut("<!DOCTYPE A>"), Unknown),
        (cut(""), Unknown),
        (cut("text"), NoXml),
        (format!("<o:A {X} B='{}'/>", "证".repeat(MAX_PROLOG_BYTES / 3)), Unknown),
    ] {
        assert_eq!(
            root_is(text.as_bytes(), "A"),
            expected,
            "{:?}",
            text.chars().take(60).collect::<String>()
        );
    }
    let two_bytes = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for (bytes, expected) in [
        (&two_bytes(&format!("\u{feff}<o:A {X}/>"))[..], Unknown),
        (b"\xfe\xff\0<\0A", Unknown),
        (b"<A\xff/>", Unknown),
        (b"<A/>\xff", Other),
        (b"\xff<A/>", NoXml),
        (&[b"\x89PNG".as_slice(), &[0xff; MAX_PROLOG_BYTES]].concat(), NoXml),
    ] {
        assert_eq!(root_is(bytes, "A"), expected, "{:?}", &bytes[..bytes.len().min(20)]);
    }
}
