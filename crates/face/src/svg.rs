//! Pages as SVG: outlines only, in micrometers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use boyin_ofd::write::{Color, PathMark, Point, Step};
use boyin_picture::Glyphs;

use crate::mark::{Mark, Text};
use crate::{Face, FaceError};

impl Face<'_> {
    /// One page as an SVG document of outlines: no font, no script, and neither emblem nor seal.
    ///
    /// # Errors
    /// [`FaceError::NoSuchPage`]; pages are counted from 0.
    pub fn svg(&self, page: usize) -> Result<String, FaceError> {
        let page = self.pages.get(page).ok_or(FaceError::NoSuchPage)?;
        let (width, height) = self.size;
        let mm = |um: i32| format!("{}.{:03}", um / 1000, um % 1000);
        let mut outlines = Outlines { glyphs: self.font.glyphs(), used: BTreeMap::new() };
        let mut body = String::new();
        for mark in &page.marks {
            match mark {
                Mark::Text(text) => outlines.text(&mut body, text),
                Mark::Path(path) => add(&mut body, &shape(&path.shape)),
                Mark::Emblem(_) => {}
            }
        }
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<defs>\n",
            mm(width),
            mm(height)
        );
        for (character, outline) in &outlines.used {
            add(&mut svg, &format!("<path id=\"c{:x}\" d=\"{outline}\"/>\n", u32::from(*character)));
        }
        svg.push_str("</defs>\n");
        svg.push_str(&body);
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}

fn add(svg: &mut String, piece: &str) {
    svg.write_str(piece).expect("a string takes everything");
}

struct Outlines<'f> {
    glyphs: Glyphs<'f>,
    used: BTreeMap<char, String>,
}

impl Outlines<'_> {
    fn text(&mut self, svg: &mut String, text: &Text) {
        let scale = f64::from(text.size) / f64::from(self.glyphs.units_per_em().max(1));
        let (cos, sin) = text.turn.cosine_and_sine();
        let opacity = if text.color.alpha == u8::MAX {
            String::new()
        } else {
            format!(" fill-opacity=\"{:.3}\"", f64::from(text.color.alpha) / 255.0)
        };
        add(
            svg,
            &format!(
                "<g fill=\"{}\"{opacity} transform=\"matrix({:.8} {:.8} {:.8} {:.8} {} {})\">\n",
                color(text.color),
                scale * cos,
                -scale * sin,
                -scale * sin,
                -scale * cos,
                text.origin.x,
                text.origin.y
            ),
        );
        for (character, offset) in text.characters.iter().zip(&text.offsets) {
            let glyphs = &self.glyphs;
            let outline =
                self.used.entry(*character).or_insert_with(|| glyphs.outline(*character).unwrap_or_default());
            if !outline.is_empty() {
                let (id, x) = (u32::from(*character), f64::from(*offset) / scale);
                add(svg, &format!("<use href=\"#c{id:x}\" x=\"{x:.2}\"/>\n"));
            }
        }
        svg.push_str("</g>\n");
    }
}

fn color(color: Color) -> String {
    let Color { red, green, blue, .. } = color;
    format!("#{red:02X}{green:02X}{blue:02X}")
}

fn shape(path: &PathMark) -> String {
    let mut data = String::new();
    let at = |Point { x, y }: Point| format!("{x} {y}");
    for step in &path.steps {
        let step = match *step {
            Step::Move(to) => format!("M{}", at(to)),
            Step::Line(to) => format!("L{}", at(to)),
            Step::Curve(first, second, to) => format!("C{} {} {}", at(first), at(second), at(to)),
            Step::Close => "Z".to_owned(),
        };
        data.push_str(&step);
    }
    let fill = path.fill.map_or_else(|| "none".to_owned(), color);
    let stroke = path.stroke.map_or_else(String::new, |stroke| {
        format!(" stroke=\"{}\" stroke-width=\"{}\"", color(stroke.color), stroke.width)
    });
    format!("<path d=\"{data}\" fill=\"{fill}\"{stroke}/>\n")
}
