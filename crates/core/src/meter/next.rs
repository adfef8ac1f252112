//! Which license types, if collected next, raise the rate most.

use std::collections::{BTreeMap, BTreeSet};

use boyin_exempt::{Answer, Reason};

use super::{Decided, DecidedMaterial, Tally};

/// What collecting a license type would mend: it is not there at all, or nobody checked it.
const COLLECTIBLE: [Reason; 3] = [Reason::NotOnFile, Reason::TypeNotCataloged, Reason::GradeTooLow];

/// What a license type would have changed, had it been on file with grade A or B.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeNeed {
    /// Chinese name of the type.
    pub type_name: String,
    /// Materials that would have been exempt by it alone.
    pub materials: u64,
    /// Transactions in which nothing would have had to be submitted.
    pub transactions: u64,
    /// Of the materials, those for which the catalog of license types lacks the type.
    pub not_cataloged: u64,
}

/// License types by what they would have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextTypes {
    /// The one that would have freed the most materials first, then the most transactions, then by name.
    pub types: Vec<TypeNeed>,
    /// Materials as they were decided.
    pub materials: Tally,
    /// Transactions as they were decided.
    pub transactions: Tally,
}

/// Counts decisions one after the other: a material that had to be submitted is counted for every license type that alone would
/// have taken its place. Where one alternative needs two types that are both missing, neither is counted.
///
/// # Errors
/// The first error of the decisions.
pub fn next_types<E>(decisions: impl IntoIterator<Item = Result<Decided, E>>) -> Result<NextTypes, E> {
    let mut needs = BTreeMap::<String, TypeNeed>::new();
    let mut next = NextTypes::default();
    for decided in decisions {
        let decided = decided?;
        next.transactions.add(decided.answer());
        decided.materials.iter().for_each(|material| next.materials.add(material.outcome));
        count(&decided, &mut needs);
    }
    next.types = needs.into_values().collect();
    next.types.sort_by(|a, b| {
        let order = (b.materials, b.transactions).cmp(&(a.materials, a.transactions));
        order.then_with(|| a.type_name.cmp(&b.type_name))
    });
    Ok(next)
}

fn count(decided: &Decided, needs: &mut BTreeMap<String, TypeNeed>) {
    let submitted = decided.materials.iter().filter(|material| material.outcome == Answer::Submit);
    let freeing: Vec<_> = submitted.map(|material| (material, freed_by(material))).collect();
    let mut alone: Option<BTreeSet<&str>> = None;
    for (material, types) in &freeing {
        for name in types {
            let new = || TypeNeed {
                type_name: (*name).to_owned(),
                materials: 0,
                transactions: 0,
                not_cataloged: 0,
            };
            let need = needs.entry((*name).to_owned()).or_insert_with(new);
            need.materials += 1;
            need.not_cataloged += u64::from(lacks(material, name));
        }
        alone = Some(alone.map_or_else(|| types.clone(), |so_far| &so_far & types));
    }
    if decided.answer() == Answer::Submit
        && decided.materials.iter().all(|one| one.outcome != Answer::Pending)
    {
        for name in alone.into_iter().flatten() {
            if let Some(need) = needs.get_mut(name) {
                need.transactions += 1;
            }
        }
    }
}

/// Whether the catalog of license types lacks the type.
fn lacks(material: &DecidedMaterial, name: &str) -> bool {
    let mut findings = material.findings.iter();
    findings.any(|(code, _, of)| code == Reason::TypeNotCataloged.code() && of.as_deref() == Some(name))
}

/// The types of which each alone would have met an alternative of the material.
fn freed_by(material: &DecidedMaterial) -> BTreeSet<&str> {
    let mut alternatives = BTreeMap::<usize, Option<&str>>::new();
    for (code, alternative, name) in &material.findings {
        // What stands in the way of another way than sharing changes nothing here.
        let Some(alternative) = alternative else { continue };
        let collectible = COLLECTIBLE.iter().any(|reason| reason.code() == code);
        let name = name.as_deref().filter(|_| collectible);
        let missing = alternatives.entry(*alternative).or_insert(name);
        // Two types are missing, or something else is in the way.
        if *missing != name {
            *missing = None;
        }
    }
    alternatives.into_values().flatten().collect()
}
