//! The watermark of annotated copies: who may use the copy for what until when, over the whole page.

use boyin_ofd::write::{Area, Color, Point, Turn};

use crate::limits::SIZE_UM;
use crate::mark::{Mark, Source, Text, ascent};
use crate::text::leading;
use crate::{Annotation, FaceError};

use super::Pen;

/// Upward to the right.
const TURN: Turn = Turn::RISING_30;
const COLOR: Color = Color { red: 0x70, green: 0x70, blue: 0x78, alpha: 58 };
/// Letters are at most this part of the shorter side: 4.6 mm on A4. Smaller ones are tried in steps.
const LARGEST_PERMILLE: i32 = 22;
const STEP_UM: i32 = 200;
/// Lines are at most as long as this part of the shorter side, and the block as high as that part.
const WIDTH_PERCENT: i32 = 52;
const HEIGHT_PERCENT: i32 = 26;
/// Between blocks.
const GAP_UM: i32 = 8_000;

struct Block {
    size: i32,
    lines: Vec<(Vec<char>, Vec<i32>)>,
    width: i32,
    height: i32,
}

impl Pen<'_> {
    pub(super) fn watermark(&self, annotation: &Annotation) -> Result<Vec<Mark>, FaceError> {
        let block = self.block(annotation)?;
        let page = self.template.page_area();
        // Upright, the turned block has this size: cos 30° is 0.866.
        let across = (block.width * 866 + block.height * 500) / 1000 + GAP_UM;
        let down = (block.width * 500 + block.height * 866) / 1000 + GAP_UM;
        let (columns, rows) = ((page.width / across).max(1), (page.height / down).max(1));
        let code = self.template.code.area();
        let mut marks = Vec::new();
        for row in 0..rows {
            let y = page.height * (2 * row + 1) / (2 * rows);
            // Every other row stands between the columns of the others.
            let is_between = row % 2 == 1 && columns > 1;
            let shift = if is_between { page.width / (2 * columns) } else { 0 };
            for column in 0..columns - i32::from(is_between) {
                let x = page.width * (2 * column + 1) / (2 * columns) + shift;
                let turned = block.at(Point { x, y });
                if turned.iter().all(|mark| page.contains(&mark.area()) && !mark.area().overlaps(&code)) {
                    marks.extend(turned);
                }
            }
        }
        if marks.is_empty() { Err(FaceError::DoesNotFit("watermark".to_owned())) } else { Ok(marks) }
    }

    /// The lines at the largest size at which they make a block that can be repeated.
    fn block(&self, annotation: &Annotation) -> Result<Block, FaceError> {
        let texts = annotation.watermark();
        let texts = texts.iter().map(|text| self.metrics.characters("annotation", text));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let Area { width, height, .. } = self.template.page_area();
        let shorter = width.min(height);
        let (widest, highest) = (shorter * WIDTH_PERCENT / 100, shorter * HEIGHT_PERCENT / 100);
        let mut size = (shorter * LARGEST_PERMILLE / 1000).max(SIZE_UM.0);
        loop {
            let broken = texts.iter().flat_map(|text| self.metrics.broken(text, widest, size, 0));
            let lines: Vec<(Vec<char>, Vec<i32>)> = broken
                .map(|line| {
                    let offsets = self.metrics.offsets(&line, size, 0);
                    (line, offsets)
                })
                .collect();
            let count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
            let block_height = count.saturating_mul(leading(size));
            let width = lines.iter().filter_map(|(_, offsets)| offsets.last().copied()).max().unwrap_or(0);
            if block_height <= highest {
                return Ok(Block { size, lines, width, height: block_height });
            }
            size -= STEP_UM;
            if size < SIZE_UM.0 {
                return Err(FaceError::DoesNotFit("watermark".to_owned()));
            }
        }
    }
}

impl Block {
    /// The lines, turned about the middle of the block.
    fn at(&self, center: Point) -> Vec<Mark> {
        let mut marks = Vec::with_capacity(self.lines.len());
        let mut top = -self.height / 2;
        for (characters, offsets) in &self.lines {
            let width = offsets.last().copied().unwrap_or(0);
            let start = TURN.about_origin(Point { x: -width / 2, y: top + ascent(self.size) });
            marks.push(Mark::Text(Text {
                source: Source::Watermark,
                origin: Point { x: center.x + start.x, y: center.y + start.y },
                size: self.size,
                characters: characters.clone(),
                offsets: offsets.clone(),
                turn: TURN,
                color: COLOR,
            }));
            top += leading(self.size);
        }
        marks
    }
}
