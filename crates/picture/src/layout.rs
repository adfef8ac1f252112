//! Where characters stand: along an ellipse, in a straight line, in columns.

use crate::geometry::{Cell, Ellipse, Point, Track};

/// How far a search goes down from the tallest size, and by which steps.
const SMALLEST: f64 = 0.3;
const STEP: f64 = 0.02;

/// Sizes that a text may take, the best first: as tall as can be, then as wide as can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) tallest: f64,
    /// Width for each height, from the narrowest to the widest.
    pub(crate) narrow: f64,
    pub(crate) wide: f64,
}

impl Sizes {
    fn heights(self) -> impl Iterator<Item = f64> {
        falling(1.0, SMALLEST).map(move |share| self.tallest * share)
    }

    fn widths(self, height: f64) -> impl Iterator<Item = f64> {
        falling(self.wide, self.narrow).map(move |aspect| height * aspect)
    }
}

fn falling(from: f64, to: f64) -> impl Iterator<Item = f64> {
    (0..=100u8).map(move |step| from - STEP * f64::from(step)).take_while(move |value| *value >= to)
}

/// How far apart characters on an arc stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spacing {
    /// All together take this share of the ellipse.
    Share(f64),
    /// Each takes this many widths.
    Widths(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    /// Tops outward.
    Upper,
    /// Tops inward, so that it reads from left to right as well.
    Lower,
}

/// Text along the inside of a rim, evenly spaced, its middle at the top or at the bottom.
pub(crate) struct Arc {
    /// The rim's inner edge.
    pub(crate) within: Ellipse,
    /// From there to the middle of a character's outer edge; its corners are nearer.
    pub(crate) gap: f64,
    pub(crate) side: Side,
    pub(crate) spacing: Spacing,
    pub(crate) sizes: Sizes,
}

impl Arc {
    /// The largest cells for `count` characters that stay off each other.
    pub(crate) fn fit(&self, count: u8) -> Option<Vec<Cell>> {
        self.sizes.heights().find_map(|height| {
            let track = Track::new(self.within.inset(self.gap + height / 2.0));
            self.sizes.widths(height).find_map(|width| {
                let cells = self.place(&track, count, width, height)?;
                cells.windows(2).all(|pair| !pair[0].overlaps(&pair[1])).then_some(cells)
            })
        })
    }

    fn place(&self, track: &Track, count: u8, width: f64, height: f64) -> Option<Vec<Cell>> {
        let pitch = match self.spacing {
            Spacing::Share(share) => share * track.perimeter() / f64::from(count),
            Spacing::Widths(widths) => widths * width,
        };
        // Nothing comes round to meet its own beginning.
        (pitch * f64::from(count) < 0.9 * track.perimeter()).then(|| {
            (0..count)
                .map(|index| {
                    let (point, outward) =
                        track.at(pitch * (f64::from(index) - (f64::from(count) - 1.0) / 2.0));
                    let (y, angle) = match self.side {
                        Side::Upper => (point.y, outward),
                        Side::Lower => (2.0 * self.within.center.y - point.y, -outward),
                    };
                    Cell { center: Point { x: point.x, y }, width, height, angle }
                })
                .collect()
        })
    }
}

/// Text in a straight line about `center`.
pub(crate) struct Line<'a> {
    pub(crate) area: Ellipse,
    pub(crate) center: Point,
    pub(crate) sizes: Sizes,
    /// What it keeps `clearance` from.
    pub(crate) others: &'a [Cell],
    pub(crate) clearance: f64,
}

impl Line<'_> {
    pub(crate) fn fit(&self, count: u8) -> Option<Vec<Cell>> {
        let mut sizes = self
            .sizes
            .heights()
            .flat_map(|height| self.sizes.widths(height).map(move |width| (width, height)));
        sizes.find_map(|(width, height)| {
            let whole = Cell::upright(self.center, width * f64::from(count), height);
            let free = self.area.holds(&whole)
                && self.others.iter().all(|other| !other.grown(self.clearance).overlaps(&whole));
            free.then(|| {
                (0..count)
                    .map(|index| {
                        let x = self.center.x + width * (f64::from(index) - (f64::from(count) - 1.0) / 2.0);
                        Cell::upright(Point { x, ..self.center }, width, height)
                    })
                    .collect()
            })
        })
    }
}

/// How much taller than wide a character of a name seal may be stretched, and how much wider than tall.
const STRETCH: (f64, f64) = (1.7, 1.4);

/// Columns from right to left, each read downward; later columns hold one more where it does not come out even, so that
/// the family name has the room of two.
pub(crate) fn columns(count: u8, left_top: Point, side: f64) -> Vec<Cell> {
    let columns = match count {
        0..=1 => 1,
        2..=6 => 2,
        7..=12 => 3,
        _ => 4,
    };
    let width = side / f64::from(columns);
    let longer = count % columns;
    (0..columns)
        .flat_map(|column| {
            let rows = count / columns + u8::from(column >= columns - longer);
            let height = side / f64::from(rows);
            (0..rows).map(move |row| {
                let center = Point {
                    x: left_top.x + side - width * (f64::from(column) + 0.5),
                    y: left_top.y + height * (f64::from(row) + 0.5),
                };
                Cell::upright(center, width.min(height * STRETCH.1), height.min(width * STRETCH.0))
            })
        })
        .collect()
}
