//! Writes `tests/vectors/credentials.json` anew.

use boyin_testkit::cases::vectors;

fn main() -> std::io::Result<()> {
    let path = vectors::path();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, vectors::file())
}
