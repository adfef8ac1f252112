use super::*;

const SAMPLE: &str = include_str!("../../../../docs/samples/anchor-ceremony.toml");

fn sample() -> Script {
    Script::from_toml(SAMPLE).unwrap()
}

fn refused(edit: impl FnOnce(&mut Script)) -> ScriptError {
    let mut script = sample();
    edit(&mut script);
    script.check().unwrap_err()
}

#[test]
fn nobody_has_two_roles_however_the_name_is_spelled() {
    let script = sample();
    assert!(script.participants.len() >= 3);
    for other in ["操作员", " 操作 员 ", "操作·员"] {
        let error = refused(|script| script.participants[2].name = other.to_owned());
        assert_eq!(error, ScriptError::SamePerson(other.to_owned()));
    }
    let one = |role: Role, name: &str| Participant { name: name.to_owned(), role };
    let operator = || one(Role::Operator, "a");
    let (custodian, witness) = (|| one(Role::Custodian, "b"), || one(Role::Witness, "c"));
    for people in [
        vec![],
        vec![operator(), witness()],
        vec![custodian(), witness(), one(Role::Witness, "d")],
        vec![operator(), one(Role::Operator, "d"), custodian(), witness()],
        (0..17).map(|n| one(if n == 0 { Role::Operator } else { Role::Witness }, &n.to_string())).collect(),
    ] {
        assert_eq!(refused(|script| script.participants = people), ScriptError::Participants);
    }
    for name in ["", "  ", "...", "a\u{1b}[2J"] {
        let people = vec![operator(), custodian(), one(Role::Witness, name)];
        let error = refused(|script| script.participants = people);
        assert_eq!(error, ScriptError::Text("the name of a participant"), "{name:?}");
    }
}

#[test]
fn one_step_makes_the_key_and_everybody_confirms_it() {
    let place = sample().steps.iter().position(|step| step.task == Task::MakeKey).unwrap();
    assert_eq!(refused(|script| drop(script.steps.remove(place))), ScriptError::Steps);
    assert_eq!(refused(|script| script.steps.push(script.steps[place].clone())), ScriptError::Steps);
    assert_eq!(refused(|script| script.steps.clear()), ScriptError::Steps);
    let many = |script: &mut Script| {
        let first = script.steps[0].clone();
        script.steps.extend(std::iter::repeat_n(first, MAX_STEPS));
    };
    assert_eq!(refused(many), ScriptError::Steps);
    assert_eq!(refused(|script| script.steps[place].by = vec![Role::Operator]), ScriptError::By(place));
    assert_eq!(refused(|script| script.steps[0].by = vec![Role::Operator; 2]), ScriptError::By(0));
    let nobody = |script: &mut Script| {
        script
            .participants
            .iter_mut()
            .filter(|one| one.role == Role::Custodian)
            .for_each(|one| one.role = Role::Witness);
        script.steps[0].by = vec![Role::Custodian];
    };
    assert_eq!(refused(nobody), ScriptError::By(0));
    assert_eq!(refused(|script| script.steps[0].text.clear()), ScriptError::Text("the text of a step"));
}

#[test]
fn other_rules_of_a_script() {
    assert_eq!(refused(|script| script.format = 2), ScriptError::Format(2));
    assert_eq!(refused(|script| script.purpose = "a\nb".to_owned()), ScriptError::Text("purpose"));
    assert_eq!(refused(|script| script.alg = "RS256".to_owned()), ScriptError::Alg);
    let token = |alg: &str, module: &str| {
        let mut script = sample();
        script.alg = alg.to_owned();
        script.place = Place::Pkcs11 { module: module.to_owned(), token: "t".to_owned() };
        script.check()
    };
    assert_eq!(token("ES256", "m"), Ok(()));
    assert_eq!(token("SM2-SM3", "m"), Err(ScriptError::Alg));
    assert_eq!(token("ES256", ""), Err(ScriptError::Text("module")));
    let twice = vec![Owner::TrustList; 2];
    assert_eq!(refused(|script| script.countersigned_by = twice), ScriptError::Countersigners);
    for text in ["", "format = 1", &format!("{SAMPLE}\nmore = 1"), &SAMPLE.replace("trust-list", "somebody")]
    {
        assert!(matches!(Script::from_toml(text), Err(ScriptError::Toml(_))), "{text}");
    }
    let long = format!("{SAMPLE}\n#{}", "x".repeat(MAX_SCRIPT_BYTES));
    assert_eq!(Script::from_toml(&long), Err(ScriptError::TooLarge));
}

#[test]
fn lines_and_closings_have_one_spelling() {
    let event = Event::Begun { authority: "a".to_owned(), format: CEREMONY_FORMAT, script: sample() };
    let line = Line { at: UnixTime::new(9).unwrap(), event, no: 0, prev: NO_LINE.to_owned() };
    let bytes = line.write();
    assert_eq!(Line::read(&bytes), Some(line));
    let text = String::from_utf8(bytes).unwrap();
    for other in [
        text.replace("\"at\":9", "\"at\": 9"),
        text.replace("\"at\":9,", "\"at\":9,\"more\":1,"),
        text.replace("\"kind\":\"begun\"", "\"kind\":\"begun\",\"more\":1"),
        text.replace("\"steps\":[{", "\"steps\":[{\"by\":[],"),
        text.replace("begun", "begin"),
        text[1..].to_owned(),
    ] {
        assert_ne!(other, text);
        assert_eq!(Line::read(other.as_bytes()), None, "{other}");
    }
    let closing = Closing { at: UnixTime::new(9).unwrap(), format: 1, transcript: NO_LINE.to_owned() };
    assert_eq!(Closing::read(&closing.write()), Some(closing.clone()));
    assert_eq!(Closing::read(&Closing { format: 2, ..closing }.write()), None);
    assert_eq!(Closing::read(b"{}"), None);
}
