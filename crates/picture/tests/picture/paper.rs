//! The SVG as `usvg` reads it, back in millimeters.

use boyin_picture::SealPicture;
use resvg::tiny_skia::{Path, Point, Rect, Transform};
use resvg::usvg::{Group, Node, Options, Tree};

pub(crate) type Corner = (f64, f64);

pub(crate) struct Paper {
    /// The inner edge of the rim.
    pub(crate) inner: Rect,
    /// All filled outlines without a matrix of their own: the star.
    pub(crate) plain: Vec<Vec<Corner>>,
    pub(crate) letters: Vec<Letter>,
}

pub(crate) struct Letter {
    /// The tight box of the ink, turned with the glyph.
    pub(crate) corners: [Corner; 4],
    /// Clockwise from upright, in degrees.
    pub(crate) angle: f64,
}

impl Letter {
    pub(crate) fn center(&self) -> Corner {
        let sum = |of: fn(&Corner) -> f64| self.corners.iter().map(of).sum::<f64>() / 4.0;
        (sum(|corner| corner.0), sum(|corner| corner.1))
    }
}

impl Paper {
    pub(crate) fn read(picture: &SealPicture) -> Self {
        let tree = Tree::from_str(picture.svg(), &Options::default()).unwrap();
        let to_mm = Transform::from_scale(25.4 / 96.0, 25.4 / 96.0);
        let size = tree.size();
        assert!((f64::from(size.width()) * 25.4 / 96.0 - f64::from(picture.width_mm())).abs() < 1e-3);
        assert!((f64::from(size.height()) * 25.4 / 96.0 - f64::from(picture.height_mm())).abs() < 1e-3);
        let mut paths = Vec::new();
        gather(tree.root(), &mut paths);
        let root = paths[0].1;
        let mut paper =
            Self { inner: Rect::from_xywh(0.0, 0.0, 1.0, 1.0).unwrap(), plain: vec![], letters: vec![] };
        for (path, transform, stroke) in paths {
            let placed = transform.post_concat(to_mm);
            if let Some(width) = stroke {
                let edge = path.clone().transform(placed).unwrap().bounds();
                paper.inner = edge.inset(width / 2.0, width / 2.0).unwrap();
            } else if transform == root {
                let points = path.clone().transform(placed).unwrap();
                paper.plain.push(points.points().iter().map(corner).collect());
            } else {
                let mut corners = ink(&path);
                placed.map_points(&mut corners);
                let angle = f64::from(placed.ky).atan2(f64::from(placed.sx)).to_degrees();
                paper.letters.push(Letter { corners: corners.each_ref().map(corner), angle });
            }
        }
        paper
    }
}

/// Every path with its place and, if it is stroked, the width of the stroke.
fn gather(group: &Group, paths: &mut Vec<(Path, Transform, Option<f32>)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => gather(group, paths),
            Node::Path(path) => {
                let stroke = path.stroke().map(|stroke| stroke.width().get());
                assert_ne!(stroke.is_some(), path.fill().is_some(), "either the rim or an area");
                paths.push((path.data().clone(), path.abs_transform(), stroke));
            }
            Node::Image(_) | Node::Text(_) => panic!("outlines only"),
        }
    }
}

fn ink(path: &Path) -> [Point; 4] {
    let ink = path.compute_tight_bounds().unwrap();
    [
        (ink.left(), ink.top()),
        (ink.right(), ink.top()),
        (ink.right(), ink.bottom()),
        (ink.left(), ink.bottom()),
    ]
    .map(|(x, y)| Point::from_xy(x, y))
}

fn corner(point: &Point) -> Corner {
    (f64::from(point.x), f64::from(point.y))
}
