/// What the verification of a document took. The same document takes the same, whichever way it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes that came out of the entries.
    pub inflated: u64,
    /// Bytes that went into digests that references are compared with, for each digest of a file.
    pub digested: u64,
    /// Bytes of the XML files that were read: those of the contents once, those of signatures once for each document that lists
    /// them.
    pub xml: u64,
    /// Elements of the files of the contents.
    pub elements: u64,
    /// Times that a location was looked for in the container: those of the contents whichever documents have them, those of signatures
    /// for each document that lists them.
    pub paths: u64,
    /// Files that were held against what a signature covers, for each signature.
    pub files: u64,
    /// Bytes of the values of signatures that were verified, and of the descriptions that they are over, for each document that lists
    /// them.
    pub verified: u64,
}
