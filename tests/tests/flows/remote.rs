//! A desk whose office's key is at a remote signer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use boyin::archive::{ArchiveError, Change, EventKind, Filing, Grade, StatusChange};
use boyin::exempt::Answer;
use boyin::hsm::Pin;
use boyin::issue::SigningKeyError;
use boyin::meter::Decided;
use boyin::model::alg::SignError;
use boyin::model::id::LicenseId;
use boyin::model::purpose::KeyPurpose;
use boyin::model::time::UnixTime;
use boyin::signer::{SignerClient, SignerGrant, SignerHome, SignerService};
use boyin::suite::SystemRandom;
use boyin::transport::{Transport, TransportError};
use boyin::verify::Verdict;
use boyin::window::ReplayOutcome;
use boyin::{
    Desk, DeskError, HomeError, KeyOwner, KeySource, Lookup, Order, Passphrase, RemoteAccess, Rotation,
    SuiteName,
};
use boyin_testkit::softhsm::{PIN, with_softhsm};

use crate::keys::in_token;
use crate::office::{HOLDER, Prefecture, citizen, identity_card, market, now, order, passphrase, police};
use crate::window::{act, card, collect, inputs_of, looks, person, question, replayed};

const NO_FAULT: u8 = 0;
/// Nobody listens.
const GONE: u8 = 1;
/// It signs, and the answer is lost.
const LOST: u8 = 2;
/// Another signature comes back.
const ALTERED: u8 = 3;
/// Something else answers.
const STRANGE: u8 = 4;

/// The signer in this process, and what goes wrong on the way.
struct Line {
    service: Mutex<Option<SignerService>>,
    clock: Mutex<UnixTime>,
    fault: AtomicU8,
    /// What is done before each of the next answers.
    meanwhile: Mutex<VecDeque<Box<dyn FnOnce() + Send>>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line(..)")
    }
}

impl Line {
    fn at(&self) -> UnixTime {
        *self.clock.lock().unwrap()
    }
}

impl Transport for Line {
    fn post(&self, _: &str, _: &str, _: &[u8], _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("a refusal has a body")
    }

    fn exchange(
        &self,
        url: &str,
        _: &str,
        body: &[u8],
        limit: usize,
    ) -> Result<(u16, Vec<u8>), TransportError> {
        assert_eq!(url, "http://signer.test/v1/signatures");
        let meanwhile = self.meanwhile.lock().unwrap().pop_front();
        if let Some(done) = meanwhile {
            done();
        }
        let fault = self.fault.load(Ordering::SeqCst);
        let service = self.service.lock().unwrap();
        let Some(service) = service.as_ref().filter(|_| fault != GONE) else {
            return Err(TransportError::Unreachable);
        };
        let answer = service.answer(body, self.at());
        match (fault, answer) {
            (LOST, _) => Err(TransportError::TimedOut),
            (STRANGE, _) => Ok((200, b"<html>welcome</html>".to_vec())),
            (ALTERED, Ok(_)) => {
                let zeros = boyin::model::b64::encode(&[1; 64]);
                Ok((200, format!(r#"{{"format":1,"signature":"{zeros}"}}"#).into_bytes()))
            }
            (_, Ok(answer)) => {
                assert!(answer.len() < limit);
                Ok((200, answer))
            }
            (_, Err(refusal)) => Ok((403, format!(r#"{{"code":"{}"}}"#, refusal.code()).into_bytes())),
        }
    }

    fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, TransportError> {
        unreachable!("signers are asked by POST")
    }
}

/// A prefecture whose police sign remotely.
struct Site {
    prefecture: Prefecture,
    signer: SignerHome,
    line: Arc<Line>,
    kid: String,
}

fn office_order(key: &str, at: UnixTime) -> Order {
    Order { at, ..order(police(), key) }
}

impl Site {
    fn new(source: &KeySource, secrets: &Passphrase, suite_purposes: &[KeyPurpose]) -> Self {
        let prefecture = Prefecture::new();
        let signer = SignerHome::create(&prefecture.dir.path().join("signer"), &mut SystemRandom).unwrap();
        let key = signer.new_key(source, None, now(), secrets, &mut SystemRandom).unwrap();
        let words = order(police(), "keys");
        let client = KeySource::Software(SuiteName::Sm2Sm3);
        let client =
            prefecture.home.new_client_key(&client, &words, &passphrase(), &mut SystemRandom).unwrap();
        let grant = SignerGrant { kid: key.kid.clone(), purposes: suite_purposes.to_vec(), signatures: None };
        signer
            .add_client(SignerClient {
                name: "desk".to_owned(),
                key: client.jwk().unwrap(),
                grants: vec![grant],
            })
            .unwrap();
        let service = SignerService::open(&signer, secrets, now()).unwrap();
        let line = Arc::new(Line {
            service: Mutex::new(Some(service)),
            clock: Mutex::new(now()),
            fault: AtomicU8::new(NO_FAULT),
            meanwhile: Mutex::default(),
        });
        let site = Self { prefecture, signer, line, kid: key.kid.clone() };
        let source = KeySource::Remote {
            url: "http://signer.test".to_owned(),
            signer: site.signer.id().to_owned(),
            key: key.jwk().unwrap(),
        };
        let owner = KeyOwner::Office(police());
        site.prefecture
            .home
            .new_key(owner, &source, None, &words, &site.secrets(), &mut SystemRandom)
            .unwrap();
        site
    }

    fn secrets(&self) -> Passphrase {
        let line = Arc::clone(&self.line);
        let transport: Arc<dyn Transport> = Arc::<Line>::clone(&self.line);
        let access = RemoteAccess::new(transport, Arc::new(move || line.at()));
        passphrase().with_remote(access)
    }

    fn desk(&self) -> Desk {
        Desk::open(&self.prefecture.home, &self.secrets(), self.line.at()).unwrap()
    }

    fn rotate(&self, desk: &Desk) -> Result<Rotation, DeskError> {
        let rotation = desk.rotate_key(police(), &self.kid, None, &order(police(), "r"))?;
        *self.line.clock.lock().unwrap() = rotation.from;
        Ok(rotation)
    }

    fn fault(&self, fault: u8) {
        self.line.fault.store(fault, Ordering::SeqCst);
    }

    fn meanwhile(&self, done: impl FnOnce() + Send + 'static) {
        self.line.meanwhile.lock().unwrap().push_back(Box::new(done));
    }

    fn journal(&self) -> usize {
        std::fs::read_to_string(self.signer.dir().join("journal.jsonl")).unwrap().lines().count()
    }
}

const ALL: [KeyPurpose; 2] = [KeyPurpose::Licenses, KeyPurpose::StatusLists];

fn software() -> KeySource {
    KeySource::Software(SuiteName::Sm2Sm3)
}

fn sign_error(error: &DeskError) -> SignError {
    let DeskError::Signing(SigningKeyError::Signer(error)) = error else { panic!("{error}") };
    *error
}

#[test]
fn an_office_issues_with_a_remote_key_and_nothing_is_half_done_when_the_signer_is_gone() {
    let site = Site::new(&software(), &passphrase(), &ALL);
    let desk = site.desk();
    let rotation = site.rotate(&desk).unwrap();
    let issue =
        |key: &str| desk.issue(&identity_card(), &office_order(key, site.line.at()), &mut SystemRandom);
    let first = issue("one").unwrap();
    let lookup = site.prefecture.lookup();
    assert_eq!(lookup.verify(&first.credential, rotation.from).verdict(), Verdict::Passed);
    let jwt = first.credential.split(|byte| *byte == b'~').next().unwrap();
    assert_eq!(boyin::verify::signer_of(jwt), Some(site.kid.clone()));
    let filed = || desk.archive().list(None, None, 100).unwrap().items.len();
    assert_eq!(filed(), 1);

    for (fault, error) in
        [(GONE, SignError::Unanswered), (LOST, SignError::Unanswered), (STRANGE, SignError::Unanswered)]
    {
        site.fault(fault);
        assert_eq!(sign_error(&issue("two").unwrap_err()), error);
        assert_eq!(filed(), 1, "nothing is half done");
    }
    site.fault(ALTERED);
    let wrong = issue("two").unwrap_err();
    assert!(matches!(wrong, DeskError::Signing(SigningKeyError::SelfCheck)), "{wrong}");
    assert_eq!(filed(), 1);

    // The signer is started anew.
    site.fault(NO_FAULT);
    *site.line.service.lock().unwrap() = None;
    assert_eq!(sign_error(&issue("two").unwrap_err()), SignError::Unanswered);
    let again = SignerService::open(&site.signer, &passphrase(), site.line.at()).unwrap();
    *site.line.service.lock().unwrap() = Some(again);
    let (second, same) = (issue("two").unwrap(), issue("two").unwrap());
    assert!(!second.replayed && same.replayed && second.credential == same.credential);
    lookup.refresh(rotation.from).unwrap();
    assert_eq!(lookup.verify(&second.credential, rotation.from).verdict(), Verdict::Passed);
    // Counted were those whose answers were lost, strange or altered too: never the other way around.
    let signed = site.journal();
    assert!(signed >= 2 + 3 && site.signer.check_journal(now()).is_ok(), "{signed}");
}

/// Has a further card of the citizen filed before an answer of the signer.
fn file_meanwhile(site: &Site, desk: &Arc<Desk>, copied: &LicenseId, number: usize) -> LicenseId {
    let id = LicenseId::new(card(), police(), &format!("{number:06}"), 1).unwrap();
    let (there, copied, new) = (Arc::clone(desk), copied.clone(), id.clone());
    site.meanwhile(move || {
        let mut record = there.archive().get(&copied).unwrap().unwrap();
        (record.id, record.slot, record.filed_at) = (new, None, now());
        let filing = Filing { record, holder: person(&citizen()) };
        there.archive().file(&act(&format!("meanwhile {number}")), &filing).unwrap();
    });
    id
}

#[test]
fn a_file_that_does_not_keep_still_is_not_decided_from() {
    /// How often it is looked at.
    const LOOKS: usize = 5;
    const CHANGES: usize = LOOKS + 3;
    let purposes = [KeyPurpose::Licenses, KeyPurpose::StatusLists, KeyPurpose::Decisions];
    let site = Site::new(&software(), &passphrase(), &purposes);
    let desk = Arc::new(site.desk());
    let at = site.rotate(&desk).unwrap().from;
    let first = desk.issue(&identity_card(), &office_order("card", at), &mut SystemRandom).unwrap();
    let holder = person(&citizen());
    let ask = || desk.decide_exemption(&question(holder.clone(), Some(HOLDER)), &office_order("ask", at));
    for number in 0..CHANGES {
        file_meanwhile(&site, &desk, &first.license_id, number + 2);
    }
    let before = desk.archive().last_event().unwrap();
    let busy = ask().unwrap_err();
    assert!(matches!(busy, DeskError::Archive(ArchiveError::Busy)), "{busy}");
    assert_eq!(site.line.meanwhile.lock().unwrap().len(), CHANGES - LOOKS);
    let events = desk.archive().events(Some(before), 100).unwrap();
    assert!(events.iter().all(|event| event.what != EventKind::ExemptionDecided), "nothing is filed");
    // One card at the first look, and one more at each further one: the holder sees them all.
    let seen: usize = (1..=LOOKS).sum();
    assert_eq!(looks(&desk, &holder), [seen.to_string()]);
    // Once nothing comes any more, the same order is decided.
    site.line.meanwhile.lock().unwrap().clear();
    let answer = ask().unwrap();
    assert!(!answer.replayed);
    assert_eq!(looks(&desk, &holder), [seen.to_string(), (LOOKS + 1).to_string()]);
    assert_eq!(replayed(&site.prefecture, answer.event), ReplayOutcome::Holds);
}

#[test]
fn what_comes_or_goes_while_a_decision_is_signed_has_the_files_read_anew() {
    let purposes = [KeyPurpose::Licenses, KeyPurpose::StatusLists, KeyPurpose::Decisions];
    let site = Site::new(&software(), &passphrase(), &purposes);
    let desk = Arc::new(site.desk());
    let at = site.rotate(&desk).unwrap().from;
    let first = desk.issue(&identity_card(), &office_order("card", at), &mut SystemRandom).unwrap();
    let holder = person(&citizen());
    let asked = question(holder.clone(), Some(HOLDER));
    let ask = |key: &str| desk.decide_exemption(&asked, &office_order(key, at)).unwrap();
    let decisions_of = |event| desk.archive().decision_inputs(event);

    let id = file_meanwhile(&site, &desk, &first.license_id, 2);
    let answer = ask("one");
    assert!(inputs_of(&desk, answer.event).contains(id.as_str()));
    assert_eq!(looks(&desk, &holder), ["3"], "one entry, and then two");
    assert_eq!(replayed(&site.prefecture, answer.event), ReplayOutcome::Holds);

    let (there, whose) = (Arc::clone(&desk), holder.clone());
    site.meanwhile(move || {
        there.archive().erase_decision_inputs(&act("forget"), &whose, "窗口二号", "依申请").unwrap();
    });
    let later = ask("two");
    assert!(matches!(decisions_of(answer.event), Err(ArchiveError::Erased { .. })));
    assert!(decisions_of(later.event).unwrap().is_some());
    assert_eq!(looks(&desk, &holder), ["3", "4"]);
    assert_eq!(replayed(&site.prefecture, later.event), ReplayOutcome::Holds);

    let there = Arc::clone(&desk);
    site.meanwhile(move || collect(&there, "第1号", HOLDER, Grade::C));
    let with_record = ask("three");
    assert_eq!(looks(&desk, &holder), ["3", "4", "5"]);
    assert_eq!(replayed(&site.prefecture, with_record.event), ReplayOutcome::Holds);

    // A list that is replaced, too.
    let there = Arc::clone(&desk);
    site.meanwhile(move || {
        let revoke = StatusChange::new(Change::Revoke, "依法吊销");
        there.change_status(&first.license_id, &revoke, &office_order("revoke", at)).unwrap();
    });
    let revoked = ask("four");
    assert_eq!(looks(&desk, &holder), ["3", "4", "5", "6"]);
    let answer = |receipt: &[u8]| Decided::of_receipt(0, receipt).unwrap().answer();
    assert_eq!((answer(&with_record.receipt), answer(&revoked.receipt)), (Answer::Exempt, Answer::Submit));
    assert_eq!(replayed(&site.prefecture, revoked.event), ReplayOutcome::Holds);

    // And the trust list, with the key of an office of which nothing is on file.
    let (owner, words) = (KeyOwner::Office(market()), order(police(), "market"));
    let home = &site.prefecture.home;
    let next = home.new_key(owner, &software(), None, &words, &passphrase(), &mut SystemRandom).unwrap().kid;
    let there = Arc::clone(&desk);
    site.meanwhile(move || {
        there.rotate_key(market(), &next, None, &office_order("rotate", at)).unwrap();
    });
    let rotated = ask("five");
    assert_eq!(looks(&desk, &holder), ["3", "4", "5", "6", "6"]);
    let sequence = site.prefecture.home.trust().unwrap().1.list().sequence;
    assert!(inputs_of(&desk, rotated.event).contains(&format!("\"trust_list\":{sequence}}}")));
    assert_eq!(replayed(&site.prefecture, rotated.event), ReplayOutcome::Holds);
}

#[test]
fn what_the_signer_refuses_is_told_by_its_code() {
    let site = Site::new(&software(), &passphrase(), &[KeyPurpose::StatusLists]);
    let desk = site.desk();
    let rotation = site.rotate(&desk).unwrap();
    let issue = |key: &str, at| desk.issue(&identity_card(), &office_order(key, at), &mut SystemRandom);
    let refused = sign_error(&issue("one", rotation.from).unwrap_err());
    assert_eq!(refused, SignError::RefusedRemotely { code: "purpose_not_allowed" });
    assert!(refused.to_string().contains("docs/remote-signing.md"));
    site.signer.remove_client("desk").unwrap();
    let refused = sign_error(&issue("one", rotation.from).unwrap_err());
    assert_eq!(refused, SignError::RefusedRemotely { code: "unknown_client" });
    assert!(desk.archive().list(None, None, 100).unwrap().items.is_empty());
    assert!(desk.probe_signers().is_err());
}

#[test]
fn a_program_without_a_way_to_signers_says_so() {
    let site = Site::new(&software(), &passphrase(), &ALL);
    site.rotate(&site.desk()).unwrap();
    let desk = Desk::open(&site.prefecture.home, &passphrase(), site.line.at()).unwrap();
    let order = office_order("one", site.line.at());
    let refused = desk.issue(&identity_card(), &order, &mut SystemRandom).unwrap_err();
    assert!(matches!(refused, DeskError::Home(HomeError::NoRemoteAccess)), "{refused}");
}

#[test]
fn a_remote_key_is_retired_here_once_it_is_gone_there() {
    let site = Site::new(&software(), &passphrase(), &ALL);
    let owner = KeyOwner::Office(police());
    let retire = || {
        site.prefecture.home.retire_key(owner, &site.kid, &order(police(), "x"), &site.secrets()).map(drop)
    };
    let refused = retire().unwrap_err();
    assert!(matches!(refused, DeskError::Home(HomeError::StillSigns(_))), "{refused}");
    site.fault(GONE);
    assert!(retire().is_err(), "nobody knows");
    site.fault(NO_FAULT);
    site.signer.retire_key(&site.kid, now(), &passphrase()).unwrap();
    retire().unwrap();
}

#[test]
fn a_token_behind_a_signer_signs_for_a_desk() {
    with_softhsm("remote::a_token_behind_a_signer_signs_for_a_desk", |hsm| {
        let secrets = passphrase().with_pin(Pin::new(PIN.to_owned()));
        let site = Site::new(&in_token(), &secrets, &ALL);
        let desk = site.desk();
        let rotation = site.rotate(&desk).unwrap();
        let order = |key: &str| office_order(key, rotation.from);
        let receipt = desk.issue(&identity_card(), &order("one"), &mut SystemRandom).unwrap();
        let lookup: Lookup = site.prefecture.lookup();
        assert_eq!(lookup.verify(&receipt.credential, rotation.from).verdict(), Verdict::Passed);
        let away = hsm.dir().join("away");
        std::fs::rename(hsm.tokens(), &away).unwrap();
        // An open session may still have the key: until it is found out, or the answer is that the device is gone.
        let mut refused = None;
        for turn in 0..3 {
            refused = desk.issue(&identity_card(), &order(&format!("gone {turn}")), &mut SystemRandom).err();
            if refused.is_some() {
                break;
            }
        }
        let refused = sign_error(&refused.expect("a token that is gone does not sign"));
        assert_eq!(refused, SignError::RefusedRemotely { code: "key_unavailable" });
        std::fs::rename(&away, hsm.tokens()).unwrap();
        desk.issue(&identity_card(), &order("back"), &mut SystemRandom).unwrap();
        let text = std::fs::read_to_string(site.signer.dir().join("journal.jsonl")).unwrap();
        assert!(text.lines().any(|line| line.contains("\"outcome\":\"failed\"")));
    });
}
