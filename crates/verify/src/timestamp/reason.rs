reasons! {
    /// Why a timestamp token did not pass. Closed; codes are stable.
    pub enum TimestampReason;
    /// Beyond a size limit.
    TooLarge("token_too_large", Failed, "format 12.1", Holder) {
        "时间戳数据超过允许的大小", "The timestamp is larger than allowed",
        "请提交原始时间戳", "Present the original timestamp" }
    /// No timestamp token.
    Malformed("token_malformed", Failed, "RFC 3161 2.4.2", Holder) {
        "数据格式不符合时间戳的规定", "The data is not of the format of a timestamp token",
        "请提交未经改动的时间戳", "Present the timestamp as it was issued" }
    /// A deviation that only tolerant reading accepts.
    Deviates("token_deviates", Failed, "format 12.1", Issuer) {
        "时间戳编码与标准有出入", "The encoding of the timestamp deviates from the standard",
        "由时间戳机构按标准重新签发", "The authority has to issue it again as the standard says" }

    /// What was stamped was hashed with an algorithm that is not accepted.
    ImprintNotAccepted("token_imprint_not_accepted", Failed, "RFC 3161 2.4.1", Issuer) {
        "时间戳所用摘要算法不被接受", "The digest algorithm of what was stamped is not accepted",
        "用规定摘要算法重新申请时间戳", "Obtain another timestamp over an accepted digest" }
    /// The token is over something else.
    ImprintMismatch("token_imprint_mismatch", Failed, "RFC 3161 2.4.2", Holder) {
        "时间戳不是为该数据签发的，或数据已被改动", "The timestamp is not over this data, or the data was changed",
        "不予采信，请提交与时间戳对应的原始数据", "Do not rely on it; present the data that was stamped" }

    /// The signed content type is missing or not that of a timestamp.
    ContentType("token_content_type", Failed, "RFC 5652 11.1", Issuer) {
        "时间戳签名属性中的内容类型缺失或不符", "The signed content type is missing or is not that of a timestamp",
        "由时间戳机构重新签发", "The authority has to issue another one" }
    /// The digest algorithm of the content is not accepted.
    DigestNotAccepted("token_digest_not_accepted", Failed, "format 12.2", Issuer) {
        "时间戳签名所用摘要算法不被接受", "The digest algorithm of the signature is not accepted",
        "由时间戳机构用规定算法重新签发", "The authority has to use an accepted algorithm" }
    /// The signed digest is missing or not that of the content.
    ContentChanged("token_content_changed", Failed, "RFC 5652 11.2", Holder) {
        "时间戳内容与已签名的摘要不符：内容被改动", "The content of the timestamp is not the one that was signed: it was changed",
        "不予采信，请提交原始时间戳", "Do not rely on it; present the original timestamp" }

    /// The authority's certificate is not at hand.
    CertificateMissing("token_certificate_missing", Open, "RFC 3161 2.4.1", Verifier) {
        "缺少时间戳机构的证书", "The certificate of the authority is not at hand",
        "取得时间戳机构证书后重新核验", "Obtain the authority's certificate and verify again" }
    /// The signed attributes do not name the certificate with an accepted digest.
    CertificateNotBound("token_certificate_not_bound", Failed, "RFC 5816 2.2.1", Issuer) {
        "时间戳未以规定摘要绑定签名证书，或绑定的是其他证书", "The timestamp does not bind its certificate with an accepted digest, or binds another one",
        "由时间戳机构重新签发", "The authority has to issue another one" }

    /// The algorithm or the key is not one that is accepted.
    AlgorithmNotAccepted("token_algorithm_not_accepted", Failed, "format 12.2", Issuer) {
        "时间戳的签名算法或密钥类型不被接受", "The signature algorithm or the kind of key of the authority is not accepted",
        "向使用规定算法的时间戳机构重新申请", "Obtain a timestamp of an authority with an accepted algorithm" }
    /// The algorithm of the token, or of a certificate of its path, had come to its end or is broken by now.
    AlgorithmEnded("token_algorithm_ended", Failed, "format 12.2", Issuer) {
        "时间戳或其证书的签名算法已停用", "The signature algorithm of the timestamp, or of a certificate behind it, had come to its end",
        "用现行算法重新申请时间戳", "Obtain another timestamp under a current algorithm" }
    /// The signature does not match.
    SignatureMismatch("token_signature_mismatch", Failed, "RFC 5652 5.6", Holder) {
        "时间戳签名不符：时间戳被改动或伪造", "The signature of the timestamp does not match: it was changed or forged",
        "不予采信，请提交原始时间戳", "Do not rely on it; present the original timestamp" }

    /// There is no path to a trusted authority.
    ChainMissing("token_chain_missing", Open, "RFC 5280 6", Verifier) {
        "找不到时间戳机构证书的信任链", "No path from the authority's certificate to a trusted one is known",
        "取得时间戳机构的根证书并确认可信后重新核验", "Obtain the authority's root certificate, decide whether to trust it, and verify again" }
    /// A step of the path does not hold.
    ChainInvalid("token_chain_invalid", Failed, "RFC 5280 6", Issuer) {
        "时间戳机构证书的信任链无效", "The path of the authority's certificate is not valid",
        "不予采信，重新申请时间戳", "Do not rely on it; obtain another timestamp" }
    /// The authority's certificate, or one above it, is revoked.
    AuthorityRevoked("token_authority_revoked", Failed, "RFC 3161 4", Issuer) {
        "时间戳机构证书已被吊销", "The authority's certificate is revoked",
        "不予采信，向其他时间戳机构重新申请", "Do not rely on it; obtain another timestamp elsewhere" }
    /// Nobody knows whether the authority's certificate is revoked.
    RevocationUnknown("token_revocation_unknown", Open, "RFC 3161 2.2", Verifier) {
        "无法确定时间戳机构证书是否被吊销", "Whether the authority's certificate is revoked is not known",
        "取得最新吊销列表后重新核验", "Obtain a fresh revocation list and verify again" }
    /// The certificate is not one for timestamps alone.
    NotForTimestamps("token_not_for_timestamps", Failed, "RFC 3161 2.3", Issuer) {
        "该证书不是专用于时间戳的证书", "The certificate is not one for timestamps alone",
        "不予采信，向合格的时间戳机构重新申请", "Do not rely on it; obtain a timestamp of a proper authority" }

    /// The policy is not among those that are accepted.
    PolicyNotAccepted("token_policy_not_accepted", Failed, "RFC 3161 2.4.2", Issuer) {
        "时间戳策略不在接受的范围内", "The policy of the timestamp is not one that is accepted",
        "按规定的时间戳策略重新申请", "Obtain a timestamp under an accepted policy" }

    /// The certificate was not valid when it stamped.
    OutsideCertificate("token_outside_certificate", Failed, "RFC 3161 2.2", Issuer) {
        "时间戳时间不在时间戳机构证书有效期内", "It was stamped outside the validity of the authority's certificate",
        "重新申请时间戳", "Obtain another timestamp" }
    /// The time lies in the future.
    FromFuture("token_from_future", Failed, "format 12.2", Verifier) {
        "时间戳时间晚于当前时间", "The timestamp lies in the future",
        "核对核验方的时钟；时钟无误则不予采信", "Check the clock; if it is right, do not rely on the timestamp" }
    /// What was stamped says that it was made later.
    BeforeStamped("token_before_stamped", Failed, "GM/T 0031-2025 6.3 f", Issuer) {
        "时间戳时间早于被盖时间戳数据自称的时间", "What was stamped says that it was made later than the timestamp",
        "核对签章方的时钟，重新签章并加盖时间戳", "Check the signer's clock; sign and stamp again" }
    /// The time is not exact enough.
    TooInexact("token_too_inexact", Failed, "format 12.2", Issuer) {
        "时间戳精度不足", "The timestamp is not exact enough",
        "向精度更高的时间戳机构重新申请", "Obtain a timestamp of a more exact authority" }

    /// The nonce is not the one that was sent.
    NonceMismatch("token_nonce_mismatch", Failed, "RFC 3161 2.4.2", Operator) {
        "时间戳响应与请求的随机数不符，可能是重放", "The nonce is not the one that was sent: the answer may be an old one",
        "重新申请时间戳", "Ask the authority again" }
}
