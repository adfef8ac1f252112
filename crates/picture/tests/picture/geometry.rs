use boyin_picture::{Center, Ending, NameSeal, OvalSeal, RoundSeal};

use crate::paper::{Corner, Letter, Paper};
use crate::{draw, font, name};

/// Rounding in the SVG and the `f32` of its reader.
const SLACK: f64 = 2e-3;

/// Whether two turned boxes share an area: unless a line along a side of one has them on either side.
fn overlap(one: &Letter, other: &Letter) -> bool {
    let separated = |by: &Letter| {
        (0..4).any(|side| {
            let (from, to) = (by.corners[side], by.corners[(side + 1) % 4]);
            let (x, y) = (to.1 - from.1, from.0 - to.0);
            let length = x.hypot(y);
            let reach = |corner: &Corner| (corner.0 * x + corner.1 * y) / length;
            let high = one.corners.iter().map(reach).fold(f64::NEG_INFINITY, f64::max);
            let low = other.corners.iter().map(reach).fold(f64::INFINITY, f64::min);
            let above = one.corners.iter().map(reach).fold(f64::INFINITY, f64::min);
            let below = other.corners.iter().map(reach).fold(f64::NEG_INFINITY, f64::max);
            high <= low + SLACK || below <= above + SLACK
        })
    };
    !separated(one) && !separated(other)
}

fn assert_apart(paper: &Paper, what: &str) {
    for (index, one) in paper.letters.iter().enumerate() {
        for (other_index, other) in paper.letters.iter().enumerate().skip(index + 1) {
            assert!(!overlap(one, other), "{what}: letters {index} and {other_index}");
        }
    }
}

/// Off the rim by a hundredth of the height.
fn assert_within_ellipse(paper: &Paper, what: &str) {
    let inner = paper.inner;
    let (rx, ry) = (f64::from(inner.width()) / 2.0, f64::from(inner.height()) / 2.0);
    let (x, y) = (f64::from(inner.left()) + rx, f64::from(inner.top()) + ry);
    let free = ry / 50.0;
    let (rx, ry) = (rx - free, ry - free);
    for (index, letter) in paper.letters.iter().enumerate() {
        for corner in letter.corners {
            let reach = ((corner.0 - x) / rx).powi(2) + ((corner.1 - y) / ry).powi(2);
            assert!(reach < 1.0, "{what}: letter {index} reaches {reach} of the rim");
        }
    }
}

/// How near the box comes to a point outside it.
fn distance(letter: &Letter, point: Corner) -> f64 {
    let near = |side: usize| {
        let (from, to) = (letter.corners[side], letter.corners[(side + 1) % 4]);
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let along = (((point.0 - from.0) * x + (point.1 - from.1) * y) / (x * x + y * y)).clamp(0.0, 1.0);
        (from.0 + along * x - point.0).hypot(from.1 + along * y - point.1)
    };
    (0..4).map(near).fold(f64::INFINITY, f64::min)
}

#[test]
fn round_letters_keep_to_the_rim_and_off_each_other_and_off_the_star() {
    let Some(font) = font() else { return };
    for diameter in [10, 38, 42, 45, 60] {
        for count in 2..=40 {
            let plain = RoundSeal::new(diameter, name(count));
            let full = plain.clone().line("电子证照专用章").code("6527010001234");
            for (seal, letters) in [(plain, count), (full, count + 7 + 13)] {
                let what = format!("{diameter} mm, {count} characters, {letters} letters");
                let paper = Paper::read(&draw(seal, &font));
                assert_eq!(paper.letters.len(), letters, "{what}");
                assert_within_ellipse(&paper, &what);
                assert_apart(&paper, &what);
                let diameter = f64::from(diameter);
                for letter in &paper.letters {
                    assert!(distance(letter, (diameter / 2.0, diameter / 2.0)) > diameter / 6.0, "{what}");
                }
            }
        }
    }
}

#[test]
fn oval_letters_keep_to_the_rim_and_off_each_other() {
    let Some(font) = font() else { return };
    for (width, height) in [(45, 30), (40, 30), (60, 30), (30, 30)] {
        for count in 2..=40 {
            let seal = OvalSeal::new(width, height, name(count), "业务专用章").code("6527230000456");
            let what = format!("{width} x {height} mm, {count} characters");
            let paper = Paper::read(&draw(seal, &font));
            assert_eq!(paper.letters.len(), count + 5 + 13, "{what}");
            assert_within_ellipse(&paper, &what);
            assert_apart(&paper, &what);
        }
    }
}

/// Wide letters, halves of a square, and what hangs below the line.
#[test]
fn letters_that_are_not_chinese_keep_their_cells() {
    let Some(font) = font() else { return };
    for text in ["W", "（", "Q", "—", "W国"] {
        for count in [4, 13, 20] {
            let seal = RoundSeal::new(45, text.repeat(count)).line(text.repeat(4)).code("W".repeat(13));
            let paper = Paper::read(&draw(seal, &font));
            assert_within_ellipse(&paper, text);
            assert_apart(&paper, text);
        }
    }
}

/// The longest of everything at once still has room.
#[test]
fn the_longest_texts_fit() {
    let Some(font) = font() else { return };
    let line = name(20);
    let round = RoundSeal::new(45, name(40)).line(&line).code("6".repeat(24));
    let oval = OvalSeal::new(45, 30, name(40), &line).code("6".repeat(24));
    for picture in [draw(round, &font), draw(oval, &font)] {
        let paper = Paper::read(&picture);
        assert_eq!(paper.letters.len(), 84);
        assert_within_ellipse(&paper, "longest");
        assert_apart(&paper, "longest");
    }
}

/// From left to right, equal angles apart, tops outward, the middle at the top.
#[test]
fn the_name_runs_evenly_along_the_upper_rim() {
    let Some(font) = font() else { return };
    for count in 4..=40 {
        let paper = Paper::read(&draw(RoundSeal::new(45, "国".repeat(count)), &font));
        let angles: Vec<f64> = paper.letters.iter().map(|letter| letter.angle).collect();
        let step = angles[1] - angles[0];
        assert!(step > 0.0 && angles.windows(2).all(|pair| (pair[1] - pair[0] - step).abs() < 0.02));
        assert!((angles[0] + angles[count - 1]).abs() < 0.02, "{angles:?}");
        assert!((150.0..=290.0).contains(&(angles[count - 1] - angles[0] + step)), "{angles:?}");
        for letter in &paper.letters {
            let (x, y) = letter.center();
            let outward = (x - 22.5).atan2(22.5 - y).to_degrees();
            // The ink of 国 is not quite in the middle of its square.
            assert!((outward - letter.angle).abs() < 1.0, "{outward} {}", letter.angle);
        }
    }
}

/// Tops inward, from left to right.
#[test]
fn the_code_runs_along_the_lower_rim() {
    let Some(font) = font() else { return };
    let paper = Paper::read(&draw(RoundSeal::new(45, "博乐市公安局").code("6527010001234"), &font));
    let code = &paper.letters[6..];
    assert_eq!(code.len(), 13);
    assert!(
        code.windows(2).all(|pair| pair[0].center().0 < pair[1].center().0 && pair[0].angle > pair[1].angle)
    );
    assert!(code.iter().all(|letter| letter.center().1 > 38.0 && letter.angle.abs() < 45.0));
}

/// Five points on a sixth of the diameter, one straight up; between them five at the golden ratio's square within.
#[test]
fn the_star_is_regular() {
    let Some(font) = font() else { return };
    let paper = Paper::read(&draw(RoundSeal::new(42, "温泉县哈日布呼镇人民政府"), &font));
    let [star] = paper.plain.as_slice() else { panic!("one star") };
    assert_eq!(star.len(), 10);
    let golden = (1.0 + 5.0f64.sqrt()) / 2.0;
    let mut turned = Vec::new();
    for (index, (x, y)) in star.iter().enumerate() {
        let radius = if index % 2 == 0 { 7.0 } else { 7.0 / golden / golden };
        assert!(((x - 21.0).hypot(y - 21.0) - radius).abs() < 1e-3, "{index}: {x} {y}");
        turned.push((x - 21.0).atan2(21.0 - y).to_degrees().rem_euclid(360.0).round());
    }
    assert_eq!(turned, [0.0, 36.0, 72.0, 108.0, 144.0, 180.0, 216.0, 252.0, 288.0, 324.0]);
    let empty = RoundSeal::new(42, "温泉县哈日布呼镇人民政府").center(Center::Empty);
    assert!(Paper::read(&draw(empty, &font)).plain.is_empty());
}

/// Where the letters of a name seal stand, as `right top` and so on.
fn quarters(paper: &Paper) -> Vec<(bool, bool)> {
    paper.letters.iter().map(Letter::center).map(|(x, y)| (x > 10.0, y < 10.0)).collect()
}

#[test]
fn names_of_people_begin_at_the_right_and_run_downward() {
    let Some(font) = font() else { return };
    let (right, left, top, bottom) = (true, false, true, false);
    let four = [(right, top), (right, bottom), (left, top), (left, bottom)];
    for seal in [
        NameSeal::new(20, "王建国").ending(Ending::Yin),
        NameSeal::new(20, "王明").ending(Ending::ZhiYin),
        NameSeal::new(20, "欧阳建国"),
    ] {
        assert_eq!(quarters(&Paper::read(&draw(seal, &font))), four);
    }
    // The family name alone has the right column.
    let three = Paper::read(&draw(NameSeal::new(20, "王建国"), &font));
    assert!((three.letters[0].center().1 - 10.0).abs() < 0.5);
    assert_eq!(quarters(&three)[1..], four[2..]);
}

#[test]
fn names_of_people_keep_to_the_rim_and_off_each_other() {
    let Some(font) = font() else { return };
    for side in [10, 20, 60] {
        for count in 2..=16 {
            for ending in [Ending::Nothing, Ending::Yin, Ending::ZhiYin] {
                let paper = Paper::read(&draw(NameSeal::new(side, name(count)).ending(ending), &font));
                assert_apart(&paper, &format!("{count} characters"));
                let inner = paper.inner;
                for (x, y) in paper.letters.iter().flat_map(|letter| letter.corners) {
                    assert!(x > f64::from(inner.left()) && x < f64::from(inner.right()), "{count}: {x}");
                    assert!(y > f64::from(inner.top()) && y < f64::from(inner.bottom()), "{count}: {y}");
                }
            }
        }
    }
}
