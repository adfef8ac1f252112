use std::sync::atomic::{AtomicUsize, Ordering};

use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::SealWorld;

use super::*;

/// A document that notes that it is looked at.
struct Noting<'b>(&'b [u8], &'b AtomicUsize);

impl AsRef<[u8]> for Noting<'_> {
    fn as_ref(&self) -> &[u8] {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0
    }
}

/// What is made of a document is all that is held of it: it is made before most others are looked at.
#[test]
fn each_is_finished_before_most_others_are_begun() {
    const COUNT: usize = 200;
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let (bytes, store, looked) = (draft.write(), world.store(), AtomicUsize::new(0));
    let documents: Vec<_> = (0..COUNT).map(|_| Noting(&bytes, &looked)).collect();
    let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Certificates(&store));
    let each = |checked: CheckedDocument| (checked.verdict(), looked.load(Ordering::SeqCst));
    // One thread: others would begin meanwhile.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let told = pool.install(|| verifier.check_many_with(&documents, trust, now(), each));
    assert_eq!((told.len(), looked.load(Ordering::SeqCst)), (COUNT, COUNT));
    for (place, (verdict, begun)) in told.into_iter().enumerate() {
        assert_eq!(verdict, DocumentVerdict::Passed);
        assert!(begun <= place + COUNT / 4, "{begun} were begun before {place} was finished");
    }
}
