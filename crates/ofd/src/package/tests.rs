use boyin_testkit::ofd::{Descriptor, EntryByHand, container};

use super::*;
use crate::limits::{
    MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_INFLATED_BYTES, MAX_NAME_BYTES, MAX_PACKAGE_BYTES, MAX_PATH_DEPTH,
    MAX_RATIO, MAX_RATIO_FREE_BYTES, MAX_STREAMED_ENTRY_BYTES, MAX_STREAMED_RATIO,
};

fn entry(name: &str) -> EntryByHand {
    EntryByHand::new(name, b"content of a file")
}

fn fault_of(entries: &[EntryByHand]) -> PackageFault {
    Package::read(&container(entries)).unwrap_err().fault
}

#[test]
fn what_is_sound_is_read() {
    let stored = EntryByHand { method: Some(0), ..entry("Doc_0/a") };
    let signed = EntryByHand { descriptor: Descriptor::Signed, ..entry("Doc_0/b") };
    let plain = EntryByHand { descriptor: Descriptor::Plain, ..entry("Doc_0/c") };
    let folder = EntryByHand { external: 0x10, ..EntryByHand::new("Doc_0/", b"") };
    let packed_folder = EntryByHand { method: Some(8), ..EntryByHand::new("Doc_1/", b"") };
    let empty = EntryByHand { descriptor: Descriptor::Signed, ..EntryByHand::new("空 文件", b"") };
    let unix = EntryByHand { made_by: 3 << 8, external: 0o100_644 << 16, ..entry("u") };
    let odd_extra = EntryByHand { extra: vec![9, 9, 1, 0, 7], local_extra: vec![0, 0, 0], ..entry("x") };
    let all = [folder, stored, signed, plain, packed_folder, empty, unix, odd_extra];
    let bytes = container(&all);
    let package = Package::read(&bytes).unwrap();
    let names: Vec<_> = package.entries().iter().map(Entry::name).collect();
    assert_eq!(names, ["Doc_0/a", "Doc_0/b", "Doc_0/c", "空 文件", "u", "x"]);
    for name in ["Doc_0/a", "Doc_0/b", "Doc_0/c", "u", "x"] {
        assert_eq!(package.get(name).unwrap().bytes(), b"content of a file", "{name}");
    }
    assert!(package.get("Doc_0/").is_none() && package.get("doc_0/a").is_none());
    assert!(Package::read(&container(&[])).unwrap().entries().is_empty());
}

/// The checksum of an entry can be the signature of a descriptor; the one without signature is still told from it.
#[test]
fn a_descriptor_whose_checksum_looks_like_a_signature_is_read() {
    // Four bytes behind "x" that give the checksum 08074b50.
    let wanted = 0x0807_4b50_u32;
    let tail = tail_for(b"x", wanted);
    let bytes = [b"x".as_slice(), &tail].concat();
    assert_eq!(crc32fast::hash(&bytes), wanted);
    for descriptor in [Descriptor::Plain, Descriptor::Signed] {
        let odd = EntryByHand { descriptor, ..EntryByHand::new("odd", &bytes) };
        let read = container(&[odd.clone(), entry("after")]);
        assert_eq!(Package::read(&read).unwrap().get("odd").unwrap().bytes(), bytes, "{descriptor:?}");
        let last = container(&[entry("before"), odd]);
        assert_eq!(Package::read(&last).unwrap().get("odd").unwrap().bytes(), bytes, "{descriptor:?}");
    }
}

/// Four bytes that bring the checksum of what is before them to `wanted`: the checksum is linear in them.
fn tail_for(before: &[u8], wanted: u32) -> [u8; 4] {
    let with = |tail: u32| crc32fast::hash(&[before, &tail.to_le_bytes()].concat());
    let zero = with(0);
    let mut rows: Vec<(u32, u32)> = (0..32).map(|bit| (with(1 << bit) ^ zero, 1 << bit)).collect();
    let (mut rest, mut tail) = (wanted ^ zero, 0);
    for bit in (0..32).rev() {
        let Some(at) = rows.iter().position(|(sum, _)| sum >> bit == 1) else { continue };
        let (sum, input) = rows.swap_remove(at);
        for row in &mut rows {
            if row.0 >> bit & 1 == 1 {
                *row = (row.0 ^ sum, row.1 ^ input);
            }
        }
        if rest >> bit & 1 == 1 {
            (rest, tail) = (rest ^ sum, tail ^ input);
        }
    }
    tail.to_le_bytes()
}

#[test]
fn each_oddity_of_an_entry_is_refused_as_such() {
    use PackageFault as Fault;
    let extra = |id: u16| [&id.to_le_bytes()[..], &[1, 0, 7]].concat();
    let e = || entry("Doc_0/a");
    for (odd, expected) in [
        (EntryByHand { flags: 1, ..e() }, Fault::Encrypted),
        (EntryByHand { flags: 1 << 6, ..e() }, Fault::Encrypted),
        (EntryByHand { flags: 1 << 13, ..e() }, Fault::Encrypted),
        (EntryByHand { flags: 1 << 5, ..e() }, Fault::Method),
        (EntryByHand { method: Some(12), packed: Some(vec![7; 9]), ..e() }, Fault::Method),
        (EntryByHand { comment: b"note".to_vec(), ..e() }, Fault::Comment),
        (EntryByHand { extra: extra(1), ..e() }, Fault::Zip64),
        (EntryByHand { local_extra: extra(1), ..e() }, Fault::Zip64),
        (EntryByHand { extra: extra(0x7075), ..e() }, Fault::NameTwice),
        (EntryByHand { local_extra: extra(0x7075), ..e() }, Fault::NameTwice),
        (EntryByHand { extra: extra(0x6375), ..e() }, Fault::NameTwice),
        (EntryByHand { local_name: Some(b"Doc_0/b".to_vec()), ..e() }, Fault::HeadersDisagree),
        (EntryByHand { checksum: Some(1), ..e() }, Fault::HeadersDisagree),
        (EntryByHand { size: Some(u32::MAX), ..e() }, Fault::Zip64),
        (EntryByHand { checksum: Some(1), descriptor: Descriptor::Signed, ..e() }, Fault::Descriptor),
        (EntryByHand { checksum: Some(1), descriptor: Descriptor::Plain, ..e() }, Fault::Descriptor),
        (EntryByHand { method: Some(0), descriptor: Descriptor::Signed, ..e() }, Fault::Descriptor),
        (EntryByHand { gap: b"hidden".to_vec(), ..e() }, Fault::Gap),
        (EntryByHand { made_by: 3 << 8, external: 0o120_777 << 16, ..e() }, Fault::NotAFile),
        (EntryByHand { made_by: 19 << 8, external: 0o120_777 << 16, ..e() }, Fault::NotAFile),
        (EntryByHand { size: Some(16), ..e() }, Fault::Inflate),
        (EntryByHand { size: Some(18), ..e() }, Fault::Inflate),
        (EntryByHand { packed: Some(vec![0xff; 8]), ..e() }, Fault::Inflate),
        (EntryByHand { method: Some(0), size: Some(16), ..e() }, Fault::Inflate),
        (EntryByHand::new("Doc_0/", b"content"), Fault::FolderContent),
    ] {
        assert_eq!(fault_of(&[odd.clone(), entry("z")]), expected, "{odd:?}");
    }
    // What a file is, and what others mean by these bits.
    for (made_by, mode) in [(3, 0o100_644), (19, 0o100_644), (19, 0), (0, 0o120_777)] {
        let sound = EntryByHand { made_by: made_by << 8, external: mode << 16, ..e() };
        assert!(Package::read(&container(&[sound])).is_ok(), "{made_by} {mode:o}");
    }
    // Bytes after the end of what was deflated are hidden ones.
    let mut packed = miniz_oxide::deflate::compress_to_vec(b"content of a file", 6);
    packed.push(0);
    assert_eq!(fault_of(&[EntryByHand { packed: Some(packed), ..e() }]), Fault::Inflate);
    // Other bytes of the same length under the same headers.
    let other = miniz_oxide::deflate::compress_to_vec(b"Content of a file", 6);
    assert_eq!(fault_of(&[EntryByHand { packed: Some(other), ..e() }]), Fault::Checksum);
}

/// A locator before the end record leads some readers to another directory, though the record says everything itself.
#[test]
fn a_locator_of_zip64_is_refused_wherever_it_hides() {
    let locator = [&b"PK\x06\x07"[..], &[0; 16]].concat();
    let in_extra = EntryByHand { extra: [&[9, 9, 20, 0], &locator[..]].concat(), ..entry("b") };
    let in_comment = EntryByHand { comment: locator, ..entry("b") };
    for last in [in_extra.clone(), in_comment.clone()] {
        assert_eq!(fault_of(&[entry("a"), last.clone()]), PackageFault::Zip64, "{last:?}");
    }
    // Elsewhere no reader looks for one.
    assert!(Package::read(&container(&[in_extra, entry("c")])).is_ok());
    assert_eq!(fault_of(&[in_comment, entry("c")]), PackageFault::Comment);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    use PackageFault as Fault;
    for (name, expected) in [
        ("/a", Fault::Absolute),
        ("C:/a", Fault::Absolute),
        ("../a", Fault::Steps),
        ("a/../b", Fault::Steps),
        ("a/./b", Fault::Steps),
        ("a//b", Fault::Steps),
        ("", Fault::Steps),
        ("a\\b", Fault::Backslash),
        ("a\0", Fault::NameCharacter),
        ("a\n", Fault::NameCharacter),
        ("abc:d", Fault::NameCharacter),
        ("a./b", Fault::NameCharacter),
        ("a ", Fault::NameCharacter),
        ("a*", Fault::NameCharacter),
    ] {
        assert_eq!(fault_of(&[entry(name)]), expected, "{name:?}");
    }
    let latin = EntryByHand { name: b"caf\xe9".to_vec(), ..entry("") };
    assert_eq!(fault_of(&[latin]), Fault::NameText);
    assert_eq!(fault_of(&[EntryByHand { no_utf8: true, ..entry("证照") }]), Fault::NameText);
    assert!(Package::read(&container(&[EntryByHand { no_utf8: true, ..entry("a") }])).is_ok());

    let long = "a".repeat(MAX_NAME_BYTES);
    assert!(Package::read(&container(&[entry(&long)])).is_ok());
    assert_eq!(fault_of(&[entry(&(long + "a"))]), Fault::NameLength);
    let deep = vec!["a"; MAX_PATH_DEPTH].join("/");
    assert!(Package::read(&container(&[entry(&deep)])).is_ok());
    assert_eq!(fault_of(&[entry(&(deep + "/a"))]), Fault::Depth);
}

#[test]
fn no_two_entries_have_one_name() {
    for (first, second) in
        [("a", "a"), ("a", "A"), ("a/", "a"), ("a", "a/b"), ("A/b", "a"), ("É", "é"), ("a/", "a/")]
    {
        let one = |name: &str| if name.ends_with('/') { EntryByHand::new(name, b"") } else { entry(name) };
        assert_eq!(fault_of(&[one(first), one(second)]), PackageFault::NameRepeated, "{first} {second}");
    }
    assert!(Package::read(&container(&[EntryByHand::new("a/", b""), entry("a/b")])).is_ok());
    assert!(Package::read(&container(&[entry("a-b"), entry("a/b")])).is_ok());
}

#[test]
fn what_is_no_container_or_not_all_of_one_is_refused() {
    use PackageFault as Fault;
    let good = container(&[entry("a"), entry("b")]);
    let end = good.len() - 22;
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let commented = [&changed(end + 20, &[2, 0])[..], b"ab"].concat();
    for (bytes, expected) in [
        (Vec::new(), Fault::EndRecord),
        (b"%PDF-1.7 and so on, longer than a record".to_vec(), Fault::EndRecord),
        (good[..good.len() - 1].to_vec(), Fault::EndRecord),
        ([&good[..], &[0]].concat(), Fault::EndRecord),
        (commented, Fault::Comment),
        (changed(end + 20, &[1, 0]), Fault::Comment),
        (changed(end + 4, &[1]), Fault::Disks),
        (changed(end + 8, &[1]), Fault::Disks),
        (changed(end - 2 * 47 + 34, &[1]), Fault::Disks),
        (changed(end + 8, &[0xff; 4]), Fault::Zip64),
        (changed(end + 12, &[0xff; 4]), Fault::Zip64),
        (changed(end + 16, &[0xff; 4]), Fault::Zip64),
        (changed(end + 8, &[1, 0, 1, 0]), Fault::Directory),
        (changed(end + 8, &[3, 0, 3, 0]), Fault::Directory),
        (changed(end + 12, &[1]), Fault::Directory),
        ([&[0], &good[..]].concat(), Fault::Directory),
        (changed(0, b"XX"), Fault::LocalHeader),
    ] {
        assert_eq!(Package::read(&bytes).unwrap_err().fault, expected);
    }
    // One entry of the directory for the bytes of two: the other is hidden.
    let (first, both) = (container(&[entry("a")]), &good);
    let local = first.len() - 22 - 47;
    let hidden = [&both[..2 * local], &first[local..]].concat();
    let at = hidden.len() - 22 + 16;
    let mut hidden = hidden;
    hidden[at..at + 4].copy_from_slice(&u32::try_from(2 * local).unwrap().to_le_bytes());
    assert_eq!(Package::read(&hidden).unwrap_err().fault, Fault::Gap);
    // Two entries of the directory for the bytes of one.
    let mut shared = good.clone();
    let second = good.len() - 22 - 47 + 42;
    shared[second..second + 4].copy_from_slice(&[0; 4]);
    assert_eq!(Package::read(&shared).unwrap_err().fault, Fault::HeadersDisagree);
}

#[test]
fn sizes_are_bounded_before_anything_is_inflated() {
    use PackageFault as Fault;
    let huge = vec![0; MAX_PACKAGE_BYTES + 1];
    assert_eq!(Package::read(&huge).unwrap_err().fault, Fault::PackageSize);
    let many: Vec<_> = (0..=MAX_ENTRIES).map(|n| EntryByHand::new(&n.to_string(), b"")).collect();
    assert!(Package::read(&container(&many[1..])).is_ok());
    assert_eq!(fault_of(&many), Fault::Entries);

    let size = |size: usize| Some(u32::try_from(size).unwrap());
    let large = EntryByHand { size: size(MAX_ENTRY_BYTES + 1), ..entry("a") };
    assert_eq!(fault_of(&[large]), Fault::EntrySize);
    let bomb = EntryByHand { bytes: vec![0; MAX_RATIO_FREE_BYTES + MAX_RATIO], ..entry("a") };
    assert_eq!(fault_of(&[bomb]), Fault::Ratio);
    let free = EntryByHand { bytes: vec![0; MAX_RATIO_FREE_BYTES], ..entry("a") };
    assert!(Package::read(&container(&[free])).is_ok());
    let packed = vec![0; MAX_ENTRY_BYTES / MAX_RATIO];
    let each = |n: usize| EntryByHand {
        size: size(MAX_ENTRY_BYTES),
        packed: Some(packed.clone()),
        ..entry(&n.to_string())
    };
    let all: Vec<_> = (0..=MAX_INFLATED_BYTES / MAX_ENTRY_BYTES).map(each).collect();
    assert_eq!(fault_of(&all), Fault::InflatedSize);
}

/// What is verified is not held as a whole: it may be larger, and may inflate to more if it has the bytes for it.
#[test]
fn sizes_of_what_is_verified_have_bounds_of_their_own() {
    use PackageFault as Fault;
    let open = |entries: &[EntryByHand]| {
        Contents::open(&container(entries)[..], &Limits::verified()).map(|_| ()).map_err(
            |error| match error {
                ReadError::Package(error) => error.fault,
                ReadError::Source(error) => panic!("{error}"),
            },
        )
    };
    let of_sizes = |name: &str, size: usize, packed: usize| EntryByHand {
        size: Some(u32::try_from(size).unwrap()),
        packed: Some(vec![0; packed]),
        ..entry(name)
    };
    let least = |size: usize| size / MAX_RATIO + 1;
    assert_eq!(open(&[of_sizes("a", MAX_ENTRY_BYTES + 1, least(MAX_ENTRY_BYTES))]), Ok(()));
    let large = MAX_STREAMED_ENTRY_BYTES;
    let needed = large / MAX_STREAMED_RATIO;
    assert_eq!(open(&[of_sizes("a", large, needed)]), Ok(()));
    assert_eq!(open(&[of_sizes("a", large + 1, needed)]), Err(Fault::EntrySize));
    assert_eq!(open(&[of_sizes("a", large, needed - 1000)]), Err(Fault::InflatedSize));
    let third = MAX_INFLATED_BYTES / 3;
    let three = ["a", "b", "c"].map(|name| of_sizes(name, third, least(third)));
    assert_eq!(open(&three), Ok(()));
    let four = [&three[..], &[of_sizes("d", 1, 1)]].concat();
    assert_eq!(open(&four), Err(Fault::InflatedSize));
}

#[test]
fn no_cut_and_no_changed_byte_breaks_the_reader() {
    let good = container(&[
        entry("a"),
        EntryByHand { descriptor: Descriptor::Signed, ..entry("b/c") },
        EntryByHand::new("d/", b""),
    ]);
    for length in 0..good.len() {
        assert!(Package::read(&good[..length]).is_err(), "{length}");
    }
    for place in 0..good.len() {
        for bit in [1, 0x80] {
            let mut changed = good.clone();
            changed[place] ^= bit;
            let Ok(read) = Package::read(&changed) else { continue };
            // Times, versions and attributes may be others; contents may not.
            for file in read.entries() {
                assert_eq!(file.bytes(), b"content of a file", "{place}");
            }
        }
    }
}

#[test]
fn codes_of_faults_differ() {
    let codes: std::collections::HashSet<_> = PackageFault::ALL.iter().map(|fault| fault.code()).collect();
    assert_eq!(codes.len(), PackageFault::ALL.len());
}
