use boyin_verify::seal::SealReason;
use boyin_verify::signed_data::SignedDataReason;
use boyin_verify::{AnyReason, ReasonInfo};

boyin_verify::reasons! {
    /// Why an OFD document did not pass, beside the reasons of its seals and signatures. Closed; codes are stable.
    pub enum OfdReason;
    /// Beyond a limit.
    TooLarge("ofd_too_large", Failed, "ofd 2", Holder) {
        "OFD 文件超过允许的大小或数量", "The document is beyond a limit of size or number",
        "请提交原始文件", "Present the original file" }
    /// No container.
    NotContainer("ofd_not_container", Failed, "GB/T 33190 6", Holder) {
        "文件不是 OFD 或已损坏", "The file is no OFD document, or it is damaged",
        "请重新下载并提交完整的文件", "Download it again and present the whole file" }
    /// Readers could see different contents.
    ContainerAmbiguous("ofd_container_ambiguous", Failed, "ofd 2", Issuer) {
        "文件包结构有歧义，不同软件可能读出不同内容", "The container can be read in two ways; programs may show different contents",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }
    /// An entry is encrypted.
    Encrypted("ofd_encrypted", Failed, "ofd 2", Holder) {
        "文件包已加密，无法核验", "The container is encrypted and cannot be verified",
        "请提交未加密的文件", "Present the file without encryption" }
    /// An entry is damaged.
    EntryDamaged("ofd_entry_damaged", Failed, "ofd 2", Holder) {
        "文件包中有文件损坏", "An entry of the container is damaged",
        "请重新下载并提交完整的文件", "Download it again and present the whole file" }
    /// A name that leads out of the container, or that systems read differently.
    NameUnsafe("ofd_name_unsafe", Failed, "ofd 2", Issuer) {
        "文件包中有不安全的文件名", "A name in the container is not safe",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }
    /// Two entries of one name.
    NameRepeated("ofd_name_repeated", Failed, "ofd 2", Issuer) {
        "文件包中有重名文件", "Two entries of the container have one name",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }

    /// `OFD.xml`, or a list of signatures, does not say what it has to.
    StructureMalformed("ofd_structure_malformed", Failed, "GB/T 33190 7.4", Issuer) {
        "OFD 文档结构不符合规定", "The structure of the document is not as the standard says",
        "请提交未经改动的原文件", "Present the file as it was made" }
    /// A file of the document is not there.
    PartMissing("ofd_part_missing", Failed, "GB/T 33190 7.4", Holder) {
        "OFD 文档缺少必要的文件", "A file that the document needs is missing",
        "请重新下载并提交完整的文件", "Download it again and present the whole file" }
    /// A location leads out of the container, or to two files.
    LocationUnsafe("ofd_location_unsafe", Failed, "GB/T 33190 7.3", Issuer) {
        "文档中的路径越出文件包或有歧义", "A location in the document leads out of the container, or to two files",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }
    /// A file of the content cannot be read.
    ContentMalformed("ofd_content_malformed", Failed, "GB/T 33190 7", Issuer) {
        "文档内容文件无法安全解析", "A file of the content cannot be read safely",
        "请提交未经改动的原文件", "Present the file as it was made" }

    /// A file that the content names is not there.
    ContentMissing("ofd_content_missing", Open, "ofd 3", Holder) {
        "文档引用的文件缺失：所显示的内容可能不完整", "A file that the document names is missing: what it shows may not be all",
        "请提交原始文件；确系原始文件的，向颁发机构核实", "Present the original file; if this is the original, ask the issuer" }

    /// No signature.
    NotSigned("ofd_not_signed", Failed, "GB/T 33190 18", Issuer) {
        "文档没有电子签章或数字签名", "The document has neither a seal nor a signature",
        "请提交经颁发机构签章的文件", "Present the file that the issuer sealed" }
    /// There are files of signatures that the document does not name.
    SignaturesDetached("ofd_signatures_detached", Failed, "GB/T 33190 18", Holder) {
        "文件包中有签名数据，但文档不再引用：签名已被摘除", "There are signatures in the container that the document no longer names",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }

    /// `Signature.xml` does not say what it has to.
    SignatureMalformed("ofd_signature_malformed", Failed, "GB/T 33190 18.2", Issuer) {
        "签名描述文件不符合规定", "The description of the signature is not as the standard says",
        "由签章方重新签章", "The signer has to sign again" }
    /// A file of the signature is not there.
    SignaturePartMissing("ofd_signature_part_missing", Failed, "GB/T 33190 18.2", Holder) {
        "签名缺少必要的文件", "A file that the signature needs is missing",
        "请重新下载并提交完整的文件", "Download it again and present the whole file" }
    /// References have a digest that has been broken.
    DigestWeak("ofd_digest_weak", Failed, "ofd 4", Issuer) {
        "签名采用已被攻破的摘要算法（MD5 或 SHA-1）", "The signature rests on a broken digest (MD5 or SHA-1)",
        "不予采信，由签章方用 SM3 重新签章", "Do not rely on it; the signer has to sign again with SM3" }
    /// The same, of a time when that was usual.
    DigestOld("ofd_digest_old", Open, "ofd 4", Issuer) {
        "早期文件，签名采用 MD5 或 SHA-1，已不足以证明内容未被改动", "An early file: its signature rests on MD5 or SHA-1, which no longer prove that nothing was changed",
        "向颁发机构核实，或由其重新签章", "Ask the issuer, or have it sealed again" }
    /// References have a digest that is not known.
    DigestUnknown("ofd_digest_unknown", Failed, "ofd 4", Issuer) {
        "签名采用的摘要算法不被接受", "The digest of the signature is not one that is accepted",
        "由签章方用 SM3 重新签章", "The signer has to sign again with SM3" }
    /// A reference leads out of the container, or to two files.
    ReferenceUnsafe("ofd_reference_unsafe", Failed, "GB/T 33190 18.2", Issuer) {
        "签名保护的文件路径越出文件包或有歧义", "A reference of the signature leads out of the container, or to two files",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }
    /// Two references to one file.
    ReferenceRepeated("ofd_reference_repeated", Failed, "GB/T 33190 18.2", Issuer) {
        "签名对同一文件引用两次", "The signature refers to one file twice",
        "不予采信，由签章方重新签章", "Do not rely on it; the signer has to sign again" }
    /// A file that was signed is not there.
    ReferenceMissing("ofd_reference_missing", Failed, "GB/T 33190 18.2", Holder) {
        "被签名保护的文件缺失", "A file that was signed is missing",
        "不予采信，请提交原始文件", "Do not rely on it; present the original file" }
    /// A file is not the one that was signed.
    ReferenceMismatch("ofd_reference_mismatch", Failed, "GB/T 33190 18.2", Holder) {
        "文件内容在签名后被改动", "A file was changed after it was signed",
        "不予采信，请提交原始文件", "Do not rely on it; present the original file" }
    /// A later signature was added though this one covered the list of signatures.
    BrokenByLater("ofd_broken_by_later", Failed, "ofd 5", Issuer) {
        "全文保护的签名之后又追加了签名，前一签名因此失效", "A later signature broke this one, which allowed none after it",
        "由签章方按续签方式重新依次签章", "The signers have to sign again, leaving room for later signatures" }
    /// A file that is shown is not covered.
    ContentUncovered("ofd_content_uncovered", Failed, "ofd 5", Issuer) {
        "有显示内容未被签名保护，可在签名后增改", "A file that is shown is not covered by the signature: it can have been added or changed",
        "不予采信，请提交原始文件；确系原始文件的由签章方重新签章", "Do not rely on it; present the original, or have it signed again in full" }
    /// A file that nothing refers to is not covered.
    EntryUnreferenced("ofd_entry_unreferenced", Failed, "ofd 5", Holder) {
        "文件包中夹带了未被签名保护、也未被引用的文件", "The container holds a file that is neither covered nor referred to",
        "不予采信，请提交未经改动的原文件", "Do not rely on it; present the file as it was made" }
    /// `OFD.xml` is not covered.
    RootUncovered("ofd_root_uncovered", Open, "ofd 5", Issuer) {
        "入口文件 OFD.xml 未被签名保护：元数据和所显示的版本可被替换", "OFD.xml is not covered: the metadata and the version that is shown can have been replaced",
        "向颁发机构核实，或由其重新签章并保护 OFD.xml", "Ask the issuer, or have it sealed again with OFD.xml covered" }
    /// The seal beside the signature is not the one within.
    SealFileDiffers("ofd_seal_file_differs", Failed, "GB/T 33190 18.2", Issuer) {
        "附带的印章文件与签章中的印章不一致", "The seal beside the signature is not the one within",
        "不予采信，请提交原始文件", "Do not rely on it; present the original file" }
    /// A seal stands beside a signature that has none.
    SealUnbound("ofd_seal_unbound", Failed, "ofd 5", Issuer) {
        "显示的印章没有签章数据支持", "A seal is shown that no seal signature stands behind",
        "不予采信，联系印章所属单位核实", "Do not rely on it; ask the owner of the seal" }
    /// The signature value is of no kind that is known.
    ValueUnknown("ofd_value_unknown", Failed, "GB/T 33190 18.2", Issuer) {
        "签名值不是已知的签章或签名格式", "The signature value is of no kind that is known",
        "由签章方按标准重新签章", "The signer has to sign again as the standards say" }
    /// The signature value comes without a certificate.
    ValueBare("ofd_value_bare", Open, "GB/T 33190 18.2", Verifier) {
        "签名值未附证书，无法确定签名人", "The signature comes without a certificate: nobody can tell whose it is",
        "取得签名人证书后另行核验", "Obtain the signer's certificate and verify with it" }
}

/// Why something did not pass: a reason of the document, or one of a seal or signature in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Of the document.
    Ofd(OfdReason),
    /// Of a seal signature.
    Seal(SealReason),
    /// Of a digital signature.
    SignedData(SignedDataReason),
}

impl Cause {
    /// What the reason means.
    #[must_use]
    pub fn info(self) -> ReasonInfo {
        match self {
            Self::Ofd(reason) => reason.info(),
            Self::Seal(reason) => reason.info(),
            Self::SignedData(reason) => reason.info(),
        }
    }

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.info().code
    }

    /// Whether it leaves the question open rather than answers it with no.
    #[must_use]
    pub fn is_indeterminate(self) -> bool {
        match self {
            Self::Ofd(reason) => reason.is_indeterminate(),
            Self::Seal(reason) => reason.is_indeterminate(),
            Self::SignedData(reason) => reason.is_indeterminate(),
        }
    }
}

impl AnyReason for Cause {
    fn info(self) -> ReasonInfo {
        Self::info(self)
    }

    fn is_indeterminate(self) -> bool {
        Self::is_indeterminate(self)
    }
}

impl From<OfdReason> for Cause {
    fn from(reason: OfdReason) -> Self {
        Self::Ofd(reason)
    }
}
