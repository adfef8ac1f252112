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

/// Answers each second when every connection asks again as soon as it has its answer.
pub(crate) fn most(address: SocketAddr, request: &[u8], connections: u32, lasting: Duration) -> Outcome<f64> {
    let begins = Instant::now() + WARM_UP;
    let ends = begins + lasting;
    let counts = on_each(address, connections, |_, connection| {
        let mut count = 0_u32;
        loop {
            connection.ask(request)?;
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
    request: &[u8],
    connections: u32,
    rate: f64,
    lasting: Duration,
) -> Outcome<Vec<Duration>> {
    let interval = Duration::from_secs_f64(f64::from(connections) / rate);
    let begins = Instant::now() + WARM_UP;
    let ends = begins + lasting;
    let took = on_each(address, connections, |number, connection| {
        let mut took = Vec::new();
        // One after the other, not all at the same time.
        let mut due = begins + interval * number / connections;
        while due < ends {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            connection.ask(request)?;
            took.push(due.elapsed());
            due += interval;
        }
        Ok(took)
    })?;
    Ok(took.concat())
}
