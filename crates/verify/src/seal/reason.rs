reasons! {
    /// Why a seal or a seal signature did not pass. Closed; codes are stable.
    pub enum SealReason;
    /// Beyond a size limit.
    TooLarge("seal_too_large", Failed, "format 11.2", Holder) {
        "印章或签章数据超过允许的大小", "The seal data is larger than allowed",
        "请提交原始文件", "Present the original file" }
    /// No seal, and no seal signature.
    Malformed("seal_malformed", Failed, "GB/T 38540 6.3 a, 7.3 a", Holder) {
        "数据格式不符合电子印章或电子签章的规定", "The data is not of the format of a seal or a seal signature",
        "请提交未经改动的原文件", "Present the file as it was made" }
    /// A deviation that only tolerant reading accepts.
    Deviates("seal_deviates", Failed, "format 11.2", Issuer) {
        "编码与标准有出入", "The encoding deviates from the standard",
        "由制章方按标准重新制作", "The maker has to make it again as the standard says" }

    /// The algorithm or the key is not one that is accepted.
    AlgorithmNotAccepted("seal_algorithm_not_accepted", Failed, "GB/T 38540 7.3 b", Issuer) {
        "签名算法或密钥类型不被接受", "The signature algorithm or the kind of key is not accepted",
        "由签章方用规定算法重新签章", "The signer has to use an accepted algorithm" }
    /// The algorithm had come to its end when it was used, or has since been broken.
    AlgorithmEnded("seal_algorithm_ended", Failed, "format 7", Issuer) {
        "签名或证书所用的签名算法已停用", "The algorithm of a signature, or of a certificate behind it, had come to its end",
        "由制章方或签章方用现行算法重新办理", "The maker or the signer has to do it again with a current algorithm" }
    /// The signature value of the seal signature does not match.
    SignatureMismatch("seal_signature_mismatch", Failed, "GB/T 38540 7.3 b", Holder) {
        "电子签章的签名值不符：签章数据被改动", "The signature of the seal signature does not match: it was changed",
        "不予采信，请提交原始文件", "Do not rely on it; present the original file" }
    /// The maker's signature does not match.
    MakerSignatureMismatch("maker_signature_mismatch", Failed, "GB/T 38540 6.3 b", Issuer) {
        "电子印章的制章人签名不符：印章被改动或伪造", "The maker's signature does not match: the seal was changed or forged",
        "不予采信，联系印章所属单位核实", "Do not rely on it; ask the owner of the seal" }

    /// The signer's certificate cannot be read.
    SignerMalformed("signer_certificate_malformed", Failed, "GB/T 38540 7.3 c", Issuer) {
        "签章人证书无法解析", "The signer's certificate cannot be read",
        "由签章方更换证书后重新签章", "The signer needs another certificate and has to seal again" }
    /// The maker's certificate cannot be read.
    MakerMalformed("maker_certificate_malformed", Failed, "GB/T 38540 6.3 c", Issuer) {
        "制章人证书无法解析", "The maker's certificate cannot be read",
        "由制章方更换证书后重新制章", "The maker needs another certificate and has to make the seal again" }
    /// There is no path from the signer's certificate to an anchor.
    SignerChainMissing("signer_chain_missing", Open, "GB/T 38540 7.3 c", Verifier) {
        "找不到签章人证书的信任链", "No path from the signer's certificate to a trusted one is known",
        "取得签发机构的根证书并确认可信后重新核验", "Obtain the authority's root certificate, decide whether to trust it, and verify again" }
    /// There is no path from the maker's certificate to an anchor.
    MakerChainMissing("maker_chain_missing", Open, "GB/T 38540 6.3 c", Verifier) {
        "找不到制章人证书的信任链", "No path from the maker's certificate to a trusted one is known",
        "取得签发机构的根证书并确认可信后重新核验", "Obtain the authority's root certificate, decide whether to trust it, and verify again" }
    /// A step of the signer's path does not hold.
    SignerChainInvalid("signer_chain_invalid", Failed, "GB/T 38540 7.3 c", Issuer) {
        "签章人证书的信任链无效", "The path of the signer's certificate is not valid",
        "不予采信，由签章方更换证书后重新签章", "Do not rely on it; the signer needs another certificate" }
    /// A step of the maker's path does not hold.
    MakerChainInvalid("maker_chain_invalid", Failed, "GB/T 38540 6.3 c", Issuer) {
        "制章人证书的信任链无效", "The path of the maker's certificate is not valid",
        "不予采信，由制章方更换证书后重新制章", "Do not rely on it; the maker needs another certificate" }
    /// The signer's certificate is not one for signatures.
    SignerKeyUsage("signer_key_usage", Failed, "GB/T 38540 7.3 c", Issuer) {
        "签章人证书的密钥用途不允许签名", "The signer's certificate is not for signatures",
        "由签章方使用签名证书重新签章", "The signer has to use a certificate for signatures" }
    /// The maker's certificate is not one for signatures.
    MakerKeyUsage("maker_key_usage", Failed, "GB/T 38540 6.3 c", Issuer) {
        "制章人证书的密钥用途不允许签名", "The maker's certificate is not for signatures",
        "由制章方使用签名证书重新制章", "The maker has to use a certificate for signatures" }
    /// The signer's certificate was revoked before it signed.
    SignerRevoked("signer_revoked", Failed, "GM/T 0031-2014 6.2.3 d", Issuer) {
        "签章前签章人证书已被吊销", "The signer's certificate was revoked before it signed",
        "不予采信，联系签章单位", "Do not rely on it; ask the signer" }
    /// The maker's certificate was revoked.
    MakerRevoked("maker_revoked", Failed, "GB/T 38540 6.3 c", Issuer) {
        "制章人证书已被吊销", "The maker's certificate was revoked",
        "由制章方重新制章", "The maker has to make the seal again" }
    /// The signer's certificate was revoked since; that it signed before is its own word.
    SignerRevokedUnproven("signer_revoked_unproven", Open, "format 11.3", Issuer) {
        "签章人证书此后被吊销，且无时间戳证明签章在吊销之前", "The signer's certificate was revoked since, and no timestamp proves that it signed before",
        "不予采信，由签章方以有效证书重新签章", "Do not rely on it; the signer has to seal again with a valid certificate" }
    /// The maker's certificate was revoked since; that the seal was made before is its own word.
    MakerRevokedUnproven("maker_revoked_unproven", Open, "format 11.3", Verifier) {
        "制章人证书此后被吊销，且无法证明印章在吊销之前制作", "The maker's certificate was revoked since, and nothing proves that the seal was made before",
        "以列有该印章的信任列表重新核验，或由制章方重新制章", "Verify with a trust list that names the seal, or have the seal made again" }
    /// Nobody knows whether the signer's certificate is revoked.
    SignerRevocationUnknown("signer_revocation_unknown", Open, "GB/T 38540 7.3 c", Verifier) {
        "无法确定签章人证书是否被吊销", "Whether the signer's certificate is revoked is not known",
        "取得最新吊销列表后重新核验", "Obtain a fresh revocation list and verify again" }
    /// Nobody knows whether the maker's certificate is revoked.
    MakerRevocationUnknown("maker_revocation_unknown", Open, "GB/T 38540 6.3 c", Verifier) {
        "无法确定制章人证书是否被吊销", "Whether the maker's certificate is revoked is not known",
        "取得最新吊销列表后重新核验", "Obtain a fresh revocation list and verify again" }
    /// The maker's certificate was not valid at the instant that counts.
    MakerNotInTime("maker_not_in_time", Failed, "GB/T 38540 6.3 c", Issuer) {
        "制章人证书不在有效期内", "The maker's certificate is not in its time",
        "由制章方更换证书后重新制章", "The maker needs another certificate and has to make the seal again" }
    /// The maker's certificate is not that of a seal maker.
    MakerNotListed("maker_not_listed", Open, "format 11.3", Verifier) {
        "制章人不在可信制章人名单中", "The maker is not listed as a seal maker",
        "确认制章人资质后加入名单，再重新核验", "Find out whether the maker may make seals, list it, and verify again" }
    /// The user of a seal made it.
    MakerIsSigner("maker_is_signer", Failed, "format 11.3", Issuer) {
        "印章由其使用者自行制作", "The seal was made by one of its own users",
        "不予采信，由制章人重新制章", "Do not rely on it; a seal maker has to make the seal" }

    /// The signer's certificate is not in the seal's list.
    SignerNotListed("signer_not_listed", Failed, "GB/T 38540 7.3 c", Issuer) {
        "签章人证书不在印章的证书列表中", "The signer's certificate is not in the list of the seal",
        "不予采信；证书已更新的，应重新制章", "Do not rely on it; if the certificate was renewed, the seal has to be made again" }
    /// The list has digests of an algorithm that is not accepted.
    ListDigestNotAccepted("list_digest_not_accepted", Failed, "GB/T 38540 7.3 c", Issuer) {
        "证书列表所用摘要算法不被接受", "The digest algorithm of the list is not accepted",
        "由制章方重新制章", "The maker has to make the seal again" }

    /// The signature is from the future.
    SignedInFuture("signed_in_future", Failed, "GM/T 0031-2014 6.2.3 d", Issuer) {
        "签章时间晚于当前时间", "The signing time lies in the future",
        "核对签章方与核验方的时钟", "Compare the clocks of signer and verifier" }
    /// The signature was made while the signer's certificate was not valid.
    SignedOutsideCertificate("signed_outside_certificate", Failed, "GM/T 0031-2014 6.2.3 d", Issuer) {
        "签章时间不在签章人证书有效期内", "It was signed outside the validity of the signer's certificate",
        "由签章方重新签章", "The signer has to seal again" }
    /// The signing time is a timestamp token, which is not verified yet.
    SigningTimeUnverified("signing_time_unverified", Open, "GM/T 0031-2014 6.2.3 d", Verifier) {
        "签章时间以时间戳给出，暂不能核验", "The signing time is a timestamp token, which cannot be verified here",
        "用支持时间戳的核验工具核验", "Verify it with a tool that supports timestamps" }

    /// No document was given.
    DocumentMissing("document_missing", Open, "GB/T 38540 7.3 e", Verifier) {
        "未提供被签章的原文", "The document that was sealed is not at hand",
        "连同原文一起核验", "Verify it together with the document" }
    /// The document is not the one that was sealed.
    DocumentMismatch("document_mismatch", Failed, "GB/T 38540 7.3 e", Holder) {
        "原文摘要不符：文件在签章后被改动", "The document is not the one that was sealed, or was changed since",
        "不予采信，请提交签章时的原文", "Do not rely on it; present the document as it was sealed" }

    /// The seal was made in the future, or after its validity.
    MadeImplausibly("made_implausibly", Failed, "GM/T 0031-2025 6.3 c", Issuer) {
        "印章制作时间不合理", "The time at which the seal was made is not plausible",
        "联系制章方核实", "Ask the maker" }
    /// The seal was not valid yet.
    SealNotYetValid("seal_not_yet_valid", Failed, "GB/T 38540 6.3 d", Issuer) {
        "印章尚未生效", "The seal is not valid yet",
        "在印章有效期内重新签章", "Seal again within the validity of the seal" }
    /// The seal was not valid any more.
    SealExpired("seal_expired", Failed, "GB/T 38540 6.3 d", Issuer) {
        "印章已过有效期", "The seal is past its validity",
        "换发印章后重新签章", "Renew the seal and seal again" }

    /// A timestamp is none, is over something else, or is not one to be relied on.
    TimestampInvalid("timestamp_invalid", Failed, "GM/T 0031-2025 6.3 f", Issuer) {
        "时间戳无效", "The timestamp is not valid",
        "由签章方重新加盖时间戳", "The signer has to obtain another timestamp" }
    /// Whether the timestamp is valid is not known.
    TimestampUnverified("timestamp_unverified", Open, "GM/T 0031-2025 6.3 f", Verifier) {
        "无法确定时间戳是否有效", "Whether the timestamp is valid is not known",
        "取得时间戳机构的根证书和吊销列表后重新核验", "Obtain the authority's root certificate and revocation list and verify again" }

    /// The trust list does not name the seal.
    NotRegistered("seal_not_registered", Open, "format 11.4", Verifier) {
        "信任列表中没有该印章", "The trust list does not name the seal",
        "更新信任列表后重新核验；仍未列入的不予采信", "Update the trust list and verify again; if it is still missing, do not rely on it" }
    /// The trust list names another seal under this identifier.
    NotAsRegistered("seal_not_as_registered", Failed, "format 11.4", Issuer) {
        "印章与备案的印章不一致", "The seal is not the one that is registered under its identifier",
        "不予采信，联系印章所属单位核实", "Do not rely on it; ask the owner of the seal" }
    /// The seal was suspended, recalled or destroyed, or not in use yet.
    NotInForce("seal_not_in_force", Failed, "format 11.4", Issuer) {
        "签章时印章处于停用、收回、销毁或未启用状态", "The seal was not in use: suspended, recalled, destroyed, or not yet taken into use",
        "不予采信，由印章所属单位以在用印章重新签章", "Do not rely on it; the owner has to use a seal in use" }
    /// The trust list is from the future.
    RegisterFromFuture("seal_register_from_future", Open, "format 11.4", Verifier) {
        "信任列表的签发时间晚于当前时间", "The trust list was issued in the future",
        "核对时钟后重新核验", "Compare the clocks and verify again" }
    /// The trust list is past its time.
    RegisterStale("seal_register_stale", Open, "format 11.4", Verifier) {
        "信任列表已过期", "The trust list is past its time",
        "更新信任列表后重新核验", "Update the trust list and verify again" }
}
