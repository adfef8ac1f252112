//! Load: as much as there is, or so much each second.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Connection;

/// Before anything is counted: caches fill, the allocator has its memory.
const WARM_UP: Duration = Duration::from_secs(1);

/// Runs `work` on each of so many connections at once, each on a thread of its own with its number.
fn on_each<T: Send + 'static>(
    address: SocketAddr,
    connections: u32,
    work: impl Fn(u32, &mut Connection) -> io::Result<T> + Sync,
) -> Outcome<Vec<T>> {
    let work = &work;
    let done: Vec<io::Result<T>> = thread::scope(|scope| {
        let run = |number| scope.spawn(move || work(number, &mut Connection::open(address)?));
        let threads: Vec<_> = (0..connections).map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    Ok(done.into_iter().collect::<io::Result<Vec<T>>>()?)
}

/// Chooses among requests, each as likely as the others, the same way in every run.
struct Choice<'r> {
    requests: &'r [Vec<u8>],
    state: u64,
}

impl<'r> Choice<'r> {
    /// For the connection of this number.
    fn new(requests: &'r [Vec<u8>], connection: u32) -> Self {
        Self { requests, state: u64::from(connection) }
    }

    /// The next request; an error if there is none.
    fn choose(&mut self) -> io::Result<&'r [u8]> {
        // splitmix64: neighbors among connections go different ways.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let count = u64::try_from(self.requests.len()).unwrap_or(u64::MAX);
        let place = mixed.checked_rem(count).and_then(|place| usize::try_from(place).ok());
        let chosen = place.and_then(|place| self.requests.get(place));
        chosen.map(Vec::as_slice).ok_or_else(|| io::Error::other("nothing to ask"))
    }
}

/// Answers each second when every connection asks again as soon as it has its answer.
pub(crate) fn most(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: u32,
    lasting: Duration,
) -> Outcome<f64> {
    let begins = Instant::now() + WARM_UP;
    let ends = begins + lasting;
    let counts = on_each(address, connections, |number, connection| {
        let mut choice = Choice::new(requests, number);
        let mut count = 0_u32;
        loop {
            connection.ask(choice.choose()?)?;
            let answered = Instant::now();
            if ends <= answered {
                return Ok(count);
            }
            count += u32::from(begins <= answered);
        }
    })?;
    Ok(counts.into_iter().map(f64::from).sum::<f64>() / lasting.as_secs_f64())
}

/// The time to each answer at `rate` requests each second. It runs from when a request was due, not from when it was sent: what
/// waits behind a slow one has waited.
pub(crate) fn paced(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: u32,
    rate: f64,
    lasting: Duration,
) -> Outcome<Vec<Duration>> {
    let interval = Duration::from_secs_f64(f64::from(connections) / rate);
    let begins = Instant::now() + WARM_UP;
    let ends = begins + lasting;
    let took = on_each(address, connections, |number, connection| {
        let mut choice = Choice::new(requests, number);
        let mut took = Vec::new();
        // One after the other, not all at the same time.
        let mut due = begins + interval * number / connections;
        while due < ends {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            connection.ask(choice.choose()?)?;
            took.push(due.elapsed());
            due += interval;
        }
        Ok(took)
    })?;
    Ok(took.concat())
}
