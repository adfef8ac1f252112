//! XML without a document type, without entities but the five of the standard, and under limits.

mod tree;

#[cfg(test)]
mod tests;

use std::str;

use quick_xml::Error;
use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceError, ResolveResult};

use crate::limits::{MAX_PROLOG_BYTES, MAX_XML_ATTRIBUTES, MAX_XML_BYTES, MAX_XML_DEPTH, MAX_XML_NAMESPACES};
pub(crate) use tree::Element;

/// Namespaces of OFD: that of the standard, and one that older writers use.
const NAMESPACES: [&str; 2] = ["http://www.ofdspec.org/2016", "http://www.ofdspec.org"];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How XML begins whose characters have two bytes; `<` first is as in UTF-8.
const WIDE: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\0<"];

faults! {
    /// Why a file is no XML that is read.
    pub enum XmlFault;
    /// More bytes than a limit, or than [`MAX_ALL_XML_BYTES`](crate::limits::MAX_ALL_XML_BYTES) with those that were read before.
    Size = "xml_size", "the file is larger than is read";
    /// More elements than [`MAX_STRUCTURE_ELEMENTS`](crate::limits::MAX_STRUCTURE_ELEMENTS), or, with the files that were read
    /// before, than [`MAX_XML_ELEMENTS`](crate::limits::MAX_XML_ELEMENTS); locations than
    /// [`MAX_LOCATIONS`](crate::limits::MAX_LOCATIONS), or tags than [`MAX_EXTRACTED`](crate::limits::MAX_EXTRACTED).
    Elements = "xml_elements", "the file has more elements than are read";
    /// Deeper than [`MAX_XML_DEPTH`].
    Depth = "xml_depth", "the file is nested more deeply than is read";
    /// More attributes than [`MAX_XML_ATTRIBUTES`].
    Attributes = "xml_attributes", "an element has more attributes than are read";
    /// More namespaces at one place than [`MAX_XML_NAMESPACES`].
    Namespaces = "xml_namespaces", "the file declares more namespaces than are read";
    /// Not UTF-8, or said to be something else.
    Encoding = "xml_encoding", "the file is not in UTF-8";
    /// A version other than 1.0.
    Version = "xml_version", "the file is not XML 1.0";
    /// A document type.
    DocumentType = "xml_document_type", "the file has a document type";
    /// A reference to an entity.
    Entity = "xml_entity", "the file refers to an entity";
    /// An attribute that occurs twice, its namespace left aside.
    AttributeTwice = "xml_attribute_twice", "an attribute occurs twice";
    /// An element of another namespace where only those of OFD stand.
    Foreign = "xml_foreign", "an element is not one of OFD";
    /// Not well-formed.
    Syntax = "xml_syntax", "the file is not well-formed";
}

/// The beginning of an element.
pub(crate) struct Start<'x> {
    /// Name without prefix.
    pub(crate) name: &'x str,
    /// Names without prefix, and values.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its namespace is one of OFD.
    pub(crate) is_ofd: bool,
}

/// What is told of the elements of a file, in their order.
pub(crate) trait Visit {
    fn start(&mut self, start: Start<'_>) -> Result<(), XmlFault>;
    /// The element that began last and has not ended; `text` is what stands in it beside other elements.
    fn end(&mut self, name: &str, text: String) -> Result<(), XmlFault>;
}

/// Reads a file from its first to its last element.
pub(crate) fn read(bytes: &[u8], visitor: &mut impl Visit) -> Result<(), XmlFault> {
    if bytes.len() > MAX_XML_BYTES {
        return Err(XmlFault::Size);
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = str::from_utf8(bytes).map_err(|_| XmlFault::Encoding)?;
    if text.contains(|c: char| !is_xml_character(c)) {
        return Err(XmlFault::Syntax);
    }
    walk(text, visitor)
}

/// What the beginning of a file says of its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RootIs {
    /// The element of OFD that was asked for.
    Asked,
    /// Another element.
    Other,
    /// It begins as XML does, and does not say in time, or not so that it is read here. Others may read it.
    Unknown,
    /// It does not begin as XML does: nobody finds a root in it.
    NoXml,
}

/// Whether the root of a file is an element of OFD of that name. Only its first [`MAX_PROLOG_BYTES`] are looked at.
pub(crate) fn root_is(bytes: &[u8], name: &str) -> RootIs {
    let first = bytes.get(..MAX_PROLOG_BYTES).unwrap_or(bytes);
    let is_cut = first.len() < bytes.len();
    let first = after_blanks(first);
    match first.first() {
        Some(b'<') => {}
        None if is_cut => return RootIs::Unknown,
        Some(_) if WIDE.iter().any(|beginning| first.starts_with(beginning)) => return RootIs::Unknown,
        None | Some(_) => return RootIs::NoXml,
    }
    // A root that is whole before something odd is the root all the same.
    let text = first.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let text = text.split(|c: char| !is_xml_character(c)).next().unwrap_or_default();
    let mut root = Root { name, is_it: None };
    // It ends with a fault: at the root, or before it.
    let _ = walk(text, &mut root);
    match root.is_it {
        Some(true) => RootIs::Asked,
        Some(false) => RootIs::Other,
        None => RootIs::Unknown,
    }
}

/// Without the blanks and marks at the beginning, which some readers pass over even before a declaration.
fn after_blanks(mut bytes: &[u8]) -> &[u8] {
    loop {
        let rest = bytes.trim_ascii_start();
        let rest = rest.strip_prefix(BYTE_ORDER_MARK).unwrap_or(rest);
        if rest.len() == bytes.len() {
            return bytes;
        }
        bytes = rest;
    }
}

/// Stops at the root.
struct Root<'n> {
    name: &'n str,
    is_it: Option<bool>,
}

impl Visit for Root<'_> {
    fn start(&mut self, start: Start<'_>) -> Result<(), XmlFault> {
        self.is_it = Some(start.is_ofd && start.name == self.name);
        Err(XmlFault::Elements)
    }

    fn end(&mut self, _: &str, _: String) -> Result<(), XmlFault> {
        Ok(())
    }
}

fn walk(text: &str, visitor: &mut impl Visit) -> Result<(), XmlFault> {
    let mut reader = NsReader::from_str(text);
    reader.resolver_mut().set_max_namespace_bindings(MAX_XML_NAMESPACES);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_comments = true;
    let mut walk = Walk { visitor, open: Vec::new(), has_root: false, begun: false };
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| {
            let too_many = matches!(error, Error::Namespace(NamespaceError::TooManyBindings(_)));
            if too_many { XmlFault::Namespaces } else { XmlFault::Syntax }
        })?;
        let is_ofd = matches!(namespace, ResolveResult::Bound(Namespace(name)) if NAMESPACES.contains(&name));
        if matches!(namespace, ResolveResult::Unknown(_)) {
            return Err(XmlFault::Syntax);
        }
        if !walk.event(event, is_ofd)? {
            return Ok(());
        }
    }
}

/// XML 1.0 §2.2.
pub(crate) fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

struct Walk<'v, V> {
    visitor: &'v mut V,
    /// Names and texts of the elements that have begun and not ended.
    open: Vec<(String, String)>,
    has_root: bool,
    /// Something came before.
    begun: bool,
}

impl<V: Visit> Walk<'_, V> {
    /// Whether more may follow.
    fn event(&mut self, event: Event<'_>, is_ofd: bool) -> Result<bool, XmlFault> {
        let first = !std::mem::replace(&mut self.begun, true);
        match event {
            Event::Start(start) => self.start(&start, is_ofd)?,
            Event::End(_) => {
                let (name, text) = self.open.pop().ok_or(XmlFault::Syntax)?;
                self.visitor.end(&name, text)?;
            }
            Event::Text(text) => self.text(&text.xml10_content())?,
            Event::CData(text) if !self.open.is_empty() => self.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = character(&reference)?;
                self.text(character.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(declaration) if first => check_declaration(&declaration)?,
            Event::DocType(_) => return Err(XmlFault::DocumentType),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if self.has_root && self.open.is_empty() => return Ok(false),
            Event::Empty(_) | Event::CData(_) | Event::Decl(_) | Event::Eof => return Err(XmlFault::Syntax),
        }
        Ok(true)
    }

    fn start(&mut self, start: &BytesStart<'_>, is_ofd: bool) -> Result<(), XmlFault> {
        if self.open.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err(XmlFault::Syntax);
        }
        if self.open.len() == MAX_XML_DEPTH {
            return Err(XmlFault::Depth);
        }
        let attributes = attributes(start)?;
        let local = start.local_name();
        let name: &str = local.as_ref();
        self.visitor.start(Start { name, attributes, is_ofd })?;
        self.open.push((name.to_owned(), String::new()));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        match self.open.last_mut() {
            Some((_, all)) => all.push_str(text),
            None if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() => {}
            None => return Err(XmlFault::Syntax),
        }
        Ok(())
    }
}

/// The attributes but the declarations of namespaces.
fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, XmlFault> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (count, attribute) in start.attributes().enumerate() {
        if count == MAX_XML_ATTRIBUTES {
            return Err(XmlFault::Attributes);
        }
        let attribute = attribute.map_err(|error| {
            let twice = matches!(error, AttrError::Duplicated(..));
            if twice { XmlFault::AttributeTwice } else { XmlFault::Syntax }
        })?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value =
            attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| XmlFault::Entity)?.into_owned();
        if value.contains(|c: char| !is_xml_character(c)) {
            return Err(XmlFault::Syntax);
        }
        let local = attribute.key.local_name();
        let name: &str = local.as_ref();
        if found.iter().any(|(known, _)| known == name) {
            return Err(XmlFault::AttributeTwice);
        }
        found.push((name.to_owned(), value));
    }
    Ok(found)
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlFault> {
    if declaration.version().map_err(|_| XmlFault::Syntax)? != "1.0" {
        return Err(XmlFault::Version);
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("UTF-8") => Ok(()),
        Some(_) => Err(XmlFault::Encoding),
    }
}

/// The character that a reference means: by its number, or one of the five that XML itself has.
fn character(reference: &BytesRef<'_>) -> Result<char, XmlFault> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| XmlFault::Syntax)? {
        return if is_xml_character(c) { Ok(c) } else { Err(XmlFault::Syntax) };
    }
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(XmlFault::Entity),
    }
}
