//! Drivers: what changed in the economy that favours some sleeves and hurts others.

use chrono::{Days, NaiveDate};

use crate::config::{Document, Fields, Kind, Param};
use crate::diagnostics::Sink;
use crate::market::Market;
use crate::market::macros::{self, MacroRow};
use crate::market::wanted::{Thing, Want};

/// What `broaden explain driver` prints.
pub const DOC: &str = "\
A driver is the recent change of an economic series, from -1 to 1; sleeves name in `sensitivity` how much of it they
feel.

  change    the newest value less that of `days` before, in the series' own points
  percent   the same in percent of the value before (prices)
  yearly    the change over 12 months in percent, less that of `days` before (price indices)
  reading = clamp(change / scale, -1, 1)

Only what was released by the day is used, in the vintage of that day where the files have vintages. A series that is
not there, too short, or overdue by more than ten days gives no reading and moves nothing. `fed-stance` of [sleeves]
scales the drivers that follow the central bank (`fed = true`).";

/// Keys of `[drivers.*]`.
pub const PARAMS: &[Param] = &[
    Param::with_default("enabled", Kind::Flag, "true", "`false` turns the driver off."),
    Param::required("series", Kind::Text, "The series, by its FRED id."),
    Param::optional("fallback", Kind::Text, "The series used when the files do not have the first."),
    Param::with_default(
        "measure",
        Kind::Choice(&["change", "percent", "yearly"]),
        "\"change\"",
        "In points, in percent, or of the change over 12 months.",
    ),
    Param::with_default("days", Kind::Integer(7, 1000), "91", "Calendar days over which the change is measured."),
    Param::required("scale", Kind::Number(0.0001, 10_000.0), "The change that is a full reading of 1."),
    Param::with_default("fed", Kind::Flag, "false", "Whether `fed-stance` scales it."),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Change,
    Percent,
    Yearly,
}

/// One configured driver.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// `curve`, as sleeves name it.
    pub name: String,
    series: String,
    fallback: Option<String>,
    measure: Measure,
    days: u64,
    scale: f64,
    /// `fed-stance` scales it.
    pub fed: bool,
}

/// What a driver read on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverReading {
    /// `curve`.
    pub name: String,
    /// The series used; the one wanted when neither is there.
    pub series: String,
    /// Its newest value.
    pub value: Option<f64>,
    /// The period of that value.
    pub as_of: Option<NaiveDate>,
    /// How it changed, in the units of the measure.
    pub change: Option<f64>,
    /// From -1 to 1; `None` without enough data.
    pub reading: Option<f64>,
    /// `fed-stance` scales it.
    pub fed: bool,
    /// Why there is no reading, or what weakens it.
    pub note: Option<String>,
}

/// Reads `[drivers.*]`, in name order.
pub fn configure(document: &Document, sink: &mut Sink) -> Vec<Driver> {
    let mut drivers = Vec::new();
    for (name, node, table) in super::section(document, "drivers", sink) {
        let fields = Fields::new(table, format!("drivers.{name}"), Some(node.key_place.clone()), PARAMS, sink);
        let measure = match fields.text("measure").as_deref() {
            Some("percent") => Measure::Percent,
            Some("yearly") => Measure::Yearly,
            _ => Measure::Change,
        };
        let days = fields.integer("days").and_then(|days| u64::try_from(days).ok());
        if let (Some(true), Some(series), Some(days), Some(scale), Some(fed)) =
            (fields.flag("enabled"), fields.text("series"), days, fields.number("scale"), fields.flag("fed"))
        {
            let (name, fallback) = (name.to_owned(), fields.text("fallback"));
            drivers.push(Driver { name, series, fallback, measure, days, scale, fed });
        }
    }
    drivers
}

/// Days by which the value to compare with may be older than asked for.
const SLACK: i64 = 45;
/// Days after the expected release of the next value on which the last one is stale.
const GRACE: u64 = 10;

impl Driver {
    /// Returns what it needs to be in the market files.
    pub fn wants(&self) -> Want {
        let or = self.fallback.iter().map(|id| Thing::Series(macros::canonical(id))).collect();
        Want { or, ..Want::series(&self.series) }
    }

    /// Returns what it reads on a day, from what was known then.
    pub fn read(&self, market: &Market, as_of: NaiveDate) -> DriverReading {
        let ids = [Some(&self.series), self.fallback.as_ref()];
        let found = ids.into_iter().flatten().find_map(|id| Some((id, market.macro_series(id)?)));
        let mut out = DriverReading {
            name: self.name.clone(),
            series: found.map_or_else(|| self.series.clone(), |(id, _)| id.clone()),
            value: None,
            as_of: None,
            change: None,
            reading: None,
            fed: self.fed,
            note: None,
        };
        let Some((_, series)) = found else {
            out.note = Some(format!("no {} in the market files", self.series));
            return out;
        };
        let known = series.known(as_of);
        let rows: Vec<MacroRow> = known.rows.iter().filter(|row| row.value.is_some()).cloned().collect();
        let Some(last) = rows.last() else {
            out.note = Some("nothing was released yet".to_owned());
            return out;
        };
        (out.value, out.as_of) = (last.value, Some(last.reference));
        let due = series.next_release(&known).and_then(|due| due.checked_add_days(Days::new(GRACE)));
        if due.is_some_and(|due| as_of > due) {
            out.note = Some("a newer value should be out; not used".to_owned());
            return out;
        }
        let (change, imputed) = match self.measure {
            Measure::Yearly => self.yearly(&rows),
            measure => (self.plain(&rows, last, measure), false),
        };
        out.change = change;
        out.reading = change.map(|change| (change / self.scale).clamp(-1.0, 1.0));
        let notes = [
            (change.is_none(), "not enough history yet"),
            (imputed, "a missing month is taken from its neighbours"),
            (known.revised, "revised data: not exactly what was known then"),
        ];
        let notes: Vec<&str> = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect();
        out.note = (!notes.is_empty()).then(|| notes.join("; "));
        out
    }

    fn plain(&self, rows: &[MacroRow], last: &MacroRow, measure: Measure) -> Option<f64> {
        let wanted = last.reference.checked_sub_days(Days::new(self.days))?;
        let before = rows.get(rows.partition_point(|row| row.reference <= wanted).checked_sub(1)?)?;
        let (now, then) = (last.value?, before.value?);
        if (wanted - before.reference).num_days() > SLACK {
            return None;
        }
        match measure {
            Measure::Percent => (then > 0.0).then(|| 100.0 * (now / then - 1.0)),
            _ => Some(now - then),
        }
    }

    /// The change over 12 months, less what it was some months before, and whether a missing month is in it.
    fn yearly(&self, rows: &[MacroRow]) -> (Option<f64>, bool) {
        let months = macros::months(rows, true);
        let back = usize::try_from((self.days + 15) / 30).unwrap_or(usize::MAX);
        let rate = |index: usize| {
            let (now, then) = (months.get(index)?, months.get(index.checked_sub(12)?)?);
            Some((100.0 * (now.value / then.value - 1.0), now.imputed || then.imputed))
        };
        let last = months.len().checked_sub(1);
        let rates = last.and_then(rate).zip(last.and_then(|last| last.checked_sub(back)).and_then(rate));
        match rates {
            Some(((now, a), (then, b))) if (now - then).is_finite() => (Some(now - then), a || b),
            _ => (None, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::market::layouts::testing::market;

    fn driver(table: &str) -> Driver {
        let config = Source::file("broaden.toml", format!("[drivers.probe]\n{table}\n"));
        let mut sink = Sink::default();
        let all = configure(&Document::load(Some(config), &[], &mut sink), &mut sink);
        assert!(sink.items.is_empty(), "{:?}", sink.items);
        all.into_iter().find(|driver| driver.name == "probe").unwrap()
    }

    fn read(table: &str, file: (&str, &str), day: &str) -> DriverReading {
        driver(table).read(&market(&[file]).0, day.parse().unwrap())
    }

    #[test]
    fn a_change_is_read_from_what_was_released() {
        let curve = ("a.csv", "DATE,T10Y2Y\n2020-01-02,0.10\n2020-01-03,0.20\n2020-04-02,0.30\n2020-04-03,0.70\n");
        let table = "series = \"T10Y3M\"\nfallback = \"T10Y2Y\"\nscale = 0.5";
        // Of Friday, April 3, the value comes out on Monday: on Friday Thursday's is the newest, 91 days after January 2.
        let friday = read(table, curve, "2020-04-03");
        assert!((friday.reading.unwrap() - 0.4).abs() < 1e-9 && friday.series == "T10Y2Y", "{friday:?}");
        let monday = read(table, curve, "2020-04-06");
        assert!(
            (monday.change.unwrap() - 0.5).abs() < 1e-9 && (monday.reading.unwrap() - 1.0).abs() < 1e-9,
            "{monday:?}"
        );
        let stale = read(table, curve, "2020-05-06");
        assert!(stale.reading.is_none() && stale.value == Some(0.70) && stale.note.is_some(), "{stale:?}");
        assert!(read("series = \"T10Y3M\"\nscale = 1", curve, "2020-04-06").note.unwrap().starts_with("no T10Y3M"));
    }

    #[test]
    fn prices_change_in_percent_and_indices_by_their_yearly_rate() {
        let oil = ("a.csv", "DATE,DCOILWTICO\n2020-01-02,50\n2020-04-02,60\n");
        let read_oil = read("series = \"DCOILWTICO\"\nmeasure = \"percent\"\nscale = 40", oil, "2020-04-10");
        assert!((read_oil.reading.unwrap() - 0.5).abs() < 1e-9, "{read_oil:?}");
        // 18 months at 100, then 3% more in the last: the yearly rate rises from 0 to 3 points.
        let months = (0..19).map(|n| {
            let day = NaiveDate::from_ymd_opt(2018 + n / 12, n as u32 % 12 + 1, 1).unwrap();
            format!("{day},{}\n", if n == 18 { 103 } else { 100 })
        });
        let cpi = format!("DATE,CPIAUCSL\n{}", months.collect::<String>());
        let table = "series = \"CPIAUCSL\"\nmeasure = \"yearly\"\ndays = 182\nscale = 6";
        let inflation = read(table, ("a.csv", &cpi), "2019-08-20");
        assert!((inflation.reading.unwrap() - 0.5).abs() < 1e-9, "{inflation:?}");
    }
}
