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
        let (key, values) = given.split_once('=').map_or(("", ""), |(key, values)| (key.trim(), values.trim()));
        let found = if key.is_empty() { Err(Fault::Shape) } else { list(values) };
        found
            .inspect_err(|fault| {
                let (what, hint) = fault.words();
                let message = format!("`--vary {}` {what}", text::plain(given));
                sink.push(Diagnostic::error(BAD_VARY, message).hint(hint));
            })
            .ok()
            .map(|values| Axis { key: key.to_owned(), values })
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

/// What is wrong with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Neither a range nor a list, or none.
    Shape,
    /// More values than are tried.
    Many,
    /// A list that is not TOML: mostly texts without quotes.
    Quotes,
    /// Percents beside plain numbers: `0.45..0.5/5%` would be one step of 5.
    Units,
    /// A step beyond the end: the range would be its first value alone.
    Step,
    /// A range that ends below where it begins.
    Backwards,
    /// A step of nothing, or backwards.
    NoStep,
}

impl Fault {
    /// Says what it is, and what to do.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Fault::Shape => (
                "is no key with values",
                "for example --vary limits.tech.min=25%..40%/5%, or --vary rotation.confirm=[1,2,3]",
            ),
            Fault::Many => (
                "has more than 1,000 values",
                "take a larger step or a shorter range, or name the values in a list: [0.1,0.25,0.5]",
            ),
            Fault::Quotes => (
                "has a list that is not TOML",
                "words and percents stand in quotes: --vary 'rotation.cadence=[\"weekly\",\"monthly\"]', --vary 'limits.tech.min=[\"45%\",\"55%\"]'",
            ),
            Fault::Units => (
                "mixes percents and plain numbers",
                "write all three of FROM..TO/STEP alike: 45%..50%/5%, or 0.45..0.5/0.05",
            ),
            Fault::Step => (
                "has a step larger than its range, so only its first value would be tried",
                "take a smaller step, or name the values in a list: [1,5]",
            ),
            Fault::Backwards => ("ends below where it begins", "write the smaller value first: 25%..40%/5%"),
            Fault::NoStep => ("has no step above zero", "the step follows the stroke: 25%..40%/5%"),
        }
    }
}

/// The values of a range, or of a list in TOML.
fn list(text: &str) -> Result<Vec<String>, Fault> {
    let values = if text.starts_with('[') { in_brackets(text)? } else { range(text)? };
    match values.len() {
        0 => Err(Fault::Shape),
        count if count > MOST => Err(Fault::Many),
        _ => Ok(values),
    }
}

fn in_brackets(text: &str) -> Result<Vec<String>, Fault> {
    let table: toml::Table = toml::from_str(&format!("values = {text}")).map_err(|_| Fault::Quotes)?;
    let values = table.get("values").and_then(toml::Value::as_array).ok_or(Fault::Shape)?;
    Ok(values.iter().map(toml::Value::to_string).collect())
}

fn range(text: &str) -> Result<Vec<String>, Fault> {
    let parts = text.split_once("..").and_then(|(from, rest)| Some((from, rest.split_once('/')?)));
    let (from, (to, step)) = parts.ok_or(Fault::Shape)?;
    let is_percent = |text: &str| text.trim().ends_with('%');
    let number = |text: &str| text.trim().trim_end_matches('%').trim().parse::<Decimal>().map_err(|_| Fault::Shape);
    let (mut value, end, by) = (number(from)?, number(to)?, number(step)?);
    let unit = if is_percent(to) { "%" } else { "" };
    if [from, step].into_iter().any(|text| is_percent(text) != is_percent(to)) {
        return Err(Fault::Units);
    }
    if by <= Decimal::ZERO {
        return Err(Fault::NoStep);
    }
    if end < value {
        return Err(Fault::Backwards);
    }
    match (end - value).checked_div(by) {
        Some(steps) if steps > Decimal::ZERO && steps < Decimal::ONE => return Err(Fault::Step),
        Some(steps) if steps <= Decimal::from(MOST) => {}
        // So many that they cannot even be counted.
        _ => return Err(Fault::Many),
    }
    let mut values = Vec::new();
    while value <= end {
        values.push(format!("{}{unit}", value.normalize()));
        value += by;
    }
    Ok(values)
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

    /// Each mistake by its own name: a right key is not blamed for missing quotes, and a step in another unit does not leave
    /// one value to be tried.
    #[test]
    fn what_is_wrong_with_values_is_said() {
        let said = |given: &str| {
            let mut sink = Sink::default();
            assert_eq!(Axis::read(given, &mut sink), None, "{given}");
            sink.items
                .iter()
                .map(|item| format!("{} {}", item.message, item.hint.clone().unwrap_or_default()))
                .collect()
        };
        for (given, what) in [
            ("rotation.cadence=[weekly,monthly]", "is not TOML words and percents stand in quotes"),
            ("limits.tech.base=[45%,55%]", "is not TOML words and percents stand in quotes"),
            ("limits.tech.base=0.45..0.5/5%", "mixes percents and plain numbers"),
            ("limits.tech.base=45%..50%/5", "mixes percents and plain numbers"),
            ("limits.tech.base=45..50%/5%", "mixes percents and plain numbers"),
            ("limits.tech.base=45%..50%/6%", "step larger than its range"),
            ("limits.tech.base=40%..25%/5%", "ends below where it begins"),
            ("limits.tech.base=25%..40%/0%", "has no step above zero"),
            ("limits.tech.base=25%..40%/-5%", "has no step above zero"),
            ("rotation.step=0.1..0.5/0.0001", "has more than 1,000 values take a larger step"),
            ("rotation.step=0..1/0.0000000000000000000000000001", "has more than 1,000 values"),
            ("limits.tech.base=[]", "is no key with values"),
            ("limits.tech.base=45%", "is no key with values"),
        ] {
            let problems: Vec<String> = said(given);
            assert!(problems.len() == 1 && problems[0].contains(what), "{given}: {problems:?}");
        }
        assert_eq!(values("a=2..2/1"), ["2"]);
        assert_eq!(values("a=0.45..0.5/0.05"), ["0.45", "0.5"]);
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
