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
    let is_one = |text: &[u8]| has_root(text, "A");
    let cut = |before: &str| format!("{before}{}", " ".repeat(MAX_PROLOG_BYTES));
    for (text, expected) in [
        (format!("<o:A {X}/>"), true),
        (format!("\u{feff}<?xml version='1.0'?><!-- c --><?p i?>\n<o:A {X}>&not <well-formed"), true),
        (format!("<o:A {X}>\0"), false),
        (format!("<o:AB {X}/>"), false),
        (format!("<o:B {X}><o:A/></o:B>"), false),
        ("<A/>".to_owned(), false),
        (format!("<!DOCTYPE A><o:A {X}/>"), false),
        (format!("<?xml version='1.1'?><o:A {X}/>"), false),
        (format!("<o:A {X} B='1' B='2'/>"), false),
        (format!("<o:A {X}"), false),
        (format!("x<o:A {X}/>"), false),
        (String::new(), false),
        ("text".to_owned(), false),
        // What does not say so in time.
        (cut(&format!("<o:A {X}")), true),
        (cut(&format!("<o:B {X}")), true),
        (cut("<!--"), true),
        (cut("<!DOCTYPE A>"), false),
        (cut("text"), false),
        (cut(""), false),
        (format!("<o:A {X} B='{}'/>", "证".repeat(MAX_PROLOG_BYTES / 3)), true),
    ] {
        assert_eq!(is_one(text.as_bytes()), expected, "{}", &text[..text.len().min(60)]);
    }
    assert!(!is_one(b"\xff<A/>") && !is_one(&[b"\x89PNG".as_slice(), &[0xff; MAX_PROLOG_BYTES]].concat()));
}
