//! MD5 and SHA-1, which early signatures rest on. That one of them agrees proves nothing; that it differs proves that the file
//! was changed.

use std::fmt;

use sha1_smol::Sha1;

/// A broken digest over bytes that come one part after another.
#[derive(Clone)]
pub(crate) enum WeakHasher {
    Md5(md5::Context),
    Sha1(Sha1),
}

/// Names it only.
impl fmt::Debug for WeakHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakHasher({})", self.name())
    }
}

impl WeakHasher {
    /// The one of that name: `md5` or `sha-1`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "md5" => Some(Self::Md5(md5::Context::new())),
            "sha-1" => Some(Self::Sha1(Sha1::new())),
            _ => None,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Md5(_) => "md5",
            Self::Sha1(_) => "sha-1",
        }
    }

    pub(crate) fn update(&mut self, part: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.consume(part),
            Self::Sha1(hasher) => hasher.update(part),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Md5(hasher) => hasher.finalize().0.to_vec(),
            Self::Sha1(hasher) => hasher.digest().bytes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1321 A.5 and FIPS 180 (example of one block).
    #[test]
    fn they_are_those_of_the_standards() {
        let digest = |name: &str| {
            let mut hasher = WeakHasher::of(name).unwrap();
            assert_eq!(hasher.name(), name);
            hasher.update(b"a");
            hasher.update(b"bc");
            hasher.finish().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(digest("md5"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(digest("sha-1"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(WeakHasher::of("sm3").is_none());
    }
}
