//! Names of events in Chinese, for people.

use crate::act::EventKind;

impl EventKind {
    /// The name in Chinese.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::ArchiveCreated => "建库",
            Self::LicenseIssued => "签发",
            Self::LicenseRevoked => "吊销",
            Self::LicenseSuspended => "暂停",
            Self::LicenseRestored => "恢复",
            Self::LicenseSuperseded => "换发",
            Self::LicenseShared => "共享",
            Self::StatusListPublished => "发布状态列表",
            Self::SealApplied => "申请印章",
            Self::SealApproved => "批准印章",
            Self::SealRejected => "驳回印章",
            Self::SealMade => "制作印章",
            Self::SealRemade => "重新制作印章",
            Self::SealInUse => "启用印章",
            Self::SealUsed => "用印",
            Self::SealSuspended => "停用印章",
            Self::SealRestored => "恢复印章",
            Self::SealRecalled => "收回印章",
            Self::SealDestroyed => "销毁印章",
            Self::LicenseRead => "查阅证照",
            Self::HolderRead => "查阅档案",
            Self::HolderLogRead => "查询访问记录",
            Self::ReadsCut => "查阅记录中断",
            Self::LicensePurged => "清除个人信息",
            Self::KeyRotated => "更换数据密钥",
            Self::KeyRetired => "销毁旧数据密钥",
            Self::SecretChanged => "更换根密钥",
            Self::ImportBegun => "开始归集",
            Self::RowsImported => "归集数据",
            Self::CollectedRaised => "提升数据等级",
            Self::CollectedResolved => "裁定数据冲突",
            Self::CollectedErased => "清除归集数据",
            Self::LicenseCanceled => "注销",
            Self::LicenseRenewed => "延续",
            Self::LicenseChanged => "变更",
            Self::LicenseReissued => "补证",
            Self::HolderClosed => "主体终止",
            Self::LicensesChanged => "批量处置",
            Self::ChangesUndone => "撤回批量处置",
            Self::AddressAdded => "登记地址",
            Self::AddressRemoved => "取消地址",
            Self::ListPublished => "发布清单",
            Self::SharingDecided => "共享判定",
            Self::TotalStated => "登记应归集总数",
            Self::ExemptionDecided => "免证判定",
            Self::DecisionInputsErased => "清除判定依据",
            Self::DelegationGranted => "授权委托",
            Self::DelegationUsed => "代办",
            Self::DelegationRevoked => "撤销委托",
            Self::SigningKeyRotated => "更换签名密钥",
        }
    }
}
