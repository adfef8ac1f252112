reasons! {
    /// Why a certificate did not pass. Closed; codes are stable.
    pub enum CertificateReason;
    /// Beyond a size limit.
    TooLarge("certificate_too_large", Failed, "certificates 4", Holder) {
        "证书超过允许的大小", "The certificate is larger than is read",
        "请提交原始证书", "Present the original certificate" }
    /// No certificate.
    Malformed("certificate_malformed", Failed, "RFC 5280 4.1", Issuer) {
        "证书无法解析", "The certificate cannot be read",
        "由签发机构重新签发证书", "The authority has to issue another one" }

    /// No path to an anchor is known.
    IssuerUnknown("path_issuer_unknown", Open, "RFC 5280 6.1", Verifier) {
        "找不到通向可信证书的路径", "No path to a trusted certificate is known",
        "取得签发机构的证书后重新核验", "Obtain the certificates of the authorities and verify again" }
    /// The search was given up.
    TooMuchWork("path_work_limit", Open, "certificates 4", Verifier) {
        "路径搜索超出工作量上限", "The search for a path was given up: too many candidates",
        "只提供相关的中间证书后重新核验", "Give only the certificates that belong to the path and verify again" }
    /// A path would be longer than allowed.
    TooLong("path_too_long", Open, "certificates 4", Verifier) {
        "证书路径过长", "The path is longer than allowed",
        "不予采信，联系签发机构", "Do not rely on it; ask the authority" }
    /// The issuer did not sign it.
    Signature("path_signature", Failed, "RFC 5280 6.1.3 a 1", Issuer) {
        "证书签名不符", "A certificate of the path was not signed by its issuer",
        "不予采信，联系签发机构核实", "Do not rely on it; ask the authority" }
    /// A key or a signature algorithm is not accepted.
    Algorithm("path_algorithm", Failed, "certificates 3", Issuer) {
        "证书的算法或密钥不被接受", "An algorithm or a key of the path is not accepted",
        "由签发机构用规定算法重新签发", "The authority has to use an accepted algorithm" }
    /// The algorithm of a signature had ended.
    AlgorithmEnded("path_algorithm_ended", Failed, "certificates 3", Issuer) {
        "路径中证书的签名算法已停用", "The signature algorithm of a certificate of the path had come to its end",
        "由签发机构用现行算法重新签发", "The authority has to issue it again with a current algorithm" }
    /// An issuer is no authority.
    NotAnAuthority("path_not_an_authority", Failed, "RFC 5280 6.1.4 k, n", Issuer) {
        "上级证书无权签发证书", "An issuer in the path may not issue certificates",
        "不予采信，联系签发机构核实", "Do not rely on it; ask the authority" }
    /// An authority may not have so many below it.
    PathLength("path_length", Failed, "RFC 5280 6.1.4 m", Issuer) {
        "超过上级证书允许的路径长度", "An authority of the path may not have so many below it",
        "不予采信，联系签发机构核实", "Do not rely on it; ask the authority" }
    /// A critical extension is not understood.
    Extension("path_extension", Failed, "RFC 5280 6.1.4 o", Verifier) {
        "关键扩展项无法识别", "An extension that decides is not understood",
        "不予采信，联系签发机构", "Do not rely on it; ask the authority" }
    /// An authority of the path was not valid at the instant.
    NotInTime("path_not_in_time", Failed, "RFC 5280 6.1.3 a 2", Issuer) {
        "上级证书不在有效期内", "An authority of the path is not valid at that instant",
        "由有效的机构重新签发", "An authority that is valid has to issue it again" }
    /// A name is not one that the authority may certify.
    Name("path_name", Failed, "RFC 5280 6.1.3 b, c", Issuer) {
        "名称超出上级证书允许的范围", "A name is outside of what an authority of the path may certify",
        "不予采信，联系签发机构核实", "Do not rely on it; ask the authority" }
    /// The path is not valid for an acceptable policy.
    Policy("path_policy", Failed, "RFC 5280 6.1.5 g", Issuer) {
        "证书策略不符合要求", "The path is not valid under an acceptable policy",
        "使用符合策略的证书", "Use a certificate under an acceptable policy" }
    /// An authority of the path is not for this purpose.
    PathPurpose("path_purpose", Failed, "certificates 3", Issuer) {
        "上级证书不允许该用途", "An authority of the path may not issue for this purpose",
        "使用为该用途签发的证书", "Use a certificate for this purpose" }
    /// A demand of RFC 5280 on those who issue is not met.
    Deviates("certificate_deviates", Failed, "certificates 3", Issuer) {
        "证书不符合 RFC 5280 的签发要求", "A certificate of the path is not as RFC 5280 demands",
        "由签发机构按标准重新签发", "The authority has to issue it as the standard says" }

    /// Before its time.
    NotYetValid("certificate_not_yet_valid", Failed, "RFC 5280 6.1.3 a 2", Holder) {
        "证书尚未生效", "The certificate is not valid yet",
        "生效后再使用", "Use it when it is valid" }
    /// After its time.
    Expired("certificate_expired", Failed, "RFC 5280 6.1.3 a 2", Holder) {
        "证书已过期", "The certificate has expired",
        "更新证书", "Renew the certificate" }
    /// Its key is not for this.
    Purpose("certificate_purpose", Failed, "RFC 5280 4.2.1.3, 4.2.1.12", Holder) {
        "证书的密钥用途不符", "The key is not for this purpose",
        "使用为该用途签发的证书", "Use a certificate for this purpose" }
    /// It is another's.
    NameMismatch("certificate_name_mismatch", Failed, "RFC 9525 6", Holder) {
        "证书不属于所要求的名称", "The certificate does not bear the name that was asked for",
        "使用该名称的证书", "Use the certificate of that name" }
    /// It was revoked.
    Revoked("certificate_revoked", Failed, "RFC 5280 6.3", Holder) {
        "证书已被吊销", "The certificate was revoked",
        "不予采信，更换证书", "Do not rely on it; another certificate is needed" }
    /// An authority of the path was revoked.
    AuthorityRevoked("authority_revoked", Failed, "RFC 5280 6.3", Issuer) {
        "上级证书已被吊销", "An authority of the path was revoked",
        "不予采信，由其他机构重新签发", "Do not rely on it; another authority has to issue it" }
    /// Nobody knows whether a certificate of the path is revoked.
    RevocationUnknown("revocation_unknown", Open, "RFC 5280 6.3", Verifier) {
        "无法确定证书是否被吊销", "Whether a certificate of the path is revoked is not known",
        "取得最新吊销列表后重新核验", "Obtain fresh revocation lists and verify again" }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{CertificateCheck, Deviation};
    use super::CertificateReason;

    #[test]
    fn codes_are_unique_and_in_the_documentation() {
        let text = include_str!("../../../../docs/certificates.md");
        let codes: HashSet<_> = CertificateReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), CertificateReason::ALL.len());
        for reason in CertificateReason::ALL {
            let mark = if reason.is_indeterminate() { "?" } else { " " };
            let listed = format!("`{}`{mark}", reason.code());
            assert!(text.contains(&listed), "docs/certificates.md lacks {listed}");
        }
        let checks = CertificateCheck::ALL.map(CertificateCheck::code);
        for code in Deviation::ALL.iter().map(|deviation| deviation.code()).chain(checks) {
            assert!(text.contains(&format!("`{code}`")), "docs/certificates.md lacks {code}");
        }
    }
}
