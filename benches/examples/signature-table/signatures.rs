//! Finished digests: ours beside the peers.

use std::hint::black_box;

use boyin_benches::{Candidate, Clock, Cost, Samples, Scheme, bulk, interleave, peers, prepared, unknown};
use boyin_curve::{Backend, Job, P256, PreparedKey, Sm2, Window};

use crate::plot::{Curve, Line};

/// Numbers of keys that take turns.
const KEYS: [usize; 3] = [1, 10, 1000];
/// Numbers of signatures at once, for the plot.
const SIZES: [usize; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
/// Those of them that the table shows.
const SHOWN: [usize; 4] = [1, 8, 64, 1024];
/// Widths of the table of a key that is verified one by one.
const WINDOWS: [u8; 3] = [4, 8, 12];
/// Builds of each table.
const BUILDS: usize = 20;

/// Samples and tables of one curve, which the candidates borrow.
struct Stage<C: Scheme> {
    samples: Vec<Samples<C>>,
    /// One key at each width of [`WINDOWS`] and the widest.
    widths: Vec<Vec<PreparedKey<C>>>,
    /// For each of [`KEYS`], all at the default width.
    many: Vec<Vec<PreparedKey<C>>>,
}

/// The same, as jobs.
struct Jobs<'s, C: Scheme> {
    widest: Vec<Job<'s, C>>,
    many: Vec<Vec<Job<'s, C>>>,
}

impl<C: Scheme> Stage<C> {
    fn new() -> Self {
        let samples: Vec<_> = KEYS.map(Samples::new).into();
        let widths = WINDOWS.into_iter().filter_map(Window::new).chain([Window::MAX]);
        Self {
            widths: widths.map(|window| samples[0].prepare(window)).collect(),
            many: samples.iter().map(|samples| samples.prepare(Window::DEFAULT)).collect(),
            samples,
        }
    }

    fn jobs(&self) -> Jobs<'_, C> {
        let many = self.samples.iter().zip(&self.many).map(|(samples, keys)| samples.jobs(keys));
        Jobs { widest: self.samples[0].jobs(&self.widths[WINDOWS.len()]), many: many.collect() }
    }

    fn candidates<'s>(&'s self, jobs: &'s Jobs<'s, C>) -> Vec<Candidate<'s>> {
        let one_key = &self.samples[0];
        let mut candidates = peers(one_key);
        candidates.push(unknown(one_key));
        for backend in backends() {
            candidates.extend(self.widths.iter().map(|keys| prepared(backend, one_key, keys)));
            for (jobs, keys) in jobs.many.iter().zip(&self.many) {
                candidates.extend(SIZES.map(|size| bulk(backend, size, jobs, keys)));
            }
            candidates.push(bulk(backend, 1024, &jobs.widest, &self.widths[WINDOWS.len()]));
        }
        candidates
    }

    /// Milliseconds to build a table, for each width.
    fn builds(&self) -> Vec<(Window, f64)> {
        let key = self.samples[0].keys[0];
        let windows: Vec<_> = self.widths.iter().map(|keys| keys[0].window()).collect();
        let build = |window: &Window| {
            let window = *window;
            let build = move || black_box(key.prepare(window)).window() == window;
            Candidate { slice: 1, ..Candidate::new("build", 1, build) }
        };
        let mut candidates: Vec<_> = windows.iter().map(build).collect();
        let costs = interleave(&mut candidates, Clock::ThreadCpu, BUILDS);
        windows.into_iter().zip(costs.iter().map(|cost| cost.median() / 1e3)).collect()
    }
}

/// The scalar code, and what this processor runs fastest if that is something else.
fn backends() -> Vec<Backend> {
    let mut backends = vec![Backend::Scalar, Backend::best()];
    backends.dedup();
    backends
}

/// One line of a table.
struct Row {
    name: String,
    tables: Option<(usize, Window)>,
    size: usize,
    cost: Cost,
}

/// Measures both curves in the same rounds; the tables in Markdown, and what is to be drawn.
pub(crate) fn measure(rounds: usize) -> (String, [Curve; 2]) {
    let (p256, sm2) = (Stage::<P256>::new(), Stage::<Sm2>::new());
    let (p256_jobs, sm2_jobs) = (p256.jobs(), sm2.jobs());
    let mut candidates = p256.candidates(&p256_jobs);
    let of_p256 = candidates.len();
    candidates.extend(sm2.candidates(&sm2_jobs));
    let costs = interleave(&mut candidates, Clock::ThreadCpu, rounds);
    let rows = candidates.into_iter().zip(costs);
    let rows: Vec<_> =
        rows.map(|(Candidate { name, size, tables, .. }, cost)| Row { name, tables, size, cost }).collect();
    let (p256_rows, sm2_rows) = rows.split_at(of_p256);
    let [ring, crate_sm2] = [find(p256_rows, "ring"), find(sm2_rows, "crate sm2")];
    let curves = [curve::<P256>(p256_rows, &ring), curve::<Sm2>(sm2_rows, &crate_sm2)];
    let ring_p256 = Reference { name: "ring P-256", ..ring.clone() };
    let mut page = table::<P256>(p256_rows, &[ring], &p256.builds());
    page += &table::<Sm2>(sm2_rows, &[crate_sm2, ring_p256], &sm2.builds());
    (page, curves)
}

/// A peer that others are compared with.
#[derive(Clone)]
struct Reference {
    name: &'static str,
    cost: Cost,
}

fn find(rows: &[Row], name: &'static str) -> Reference {
    let row = rows.iter().find(|row| row.name.starts_with(name)).expect("every run has it");
    Reference { name, cost: row.cost.clone() }
}

fn table<C: Scheme>(rows: &[Row], references: &[Reference], builds: &[(Window, f64)]) -> String {
    let mut page = format!("### {}: one signature over a finished digest\n\n", C::NAME);
    page += "| who | µs, median | µs, least |";
    for Reference { name, .. } in references {
        page += &format!(" times as fast as {name} |");
    }
    page += " memory of tables | to build them |\n|---|---:|---:|---:|---:|";
    page += &"---:|".repeat(references.len());
    page += "\n";
    let shown = |row: &&Row| SHOWN.contains(&row.size);
    for Row { name, tables, cost, .. } in rows.iter().filter(shown) {
        page += &format!("| {name} | {:.1} | {:.1} |", cost.median(), cost.min());
        for reference in references {
            page += &format!(" {:.2} |", reference.cost.ratio(cost));
        }
        page += &match tables {
            None => " none | – |\n".to_owned(),
            Some((keys, window)) => {
                let (_, build) = builds.iter().find(|(known, _)| known == window).expect("each was built");
                let build = build * f64::from(u32::try_from(*keys).expect("few keys"));
                format!(" {} | {build:.1} ms |\n", bytes(keys * window.table_bytes()))
            }
        };
    }
    page + "\n"
}

/// Bytes as a person reads them.
fn bytes(bytes: usize) -> String {
    let kib = f64::from(u32::try_from(bytes >> 10).expect("below 4 TiB"));
    if kib < 1024.0 { format!("{kib} KiB") } else { format!("{:.1} MiB", kib / 1024.0).replace(".0", "") }
}

fn curve<C: Scheme>(rows: &[Row], reference: &Reference) -> Curve {
    // With vector instructions there are two rows of each kind: theirs is the later.
    let row = |size, keys| {
        let tables = Some((keys, Window::DEFAULT));
        let row =
            rows.iter().rfind(|row| row.size == size && row.tables == tables && row.name.contains("at once"));
        row.expect("each was measured").cost.median()
    };
    let lines = KEYS.map(|keys| {
        let plural = if keys == 1 { "" } else { "s" };
        let memory = bytes(keys * Window::DEFAULT.table_bytes());
        Line {
            label: format!("{keys} known key{plural}, {memory} of tables"),
            points: SIZES.map(|size| (size, row(size, keys))).into(),
        }
    });
    Curve { title: C::NAME, lines: lines.into(), reference: (reference.name, reference.cost.median()) }
}
