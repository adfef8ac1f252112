//! A server of the tests' own: made with `initdb` in a temporary directory, reached over a Unix socket, with everything
//! that makes it durable switched on, and stopped when the process that started it ends, however it ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use boyin_postgres::{Address, Network};

/// Where the server is, for a child of the tests.
pub(crate) const SERVER: &str = "BOYIN_POSTGRES_TEST_SERVER";
/// A server that does not come up is a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// Stops the server and removes its files when standard input ends: when whoever holds the other end has gone.
const KEEPER: &str = r#"
    bin=$1; dir=$2; shift 2
    "$bin/postgres" -D "$dir/data" -c listen_addresses= -c unix_socket_directories="$dir" "$@" >>"$dir/log" 2>&1 &
    pid=$!
    cat >/dev/null
    kill -INT $pid 2>/dev/null
    wait $pid
    rm -rf "$dir/data"
"#;

pub(crate) struct Server {
    directory: PathBuf,
    bin: PathBuf,
    keepers: Vec<Child>,
    settings: Vec<String>,
}

/// The server that most tests share.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&[]))
}

impl Server {
    /// A new server with these settings.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let bin = bin();
        let directory = tempfile::Builder::new().prefix("boyin-postgres-").tempdir().unwrap().keep();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&directory));
        }
        let mut initdb = as_server(&bin.join("initdb"));
        initdb.arg("-D").arg(directory.join("data"));
        run(initdb.args([
            "--no-sync",
            "--auth=trust",
            "--username=boyin",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
        ]));
        let settings = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        let mut server = Self { directory, bin, keepers: Vec::new(), settings };
        server.run();
        server
    }

    /// Starts the server again, after [`kill`](Self::kill).
    pub(crate) fn run(&mut self) {
        let begun = Instant::now();
        loop {
            let mut keeper = as_server(Path::new("sh"));
            keeper.args(["-c", KEEPER, "keeper"]).arg(&self.bin).arg(&self.directory);
            keeper.args(["-c", "max_connections=200", "-c", "shared_buffers=64MB"]).args(&self.settings);
            self.keepers.push(keeper.stdin(Stdio::piped()).spawn().unwrap());
            while begun.elapsed() < PATIENCE {
                if self.answers() {
                    return;
                }
                // The processes of a server that was killed may still hold its memory: then the new one ends at once.
                if self.pid().is_none() && begun.elapsed() > Duration::from_millis(300) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(30));
            }
            let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "the server does not come up:\n{log}");
        }
    }

    fn answers(&self) -> bool {
        let mut ready = Command::new(self.bin.join("pg_isready"));
        ready.arg("-q").arg("-h").arg(&self.directory).status().unwrap().success()
    }

    fn pid(&self) -> Option<String> {
        let file = std::fs::File::open(self.directory.join("data/postmaster.pid")).ok()?;
        let line = BufReader::new(file).lines().next()?.ok()?;
        Path::new("/proc").join(&line).exists().then_some(line)
    }

    /// Ends the server without a word, as a loss of power to it would.
    pub(crate) fn kill(&self) {
        let pid = self.pid().unwrap();
        run(Command::new("kill").args(["-KILL", &pid]));
        while Path::new("/proc").join(&pid).exists() && self.pid().is_some() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn address(&self, schema: &str) -> Address {
        address(&self.directory, schema)
    }

    /// An address with a schema that nobody else has.
    pub(crate) fn fresh(&self) -> Address {
        self.address(&fresh_schema())
    }
}

pub(crate) fn fresh_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The address of the server in a directory.
pub(crate) fn address(directory: &Path, schema: &str) -> Address {
    let text = format!("host={} dbname=postgres user=boyin", directory.display());
    Address::parse(&text, Network::ThisMachine).unwrap().with_schema(schema).unwrap()
}

/// The backend that holds the lock of whoever writes to a schema.
pub(crate) fn writer_of(schema: &str) -> String {
    // As the store makes it, for those who look from outside.
    let bytes = [b"boyin archive\0", schema.as_bytes()].concat();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let lock = i64::from_be_bytes(hash.to_be_bytes());
    format!(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND (classid::bigint << 32 | objid::bigint) = {lock}"
    )
}

/// Runs SQL beside the store, and gives what it says, line by line.
/// A session that does what is written to it, and ends with that.
pub(crate) fn session(directory: &Path) -> Child {
    let mut psql = Command::new(bin().join("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-U", "boyin", "-d", "postgres", "-h"]).arg(directory);
    psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
}

pub(crate) fn psql(directory: &Path, sql: &str) -> String {
    let mut psql = Command::new(bin().join("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "boyin", "-d", "postgres", "-h"]);
    let done = psql.arg(directory).args(["-c", sql]).output().unwrap();
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        for mut keeper in self.keepers.drain(..) {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The programs of the newest server that is installed.
fn bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max();
    let elsewhere = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|directory| directory.join("initdb").exists())
    };
    newest.map(|(_, bin)| bin).or_else(elsewhere).expect(
        "no PostgreSQL server was found: install it (Debian: apt-get install postgresql) to run these tests",
    )
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

/// The server refuses to run as root: it gets the user that its package has made.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
