//! Writes the face of a license of every type of the catalog into a directory, as SVG, PNG, PDF and OFD, sealed with keys that
//! anyone can compute: `cargo run --release -p boyin-face --example faces -- /tmp/faces`. Then it says how many licenses one core
//! draws, writes and seals each second.

#![allow(clippy::print_stdout, reason = "it says how long it took")]
#![allow(clippy::unwrap_used, reason = "the samples are those of the tests")]

#[path = "../tests/face/sample.rs"]
mod sample;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use boyin_face::{Additions, Annotation, Face, FaceInput, SealImage, Templates};
use boyin_model::catalog::LicenseType;
use boyin_model::seal::{Picture, SealInfo};
use boyin_model::time::UnixTime;
use boyin_ofd::write::{Provider, StampPlace};
use boyin_picture::{Font, Rank, RoundSeal, SealPicture};
use boyin_suite::{Algorithm, SM2_SM3};
use boyin_testkit::prefecture::{Prefecture, now};
use boyin_testkit::seals::SealWorld;

const ID: &str = "0123456789abcdef0123456789abcdef";
const PROVIDER: Provider<'_> =
    Provider { name: "boyin", version: env!("CARGO_PKG_VERSION"), company: "boyin" };
/// Licenses of which the rate is taken.
const ROUND: u16 = 500;

#[allow(clippy::disallowed_methods, reason = "an example may look at a clock")]
fn timed<T>(spent: &mut Duration, act: impl FnOnce() -> T) -> T {
    let begin = std::time::Instant::now();
    let done = act();
    *spent += begin.elapsed();
    done
}

/// The seal's picture, its side in millimeters, and the seal.
struct Sealer {
    world: SealWorld,
    seal: Vec<u8>,
    side: u8,
}

impl Sealer {
    fn new(picture: &SealPicture, png: &[u8]) -> Self {
        let world = SealWorld::new(Algorithm::Sm2);
        let side = picture.width_mm();
        let (width_mm, height_mm) = (u32::from(side), u32::from(side));
        let info = world.info();
        let picture = Picture { format: "PNG", data: png, width_mm, height_mm };
        let seal = world.seal(&SealInfo { picture, ..info });
        Self { world, seal, side }
    }

    fn ofd(&self, face: &Face<'_>, credential: &[u8], at: UnixTime) -> Result<Vec<u8>, Box<dyn Error>> {
        let stamp = StampPlace { page: 0, boundary: face.seal_place(self.side, self.side)? };
        let parts = face.ofd(credential)?;
        let prepared = parts.draft(ID).write()?.prepare(&[stamp], &self.seal, &SM2_SM3, &PROVIDER, at)?;
        let value = self.world.signature_over(&self.seal, at, prepared.digest(), prepared.property());
        Ok(prepared.complete(&value)?)
    }
}

/// A license of the type with the fields of the sample, everything disclosed, as originals carry it.
fn credential(prefecture: &Prefecture, license_type: &LicenseType) -> Vec<u8> {
    let mut draft = prefecture.draft(&license_type.key);
    draft.fields = sample::claims(license_type).fields;
    prefecture.issue(&draft)
}

/// The same with nothing disclosed, as copies carry it.
fn hidden(credential: &[u8]) -> &[u8] {
    credential.split_inclusive(|byte| *byte == b'~').next().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: faces DIRECTORY")?;
    fs::create_dir_all(&directory)?;
    let font = Font::find_for_pages()?;
    let seal = RoundSeal::new(Rank::Unit.diameter_mm(), "博乐市市场监督管理局").line("电子证照专用章");
    let picture = SealPicture::draw(seal, &font)?;
    let png = picture.png(SealPicture::DPI)?;
    let sealer = Sealer::new(&picture, &png);
    let seal = SealImage::new(&png, picture.width_mm(), picture.height_mm())?;
    let (catalog, templates) = (sample::catalog(), Templates::built_in());
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let mut spent = [Duration::ZERO; 4];
    let [drawing, png_writing, pdf_writing, ofd_writing] = &mut spent;
    for license_type in catalog.types() {
        let claims = sample::claims(license_type);
        let input = FaceInput::new(license_type, &claims)?;
        let copy = Annotation::new(
            "办理住房公积金贷款",
            "博乐市政务服务中心",
            claims.issued_at,
            claims.issued_at.plus(2_592_000),
        )?;
        let whole = credential(&prefecture, license_type);
        for (kind, annotation, carried) in
            [("license", None, &whole[..]), ("copy", Some(copy), hidden(&whole))]
        {
            let additions = Additions { annotation, emblem: None };
            let template = templates.of(license_type);
            let face = timed(drawing, || Face::draw(template, &input, &additions, &font))?;
            let path = |ending: &str| directory.join(format!("{}-{kind}.{ending}", license_type.key));
            fs::write(path("svg"), face.svg(0)?)?;
            fs::write(path("png"), timed(png_writing, || face.png(0, 150, Some(&seal)))?)?;
            fs::write(path("pdf"), timed(pdf_writing, || face.pdf(carried, Some(&seal)))?)?;
            fs::write(path("ofd"), timed(ofd_writing, || sealer.ofd(&face, carried, now()))?)?;
        }
    }
    let faces = u32::try_from(2 * catalog.types().count())?;
    let [drawing, png, pdf, ofd] = spent.map(|all| all / faces);
    println!("each face: {drawing:.1?} drawn, {png:.1?} PNG, {pdf:.1?} PDF, {ofd:.1?} OFD, sealed");
    let mut spent = Duration::ZERO;
    let types: Vec<_> = catalog.types().map(|known| (known, credential(&prefecture, known))).collect();
    for (license_type, carried) in types.iter().cycle().take(usize::from(ROUND)) {
        let claims = sample::claims(license_type);
        let input = FaceInput::new(license_type, &claims)?;
        let template = templates.of(license_type);
        timed(&mut spent, || -> Result<_, Box<dyn Error>> {
            let face = Face::draw(template, &input, &Additions::default(), &font)?;
            sealer.ofd(&face, carried, now())
        })?;
    }
    println!(
        "{:.0} licenses drawn, written as OFD and sealed each second",
        f64::from(ROUND) / spent.as_secs_f64()
    );
    Ok(())
}
