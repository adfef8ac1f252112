//! Decides whether a signature of GB/T 35275 (SignedData) over a document is valid: the digital signature (数字签名) that
//! stands in an OFD document beside its seals or in place of them.
//!
//! A pure function like that of seals, with the same context. What is not known is never valid.

mod check;
mod reason;
mod report;

pub use check::check_signed_data;
pub use reason::SignedDataReason;
pub use report::{
    SignedDataCheck, SignedDataDetail, SignedDataNote, SignedDataOutcome, SignedDataReport, SignedDataVerdict,
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{SignedDataCheck, SignedDataReason};

    #[test]
    fn codes_are_unique_and_in_the_specification() {
        let text = include_str!("../../../../docs/ofd.md");
        let codes: HashSet<_> = SignedDataReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), SignedDataReason::ALL.len());
        for reason in SignedDataReason::ALL {
            let listed = format!("`{}`{}", reason.code(), if reason.is_indeterminate() { "?" } else { " " });
            assert!(text.contains(&listed), "docs/ofd.md lacks {listed}");
        }
        for check in SignedDataCheck::ALL {
            assert!(text.contains(&format!("`{}`", check.code())), "docs/ofd.md lacks {}", check.code());
        }
    }
}
