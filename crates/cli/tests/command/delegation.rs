//! Delegations at the command: made, listed, used at the window, revoked.

use boyin::model::id::CitizenId;

use crate::support::{POLICE, Place, Ran, forms, office};

const BY: [&str; 4] = ["--who", "窗口甲", "--purpose", "办理优待证"];

fn decide(place: &Place, number: &str, more: &[&str]) -> Ran {
    let party = format!("applicant={}", forms("identity-card")[0].holder.code);
    let fixed = ["--json", "--holder", &party, "--delegation", number];
    place.decide("senior-benefit", &[&fixed[..], more, &BY].concat())
}

#[test]
fn somebody_acts_for_a_holder_as_often_as_they_are_let() {
    let place = Place::new();
    place.issue_one(POLICE, "identity-card");
    let holder = forms("identity-card")[0].holder.code.clone();
    let agent = CitizenId::compute("65270119900101001").unwrap();
    let file = place.write("agent", format!("{}\n", agent.as_str()).as_bytes());
    let agent_file = format!("@{file}");
    let police = office(POLICE).code;
    let at_office = ["--office", police.as_str()];
    let terms = ["--license-type", "identity-card", "--item", "senior-benefit", "--uses", "1"];
    let grant = |agent: &str, more: &[&str]| {
        let args = ["--json", "holder", "delegate", &holder, "--agent", agent];
        place.boyin(&[&args[..], &terms, more, &at_office, &BY].concat())
    };
    let granted = grant(&agent_file, &[]).ends(0).json();
    let number = granted["delegation"].to_string();
    grant(&holder, &[]).complains(&["agent is the holder"]);
    grant(&agent_file, &["--days", "367"]).complains(&["366 days"]);
    grant("123", &[]).complains(&["--agent"]);
    let list = || {
        place.boyin(&[&["--json", "holder", "delegations", &holder][..], &BY].concat()).ends(0).json()
            ["delegations"][0]
            .clone()
    };
    let listed = list();
    assert_eq!((&listed["used"], &listed["open"]), (&0.into(), &true.into()));
    assert!(!listed.to_string().contains(agent.as_str()) && !listed.to_string().contains(&holder));

    decide(&place, &number, &[]).complains(&["--agent"]);
    decide(&place, &number, &["--agent", &holder]).complains(&["another person"]);
    let decided = decide(&place, &number, &["--agent", &agent_file]);
    assert!(matches!(decided.code, Some(0..=2)), "{}{}", decided.out, decided.err);
    decide(&place, &number, &["--agent", &agent_file]).complains(&["used up"]);
    assert_eq!(list()["used"], 1);

    let args = ["holder", "revoke-delegation", &holder, "--delegation", &number];
    let revoke = || place.boyin(&[&args[..], &at_office, &BY].concat());
    revoke().ends(0);
    revoke().complains(&["revoked"]);
    let shown = place.boyin(&[&["holder", "delegations", &holder][..], &BY].concat()).ends(0);
    assert!(shown.out.contains("revoked"), "{}", shown.out);
    // The holder sees all of it.
    let log = place.boyin(&[&["--json", "holder", "log", &holder][..], &BY].concat()).ends(0);
    for kind in ["delegation_granted", "delegation_used", "delegation_revoked"] {
        assert!(log.out.contains(kind), "{kind} in {}", log.out);
    }
    assert!(!log.out.contains(agent.as_str()));
}
