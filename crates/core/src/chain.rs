//! Lines of canonical JSON that hang together: each has its number and the digest of the line before.

use boyin_model::alg::VerifyAlg as _;
use boyin_model::b64;
use boyin_model::json::{self, Reader};
use boyin_suite::ES256;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// Not canonical JSON, or other members than such a line has.
    #[error("it is not a line of this file")]
    Form,
    /// Not the next number.
    #[error("its number is not the next one")]
    Number,
    /// Not after the line before.
    #[error("it does not belong after the line before")]
    Previous,
    /// Says something else than its event in the log of the archive, or has none.
    #[error("the event log does not tell it")]
    Log,
}

impl ChainFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Number => "number",
            Self::Previous => "previous",
            Self::Log => "log",
        }
    }
}

/// The end of a chain: how many lines there are, and the digest of the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    number: u64,
    head: String,
}

#[derive(serde::Deserialize)]
struct Links {
    number: u64,
    previous: String,
}

impl Chain {
    /// Before the first line of the chain that `root` is the root of.
    pub(crate) fn begin(root: &[u8]) -> Self {
        Self { number: 0, head: digest(root) }
    }

    /// Lines so far.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Digest of the last line, or of the root.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    /// The next line, without its line break, and the chain with it.
    pub(crate) fn line(&self, content: &impl Serialize) -> (Vec<u8>, Self) {
        let mut value = serde_json::to_value(content).expect("lines of ours serialize to JSON");
        let number = self.number + 1;
        if let Value::Object(members) = &mut value {
            members.insert("number".to_owned(), json!(number));
            members.insert("previous".to_owned(), json!(self.head));
        }
        let line = json::canonical(&value);
        let head = digest(&line);
        (line, Self { number, head })
    }

    /// Reads the next line, without its line break, and goes on behind it.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, line: &[u8]) -> Result<T, ChainFault> {
        json::parse(line, Reader::Ours).map_err(|_| ChainFault::Form)?;
        let links: Links = serde_json::from_slice(line).map_err(|_| ChainFault::Form)?;
        if links.number != self.number + 1 {
            return Err(ChainFault::Number);
        }
        if links.previous != self.head {
            return Err(ChainFault::Previous);
        }
        let content = serde_json::from_slice(line).map_err(|_| ChainFault::Form)?;
        *self = Self { number: links.number, head: digest(line) };
        Ok(content)
    }
}

/// SHA-256, base64url.
pub(crate) fn digest(bytes: &[u8]) -> String {
    b64::encode(&ES256.digest(&[bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Word {
        word: String,
    }

    #[test]
    fn each_line_belongs_where_it_stands() {
        let root = Chain::begin(b"root");
        let word = |word: &str| Word { word: word.to_owned() };
        let (first, after_first) = root.line(&word("a"));
        let (second, _) = after_first.line(&word("b"));
        let (twice, _) = after_first.line(&word("c"));
        let mut read = root.clone();
        assert_eq!(read.read::<Word>(&first), Ok(word("a")));
        assert_eq!(read, after_first);
        assert_eq!(read.clone().read::<Word>(&second), Ok(word("b")));
        assert_eq!(read.read::<Word>(&first), Err(ChainFault::Number));
        assert_eq!(root.clone().read::<Word>(&second), Err(ChainFault::Number));
        assert_eq!(Chain::begin(b"another").read::<Word>(&first), Err(ChainFault::Previous));
        let altered = String::from_utf8(first).unwrap().replace("\"a\"", "\"x\"");
        let mut other = root.clone();
        assert_eq!(other.read::<Word>(altered.as_bytes()), Ok(word("x")), "found out by the next line");
        assert_eq!(other.read::<Word>(&twice), Err(ChainFault::Previous));
        assert_eq!(root.clone().read::<Word>(b"{}"), Err(ChainFault::Form));
        assert_eq!(root.clone().read::<Word>(br#"{ "number":1}"#), Err(ChainFault::Form));
        let (other, _) = root.line(&serde_json::json!({ "other": 1 }));
        assert_eq!(root.clone().read::<Word>(&other), Err(ChainFault::Form));
    }
}
