//! Millimeters, x to the right and y downward; angles in radians, clockwise from upright.

use std::f64::consts::PI;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// The rectangle that one character fills, turned about its center.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) center: Point,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) angle: f64,
}

impl Cell {
    /// Upright.
    pub(crate) fn upright(center: Point, width: f64, height: f64) -> Self {
        Self { center, width, height, angle: 0.0 }
    }

    /// Larger by `margin` on each side.
    pub(crate) fn grown(&self, margin: f64) -> Self {
        Self { width: self.width + 2.0 * margin, height: self.height + 2.0 * margin, ..*self }
    }

    pub(crate) fn corners(&self) -> [Point; 4] {
        let (sin, cos) = self.angle.sin_cos();
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(right, down)| {
            let (x, y) = (right * self.width, down * self.height);
            Point { x: self.center.x + cos * x - sin * y, y: self.center.y + sin * x + cos * y }
        })
    }

    /// Whether the two share more than an edge: no side of either separates them.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.corners(), other.corners());
        [self.angle, other.angle].into_iter().flat_map(|angle| [angle, angle + PI / 2.0]).all(|angle| {
            let (low, high) = shadow(&ours, angle);
            let (other_low, other_high) = shadow(&theirs, angle);
            low < other_high && other_low < high
        })
    }
}

/// The span of the corners on the line at `angle` from the x axis.
fn shadow(corners: &[Point; 4], angle: f64) -> (f64, f64) {
    let (sin, cos) = angle.sin_cos();
    corners
        .iter()
        .map(|corner| corner.x * cos + corner.y * sin)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)))
}

/// An ellipse along the axes; a circle if both radii are equal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ellipse {
    pub(crate) center: Point,
    pub(crate) rx: f64,
    pub(crate) ry: f64,
}

impl Ellipse {
    pub(crate) fn inset(&self, distance: f64) -> Self {
        Self { rx: self.rx - distance, ry: self.ry - distance, ..*self }
    }

    pub(crate) fn holds(&self, cell: &Cell) -> bool {
        cell.corners().iter().all(|corner| {
            let x = (corner.x - self.center.x) / self.rx;
            let y = (corner.y - self.center.y) / self.ry;
            x * x + y * y <= 1.0
        })
    }
}

/// An ellipse measured by length along it, from its top.
pub(crate) struct Track {
    ellipse: Ellipse,
    /// Length from the top to `index * PI / STEPS` clockwise.
    lengths: Vec<f64>,
}

/// Half the ellipse in chords; at 60 mm they differ from the arc by less than a micrometer.
const STEPS: u16 = 720;

impl Track {
    pub(crate) fn new(ellipse: Ellipse) -> Self {
        let at = |step: u16| {
            let angle = f64::from(step) * PI / f64::from(STEPS);
            (ellipse.rx * angle.sin(), ellipse.ry * angle.cos())
        };
        let mut length = 0.0;
        let mut lengths = vec![length];
        for step in 1..=STEPS {
            let ((from_x, from_y), (to_x, to_y)) = (at(step - 1), at(step));
            length += (to_x - from_x).hypot(to_y - from_y);
            lengths.push(length);
        }
        Self { ellipse, lengths }
    }

    pub(crate) fn perimeter(&self) -> f64 {
        self.lengths.last().map_or(0.0, |half| 2.0 * half)
    }

    /// The point `length` clockwise from the top (counterclockwise if negative), and which way is outward.
    pub(crate) fn at(&self, length: f64) -> (Point, f64) {
        let index =
            self.lengths.partition_point(|known| *known < length.abs()).clamp(1, self.lengths.len() - 1);
        let (before, after) = (self.lengths[index - 1], self.lengths[index]);
        let step =
            u16::try_from(index - 1).map_or(0.0, f64::from) + (length.abs() - before) / (after - before);
        let angle = (step * PI / f64::from(STEPS)).copysign(length);
        let (sin, cos) = angle.sin_cos();
        let Ellipse { center, rx, ry } = self.ellipse;
        let outward = (sin / rx).atan2(cos / ry);
        (Point { x: center.x + rx * sin, y: center.y - ry * cos }, outward)
    }
}

/// The ten corners of a five-pointed star that stands on two points; the even ones lie at `radius`.
pub(crate) fn star(center: Point, radius: f64) -> Vec<Point> {
    // Where the lines between every second point cross.
    let inner = radius * (PI / 10.0).sin() / (PI * 3.0 / 10.0).sin();
    (0..10u8)
        .map(|corner| {
            let radius = if corner % 2 == 0 { radius } else { inner };
            let (sin, cos) = (f64::from(corner) * PI / 5.0).sin_cos();
            Point { x: center.x + radius * sin, y: center.y - radius * cos }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Cell, Ellipse, PI, Point, Track};

    const ORIGIN: Point = Point { x: 0.0, y: 0.0 };

    #[test]
    fn a_circle_is_measured_right() {
        let track = Track::new(Ellipse { center: ORIGIN, rx: 10.0, ry: 10.0 });
        assert!((track.perimeter() - 20.0 * PI).abs() < 1e-3);
        let (point, outward) = track.at(-5.0 * PI);
        assert!((point.x + 10.0).abs() < 1e-3 && point.y.abs() < 1e-3 && (outward + PI / 2.0).abs() < 1e-3);
    }

    /// The perimeter of the ellipse with radii 22.5 and 15 by Ramanujan's second formula, exact to nine digits there.
    #[test]
    fn an_ellipse_is_measured_right() {
        let (a, b) = (22.5f64, 15.0f64);
        let h = ((a - b) / (a + b)).powi(2);
        let expected = PI * (a + b) * (1.0 + 3.0 * h / (10.0 + (4.0 - 3.0 * h).sqrt()));
        let measured = Track::new(Ellipse { center: ORIGIN, rx: a, ry: b }).perimeter();
        assert!((measured - expected).abs() < 1e-3, "{measured} {expected}");
    }

    #[test]
    fn cells_overlap_or_not() {
        let square = Cell::upright(ORIGIN, 2.0, 2.0);
        let turned = |x| Cell { center: Point { x, y: 0.0 }, width: 2.0, height: 2.0, angle: PI / 4.0 };
        assert!(square.overlaps(&turned(2.4)) && !square.overlaps(&turned(2.42)));
        assert!(!square.overlaps(&Cell::upright(Point { x: 2.0, y: 0.0 }, 2.0, 2.0)));
        assert!(square.overlaps(&Cell::upright(Point { x: 0.1, y: 0.1 }, 0.2, 0.2)));
    }
}
