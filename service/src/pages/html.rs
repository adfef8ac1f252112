use std::fmt::{self, Write as _};

/// A part of a page. Markup is of this program, everything else is escaped: no text that came from elsewhere becomes markup.
#[derive(Default)]
pub(crate) struct Html(String);

impl Html {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Markup.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, also within the quotes of an attribute.
    pub(crate) fn text(&mut self, text: impl fmt::Display) -> &mut Self {
        // A text takes what it is given.
        let _ = write!(Escaped(&mut self.0), "{text}");
        self
    }

    /// Text between two pieces of markup.
    pub(crate) fn put(
        &mut self,
        open: &'static str,
        text: impl fmt::Display,
        close: &'static str,
    ) -> &mut Self {
        self.raw(open).text(text).raw(close)
    }

    /// Another part.
    pub(crate) fn add(&mut self, part: &Self) -> &mut Self {
        self.0.push_str(&part.0);
        self
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

struct Escaped<'o>(&'o mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
        Ok(())
    }
}

/// A value of a query, percent-encoded (RFC 3986 §2.3: all but the unreserved characters).
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // A text takes what it is given.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_markup() {
        let mut html = Html::new();
        html.put("<p title=\"", "\"><script>alert('x')&amp;</script>", "\">").text(7).raw("</p>");
        assert_eq!(
            html.into_string(),
            "<p title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&amp;amp;&lt;/script&gt;\">7</p>"
        );
    }

    #[test]
    fn a_value_of_a_query_has_unreserved_characters_only() {
        assert_eq!(encoded("a-b_c.~9 &=\"博"), "a-b_c.~9%20%26%3D%22%E5%8D%9A");
    }
}
