//! Texts and numbers in XML.

use std::fmt;

/// Namespace of OFD.
pub(super) const NAMESPACE: &str = "http://www.ofdspec.org/2016";
/// The same, bound to the prefix that all writers use.
pub(super) const XMLNS: &str = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;

/// A file whose root is in `body`.
pub(super) fn file(body: &str) -> Vec<u8> {
    [r#"<?xml version="1.0" encoding="UTF-8"?>"#, "\n", body].concat().into_bytes()
}

/// A text as it stands in an element or within `"`.
#[derive(Clone, Copy)]
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['<', '>', '&', '"']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'&' => "&amp;",
                _ => "&quot;",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// Thousandths of a millimeter, as millimeters.
#[derive(Clone, Copy)]
pub(super) struct Mm(pub(super) i64);

impl fmt::Display for Mm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(f, self.0, 3)
    }
}

/// Millionths.
#[derive(Clone, Copy)]
pub(super) struct Millionths(pub(super) i32);

impl fmt::Display for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(f, i64::from(self.0), 6)
    }
}

/// A decimal number of `value` in units of so many places, without zeros at its end.
fn decimal(f: &mut fmt::Formatter<'_>, value: i64, mut places: u32) -> fmt::Result {
    let unit = 10_u64.pow(places);
    let (whole, mut fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let sign = if value < 0 { "-" } else { "" };
    write!(f, "{sign}{whole}")?;
    if fraction == 0 {
        return Ok(());
    }
    while fraction.is_multiple_of(10) {
        (fraction, places) = (fraction / 10, places - 1);
    }
    let width = usize::try_from(places).map_err(|_| fmt::Error)?;
    write!(f, ".{fraction:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        for (value, expected) in [
            (0, "0"),
            (1, "0.001"),
            (-1, "-0.001"),
            (-500, "-0.5"),
            (210_000, "210"),
            (3175, "3.175"),
            (-2_000_000, "-2000"),
            (100, "0.1"),
        ] {
            assert_eq!(Mm(value).to_string(), expected);
        }
        assert_eq!(Millionths(-866_025).to_string(), "-0.866025");
        assert_eq!(Millionths(1_000_000).to_string(), "1");
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(Escaped(r#"<a b="c">&甲'乙"#).to_string(), "&lt;a b=&quot;c&quot;&gt;&amp;甲'乙");
        assert_eq!(Escaped("").to_string(), "");
    }
}
