//! Certificate policies, as the graph of RFC 9618: the tree of RFC 5280 §6.1 grows exponentially, the graph does not.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Certificate;
use super::der::{only, tag};
use super::extensions::small;
use super::oid::Oid;

/// Policies, or mappings, of one certificate. The largest seen in the field have a dozen.
pub const MAX_POLICIES: usize = 256;
/// `anyPolicy`, 2.5.29.32.0.
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0];

/// The policies of one certificate (RFC 5280 §4.2.1.4).
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    named: BTreeSet<Oid>,
    any: bool,
}

impl Policies {
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut items = only(value, tag::SEQUENCE)?;
        let mut policies = Self::default();
        while !items.is_empty() {
            let mut item = items.inside(tag::SEQUENCE)?;
            let policy = Oid::from_der_content(item.take(tag::OID)?.content)?;
            item.option(tag::SEQUENCE)?;
            item.end()?;
            // §4.2.1.4: no policy twice.
            let new = if policy.as_bytes() == ANY_POLICY {
                !std::mem::replace(&mut policies.any, true)
            } else {
                policies.named.insert(policy)
            };
            if !new || policies.named.len() > MAX_POLICIES {
                return None;
            }
        }
        (policies.any || !policies.named.is_empty()).then_some(policies)
    }
}

/// Policy constraints (RFC 5280 §4.2.1.11).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PolicyConstraints {
    pub(crate) require_explicit: Option<u32>,
    pub(crate) inhibit_mapping: Option<u32>,
}

impl PolicyConstraints {
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut items = only(value, tag::SEQUENCE)?;
        let mut one = |number: u8| {
            let there = items.peek() == Some(tag::context(number));
            if there { small(&mut items, tag::context(number)).map(Some) } else { Some(None) }
        };
        let constraints = Self { require_explicit: one(0)?, inhibit_mapping: one(1)? };
        items.end()?;
        let empty = constraints.require_explicit.is_none() && constraints.inhibit_mapping.is_none();
        (!empty).then_some(constraints)
    }
}

/// What is asked of the policies of a path (RFC 5280 §6.1.1 c to g).
#[derive(Clone, Debug, Default)]
pub struct PolicyInputs {
    /// Acceptable policies; none stands for any.
    pub acceptable: Vec<Oid>,
    /// The path must be valid for at least one of them.
    pub explicit: bool,
    /// No mappings.
    pub inhibit_mapping: bool,
    /// `anyPolicy` in a certificate counts for nothing.
    pub inhibit_any: bool,
}

/// The policies are not as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotValid;

#[derive(Debug, Default)]
struct Node {
    /// Policies one step nearer to the anchor; none if that is `anyPolicy`.
    parents: BTreeSet<Oid>,
    mapped: bool,
}

#[derive(Debug, Default)]
struct Level {
    nodes: BTreeMap<Oid, Node>,
    any: bool,
}

/// Counters that certificates may lower, never raise.
struct Counters {
    explicit: usize,
    mapping: usize,
    any: usize,
}

/// The policies, of those that are acceptable, for which a path is valid: subject last, without the anchor.
pub(crate) fn valid(path: &[&Certificate], inputs: &PolicyInputs) -> Result<Vec<Oid>, NotValid> {
    let unlimited = path.len() + 1;
    let start = |off: bool| if off { 0 } else { unlimited };
    let mut counters = Counters {
        explicit: start(inputs.explicit),
        mapping: start(inputs.inhibit_mapping),
        any: start(inputs.inhibit_any),
    };
    let mut levels = Vec::new();
    let mut level = Level { any: true, ..Level::default() };
    for (place, certificate) in path.iter().enumerate() {
        let last = place + 1 == path.len();
        let any_counts = counters.any > 0 || (!last && certificate.is_self_issued());
        level.assert(certificate.extensions.policies.as_ref(), any_counts);
        if last {
            counters.wrap_up(certificate);
        } else {
            let next = level.map(&certificate.extensions.mappings, counters.mapping > 0)?;
            counters.prepare(certificate);
            levels.push(std::mem::replace(&mut level, next));
        }
    }
    levels.push(level);
    let valid = acceptable(&levels, inputs);
    if counters.explicit == 0 && valid.is_empty() { Err(NotValid) } else { Ok(valid) }
}

impl Counters {
    /// RFC 5280 §6.1.4 h to j.
    fn prepare(&mut self, certificate: &Certificate) {
        if !certificate.is_self_issued() {
            self.explicit = self.explicit.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
            self.any = self.any.saturating_sub(1);
        }
        let lower = |counter: &mut usize, to: Option<u32>| {
            let to = to.and_then(|to| usize::try_from(to).ok());
            *counter = to.map_or(*counter, |to| to.min(*counter));
        };
        let extensions = &certificate.extensions;
        lower(&mut self.explicit, extensions.policy_constraints.require_explicit);
        lower(&mut self.mapping, extensions.policy_constraints.inhibit_mapping);
        lower(&mut self.any, extensions.inhibit_any);
    }

    /// RFC 5280 §6.1.5 a and b.
    fn wrap_up(&mut self, certificate: &Certificate) {
        self.explicit = self.explicit.saturating_sub(1);
        if certificate.extensions.policy_constraints.require_explicit == Some(0) {
            self.explicit = 0;
        }
    }
}

impl Level {
    /// Keeps what the certificate asserts (RFC 5280 §6.1.3 d, e).
    fn assert(&mut self, policies: Option<&Policies>, any_counts: bool) {
        let Some(policies) = policies else {
            *self = Self::default();
            return;
        };
        let any = policies.any && any_counts;
        if !any {
            self.nodes.retain(|policy, _| policies.named.contains(policy));
        }
        if self.any {
            for policy in &policies.named {
                self.nodes.entry(policy.clone()).or_default();
            }
        }
        self.any &= any;
    }

    /// What the next certificate is expected to assert (RFC 5280 §6.1.4 a, b).
    fn map(&mut self, mappings: &[(Oid, Oid)], allowed: bool) -> Result<Self, NotValid> {
        let any = |policy: &Oid| policy.as_bytes() == ANY_POLICY;
        if mappings.len() > MAX_POLICIES || mappings.iter().any(|(from, to)| any(from) || any(to)) {
            return Err(NotValid);
        }
        let mut next = Self { any: self.any, ..Self::default() };
        for (from, to) in mappings {
            if !allowed {
                self.nodes.remove(from);
                continue;
            }
            if self.any {
                self.nodes.entry(from.clone()).or_default();
            }
            if let Some(node) = self.nodes.get_mut(from) {
                node.mapped = true;
                next.nodes.entry(to.clone()).or_default().parents.insert(from.clone());
            }
        }
        for (policy, _) in self.nodes.iter().filter(|(_, node)| !node.mapped) {
            next.nodes.entry(policy.clone()).or_default().parents.insert(policy.clone());
        }
        Ok(next)
    }
}

/// The acceptable policies that the last level reaches, going towards the anchor (RFC 9618 §5.3).
fn acceptable(levels: &[Level], inputs: &PolicyInputs) -> Vec<Oid> {
    let all = inputs.acceptable.iter().any(|policy| policy.as_bytes() == ANY_POLICY)
        || inputs.acceptable.is_empty();
    let Some(last) = levels.last() else { return Vec::new() };
    if last.any && !all {
        return inputs.acceptable.clone();
    }
    let mut found = BTreeSet::new();
    if last.any {
        found.extend(Oid::from_der_content(ANY_POLICY));
    }
    let mut reached: BTreeSet<&Oid> = last.nodes.keys().collect();
    for level in levels.iter().rev() {
        let mut above = BTreeSet::new();
        for policy in reached {
            let Some(node) = level.nodes.get(policy) else { continue };
            if node.parents.is_empty() && (all || inputs.acceptable.contains(policy)) {
                found.insert(policy.clone());
            }
            above.extend(&node.parents);
        }
        reached = above;
    }
    found.into_iter().collect()
}
