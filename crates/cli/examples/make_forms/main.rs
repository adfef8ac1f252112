//! Writes the forms of the demo: `cargo run -p boyin-cli --example make_forms > crates/cli/demo/forms.jsonl`.
//!
//! Every person and every enterprise is invented. Citizen IDs have real divisions, real days and right check
//! characters, but the sequence numbers 999 (men) and 998 (women), which one county is most unlikely to reach in
//! one day; organization codes begin with DEMX, which no code in use is known to. Every run gives the same forms.

mod stock;

use std::collections::BTreeMap;
use std::io::Write as _;

use boyin::issue::{Draft, DraftHolder};
use boyin::model::credential::FieldValue;
use boyin::model::id::{CitizenId, CreditCode};
use boyin::model::time::Date;

use stock::{COUNTIES, County, Dice, FAMILY, GIVEN_MEN, GIVEN_WOMEN, NAMES, PEOPLES, TRADES};

const SEED: u64 = 20_260_101;
const PERSONS: usize = 110;
/// Of an age that their children's papers agree with.
const PARENTS: usize = 44;
const CHILDREN: usize = 12;
const COUPLES: usize = 16;
const ENTERPRISES: usize = 60;
const HOMES: usize = 30;
const CARDS: usize = 60;
const RECEIPTS: usize = 20;
const INVOICES: usize = 20;

#[derive(Clone)]
struct Person {
    name: String,
    woman: bool,
    people: &'static str,
    born: Date,
    county: usize,
    id: String,
    address: String,
}

#[derive(Clone)]
struct Enterprise {
    name: String,
    code: String,
    county: usize,
    trade: usize,
    head: String,
    since: Date,
    address: String,
}

struct Maker {
    dice: Dice,
    drafts: Vec<Draft>,
    number: usize,
}

fn main() {
    let mut out = std::io::stdout().lock();
    out.write_all(generate().as_bytes()).expect("standard output takes it");
}

/// The whole file.
pub(crate) fn generate() -> String {
    let mut maker = Maker { dice: Dice(SEED), drafts: Vec::new(), number: 0 };
    let mut persons: Vec<_> = (0..PARENTS).map(|_| maker.person(1976, 1991)).collect();
    persons.extend((PARENTS..PERSONS).map(|_| maker.person(1955, 2004)));
    let enterprises: Vec<_> = (0..ENTERPRISES).map(|place| maker.enterprise(place, &persons)).collect();
    for person in &persons[..100] {
        maker.identity_card(person);
    }
    for person in &persons[..CARDS] {
        maker.social_security_card(person);
    }
    maker.families(&persons);
    for person in &persons[..HOMES] {
        maker.real_estate(person);
    }
    for person in &persons[5..5 + RECEIPTS] {
        maker.fiscal_receipt(person);
    }
    for enterprise in &enterprises {
        maker.enterprise_papers(enterprise);
    }
    for place in 0..INVOICES {
        maker.invoice(&enterprises[place], &enterprises[place + INVOICES]);
    }
    maker.shuffle();
    let lines =
        maker.drafts.iter().map(|draft| serde_json::to_string(draft).expect("a form has a JSON form"));
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

impl Maker {
    /// So that the first few forms show most license types.
    fn shuffle(&mut self) {
        for place in (1..self.drafts.len()).rev() {
            let other = self.dice.below(place + 1);
            self.drafts.swap(place, other);
        }
    }

    fn next(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    fn address(&mut self, county: usize) -> String {
        let County { name, streets, .. } = &COUNTIES[county];
        let street = *self.dice.pick(streets);
        let (house, unit, room) = (self.dice.below(120) + 1, self.dice.below(4) + 1, self.dice.below(6) + 1);
        format!("新疆博尔塔拉蒙古自治州{name}{street}{house}号{unit}单元{room}01室")
    }

    fn person(&mut self, from: u16, to: u16) -> Person {
        let born = self.dice.day(from, to);
        self.person_born(born)
    }

    fn person_born(&mut self, born: Date) -> Person {
        let (woman, county) = (self.dice.below(2) == 1, self.dice.below(4));
        let (people, name) = match self.dice.below(10) {
            place @ 0..3 => {
                let (people, men, women) = PEOPLES[place];
                (people, (*self.dice.pick(if woman { women } else { men })).to_owned())
            }
            number => {
                let given = *self.dice.pick(if woman { &GIVEN_WOMEN } else { &GIVEN_MEN });
                (if number == 3 { "回" } else { "汉" }, format!("{}{given}", self.dice.pick(&FAMILY)))
            }
        };
        let sequence = if woman { "998" } else { "999" };
        let id = CitizenId::compute(&format!("{}{}{sequence}", COUNTIES[county].code, born.compact()));
        let id = id.expect("a real division and day").as_str().to_owned();
        Person { name, woman, people, born, county, id, address: self.address(county) }
    }

    fn enterprise(&mut self, place: usize, persons: &[Person]) -> Enterprise {
        let (county, trade) = (self.dice.below(4), place % TRADES.len());
        let (words, form, _) = TRADES[trade];
        let kind = match form {
            "个体工商户" => ("92", "店"),
            "农民专业合作社" => ("93", "专业合作社"),
            _ => ("91", "有限公司"),
        };
        let County { code, name, .. } = &COUNTIES[county];
        let organization = format!("DEMX{:04}", 1000 + place);
        let check = CreditCode::organization_check(&organization).expect("letters of the alphabet");
        let code =
            CreditCode::compute(&format!("{}{code}{organization}{check}", kind.0)).expect("both checks");
        Enterprise {
            name: format!("{name}{}{words}{}", NAMES[place % NAMES.len()], kind.1),
            code: code.as_str().to_owned(),
            county,
            trade,
            head: self.dice.pick(persons).name.clone(),
            since: self.dice.day(2005, 2023),
            address: self.address(county),
        }
    }

    /// A form without dates of validity.
    fn add(
        &mut self,
        license_type: &str,
        number: String,
        holder: DraftHolder,
        county: usize,
        issued: Date,
    ) -> &mut Draft {
        self.drafts.push(Draft {
            license_type: license_type.to_owned(),
            license_number: number,
            holder,
            division: COUNTIES[county].code.to_owned(),
            issue_date: issued.to_string(),
            valid_from: None,
            valid_until: None,
            fields: BTreeMap::new(),
        });
        self.drafts.last_mut().expect("just pushed")
    }

    /// Terms of the regulation: 5 years below 16, 10 below 26, 20 below 46, then long-term.
    fn identity_card(&mut self, person: &Person) {
        let mut issued = self.dice.day(2021, 2025);
        if year_of(issued) < year_of(person.born) + 16 {
            // Five years: what begins in 2025 lasts into 2030.
            issued = self.dice.day(2025, 2025);
        }
        let term = match year_of(issued) - year_of(person.born) {
            0..16 => Some(5),
            16..26 => Some(10),
            26..46 => Some(20),
            _ => None,
        };
        let draft = self.add("identity-card", person.id.clone(), citizen(person), person.county, issued);
        draft.valid_from = Some(issued.to_string());
        draft.valid_until = term.map(|years| issued.plus_years(years).to_string());
        draft.fields = fields(&[
            ("sex", if person.woman { "女" } else { "男" }),
            ("ethnicity", person.people),
            ("birth_date", &person.born.to_string()),
            ("address", &person.address),
        ]);
    }

    fn social_security_card(&mut self, person: &Person) {
        let issued = self.dice.day(2020, 2025);
        let bank = *self.dice.pick(&["演示银行博州分行", "示范农村商业银行", "样本储蓄银行"]);
        let number = format!("BT{:07}", 100 + self.next());
        let draft = self.add("social-security-card", number, citizen(person), person.county, issued);
        if person.woman {
            draft.valid_from = Some(issued.to_string());
            draft.valid_until = Some(issued.plus_years(10).previous().to_string());
        }
        draft.fields = fields(&[("bank", bank), ("insured_in", COUNTIES[person.county].name)]);
    }

    fn families(&mut self, persons: &[Person]) {
        let mut men = persons[..PARENTS].iter().filter(|person| !person.woman);
        let mut women = persons[..PARENTS].iter().filter(|person| person.woman);
        for place in 0..COUPLES {
            let (Some(man), Some(woman)) = (men.next(), women.next()) else { return };
            let married =
                later(man.born, woman.born).plus_years(26).plus_days(u32::from(self.dice.small(900)));
            let number = format!("J{}-{}-{:06}", COUNTIES[man.county].code, year_of(married), self.next());
            for (holder, spouse) in [(man, woman), (woman, man)] {
                let draft =
                    self.add("marriage-certificate", number.clone(), citizen(holder), man.county, married);
                draft.fields = fields(&[
                    ("spouse_name", &spouse.name),
                    ("spouse_citizen_id", &spouse.id),
                    ("registered_on", &married.to_string()),
                ]);
            }
            if place < CHILDREN {
                self.child(man, woman, married);
            }
        }
    }

    fn child(&mut self, father: &Person, mother: &Person, married: Date) {
        let born = married.plus_days(300 + u32::from(self.dice.small(600)));
        let mut child = self.person_born(born);
        let family = father.name.chars().next().filter(|_| father.people == "汉");
        let given = if child.woman { self.dice.pick(&GIVEN_WOMEN) } else { self.dice.pick(&GIVEN_MEN) };
        child.name = family.map_or_else(|| (*given).to_owned(), |family| format!("{family}{given}"));
        child.people = father.people;
        child.address.clone_from(&father.address);
        let number = format!("X65{:07}", 2000 + self.next());
        let issued = child.born.plus_days(6);
        let hospital = format!("{}演示医院", COUNTIES[child.county].name);
        let draft = self.add("birth-certificate", number, citizen(&child), child.county, issued);
        draft.fields = fields(&[
            ("sex", if child.woman { "女" } else { "男" }),
            ("born_on", &child.born.to_string()),
            ("birth_institution", &hospital),
            ("mother_name", &mother.name),
            ("mother_citizen_id", &mother.id),
            ("father_name", &father.name),
        ]);
        self.identity_card(&child);
    }

    fn real_estate(&mut self, person: &Person) {
        let County { code, name, .. } = &COUNTIES[person.county];
        let (issued, serial) = (self.dice.day(2016, 2025), self.next());
        let number = format!("新（{}）{name}不动产权第{:07}号", year_of(issued), serial);
        let unit = format!(
            "{code}001{:03}GB{:05}F{:04}0001",
            self.dice.below(40) + 1,
            serial,
            self.dice.below(60) + 1
        );
        let area = format!("{}.{:02}", 68 + self.dice.below(90), self.dice.below(100));
        let shared = *self.dice.pick(&["单独所有", "共同共有"]);
        let draft = self.add("real-estate-title", number, citizen(person), person.county, issued);
        draft.valid_from = Some(issued.to_string());
        draft.valid_until = Some(issued.plus_years(70).previous().to_string());
        draft.fields = fields(&[
            ("unit_number", &unit),
            ("location", &person.address),
            ("ownership", shared),
            ("right_type", "国有建设用地使用权/房屋所有权"),
            ("use", "城镇住宅用地/住宅"),
            ("area", &area),
        ]);
    }

    fn fiscal_receipt(&mut self, person: &Person) {
        let issued = self.dice.day(2024, 2025);
        let (item, amount) = *self.dice.pick(&[
            ("门诊医疗费", "186.40"),
            ("住院医疗费", "3260.00"),
            ("不动产登记费", "80.00"),
            ("普通话水平测试费", "50.00"),
            ("城乡居民基本医疗保险费", "400.00"),
        ]);
        let number = format!("6506{:010}", 31_000_000 + self.next());
        let draft = self.add("fiscal-receipt", number, citizen(person), person.county, issued);
        draft.fields = fields(&[("item", item), ("amount", amount)]);
    }

    fn enterprise_papers(&mut self, enterprise: &Enterprise) {
        let (_, form, scope) = TRADES[enterprise.trade];
        let issued = self.dice.day(2023, 2025);
        let issued = later(issued, enterprise.since);
        let capital = format!("{}万元人民币", (self.dice.below(50) + 1) * 10);
        let holder = organization(enterprise);
        let draft = self.add("business-license", enterprise.code.clone(), holder, enterprise.county, issued);
        if enterprise.trade == 4 {
            draft.valid_from = Some(enterprise.since.to_string());
            draft.valid_until = Some(enterprise.since.plus_years(30).previous().to_string());
        }
        draft.fields = fields(&[
            ("enterprise_type", form),
            ("legal_representative", &enterprise.head),
            ("registered_capital", &capital),
            ("established_on", &enterprise.since.to_string()),
            ("address", &enterprise.address),
            ("business_scope", scope),
        ]);
        match enterprise.trade {
            0 => self.food_permit(enterprise, "餐饮服务经营者", "热食类食品制售、冷食类食品制售"),
            3 => self.food_permit(enterprise, "食品销售经营者", "预包装食品销售、散装食品销售"),
            1 | 4 => self.transport_permit(enterprise),
            _ => {}
        }
    }

    fn food_permit(&mut self, enterprise: &Enterprise, business: &str, items: &str) {
        // Five years: what begins in 2025 lasts into 2030.
        let issued = later(self.dice.day(2025, 2025), Date::new(2025, 1, 2).expect("a real day"));
        let number = format!("JY1{}{:07}", COUNTIES[enterprise.county].code, self.next());
        let draft =
            self.add("food-business-permit", number, organization(enterprise), enterprise.county, issued);
        draft.valid_from = Some(issued.to_string());
        draft.valid_until = Some(issued.plus_years(5).previous().to_string());
        draft.fields = fields(&[
            ("legal_representative", &enterprise.head),
            ("premises", &enterprise.address),
            ("main_business", business),
            ("items", items),
        ]);
    }

    fn transport_permit(&mut self, enterprise: &Enterprise) {
        let issued = self.dice.day(2024, 2025);
        let number = format!("新交运管许可博字{}{:06}号", COUNTIES[enterprise.county].code, self.next());
        let vehicles = i64::from(self.dice.small(30)) + 1;
        let draft =
            self.add("road-transport-permit", number, organization(enterprise), enterprise.county, issued);
        draft.valid_from = Some(issued.to_string());
        draft.valid_until = Some(issued.plus_years(8).previous().to_string());
        draft.fields = fields(&[("business_scope", "道路普通货物运输"), ("address", &enterprise.address)]);
        draft.fields.insert("vehicles".to_owned(), FieldValue::Integer(vehicles));
    }

    fn invoice(&mut self, buyer: &Enterprise, seller: &Enterprise) {
        let issued = self.dice.day(2025, 2025);
        let number = format!("2565200000{:010}", 41_000_000 + self.next());
        let cents = (self.dice.below(900_000) + 10_000) * 100;
        let money = |cents: usize| format!("{}.{:02}", cents / 100, cents % 100);
        let draft = self.add("electronic-invoice", number, organization(buyer), buyer.county, issued);
        draft.fields = fields(&[
            ("seller", &seller.name),
            ("seller_code", &seller.code),
            ("amount", &money(cents)),
            ("tax", &money(cents * 13 / 100)),
        ]);
    }
}

fn citizen(person: &Person) -> DraftHolder {
    DraftHolder { code_type: "111".to_owned(), code: person.id.clone(), name: person.name.clone() }
}

fn organization(enterprise: &Enterprise) -> DraftHolder {
    DraftHolder { code_type: "001".to_owned(), code: enterprise.code.clone(), name: enterprise.name.clone() }
}

fn fields(fields: &[(&str, &str)]) -> BTreeMap<String, FieldValue> {
    fields.iter().map(|(name, text)| ((*name).to_owned(), FieldValue::Text((*text).to_owned()))).collect()
}

fn year_of(date: Date) -> u16 {
    date.to_string()[..4].parse().expect("four digits")
}

fn later(a: Date, b: Date) -> Date {
    a.max(b)
}
