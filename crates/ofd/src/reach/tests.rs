use boyin_suite::Algorithm;
use boyin_testkit::ofd::Draft;
use boyin_testkit::seals::SealWorld;

use super::*;
use crate::intake::Batch;
use crate::limits::Limits;
use crate::package::Contents;
use crate::structure::bodies;
use crate::work::Work;

fn reached(draft: &Draft<'_>) -> Result<Vec<String>, ReachFault> {
    reached_with(draft, &mut Scans::default())
}

fn reached_with(draft: &Draft<'_>, scans: &mut Scans) -> Result<Vec<String>, ReachFault> {
    let (names, found) = found(draft, scans)?;
    Ok(found.places.iter().map(|place| names.of(*place).to_owned()).collect())
}

fn found(draft: &Draft<'_>, scans: &mut Scans) -> Result<(Names, Reached), ReachFault> {
    let bytes = draft.write();
    let (names, contents) = Contents::open(&bytes[..], &Limits::held()).unwrap();
    let (mut batch, mut work) = (Batch::default(), Work::default());
    let mut intake = Intake::new(contents, &[], &mut batch, &mut work);
    let root = names.place("OFD.xml").unwrap();
    let body = &intake.with(root, bodies).unwrap().unwrap()[0];
    let found = reach(&names, &mut intake, root, body, scans)?;
    assert_eq!(found.pages.len(), 2);
    Ok((names, found))
}

#[test]
fn every_file_of_the_sample_is_reached() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = Draft::new(&world);
    let mut expected: Vec<_> = draft.files.iter().map(|(name, _)| name.clone()).collect();
    expected.retain(|name| name != "OFD.xml");
    assert_eq!(reached(&draft).unwrap(), expected);

    // Versions, and files that only they name.
    let mut versions = draft.clone();
    let list = r#"</ofd:DocRoot><ofd:Versions><ofd:Version ID="1" Index="1" BaseLoc="Doc_0/Versions/V.xml"/></ofd:Versions>"#;
    versions.replace("OFD.xml", "</ofd:DocRoot>", list);
    let ofd = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;
    versions.put(
        "Doc_0/Versions/V.xml",
        format!("<ofd:DocVersion {ofd}><ofd:FileList><ofd:File>/Doc_0/Old.xml</ofd:File></ofd:FileList><ofd:DocRoot>/Doc_0/Root.xml</ofd:DocRoot></ofd:DocVersion>"),
    );
    versions.put("Doc_0/Old.xml", "old");
    versions.put(
        "Doc_0/Root.xml",
        format!("<ofd:Document {ofd}><ofd:Extensions>E.xml</ofd:Extensions></ofd:Document>"),
    );
    versions.put("Doc_0/E.xml", format!("<ofd:Extensions {ofd}><ofd:ExtendData>E.bin</ofd:ExtendData><ofd:ExtendData>of no file</ofd:ExtendData></ofd:Extensions>"));
    versions.put("Doc_0/E.bin", "data");
    let found = reached(&versions).unwrap();
    assert_eq!(found.len(), expected.len() + 5, "{found:?}");
}

#[test]
fn what_leads_nowhere_is_told_apart() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = || Draft::new(&world);
    let mut changed = draft();
    changed.replace("OFD.xml", "Doc_0/Document.xml", "Doc_0/Other.xml");
    assert_eq!(reached(&changed).unwrap_err(), ReachFault::Missing);
    let mut changed = draft();
    changed.replace("OFD.xml", "Doc_0/Document.xml", "../Document.xml");
    assert!(matches!(reached(&changed).unwrap_err(), ReachFault::Unsafe(_)));
    let mut changed = draft();
    changed.replace("Doc_0/Document.xml", "PublicRes.xml", "../../PublicRes.xml");
    assert!(matches!(reached(&changed).unwrap_err(), ReachFault::Unsafe(_)));
    let mut changed = draft();
    changed.replace("Doc_0/Pages/Page_0/Content.xml", "<ofd:Page ", "<!DOCTYPE p><ofd:Page ");
    assert!(matches!(reached(&changed).unwrap_err(), ReachFault::Xml(_, XmlFault::DocumentType)));
    // One file from the folder, another from the root.
    let mut changed = draft();
    changed.put("Attachs/Attachments.xml", "x");
    assert!(matches!(reached(&changed).unwrap_err(), ReachFault::Unsafe(_)));
    // Out of the container over the folder of the list.
    let mut changed = draft();
    changed.replace("Doc_0/PublicRes.xml", r#"BaseLoc="Res""#, r#"BaseLoc="../..""#);
    changed.replace("Doc_0/PublicRes.xml", "a.ttf", "Document.xml");
    assert!(matches!(reached(&changed).unwrap_err(), ReachFault::Unsafe(_)));
    // A picture that is not there is missed, and everything else is reached.
    let missing_in = |draft: &Draft<'_>| {
        let (names, found) = found(draft, &mut Scans::default()).unwrap();
        (found.places.len(), found.missing_in.map(|place| names.of(place).to_owned()))
    };
    let mut changed = draft();
    let (all, missing) = missing_in(&changed);
    assert_eq!(missing, None);
    changed.files.retain(|(name, _)| name != "Doc_0/Res/qr.png");
    assert_eq!(missing_in(&changed), (all - 1, Some("Doc_0/DocumentRes.xml".to_owned())));
}

/// A file that a list names as a leaf is read all the same where another file names it as more.
#[test]
fn a_leaf_in_one_place_is_more_in_another() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.replace("OFD.xml", "<ofd:DocID>", "<ofd:Cover>Doc_0/Annots/Annotations.xml</ofd:Cover><ofd:DocID>");
    assert!(reached(&draft).unwrap().contains(&"Doc_0/Annots/Page_0/Annotation.xml".to_owned()));
}

#[test]
fn locations_are_bounded_over_all_files() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let own = {
        let mut scans = Scans::default();
        reached_with(&draft, &mut scans).unwrap();
        scans.counted.locations
    };
    let more = |count: usize| "<FileLoc>a</FileLoc>".repeat(count);
    // Two files share the bound.
    let half = MAX_LOCATIONS / 2;
    draft.put("Doc_0/Annots/Page_0/Annotation.xml", format!("<a>{}</a>", more(half)));
    draft.put("Doc_0/Tpls/Tpl_0/Content.xml", format!("<a>{}</a>", more(MAX_LOCATIONS - half - own + 1)));
    assert!(reached(&draft).is_ok());
    draft.put("Doc_0/Tpls/Tpl_0/Content.xml", format!("<a>{}</a>", more(MAX_LOCATIONS - half - own + 2)));
    assert!(matches!(reached(&draft).unwrap_err(), ReachFault::Xml(_, XmlFault::Elements)));
}

/// All files of a container share these bounds.
#[test]
fn bytes_and_elements_are_bounded_over_all_files() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = Draft::new(&world);
    let mut scans = Scans::default();
    reached_with(&draft, &mut scans).unwrap();
    let (xml, elements) = (scans.xml, scans.counted.elements);
    assert_eq!(scans.read(), (xml, long(elements)));
    let after = |xml, elements| {
        let counted = Counted { elements, ..Counted::default() };
        reached_with(&draft, &mut Scans { xml, counted, ..Scans::default() })
    };
    let (most, many) = (long(MAX_ALL_XML_BYTES) - xml, MAX_XML_ELEMENTS - elements);
    assert!(after(most, many).is_ok());
    assert!(matches!(after(most + 1, many).unwrap_err(), ReachFault::Xml(_, XmlFault::Size)));
    assert!(matches!(after(most, many + 1).unwrap_err(), ReachFault::Xml(_, XmlFault::Elements)));
}

/// A base is put before each location of its list: it counts as often.
#[test]
fn a_base_counts_with_each_location() {
    let world = SealWorld::new(Algorithm::Sm2);
    let base = "b".repeat(MAX_LOCATION_BYTES / 1000);
    for (count, fits) in [(900, true), (1000, false)] {
        let mut draft = Draft::new(&world);
        let all = "<ExtendData>no file</ExtendData>".repeat(count);
        draft.put("Doc_0/PublicRes.xml", format!(r#"<Res BaseLoc="{base}">{all}</Res>"#));
        let found = reached(&draft);
        assert!(found.is_ok() == fits, "{count}");
        assert!(fits || matches!(found.unwrap_err(), ReachFault::Xml(_, XmlFault::Elements)));
    }
}

/// What is named in no other way: profiles of colors, schemas of tags, pictures of resources with a folder of their own.
#[test]
fn leaves_are_reached_wherever_they_are_named() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let ofd = r#"xmlns="http://www.ofdspec.org/2016""#;
    let colors = r#"<ColorSpaces><ColorSpace ID="8" Profile="c.icc"/></ColorSpaces>"#;
    draft.put("Doc_0/PublicRes.xml", format!("<Res {ofd}>{colors}</Res>"));
    draft.replace(
        "Doc_0/Document.xml",
        "<ofd:Annotations>",
        "<ofd:CustomTags>Tags.xml</ofd:CustomTags><ofd:Annotations>",
    );
    let tags = "<CustomTag><SchemaLoc>tag.xsd</SchemaLoc><FileLoc>tag.xml</FileLoc></CustomTag>";
    draft.put("Doc_0/Tags.xml", format!("<CustomTags {ofd}>{tags}</CustomTags>"));
    for name in ["Doc_0/c.icc", "Doc_0/tag.xsd", "Doc_0/tag.xml"] {
        draft.put(name, "leaf");
    }
    let found = reached(&draft).unwrap();
    for name in ["Doc_0/c.icc", "Doc_0/tag.xsd", "Doc_0/tag.xml", "Doc_0/Tags.xml", "Doc_0/Res/qr.png"] {
        assert!(found.contains(&name.to_owned()), "{name}: {found:?}");
    }
    assert!(!found.contains(&"Doc_0/Res/a.ttf".to_owned()));
}
