use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use boyin::Office;
use boyin::issue::Draft;
use tempfile::TempDir;

pub(crate) const FORMS: &str = include_str!("../../demo/forms.jsonl");
const OFFICES: &str = include_str!("../../demo/offices.toml");
pub(crate) const PASSPHRASE: &str = "three sheep on a dry hill";

/// Issues identity cards with SM2.
pub(crate) const POLICE: &str = "博尔塔拉蒙古自治州公安局";
/// Where the office of [`MARKET`] issues.
pub(crate) const DIVISION: &str = "652702";
/// Issues business licenses with ES256.
pub(crate) const MARKET: &str = "阿拉山口市市场监督管理局";

#[derive(serde::Deserialize, serde::Serialize)]
struct Offices {
    office: Vec<Office>,
}

/// The office of the demo with this name.
pub(crate) fn office(name: &str) -> Office {
    let all: Offices = toml::from_str(OFFICES).unwrap();
    all.office.into_iter().find(|office| office.name == name).unwrap()
}

/// The forms of the demo of one type; those of the small office's division come first.
pub(crate) fn forms(license_type: &str) -> Vec<Draft> {
    let all = FORMS.lines().map(|line| serde_json::from_str::<Draft>(line).unwrap());
    let mut forms: Vec<_> = all.filter(|draft| draft.license_type == license_type).collect();
    forms.sort_by_key(|draft| draft.division != DIVISION);
    forms
}

/// What a run printed.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code and, if it is another one, shows everything.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Checks that the error says all of this, and does not say it on standard output.
    #[track_caller]
    pub(crate) fn complains(self, words: &[&str]) -> Self {
        let ran = self.ends(3);
        for word in words {
            assert!(ran.err.contains(word), "no `{word}` in:\n{}", ran.err);
        }
        ran
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in:\n{}", self.out))
    }
}

/// A data directory with two offices, and a place for files beside it.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    /// Nothing but an empty directory.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.init().ends(0);
        place
    }

    /// With the trust list kept by one of the two offices.
    pub(crate) fn init(&self) -> Ran {
        self.init_under(office(POLICE).code.as_str())
    }

    /// With the trust list kept by `authority`.
    pub(crate) fn init_under(&self, authority: &str) -> Ran {
        let offices = Offices { office: vec![office(POLICE), office(MARKET)] };
        let file = self.write("offices.toml", toml::to_string(&offices).unwrap().as_bytes());
        self.boyin(&[
            "init",
            "--authority",
            "演示州政务服务局",
            "--authority-code",
            authority,
            "--division",
            "652700",
            "--public-url",
            "https://licenses.example",
            "--offices",
            &file,
        ])
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Writes forms, one on each line.
    pub(crate) fn write_forms(&self, name: &str, forms: &[Draft]) -> String {
        let lines = forms.iter().map(|form| serde_json::to_string(form).unwrap() + "\n");
        self.write(name, lines.collect::<String>().as_bytes())
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(env!("CARGO_BIN_EXE_boyin"));
        command.args(args).env("BOYIN_HOME", self.home()).env("BOYIN_PASSPHRASE", PASSPHRASE);
        say_who_reads(&mut command, args);
        command
    }

    pub(crate) fn boyin(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    pub(crate) fn boyin_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Runs the command under a limit of the size of files, in units of 512 bytes.
    pub(crate) fn boyin_on_a_small_disk(&self, blocks: u32, args: &[&str]) -> Ran {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = bare("/bin/sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_boyin")]).args(args);
        command.env("BOYIN_HOME", self.home()).env("BOYIN_PASSPHRASE", PASSPHRASE);
        Ran::of(command.output().unwrap())
    }

    pub(crate) fn issue(&self, office_name: &str, form: &str, more: &[&str]) -> Ran {
        let office = office(office_name);
        let fixed =
            ["license", "issue", "--office", office.code.as_str(), "--who", "窗口甲", "--purpose", "测试"];
        self.boyin(&[&fixed, more, &[form]].concat())
    }

    /// The command that asks the window of the police about an item, in the small office's division.
    pub(crate) fn deciding(&self, item: &str, more: &[&str]) -> Command {
        let police = office(POLICE);
        let fixed =
            ["window", "decide", "--item", item, "--division", DIVISION, "--office", police.code.as_str()];
        self.command(&[&fixed, more].concat())
    }

    pub(crate) fn decide(&self, item: &str, more: &[&str]) -> Ran {
        Ran::of(self.deciding(item, more).output().unwrap())
    }

    /// Issues the first form of the type and gives the identifier; the license is in the file `license`.
    pub(crate) fn issue_one(&self, office_name: &str, license_type: &str) -> String {
        let form = self.write_forms("form.json", &forms(license_type)[..1]);
        let ran = self.issue(office_name, &form, &["--json", "--out", &self.path("license")]).ends(0);
        ran.json()["license_id"].as_str().unwrap().to_owned()
    }
}

/// Without any of our variables, and never on a terminal.
fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BOYIN_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs the `openssl` command beside the data directory, and gives what it prints.
#[track_caller]
pub(crate) fn openssl(place: &Place, args: &[&str]) -> String {
    let dir = place.home().parent().unwrap().to_owned();
    let ran = Command::new("openssl").args(args).current_dir(dir).output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// A certificate for 127.0.0.1 that signs itself, `NAME.pem`, and its key, `NAME.key`.
#[track_caller]
pub(crate) fn certificate(place: &Place, name: &str) -> [String; 2] {
    let [certificate, key] = ["pem", "key"].map(|kind| place.path(&format!("{name}.{kind}")));
    let line = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=a \
                -addext subjectAltName=IP:127.0.0.1";
    let args: Vec<_> = line.split(' ').chain(["-keyout", &key, "-out", &certificate]).collect();
    openssl(place, &args);
    [certificate, key]
}

/// Every read of personal data is somebody's, and for something.
fn say_who_reads(command: &mut Command, args: &[&str]) {
    let reads = args
        .windows(2)
        .any(|pair| matches!(pair, ["license", "show" | "list"] | ["holder", _] | ["window", "show"]));
    if reads {
        command.env("BOYIN_WHO", "窗口二").env("BOYIN_PURPOSE", "办理低保");
    }
}

/// The command without data directory and passphrase.
pub(crate) fn boyin_alone(dir: &Path, args: &[&str]) -> Ran {
    let mut command = bare(env!("CARGO_BIN_EXE_boyin"));
    say_who_reads(&mut command, args);
    Ran::of(command.args(args).current_dir(dir).output().unwrap())
}
