//! What a check of the whole archive finds.

use std::fmt;

use crate::store::Table;

/// Most faults of which a report says where they are; the others are counted.
pub const MAX_FAULTS: usize = 1000;

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckProgress {
    /// The table that is read.
    pub table: Table,
    /// Entries read so far, of all tables.
    pub done: u64,
    /// Entries of all tables, as the engine estimates.
    pub total: u64,
}

/// A closed list of what can be wrong.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident($code:literal, $meaning:literal))*) => {
        /// What is wrong with an entry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultKind { $($(#[$doc])* $name,)* }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Stable code for programs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it means for who runs the archive.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

faults! {
    /// The engine cannot read it.
    Unreadable("unreadable", "the disk or the engine cannot read what is stored after this key: entries are lost")
    /// The value is not what was sealed there.
    Unsealed("unsealed", "the value was changed or moved, or sealed under another secret: what it said is lost")
    /// Key or value are not what the format allows.
    Malformed("malformed", "the entry is not what the format allows: something else than this program wrote it")
    /// A license is not in its holder's file.
    NotInHoldersFile("not_in_holders_file", "the license is on file, but its holder's file does not show it")
    /// A place in a holder's file leads to no license of that holder.
    HolderEntryDangling("holder_entry_dangling", "the holder's file names a license that is not there or is not the holder's")
    /// A license has no status.
    SlotMissing("slot_missing", "the license is on file, but its place on the status list is not: it would count as valid")
    /// A place on a status list belongs to no license.
    SlotDangling("slot_dangling", "the status list keeps a status that belongs to no license on file")
    /// The status is not what the events made it.
    StatusDiffers("status_differs", "the status is not the one that the event log leads to: a change was lost or undone")
    /// A license was not issued by exactly one event.
    NotIssuedOnce("not_issued_once", "the license was not put on file by exactly one event")
    /// An event concerns a license that is not on file.
    LicenseLost("license_lost", "the event log tells of this license, but it is not on file: the license is lost")
    /// A number is missing in the event log.
    EventGap("event_gap", "events are missing before this one: what was done then is not known any more")
    /// An event does not follow the one before it.
    EventUnlinked("event_unlinked", "this event does not follow the one before it: one of the two was changed or put in")
    /// A key belongs to no license.
    RecordKeyDangling("record_key_dangling", "this key opens a license that is not there")
    /// A collected record is not among those of its holder.
    CollectedNotIndexed("collected_not_indexed", "the record was collected, but its holder's records do not show it")
    /// An index entry leads to no collected record.
    CollectedDangling("collected_dangling", "an index names a collected record that is not there")
    /// An event is not found from its license or seal.
    EventNotIndexed("event_not_indexed", "the history of its license or seal does not show this event")
    /// An index entry leads to no event of that license or seal.
    EventIndexDangling("event_index_dangling", "the history names an event that is not there or is of something else")
    /// An event has no outcome that a repeated act would get.
    OutcomeMissing("outcome_missing", "the act of this event can be done twice: no outcome is kept for its idempotency key")
    /// An outcome is not that of its event.
    OutcomeDiffers("outcome_differs", "the outcome kept for an idempotency key is not that of its event, or is kept twice")
    /// A status list has a history, but none is published.
    ListMissing("list_missing", "the status list was published before, but the one to hand out now is not there")
    /// The bytes of a seal are not there.
    SealBytesMissing("seal_bytes_missing", "the register knows this version of the seal, but its bytes are not there")
    /// The bytes of a seal are other ones.
    SealBytesDiffer("seal_bytes_differ", "the register does not know this version of the seal, or its bytes are other ones")
    /// Uses were counted wrongly.
    SealUsesDiffer("seal_uses_differ", "the seal was used another number of times than the register counts")
    /// Events tell of a seal that is not in the register.
    SealLost("seal_lost", "the event log tells of this seal, but it is not in the register")
    /// Links between versions lead astray.
    VersionsDiffer("versions_differ", "the versions of a license do not lead to one another, or not to licenses on file")
    /// The head of a chain is another one.
    HeadDiffers("head_differs", "the current version of a license is not the one to which its versions lead")
    /// A change of many licenses is not what the log tells.
    MassDiffers("mass_differs", "a change of many licenses and the events that it left do not belong together: it cannot be undone")
    /// An address is not found from its text.
    AddressNotIndexed("address_not_indexed", "the license has this address, but those at the address do not show it")
    /// An index entry, or an address, leads to no license.
    AddressDangling("address_dangling", "an address leads to a license that is not there or does not have it")
    /// A decision on papers is not the one that the log tells of.
    DecisionDiffers("decision_differs", "a decision on papers is missing, or is not the one that its event tells of")
    /// What belongs to a decision on papers leads to none.
    DecisionDangling("decision_dangling", "inputs of a decision, or a holder's place in it, lead to a decision that is not there")
    /// A holder is not led to a decision on papers.
    DecisionNotIndexed("decision_not_indexed", "a holder of a decision on papers does not lead to it: an erasure would leave what it was decided from")
    /// What a decision on papers was decided from is gone, and no erasure says so.
    DecisionInputsLost("decision_inputs_lost", "what a decision on papers was decided from is not there, and no event says that it was erased")
    /// A number could be given twice.
    SealNumberDiffers("seal_number_differs", "the last number given in the division is not that of its last seal")
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning())
    }
}

/// One damaged entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub table: Table,
    /// Under which key: printable text as it is, all other bytes as `\x` and two hexadecimal digits. Keys tell no number
    /// of a holder.
    pub key: String,
    /// What is wrong.
    pub kind: FaultKind,
}

impl Fault {
    pub(crate) fn new(table: Table, key: &[u8], kind: FaultKind) -> Self {
        Self { table, key: key.escape_ascii().to_string(), kind }
    }
}

/// What a check found.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Entries that were read.
    pub entries: u64,
    /// Licenses among them.
    pub licenses: u64,
    /// Number of the last event.
    pub last_event: u64,
    /// The first [`MAX_FAULTS`] faults, in the order of the tables and their keys.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub more_faults: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        } else {
            self.more_faults += 1;
        }
    }
}
