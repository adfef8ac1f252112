//! Every license as a document that its office has sealed.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use boyin::face::Templates;
use boyin::model::id::LicenseId;
use boyin::{
    Desk, DocumentKind, DocumentMaking, DocumentTrust, DocumentVerdict, DocumentVerifier, Font, Home, Order,
    Passphrase,
};

use super::{order, rate, seals};
use crate::context::{now, reading};
use crate::{files, issue};

/// Days for which the annotated copy may be used.
const COPY_DAYS: u64 = 30;
const DPI: u16 = 150;

/// Makes the documents into `dir`, and verifies them as everybody else does.
pub(super) fn make_all(
    desk: &Desk,
    home: &Home,
    passphrase: &Passphrase,
    issued: &[(LicenseId, Vec<u8>)],
    dir: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let Ok(font) = Font::find_for_pages() else {
        return Ok(writeln!(out, "   none: no Chinese font here (apt-get install fonts-noto-cjk)")?);
    };
    let templates = Templates::built_in();
    let making = DocumentMaking { font: &font, templates: &templates, emblem: None };
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let by = |id: &LicenseId, key: String| -> anyhow::Result<Order> {
        let place = home.offices().iter().position(|office| office.code == id.issuer());
        let who = seals::user(place.context("the issuer is an office")?);
        Ok(Order { who, ..order(id.issuer(), "演示版式文档", key)? })
    };
    let (bar, started) = (issue::progress(issued.len()), Instant::now());
    let (mut documents, mut size) = (Vec::with_capacity(issued.len()), 0);
    for (number, (id, _)) in (1..).zip(issued) {
        let order = by(id, format!("demo-document-{number}"))?;
        let made = desk.license_document(id, DocumentKind::Original, &making, None, &order)?;
        files::write_new(&dir.join(format!("{number:03}.ofd")), &made.bytes)?;
        if number == 1 {
            files::write_new(&dir.join("001.pdf"), &made.pdf()?)?;
            files::write_new(&dir.join("001.png"), &made.png(0, DPI)?)?;
        }
        size += made.bytes.len();
        documents.push(made.bytes);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let took = started.elapsed();
    let average = size / documents.len().max(1) / 1000;
    writeln!(out, "   {} documents of {average} kB, {}", documents.len(), rate(documents.len(), took))?;
    let (first, _) = issued.first().context("nothing was issued")?;
    let until = now()?.plus(COPY_DAYS * boyin::model::time::SECONDS_PER_DAY);
    let order = by(first, "demo-copy".to_owned())?;
    let copy = desk.license_document(first, DocumentKind::Copy { until }, &making, None, &order)?;
    files::write_new(&dir.join("001-copy.ofd"), &copy.bytes)?;
    documents.push(copy.bytes);

    let reader = reading(home, passphrase)?;
    let registry = reader.lookup.registry();
    let checked =
        DocumentVerifier::default().check_many(&documents, DocumentTrust::Registry(&registry), now()?);
    let passed = checked.iter().filter(|checked| checked.verdict() == DocumentVerdict::Passed);
    let (passed, all) = (passed.count(), documents.len());
    writeln!(out, "   {passed} of {all} passed, one of them an annotated copy (加注件): {}", dir.display())?;
    anyhow::ensure!(passed == all, "not every document passed: this is a fault of the program");
    Ok(())
}
