//! Pages and what is on them (GB/T 33190 §7.7, §8 to §11).
//!
//! Readers cut an object off at its boundary. So each has one that is far enough around what is drawn, and coordinates within
//! it count from its upper left corner.

use std::fmt::Write as _;
use std::ops::Range;

use super::draft::{ImageMark, Mark, PageDraft, PathMark, Step, TextMark};
use super::geometry::{Color, Point, Turn};
use super::text::{Escaped, Millionths, Mm, XMLNS, file};

/// Numbers of what the marks of a page refer to, and of its own objects.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    /// Number of the first font.
    pub(super) fonts: usize,
    /// Number of the first picture.
    pub(super) images: usize,
    /// The next number that is free.
    pub(super) next: usize,
}

impl Numbers {
    pub(super) fn take(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}

/// The file of a page, and the numbers of the objects that each mark became.
pub(super) fn write(page: &PageDraft<'_>, numbers: &mut Numbers) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut body = format!("<ofd:Page {XMLNS}>{}<ofd:Content>", area("ofd:Area", page));
    let objects = layer(&mut body, "Body", &page.marks, numbers);
    if !page.watermarks.is_empty() {
        layer(&mut body, "Foreground", &page.watermarks, numbers);
    }
    (file(&(body + "</ofd:Content></ofd:Page>")), objects)
}

/// The size of a page.
pub(super) fn area(element: &str, page: &PageDraft<'_>) -> String {
    let (width, height) = (Mm(page.width.into()), Mm(page.height.into()));
    format!("<{element}><ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></{element}>")
}

fn layer(body: &mut String, kind: &str, marks: &[Mark<'_>], numbers: &mut Numbers) -> Vec<Range<usize>> {
    let _ = write!(body, r#"<ofd:Layer Type="{kind}" ID="{}">"#, numbers.take());
    let mut objects = Vec::with_capacity(marks.len());
    for mark in marks {
        let first = numbers.next;
        match mark {
            Mark::Text(mark) => text(body, mark, numbers),
            Mark::Path(mark) => path(body, mark, numbers),
            Mark::Image(mark) => image(body, mark, numbers),
        }
        objects.push(first..numbers.next);
    }
    body.push_str("</ofd:Layer>");
    objects
}

/// What is around something that is drawn.
#[derive(Clone, Copy)]
struct Bounds {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Bounds {
    /// Around points, with a margin.
    fn around(points: impl Iterator<Item = (i64, i64)>, margin: i64) -> Self {
        let none = Self { left: i64::MAX, top: i64::MAX, right: i64::MIN, bottom: i64::MIN };
        let all = points.fold(none, |known, (x, y)| Self {
            left: known.left.min(x),
            top: known.top.min(y),
            right: known.right.max(x),
            bottom: known.bottom.max(y),
        });
        Self {
            left: all.left - margin,
            top: all.top - margin,
            right: all.right + margin,
            bottom: all.bottom + margin,
        }
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { left, top, right, bottom } = *self;
        write!(f, "{} {} {} {}", Mm(left), Mm(top), Mm(right - left), Mm(bottom - top))
    }
}

fn color(element: &str, Color { red, green, blue, alpha }: Color) -> String {
    let alpha = if alpha == u8::MAX { String::new() } else { format!(r#" Alpha="{alpha}""#) };
    format!(r#"<ofd:{element} Value="{red} {green} {blue}"{alpha}/>"#)
}

/// Where the baseline of a text is after so much of its length.
pub(super) fn along(mark: &TextMark<'_>, length: i64) -> (i64, i64) {
    turned(mark, length, 0)
}

/// A point beside the origin of a text, so far along the baseline and so far below it, on the page.
fn turned(mark: &TextMark<'_>, along: i64, below: i64) -> (i64, i64) {
    let (x, y) = mark.turn.turned(along, below);
    (i64::from(mark.origin.x) + x, i64::from(mark.origin.y) + y)
}

/// Characters that are written as one object: from, until, and how far the first one is along the baseline.
struct Run {
    from: usize,
    until: usize,
    along: i64,
}

/// Readers count the advances of characters beyond U+FFFF once or twice, so each of these stands alone.
fn runs(mark: &TextMark<'_>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut along, mut after_rare) = (0, true);
    for (nth, character) in mark.text.chars().enumerate() {
        let is_rare = u32::from(character) > 0xffff;
        match runs.last_mut() {
            Some(run) if !is_rare && !after_rare => run.until = nth + 1,
            _ => runs.push(Run { from: nth, until: nth + 1, along }),
        }
        after_rare = is_rare;
        along += mark.advances.get(nth).copied().map_or(0, i64::from);
    }
    runs
}

fn text(body: &mut String, mark: &TextMark<'_>, numbers: &mut Numbers) {
    for run in runs(mark) {
        text_run(body, mark, &run, numbers);
    }
}

fn text_run(body: &mut String, mark: &TextMark<'_>, run: &Run, numbers: &mut Numbers) {
    let advances = &mark.advances[run.from..run.until - 1];
    let (size, length) = (i64::from(mark.size), advances.iter().copied().map(i64::from).sum::<i64>());
    // Slanted letters and marks above and below reach out of the em.
    let (before, after) = (run.along - size / 2, run.along + length + size * 2);
    let (above, below) = (-size * 3 / 2, size * 3 / 4);
    let corners = [(before, above), (before, below), (after, above), (after, below)];
    let bounds = Bounds::around(corners.into_iter().map(|(x, y)| turned(mark, x, y)), 0);
    let (x, y) = along(mark, run.along);
    let (x, y) = (x - bounds.left, y - bounds.top);
    let (font, id) = (numbers.fonts + mark.font, numbers.take());
    let _ = write!(body, r#"<ofd:TextObject ID="{id}" Boundary="{bounds}""#);
    let (x, y) = if mark.turn == Turn::NONE {
        (x, y)
    } else {
        let Turn { cosine, sine } = mark.turn;
        let (a, b, c) = (Millionths(cosine), Millionths(-sine), Millionths(sine));
        let _ = write!(body, r#" CTM="{a} {b} {c} {a} {} {}""#, Mm(x), Mm(y));
        (0, 0)
    };
    let fill = color("FillColor", mark.color);
    let _ = write!(body, r#" Font="{font}" Size="{}">{fill}"#, Mm(size));
    let count = run.until - run.from;
    if let Some(glyphs) = mark.glyphs.get(run.from..run.until) {
        let glyphs = list(glyphs.iter());
        let _ = write!(
            body,
            r#"<ofd:CGTransform CodePosition="0" CodeCount="{count}" GlyphCount="{count}"><ofd:Glyphs>{glyphs}</ofd:Glyphs></ofd:CGTransform>"#
        );
    }
    let delta = list(advances.iter().map(|advance| Mm((*advance).into())));
    let delta = if delta.is_empty() { delta } else { format!(r#" DeltaX="{delta}""#) };
    let text: String = mark.text.chars().skip(run.from).take(count).collect();
    let (x, y, text) = (Mm(x), Mm(y), Escaped(&text));
    let _ = write!(body, r#"<ofd:TextCode X="{x}" Y="{y}"{delta}>{text}</ofd:TextCode></ofd:TextObject>"#);
}

/// Values with blanks between.
fn list(values: impl Iterator<Item = impl std::fmt::Display>) -> String {
    let mut all = String::new();
    for value in values {
        let blank = if all.is_empty() { "" } else { " " };
        let _ = write!(all, "{blank}{value}");
    }
    all
}

fn path(body: &mut String, mark: &PathMark, numbers: &mut Numbers) {
    let PathMark { steps, stroke, fill } = mark;
    // A sharp corner reaches out by up to 2.117 widths before it is cut (`MiterLimit` 4.234).
    let margin = stroke.map_or(0, |stroke| i64::from(stroke.width) * 3);
    let bounds = Bounds::around(mark.points().map(|at| (at.x.into(), at.y.into())), margin);
    let mut data = String::new();
    for step in steps {
        let at = |Point { x, y }: Point| {
            format!("{} {}", Mm(i64::from(x) - bounds.left), Mm(i64::from(y) - bounds.top))
        };
        let blank = if data.is_empty() { "" } else { " " };
        let _ = match *step {
            Step::Move(to) => write!(data, "{blank}M {}", at(to)),
            Step::Line(to) => write!(data, "{blank}L {}", at(to)),
            Step::Curve(first, second, to) => {
                write!(data, "{blank}B {} {} {}", at(first), at(second), at(to))
            }
            Step::Close => write!(data, "{blank}C"),
        };
    }
    let _ = write!(body, r#"<ofd:PathObject ID="{}" Boundary="{bounds}""#, numbers.take());
    match stroke {
        Some(stroke) => {
            let _ = write!(body, r#" LineWidth="{}""#, Mm(stroke.width.into()));
        }
        None => body.push_str(r#" Stroke="false""#),
    }
    if fill.is_some() {
        body.push_str(r#" Fill="true""#);
    }
    let line = stroke.map_or_else(String::new, |stroke| color("StrokeColor", stroke.color));
    let fill = fill.map_or_else(String::new, |fill| color("FillColor", fill));
    let _ = write!(body, ">{line}{fill}<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>");
}

fn image(body: &mut String, mark: &ImageMark, numbers: &mut Numbers) {
    let ImageMark { image, boundary, alpha } = *mark;
    let [left, top, width, height] =
        [boundary.x, boundary.y, boundary.width, boundary.height].map(|value| Mm(value.into()));
    let (resource, id) = (numbers.images + image, numbers.take());
    let alpha = if alpha == u8::MAX { String::new() } else { format!(r#" Alpha="{alpha}""#) };
    let _ = write!(
        body,
        r#"<ofd:ImageObject ID="{id}" Boundary="{left} {top} {width} {height}" CTM="{width} 0 0 {height} 0 0"{alpha} ResourceID="{resource}"/>"#
    );
}
