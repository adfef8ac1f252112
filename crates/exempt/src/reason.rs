use std::fmt;

/// Who has to do the next step (责任人).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Responsible {
    /// Whose matter it is (申请人).
    Applicant,
    /// The office that was asked first: it answers, or brings the answer about (首问责任单位).
    FirstContact,
    /// Who issues the paper (颁发机构).
    Issuer,
    /// The department in charge of the item (主管部门).
    Department,
    /// Who runs the platform (平台运维).
    Operator,
}

impl Responsible {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        self.row().1
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Applicant => ("applicant", "申请人"),
            Self::FirstContact => ("first_contact", "首问责任单位"),
            Self::Issuer => ("issuer", "颁发机构"),
            Self::Department => ("department", "主管部门"),
            Self::Operator => ("operator", "平台运维"),
        }
    }
}

/// What a reason means, for people and for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonInfo {
    /// Stable machine code.
    pub code: &'static str,
    /// Who has to do the next step.
    pub responsible: Responsible,
    /// What is the case, in Chinese.
    pub zh: &'static str,
    /// What is the case, in English.
    pub en: &'static str,
    /// What to do, in Chinese.
    pub next_step_zh: &'static str,
    /// What to do, in English.
    pub next_step_en: &'static str,
}

/// A closed list of reasons with what each means.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident($code:literal, $responsible:ident) {
        $zh:literal, $en:literal, $next_zh:literal, $next_en:literal
    })*) => {
        /// Why a license does not take the place of a paper, or why a way is not open. Closed; codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What the reason means. [`Reason::NotValid`] and [`Reason::Undecided`] say more through the verifier's reason.
            #[must_use]
            pub const fn info(self) -> ReasonInfo {
                match self {
                    $(Self::$name => ReasonInfo {
                        code: $code,
                        responsible: Responsible::$responsible,
                        zh: $zh,
                        en: $en,
                        next_step_zh: $next_zh,
                        next_step_en: $next_en,
                    },)*
                }
            }
        }
    };
}

reasons! {
    /// The guide asks for a paper that is no license.
    NotALicense("not_a_license", Applicant) {
        "该材料不是证照，办事指南要求提交", "This is no license; the guide asks for it",
        "按办事指南准备并提交", "Prepare it as the guide says and submit it" }
    /// The catalog of license types has no such type yet.
    TypeNotCataloged("type_not_cataloged", Department) {
        "该证照类型尚未编入证照目录，无法共享", "The license type is not in the catalog yet and cannot be shared",
        "本次提交原件，窗口核对后当场退还；由主管部门申请将该类型编入目录", "Submit the original this once, to be returned after checking; the department has to have the type added to the catalog" }
    /// Nobody was named in this role.
    PartyMissing("party_missing", Applicant) {
        "没有提供该当事人的身份，无法查询其电子证照", "Nobody was named in this role, so no file could be looked up",
        "提供该当事人的姓名和证件号码即可查询，不必先交纸质材料", "Name the person and the number; the paper is not needed before the file has been looked up" }
    /// Nothing of that type is on file.
    NotOnFile("not_on_file", FirstContact) {
        "档案中没有该类证照", "No license of this type is on file",
        "本次提交原件，窗口核对后当场退还并入库，下次不再提交", "Submit the original this once; the window checks it, returns it and files it, so that it is not asked for again" }
    /// Only uploaded or declared.
    GradeTooLow("grade_too_low", FirstContact) {
        "档案中的该证照为自行上传或自行申报，未经核对", "What is on file was uploaded or declared by the holder and never checked",
        "出示原件一次，窗口核对后升为 B 级，以后免交", "Show the original once; after the window has checked it, it exempts" }
    /// Two records contradict each other.
    Disputed("disputed", FirstContact) {
        "该证照的归集数据相互矛盾，尚未裁定", "Collected records of this license contradict each other, and nobody has decided",
        "出示原件一次，窗口据此提请裁定", "Show the original once; the window has the dispute decided by it" }
    /// The record was decided against.
    Dismissed("dismissed", FirstContact) {
        "该归集数据已被裁定不予采信", "The collected record was decided against",
        "出示原件一次，窗口核对后重新归集", "Show the original once; the window has it collected anew" }
    /// A license was issued from the record.
    RecordReplaced("record_replaced", FirstContact) {
        "已由该归集数据签发电子证照，以所签发的证照为准", "A license was issued from the collected record, and that license is what counts",
        "由窗口调取所签发的证照后重新查询；调取不到的，出示原件一次", "The window has to look up that license and ask again; if there is none, show the original once" }
    /// The license is not valid; the verifier says why.
    NotValid("license_not_valid", Applicant) {
        "档案中的该证照核验不通过", "The license on file does not verify",
        "按核验结果办理；已换领新证的，出示新证", "Do what the verdict says; if there is a new one, show that" }
    /// Whether the license is valid could not be decided; the verifier says why.
    Undecided("license_undecided", FirstContact) {
        "档案中有该证照，但暂时无法判定其有效性", "The license is on file, but whether it is valid could not be decided",
        "由窗口按核验结果处理后重新核验，不得因此要求提交纸质材料", "The window does what the verdict says and verifies again; the paper may not be asked for on this ground" }
    /// Not valid for long enough.
    RemainingValidity("remaining_validity", Applicant) {
        "证照剩余有效期短于办理要求", "The license is not valid for as long as the matter needs",
        "先到颁发机构换领，再办理本事项", "Have it renewed by the issuer first" }
    /// The license is another holder's.
    HolderMismatch("holder_mismatch", Operator) {
        "档案中的该证照不属于此人", "The license on file is held by somebody else",
        "由平台运维更正档案；本次提交原件", "The operator has to correct the file; submit the original this once" }
    /// The license does not show who holds it.
    HolderNotShown("holder_not_shown", FirstContact) {
        "该证照未披露持证主体，无法确认归属", "The license does not show who holds it",
        "由窗口调取完整证照后重新核验", "The window has to retrieve the whole license and ask again" }
    /// The license gives its holder another name than the application.
    NameMismatch("name_mismatch", FirstContact) {
        "证照所载持证主体名称与所报姓名（名称）不一致", "The license gives its holder another name than the application",
        "由窗口核对所报姓名（名称）后重新查询，不必先交纸质材料；证照有误的，到颁发机构更正", "The window has to check the name and ask again; if the license is wrong, have the issuer correct it" }
    /// No license confirms the name that a field is held against.
    NameNotConfirmed("name_not_confirmed", FirstContact) {
        "档案中没有可信的证照证明该当事人的姓名（名称），无法比对", "No license on file confirms the name that the license is compared with",
        "由窗口核对该当事人的身份证照并入库后重新查询", "The window has to check and file a license that shows who this is, and ask again" }
    /// Issued in another division.
    DivisionMismatch("division_mismatch", Applicant) {
        "证照不是在规定的行政区划内颁发", "The license was not issued in the division that the matter needs",
        "提交规定区划内颁发的证照", "Submit one that was issued in that division" }
    /// The license hides a field that is needed.
    FieldNotShown("field_not_shown", FirstContact) {
        "该证照未披露办理所需的数据项", "The license does not show a field that the matter needs",
        "由窗口调取完整证照后重新核验", "The window has to retrieve the whole license and ask again" }
    /// The license does not hold a field that is needed.
    FieldMissing("field_missing", Issuer) {
        "证照缺少办理所需的数据项", "The license lacks a field that the matter needs",
        "本次提交原件；由颁发机构补全数据", "Submit the original this once; the issuer has to complete the data" }
    /// A field says something else.
    FieldMismatch("field_mismatch", Applicant) {
        "证照所载内容与申请内容不一致", "The license says something else than the application",
        "核对申请内容；证照有误的，到颁发机构更正", "Check the application; if the license is wrong, have the issuer correct it" }
    /// A form field that a license is compared with is empty.
    FormValueMissing("form_value_missing", Applicant) {
        "申请表未填写需要与证照比对的内容", "The form lacks a value that a license is compared with",
        "填写该项后重新查询，不必先交纸质材料", "Fill it in and ask again; the paper is not needed before" }
    /// The applicant may not declare facts at present.
    CommitmentBarred("commitment_barred", Applicant) {
        "申请人有不实承诺记录且信用尚未修复，不适用告知承诺", "The applicant made a false commitment before and cannot make another yet",
        "提交该材料，或修复信用后再适用告知承诺", "Submit the paper, or have the record cleared first" }
    /// What is on file says the contrary.
    CommitmentContradicted("commitment_contradicted", Applicant) {
        "档案中的证照已被撤销或暂停，与承诺内容相反", "A license on file was revoked or suspended, which speaks against the commitment",
        "提交有效的证照或材料", "Submit a license that is in force" }
}

impl Reason {
    /// Whether it leaves open if the license takes the place of the paper: then the paper may not be asked for on this ground.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::PartyMissing
                | Self::Undecided
                | Self::HolderNotShown
                | Self::NameMismatch
                | Self::NameNotConfirmed
                | Self::FieldNotShown
                | Self::FormValueMissing
        )
    }

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.info().code
    }
}

/// The English sentence.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().en)
    }
}
