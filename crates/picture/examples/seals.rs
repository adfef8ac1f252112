//! Writes a handful of seals as SVG and PNG into a directory:
//! `cargo run -p boyin-picture --example seals -- /tmp/seals`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use boyin_picture::{Center, Ending, Font, NameSeal, OvalSeal, Rank, RoundSeal, SealPicture, Shape};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: seals DIRECTORY")?;
    fs::create_dir_all(&directory)?;
    let font = Font::find()?;
    let county = Rank::PrefectureOrCounty.diameter_mm();
    let unit = Rank::Unit.diameter_mm();
    let seals: [(&str, Shape); 10] = [
        // Its center is the national emblem, which is the caller's to supply.
        ("prefecture", RoundSeal::new(county, "博尔塔拉蒙古自治州人民政府").center(Center::Empty).into()),
        ("police", RoundSeal::new(unit, "博乐市公安局").line("电子证照专用章").code("6527010001234").into()),
        ("township", RoundSeal::new(Rank::Township.diameter_mm(), "温泉县哈日布呼镇人民政府").into()),
        ("short", RoundSeal::new(40, "赛里木湖").line("(2)").into()),
        (
            "long",
            RoundSeal::new(
                unit,
                "新疆维吾尔自治区博尔塔拉蒙古自治州阿拉山口综合保税区管理委员会行政审批服务局政务",
            )
            .line("行政审批专用章")
            .code("65270200012345678")
            .into(),
        ),
        ("market", OvalSeal::new(45, 30, "温泉县市场监督管理局", "业务专用章").code("6527230000456").into()),
        (
            "land",
            OvalSeal::new(45, 30, "博尔塔拉蒙古自治州自然资源局不动产登记中心", "不动产登记专用章").into(),
        ),
        ("person", NameSeal::new(20, "王建国").into()),
        ("person-yin", NameSeal::new(20, "王建国").ending(Ending::Yin).into()),
        ("person-long", NameSeal::new(20, "买买提·吐尔逊").ending(Ending::Yin).into()),
    ];
    for (file, shape) in seals {
        let picture = SealPicture::draw(shape, &font)?;
        fs::write(directory.join(file).with_extension("svg"), picture.svg())?;
        fs::write(directory.join(file).with_extension("png"), picture.png(SealPicture::DPI)?)?;
    }
    Ok(())
}
