//! The plot: microseconds of each operation against the number of licenses on file.

use std::fmt::{self, Write as _};

use crate::rows::{Row, thousands};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 30.0;
/// Licenses at the ends of the axis.
const SIZES: (f64, f64) = (1e4, 1e7);
/// Microseconds at the axis.
const TICKS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];
/// Operations with their color and whether the line is dashed. Told apart by people who see no red or green.
const LINES: [(&str, &str, bool); 7] = [
    ("engine's get, often", "#0072b2", true),
    ("get, often", "#0072b2", false),
    ("get, any", "#d55e00", false),
    ("lookup, verified", "#117755", false),
    ("file of 30, median", "#882288", false),
    ("get, any, cache of 4 GiB", "#d55e00", true),
    ("file of 30, cache of 4 GiB", "#882288", true),
];

fn x_of(licenses: u64) -> f64 {
    let licenses = f64::from(u32::try_from(licenses).unwrap_or(u32::MAX));
    LEFT + WIDTH * (licenses / SIZES.0).ln() / (SIZES.1 / SIZES.0).ln()
}

fn y_of(micros: f64) -> f64 {
    TOP + HEIGHT * (TICKS[9] / micros).ln() / (TICKS[9] / TICKS[0]).ln()
}

pub(crate) fn draw(rows: &[Row]) -> Result<String, fmt::Error> {
    let (width, height) = (LEFT + WIDTH + 200.0, TOP + HEIGHT + 60.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    axes(&mut svg, rows)?;
    for (name, color, dashed) in LINES {
        let points = rows.iter().filter_map(|row| Some((x_of(row.licenses), y_of(row.get(name)?))));
        let points: Vec<_> = points.collect();
        let path: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dash = if dashed { " stroke-dasharray=\"7 4\"" } else { "" };
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"{dash}/>",
            path.join(" ")
        )?;
        for (x, y) in &points {
            writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{color}\"/>")?;
        }
        if let Some((x, y)) = points.last() {
            let (x, y) = (x + 10.0, y + if dashed { 14.0 } else { 0.0 });
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{color}\">{name}</text>")?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn axes(svg: &mut String, rows: &[Row]) -> fmt::Result {
    let (right, bottom, middle) = (LEFT + WIDTH, TOP + HEIGHT, LEFT + WIDTH / 2.0);
    for value in TICKS {
        let y = y_of(value);
        writeln!(
            svg,
            "<path d=\"M{LEFT},{y:.1}H{right}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            LEFT - 8.0,
            y + 4.5
        )?;
    }
    for row in rows {
        let x = x_of(row.licenses);
        writeln!(
            svg,
            "<path d=\"M{x:.1},{bottom}v5\" stroke=\"#222\"/>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 20.0,
            thousands(row.licenses)
        )?;
    }
    let (x, y) = (LEFT - 45.0, TOP + HEIGHT / 2.0);
    writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">licenses on file</text>\n\
         <text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" transform=\"rotate(-90 {x} {y})\">µs</text>",
        bottom + 46.0
    )
}
