//! Numbers with decimal commas, as files of much of Europe have them: `687,85` and `1.234,56`.

use super::text;

/// Lines that are looked at to tell what a comma is.
const LOOKED_AT: usize = 400;

/// Returns a text with its numbers written with points, line by line; `None` where commas are no decimal commas, or nothing
/// tells that they are.
pub fn with_points(text: &str) -> Option<String> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT);
    let delimiter = text::delimiter(lines().find(|line| line.contains([',', ';', '\t', '|']))?);
    if !lines().any(|line| line.contains(',') && (delimiter != b',' || line.contains('"'))) {
        return None;
    }
    let (mut commas, mut points) = (false, false);
    for cell in lines().flat_map(|line| text::cells(line, delimiter)) {
        match mark(&cell) {
            Some(b',') => commas = true,
            Some(_) => points = true,
            None => {}
        }
    }
    if !commas || points {
        return None;
    }
    let line = |line: &str| {
        let cells = text::cells(line, delimiter).into_iter().map(|cell| quoted(&pointed(&cell), delimiter));
        cells.collect::<Vec<_>>().join(&char::from(delimiter).to_string())
    };
    Some(text.split('\n').map(line).collect::<Vec<_>>().join("\n"))
}

/// Returns a number without its sign, unit and currency.
fn bare(cell: &str) -> &str {
    let cell = cell.trim().trim_end_matches(['%', 'K', 'M', 'B', '€', '$']).trim_start_matches(['+', '-', '€', '$']);
    cell.trim()
}

/// Returns whether digits stand in groups of three, as in `1.234.567`, or in one.
fn is_grouped(digits: &str, between: char) -> bool {
    let mut groups = digits.split(between);
    let first = groups.next().unwrap_or_default();
    let all = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let mut rest = groups.peekable();
    all(first) && (rest.peek().is_none() || first.len() <= 3) && rest.all(|group| group.len() == 3 && all(group))
}

/// Returns the decimal mark of a number, where its digits tell: three behind a single mark may be thousands.
fn mark(cell: &str) -> Option<u8> {
    let number = bare(cell);
    let of = |mark: char, other: char| {
        let Some((whole, decimals)) = number.rsplit_once(mark) else { return false };
        let is_number = is_grouped(whole, other) && is_grouped(decimals, other) && !decimals.contains(other);
        is_number && (decimals.len() != 3 || whole.contains(other))
    };
    // Two marks of a kind are of thousands, and the other is the decimal one.
    let thousands = |mark: char| number.matches(mark).count() > 1 && is_grouped(number, mark);
    match () {
        () if of(',', '.') || thousands('.') => Some(b','),
        () if of('.', ',') || thousands(',') => Some(b'.'),
        () => None,
    }
}

/// Returns a number with a decimal point and without marks of thousands; anything else as it is.
fn pointed(cell: &str) -> String {
    let number = bare(cell);
    let (whole, decimals) = number.split_once(',').unwrap_or((number, "0"));
    let is_number = is_grouped(whole, '.') && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { cell.replace('.', "").replace(',', ".") } else { cell.to_owned() }
}

fn quoted(cell: &str, delimiter: u8) -> String {
    let needs = cell.contains(['"', char::from(delimiter)]);
    if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_commas_become_points_and_dates_stay() {
        let german = "\u{feff}Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\r\n27.11.2026;686,10;1.688,200;685,5;1.687,85;1.195\n\n26.11.2026;-;+0,37%;3,33M;685,000;45\n";
        let points = "\u{feff}Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n27.11.2026;686.10;1688.200;685.5;1687.85;1195\n\n26.11.2026;-;+0.37%;3.33M;685.000;45\n";
        assert_eq!(with_points(german).as_deref(), Some(points));
        let quoted = "\"Datum\",\"Zuletzt\"\n\"27.11.2026\",\"1.687,85\"\n\"26.11.2026\",\"a, b\"\n";
        assert_eq!(with_points(quoted).as_deref(), Some("Datum,Zuletzt\n27.11.2026,1687.85\n26.11.2026,\"a, b\"\n"));
    }

    /// Commas of thousands, and those of which nothing tells what they are.
    #[test]
    fn other_commas_stay() {
        for text in [
            "Date,Close\n2026-11-27,687.85\n",
            "\"Date\",\"Price\"\n\"11/27/2026\",\"28,454.81\"\n",
            "Date;Close;Volume\n2026-11-27;687.85;1,195\n",
            "Date;Volume\n2026-11-27;1,195\n",
            "Date;Close\n2026-11-27;687,85\n2026-11-26;687.85\n",
            "Date;Note\n2026-11-27;a, b\n",
            "",
        ] {
            assert_eq!(with_points(text), None, "{text}");
        }
    }
}
