//! Revocation lists from the network, for `cert verify --fetch`.

use std::io::Write;

use boyin::revocation::{FetchedList, ListFetcher};
use boyin::transport::Http;
use boyin::verify::chain::{Certificate, CertificateStore};
use serde_json::{Value, json};

use super::args::Verify;
use super::{pem, verify};
use crate::context::now;

/// The lists of the leaf and of what may stand above it, those that are good added to the store. Asked and judged by the
/// clock: a list of today tells what was revoked at any instant before.
pub(super) fn lists(
    args: &Verify,
    leaf: Option<&Vec<u8>>,
    store: &mut CertificateStore,
) -> anyhow::Result<Vec<FetchedList>> {
    let Some(dir) = args.cache.as_deref().filter(|_| !args.fetch.is_empty()) else { return Ok(Vec::new()) };
    let mut certificates: Vec<Vec<u8>> = leaf.cloned().into_iter().collect();
    for path in &args.intermediate {
        certificates.extend(pem::read(path, &verify::CERTIFICATE)?);
    }
    let mut addresses = args.list_address.clone();
    for certificate in certificates.iter().filter_map(|der| Certificate::read(der).ok()) {
        let own = [certificate.list_addresses(), certificate.delta_addresses()];
        addresses.extend(own.into_iter().flatten().map(str::to_owned));
    }
    let http = Http::default();
    let fetched = ListFetcher::open(dir, &http, &args.fetch)?.fetch(&addresses, store, now()?)?;
    for list in fetched.iter().filter_map(|found| found.list.as_deref()) {
        store.add_revocation_list(list)?;
    }
    Ok(fetched)
}

fn age(found: &FetchedList) -> Option<u64> {
    found.age_seconds(now().ok()?)
}

pub(super) fn shown(found: &FetchedList) -> Value {
    json!({
        "address": found.address,
        "list": match (&found.list, found.is_new) {
            (None, _) => "none",
            (Some(_), true) => "fetched",
            (Some(_), false) => "kept",
        },
        "age_seconds": age(found),
        "this_update": found.this_update.map(|at| at.seconds()),
        "next_update": found.next_update.map(|at| at.seconds()),
        "fault": found.fault.map(|fault| fault.code()),
    })
}

/// One line for each address.
pub(super) fn write(out: &mut dyn Write, fetched: &[FetchedList]) -> std::io::Result<()> {
    for found in fetched {
        let state = match (age(found), found.is_new) {
            (_, true) => "fetched".to_owned(),
            (Some(age), false) => format!("the list kept, {age} s old"),
            (None, false) => "no list".to_owned(),
        };
        let fault = found.fault.map(|fault| format!(": {fault}")).unwrap_or_default();
        writeln!(out, "  list: {}: {state}{fault}", found.address)?;
    }
    Ok(())
}
