//! What `deploy/` says is what this command understands.

use clap::Parser as _;

use crate::args::{Cli, Command, Serve};
use crate::environment::known;
use crate::serve::check_listen;

const UNIT: &str = include_str!("../../../deploy/boyin.service");
const TLS: &str = include_str!("../../../deploy/boyin-tls.conf");
const CONTAINER: &str = include_str!("../../../deploy/Containerfile");

/// The values of a setting of a unit, or of an instruction of a container file, in their order.
fn values<'t>(text: &'t str, begin: &str) -> Vec<&'t str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(begin)).collect()
}

fn serve<'w>(words: impl IntoIterator<Item = &'w str>) -> Serve {
    let Command::Serve(args) = Cli::try_parse_from(words).unwrap().command else { panic!("another command") };
    args
}

/// The value of a variable among assignments.
fn value<'t>(assignments: &[&'t str], name: &str) -> &'t str {
    let named = assignments.iter().filter_map(|assignment| assignment.split_once('='));
    let [value] = named.filter(|(known, _)| *known == name).map(|(_, value)| value).collect::<Vec<_>>()[..]
    else {
        panic!("one {name}")
    };
    value
}

/// The words of an instruction that is written as a list.
fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn is_known(assignment: &str) {
    let (name, value) = assignment.split_once('=').unwrap();
    assert!(name == "TMPDIR" || known().contains(name), "{name}");
    assert!(!value.is_empty(), "{name}");
}

#[test]
fn the_unit_starts_a_desk_that_listens_on_loopback() {
    let [start] = values(UNIT, "ExecStart=")[..] else { panic!("one ExecStart") };
    let args = serve(start.split_whitespace());
    assert!(args.desk && !args.allow_remote);
    check_listen(args.listen, args.allow_remote).unwrap();
    let environment = values(UNIT, "Environment=");
    check_listen(value(&environment, "BOYIN_METRICS").parse().unwrap(), args.allow_remote).unwrap();
    // Large documents are no memory of the service, and nobody else's to read.
    assert_eq!(value(&environment, "TMPDIR"), "/var/tmp");
    assert!(UNIT.lines().any(|line| line == "PrivateTmp=yes"));
    environment.into_iter().for_each(is_known);
    // What is an option here cannot be set in the file.
    assert_eq!(start, "/usr/local/bin/boyin serve --desk");
    assert_eq!(values(UNIT, "EnvironmentFile="), ["-/etc/boyin/boyin.env"]);
    // The file that is named is the credential that is loaded, and no secret stands in the unit.
    assert!(values(UNIT, "LoadCredential=").iter().any(|credential| credential.starts_with("passphrase:/")));
    assert!(values(UNIT, "Environment=").contains(&"BOYIN_PASSPHRASE_FILE=%d/passphrase"));
    for hardened in ["NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectoryMode=0700", "LimitCORE=0"]
    {
        assert!(UNIT.lines().any(|line| line == hardened), "{hardened}");
    }
}

#[test]
fn the_drop_in_for_tls_loads_what_it_names() {
    let settings = values(TLS, "Environment=").into_iter().chain(values(TLS, "# Environment="));
    let loaded: Vec<_> = ["", "# "]
        .into_iter()
        .flat_map(|off| values(TLS, &format!("{off}LoadCredential=")))
        .map(|credential| credential.split_once(':').unwrap().0)
        .collect();
    let mut named = Vec::new();
    for setting in settings {
        is_known(setting);
        named.extend(setting.split_once("=%d/").map(|(_, credential)| credential));
    }
    assert_eq!(named, loaded);
    assert_eq!(named, ["tls-certificate", "tls-key", "client-ca"]);
}

#[test]
fn a_request_is_given_up_before_the_unit_is() {
    let [seconds] = values(UNIT, "TimeoutStopSec=")[..] else { panic!("one TimeoutStopSec") };
    assert!(boyin_service::REQUEST_TIMEOUT_SECONDS < seconds.parse().unwrap());
}

#[test]
fn the_container_serves_where_it_is_asked_for_health() {
    let [entry] = values(CONTAINER, "ENTRYPOINT ")[..] else { panic!("one ENTRYPOINT") };
    let commands = values(CONTAINER, "CMD ");
    let [health, serves] = commands[..] else { panic!("one HEALTHCHECK and one CMD") };
    let words = [list(entry), list(serves)].concat();
    let args = serve(words.iter().map(String::as_str));
    assert!(args.desk);
    // What is an option here cannot be set by whoever starts it.
    assert_eq!(list(serves), ["serve", "--desk"]);
    let environment = values(CONTAINER, "ENV ");
    let listen: std::net::SocketAddr = value(&environment, "BOYIN_LISTEN").parse().unwrap();
    let allow_remote = value(&environment, "BOYIN_ALLOW_REMOTE").parse().unwrap();
    assert!(!listen.ip().is_loopback());
    check_listen(listen, allow_remote).unwrap();
    let asked = list(health).join(" ");
    assert!(asked.contains("/dev/tcp/127.0.0.1/${BOYIN_LISTEN##*:} "), "{asked}");
    assert!(asked.contains("GET /v1/health HTTP/1.1\\r\\n"), "{asked}");
    assert_eq!(values(CONTAINER, "EXPOSE "), [listen.port().to_string()]);
    assert!(values(CONTAINER, "VOLUME ").contains(&value(&environment, "TMPDIR")));
    environment.into_iter().for_each(is_known);
    let user: u32 = values(CONTAINER, "USER ")[0].parse().unwrap();
    assert_ne!(user, 0);
}
