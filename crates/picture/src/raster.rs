use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg::{Options, Tree};

use crate::seal::PlacedImage;
use crate::{ImageFault, PictureError, RED};

const IMAGE_BYTES: usize = 1 << 20;
const IMAGE_SIDE: u32 = 2048;

/// A PNG from a caller, its size looked at before its pixels.
pub(crate) fn decode(png: &[u8]) -> Result<Pixmap, ImageFault> {
    if png.len() > IMAGE_BYTES {
        return Err(ImageFault::TooLarge);
    }
    let mut reader =
        png::Decoder::new(std::io::Cursor::new(png)).read_info().map_err(|_| ImageFault::NotPng)?;
    let (width, height) = reader.info().size();
    if width > IMAGE_SIDE || height > IMAGE_SIDE {
        return Err(ImageFault::TooLarge);
    }
    // An animation, or a file cut off in its pixels, fails here.
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(ImageFault::TooLarge)?];
    reader.next_frame(&mut pixels).map_err(|_| ImageFault::NotPng)?;
    Pixmap::decode_png(png).map_err(|_| ImageFault::NotPng)
}

pub(crate) fn png(
    svg: &str,
    (width_mm, height_mm): (u8, u8),
    image: Option<&PlacedImage>,
    dpi: u16,
) -> Result<Vec<u8>, PictureError> {
    if !(72..=1200).contains(&dpi) {
        return Err(PictureError::Resolution { dpi });
    }
    let (width, height) = (pixels(width_mm, dpi), pixels(height_mm, dpi));
    let tree = Tree::from_str(svg, &Options::default()).map_err(|_| PictureError::Render)?;
    let mut pixmap = Pixmap::new(u32::from(width), u32::from(height)).ok_or(PictureError::Render)?;
    let (scale_x, scale_y) =
        (f32::from(width) / tree.size().width(), f32::from(height) / tree.size().height());
    resvg::render(&tree, Transform::from_scale(scale_x, scale_y), &mut pixmap.as_mut());
    if let Some(image) = image {
        // The renderer is built without readers of pictures; this one has a place that we know.
        let per_mm = (f32::from(width) / f32::from(width_mm), f32::from(height) / f32::from(height_mm));
        overlay(&mut pixmap, image, per_mm)?;
    }
    encode(&pixmap, image.is_none(), dpi)
}

fn pixels(mm: u8, dpi: u16) -> u16 {
    let pixels = (u32::from(mm) * u32::from(dpi) * 10 + 127) / 254;
    u16::try_from(pixels).expect("60 mm at 1200 dpi are 2835 pixels")
}

/// Draws the picture as large as it fits into its square.
fn overlay(pixmap: &mut Pixmap, image: &PlacedImage, per_mm: (f32, f32)) -> Result<(), PictureError> {
    let picture = decode(&image.png)?;
    let narrow = |value: f64| format!("{value}").parse::<f32>().map_err(|_| PictureError::Render);
    let (x, y, side) = (narrow(image.center.x)?, narrow(image.center.y)?, narrow(image.side)?);
    let side_of = |pixels: u32| u16::try_from(pixels).map_or(1.0, f32::from);
    let (width, height) = (side_of(picture.width()), side_of(picture.height()));
    let scale = side / width.max(height);
    let place = Transform::from_row(
        scale * per_mm.0,
        0.0,
        0.0,
        scale * per_mm.1,
        (x - scale * width / 2.0) * per_mm.0,
        (y - scale * height / 2.0) * per_mm.1,
    );
    let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
    pixmap.draw_pixmap(0, 0, picture.as_ref(), &paint, place, None);
    Ok(())
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
    let per_meter = (u32::from(dpi) * 10_000 + 127) / 254;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_meter, yppu: per_meter, unit }));
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(&pixels)?;
            writer.finish()
        })
        .map_err(|_| PictureError::Render)?;
    Ok(bytes)
}
