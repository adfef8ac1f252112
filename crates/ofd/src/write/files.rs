//! The files of a document (GB/T 33190 §7.4 to §7.9, §16, §20).

use std::fmt::Write as _;
use std::ops::Range;

use boyin_model::time::UnixTime;

use super::container::Piece;
use super::draft::{AttachmentDraft, DocumentDraft, TagDraft};
use super::error::{Place, WriteError, WriteFault};
use super::page::{self, Numbers};
use super::seal::Unsealed;
use super::text::{Escaped, Mm, NAMESPACE, XMLNS, file};
use crate::limits::{MAX_STRUCTURE_BYTES, MAX_TAGGED_OBJECTS, MAX_XML_BYTES};

/// Root of the file of tags.
const TAGS: &str = "Metadata";

impl DocumentDraft<'_> {
    /// Checks the draft and fixes the bytes of every file of the document.
    ///
    /// # Errors
    /// [`WriteError`] with the first fault.
    pub fn write(&self) -> Result<Unsealed, WriteError> {
        super::check::check(self)?;
        let (pages, fonts, images) = (self.pages.len(), self.fonts.len(), self.images.len());
        let mut numbers =
            Numbers { fonts: 1 + pages, images: 1 + pages + fonts, next: 1 + pages + fonts + images };
        let mut pieces = Vec::new();
        let mut put =
            |name: &str, bytes: Vec<u8>| pieces.push(Piece { name: format!("Doc_0/{name}"), bytes });
        let (mut written, mut objects) = (Vec::with_capacity(pages), Vec::with_capacity(pages));
        for (nth, page) in self.pages.iter().enumerate() {
            let (bytes, of_marks) = page::write(page, &mut numbers);
            Place::Page(nth).needs(bytes.len() <= MAX_XML_BYTES, WriteFault::Size)?;
            objects.push(of_marks);
            written.push((format!("Pages/Page_{nth}/Content.xml"), bytes));
        }
        put("Document.xml", self.root(&numbers));
        if fonts > 0 {
            put("PublicRes.xml", self.public_resources());
        }
        if images > 0 {
            put("DocumentRes.xml", self.document_resources());
        }
        written.into_iter().for_each(|(name, bytes)| put(&name, bytes));
        for (nth, font) in self.fonts.iter().enumerate() {
            put(&format!("Res/{}", font_file(nth, font.bytes)), font.bytes.to_vec());
        }
        for (nth, image) in self.images.iter().enumerate() {
            put(&format!("Res/{}", image_file(nth)), image.to_vec());
        }
        if !self.tags.is_empty() {
            put("Tags/CustomTags.xml", tag_list());
            put("Tags/CustomTag.xml", self.tag_file(&objects)?);
        }
        if !self.attachments.is_empty() {
            put("Attachs/Attachments.xml", attachments(&self.attachments, self.created));
            for AttachmentDraft { name, format, bytes } in &self.attachments {
                put(&format!("Attachs/{name}.{format}"), bytes.to_vec());
            }
        }
        let entry = self.entry();
        let is_read = entry.len() + Unsealed::ROOT_END_BYTES <= MAX_STRUCTURE_BYTES;
        Place::Document.needs(is_read, WriteFault::Size)?;
        let sizes = self.pages.iter().map(|page| (page.width, page.height)).collect();
        Ok(Unsealed { entry, pieces, pages: sizes })
    }

    /// `OFD.xml` up to where it names the signatures.
    fn entry(&self) -> String {
        let mut body = format!(r#"<ofd:OFD {XMLNS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>"#);
        let (title, author) = (self.title.map(Escaped), self.author.map(Escaped));
        let _ = write!(body, "<ofd:DocID>{}</ofd:DocID>", self.id);
        if let Some(title) = title {
            let _ = write!(body, "<ofd:Title>{title}</ofd:Title>");
        }
        if let Some(author) = author {
            let _ = write!(body, "<ofd:Author>{author}</ofd:Author>");
        }
        let (date, creator) = (self.created.date(), Escaped(self.creator));
        let _ =
            write!(body, "<ofd:CreationDate>{date}</ofd:CreationDate><ofd:Creator>{creator}</ofd:Creator>");
        if !self.custom.is_empty() {
            body.push_str("<ofd:CustomDatas>");
            for (name, value) in &self.custom {
                let (name, value) = (Escaped(name), Escaped(value));
                let _ = write!(body, r#"<ofd:CustomData Name="{name}">{value}</ofd:CustomData>"#);
            }
            body.push_str("</ofd:CustomDatas>");
        }
        body + "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
    }

    /// `Document.xml`.
    fn root(&self, numbers: &Numbers) -> Vec<u8> {
        let mut body = format!("<ofd:Document {XMLNS}><ofd:CommonData>");
        let _ = write!(body, "<ofd:MaxUnitID>{}</ofd:MaxUnitID>", numbers.next - 1);
        body.extend(self.pages.first().map(|page| page::area("ofd:PageArea", page)));
        if !self.fonts.is_empty() {
            body.push_str("<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>");
        }
        if !self.images.is_empty() {
            body.push_str("<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>");
        }
        body.push_str("</ofd:CommonData><ofd:Pages>");
        for nth in 0..self.pages.len() {
            let id = page_number(nth);
            let _ = write!(body, r#"<ofd:Page ID="{id}" BaseLoc="Pages/Page_{nth}/Content.xml"/>"#);
        }
        body.push_str("</ofd:Pages>");
        if !self.tags.is_empty() {
            body.push_str("<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>");
        }
        if !self.attachments.is_empty() {
            body.push_str("<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>");
        }
        file(&(body + "</ofd:Document>"))
    }

    /// The file of the tags: an element for each metadatum, with the objects of its marks.
    fn tag_file(&self, objects: &[Vec<Range<usize>>]) -> Result<Vec<u8>, WriteError> {
        let mut body = format!("<ofd:{TAGS} {XMLNS}>");
        let mut count = 0;
        for TagDraft { name, marks } in &self.tags {
            let _ = write!(body, "<ofd:{name}>");
            for place in marks {
                let page = page_number(place.page);
                for object in objects[place.page][place.mark].clone() {
                    count += 1;
                    Place::Document.needs(count <= MAX_TAGGED_OBJECTS, WriteFault::TooMany)?;
                    let _ = write!(body, r#"<ofd:ObjectRef PageRef="{page}">{object}</ofd:ObjectRef>"#);
                }
            }
            let _ = write!(body, "</ofd:{name}>");
        }
        let _ = write!(body, "</ofd:{TAGS}>");
        Ok(file(&body))
    }

    /// `PublicRes.xml`: the fonts.
    fn public_resources(&self) -> Vec<u8> {
        let mut body = format!(r#"<ofd:Res {XMLNS} BaseLoc="Res"><ofd:Fonts>"#);
        for (nth, font) in self.fonts.iter().enumerate() {
            let id = 1 + self.pages.len() + nth;
            let (family, place) = (Escaped(font.family), font_file(nth, font.bytes));
            let _ = write!(
                body,
                r#"<ofd:Font ID="{id}" FontName="{family}" FamilyName="{family}"><ofd:FontFile>{place}</ofd:FontFile></ofd:Font>"#
            );
        }
        file(&(body + "</ofd:Fonts></ofd:Res>"))
    }

    /// `DocumentRes.xml`: the pictures.
    fn document_resources(&self) -> Vec<u8> {
        let mut body = format!(r#"<ofd:Res {XMLNS} BaseLoc="Res"><ofd:MultiMedias>"#);
        for nth in 0..self.images.len() {
            let id = 1 + self.pages.len() + self.fonts.len() + nth;
            let place = image_file(nth);
            let _ = write!(
                body,
                r#"<ofd:MultiMedia ID="{id}" Type="Image" Format="PNG"><ofd:MediaFile>{place}</ofd:MediaFile></ofd:MultiMedia>"#
            );
        }
        file(&(body + "</ofd:MultiMedias></ofd:Res>"))
    }
}

/// Pages have the first numbers.
pub(super) fn page_number(nth: usize) -> usize {
    1 + nth
}

fn font_file(nth: usize, bytes: &[u8]) -> String {
    let ending = if bytes.starts_with(b"OTTO") { "otf" } else { "ttf" };
    format!("font_{nth}.{ending}")
}

fn image_file(nth: usize) -> String {
    format!("image_{nth}.png")
}

/// `CustomTags.xml`: the one file of tags. The text of the standard asks for `TypeID`, its schema for `NameSpace`.
fn tag_list() -> Vec<u8> {
    file(&format!(
        r#"<ofd:CustomTags {XMLNS}><ofd:CustomTag TypeID="{TAGS}" NameSpace="{NAMESPACE}"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>"#
    ))
}

/// `Attachments.xml`.
fn attachments(attachments: &[AttachmentDraft<'_>], created: UnixTime) -> Vec<u8> {
    let mut body = format!("<ofd:Attachments {XMLNS}>");
    for (nth, AttachmentDraft { name, format, bytes }) in attachments.iter().enumerate() {
        // In kilobytes, to the next thousandth.
        let size = i64::try_from((bytes.len() * 1000).div_ceil(1024)).map_or(Mm(i64::MAX), Mm);
        let id = nth + 1;
        let _ = write!(
            body,
            r#"<ofd:Attachment ID="a{id:03}" Name="{name}" Format="{format}" CreationDate="{created}" Size="{size}"><ofd:FileLoc>{name}.{format}</ofd:FileLoc></ofd:Attachment>"#
        );
    }
    file(&(body + "</ofd:Attachments>"))
}
