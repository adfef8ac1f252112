//! A key ceremony of the toy prefecture: its transcript line by line, to be changed before it is linked and signed.

use boyin_issue::{SigningKey, ceremony_closing};
use boyin_model::ceremony::{
    CEREMONY_FORMAT, Closing, Event, Line, MadePlace, NO_LINE, Owner, Participant, Place, Role, Script, Step,
    Task,
};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_suite::{Algorithm, all_jws};
use boyin_verify::{CeremonyContext, Countersigner, hex_digest, key_fingerprint};

use crate::key::FixedKey;
use crate::prefecture::now;

/// A script, and the keys that sign its transcript.
#[derive(Clone, Debug)]
pub struct CeremonyWorld {
    /// What is followed.
    pub script: Script,
    /// The new key.
    pub key: SigningKey,
    /// The key that countersigns.
    pub countersigner: SigningKey,
}

impl CeremonyWorld {
    /// A new anchor in front of three others, countersigned by the old one.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let one = |role, name: &str| Participant { name: name.to_owned(), role };
        let step = |task, by: &[Role], text: &str| Step { by: by.to_vec(), task, text: text.to_owned() };
        let key = FixedKey::signing(algorithm, 950);
        let script = Script {
            alg: key.reference().jwk().alg.clone(),
            countersigned_by: vec![Owner::TrustList],
            format: CEREMONY_FORMAT,
            owner: Owner::TrustList,
            participants: vec![
                one(Role::Operator, "甲"),
                one(Role::Custodian, "乙"),
                one(Role::Witness, "丙"),
                one(Role::Witness, "丁"),
            ],
            place: Place::Software,
            purpose: "测试".to_owned(),
            steps: vec![
                step(Task::Confirm, &[Role::Operator, Role::Witness], "时钟"),
                step(Task::MakeKey, &[], "生成"),
                step(Task::Record, &[Role::Custodian], "证书请求"),
                step(Task::Confirm, &[], "封存"),
            ],
        };
        Self { script, key, countersigner: FixedKey::signing(Algorithm::Es256, 951) }
    }

    /// What happens when the script is followed.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let (authority, format) = ("样本州政务服务局".to_owned(), CEREMONY_FORMAT);
        let mut events = vec![Event::Begun { authority, format, script: self.script.clone() }];
        let key = self.jwk();
        for (number, step) in self.script.steps.iter().enumerate() {
            let shown = match step.task {
                Task::Confirm => step.text.clone(),
                Task::MakeKey => key_fingerprint(&key, &all_jws()).expect("a key on a known curve"),
                Task::Record => hex_digest(&all_jws(), b"a request").expect("SHA-256"),
            };
            match step.task {
                Task::Confirm => {}
                Task::MakeKey => events.push(Event::Made {
                    fingerprint: shown.clone(),
                    key: key.clone(),
                    place: MadePlace::Software,
                    step: number,
                }),
                Task::Record => {
                    let (digest, file) = (shown.clone(), "request.der".to_owned());
                    events.push(Event::Recorded { digest, file, step: number });
                }
            }
            for one in self.script.confirm(step) {
                let (name, role, shown) = (one.name.clone(), one.role, shown.clone());
                events.push(Event::Confirmed { name, role, shown, step: number });
            }
        }
        let signers = vec![key.kid, self.countersigner.reference().jwk().kid.clone()];
        events.push(Event::Closed { signers });
        events
    }

    /// The new key's public half.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        self.key.reference().jwk().clone()
    }

    /// The transcript of events, one each second up to [`now`], signed by both keys.
    #[must_use]
    pub fn transcript(&self, events: &[Event]) -> Vec<u8> {
        self.signed(linked(&timed(events)))
    }

    /// Lines, signed by both keys.
    #[must_use]
    pub fn signed(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for key in [&self.key, &self.countersigner] {
            bytes = with_closing(bytes, key, now());
        }
        bytes
    }

    /// The key that counts as a countersigner.
    #[must_use]
    pub fn countersigners(&self) -> [Countersigner; 1] {
        [Countersigner { owner: Owner::TrustList, key: self.countersigner.reference().jwk().clone() }]
    }
}

/// A context at [`now`] that asks for no script and no key.
#[must_use]
pub fn ceremony_context<'c>(
    algs: &'c [&'static dyn boyin_verify::VerifyAlg],
    countersigners: &'c [Countersigner],
) -> CeremonyContext<'c> {
    CeremonyContext { now: now(), algs, countersigners, script: None, key: None }
}

/// Events with instants: one each second, the last at [`now`].
#[must_use]
pub fn timed(events: &[Event]) -> Vec<(UnixTime, Event)> {
    let before = |place: usize| u64::try_from(events.len() - 1 - place).unwrap_or(0);
    events.iter().cloned().enumerate().map(|(place, event)| (now().minus(before(place)), event)).collect()
}

/// Lines of events, each with number and digest.
///
/// # Panics
/// Never.
#[must_use]
pub fn linked(events: &[(UnixTime, Event)]) -> Vec<u8> {
    let (mut bytes, mut prev) = (Vec::new(), NO_LINE.to_owned());
    for (no, (at, event)) in (0..).zip(events) {
        let line = Line { at: *at, event: event.clone(), no, prev }.write();
        prev = hex_digest(&all_jws(), &line).expect("SHA-256");
        bytes.extend([&line[..], b"\n"].concat());
    }
    bytes
}

/// Bytes with the signature of a key over them.
///
/// # Panics
/// Never.
#[must_use]
pub fn with_closing(mut bytes: Vec<u8>, key: &SigningKey, at: UnixTime) -> Vec<u8> {
    let transcript = hex_digest(&all_jws(), &bytes).expect("SHA-256");
    let closing = Closing { at, format: CEREMONY_FORMAT, transcript };
    let token = key.sign_jws(&ceremony_closing(&closing, key.reference())).expect("keys of the kit sign");
    bytes.extend([&token[..], b"\n"].concat());
    bytes
}
