//! What persons, enterprises and places are put together from, and the dice that do it.

use boyin::model::time::Date;

pub(crate) struct County {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) streets: [&'static str; 4],
}

pub(crate) const COUNTIES: [County; 4] = [
    County {
        code: "652701", name: "博乐市", streets: ["文化路", "青年街", "南城路", "滨河东路"]
    },
    County {
        code: "652702", name: "阿拉山口市", streets: ["天山街", "准噶尔路", "口岸大道", "友谊路"]
    },
    County {
        code: "652722", name: "精河县", streets: ["伊犁路", "乌鲁木齐路", "枸杞大道", "团结街"]
    },
    County {
        code: "652723",
        name: "温泉县",
        streets: ["博格达尔路", "温泉大街", "鄂托克赛尔路", "呼和托哈路"],
    },
];

/// Ethnicity, names of men, names of women. Family and given names are combined for Han and Hui only.
pub(crate) const PEOPLES: [(&str, &[&str], &[&str]); 3] = [
    (
        "维吾尔",
        &["买买提·吐尔逊", "艾力·阿不都拉", "吐尔洪·热合曼", "阿迪力·玉素甫", "库尔班·伊明"],
        &["阿依古丽·买买提", "古丽娜尔·艾力", "帕提古丽·吐尔逊", "热依汗·阿不都", "米热古丽·库尔班"],
    ),
    (
        "哈萨克",
        &["叶尔兰·哈布都拉", "努尔兰·别克", "巴合提·胡马尔", "赛力克·加尔恒"],
        &["阿依努尔·叶尔兰", "古丽米拉·努尔兰", "加娜尔·赛力克", "巴哈尔·巴合提"],
    ),
    (
        "蒙古",
        &["巴特尔", "那生巴图", "蒙克", "巴音", "才仁加甫"],
        &["乌兰其其格", "其其格", "萨仁", "娜仁花", "乌云"],
    ),
];
pub(crate) const FAMILY: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "高", "林", "罗",
];
pub(crate) const GIVEN_MEN: [&str; 14] =
    ["建国", "志强", "伟", "军", "勇", "磊", "明辉", "文博", "浩然", "国庆", "海涛", "永刚", "子轩", "俊杰"];
pub(crate) const GIVEN_WOMEN: [&str; 14] =
    ["秀英", "丽", "静", "敏", "艳", "玉兰", "雪梅", "晓燕", "欣怡", "雨桐", "红梅", "丽华", "佳琪", "思颖"];

/// splitmix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let bound = u64::try_from(bound).expect("a short list");
        usize::try_from(z % bound).expect("below a short list's length")
    }

    pub(crate) fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }

    /// A day of these years; never after the 28th of a month.
    pub(crate) fn day(&mut self, from: u16, to: u16) -> Date {
        let year = from + self.small(usize::from(to - from) + 1);
        let (month, day) = (1 + self.small(12), 1 + self.small(28));
        Date::new(year, month.try_into().expect("at most 12"), day.try_into().expect("at most 28"))
            .expect("a real day")
    }

    pub(crate) fn small(&mut self, bound: usize) -> u16 {
        u16::try_from(self.below(bound)).expect("a small bound")
    }
}

/// Trade, form, business scope.
pub(crate) const TRADES: [(&str, &str, &str); 6] = [
    ("餐饮服务", "个体工商户", "餐饮服务；食品销售"),
    ("道路运输", "有限责任公司", "道路普通货物运输；仓储服务；装卸搬运"),
    ("枸杞种植", "农民专业合作社", "枸杞种植、收购、初加工及销售"),
    ("商贸", "有限责任公司", "日用百货、农副产品、预包装食品批发零售"),
    ("国际物流", "有限责任公司", "国际货运代理；报关报检代理；仓储服务"),
    ("建材", "有限责任公司", "建筑材料、五金交电批发零售"),
];
pub(crate) const NAMES: [&str; 12] =
    ["赛湖", "天泉", "银杉", "博源", "丝路", "雪岭", "金穗", "红果", "驼铃", "绿洲", "西域", "山泉"];
