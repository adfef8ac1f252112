//! A body on its way, and what of it is held in memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::{
    BODY_PATIENCE_SECONDS, HELD_UNIT_BYTES, LEAST_BODY_RATE, LEAST_LARGE_BODY_RATE, MAX_FREE_BYTES, taken,
};
use crate::error::ApiError;
use crate::router::MAX_BODY_BYTES;

const PATIENCE: Duration = Duration::from_secs(BODY_PATIENCE_SECONDS);

/// A body that comes. It may keep the service waiting for [`BODY_PATIENCE_SECONDS`]; what comes makes up for as much waiting as it takes
/// at the least rate, up to that. So it neither stalls nor trickles.
pub(super) struct Coming {
    body: Body,
    /// For how long it is still waited for.
    left: Duration,
    /// Bytes each second.
    rate: u32,
}

impl Coming {
    pub(super) fn new(body: Body) -> Self {
        Self { body, left: PATIENCE, rate: LEAST_BODY_RATE }
    }

    /// The rest of a body that takes one of the few places for large ones.
    pub(super) fn large(self) -> Self {
        Self { body: self.body, left: PATIENCE, rate: LEAST_LARGE_BODY_RATE }
    }

    /// The next bytes; `None` at its end. The time that passes between two calls is not the client's.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            let begun = Instant::now();
            let Ok(frame) = timeout(self.left, self.body.frame()).await else {
                return Err(ApiError::TooSlow);
            };
            self.left = self.left.saturating_sub(begun.elapsed());
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| ApiError::BadRequest("the body could not be read".to_owned()))?;
            if let Ok(data) = frame.into_data() {
                let came = u64::try_from(data.len()).unwrap_or(u64::MAX);
                let made_up = Duration::from_secs(came) / self.rate;
                self.left = self.left.saturating_add(made_up).min(PATIENCE);
                return Ok(Some(data));
            }
        }
    }
}

/// A body in memory, with what it takes of the room that there is for all of them.
#[derive(Default)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Held {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds what came, if there is room for it.
    pub(super) fn add(&mut self, data: &[u8], room: &Arc<Semaphore>) -> Result<(), ApiError> {
        let length = self.bytes.len() + data.len();
        if length > self.bytes.capacity() {
            let bound = if length > MAX_FREE_BYTES { MAX_BODY_BYTES } else { MAX_FREE_BYTES };
            let capacity = length.max((2 * length).min(bound));
            self.take(capacity, room)?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    /// Takes room for so many bytes, with what it has already.
    fn take(&mut self, capacity: usize, room: &Arc<Semaphore>) -> Result<(), ApiError> {
        let needed = capacity.saturating_sub(MAX_FREE_BYTES).div_ceil(HELD_UNIT_BYTES);
        let has = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if needed <= has {
            return Ok(());
        }
        let more = taken(room, needed - has)?;
        match &mut self.room {
            Some(room) => OwnedSemaphorePermit::merge(room, more),
            None => self.room = Some(more),
        }
        Ok(())
    }
}
