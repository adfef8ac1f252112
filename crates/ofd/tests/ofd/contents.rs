//! What a document says and carries is given of one that passed, whichever way it was read.

use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_ofd::limits::MAX_KEPT_ATTACHMENTS;
use boyin_ofd::{OfdReport, OfdVerifier, VerifiedContents};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;

use crate::shown;

const LIST: &str = "Doc_0/Attachs/Attachments.xml";
const LICENSE: &[u8] = b"eyJ.eyJ.c2ln~";

/// The reports of every way to read.
fn reports(world: &SealWorld, bytes: &[u8]) -> Vec<OfdReport> {
    let (store, verifier) = (world.store(), OfdVerifier::new(Reader::Field));
    let context = context(&store, now());
    let mut reports = verifier.check_many(&[bytes, bytes], &context);
    reports.push(verifier.check(bytes, &context));
    reports.push(verifier.check_source(bytes, &context).unwrap());
    reports
}

/// What each of them gives, which is one.
fn contents(world: &SealWorld, draft: &Draft<'_>) -> VerifiedContents {
    let found = reports(world, &draft.write()).into_iter().map(|report| {
        let verified = report.into_verified().unwrap_or_else(|report| panic!("{}", shown(&report)));
        let all: Vec<_> = verified.contents().cloned().collect();
        let (report, same) = verified.into_parts();
        assert_eq!(same, all);
        // They go with the proof.
        assert_eq!(report.into_verified().unwrap().contents().count(), 0);
        <[VerifiedContents; 1]>::try_from(all).unwrap()
    });
    let mut all: Vec<_> = found.collect();
    assert_eq!(all.len(), 4);
    all.dedup();
    let [[one]] = all.try_into().unwrap_or_else(|_| panic!("they differ"));
    one
}

/// Bytes that are no bomb when they are packed.
fn various(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn attached<'w>(world: &'w SealWorld, files: &[(&str, &[u8])]) -> Draft<'w> {
    let mut draft = Draft::new(world);
    let list: String = files
        .iter()
        .map(|(name, _)| {
            format!(
                r#"<ofd:Attachment ID="6" Name="other"><ofd:FileLoc>{name}</ofd:FileLoc></ofd:Attachment>"#
            )
        })
        .collect();
    draft.replace(LIST, "</ofd:Attachments>", &(list + "</ofd:Attachments>"));
    for (name, bytes) in files {
        draft.put(&format!("Doc_0/Attachs/{name}"), *bytes);
    }
    draft
}

#[test]
fn attachments_and_metadata_are_given_of_what_passed() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = attached(&world, &[("license.txt", LICENSE)]);
    let more = r#"<ofd:CustomData Name="ZZBH">2</ofd:CustomData><ofd:CustomData>3</ofd:CustomData></ofd:CustomDatas>"#;
    draft.replace("OFD.xml", "</ofd:CustomDatas>", more);
    let unsigned = draft.clone();
    draft.sign(&Signing::default());
    let contents_of = contents(&world, &draft);
    // One that is said twice is there twice; what has no name says nothing.
    let custom: Vec<_> =
        contents_of.custom.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(custom, [("ZZBH", "1"), ("ZZBH", "2")]);
    let attachments: Vec<_> = contents_of
        .attachments
        .iter()
        .map(|attachment| (attachment.entry.as_str(), attachment.bytes.as_deref()))
        .collect();
    let data: &[u8] = b"<!DOCTYPE any><any/>";
    assert_eq!(
        attachments,
        [("Doc_0/Attachs/data.xml", Some(data)), ("Doc_0/Attachs/license.txt", Some(LICENSE))]
    );
    // Debug output has nothing of it.
    let (mut reports_of, said) = (reports(&world, &draft.write()), format!("{contents_of:?}"));
    assert_eq!(said, "VerifiedContents(2 metadata, 2 attachments)");
    assert!(!format!("{:?}", reports_of.pop()).contains("license.txt"));

    // Not covered, changed, not signed: nothing is given.
    let mut open = unsigned.clone();
    open.sign(&Signing { omit: vec!["Doc_0/Attachs/license.txt".to_owned()], ..Signing::default() });
    let mut changed = draft.clone();
    changed.put("Doc_0/Attachs/license.txt", "eyJ.eyJ.b3RoZXI~");
    for draft in [open, changed, unsigned] {
        assert!(reports(&world, &draft.write()).into_iter().all(|report| report.into_verified().is_err()));
    }
}

#[test]
fn few_attachments_of_a_usual_size_are_kept() {
    let world = SealWorld::new(Algorithm::Sm2);
    let (most, more) = (various(MAX_CREDENTIAL_BYTES), various(MAX_CREDENTIAL_BYTES + 1));
    let files = [("1", &more[..]), ("2", &most), ("3", b"3"), ("4", b"4"), ("5", b"5")];
    let mut draft = attached(&world, &files);
    draft.sign(&Signing::default());
    let found = contents(&world, &draft).attachments;
    assert_eq!(found.len(), files.len() + 1);
    let kept: Vec<_> = found.iter().map(|attachment| attachment.bytes.as_ref().map(Vec::len)).collect();
    // The first is the document's own.
    assert_eq!(kept, [Some(20), None, Some(MAX_CREDENTIAL_BYTES), Some(1), None, None]);
    assert_eq!(MAX_KEPT_ATTACHMENTS, 4);

    // One that is a file of the document's structure as well was read before.
    let mut draft = attached(&world, &[("../Document.xml", b"")]);
    draft.files.retain(|(name, _)| !name.contains("/../"));
    draft.sign(&Signing::default());
    let found = contents(&world, &draft).attachments;
    let of = |name: &str| found.iter().find(|attachment| attachment.entry == name).unwrap();
    assert_eq!(of("Doc_0/Document.xml").bytes, None);
    assert!(of("Doc_0/Attachs/data.xml").bytes.is_some());
}

/// The attachments of all versions: programs differ in which one they show.
#[test]
fn attachments_of_every_version_are_given() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let versions =
        r#"<ofd:Versions><ofd:Version ID="1" Index="1" BaseLoc="Doc_0/V.xml"/></ofd:Versions><ofd:DocRoot>"#;
    draft.replace("OFD.xml", "<ofd:DocRoot>", versions);
    let namespace = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;
    let version =
        format!("<ofd:DocVersion {namespace}><ofd:DocRoot>Other.xml</ofd:DocRoot></ofd:DocVersion>");
    draft.put("Doc_0/V.xml", version);
    let root = draft.text("Doc_0/Document.xml").replace("Attachs/Attachments.xml", "Attachs/Others.xml");
    draft.put("Doc_0/Other.xml", root);
    draft.put("Doc_0/Attachs/Others.xml", draft.text(LIST).replace("data.xml", "license.txt"));
    draft.put("Doc_0/Attachs/license.txt", LICENSE);
    draft.sign(&Signing::default());
    let found = contents(&world, &draft).attachments;
    let names: Vec<_> = found.iter().map(|attachment| attachment.entry.as_str()).collect();
    assert_eq!(names, ["Doc_0/Attachs/data.xml", "Doc_0/Attachs/license.txt"]);
}
