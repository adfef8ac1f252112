//! Every trust list that was published, by number: to look back, and so that an older one put in place of a newer one
//! changes nothing.

use boyin_model::time::UnixTime;
use boyin_suite::all_jws;
use boyin_verify::TrustSnapshot;

use crate::error::HomeError;
use crate::home::Home;
use crate::keyring::read_text;

impl Home {
    /// Numbers of the trust lists that are kept, ascending.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn trust_history(&self) -> Result<Vec<u64>, HomeError> {
        self.trust_shelf().numbers()
    }

    /// A trust list that is kept, verified with the anchors that this data directory has had.
    ///
    /// # Errors
    /// [`HomeError::KeptUnder`] if it is another list than its name says: under a greater number an older list would count
    /// as the newest; [`HomeError`].
    pub fn trust_numbered(&self, sequence: u64) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let path = self.trust_shelf().kept(sequence);
        let token = read_text(&path)?.into_bytes();
        let snapshot = self.anchors()?.load(&token, &all_jws())?;
        let found = snapshot.list().sequence;
        if found != sequence {
            return Err(HomeError::KeptUnder { path, found });
        }
        Ok((token, snapshot))
    }

    /// The trust list that was the last one published at `at`.
    ///
    /// # Errors
    /// [`HomeError::NoTrustList`] if none is kept that is so old; [`HomeError`].
    pub fn trust_at(&self, at: UnixTime) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let (token, current) = self.trust()?;
        if current.list().issued_at <= at {
            return Ok((token, current));
        }
        for number in self.trust_history()?.into_iter().rev() {
            let (token, snapshot) = self.trust_numbered(number)?;
            if snapshot.list().issued_at <= at {
                return Ok((token, snapshot));
            }
        }
        Err(HomeError::NoTrustList(at))
    }
}
