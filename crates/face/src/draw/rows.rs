//! Rows of label and value, over as many pages as they need.

use std::collections::VecDeque;

use boyin_ofd::write::{Area, PathMark, Point, Stroke};

use crate::FaceError;
use crate::geometry::Length;
use crate::mark::{Mark, Path, Source};
use crate::template::Table;
use crate::text::{Laid, leading};

use super::{Pen, label_style};

/// A value of more lines is divided between pages; a shorter one goes to the next as a whole.
const KEPT_TOGETHER: usize = 6;

/// A row before it is laid out. The rest of a divided value has no label.
pub(super) struct RowContent {
    pub(super) name: String,
    pub(super) label: Option<String>,
    pub(super) characters: Vec<char>,
}

struct LaidRow {
    label: Option<Laid>,
    value: Laid,
}

impl LaidRow {
    fn height(&self) -> i32 {
        self.label.as_ref().map_or(0, height).max(height(&self.value))
    }
}

fn height(laid: &Laid) -> i32 {
    let count = i32::try_from(laid.lines.len()).unwrap_or(i32::MAX);
    (count - 1).max(0).saturating_mul(leading(laid.size)).saturating_add(laid.size)
}

impl Pen<'_> {
    /// Takes rows from the front as long as the area has room; what is left stays.
    pub(super) fn place(
        &self,
        rows: &mut VecDeque<RowContent>,
        area: Area,
        table: &Table,
        stretch: bool,
    ) -> Result<Vec<Mark>, FaceError> {
        let table = &Table { label_width: self.label_width(rows, table)?, ..table.clone() };
        let laid = rows.iter().map(|row| self.lay(row, area, table)).collect::<Result<Vec<_>, _>>()?;
        let count = i32::try_from(laid.len()).unwrap_or(i32::MAX);
        let total = laid.iter().fold(0_i32, |sum, row| sum.saturating_add(row.height() + 2 * table.pad.0));
        let rest = area.height.saturating_sub(total);
        let pad = if stretch && rest > 0 && count > 0 {
            (table.pad.0 + rest / (2 * count)).min(table.max_pad.0)
        } else {
            table.pad.0
        };
        let (mut marks, mut top) = (Vec::new(), area.y);
        for mut row in laid {
            let room = area.bottom() - top - 2 * pad;
            let Some(content) = rows.front_mut() else { break };
            if row.height() > room {
                let Some(rest) = split(&mut row, room) else { break };
                self.draw_row(&mut marks, &content.name, &row, (area, top + pad), table);
                *content = RowContent { name: content.name.clone(), label: None, characters: rest };
                break;
            }
            self.draw_row(&mut marks, &content.name, &row, (area, top + pad), table);
            top += row.height() + 2 * pad;
            marks.extend(rule(area, top, table));
            rows.pop_front();
        }
        Ok(marks)
    }

    /// Labels need no more width than the longest.
    fn label_width(&self, rows: &VecDeque<RowContent>, table: &Table) -> Result<Length, FaceError> {
        let mut widest = None;
        for label in rows.iter().filter_map(|row| row.label.as_ref()) {
            let characters = self.metrics.characters("label", label)?;
            let width = self.metrics.width(&characters, table.style.size.0, table.style.spacing.0);
            widest = widest.max(Some(width));
        }
        Ok(widest.map_or(table.label_width, |width| Length(width.min(table.label_width.0))))
    }

    fn lay(&self, row: &RowContent, area: Area, table: &Table) -> Result<LaidRow, FaceError> {
        let label = match &row.label {
            Some(label) => Some(self.label(label, (table.label_width.0, i32::MAX), &table.style)?),
            None => None,
        };
        let width = value_width(area, table);
        let value = self.metrics.fit(&row.characters, (width, i32::MAX), &table.style);
        let value = value.unwrap_or_else(|| {
            let size = table.style.size.0;
            let lines = self.metrics.broken(&row.characters, width, size, table.style.spacing.0);
            Laid { size, lines }
        });
        Ok(LaidRow { label, value })
    }

    fn draw_row(
        &self,
        marks: &mut Vec<Mark>,
        name: &str,
        row: &LaidRow,
        (area, top): (Area, i32),
        table: &Table,
    ) {
        let height = row.height();
        if let Some(label) = &row.label {
            let at = Area { x: area.x, y: top, width: table.label_width.0, height };
            let style = label_style(&table.style, table.label_color, label);
            marks.extend(self.lines(&Source::Label(name.to_owned()), label, at, &style));
        }
        let x = area.right() - value_width(area, table);
        let at = Area { x, y: top, width: value_width(area, table), height };
        marks.extend(self.lines(&Source::Value(name.to_owned()), &row.value, at, &table.style));
    }
}

fn value_width(area: Area, table: &Table) -> i32 {
    (area.width - table.label_width.0 - table.style.size.0).max(1)
}

/// Leaves the lines for which there is room and gives back the characters of the others; `None` if the row goes to the
/// next page as a whole.
fn split(row: &mut LaidRow, room: i32) -> Option<Vec<char>> {
    let above = (room - row.value.size).max(0) / leading(row.value.size);
    let fitting = usize::try_from(above).unwrap_or(0) + 1;
    let label = row.label.as_ref().map_or(0, height);
    let is_short = row.value.lines.len() <= KEPT_TOGETHER;
    if is_short || room < row.value.size.max(label) || fitting < 2 {
        return None;
    }
    Some(row.value.lines.split_off(fitting.min(row.value.lines.len())).concat())
}

fn rule(area: Area, y: i32, table: &Table) -> Option<Mark> {
    let stroke = Stroke { width: table.rule.0, color: table.rule_color };
    (stroke.width > 0).then(|| {
        let (from, to) = (Point { x: area.x, y }, Point { x: area.right(), y });
        Mark::Path(Path { source: Source::Fixed, shape: PathMark::line(from, to, stroke) })
    })
}
