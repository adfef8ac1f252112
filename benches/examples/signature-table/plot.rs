//! The plot: cost of one signature against the number of signatures at once.

use std::fmt::{self, Write as _};

/// One panel.
pub(crate) struct Curve {
    pub(crate) title: &'static str,
    pub(crate) lines: Vec<Line>,
    /// A peer that knows nothing of many at once.
    pub(crate) reference: (&'static str, f64),
}

/// Microseconds for each number of signatures.
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) points: Vec<(usize, f64)>,
}

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 50.0;
const PANEL: f64 = 560.0;
/// Told apart in print and by people who see no red or green, with the mark of each.
const COLORS: [&str; 3] = ["#0072b2", "#d55e00", "#117755"];
/// Microseconds at the axis, which is logarithmic and the same for all panels.
const TICKS: [f64; 7] = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

fn x_of(left: f64, size: usize) -> f64 {
    left + WIDTH * f64::from(size.ilog2()) / 10.0
}

fn y_of(value: f64) -> f64 {
    TOP + HEIGHT * (TICKS[6] / value).ln() / (TICKS[6] / TICKS[0]).ln()
}

pub(crate) fn draw(curves: &[Curve]) -> Result<String, fmt::Error> {
    let (width, height) = (PANEL * f64::from(u32::try_from(curves.len()).unwrap_or(0)), TOP + HEIGHT + 65.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let mut left = LEFT;
    for curve in curves {
        panel(&mut svg, curve, left)?;
        left += PANEL;
    }
    if let Some(curve) = curves.first() {
        legend(&mut svg, curve)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn panel(svg: &mut String, curve: &Curve, left: f64) -> fmt::Result {
    axes(svg, curve.title, left)?;
    let (peer, cost) = &curve.reference;
    let (right, y) = (left + WIDTH, y_of(*cost));
    writeln!(
        svg,
        "<path d=\"M{left},{y:.1}H{right}\" stroke=\"#444\" stroke-width=\"2\" stroke-dasharray=\"7 4\"/>\n\
         <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{peer}, one by one: {cost:.0} µs</text>",
        right - 6.0,
        y - 7.0
    )?;
    for (number, (line, color)) in curve.lines.iter().zip(COLORS).enumerate() {
        let places = line.points.iter().map(|(size, value)| (x_of(left, *size), y_of(*value)));
        let path: Vec<_> = places.clone().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        writeln!(svg, "<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>")?;
        for (x, y) in places {
            mark(svg, number, x, y)?;
        }
    }
    Ok(())
}

fn legend(svg: &mut String, curve: &Curve) -> fmt::Result {
    let mut y = TOP + 22.0;
    for (number, line) in curve.lines.iter().enumerate() {
        mark(svg, number, LEFT + 18.0, y - 4.5)?;
        writeln!(svg, "<text x=\"{}\" y=\"{y}\">{}</text>", LEFT + 32.0, line.label)?;
        y += 20.0;
    }
    Ok(())
}

fn axes(svg: &mut String, title: &str, left: f64) -> fmt::Result {
    let (right, bottom, middle) = (left + WIDTH, TOP + HEIGHT, left + WIDTH / 2.0);
    writeln!(svg, "<text x=\"{middle}\" y=\"28\" text-anchor=\"middle\" font-size=\"16\">{title}</text>")?;
    for value in TICKS {
        let y = y_of(value);
        writeln!(
            svg,
            "<path d=\"M{left},{y:.1}H{right}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            left - 8.0,
            y + 4.5
        )?;
    }
    for size in (0..=10).map(|exponent| 1 << exponent) {
        let (x, y) = (x_of(left, size), bottom + 20.0);
        writeln!(
            svg,
            "<path d=\"M{x:.1},{bottom}v5\" stroke=\"#222\"/>\n\
             <text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{size}</text>"
        )?;
    }
    let (x, y, label) = (left - 42.0, TOP + HEIGHT / 2.0, bottom + 46.0);
    writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{label}\" text-anchor=\"middle\">signatures at once</text>\n\
         <text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" transform=\"rotate(-90 {x} {y})\">µs for each \
         signature</text>"
    )
}

/// A circle, a square or a triangle.
fn mark(svg: &mut String, number: usize, x: f64, y: f64) -> fmt::Result {
    let shape = ["a4,4 0 1 0 8,0a4,4 0 1 0 -8,0", "m0,-4h8v8h-8z", "m-1,4l5,-9l5,9z"][number];
    writeln!(svg, "<path d=\"M{:.1},{y:.1}{shape}\" fill=\"{}\"/>", x - 4.0, COLORS[number])
}
