use std::path::PathBuf;

use boyin::model::id::{CreditCode, DivisionCode};
use clap::{Args, Subcommand};

use crate::key::args::Words;
use crate::listing::Seen;

#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Show who may issue what, with which keys
    Show(Show),
    /// Write the signed hand-overs from each anchor to the next, for verifiers that hold an earlier one (信任锚交接)
    Handovers {
        /// The file; standard output without it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List the trust lists that were published (历次信任列表)
    History,
    /// Show what two trust lists say otherwise: the one in place and the draft, or two that were published
    Diff {
        /// The older one: its number, or a file
        #[arg(value_name = "OLD")]
        old: Option<String>,
        /// The newer one [default: the one in place]
        #[arg(value_name = "NEW", requires = "old")]
        new: Option<String>,
    },
    /// Prepare an addition; nothing is published before `sign`
    Add {
        #[command(flatten)]
        by: By,
        #[command(subcommand)]
        what: Add,
    },
    /// Prepare an end: rights and keys end, and what was signed before stays; certificates leave the list
    Remove {
        #[command(flatten)]
        by: By,
        #[command(subcommand)]
        what: Remove,
    },
    /// Sign what is prepared, and publish it as the next trust list (签发)
    Sign {
        #[command(flatten)]
        seen: Seen,
        #[command(flatten)]
        words: Words,
    },
    /// Throw away what is prepared
    Discard(Words),
    /// Publish the next trust list, with the same entries
    Renew(Words),
}

/// Both are needed; an option that stands before or after what is prepared cannot be required by itself.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// The person who acts; goes into the journal
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME", global = true)]
    pub(crate) who: Option<String>,
    /// What for; goes into the journal
    #[arg(long, value_name = "TEXT", global = true)]
    pub(crate) purpose: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) trust: crate::fetched::Files,
    /// With --handovers: write the anchor to hold from now on into this file
    #[arg(long, value_name = "FILE", requires = "handovers")]
    pub(crate) new_anchor: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Add {
    /// An issuer with its own key, outside this data directory
    Issuer {
        /// Credit code
        #[arg(long, value_name = "CODE")]
        code: CreditCode,
        /// Name, as on its licenses
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Division that it belongs to
        #[arg(long, value_name = "CODE")]
        division: DivisionCode,
        /// Its public key, in the form of trust/anchor.json
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// First instant of the key [default: now]
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
    },
    /// The right of an issuer to issue one license type
    Entitlement {
        #[command(flatten)]
        right: Right,
        /// A division, with those below it; may be repeated
        #[arg(long, value_name = "CODE", required = true)]
        division: Vec<DivisionCode>,
        /// From when [default: now]
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Until when
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Where status lists of an issuer are; its licenses may then point to no others (状态列表)
    StatusLists {
        #[command(flatten)]
        lists: Lists,
        /// First instant at which licenses may point there [default: of the issuer's first ones the beginning of its first key,
        /// otherwise now]
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
    },
    /// An anchor of the certificates of those who make seals and sign with them
    Anchor(Certificate),
    /// The certificate of a maker of seals outside the register
    Maker(Certificate),
    /// The anchor of a timestamp authority
    TimestampAuthority(Certificate),
    /// The end of an algorithm
    Sunset {
        /// ES256 or SM2-SM3; RS256, PS256 and others of certificates and timestamps too
        #[arg(long, value_name = "ALG")]
        alg: String,
        /// From then on nothing is signed with it
        #[arg(long, value_name = "TIME")]
        sign_until: String,
        /// From then on no signature of it counts, whenever it was made
        #[arg(long, value_name = "TIME")]
        verify_until: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Remove {
    /// Every right of an issuer to issue one license type
    Entitlement {
        #[command(flatten)]
        right: Right,
        /// From when it has none [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// A key of an issuer
    Key {
        /// Credit code of the issuer
        #[arg(long, value_name = "CODE")]
        issuer: CreditCode,
        /// Key ID
        #[arg(long, value_name = "KID", allow_hyphen_values = true)]
        kid: String,
        /// First instant after its use [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Status lists of an issuer: later licenses may not point there
    StatusLists {
        #[command(flatten)]
        lists: Lists,
        /// First instant at which they may not [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// An anchor of certificates
    Anchor(Certificate),
    /// The certificate of a maker of seals
    Maker(Certificate),
    /// The anchor of a timestamp authority
    TimestampAuthority(Certificate),
}

#[derive(Debug, Args)]
pub(crate) struct Right {
    /// Credit code of the issuer
    #[arg(long, value_name = "CODE")]
    pub(crate) issuer: CreditCode,
    /// The license type, by its key or name in the catalog
    #[arg(long, value_name = "TYPE")]
    pub(crate) license_type: String,
}

#[derive(Debug, Args)]
pub(crate) struct Lists {
    /// Credit code of the issuer
    #[arg(long, value_name = "CODE")]
    pub(crate) issuer: CreditCode,
    /// How the URIs of its status lists begin: what follows are letters, digits, `-` and `_`
    #[arg(long, value_name = "URI")]
    pub(crate) prefix: String,
}

#[derive(Debug, Args)]
pub(crate) struct Certificate {
    /// The certificate, PEM or DER
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
