//! The sheet that the text report is written on: headings, wrapped sentences, aligned columns.

use anstyle::{AnsiColor, Style};

use crate::report::{Options, plain};

/// Most characters of a cell, those of a SHA-256: names come from files and may be of any length.
const CELL: usize = 64;

/// A column of text is not made narrower than this; what is drawn, such as a ramp, is no wider.
const NARROWEST: usize = 24;

/// The text so far.
pub(super) struct Page {
    pub text: String,
    pub options: Options,
}

impl Page {
    /// Writes a line as it is; one that would run far beyond the width is wrapped.
    pub fn line(&mut self, text: impl AsRef<str>) {
        let text = plain(text.as_ref());
        let line = text.trim_end();
        if line.chars().count() <= self.options.width {
            self.text.push_str(line);
            self.text.push('\n');
        } else {
            let indent = line.chars().take_while(|c| *c == ' ').count();
            self.sentence(indent, line);
        }
    }

    /// Writes a heading with the short answer beside it, or below where there is no room.
    pub fn heading(&mut self, title: &str, aside: &str) {
        let bold = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let title = cut(&plain(title), CELL);
        let aside = plain(aside);
        self.text.push('\n');
        if self.options.colour {
            self.text.push_str(&format!("{bold}{title}{bold:#}"));
        } else {
            self.text.push_str(&title);
        }
        let fits = title.chars().count() + 3 + aside.chars().count() <= self.options.width;
        if !aside.is_empty() && fits {
            self.text.push_str("   ");
            self.text.push_str(&aside);
        }
        self.text.push('\n');
        if !fits {
            self.sentence(2, &aside);
        }
    }

    /// Wraps a sentence to the width, indented.
    pub fn sentence(&mut self, indent: usize, text: &str) {
        self.hanging(indent, indent, text);
    }

    /// Wraps a text to the width, its first line and the others indented by themselves.
    pub fn hanging(&mut self, first: usize, others: usize, text: &str) {
        let mut indent = first;
        let mut width = self.options.width.saturating_sub(indent).max(30);
        let mut line = String::new();
        let mut in_names = false;
        for word in plain(text).split_whitespace() {
            let word = cut(word, width);
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                self.text.push_str(&format!("{:indent$}{}\n", "", self.dimmed(&line, &mut in_names)));
                line.clear();
                indent = others;
                width = self.options.width.saturating_sub(indent).max(30);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        if !line.is_empty() {
            self.text.push_str(&format!("{:indent$}{}\n", "", self.dimmed(&line, &mut in_names)));
        }
    }

    /// Returns a line with its names of rules and orders in grey: those in brackets, which may go on in the next line.
    fn dimmed(&self, line: &str, in_names: &mut bool) -> String {
        if !self.options.colour {
            return line.to_owned();
        }
        let grey = Style::new().fg_color(Some(AnsiColor::BrightBlack.into()));
        let mut out = String::with_capacity(line.len());
        if *in_names {
            out.push_str(&grey.to_string());
        }
        for (index, word) in line.split(' ').enumerate() {
            out.push_str(if index > 0 { " " } else { "" });
            if !*in_names && word.strip_prefix('(').is_some_and(is_name) {
                *in_names = true;
                out.push_str(&grey.to_string());
            }
            out.push_str(word);
            if *in_names && word.ends_with(')') {
                *in_names = false;
                out.push_str(&format!("{grey:#}"));
            }
        }
        if *in_names {
            out.push_str(&format!("{grey:#}"));
        }
        out
    }

    /// Lays out rows in columns: `<` left, `>` right. Trailing blanks are cut. Where the columns do not fit beside an indent the
    /// widest text is wrapped within its own, so that a row may take several lines and no figure leaves its column.
    pub fn layout(&self, indent: usize, alignment: &str, rows: &[Vec<String>]) -> Vec<Vec<String>> {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| cut(&plain(cell), CELL)).collect()).collect();
        let sides: Vec<char> = alignment.chars().chain(std::iter::repeat('<')).take(CELL).collect();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widest: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
        let room = self.options.width.saturating_sub(indent);
        let mut widths = widest.clone();
        let mut beyond = (widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)).saturating_sub(room);
        while beyond > 0 {
            let texts = widths.iter_mut().zip(&sides).filter(|(width, side)| **side == '<' && **width > NARROWEST);
            let Some((width, _)) = texts.max_by_key(|(width, _)| **width) else { break };
            let less = beyond.min(*width - NARROWEST);
            *width -= less;
            beyond -= less;
        }
        // What cannot fit is not wrapped into less: each row goes on below by itself.
        let widths = if beyond > 0 { widest } else { widths };
        let line = |cells: Vec<&str>| {
            let cells = cells.iter().zip(&widths).zip(&sides).map(|((cell, width), side)| match side {
                '>' => format!("{cell:>width$}  "),
                _ => format!("{cell:<width$}  "),
            });
            cells.collect::<String>().trim_end().to_owned()
        };
        let row = |row: &Vec<String>| {
            let cells: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, width)| broken(cell, *width)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            let part = |at: usize| cells.iter().map(|cell| cell.get(at).map_or("", String::as_str)).collect();
            (0..height).map(|at| line(part(at))).collect()
        };
        rows.iter().map(row).collect()
    }

    /// Writes a row that is laid out, with what is said of it behind it. Where that does not fit it goes below, and a row that
    /// does not fit a narrow terminal goes on below, further in: cut off or broken by the terminal it would be read against
    /// the wrong heading.
    pub fn noted(&mut self, indent: usize, row: &[String], remark: &str) {
        if let [line] = row {
            let both = format!("{:indent$}{line}  {}", "", plain(remark));
            if both.trim_end().chars().count() <= self.options.width {
                return self.row(0, &both);
            }
        }
        row.iter().for_each(|line| self.row(indent, line));
        self.sentence(indent + 4, remark);
    }

    /// Writes rows in columns, each with what is said of it.
    pub fn remarked(&mut self, indent: usize, alignment: &str, rows: &[Vec<String>], remarks: &[String]) {
        for (row, remark) in self.layout(indent, alignment, rows).into_iter().zip(remarks) {
            self.noted(indent, &row, remark);
        }
    }

    /// Writes something to be copied: never wrapped.
    pub fn verbatim(&mut self, indent: usize, text: &str) {
        self.text.push_str(&format!("{:indent$}{}\n", "", plain(text)));
    }

    /// Writes rows in columns.
    pub fn table(&mut self, indent: usize, alignment: &str, rows: &[Vec<String>]) {
        for line in self.layout(indent, alignment, rows).iter().flatten() {
            self.row(indent, line);
        }
    }

    fn row(&mut self, indent: usize, line: &str) {
        let line = format!("{:indent$}{line}", "");
        let line = line.trim_end();
        if line.chars().count() <= self.options.width {
            let line = self.dimmed(line, &mut false);
            self.text.push_str(&line);
            self.text.push('\n');
        } else {
            self.hanging(indent, indent + 4, line);
        }
    }
}

/// Breaks a cell into lines of a width, between words where that is possible.
fn broken(cell: &str, width: usize) -> Vec<String> {
    if cell.chars().count() <= width {
        return vec![cell.to_owned()];
    }
    let indent = cell.chars().take_while(|c| *c == ' ').count().min(width / 2);
    let mut lines = vec![" ".repeat(indent)];
    for word in cell.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        while !rest.is_empty() {
            let used = lines.last().map_or(0, |line| line.chars().count());
            let blank = usize::from(used > indent);
            let room = width.saturating_sub(used + blank);
            // A word goes on in the next line, and is broken only where it is longer than one.
            if rest.len() > room && used > indent {
                lines.push(" ".repeat(indent));
                continue;
            }
            let fits = rest.len().min(room.max(1));
            let whole = fits == rest.len();
            // After a sign where there is one: the parts of an address.
            let sign = rest.iter().take(fits).rposition(|c| matches!(c, '/' | ',' | '.' | ')')).map_or(0, |at| at + 1);
            let kept: String = rest.drain(..if whole || 2 * sign < fits { fits } else { sign }).collect();
            if let Some(line) = lines.last_mut() {
                line.push_str(if blank > 0 { " " } else { "" });
                line.push_str(&kept);
            }
        }
    }
    lines
}

/// Returns whether a word is the name of a rule or an order.
fn is_name(word: &str) -> bool {
    ["limits.", "sleeve.", "sell-", "buy-"].iter().any(|start| word.starts_with(start))
}

/// Keeps the first characters of a text and says that it was cut.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize) -> Page {
        Page { text: String::new(), options: Options { width, colour: false } }
    }

    #[test]
    fn sentences_keep_to_the_width() {
        let mut page = page(40);
        page.sentence(4, &format!("one two three four five six seven eight {}", "x".repeat(10_000)));
        assert!(page.text.lines().all(|line| line.chars().count() <= 40), "{}", page.text);
        assert!(page.text.ends_with("\u{2026}\n"));
    }

    #[test]
    fn names_are_grey_over_the_ends_of_lines_and_nothing_else_is() {
        let mut page = page(40);
        page.options.colour = true;
        page.sentence(2, "Apple (the company) is over (sell-AAPL-417-2025; limits.issuer.AAPL, limits.tech) so");
        let grey = |text: &str| format!("\u{1b}[90m{text}\u{1b}[0m");
        let expected = [
            "  Apple (the company) is over".to_owned(),
            format!("  {}", grey("(sell-AAPL-417-2025;")),
            format!("  {} so", grey("limits.issuer.AAPL, limits.tech)")),
        ];
        assert_eq!(page.text, expected.join("\n") + "\n");
    }

    #[test]
    fn an_answer_without_room_stands_below_its_heading() {
        let mut page = page(40);
        page.heading("WHAT TO DO", "8 orders    sells $21,079    buys $22,913");
        assert_eq!(page.text, "\nWHAT TO DO\n  8 orders sells $21,079 buys $22,913\n");
    }

    /// A figure read against the wrong heading is worse than a name on two lines.
    #[test]
    fn figures_keep_their_columns_where_names_are_long() {
        let mut page = page(44);
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["", "before", "after"]),
            row(["short", "1.0%", "2.0%"]),
            row(["communication services (limits.sector)", "30.0%", "4.0%"]),
        ];
        page.table(2, "<>>", &rows);
        let expected = "
                               before  after
  short                          1.0%   2.0%
  communication services        30.0%   4.0%
  (limits.sector)
";
        assert_eq!(page.text, expected.trim_start_matches('\n'));
        page.text.clear();
        page.table(0, "<<", &[vec!["x".repeat(30), "y".repeat(40)]]);
        assert!(page.text.lines().all(|line| line.chars().count() <= 44), "{}", page.text);
        assert_eq!((page.text.matches('x').count(), page.text.matches('y').count()), (30, 40));
    }

    #[test]
    fn long_names_do_not_push_columns_away() {
        let mut page = page(80);
        page.table(0, "<>", &[vec!["n".repeat(10_000), "1".to_owned()]]);
        assert_eq!(page.text.trim_end().chars().count(), CELL + 3);
    }
}
