//! The ways in which one list of signatures can be verified. A new one is a new [`Path`].

use std::cell::OnceCell;
use std::collections::BTreeMap;

use boyin_curve::{Backend, Job, PreparedKey, PublicKey, Window, verify_bulk_on};
use boyin_testkit::arithmetic::{Group, Point, Signed};

/// Numbers that no signature may have: they are refused before any point is added.
const OUT_OF_RANGE: [[u8; 64]; 2] = [[0; 64], [0xff; 64]];
const ANY_DIGEST: [u8; 32] = [0x5a; 32];

/// One signature and its right verdict.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Place in [`Cases::keys`].
    pub(crate) key: usize,
    pub(crate) signed: Signed,
    pub(crate) valid: bool,
    pub(crate) name: String,
}

/// Signatures with their keys, each prepared when a path first asks for a window.
pub(crate) struct Cases<C: Group> {
    keys: Vec<Key<C>>,
    pub(crate) cases: Vec<Case>,
}

struct Key<C: Group> {
    point: Point,
    public: PublicKey<C>,
    /// By window.
    prepared: [OnceCell<PreparedKey<C>>; 17],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Path {
    Unknown,
    Prepared(u8),
    BulkOfOne(u8),
    /// All in one call; the list is rotated so that each signature comes to each place of eight.
    Bulk(u8, usize),
    /// One call with keys of windows 4 to 9 in turn.
    MixedWindows,
    /// Signatures that are out of range stand between the others.
    BetweenBad(u8),
    /// The bad first, then the good: batches of one verdict.
    Sorted(u8),
    /// Every signature one, two or three times.
    Duplicates(u8),
    /// Each signature 16 times: all lanes alike.
    Sixteenfold(u8),
    OnlyBad(u8),
}

impl Path {
    /// Of all keys, if they have the same.
    fn window(self) -> Option<u8> {
        match self {
            Self::Bulk(window, _)
            | Self::BetweenBad(window)
            | Self::Sorted(window)
            | Self::Duplicates(window)
            | Self::Sixteenfold(window)
            | Self::OnlyBad(window)
            | Self::Prepared(window)
            | Self::BulkOfOne(window) => Some(window),
            Self::Unknown | Self::MixedWindows => None,
        }
    }
}

/// For keys that occur in numbers: a wide table costs more than all else.
pub(crate) fn narrow() -> Vec<Path> {
    let prepared = (4..=9).map(Path::Prepared);
    let bulk = [4, 7, 9].into_iter().map(|window| Path::Bulk(window, 0));
    let rotated = (0..8).map(|turn| Path::Bulk(8, turn));
    let others = [
        Path::Unknown,
        Path::BulkOfOne(5),
        Path::BulkOfOne(8),
        Path::MixedWindows,
        Path::BetweenBad(8),
        Path::Sorted(6),
        Path::Duplicates(8),
        Path::Sixteenfold(8),
        Path::OnlyBad(8),
    ];
    prepared.chain(bulk).chain(rotated).chain(others).collect()
}

/// For few keys. Beside them, the generator has its widest table.
pub(crate) fn wide(window: u8) -> Vec<Path> {
    [
        Path::Prepared(window),
        Path::BulkOfOne(window),
        Path::Bulk(window, 0),
        Path::Bulk(window, 3),
        Path::BetweenBad(window),
    ]
    .into()
}

impl<C: Group> Cases<C> {
    pub(crate) fn new() -> Self {
        Self { keys: Vec::new(), cases: Vec::new() }
    }

    /// The place of a key, which must be one.
    pub(crate) fn key(&mut self, point: &Point) -> usize {
        if let Some(place) = self.keys.iter().position(|key| key.point == *point) {
            return place;
        }
        let public = PublicKey::from_sec1(point).unwrap_or_else(|_| panic!("a valid key: {point:02x?}"));
        self.keys.push(Key { point: *point, public, prepared: Default::default() });
        self.keys.len() - 1
    }

    pub(crate) fn push(&mut self, key: usize, signed: Signed, valid: bool, name: impl Into<String>) {
        self.cases.push(Case { key, signed, valid, name: name.into() });
    }

    /// A case whose verdict is that of `p256` or `sm2`.
    pub(crate) fn push_judged(&mut self, point: &Point, signed: Signed, name: impl Into<String>) -> bool {
        let valid = C::verify(point, &signed);
        let key = self.key(point);
        self.push(key, signed, valid, name);
        valid
    }

    fn job<'c>(&'c self, case: &'c Case, window: u8) -> Job<'c, C> {
        let Signed { digest, signature } = &case.signed;
        let Key { public, prepared, .. } = &self.keys[case.key];
        let key = prepared[usize::from(window)].get_or_init(|| public.prepare(Window::new(window).unwrap()));
        Job { key, digest, signature }
    }

    /// Verifies all cases by each path, with all instructions that this processor has, and counts the verdicts that were right, which must be all.
    pub(crate) fn run(&self, paths: &[Path], counts: &mut Counts) {
        for path in paths {
            let run = self.run_one(*path, Backend::best());
            if Backend::best() != Backend::Scalar {
                assert_eq!(self.run_one(*path, Backend::Scalar), run);
            }
            *counts.0.entry(*path).or_default() += run;
        }
    }

    fn run_one(&self, path: Path, backend: Backend) -> usize {
        match path {
            Path::Unknown => self.each(path, |case| {
                let Signed { digest, signature } = &case.signed;
                self.keys[case.key].public.verify(digest, signature).is_ok()
            }),
            Path::Prepared(window) => self.each(path, |case| {
                let Job { key, digest, signature } = self.job(case, window);
                key.verify_on(backend, digest, signature).is_ok()
            }),
            Path::BulkOfOne(window) => {
                self.each(path, |case| verify_bulk_on(backend, &[self.job(case, window)])[0].is_ok())
            }
            Path::Bulk(..)
            | Path::MixedWindows
            | Path::BetweenBad(_)
            | Path::Sorted(_)
            | Path::Duplicates(_)
            | Path::Sixteenfold(_)
            | Path::OnlyBad(_) => self.in_one_call(path, backend),
        }
    }

    fn each(&self, path: Path, verdict: impl Fn(&Case) -> bool) -> usize {
        for case in &self.cases {
            assert_eq!(
                verdict(case),
                case.valid,
                "{} by {path:?}: {} {:02x?}",
                C::NAME,
                case.name,
                case.signed
            );
        }
        self.cases.len()
    }

    fn in_one_call(&self, path: Path, backend: Backend) -> usize {
        let window = path.window();
        let mut order: Vec<_> = self.cases.iter().collect();
        if let Path::OnlyBad(_) = path {
            order.retain(|case| !case.valid);
        }
        let seen = order.len();
        if let Path::Bulk(_, turn) = path {
            order.rotate_left(turn % seen.max(1));
        } else if let Path::Sorted(_) = path {
            order.sort_by_key(|case| case.valid);
        } else if let Path::Duplicates(_) = path {
            order = repeated(&order, |place| 1 + place % 3);
        } else if let Path::Sixteenfold(_) = path {
            order = repeated(&order, |_| 16);
        }
        let windows = (4..=9).cycle().map(|mixed| window.unwrap_or(mixed));
        let mut jobs: Vec<_> =
            order.iter().zip(windows).map(|(case, window)| self.job(case, window)).collect();
        let mut wanted: Vec<_> = order.iter().map(|case| (case.valid, case.name.as_str())).collect();
        if let Path::BetweenBad(_) = path {
            let bad = OUT_OF_RANGE.iter().cycle();
            jobs = jobs
                .iter()
                .zip(bad)
                .flat_map(|(job, signature)| [*job, Job { signature, digest: &ANY_DIGEST, ..*job }])
                .collect();
            wanted = wanted.iter().flat_map(|wanted| [*wanted, (false, "out of range")]).collect();
        }
        let verdicts = verify_bulk_on(backend, &jobs);
        assert_eq!(verdicts.len(), wanted.len());
        for (place, (verdict, (valid, name))) in verdicts.iter().zip(wanted).enumerate() {
            assert_eq!(verdict.is_ok(), valid, "{} by {path:?}, place {place}: {name}", C::NAME);
        }
        seen
    }
}

fn repeated<'c>(order: &[&'c Case], times: impl Fn(usize) -> usize) -> Vec<&'c Case> {
    order.iter().enumerate().flat_map(|(place, case)| std::iter::repeat_n(*case, times(place))).collect()
}

/// How many verdicts each path gave, all of them right.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<Path, usize>);

impl Counts {
    /// Every one of the paths must have seen so many signatures.
    pub(crate) fn assert(&self, paths: &[Path], cases: usize, bad: usize) {
        for path in paths {
            let wanted = if let Path::OnlyBad(_) = path { bad } else { cases };
            assert_eq!(self.0[path], wanted, "{path:?}");
        }
    }

    pub(crate) fn total(&self) -> usize {
        self.0.values().sum()
    }
}
