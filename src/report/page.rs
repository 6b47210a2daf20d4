//! The sheet that the text report is written on: headings, wrapped sentences, aligned columns.

use anstyle::{AnsiColor, Style};

use crate::report::{Options, plain};

/// Most characters of a cell: names come from files and may be of any length.
const CELL: usize = 60;

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
        for word in plain(text).split_whitespace() {
            let word = cut(word, width);
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                self.text.push_str(&format!("{:indent$}{line}\n", ""));
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
            self.text.push_str(&format!("{:indent$}{line}\n", ""));
        }
    }

    /// Lays out rows in columns: `<` left, `>` right. Trailing blanks are cut.
    pub fn layout(&self, alignment: &str, rows: &[Vec<String>]) -> Vec<String> {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| cut(&plain(cell), CELL)).collect()).collect();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
        let line = |row: &Vec<String>| {
            let sides = alignment.chars().chain(std::iter::repeat('<'));
            let cells = row.iter().zip(&widths).zip(sides).map(|((cell, width), side)| match side {
                '>' => format!("{cell:>width$}  "),
                _ => format!("{cell:<width$}  "),
            });
            cells.collect::<String>().trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }

    /// Writes a row that is laid out, with what is said of it behind it. Where that does not fit it goes below, and a row that
    /// does not fit a narrow terminal goes on below, further in: cut off or broken by the terminal it would be read against
    /// the wrong heading.
    pub fn noted(&mut self, indent: usize, row: &str, remark: &str) {
        let both = format!("{:indent$}{row}  {}", "", plain(remark));
        if both.trim_end().chars().count() <= self.options.width {
            self.line(both);
        } else {
            self.row(indent, row);
            self.sentence(indent + 4, remark);
        }
    }

    /// Writes rows in columns, each with what is said of it.
    pub fn remarked(&mut self, indent: usize, alignment: &str, rows: &[Vec<String>], remarks: &[String]) {
        for (line, remark) in self.layout(alignment, rows).into_iter().zip(remarks) {
            self.noted(indent, &line, remark);
        }
    }

    /// Writes something to be copied: never wrapped.
    pub fn verbatim(&mut self, indent: usize, text: &str) {
        self.text.push_str(&format!("{:indent$}{}\n", "", plain(text)));
    }

    /// Writes rows in columns.
    pub fn table(&mut self, indent: usize, alignment: &str, rows: &[Vec<String>]) {
        for line in self.layout(alignment, rows) {
            self.row(indent, &line);
        }
    }

    fn row(&mut self, indent: usize, line: &str) {
        let line = format!("{:indent$}{line}", "");
        let line = line.trim_end();
        if line.chars().count() <= self.options.width {
            self.text.push_str(line);
            self.text.push('\n');
        } else {
            self.hanging(indent, indent + 4, line);
        }
    }
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
    fn an_answer_without_room_stands_below_its_heading() {
        let mut page = page(40);
        page.heading("WHAT TO DO", "8 orders    sells $21,079    buys $22,913");
        assert_eq!(page.text, "\nWHAT TO DO\n  8 orders sells $21,079 buys $22,913\n");
    }

    #[test]
    fn long_names_do_not_push_columns_away() {
        let mut page = page(80);
        page.table(0, "<>", &[vec!["n".repeat(10_000), "1".to_owned()]]);
        assert_eq!(page.text.trim_end().chars().count(), CELL + 3);
    }
}
