reasons! {
    /// Why a digital signature did not pass. Closed; codes are stable.
    pub enum SignedDataReason;
    /// Not SignedData, or beyond a limit.
    Malformed("cms_malformed", Failed, "GB/T 35275 8", Holder) {
        "数字签名数据格式不符合规定", "The data is not of the format of a digital signature",
        "请提交未经改动的原文件", "Present the file as it was made" }
    /// The certificate of the signer is not in it.
    SignerMissing("cms_signer_missing", Open, "GB/T 35275 8", Verifier) {
        "数字签名中没有签名人证书", "The signer's certificate is not in the signature",
        "取得签名人证书后另行核验", "Obtain the signer's certificate and verify with it" }
    /// The algorithm or the key is not one that is accepted.
    AlgorithmNotAccepted("cms_algorithm_not_accepted", Failed, "GB/T 35275 7", Issuer) {
        "签名算法或密钥类型不被接受", "The signature algorithm or the kind of key is not accepted",
        "由签名方用规定算法重新签名", "The signer has to use an accepted algorithm" }
    /// The algorithm had come to its end when it was used, or has since been broken.
    AlgorithmEnded("cms_algorithm_ended", Failed, "format 7", Issuer) {
        "签名或证书所用的签名算法已停用", "The algorithm of the signature, or of a certificate behind it, had come to its end",
        "由签名方用现行算法重新签名", "The signer has to sign again with a current algorithm" }
    /// The signature does not match.
    SignatureMismatch("cms_signature_mismatch", Failed, "GB/T 35275 8", Holder) {
        "数字签名的签名值不符", "The signature does not match",
        "不予采信，请提交原始文件", "Do not rely on it; present the original file" }
    /// There is no path from the signer's certificate to an anchor.
    ChainMissing("cms_chain_missing", Open, "ofd 5", Verifier) {
        "找不到签名人证书的信任链", "No path from the signer's certificate to a trusted one is known",
        "取得签发机构的根证书并确认可信后重新核验", "Obtain the authority's root certificate, decide whether to trust it, and verify again" }
    /// A step of the path does not hold.
    ChainInvalid("cms_chain_invalid", Failed, "ofd 5", Issuer) {
        "签名人证书的信任链无效", "The path of the signer's certificate is not valid",
        "不予采信，由签名方更换证书后重新签名", "Do not rely on it; the signer needs another certificate" }
    /// The certificate is not one for signatures.
    KeyUsage("cms_key_usage", Failed, "ofd 5", Issuer) {
        "签名人证书的密钥用途不允许签名", "The signer's certificate is not for signatures",
        "由签名方使用签名证书重新签名", "The signer has to use a certificate for signatures" }
    /// The certificate was revoked before it signed.
    Revoked("cms_revoked", Failed, "ofd 5", Issuer) {
        "签名前签名人证书已被吊销", "The signer's certificate was revoked before it signed",
        "不予采信，联系签名单位", "Do not rely on it; ask the signer" }
    /// The certificate was revoked since; that it signed before is its own word.
    RevokedUnproven("cms_revoked_unproven", Open, "ofd 5", Issuer) {
        "签名人证书已被吊销，且无法证明签名在吊销之前", "The signer's certificate is revoked, and nothing proves that it signed before",
        "不予采信，由签名方以有效证书重新签名", "Do not rely on it; the signer has to sign again with a valid certificate" }
    /// Nobody knows whether the certificate is revoked.
    RevocationUnknown("cms_revocation_unknown", Open, "ofd 5", Verifier) {
        "无法确定签名人证书是否被吊销", "Whether the signer's certificate is revoked is not known",
        "取得最新吊销列表后重新核验", "Obtain a fresh revocation list and verify again" }
    /// The signature is from the future.
    FromFuture("cms_from_future", Failed, "ofd 5", Issuer) {
        "签名时间晚于当前时间", "The signing time lies in the future",
        "核对签名方与核验方的时钟", "Compare the clocks of signer and verifier" }
    /// It was made while the certificate was not valid.
    OutsideCertificate("cms_outside_certificate", Failed, "ofd 5", Issuer) {
        "签名时间不在签名人证书有效期内", "It was signed outside the validity of the signer's certificate",
        "由签名方重新签名", "The signer has to sign again" }
    /// It does not say when it was made, and the certificate is not valid now.
    TimeUnknown("cms_time_unknown", Open, "ofd 5", Issuer) {
        "数字签名没有签名时间，而签名人证书现已不在有效期内", "The signature does not say when it was made, and its certificate is not valid now",
        "由签名方以有效证书重新签名", "The signer has to sign again with a valid certificate" }
    /// The document is not the one that was signed.
    DocumentMismatch("cms_document_mismatch", Failed, "GB/T 35275 8", Holder) {
        "原文摘要不符：签名文件在签名后被改动", "The document is not the one that was signed, or was changed since",
        "不予采信，请提交签名时的原文", "Do not rely on it; present the document as it was signed" }
}
