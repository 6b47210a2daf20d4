//! What is to be varied: `limits.tech.min=25%..40%/5%`, or `signals.breadth-200.ramp=[[35,65],[40,70]]`.

use std::sync::Arc;

use super::BAD_VARY;
use crate::diagnostics::{Diagnostic, Place, Sink, Source, text};
use crate::units::Decimal;

/// A key of the config with the values it takes, as `--set` takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// As in `--set`.
    pub key: String,
    /// In the order given.
    pub values: Vec<String>,
}

/// Most values of a key.
const MOST: usize = 1_000;

impl Axis {
    /// Reads one `--vary`.
    pub fn read(given: &str, sink: &mut Sink) -> Option<Axis> {
        let values = given.split_once('=').and_then(|(key, values)| Some((key.trim(), list(values.trim())?)));
        match values {
            Some((key, values)) if !key.is_empty() && (1..=MOST).contains(&values.len()) => {
                Some(Axis { key: key.to_owned(), values })
            }
            _ => {
                let message = format!("`--vary {}` is no key with values", text::plain(given));
                let hint = "for example --vary limits.tech.min=25%..40%/5%, or --vary rotation.confirm=[1,2,3]; at most 1,000 values";
                sink.push(Diagnostic::error(BAD_VARY, message).hint(hint));
                None
            }
        }
    }

    /// Reads a file with one of them a line; empty lines and those that begin with `#` are left out.
    pub fn lines(source: &Arc<Source>, sink: &mut Sink) -> Vec<Axis> {
        let mut found = Vec::new();
        for (index, line) in source.text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let before = sink.items.len();
            found.extend(Axis::read(line, sink));
            let place = || Some(Place::line(source, index + 1));
            sink.items.iter_mut().skip(before).for_each(|problem| problem.place = place());
        }
        found
    }
}

/// The values of a range, or of a list in TOML.
fn list(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') {
        let table: toml::Table = toml::from_str(&format!("values = {text}")).ok()?;
        return Some(table.get("values")?.as_array()?.iter().map(toml::Value::to_string).collect());
    }
    let (from, rest) = text.split_once("..")?;
    let (to, step) = rest.split_once('/')?;
    let unit = if to.trim().ends_with('%') { "%" } else { "" };
    let number = |text: &str| text.trim().trim_end_matches('%').trim().parse::<Decimal>().ok();
    let (mut value, to, step) = (number(from)?, number(to)?, number(step)?);
    if step <= Decimal::ZERO || value > to || (to - value).checked_div(step)? > Decimal::from(MOST) {
        return None;
    }
    let mut values = Vec::new();
    while value <= to {
        values.push(format!("{}{unit}", value.normalize()));
        value += step;
    }
    Some(values)
}

/// Returns every combination, the last key fastest: the indices of the values of each key.
pub fn combinations(axes: &[Axis]) -> Vec<Vec<usize>> {
    axes.iter().fold(vec![Vec::new()], |all, axis| {
        let longer = |own: &Vec<usize>| {
            let own = own.clone();
            (0..axis.values.len()).map(move |index| [own.clone(), vec![index]].concat())
        };
        all.iter().flat_map(longer).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(given: &str) -> Vec<String> {
        Axis::read(given, &mut Sink::default()).map(|axis| axis.values).unwrap_or_default()
    }

    #[test]
    fn ranges_and_lists_are_read() {
        assert_eq!(values("limits.tech.min=25%..40%/5%"), ["25%", "30%", "35%", "40%"]);
        assert_eq!(values("rotation.step = 0.1..0.3/0.1"), ["0.1", "0.2", "0.3"]);
        assert_eq!(values("a.ramp=[[35,65],[40,70]]"), ["[35, 65]", "[40, 70]"]);
        assert_eq!(values("a.b=[\"weekly\",\"monthly\"]"), ["\"weekly\"", "\"monthly\""]);
        for wrong in
            ["", "a", "a=", "a=1", "a=1..2", "a=2..1/1", "a=1..2/0", "a=1..2/-1", "a=0..1/0.0000001", "=1..2/1"]
        {
            assert_eq!(values(wrong), [""; 0], "{wrong}");
        }
    }

    #[test]
    fn a_file_has_one_a_line() {
        let mut sink = Sink::default();
        let source = Source::file("vary.txt", "# mine\n\n a.b=1..2/1\nno\n a.c=[3]");
        let found = Axis::lines(&source, &mut sink);
        assert_eq!(found.iter().map(|axis| axis.key.as_str()).collect::<Vec<_>>(), ["a.b", "a.c"]);
        let places: Vec<String> = sink.items.iter().filter_map(|item| Some(item.place.as_ref()?.locator())).collect();
        assert_eq!(places, ["vary.txt:4:1"]);
    }

    #[test]
    fn combinations_go_through_the_last_key_first() {
        let axis = |key: &str, count: usize| Axis { key: key.to_owned(), values: vec![String::new(); count] };
        assert_eq!(combinations(&[axis("a", 2), axis("b", 2)]), [[0, 0], [0, 1], [1, 0], [1, 1]]);
    }
}
