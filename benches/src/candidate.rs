//! Ways to verify the samples, each behind one closure.

use std::fmt;

use boyin_curve::{Backend, Job, PreparedKey, Window, verify_bulk_on};

use crate::samples::{Samples, Scheme, Signed};

/// Signatures of one slice without tables: some milliseconds.
const SLICE: usize = 64;
/// Signatures of one slice with tables.
const SLICE_OF_TABLES: usize = 1024;
/// Signatures that each candidate must accept before it is measured.
const CHECKED: usize = 1024;

/// One way to verify signatures. Each call goes on where the last one ended.
pub struct Candidate<'c> {
    /// For tables.
    pub name: String,
    /// Signatures of one call.
    pub size: usize,
    /// How many tables of which width it uses.
    pub tables: Option<(usize, Window)>,
    /// Signatures of one slice: with a table enough to fetch it into the caches and to use it there.
    pub slice: usize,
    /// Verifies the next signatures; whether all are valid.
    pub next: Box<dyn FnMut() -> bool + 'c>,
}

impl<'c> Candidate<'c> {
    /// A candidate without tables.
    pub fn new(name: &str, size: usize, next: impl FnMut() -> bool + 'c) -> Self {
        Self { name: name.to_owned(), size, tables: None, slice: SLICE, next: Box::new(next) }
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate({}, {})", self.name, self.size)
    }
}

/// One signature after another by a function.
///
/// # Panics
/// If it refuses a good signature, or accepts one over another digest.
pub fn single<'c>(
    name: &str,
    signed: &'c [Signed],
    mut verify: impl FnMut(&Signed) -> bool + 'c,
) -> Candidate<'c> {
    assert!(signed.iter().take(CHECKED).all(&mut verify), "{name} must accept every sample");
    let [first, second] = [&signed[0], &signed[1]];
    let other = Signed { message: second.message, digest: second.digest, ..first.clone() };
    assert!(!verify(&other), "{name} must refuse a signature over something else");
    let mut turn = signed.iter().cycle();
    let next = move || verify(turn.next().expect("a cycle"));
    Candidate::new(name, 1, next)
}

/// The first key of the samples without a table.
#[must_use]
pub fn unknown<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
    let key = samples.keys[0];
    single("ours, unknown key", &samples.signed, move |one| key.verify(&one.digest, &one.raw).is_ok())
}

/// One signature after another by a key with a table.
pub fn prepared<'c, C: Scheme>(
    backend: Backend,
    samples: &'c Samples<C>,
    keys: &'c [PreparedKey<C>],
) -> Candidate<'c> {
    let window = keys[0].window();
    let name = format!("ours, known key, window {}{}", window.bits(), suffix(backend));
    let candidate = single(&name, &samples.signed, move |one| {
        keys[one.key].verify_on(backend, &one.digest, &one.raw).is_ok()
    });
    Candidate { tables: Some((keys.len(), window)), slice: SLICE_OF_TABLES, ..candidate }
}

/// So many signatures at once, of keys that take turns.
///
/// # Panics
/// If a good signature is refused, or one in the middle that is bad is not the only one refused.
pub fn bulk<'c, C: Scheme>(
    backend: Backend,
    size: usize,
    jobs: &'c [Job<'c, C>],
    keys: &[PreparedKey<C>],
) -> Candidate<'c> {
    let mut spoiled = jobs.to_vec();
    let bad = jobs.len() / 2;
    spoiled[bad].digest = jobs[0].digest;
    let results = verify_bulk_on(backend, &spoiled);
    assert!(results.iter().enumerate().all(|(place, result)| result.is_ok() != (place == bad)));
    let (many, window) = (keys.len(), keys[0].window());
    let plural = if many == 1 { "" } else { "s" };
    let bits = window.bits();
    let name = format!("ours, {size} at once, {many} known key{plural}, window {bits}{}", suffix(backend));
    // Each size begins elsewhere: what one has fetched into the caches must not help the next.
    let begin = SLICE_OF_TABLES / size * usize::try_from(size.ilog2()).expect("a small number");
    let mut turn = jobs.chunks_exact(size).cycle().skip(begin);
    let next = move || verify_bulk_on(backend, turn.next().expect("a cycle")).iter().all(Result::is_ok);
    Candidate { tables: Some((many, window)), slice: SLICE_OF_TABLES, ..Candidate::new(&name, size, next) }
}

fn suffix(backend: Backend) -> &'static str {
    match backend {
        Backend::Scalar => "",
        Backend::Avx512Ifma => ", AVX512-IFMA",
        _ => ", other",
    }
}
