//! Which dynamic codes were shown here before.

use std::collections::HashMap;

use boyin_model::b64;
use boyin_model::presentation::{NONCE_BYTES, Nonce};
use boyin_model::time::UnixTime;
use boyin_verify::CLOCK_TOLERANCE_SECONDS;

use crate::limits::{MAX_SEEN_BYTES, MAX_SEEN_NONCES};

/// First line of the file form.
const HEAD: &str = "boyin seen nonces 1";
/// Characters of a nonce in base64url.
const NONCE_CHARS: usize = 22;

/// The nonces that one verifier has seen, each until its code counts no more.
///
/// A clock that was set back by no more than the tolerance between clocks brings none of them back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenNonces {
    /// Each with the first instant at which it is forgotten.
    until: HashMap<Nonce, UnixTime>,
}

/// What a memory says to a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It is new, and remembered from now on.
    New,
    /// It was seen before.
    Repeated,
    /// There is no room: whether it was seen is not known, for it would not be remembered.
    Full,
}

impl SeenNonces {
    /// Whether a nonce is remembered.
    #[must_use]
    pub fn has(&self, nonce: &Nonce) -> bool {
        self.until.contains_key(nonce)
    }

    /// Remembers a nonce, if it is new. `expires` is the first instant at which its code counts no more; `now` is the present
    /// instant and no other, for what is over by then is forgotten.
    pub fn see(&mut self, nonce: Nonce, expires: UnixTime, now: UnixTime) -> Remembered {
        if self.has(&nonce) {
            return Remembered::Repeated;
        }
        if self.until.len() >= MAX_SEEN_NONCES {
            self.until.retain(|_, until| now < *until);
        }
        if self.until.len() >= MAX_SEEN_NONCES {
            return Remembered::Full;
        }
        self.until.insert(nonce, expires.plus(CLOCK_TOLERANCE_SECONDS));
        Remembered::New
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.until.len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// The file form: a line that names it, then `<nonce> <forgotten at>` in ascending order; without those that are over
    /// by the present instant.
    #[must_use]
    pub fn write(&self, now: UnixTime) -> String {
        let kept = self.until.iter().filter(|(_, until)| now < **until);
        let mut lines: Vec<_> =
            kept.map(|(nonce, until)| format!("{} {}\n", b64::encode(nonce), until.seconds())).collect();
        lines.sort_unstable();
        [HEAD, "\n", &lines.concat()].concat()
    }

    /// Reads the file form, at most [`MAX_SEEN_BYTES`]; nothing at all is an empty memory.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_SEEN_BYTES {
            return None;
        }
        if text.is_empty() {
            return Some(Self::default());
        }
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next() != Some(HEAD) {
            return None;
        }
        let mut until = HashMap::new();
        for line in lines {
            let (nonce, seconds) = line.split_at_checked(NONCE_CHARS)?;
            let nonce = b64::decode_exact::<NONCE_BYTES>(nonce.as_bytes()).ok()?;
            let seconds = seconds.strip_prefix(' ')?.parse().ok()?;
            until.insert(nonce, UnixTime::new(seconds)?);
            if until.len() > MAX_SEEN_NONCES {
                return None;
            }
        }
        Some(Self { until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::new(1_000_000 + seconds).unwrap()
    }

    fn nonce(number: usize) -> Nonce {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        nonce
    }

    #[test]
    fn a_nonce_is_new_once() {
        let mut seen = SeenNonces::default();
        assert_eq!(seen.see(nonce(1), at(60), at(0)), Remembered::New);
        assert_eq!(seen.see(nonce(1), at(60), at(1)), Remembered::Repeated);
        assert_eq!(seen.see(nonce(2), at(60), at(1)), Remembered::New);
        // The clock was set back after the first one was over.
        assert_eq!(seen.see(nonce(1), at(60), at(359)), Remembered::Repeated);
    }

    #[test]
    fn a_full_memory_forgets_only_what_is_over() {
        let mut seen = SeenNonces::default();
        for number in 0..MAX_SEEN_NONCES {
            assert_eq!(seen.see(nonce(number), at(60), at(0)), Remembered::New);
        }
        assert_eq!(seen.see(nonce(MAX_SEEN_NONCES), at(60), at(359)), Remembered::Full);
        assert_eq!(seen.len(), MAX_SEEN_NONCES);
        assert_eq!(seen.see(nonce(MAX_SEEN_NONCES), at(420), at(360)), Remembered::New);
        assert_eq!(seen.len(), 1);
    }

    #[test]
    fn the_file_form_is_read_as_it_was_written() {
        let mut seen = SeenNonces::default();
        assert!(seen.is_empty());
        seen.see(nonce(2), at(60), at(0));
        seen.see(nonce(1), at(61), at(0));
        let text = seen.write(at(0));
        assert_eq!(
            text,
            "boyin seen nonces 1\nAAAAAAAAAAEAAAAAAAAAAA 1000361\nAAAAAAAAAAIAAAAAAAAAAA 1000360\n"
        );
        assert_eq!(SeenNonces::read(&text), Some(seen.clone()));
        assert_eq!(seen.write(at(360)), "boyin seen nonces 1\nAAAAAAAAAAEAAAAAAAAAAA 1000361\n");
        assert_eq!(SeenNonces::read(""), Some(SeenNonces::default()));
        for bad in [
            "x\n",
            "boyin seen nonces 1",
            "boyin seen nonces 1\nAAAAAAAAAAEAAAAAAAAAAA\n",
            "boyin seen nonces 1\nAAAAAAAAAAEAAAAAAAAAAA x\n",
            "boyin seen nonces 1\n博博博博博博博博博博 1\n",
        ] {
            assert_eq!(SeenNonces::read(bad), None, "{bad}");
        }
    }

    /// The largest memory is read, and no file that could not be one: not even one that says the same again and again.
    #[test]
    fn the_file_form_has_a_bound() {
        let mut seen = SeenNonces::default();
        for number in 0..MAX_SEEN_NONCES {
            seen.see(nonce(number), UnixTime::MAX, at(0));
        }
        let text = seen.write(at(0));
        assert_eq!((text.len(), SeenNonces::read(&text)), (MAX_SEEN_BYTES, Some(seen)));
        let line = text.lines().nth(1).unwrap().to_owned() + "\n";
        assert_eq!(SeenNonces::read(&(text + &line)), None);
    }
}
