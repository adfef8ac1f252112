//! Keys that are made in front of people: taken in when the transcript is whole, and never before.

use std::path::{Path, PathBuf};

use boyin::hsm::Pin;
use boyin::model::ceremony::{Event, MadePlace, Owner, Participant, Place, Role, Script, Step, Task};
use boyin::model::time::UnixTime;
use boyin::suite::{SystemRandom, all_jws};
use boyin::verify::{Ceremony, CeremonyContext, CeremonyFault, Countersigner, Verdict};
use boyin::{
    Attendance, CeremonyOrder, CeremonyStop, DeskError, Home, HomeError, KeyOwner, KeyState, Passphrase,
    Question,
};
use boyin_testkit::softhsm::{MODULE, PIN, TOKEN, with_softhsm};

use crate::office::{Prefecture, now, order, passphrase, police};

fn script(owner: Owner, alg: &str, countersigned_by: &[Owner]) -> Script {
    let one = |role, name: &str| Participant { name: name.to_owned(), role };
    let step = |task, by: &[Role], text: &str| Step { by: by.to_vec(), task, text: text.to_owned() };
    Script {
        alg: alg.to_owned(),
        countersigned_by: countersigned_by.to_vec(),
        format: 1,
        owner,
        participants: vec![one(Role::Operator, "甲"), one(Role::Custodian, "乙"), one(Role::Witness, "丙")],
        place: Place::Software,
        purpose: "换钥".to_owned(),
        steps: vec![
            step(Task::Confirm, &[Role::Witness], "时钟"),
            step(Task::MakeKey, &[], "生成"),
            step(Task::Record, &[Role::Custodian], "证书请求"),
            step(Task::Confirm, &[], "封存"),
        ],
    }
}

/// The questions and files that come up when [`script`] is followed.
const ANSWERS: usize = 1 + 3 + 1 + 1 + 3;

/// People who confirm until they do not.
struct People {
    /// Answers before the one that is a no.
    patience: usize,
    shown: Vec<String>,
    events: usize,
}

impl People {
    fn patient(patience: usize) -> Self {
        Self { patience, shown: Vec::new(), events: 0 }
    }

    fn answer(&mut self) -> bool {
        let yes = self.patience > 0;
        self.patience = self.patience.saturating_sub(1);
        yes
    }
}

impl Attendance for People {
    fn now(&mut self) -> UnixTime {
        now()
    }

    fn tell(&mut self, _event: &Event) {
        self.events += 1;
    }

    fn confirm(&mut self, question: &Question<'_>) -> bool {
        self.shown.push(question.shown.to_owned());
        self.answer()
    }

    fn file(&mut self, _number: usize, _step: &Step) -> Option<(String, Vec<u8>)> {
        self.answer().then(|| ("request.der".to_owned(), b"a request".to_vec()))
    }
}

fn hold(
    home: &Home,
    script: &Script,
    transcript: &Path,
    people: &mut People,
    secrets: &Passphrase,
) -> Result<Ceremony, DeskError> {
    home.hold_ceremony(CeremonyOrder { script, transcript }, people, secrets, &mut SystemRandom)
}

fn stop_of(error: DeskError) -> CeremonyStop {
    let DeskError::Home(HomeError::Ceremony(stop)) = error else { panic!("{error}") };
    stop
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.file_name().unwrap() != "lock");
    found.sort();
    found
}

#[test]
fn an_anchor_is_made_in_front_of_people_and_takes_over() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let receipt = prefecture.issue();
    let owners = [Owner::TrustList, Owner::Office(police())];
    let script = script(Owner::TrustList, "ES256", &owners);
    let transcript = prefecture.dir.path().join("transcript.jsonl");
    let mut people = People::patient(ANSWERS);
    let held = hold(home, &script, &transcript, &mut people, &passphrase()).unwrap();
    assert_eq!((people.patience, people.shown.len()), (0, ANSWERS - 1));
    assert_eq!(people.shown[1..4], [held.fingerprint(), held.fingerprint(), held.fingerprint()]);
    let kid = held.key().kid.clone();
    // Verified anew by somebody who holds the two keys that countersigned.
    let bytes = std::fs::read(&transcript).unwrap();
    assert_eq!(std::fs::read(home.dir().join(format!("keys/ceremonies/{kid}.jsonl"))).unwrap(), bytes);
    let algs = all_jws();
    let (_, trust) = home.trust().unwrap();
    let office = trust.list().issuers.iter().find(|issuer| issuer.code == police()).unwrap().keys[0].jwk();
    let given = |owner, key| Countersigner { owner, key };
    let keys = [given(Owner::TrustList, home.anchor().clone()), given(Owner::Office(police()), office)];
    let context = CeremonyContext {
        now: now(),
        algs: &algs,
        countersigners: &keys,
        script: Some(&script),
        key: Some(held.key()),
    };
    assert_eq!(context.verify(&bytes).unwrap(), held);
    assert_eq!(held.countersigners(), keys.clone().map(|given| given.key.kid));
    let alone = CeremonyContext { countersigners: &keys[..1], ..context };
    assert_eq!(alone.verify(&bytes).unwrap_err().fault, CeremonyFault::CountersignerUnknown);
    // The journal says so, nothing is left over, and the key does its work.
    let journal = home.key_journal().unwrap();
    assert!(journal.contains(r#""deed":"ceremony""#) && journal.contains("甲"), "{journal}");
    assert!(!home.dir().join("keys/ceremony").exists());
    let state = |home: &Home| home.keys(now()).unwrap().into_iter().find(|key| key.kid == kid).unwrap().state;
    assert_eq!(state(home), KeyState::Prepared);
    home.rotate_anchor(&kid, &order(police(), "r"), &passphrase()).unwrap();
    let fresh = Home::open(home.dir()).unwrap();
    assert_eq!((state(&fresh), &fresh.anchor().kid), (KeyState::InForce, &kid));
    assert_eq!(prefecture.lookup().verify(&receipt.credential, now()).verdict(), Verdict::Passed);
    // Neither is a transcript written over, nor a key made twice by one.
    let mut again = People::patient(ANSWERS);
    assert!(hold(home, &script, &transcript, &mut again, &passphrase()).is_err());
    assert_eq!(again.events, 0);
}

#[test]
fn whatever_is_not_confirmed_leaves_no_key() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let script = script(Owner::Office(police()), "SM2-SM3", &[Owner::TrustList]);
    let before = files_below(&home.dir().join("keys"));
    let known = home.keys(now()).unwrap().len();
    for patience in 0..ANSWERS {
        let transcript = prefecture.dir.path().join(format!("{patience}.jsonl"));
        let mut people = People::patient(patience);
        let stop = stop_of(hold(home, &script, &transcript, &mut people, &passphrase()).unwrap_err());
        assert!(
            matches!(stop, CeremonyStop::NotConfirmed { .. } | CeremonyStop::NoFile(2)),
            "{patience} {stop}"
        );
        let bytes = std::fs::read(&transcript).unwrap();
        let algs = all_jws();
        let context =
            CeremonyContext { now: now(), algs: &algs, countersigners: &[], script: None, key: None };
        assert_eq!(context.verify(&bytes).unwrap_err().fault, CeremonyFault::BrokenOff, "{patience}");
        assert_eq!(files_below(&home.dir().join("keys")), before, "{patience}");
        assert_eq!(home.keys(now()).unwrap().len(), known);
    }
    let transcript = prefecture.dir.path().join("whole.jsonl");
    let held = hold(home, &script, &transcript, &mut People::patient(ANSWERS), &passphrase()).unwrap();
    assert_eq!(home.keys(now()).unwrap().len(), known + 1);
    let desk = prefecture.desk();
    desk.rotate_key(police(), &held.key().kid, None, &order(police(), "r")).unwrap();
}

/// A process that ended in the middle of a ceremony, at each of the places where files change.
#[test]
fn what_was_interrupted_is_cleared_away_by_the_next_ceremony() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let script = script(Owner::TrustList, "SM2-SM3", &[]);
    let keys = home.dir().join("keys");
    let (staging, aside) = (keys.join("ceremony"), prefecture.dir.path().join("aside"));
    /// Copies the key away as soon as it is there, as if this were the end.
    struct Ends<'e>(People, &'e Path, &'e Path);
    impl Attendance for Ends<'_> {
        fn now(&mut self) -> UnixTime {
            self.0.now()
        }
        fn tell(&mut self, event: &Event) {
            if matches!(event, Event::Made { .. }) {
                std::fs::create_dir_all(self.2).unwrap();
                for path in files_below(self.1) {
                    std::fs::copy(&path, self.2.join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        fn confirm(&mut self, question: &Question<'_>) -> bool {
            self.0.confirm(question)
        }
        fn file(&mut self, number: usize, step: &Step) -> Option<(String, Vec<u8>)> {
            self.0.file(number, step)
        }
    }
    let transcript = prefecture.dir.path().join("first.jsonl");
    let mut people = Ends(People::patient(2), &staging, &aside);
    let order = CeremonyOrder { script: &script, transcript: &transcript };
    home.hold_ceremony(order, &mut people, &passphrase(), &mut SystemRandom).unwrap_err();
    let known = home.keys(now()).unwrap();
    std::fs::rename(&aside, &staging).unwrap();
    // The key file was copied over, and its reference was not written.
    let copy = keys.join("trust-list-2.pem");
    std::fs::copy(staging.join("trust-list.pem"), &copy).unwrap();
    assert_eq!(home.keys(now()).unwrap().len(), known.len(), "no act knows it");
    let transcript = prefecture.dir.path().join("second.jsonl");
    let held = hold(home, &script, &transcript, &mut People::patient(ANSWERS), &passphrase()).unwrap();
    let references: Vec<_> =
        files_below(&keys).into_iter().filter(|path| path.ends_with("trust-list-2.toml")).collect();
    assert_eq!(references.len(), 1);
    let text = std::fs::read_to_string(&references[0]).unwrap();
    assert!(text.contains(&held.key().kid), "the copy made room");
    // It ended after the key was taken in: that one stays.
    std::fs::create_dir(&staging).unwrap();
    for name in ["pem", "toml"] {
        std::fs::copy(keys.join(format!("trust-list-2.{name}")), staging.join(format!("trust-list.{name}")))
            .unwrap();
    }
    let transcript = prefecture.dir.path().join("third.jsonl");
    let third = hold(home, &script, &transcript, &mut People::patient(ANSWERS), &passphrase()).unwrap();
    assert_ne!(third.key(), held.key());
    home.rotate_anchor(&held.key().kid, &crate::office::order(police(), "r"), &passphrase()).unwrap();
}

/// Somebody lays another file in the place of the transcript, at each moment that there is.
struct Swapped<'s>(People, &'s Path);

impl Attendance for Swapped<'_> {
    fn now(&mut self) -> UnixTime {
        let (path, other) = (self.1, self.1.with_extension("other"));
        if path.exists() {
            std::fs::write(&other, b"another transcript\n").unwrap();
            std::fs::rename(&other, path).unwrap();
        }
        self.0.now()
    }
    fn tell(&mut self, event: &Event) {
        self.0.tell(event);
    }
    fn confirm(&mut self, question: &Question<'_>) -> bool {
        self.0.confirm(question)
    }
    fn file(&mut self, number: usize, step: &Step) -> Option<(String, Vec<u8>)> {
        self.0.file(number, step)
    }
}

#[test]
fn what_is_kept_is_what_was_verified() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let script = script(Owner::TrustList, "ES256", &[]);
    let transcript = prefecture.dir.path().join("transcript.jsonl");
    let mut people = Swapped(People::patient(ANSWERS), &transcript);
    let order = CeremonyOrder { script: &script, transcript: &transcript };
    let held = home.hold_ceremony(order, &mut people, &passphrase(), &mut SystemRandom).unwrap();
    assert_eq!(std::fs::read(&transcript).unwrap(), b"another transcript\n");
    let kept = std::fs::read(home.dir().join(format!("keys/ceremonies/{}.jsonl", held.key().kid))).unwrap();
    let algs = all_jws();
    let context = CeremonyContext {
        now: now(),
        algs: &algs,
        countersigners: &[],
        script: Some(&script),
        key: Some(held.key()),
    };
    assert_eq!(context.verify(&kept).unwrap(), held);
}

#[test]
fn a_key_that_cannot_be_taken_in_is_destroyed() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let script = script(Owner::TrustList, "ES256", &[]);
    let keys = home.dir().join("keys");
    let known = home.keys(now()).unwrap().len();
    // The transcript cannot be kept.
    std::fs::write(keys.join("ceremonies"), b"in the way").unwrap();
    let before = files_below(&keys);
    let path = prefecture.dir.path().join("first.jsonl");
    let found = hold(home, &script, &path, &mut People::patient(ANSWERS), &passphrase());
    assert!(matches!(found, Err(DeskError::Home(HomeError::File { .. }))), "{found:?}");
    assert_eq!((files_below(&keys), home.keys(now()).unwrap().len()), (before, known));
    std::fs::remove_file(keys.join("ceremonies")).unwrap();
    // The journal cannot be written: by then the key is taken in, and stays with its transcript.
    let journal = keys.join("journal.jsonl");
    let text = std::fs::read(&journal).unwrap_or_default();
    let _ = std::fs::remove_file(&journal);
    std::fs::create_dir(&journal).unwrap();
    let path = prefecture.dir.path().join("second.jsonl");
    assert!(hold(home, &script, &path, &mut People::patient(ANSWERS), &passphrase()).is_err());
    assert!(!keys.join("ceremony").exists());
    std::fs::remove_dir(&journal).unwrap();
    std::fs::write(&journal, text).unwrap();
    let kept = files_below(&keys.join("ceremonies"));
    let kid = kept[0].file_stem().unwrap().to_str().unwrap().to_owned();
    assert_eq!((kept.len(), home.keys(now()).unwrap().len()), (1, known + 1));
    home.rotate_anchor(&kid, &order(police(), "r"), &passphrase()).unwrap();
}

#[test]
fn who_is_missing_or_unknown_stops_it_before_it_begins() {
    let prefecture = Prefecture::new();
    let home = &prefecture.home;
    let path = prefecture.dir.path().join("t.jsonl");
    let mut people = People::patient(ANSWERS);
    let mut two = script(Owner::TrustList, "ES256", &[]);
    two.participants.truncate(2);
    assert!(matches!(
        stop_of(hold(home, &two, &path, &mut people, &passphrase()).unwrap_err()),
        CeremonyStop::Script(_)
    ));
    let elsewhere = crate::office::credit_code("MBTEXT08");
    let stranger = script(Owner::Office(elsewhere), "ES256", &[]);
    assert!(hold(home, &stranger, &path, &mut people, &passphrase()).is_err());
    let nobody = script(Owner::TrustList, "ES256", &[Owner::Office(elsewhere)]);
    assert!(matches!(
        stop_of(hold(home, &nobody, &path, &mut people, &passphrase()).unwrap_err()),
        CeremonyStop::NoCountersigner(_)
    ));
    let lock = std::fs::File::open(home.dir().join("keys/lock")).unwrap();
    lock.lock().unwrap();
    let good = script(Owner::TrustList, "ES256", &[]);
    assert!(matches!(
        stop_of(hold(home, &good, &path, &mut people, &passphrase()).unwrap_err()),
        CeremonyStop::UnderWay
    ));
    assert!(!path.exists() && people.events == 0);
}

#[test]
fn a_key_is_made_inside_a_token_and_destroyed_there_if_it_is_none() {
    with_softhsm("ceremony::a_key_is_made_inside_a_token_and_destroyed_there_if_it_is_none", |hsm| {
        let prefecture = Prefecture::new();
        let home = &prefecture.home;
        let secrets = passphrase().with_pin(Pin::new(PIN.to_owned()));
        let mut script = script(Owner::TrustList, "ES256", &[Owner::TrustList]);
        script.place = Place::Pkcs11 { module: MODULE.to_owned(), token: TOKEN.to_owned() };
        let objects = || {
            let dirs = std::fs::read_dir(hsm.tokens()).unwrap().map(|entry| entry.unwrap().path());
            let files = dirs.flat_map(|dir| files_below(&dir));
            files
                .filter(|path| {
                    path.extension().is_some_and(|e| e == "object") && !path.ends_with("token.object")
                })
                .count()
        };
        let none = objects();
        for patience in 2..ANSWERS {
            let path = hsm.dir().join(format!("{patience}.jsonl"));
            hold(home, &script, &path, &mut People::patient(patience), &secrets).unwrap_err();
            assert_eq!(objects(), none, "{patience}");
        }
        let path = hsm.dir().join("whole.jsonl");
        let held = hold(home, &script, &path, &mut People::patient(ANSWERS), &secrets).unwrap();
        assert_eq!(objects(), none + 2, "the two halves");
        let MadePlace::Pkcs11 { device, library, token, module, .. } = held.place() else { panic!() };
        assert_eq!((token.as_str(), module.as_str()), (TOKEN, MODULE));
        assert!(device.contains("SoftHSM") && device.contains("serial"), "{device}");
        assert!(library.contains("PKCS11"), "{library}");
        home.rotate_anchor(&held.key().kid, &order(police(), "r"), &secrets).unwrap();
        let view = home.keys(now()).unwrap();
        let view = view.iter().find(|view| view.kid == held.key().kid).unwrap();
        assert_eq!((view.owner, view.kind), (KeyOwner::TrustList, "pkcs11"));
    });
}
