use std::collections::BTreeSet;

use boyin_ofd::write::Area;

use super::{Style, Template};
use crate::TemplateError;
use crate::limits::{MAX_FIXED_CHARS, MAX_ITEMS, MAX_LINES, SIDE_UM, SIZE_UM};
use crate::value::{FIELD, FIELDS, NAMES, REQUIRED};

/// What the checks need to know of an item.
struct Item<'t> {
    name: String,
    area: Area,
    /// Letters: those must not lie under the seal.
    styles: Vec<&'t Style>,
    /// Frames surround the code, texts may not touch it.
    is_frame: bool,
}

impl Template {
    pub(super) fn check(&self) -> Result<(), TemplateError> {
        self.check_size()?;
        self.check_items()?;
        self.check_annex()?;
        self.check_values()
    }

    fn check_size(&self) -> Result<(), TemplateError> {
        let is_name = |name: &str| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !is_name(&self.name) || !self.types.iter().all(|key| is_name(key)) {
            return Err(TemplateError::Name);
        }
        let (width, height) = self.page_size();
        if [width, height].iter().any(|side| !(SIDE_UM.0..=SIDE_UM.1).contains(side)) {
            return Err(TemplateError::Page);
        }
        let rows = self.rows.as_ref().map_or(0, |rows| rows.rows.len());
        for (kind, count) in [
            ("types", self.types.len()),
            ("rectangle", self.rectangles.len()),
            ("line", self.lines.len()),
            ("text", self.texts.len()),
            ("value", self.values.len()),
            ("rows", rows),
        ] {
            if count > MAX_ITEMS {
                return Err(TemplateError::TooMany(kind.to_owned()));
            }
        }
        let labels = self.values.iter().filter_map(|value| value.label.as_ref());
        let row_labels = self.rows.iter().flat_map(|rows| &rows.rows).filter_map(|row| row.label.as_ref());
        for text in self.texts.iter().map(|text| &text.text).chain(labels).chain(row_labels) {
            if text.is_empty() || text.chars().count() > MAX_FIXED_CHARS {
                return Err(TemplateError::TooMany("a text".to_owned()));
            }
        }
        Ok(())
    }

    fn items(&self) -> Vec<Item<'_>> {
        let item = |name: String, area: Area, styles: Vec<_>| Item { name, area, styles, is_frame: false };
        let mut items = Vec::new();
        for (index, one) in self.rectangles.iter().enumerate() {
            items.push(Item { is_frame: true, ..item(format!("rectangle {}", index + 1), one.at, vec![]) });
        }
        for (index, one) in self.texts.iter().enumerate() {
            items.push(item(format!("text {}", index + 1), one.at, vec![&one.style]));
        }
        for (index, one) in self.values.iter().enumerate() {
            items.push(item(format!("value {}", index + 1), one.at, vec![&one.style]));
        }
        if let Some(rows) = &self.rows {
            items.push(item("rows".to_owned(), rows.at, vec![&rows.table.style]));
        }
        if let Some(emblem) = &self.emblem {
            items.push(item("emblem".to_owned(), emblem.at, vec![]));
        }
        items.push(item("foot".to_owned(), self.foot.at, vec![&self.foot.style]));
        items.push(item("copy".to_owned(), self.copy.at, vec![&self.copy.style]));
        items
    }

    fn check_items(&self) -> Result<(), TemplateError> {
        let page = self.page_area();
        let (code, seal) = (self.code.area(), self.seal.area());
        let annex = &self.annex;
        let elsewhere = [
            ("annex heading", annex.heading, Some(&annex.heading_style)),
            ("annex", annex.at, Some(&annex.table.style)),
            ("code", code, None),
            ("seal", seal, None),
        ];
        let items = self.items();
        let places = items.iter().map(|item| (item.name.as_str(), item.area, item.styles.first().copied()));
        for (name, area, style) in places.chain(elsewhere) {
            if area.width == 0 || area.height == 0 || !page.contains(&area) {
                return Err(TemplateError::Outside(name.to_owned()));
            }
            if style.is_some_and(|style| !is_style(style)) {
                return Err(TemplateError::Style(name.to_owned()));
            }
        }
        for item in &items {
            let over = if item.is_frame {
                item.area.overlaps(&code) && !item.area.contains(&code)
            } else {
                item.area.overlaps(&code)
            };
            if over {
                return Err(TemplateError::OverCode(item.name.clone()));
            }
            if !item.is_frame && item.area.overlaps(&seal) {
                return Err(TemplateError::UnderSeal(item.name.clone()));
            }
        }
        if seal.overlaps(&code) {
            return Err(TemplateError::OverCode("the seal".to_owned()));
        }
        self.check_lines(&page, &code)
    }

    /// The line of PDF stands on attached pages, too.
    fn check_annex(&self) -> Result<(), TemplateError> {
        for (name, area) in [("annex heading", self.annex.heading), ("annex", self.annex.at)] {
            if area.overlaps(&self.copy.at) {
                return Err(TemplateError::OverCopy(name.to_owned()));
            }
        }
        Ok(())
    }

    fn check_lines(&self, page: &Area, code: &Area) -> Result<(), TemplateError> {
        for (index, line) in self.lines.iter().enumerate() {
            let (from, to, half) = (line.from, line.to, line.width.0 / 2);
            let area = Area {
                x: from.x.min(to.x) - half,
                y: from.y.min(to.y) - half,
                width: (from.x - to.x).abs() + 2 * half,
                height: (from.y - to.y).abs() + 2 * half,
            };
            let name = || format!("line {}", index + 1);
            if !page.contains(&area) || line.width.0 == 0 {
                return Err(TemplateError::Outside(name()));
            }
            if area.overlaps(code) {
                return Err(TemplateError::OverCode(name()));
            }
        }
        for (index, rectangle) in self.rectangles.iter().enumerate() {
            let half = rectangle.width.0 / 2;
            let Area { x, y, width, height } = rectangle.at;
            let outer = Area { x: x - half, y: y - half, width: width + 2 * half, height: height + 2 * half };
            if !page.contains(&outer) {
                return Err(TemplateError::Outside(format!("rectangle {}", index + 1)));
            }
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), TemplateError> {
        let mut seen = BTreeSet::new();
        let rows = self.rows.iter().flat_map(|rows| &rows.rows).map(|row| (&row.value, true));
        for (name, is_row) in self.values.iter().map(|value| (&value.value, false)).chain(rows) {
            let is_known = NAMES.contains(&name.as_str())
                || (is_row && name == FIELDS)
                || name.strip_prefix(FIELD).is_some_and(|field| !field.is_empty());
            if !is_known {
                return Err(TemplateError::UnknownValue(name.clone()));
            }
            if !seen.insert(name.as_str()) {
                return Err(TemplateError::Twice(name.clone()));
            }
        }
        match REQUIRED.into_iter().find(|name| !seen.contains(name)) {
            Some(name) => Err(TemplateError::Missing(name)),
            None => Ok(()),
        }
    }
}

fn is_style(style: &Style) -> bool {
    let sizes = SIZE_UM.0..=SIZE_UM.1;
    sizes.contains(&style.size.0)
        && sizes.contains(&style.least())
        && style.least() <= style.size.0
        && (1..=MAX_LINES).contains(&style.lines)
}
