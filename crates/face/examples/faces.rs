//! Writes the face of a license of every type of the catalog into a directory, as SVG, PNG, PDF and OFD (without a seal in
//! it): `cargo run -p boyin-face --example faces -- /tmp/faces`.

#![allow(clippy::print_stdout, reason = "it says how long it took")]
#![allow(clippy::unwrap_used, reason = "the samples are those of the tests")]

#[path = "../tests/face/sample.rs"]
mod sample;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use boyin_face::{Additions, Annotation, Face, FaceInput, SealImage, Templates};
use boyin_picture::{Font, Rank, RoundSeal, SealPicture};

const ID: &str = "0123456789abcdef0123456789abcdef";
const CREDENTIAL: &[u8] = b"this stands for a credential";

#[allow(clippy::disallowed_methods, reason = "an example may look at a clock")]
fn timed<T>(spent: &mut Duration, act: impl FnOnce() -> T) -> T {
    let begin = std::time::Instant::now();
    let done = act();
    *spent += begin.elapsed();
    done
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: faces DIRECTORY")?;
    fs::create_dir_all(&directory)?;
    let font = Font::find_for_pages()?;
    let seal = RoundSeal::new(Rank::Unit.diameter_mm(), "博乐市市场监督管理局").line("电子证照专用章");
    let seal = SealPicture::draw(seal, &font)?;
    let seal = SealImage::new(&seal.png(SealPicture::DPI)?, seal.width_mm(), seal.height_mm())?;
    let (catalog, templates) = (sample::catalog(), Templates::built_in());
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
        for (kind, annotation) in [("license", None), ("copy", Some(copy))] {
            let additions = Additions { annotation, emblem: None };
            let template = templates.of(license_type);
            let face = timed(drawing, || Face::draw(template, &input, &additions, &font))?;
            let path = |ending: &str| directory.join(format!("{}-{kind}.{ending}", license_type.key));
            fs::write(path("svg"), face.svg(0)?)?;
            fs::write(path("png"), timed(png_writing, || face.png(0, 150, Some(&seal)))?)?;
            fs::write(path("pdf"), timed(pdf_writing, || face.pdf(CREDENTIAL, Some(&seal)))?)?;
            let ofd = timed(ofd_writing, || -> Result<_, Box<dyn Error>> {
                Ok(face.ofd(CREDENTIAL)?.draft(ID).write()?.finish_without_seal()?)
            })?;
            fs::write(path("ofd"), ofd)?;
        }
    }
    let faces = u32::try_from(2 * catalog.types().count())?;
    let [drawing, png, pdf, ofd] = spent.map(|all| all / faces);
    println!("each face: {drawing:.1?} drawn, {png:.1?} PNG, {pdf:.1?} PDF, {ofd:.1?} OFD");
    Ok(())
}
