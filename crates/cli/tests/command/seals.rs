//! The life of a seal, from the command line.

use crate::support::{MARKET, POLICE, Place, office};

const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc";
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A data directory with officers of the police: 甲 and 乙 manage its seals, 丙 uses, 丁 audits them.
pub(crate) struct Sealing {
    pub(crate) place: Place,
    pub(crate) office: String,
    picture: String,
}

impl Sealing {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        let office = office(POLICE).code.to_string();
        for (name, power) in [("甲", "manage"), ("乙", "manage"), ("丙", "use"), ("丁", "audit")] {
            let appoint = ["seal", "officer", "appoint", name, "--office", &office, "--power", power];
            place.boyin(&appoint).ends(0);
        }
        let picture = place.write("picture.png", PICTURE);
        Self { place, office, picture }
    }

    pub(crate) fn run(&self, who: &str, args: &[&str]) -> crate::support::Ran {
        let actor = ["--who", who, "--office", &self.office, "--purpose", "用印试验"];
        self.place.boyin(&[&["seal"], args, &actor[..]].concat())
    }

    fn applied(&self) -> String {
        let apply = ["apply", "--division", "652700", "--kind", "legal_name", "--name", POLICE, "--json"];
        self.run("甲", &apply).ends(0).json()["seal"].as_str().unwrap().to_owned()
    }

    pub(crate) fn in_use(&self) -> String {
        let id = self.applied();
        self.run("乙", &["approve", &id]).ends(0);
        self.make(&id).ends(0);
        self.run("甲", &["start", &id]).ends(0);
        id
    }

    fn make(&self, id: &str) -> crate::support::Ran {
        self.run("甲", &["make", id, "--second", "乙", "--picture", &self.picture, "--size", "45x45"])
    }

    fn verify(&self, args: &[&str]) -> crate::support::Ran {
        self.place.boyin(&[&["seal", "verify"], args].concat())
    }
}

#[test]
fn from_the_application_to_the_destruction() {
    let sealing = Sealing::new();
    let place = &sealing.place;
    let id = sealing.in_use();
    let document = place.write("document", b"a decision");
    let (signature, seal) = (place.path("signature"), place.path("seal"));
    sealing.run("丙", &["use", &id, &document, "--out", &signature]).ends(0);
    place.boyin(&["seal", "show", &id, "--who", "丁", "--out", &seal]).ends(0);

    let passed = sealing.verify(&[&signature, "--document", &document]).ends(0);
    assert!(passed.out.starts_with("✓ passed") && passed.out.contains(&id), "{}", passed.out);
    assert!(sealing.verify(&[&signature]).ends(2).out.contains("document_missing"));
    let other = place.write("other", b"another decision");
    assert!(sealing.verify(&[&signature, "--document", &other]).ends(1).out.contains("document_mismatch"));
    sealing.verify(&[&seal]).ends(0);
    place.boyin(&["verify", &seal]).ends(0);
    let offline = ["--anchor", &place.home().join("trust/seal-authority.der").display().to_string()];
    let open = sealing.verify(&[&[seal.as_str()], &offline[..]].concat()).ends(2);
    assert!(open.out.contains("maker_revocation_unknown"), "{}", open.out);

    let license = place.issue_one(POLICE, "identity-card");
    assert!(place.boyin(&["license", "show", &license]).ends(0).out.contains("✓ passed"));
    sealing.run("甲", &["suspend", &id, "--reason", "保管人变更"]).ends(0);
    sealing.run("丙", &["use", &id, &document, "--out", &place.path("late")]).complains(&["suspended"]);
    assert!(sealing.verify(&[&seal]).ends(1).out.contains("seal_not_in_force"));
    sealing.run("甲", &["restore", &id, "--reason", "交接完成"]).ends(0);
    sealing.verify(&[&seal]).ends(0);
    sealing.run("甲", &["recall", &id, "--reason", "机构撤并"]).ends(0);
    sealing.run("甲", &["destroy", &id, "--reason", "介质已毁", "--second", "甲"]).ends(3);
    sealing.run("甲", &["destroy", &id, "--reason", "介质已毁", "--second", "乙"]).ends(0);
    let shown = place.boyin(&["seal", "show", &id, "--who", "丁"]).ends(0);
    for word in ["已销毁", "seal_applied", "seal_used", "seal_suspended", "seal_destroyed", "乙"] {
        assert!(shown.out.contains(word), "no {word} in {}", shown.out);
    }
    sealing.verify(&[&signature, "--document", &document]).ends(0);
}

#[test]
fn who_has_no_power_is_told_so() {
    let sealing = Sealing::new();
    let id = sealing.applied();
    sealing.run("甲", &["approve", &id]).ends(3);
    sealing.run("丙", &["approve", &id]).complains(&["manage", "use"]);
    sealing.run("戊", &["approve", &id]).complains(&["no power over seals"]);
    sealing.make(&id).complains(&["applied"]);
    let list = sealing.place.boyin(&["seal", "list", "--who", "丁"]).ends(0);
    assert!(list.out.contains(&id) && list.out.contains("已申请"), "{}", list.out);
    sealing.place.boyin(&["seal", "list", "--who", "丙"]).complains(&["power"]);
    let market = office(MARKET).code.to_string();
    let two = ["seal", "officer", "appoint", "甲", "--office", &market, "--power", "audit"];
    sealing.place.boyin(&two).complains(&["nobody has two"]);
    sealing.run("甲", &["reject", &id, "--reason", "名称有误"]).ends(0);
    sealing.run("乙", &["approve", &id]).complains(&["rejected"]);
}

#[test]
fn what_is_no_seal_is_said_to_be_none() {
    let place = Place::empty();
    let file = place.write("file", b"no seal");
    place.boyin(&["seal", "verify", &file]).complains(&["neither a seal"]);
    let bad = place.write("bad.der", b"no certificate");
    let seal = place.write("seal", &[0x30, 2, 0x30, 0]);
    place.boyin(&["seal", "verify", &seal, "--anchor", &bad]).complains(&["neither a seal"]);
}

#[test]
fn a_picture_is_drawn_where_the_font_is() {
    let place = Place::empty();
    let (png, other) = (place.path("seal.png"), place.path("seal.pdf"));
    let ran = place.boyin(&["seal", "picture", "--name", POLICE, "--out", &png]);
    if std::path::Path::new(FONT).exists() {
        assert!(ran.ends(0).out.contains("45 × 45 mm"));
        assert!(place.read("seal.png").starts_with(b"\x89PNG"));
        place.boyin(&["seal", "picture", "--name", POLICE, "--out", &png]).complains(&["exists already"]);
        place.boyin(&["seal", "picture", "--name", POLICE, "--out", &other]).complains(&[".png or .svg"]);
    } else {
        ran.complains(&["fonts-noto-cjk"]);
    }
}
