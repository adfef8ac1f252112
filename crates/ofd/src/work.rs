/// What the verification of a document took. The same document takes the same, whichever way it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes that came out of the entries.
    pub inflated: u64,
    /// Bytes of the XML files that were read: those of the contents once, those of signatures once for each document that lists
    /// them.
    pub xml: u64,
    /// Elements of the files of the contents.
    pub elements: u64,
}
