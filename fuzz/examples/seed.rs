//! Makes the seeds of the fuzz targets from sample files: each goes to the corpus of the reader that recognises it, all
//! go to `detection`, what is read of them goes as TOML to `broaden`, and their cells make a dictionary.
//!
//! ```text
//! cargo run --manifest-path fuzz/Cargo.toml --example seed -- fuzz tests/exports tests/layouts
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};

use broaden::diagnostics::Sink;
use broaden::holdings::{self, Recognised};
use broaden::model::RawFile;

fn plant(corpus: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(corpus.join(target))?;
    fs::write(corpus.join(target).join(name), bytes)
}

/// The texts between separators, as lines of a libFuzzer dictionary.
fn words(bytes: &[u8]) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let cells: Vec<String> = text
        .split([',', ';', '\n', '\r', '\t', '"', '<', '>', '='])
        .map(str::trim)
        .filter(|cell| (2..=40).contains(&cell.len()) && cell.bytes().all(|byte| (32..127).contains(&byte)))
        .map(|cell| format!("\"{}\"", cell.replace('\\', "\\\\")))
        .collect();
    cells.into_iter()
}

fn main() -> Result<()> {
    let mut folders = std::env::args().skip(1).map(PathBuf::from);
    let fuzz = folders.next().unwrap_or_else(|| PathBuf::from("fuzz"));
    let corpus = fuzz.join("corpus");
    let mut dictionary = BTreeSet::new();
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = RawFile::new(name.clone(), fs::read(&path)?);
            let Recognised::As(reader) = holdings::recognise(&file) else { continue };
            plant(&corpus, reader, &name, file.bytes())?;
            plant(&corpus, "detection", &name, file.bytes())?;
            dictionary.extend(words(file.bytes()));
            let portfolio = holdings::read(std::slice::from_ref(&file), &[], &mut Sink::default());
            plant(&corpus, "broaden", &format!("{name}.toml"), holdings::to_toml(&portfolio).as_bytes())?;
        }
    }
    fs::write(fuzz.join("words.dict"), dictionary.into_iter().collect::<Vec<_>>().join("\n"))
}
