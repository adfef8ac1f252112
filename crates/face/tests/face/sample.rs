//! Licenses of every type of the catalog, filled from its fields.

use std::collections::BTreeMap;

use boyin_model::catalog::{Catalog, FieldKind, FieldSpec, HolderKind, LicenseType};
use boyin_model::credential::{FieldValue, LicenseClaims};
use boyin_model::id::{CreditCode, DivisionCode, HolderCode, HolderCodeType, LicenseId};
use boyin_model::status::StatusReference;
use boyin_model::time::UnixTime;

pub(crate) const SCOPE: &str = "一般项目：新鲜水果批发；农副产品销售；互联网销售（除销售需要许可的商品）；普通货物仓储服务\
（不含危险化学品等需许可审批的项目）；装卸搬运；低温仓储（不含危险化学品等需许可审批的项目）；边民互市商品销售；\
国内贸易代理。许可项目：道路货物运输（不含危险货物）；食品生产；食品销售。（依法须经批准的项目，\
经相关部门批准后方可开展经营活动，具体经营项目以相关部门批准文件或许可证件为准）";

pub(crate) fn catalog() -> Catalog {
    Catalog::embedded()
}

fn text(spec: &FieldSpec) -> &'static str {
    match spec.name.as_str() {
        "enterprise_type" => "有限责任公司（自然人投资或控股）",
        "legal_representative" => "买买提·艾力",
        "registered_capital" => "伍佰万元人民币",
        "address" | "premises" => "新疆维吾尔自治区博尔塔拉蒙古自治州博乐市青得里大街18号2栋1单元301室",
        "business_scope" => SCOPE,
        "unit_number" => "652701 001001 GB00012 F00020001",
        "location" => "新疆维吾尔自治区博乐市北京路街道锦绣社区18号小区3栋2单元501室",
        "right_type" => "国有建设用地使用权/房屋所有权",
        "use" => "城镇住宅用地/住宅",
        "ethnicity" => "汉族",
        "spouse_name" | "mother_name" => "李秀英",
        "father_name" => "王建国",
        "birth_institution" => "博尔塔拉蒙古自治州人民医院",
        "bank" => "中国农业银行",
        "insured_in" => "博乐市",
        "items" => "散装食品销售，预包装食品销售；热食类食品制售，冷食类食品制售",
        "seller" => "博乐市赛里木湖农业发展有限公司",
        "item" => "不动产登记费",
        _ => "样例文字",
    }
}

pub(crate) fn value(spec: &FieldSpec) -> FieldValue {
    let text = match spec.kind {
        FieldKind::Integer => return FieldValue::Integer(12),
        FieldKind::Text => text(spec).to_owned(),
        FieldKind::Date => "2019-03-08".to_owned(),
        FieldKind::Decimal => "88000.00".to_owned(),
        FieldKind::Choice => spec.choices[0].clone(),
        FieldKind::CitizenId => "440524188001010014".to_owned(),
        FieldKind::CreditCode => holder().as_str().to_owned(),
    };
    FieldValue::Text(text)
}

fn credit(office: &str, organization: &str) -> CreditCode {
    let check = CreditCode::organization_check(organization).unwrap();
    CreditCode::compute(&format!("{office}{organization}{check}")).unwrap()
}

fn holder() -> CreditCode {
    credit("91652701", "MA7752XK")
}

pub(crate) fn claims(license_type: &LicenseType) -> LicenseClaims {
    let issuer = credit("11652701", "01029384");
    let is_person = license_type.holder == HolderKind::NaturalPerson;
    let (kind, code, name) = if is_person {
        (HolderCodeType::CitizenId, "11010519491231002X".to_owned(), "王建国")
    } else {
        (HolderCodeType::CreditCode, holder().as_str().to_owned(), "博乐市赛里木湖农业发展有限公司")
    };
    let from = "2026-11-26".parse().unwrap();
    LicenseClaims {
        license_id: LicenseId::new(license_type.code, issuer, "6527012026112600000042", 1).unwrap(),
        license_name: license_type.name.clone(),
        license_type_name: license_type.name.clone(),
        license_number: Some("新（2026）博乐市第0001234号".to_owned()),
        issuer_name: "博乐市市场监督管理局".to_owned(),
        division: DivisionCode::parse("652701").unwrap(),
        issue_date: from,
        valid_from: Some(from),
        valid_until: Some("2031-11-25".parse().unwrap()),
        holder_code_type: kind,
        holder_name: Some(name.to_owned()),
        holder_code: Some(HolderCode::new(kind, &code).unwrap()),
        issued_at: UnixTime::new(1_795_654_200).unwrap(),
        seal: None,
        status: StatusReference { uri: "https://example.cn/status/1".to_owned(), index: 42 },
        fields: license_type
            .fields
            .iter()
            .map(|spec| (spec.name.clone(), value(spec)))
            .collect::<BTreeMap<_, _>>(),
    }
}
