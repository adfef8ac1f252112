use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::RED;
use crate::geometry::Point;
use crate::seal::{CenterImage, Drawing, Letter, Rim};
use crate::text::escape;

/// The drawing as one SVG document. The unit is the millimeter, to a tenth of a micrometer.
pub(crate) fn write(drawing: &Drawing) -> String {
    let (width, height) = (drawing.width_mm, drawing.height_mm);
    let [red, green, blue] = RED;
    let color = format!("#{red:02X}{green:02X}{blue:02X}");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n",
        escape(&drawing.title)
    );
    let stroke = number(drawing.rim_width);
    let rim = match &drawing.rim {
        Rim::Ellipse(ellipse) => format!(
            "<ellipse cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"",
            number(ellipse.center.x),
            number(ellipse.center.y),
            number(ellipse.rx),
            number(ellipse.ry)
        ),
        Rim::Square(corner, side) => format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{side}\" height=\"{side}\"",
            number(corner.x),
            number(corner.y),
            side = number(*side)
        ),
    };
    add(&mut svg, &format!("{rim} fill=\"none\" stroke=\"{color}\" stroke-width=\"{stroke}\"/>\n"));
    if let Some(image) = &drawing.image {
        add(&mut svg, &picture(image, f64::from(width)));
    }
    add(&mut svg, &format!("<g fill=\"{color}\">\n"));
    if let Some(star) = &drawing.star {
        add(&mut svg, &format!("<path d=\"{}\"/>\n", polygon(star)));
    }
    for letter in &drawing.letters {
        add(&mut svg, &path(letter));
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn add(svg: &mut String, piece: &str) {
    svg.write_str(piece).expect("a string takes everything");
}

fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn polygon(corners: &[Point]) -> String {
    let corners: Vec<String> =
        corners.iter().map(|corner| format!("{} {}", number(corner.x), number(corner.y))).collect();
    format!("M{}Z", corners.join("L"))
}

/// The glyph's outline stays in font units; a matrix brings it into its cell.
fn path(letter: &Letter) -> String {
    let Letter { glyph, cell, frame } = letter;
    let scale_x = (cell.width / frame.width).min(cell.width / glyph.advance.max(1.0));
    let scale_y = cell.height / (frame.top - frame.bottom);
    let (sin, cos) = cell.angle.sin_cos();
    // From the cell's center to the glyph's origin, before turning.
    let left = -scale_x * glyph.advance / 2.0;
    let down = scale_y * (frame.top + frame.bottom) / 2.0;
    let x = cell.center.x + cos * left - sin * down;
    let y = cell.center.y + sin * left + cos * down;
    // Eight digits: a thousand units away the place is still right to a hundredth of a micrometer.
    format!(
        "<path transform=\"matrix({:.8} {:.8} {:.8} {:.8} {} {})\" d=\"{}\"/>\n",
        cos * scale_x,
        sin * scale_x,
        sin * scale_y,
        -cos * scale_y,
        number(x),
        number(y),
        glyph.path
    )
}

fn picture(image: &CenterImage, diameter: f64) -> String {
    let side = diameter * f64::from(CenterImage::SIDE);
    format!(
        "<image x=\"{corner}\" y=\"{corner}\" width=\"{side}\" height=\"{side}\" \
         href=\"data:image/png;base64,{}\"/>\n",
        STANDARD.encode(&image.png),
        corner = number((diameter - side) / 2.0),
        side = number(side)
    )
}
