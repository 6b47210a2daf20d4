//! Worked cases in files, and which of the runners each is for.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::case::{self, Problems};
use super::tables;

/// The files of some paths; of a folder those that end in `.json`, by name.
///
/// # Errors
/// A folder that cannot be read.
pub fn files(paths: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        let path = Path::new(path);
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let mut inside: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
            inside.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.to_owned());
        }
    }
    Ok(files)
}

/// The cases of a file: one object, a list of them, or one per line.
///
/// # Errors
/// What is wrong with the file.
pub fn cases(file: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(list)) => Ok(list),
        Ok(value) => Ok(vec![value]),
        Err(error) => {
            let lines: Result<Vec<Value>, _> =
                text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect();
            lines.map_err(|_| error.to_string())
        }
    }
}

/// Whether it is a case of trades.
pub fn is_trades(case: &Value) -> bool {
    case.get("lots").is_some() && case.get("policy").is_some()
}

/// Runs a case; `None` where nothing runs such a one. `name` is that of its file.
pub fn run(name: &str, case: &Value) -> Option<Result<(), Problems>> {
    match tables::RUNNERS.iter().find(|(start, _)| name.starts_with(start)) {
        Some((_, runner)) => Some(runner(case)),
        None => is_trades(case).then(|| case::check(case)),
    }
}
