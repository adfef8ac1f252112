use std::fmt;

use boyin_model::time::UnixTime;

use crate::FaceError;
use crate::limits::MAX_ANNOTATION_CHARS;
use crate::value::minute;

/// What makes a copy an annotated copy (加注件): for what it was made, by whom, when, and until when it may be used.
#[derive(Clone, PartialEq, Eq)]
pub struct Annotation {
    purpose: String,
    maker: String,
    made_at: UnixTime,
    expires: UnixTime,
}

/// Shows the times only: a purpose may name a person.
impl fmt::Debug for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Annotation({} to {}, ..)", self.made_at, self.expires)
    }
}

impl Annotation {
    /// An annotation; purpose and maker have 1 to 200 characters.
    ///
    /// ```
    /// use boyin_face::{Annotation, FaceError};
    /// use boyin_model::time::UnixTime;
    ///
    /// let (made, expires) = (UnixTime::new(1_800_000_000), UnixTime::new(1_799_999_999));
    /// let (Some(made), Some(expires)) = (made, expires) else { return };
    /// let error = Annotation::new("办理住房公积金贷款", "博乐市政务服务中心", made, expires).unwrap_err();
    /// assert_eq!(error, FaceError::Annotation("expiry"));
    /// ```
    ///
    /// # Errors
    /// [`FaceError::Annotation`].
    pub fn new(
        purpose: impl Into<String>,
        maker: impl Into<String>,
        made_at: UnixTime,
        expires: UnixTime,
    ) -> Result<Self, FaceError> {
        let (purpose, maker) = (purpose.into(), maker.into());
        for (name, text) in [("purpose", &purpose), ("maker", &maker)] {
            if text.trim().is_empty() || text.chars().count() > MAX_ANNOTATION_CHARS {
                return Err(FaceError::Annotation(name));
            }
        }
        if expires <= made_at {
            return Err(FaceError::Annotation("expiry"));
        }
        Ok(Self { purpose, maker, made_at, expires })
    }

    /// The lines of the watermark.
    pub(crate) fn watermark(&self) -> [String; 3] {
        [
            format!("仅用于：{}", self.purpose),
            format!("制作：{}", self.maker),
            format!("有效期至：{}", minute(self.expires)),
        ]
    }

    /// The line at the foot.
    pub(crate) fn foot(&self) -> String {
        format!(
            "加注件　用途：{}　制作者：{}　制作时间：{}　有效期至：{}",
            self.purpose,
            self.maker,
            minute(self.made_at),
            minute(self.expires)
        )
    }

    /// The metadata of copies of GB/T 36903.
    pub(crate) fn metadata(&self) -> [(String, String); 4] {
        [
            ("JZJZZSJ", self.made_at.to_string()),
            ("JZJZZZ", self.maker.clone()),
            ("JZJZZSY", self.purpose.clone()),
            ("JZJYXQJZSJ", self.expires.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    pub(crate) fn made_at(&self) -> UnixTime {
        self.made_at
    }
}
