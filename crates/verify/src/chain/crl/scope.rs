//! What a list is of: users, authorities, some reasons, one distribution point.

use crate::chain::der::{Cursor, only, tag};
use crate::chain::extensions::{PointName, reason_flags};

/// What a list is of (RFC 5280 §5.2.5).
#[derive(Clone, Debug, Default)]
pub(in crate::chain) struct Scope {
    /// As it came.
    pub(super) raw: Vec<u8>,
    pub(in crate::chain) name: Option<PointName>,
    pub(in crate::chain) only_users: bool,
    pub(in crate::chain) only_authorities: bool,
    pub(in crate::chain) only_attributes: bool,
    pub(in crate::chain) reasons: Option<u16>,
    pub(in crate::chain) indirect: bool,
}

impl Scope {
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let mut items = only(value, tag::SEQUENCE)?;
        let mut scope = Self { raw: value.to_vec(), ..Self::default() };
        if let Some(name) = items.option(tag::constructed(0))? {
            scope.name = Some(PointName::read(name.content)?);
        }
        let flag = |items: &mut Cursor<'_>, number| match items.option(tag::context(number))? {
            Some(flag) => Some(*flag.content.first().filter(|_| flag.content.len() == 1)? != 0),
            None => Some(false),
        };
        scope.only_users = flag(&mut items, 1)?;
        scope.only_authorities = flag(&mut items, 2)?;
        if let Some(flags) = items.option(tag::context(3))? {
            scope.reasons = Some(reason_flags(flags.content)?);
        }
        scope.indirect = flag(&mut items, 4)?;
        scope.only_attributes = flag(&mut items, 5)?;
        items.end()?;
        Some(scope)
    }
}
