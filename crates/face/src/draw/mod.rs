//! From template and license to marks.

mod frame;
mod rows;
mod watermark;

use std::collections::VecDeque;

use boyin_ofd::write::{Area, Color, Point, Turn};
use boyin_picture::Font;

use crate::face::{Additions, Page};
use crate::limits::MAX_PAGES;
use crate::mark::{Mark, Source, Text, ascent};
use crate::template::{Align, Style, Template, ValueBox};
use crate::text::{Laid, Metrics, leading};
use crate::value::{FIELD, FIELDS};
use crate::{Annotation, FaceError, FaceInput};

use rows::RowContent;

/// What stands where a value would stand that goes to an attached page.
const SEE_ANNEX: &str = "见附页";
/// Lines of a label.
const LABEL_LINES: usize = 3;
/// What PDF says of itself.
const COPY_LINE: &str = "副本 · 以所附凭证为准 (copy: the attached credential is the proof)";

pub(crate) struct Drawn {
    pub(crate) pages: Vec<Page>,
    pub(crate) copy_line: Vec<Mark>,
}

/// Draws one face.
struct Pen<'d> {
    metrics: Metrics<'d>,
    template: &'d Template,
    input: &'d FaceInput<'d>,
}

pub(crate) fn draw(
    template: &Template,
    input: &FaceInput<'_>,
    additions: &Additions,
    font: &Font,
) -> Result<Drawn, FaceError> {
    let is_for = template.types.is_empty() || template.types.contains(&input.license_type().key);
    if !is_for {
        return Err(FaceError::WrongType);
    }
    let pen = Pen { metrics: Metrics::new(font), template, input };
    let mut first = pen.frame(false);
    first.extend(pen.emblem(additions.emblem.as_ref()));
    first.extend(pen.code()?);
    for text in &template.texts {
        first.extend(pen.set(&Source::Fixed, "text", &text.text, text.at, &text.style)?);
    }
    let mut overflow = VecDeque::new();
    for value in &template.values {
        first.extend(pen.value(value, &mut overflow)?);
    }
    let mut pages = vec![Page { marks: first }];
    let mut rows = pen.row_contents()?;
    if let Some(table) = &template.rows {
        let placed = pen.place(&mut rows, table.at, &table.table, true)?;
        pages.iter_mut().for_each(|page| page.marks.extend(placed.iter().cloned()));
    }
    // Rows that began on the first page go on before values that had no room there.
    rows.append(&mut overflow);
    while !rows.is_empty() {
        let mut marks = pen.frame(true);
        let placed = pen.place(&mut rows, template.annex.at, &template.annex.table, false)?;
        if placed.is_empty() || pages.len() == MAX_PAGES {
            return Err(FaceError::TooManyPages);
        }
        marks.extend(placed);
        pages.push(Page { marks });
    }
    pen.headings(&mut pages)?;
    pen.annotate(&mut pages, additions.annotation.as_ref())?;
    let strip = &template.copy;
    let copy_line = pen.set(&Source::CopyLine, "copy", COPY_LINE, strip.at, &strip.style)?;
    Ok(Drawn { pages, copy_line })
}

impl Pen<'_> {
    /// The text in its box.
    fn set(
        &self,
        source: &Source,
        name: &str,
        text: &str,
        area: Area,
        style: &Style,
    ) -> Result<Vec<Mark>, FaceError> {
        let characters = self.metrics.characters(name, text)?;
        let laid = self.metrics.fit(&characters, (area.width, area.height), style);
        let laid = laid.ok_or_else(|| FaceError::DoesNotFit(name.to_owned()))?;
        Ok(self.lines(source, &laid, area, style))
    }

    /// A label: smaller in one line, else in several.
    fn label(&self, label: &str, room: (i32, i32), style: &Style) -> Result<Laid, FaceError> {
        let characters = self.metrics.characters("label", label)?;
        let laid = [1, LABEL_LINES]
            .into_iter()
            .find_map(|lines| self.metrics.fit(&characters, room, &Style { lines, ..*style }));
        laid.ok_or_else(|| FaceError::DoesNotFit("label".to_owned()))
    }

    /// Lines from the top of a box or in its middle.
    fn lines(&self, source: &Source, laid: &Laid, area: Area, style: &Style) -> Vec<Mark> {
        let count = i32::try_from(laid.lines.len()).unwrap_or(i32::MAX);
        let block = (count - 1).saturating_mul(leading(laid.size)).saturating_add(laid.size);
        let rest = (area.height - block).max(0);
        // A smaller text stands on the baseline of a full-sized one beside it.
        let shift =
            if style.middle { rest / 2 } else { (ascent(style.size.0) - ascent(laid.size)).min(rest) };
        let mut baseline = area.y + shift + ascent(laid.size);
        let mut marks = Vec::with_capacity(laid.lines.len());
        for line in &laid.lines {
            let (indent, offsets) = self.metrics.placed(line, laid.size, area.width, style);
            marks.push(Mark::Text(Text {
                source: source.clone(),
                origin: Point { x: area.x + indent, y: baseline },
                size: laid.size,
                characters: line.clone(),
                offsets,
                turn: Turn::NONE,
                color: style.color,
            }));
            baseline += leading(laid.size);
        }
        marks
    }

    fn value(&self, place: &ValueBox, overflow: &mut VecDeque<RowContent>) -> Result<Vec<Mark>, FaceError> {
        let Some(shown) = self.input.value(&place.value)? else { return Ok(Vec::new()) };
        let label = place.label.clone().unwrap_or(shown.label);
        let mut marks = Vec::new();
        let mut area = place.at;
        if let Some(width) = place.label_width {
            let at = Area { width: width.0, ..area };
            let laid = self.label(&label, (at.width, at.height), &place.style)?;
            let style = label_style(&place.style, place.label_color, &laid);
            marks.extend(self.lines(&Source::Label(place.value.clone()), &laid, at, &style));
            let gone = width.0 + place.style.size.0;
            area = Area { x: area.x + gone, width: area.width - gone, ..area };
        }
        let source = Source::Value(place.value.clone());
        match self.set(&source, &place.value, &shown.text, area, &place.style) {
            Err(FaceError::DoesNotFit(_)) if place.annex => {
                marks.extend(self.set(&Source::Fixed, "text", SEE_ANNEX, area, &place.style)?);
                overflow.push_back(RowContent {
                    name: place.value.clone(),
                    label: Some(label),
                    characters: self.metrics.characters(&place.value, &shown.text)?,
                });
                Ok(marks)
            }
            set => {
                marks.extend(set?);
                Ok(marks)
            }
        }
    }

    /// The rows of the template, and the fields for which one row stands.
    fn row_contents(&self) -> Result<VecDeque<RowContent>, FaceError> {
        let rows = || self.template.rows.iter().flat_map(|rows| &rows.rows);
        let placed: Vec<&str> = self.template.values.iter().map(|value| value.value.as_str()).collect();
        let has_place = |name: &str| placed.contains(&name) || rows().any(|row| row.value == name);
        let fields = self.input.fields().map(|(spec, _)| format!("{FIELD}{}", spec.name));
        let rest: Vec<String> = fields.filter(|name| !has_place(name)).collect();
        if !rows().any(|row| row.value == FIELDS)
            && let Some(name) = rest.first()
        {
            return Err(FaceError::NotPlaced(name.trim_start_matches(FIELD).to_owned()));
        }
        let mut contents = VecDeque::new();
        for row in rows() {
            let names = if row.value == FIELDS { rest.as_slice() } else { std::slice::from_ref(&row.value) };
            for name in names {
                let Some(shown) = self.input.value(name)? else { continue };
                contents.push_back(RowContent {
                    characters: self.metrics.characters(name, &shown.text)?,
                    label: Some(row.label.clone().unwrap_or(shown.label)),
                    name: name.clone(),
                });
            }
        }
        Ok(contents)
    }

    /// What attached pages say of themselves.
    fn headings(&self, pages: &mut [Page]) -> Result<(), FaceError> {
        let count = pages.len();
        let claims = self.input.claims();
        let annex = &self.template.annex;
        for page in pages.iter_mut().skip(1) {
            let text = format!("{}附页　{}", claims.license_name, claims.license_id.as_str());
            page.marks.extend(self.set(
                &Source::Annex,
                "annex heading",
                &text,
                annex.heading,
                &annex.heading_style,
            )?);
        }
        if count > 1 {
            for (index, page) in pages.iter_mut().enumerate() {
                let text = format!("第{}页　共{count}页", index + 1);
                let strip = &self.template.foot;
                let style = Style { align: Align::Right, ..strip.style };
                page.marks.extend(self.set(&Source::PageNumber, "page number", &text, strip.at, &style)?);
            }
        }
        Ok(())
    }

    /// The watermark and the line at the foot, on every page.
    fn annotate(&self, pages: &mut [Page], annotation: Option<&Annotation>) -> Result<(), FaceError> {
        let Some(annotation) = annotation else { return Ok(()) };
        let strip = &self.template.foot;
        let is_number = |mark: &&Mark| *mark.source() == Source::PageNumber;
        for page in pages {
            let number = page.marks.iter().find(is_number).map(|mark| mark.area().x);
            let right = number.map_or(strip.at.right(), |left| left - strip.style.size.0);
            let at = Area { width: (right - strip.at.x).max(1), ..strip.at };
            let foot = self.set(&Source::Annotation, "annotation", &annotation.foot(), at, &strip.style)?;
            page.marks.extend(self.watermark(annotation)?);
            page.marks.extend(foot);
        }
        Ok(())
    }
}

/// A label of one line is spread over its width.
fn label_style(of: &Style, color: Color, label: &Laid) -> Style {
    let align = if label.lines.len() == 1 { Align::Spread } else { Align::Left };
    Style { align, color, ..*of }
}
