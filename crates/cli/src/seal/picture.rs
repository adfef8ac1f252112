use std::io::Write;

use anyhow::Context as _;
use boyin::archive::SealRecord;
use boyin::model::register::SealKind;
use boyin_picture::{Ending, Font, NameSeal, OvalSeal, Rank, RoundSeal, SealPicture, Shape};

use super::args::{Picture, ShapeName};
use crate::{Exit, files};

/// Width and height of an oval seal and side of a name seal, in millimeters: usage, not law.
const OVAL_MM: (u8, u8) = (45, 30);
const SQUARE_MM: u8 = 20;

/// `seal picture`
pub(crate) fn run(args: &Picture, out: &mut dyn Write) -> anyhow::Result<Exit> {
    files::check_free(&args.out)?;
    let picture = draw(shape(args.shape, &args.name, args.line.as_deref()))?;
    let bytes = match args.out.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => picture.svg().as_bytes().to_vec(),
        Some("png") => picture.png(args.dpi)?,
        _ => anyhow::bail!("{}: the name must end in .png or .svg", args.out.display()),
    };
    files::write_new(&args.out, &bytes)?;
    writeln!(out, "{} × {} mm, {}", picture.width_mm(), picture.height_mm(), args.out.display())?;
    Ok(Exit::Done)
}

/// The picture of a seal of the register: by its kind, with its words.
pub(crate) fn of(record: &SealRecord) -> anyhow::Result<SealPicture> {
    let name = record.name.as_str();
    let (shape_name, organ, line) = match record.kind {
        SealKind::LegalName | SealKind::InternalUnit | SealKind::Branch => (ShapeName::Round, name, None),
        SealKind::Personal => (ShapeName::Square, name, None),
        // The words of such a seal are the owner's name and then its purpose.
        SealKind::SpecialPurpose => match name.rsplit_once([' ', '　']) {
            Some((organ, purpose)) => (ShapeName::Oval, organ, Some(purpose)),
            None => (ShapeName::Oval, name, Some("业务专用章")),
        },
    };
    draw(shape(shape_name, organ, line))
}

fn shape(shape: ShapeName, name: &str, line: Option<&str>) -> Shape {
    match shape {
        ShapeName::Round => {
            let seal = RoundSeal::new(Rank::Unit.diameter_mm(), name);
            line.map_or(seal.clone(), |line| seal.line(line)).into()
        }
        ShapeName::Oval => OvalSeal::new(OVAL_MM.0, OVAL_MM.1, name, line.unwrap_or("业务专用章")).into(),
        ShapeName::Square => NameSeal::new(SQUARE_MM, name).ending(Ending::Yin).into(),
    }
}

fn draw(shape: Shape) -> anyhow::Result<SealPicture> {
    let font = Font::find().context("the picture of a seal needs a font")?;
    Ok(SealPicture::draw(shape, &font)?)
}
