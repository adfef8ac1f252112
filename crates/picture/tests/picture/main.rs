//! What seals look like, read back by parsers and decoders that are not ours.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fonts;
mod geometry;
mod paper;
mod raster;
mod refusals;

use boyin_picture::{Font, SealPicture, Shape};
use boyin_testkit::needed::needed;

/// The font, which CI must have; elsewhere its absence is said.
fn font() -> Option<Font> {
    needed(Font::find())
}

fn draw(shape: impl Into<Shape>, font: &Font) -> SealPicture {
    let shape = shape.into();
    let said = format!("{shape:?}");
    SealPicture::draw(shape, font).unwrap_or_else(|error| panic!("{said}: {error}"))
}

/// A name of `count` characters as they occur in this prefecture.
fn name(count: usize) -> String {
    "新疆维吾尔自治区博尔塔拉蒙古自治州阿拉山口综合保税区管理委员会行政审批服务局政务"
        .chars()
        .take(count)
        .collect()
}
