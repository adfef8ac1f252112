//! Signatures with their certificates: SignedData of GB/T 35275 (GM/T 0010), and of CMS (RFC 5652), which it follows.
//!
//! ```text
//! ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT SignedData }
//! SignedData  ::= SEQUENCE { version INTEGER, digestAlgorithms SET, contentInfo SEQUENCE { contentType OBJECT IDENTIFIER,
//!                     content [0] EXPLICIT OCTET STRING OPTIONAL }, certificates [0] IMPLICIT SET OPTIONAL,
//!                     crls [1] OPTIONAL, signerInfos SET SIZE (1) }
//! SignerInfo  ::= SEQUENCE { version INTEGER, sid, digestAlgorithm, signedAttrs [0] IMPLICIT SET OPTIONAL,
//!                     signatureAlgorithm, signature OCTET STRING, unsignedAttrs [1] OPTIONAL }
//! ```
//! Two shapes are in the field. One has the digest of the document for its content and no attributes: the signature is
//! over the content. The other has no content: the attributes hold the digest of the document and are what is signed.
//! Errors, notes and parts are those of [`timestamp`](crate::timestamp), whose tokens are SignedData too.

#[cfg(test)]
mod tests;

use std::fmt;

use der::asn1::ObjectIdentifier;

use crate::json::Reader;
use crate::limits::MAX_CERTIFICATE_BYTES;
use crate::timestamp::read::{after_content, check_listed, content_info, document, signer_id};
use crate::timestamp::reading::{At as _, Reading, algorithm, oid};
use crate::timestamp::{
    Algorithm, Fault, Note, SIGNED_DATA, SIGNED_DATA_GM, SignedAttributes, SignerId, Syntax, TimestampError,
    whole_algorithm,
};
use crate::tlv::{CONTEXT_0, CONTEXT_1, Cursor, Element, INTEGER, OCTET_STRING, SEQUENCE, SET};

/// `data` of GB/T 35275.
pub const DATA_GM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.6.1.4.2.1");
/// `data` of CMS.
pub const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// A signature with its certificates, read but not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedData<'b> {
    /// Which standard it follows.
    pub syntax: Syntax,
    /// What its content is.
    pub content_type: ObjectIdentifier,
    /// The content; `None` if what was signed stands elsewhere.
    pub content: Option<&'b [u8]>,
    /// Certificates that came with it, DER.
    pub certificates: Vec<&'b [u8]>,
    /// Who signed, and how.
    pub signer: ContentSigner<'b>,
    /// Deviations that [`Reader::Field`] accepted.
    pub notes: Vec<Note>,
}

/// `SignerInfo`.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentSigner<'b> {
    /// Whose signature it is.
    pub id: SignerId<'b>,
    /// Digest algorithm of the content.
    pub digest: Algorithm,
    /// Signature algorithm; of the key alone in some files.
    pub algorithm: Algorithm,
    /// What is signed; `None` if that is the content.
    pub attributes: Option<SignedAttributes<'b>>,
    /// The signature.
    pub signature: &'b [u8],
}

impl ContentSigner<'_> {
    /// The signature algorithm together with its digest; `None` if it has parameters.
    #[must_use]
    pub fn whole_algorithm(&self) -> Option<ObjectIdentifier> {
        whole_algorithm(&self.digest, &self.algorithm)
    }
}

/// Names the type only.
impl fmt::Debug for SignedData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedData(..)")
    }
}

/// Names the type only.
impl fmt::Debug for ContentSigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentSigner(..)")
    }
}

/// Whether the bytes begin as SignedData does. Whether they are one is for the reader to say.
#[must_use]
pub fn is_signed_data(bytes: &[u8]) -> bool {
    let mut outer = Cursor::new(bytes);
    let Ok(whole) = outer.expect(SEQUENCE, "ContentInfo") else {
        return false;
    };
    let kind = oid(&mut whole.inside(), "contentType");
    kind.is_ok_and(|kind| kind == SIGNED_DATA || kind == SIGNED_DATA_GM)
}

impl<'b> SignedData<'b> {
    /// Reads SignedData in its ContentInfo, which must fill `bytes`; at most
    /// [`MAX_TOKEN_BYTES`](crate::limits::MAX_TOKEN_BYTES).
    ///
    /// # Errors
    /// [`TimestampError`] with the first field at fault.
    pub fn read(bytes: &'b [u8], reader: Reader) -> Result<Self, TimestampError> {
        let whole = document(bytes, "ContentInfo")?;
        let (syntax, signed) = content_info(&whole, "ContentInfo")?;
        let mut reading = Reading::new(reader);
        let mut read = Self::of(&signed, syntax, &mut reading)?;
        read.notes = reading.notes;
        Ok(read)
    }

    fn of(signed: &Element<'b>, syntax: Syntax, reading: &mut Reading) -> Result<Self, TimestampError> {
        let mut parts = signed.inside();
        version(&mut parts, "SignedData.version", reading)?;
        let digests = parts.expect(SET, "digestAlgorithms")?;
        let (content_type, content) = content(&parts.expect(SEQUENCE, "contentInfo")?)?;
        let (certificates, signer) = after_content(&mut parts, reading)?;
        let signer = signer_info(&signer, reading)?;
        check_listed(&digests, signer.digest.id, reading)?;
        Ok(Self { syntax, content_type, content, certificates, signer, notes: Vec::new() })
    }
}

/// GB/T 35275 knows only version 1; so does CMS for what it can sign here.
fn version(parts: &mut Cursor<'_>, field: &'static str, reading: &mut Reading) -> Result<(), TimestampError> {
    let number = parts.expect(INTEGER, field)?;
    if number.integer(field)? != 1 {
        reading.odd(Note::OddNumber, field, &number)?;
    }
    Ok(())
}

fn content<'b>(whole: &Element<'b>) -> Result<(ObjectIdentifier, Option<&'b [u8]>), TimestampError> {
    let mut inner = whole.inside();
    let kind = oid(&mut inner, "contentInfo.contentType")?;
    if kind != DATA && kind != DATA_GM {
        return Err(whole.fault("contentInfo.contentType", Fault::Value));
    }
    let content = match inner.maybe(CONTEXT_0, "contentInfo.content")? {
        Some(tagged) => {
            let mut tagged = tagged.inside();
            let content = tagged.expect(OCTET_STRING, "contentInfo.content")?.content;
            tagged.end("contentInfo.content")?;
            Some(content)
        }
        None => None,
    };
    inner.end("contentInfo")?;
    Ok((kind, content))
}

fn signer_info<'b>(whole: &Element<'b>, reading: &mut Reading) -> Result<ContentSigner<'b>, TimestampError> {
    let mut parts = whole.inside();
    version(&mut parts, "SignerInfo.version", reading)?;
    let id = signer_id(&mut parts)?;
    let digest = algorithm(&mut parts, "digestAlgorithm")?;
    let attributes = match parts.maybe(CONTEXT_0, "signedAttrs")? {
        Some(tagged) => Some(SignedAttributes::of(&tagged, reading)?),
        None => None,
    };
    let algorithm = algorithm(&mut parts, "signatureAlgorithm")?;
    let signature = parts.expect(OCTET_STRING, "signature")?;
    if signature.content.len() > MAX_CERTIFICATE_BYTES {
        return Err(signature.fault("signature", Fault::TooLarge));
    }
    if let Some(unsigned) = parts.maybe(CONTEXT_1, "unsignedAttrs")? {
        reading.odd(Note::UnsignedAttributes, "unsignedAttrs", &unsigned)?;
    }
    parts.end("SignerInfo")?;
    Ok(ContentSigner { id, digest, algorithm, attributes, signature: signature.content })
}
