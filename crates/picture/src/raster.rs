use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg::{Options, Tree};

use crate::seal::CenterImage;
use crate::{ImageFault, PictureError, RED};

const IMAGE_BYTES: usize = 1 << 20;
const IMAGE_SIDE: u32 = 2048;

/// A PNG from a caller, its size looked at before its pixels.
pub(crate) fn decode(png: &[u8]) -> Result<Pixmap, ImageFault> {
    if png.len() > IMAGE_BYTES {
        return Err(ImageFault::TooLarge);
    }
    let header = png::Decoder::new(std::io::Cursor::new(png)).read_info().map_err(|_| ImageFault::NotPng)?;
    let (width, height) = header.info().size();
    if width > IMAGE_SIDE || height > IMAGE_SIDE {
        return Err(ImageFault::TooLarge);
    }
    Pixmap::decode_png(png).map_err(|_| ImageFault::NotPng)
}

pub(crate) fn png(
    svg: &str,
    (width_mm, height_mm): (u8, u8),
    image: Option<&CenterImage>,
    dpi: u16,
) -> Result<Vec<u8>, PictureError> {
    if !(72..=1200).contains(&dpi) {
        return Err(PictureError::Resolution { dpi });
    }
    let mut pixmap = render(svg, pixels(width_mm, dpi), pixels(height_mm, dpi))?;
    if let Some(image) = image {
        // The renderer is built without readers of pictures; where this one goes we know.
        overlay(&mut pixmap, &decode(&image.png)?);
    }
    encode(&pixmap, image.is_none(), dpi)
}

/// Fills what an SVG outlines, on transparent ground.
pub(crate) fn render(svg: &str, width: u16, height: u16) -> Result<Pixmap, PictureError> {
    let tree = Tree::from_str(svg, &Options::default()).map_err(|_| PictureError::Render)?;
    let mut pixmap = Pixmap::new(u32::from(width), u32::from(height)).ok_or(PictureError::Render)?;
    let (scale_x, scale_y) =
        (f32::from(width) / tree.size().width(), f32::from(height) / tree.size().height());
    resvg::render(&tree, Transform::from_scale(scale_x, scale_y), &mut pixmap.as_mut());
    Ok(pixmap)
}

fn pixels(mm: u8, dpi: u16) -> u16 {
    let pixels = (u32::from(mm) * u32::from(dpi) * 10 + 127) / 254;
    u16::try_from(pixels).expect("60 mm at 1200 dpi are 2835 pixels")
}

/// Draws the picture as large as it fits into its square in the middle.
fn overlay(pixmap: &mut Pixmap, picture: &Pixmap) {
    let side_of = |pixels: u32| u16::try_from(pixels).map_or(1.0, f32::from);
    let (paper_width, paper_height) = (side_of(pixmap.width()), side_of(pixmap.height()));
    let (width, height) = (side_of(picture.width()), side_of(picture.height()));
    let scale = paper_width * CenterImage::SIDE / width.max(height);
    let (x, y) = ((paper_width - scale * width) / 2.0, (paper_height - scale * height) / 2.0);
    let place = Transform::from_row(scale, 0.0, 0.0, scale, x, y);
    let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
    pixmap.draw_pixmap(0, 0, picture.as_ref(), &paint, place, None);
}

fn encode(pixmap: &Pixmap, one_color: bool, dpi: u16) -> Result<Vec<u8>, PictureError> {
    let [red, green, blue] = RED;
    let pixels: Vec<u8> = pixmap
        .pixels()
        .iter()
        .flat_map(|pixel| match (pixel.alpha(), one_color) {
            (0, _) => [0, 0, 0, 0],
            // Exactly our red also where it is thin, which dividing by the alpha would not give.
            (alpha, true) => [red, green, blue, alpha],
            (alpha, false) => {
                let color = pixel.demultiply();
                [color.red(), color.green(), color.blue(), alpha]
            }
        })
        .collect();
    write(&pixels, (pixmap.width(), pixmap.height()), png::ColorType::Rgba, png::Compression::High, dpi)
}

/// A PNG that tells its resolution.
pub(crate) fn write(
    pixels: &[u8],
    (width, height): (u32, u32),
    color: png::ColorType,
    compression: png::Compression,
    dpi: u16,
) -> Result<Vec<u8>, PictureError> {
    let per_meter = (u32::from(dpi) * 10_000 + 127) / 254;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(compression);
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_meter, yppu: per_meter, unit }));
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(pixels)?;
            writer.finish()
        })
        .map_err(|_| PictureError::Render)?;
    Ok(bytes)
}
