//! How many bytes are held, about: by that documents that are verified together wait for each other or not.

/// Bytes of so many entries of a map, a set or a list, without what they point to. Nodes and lists are at least half full.
pub(crate) fn of_entries<T>(count: usize) -> usize {
    2 * size_of::<T>() * count
}
