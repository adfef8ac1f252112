/// Why bytes or text are no presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// Not text of the form `BY1:…` with base45 (RFC 9285) after the colon.
    #[error("this is not the text of a code of ours: it begins with BY1: and has base45 after it")]
    Text,
    /// Larger than [`crate::limits::MAX_COMPACT_BYTES`].
    #[error("larger than a code can be")]
    TooLarge,
    /// A form that this release does not know.
    #[error("form {0} of the compact form is not known here: a newer release may know it")]
    Form(u8),
    /// Texts were replaced by another dictionary than the ones known here.
    #[error("dictionary {0} of the compact form is not known here: a newer release may know it")]
    Dictionary(u8),
    /// Not the structure.
    #[error("{fault} at byte {offset}")]
    Malformed {
        /// What is wrong.
        fault: Fault,
        /// Byte position, counted from 0.
        offset: usize,
    },
    /// The same content has another spelling, which is the only one.
    #[error("not the one spelling of its content")]
    NotCanonical,
}

impl PresentError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Text => "code_text",
            Self::TooLarge => "code_too_large",
            Self::Form(_) => "code_form_unknown",
            Self::Dictionary(_) => "code_dictionary_unknown",
            Self::Malformed { .. } => "code_malformed",
            Self::NotCanonical => "code_not_canonical",
        }
    }

    /// What is the case, in Chinese.
    #[must_use]
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Text => "这不是亮证码的文本：应以 BY1: 开头，其后为 base45 字符",
            Self::TooLarge => "内容超出亮证码的最大长度",
            Self::Form(_) => "本版本不认识该亮证码的格式，请更新后再核验",
            Self::Dictionary(_) => "本版本不认识该亮证码的词典，请更新后再核验",
            Self::Malformed { .. } => "亮证码内容不完整或有误，请持证人重新出示",
            Self::NotCanonical => "亮证码内容不是规范写法，不予采信",
        }
    }
}

/// See [`PresentError::Malformed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes end inside a part.
    #[error("the bytes end inside a part")]
    Truncated,
    /// Bytes follow the last part.
    #[error("bytes follow the last part")]
    Trailing,
    /// A number beyond its bounds.
    #[error("a number beyond its bounds")]
    Number,
    /// A text that is none: bad UTF-8, no entry of the dictionary.
    #[error("a text that is none")]
    Text,
    /// An identifier or a code that is none.
    #[error("an identifier that is none")]
    Identifier,
    /// Two fields with one name, or a value of an unknown kind.
    #[error("a field that is none")]
    Field,
}

/// Why a license has no compact form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Not a license in the shape in which this release issues them, or not a statement about one.
    #[error("only licenses in the shape in which they are issued here have a compact form")]
    Shape,
    /// Larger than allowed.
    #[error("{bytes} bytes, and one code carries {limit}: show fewer fields")]
    TooLarge {
        /// Bytes of the compact form.
        bytes: usize,
        /// How many are allowed.
        limit: usize,
    },
}
