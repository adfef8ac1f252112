use std::cell::Cell;
use std::io::IsTerminal as _;
use std::time::Duration;

use boyin::collect::CollectProgress;
use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How far an import is: a bar on a terminal, otherwise a line now and then. On standard error.
pub(super) struct Meter {
    bar: ProgressBar,
    lines: bool,
    /// Rows that were done when it began.
    begun_with: Cell<Option<u64>>,
    last: Cell<Duration>,
}

impl Meter {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{wide_bar} {percent}% {msg} {eta}");
        let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
        let (lines, last) = (!std::io::stderr().is_terminal(), Cell::new(Duration::ZERO));
        Self { bar, lines, begun_with: Cell::new(None), last }
    }

    pub(super) fn show(&self, at: &CollectProgress<'_>) {
        let begun_with = self.begun_with.get().unwrap_or_else(|| {
            self.begun_with.set(Some(at.job.rows));
            at.job.rows
        });
        let elapsed = self.bar.elapsed();
        let rate = per_second(at.job.rows.saturating_sub(begun_with), elapsed);
        self.bar.set_length(at.total);
        self.bar.set_position(at.bytes.min(at.total));
        self.bar.set_message(format!("{} rows {rate}/s", at.job.rows));
        if self.lines && elapsed.saturating_sub(self.last.get()) >= LINE_EVERY {
            self.last.set(elapsed);
            let left = left(elapsed, at.bytes, at.total);
            eprintln!("{} rows, {rate}/s, {} rejected, {left} s left", at.job.rows, at.job.rejected);
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn per_second(count: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1000) / millis
}

/// Seconds until all bytes are read, if they are read as fast as until now.
fn left(elapsed: Duration, bytes: u64, total: u64) -> u64 {
    let seconds = elapsed.as_secs().max(1);
    seconds.saturating_mul(total.saturating_sub(bytes)) / bytes.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_remaining_time() {
        assert_eq!(per_second(30_000, Duration::from_millis(1500)), 20_000);
        assert_eq!(per_second(1, Duration::ZERO), 1000);
        assert_eq!(left(Duration::from_secs(20), 100, 400), 60);
        assert_eq!(left(Duration::from_secs(20), 400, 400), 0);
        assert_eq!(left(Duration::from_secs(20), 500, 400), 0, "parts of a workbook are read twice");
        assert_eq!(left(Duration::ZERO, 0, 400), 400);
    }
}
