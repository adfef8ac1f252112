//! Rectangles, lines, the emblem's place and the code.

use boyin_ofd::write::{Area, Color, PathMark, Point, Step, Stroke};
use boyin_picture::Code;

use crate::FaceError;
use crate::face::Emblem;
use crate::limits::{MIN_MODULE_UM, QUIET_MODULES};
use crate::mark::{Mark, Path, Source, polyline};
use crate::template::Rectangle;

use super::Pen;

/// Modules of a code of version 1, and by how many each version has more; the largest version (ISO/IEC 18004).
const MODULES: (i32, i32) = (21, 4);
const LARGEST_VERSION: i32 = 40;
/// One turn of a meander on a base line, in a grid of 20: along the band and away from the base.
const MEANDER: [(i32, i32); 7] = [(1, 0), (1, 16), (16, 16), (16, 4), (6, 4), (6, 10), (11, 10)];
const MEANDER_GRID: i32 = 20;

impl Pen<'_> {
    /// Rectangles and lines; on attached pages those that every page has.
    pub(super) fn frame(&self, attached: bool) -> Vec<Mark> {
        let mut marks = Vec::new();
        for rectangle in self.template.rectangles.iter().filter(|one| one.every_page || !attached) {
            let stroke = Stroke { width: rectangle.width.0, color: rectangle.color };
            let stroke = (stroke.width > 0).then_some(stroke);
            if stroke.is_some() || rectangle.fill.is_some() {
                marks.push(fixed(PathMark::rectangle(rectangle.at, stroke, rectangle.fill)));
            }
            marks.extend(meander(rectangle));
        }
        for line in self.template.lines.iter().filter(|one| one.every_page || !attached) {
            let stroke = Stroke { width: line.width.0, color: line.color };
            marks.push(fixed(PathMark::line(line.from, line.to, stroke)));
        }
        marks
    }

    /// The emblem as large as its place allows, in the middle.
    pub(super) fn emblem(&self, emblem: Option<&Emblem>) -> Option<Mark> {
        let (place, emblem) = (self.template.emblem?.at, emblem?);
        let side = |pixels: u32| i64::from(pixels.max(1));
        let (width, height) = emblem.image.size();
        let (width, height) = (side(width), side(height));
        let by_height = i64::from(place.height) * width / height;
        let fitted = by_height.min(i64::from(place.width));
        let um = |length: i64| i32::try_from(length).unwrap_or(0).max(1);
        let (fitted_width, fitted_height) = (um(fitted), um(fitted * height / width));
        Some(Mark::Emblem(Area {
            x: place.x + (place.width - fitted_width) / 2,
            y: place.y + (place.height - fitted_height) / 2,
            width: fitted_width,
            height: fitted_height,
        }))
    }

    /// The code of the identifier, on white.
    pub(super) fn code(&self) -> Result<Vec<Mark>, FaceError> {
        let area = self.template.code.area();
        let room = area.width / MIN_MODULE_UM - 2 * QUIET_MODULES;
        let largest = ((room - MODULES.0) / MODULES.1 + 1).min(LARGEST_VERSION);
        let largest =
            u8::try_from(largest).ok().filter(|_| room >= MODULES.0).ok_or(FaceError::CodeTooSmall)?;
        let code = Code::draw(self.input.claims().license_id.as_str(), largest);
        let code = code.map_err(|_| FaceError::CodeTooSmall)?;
        let modules = i32::from(code.modules());
        let module = area.width / (modules + 2 * QUIET_MODULES);
        let margin = (area.width - module * modules) / 2;
        let mut dark = Vec::new();
        for row in 0..code.modules() {
            let mut column = 0;
            while column < code.modules() {
                let start = column;
                while column < code.modules() && code.is_dark(column, row) {
                    column += 1;
                }
                if column > start {
                    let run = Area {
                        x: area.x + margin + module * i32::from(start),
                        y: area.y + margin + module * i32::from(row),
                        width: module * i32::from(column - start),
                        height: module,
                    };
                    dark.extend(PathMark::rectangle(run, None, None).steps);
                }
                column += 1;
            }
        }
        let ground = PathMark::rectangle(area, None, Some(Color::WHITE));
        let dark = PathMark { steps: dark, stroke: None, fill: Some(Color::BLACK) };
        Ok([ground, dark].map(|shape| Mark::Path(Path { source: Source::Code, shape })).into())
    }
}

fn fixed(shape: PathMark) -> Mark {
    Mark::Path(Path { source: Source::Fixed, shape })
}

/// A band of meanders along the inside of a rectangle, with squares in its corners.
fn meander(rectangle: &Rectangle) -> Option<Mark> {
    let (area, band) = (rectangle.at, rectangle.meander.0);
    if band == 0 || band.saturating_mul(4) > area.width.min(area.height) {
        return None;
    }
    let mut steps: Vec<Step> = Vec::new();
    let (left, top) = (area.x + band, area.y + band);
    let (right, bottom) = (area.right() - band, area.bottom() - band);
    // Each side: where it begins, the step along it and the step outward.
    let sides = [
        ((left, top), (1, 0), (0, -1), right - left),
        ((right, top), (0, 1), (1, 0), bottom - top),
        ((right, bottom), (-1, 0), (0, 1), right - left),
        ((left, bottom), (0, -1), (-1, 0), bottom - top),
    ];
    for ((x, y), along, outward, length) in sides {
        let count = (length / band).max(1);
        for index in 0..count {
            let (from, to) = (length * index / count, length * (index + 1) / count);
            let point = |(step, away): (i32, i32)| {
                let distance = from + (to - from) * step / MEANDER_GRID;
                let away = band * away / MEANDER_GRID;
                Point {
                    x: x + along.0 * distance + outward.0 * away,
                    y: y + along.1 * distance + outward.1 * away,
                }
            };
            steps.extend(polyline(MEANDER.map(point)));
        }
        for (near, far) in [(3, 17), (8, 12)] {
            let (near, far) = (band * near / MEANDER_GRID, band * far / MEANDER_GRID);
            let corner = |back: i32, away: i32| Point {
                x: x - along.0 * back + outward.0 * away,
                y: y - along.1 * back + outward.1 * away,
            };
            let square = [(near, near), (far, near), (far, far), (near, far), (near, near)];
            steps.extend(polyline(square.map(|(back, away)| corner(back, away))));
        }
    }
    let base = Area { x: left, y: top, width: right - left, height: bottom - top };
    steps.extend(PathMark::rectangle(base, None, None).steps);
    let stroke = Stroke { width: (band / 14).max(1), color: rectangle.color };
    Some(fixed(PathMark { steps, stroke: Some(stroke), fill: None }))
}
