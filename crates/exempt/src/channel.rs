use std::fmt;

use serde::Deserialize;

/// Where a matter is asked about (服务渠道). All give the same answer.
///
/// Plan 四(九): 网上平台、移动端、政务中心、自助终端、政府网站和第三方互联网入口.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Service platform on the web (网上平台).
    Website,
    /// Mobile application (移动端).
    Mobile,
    /// Window of a service center (政务中心窗口).
    Window,
    /// Self-service terminal (自助终端).
    Terminal,
    /// The government's portal (政府网站).
    Portal,
    /// Entrance of a third party (第三方互联网入口).
    ThirdParty,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Website, Self::Mobile, Self::Window, Self::Terminal, Self::Portal, Self::ThirdParty];

    /// The channel with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }

    /// Stable code, as in catalogs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        self.row().1
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Website => ("website", "网上平台"),
            Self::Mobile => ("mobile", "移动端"),
            Self::Window => ("window", "政务中心窗口"),
            Self::Terminal => ("terminal", "自助终端"),
            Self::Portal => ("portal", "政府网站"),
            Self::ThirdParty => ("third-party", "第三方互联网入口"),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
