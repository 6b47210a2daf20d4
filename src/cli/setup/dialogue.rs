//! A question, an answer: over any reader and writer, so that a test can be the one who answers.

use std::io::{BufRead, ErrorKind, Read, Write};

use anyhow::{Context, Result, bail};
use broaden::report::{plain, wrapped};

/// Longest answer, in bytes.
const LONGEST: usize = 200;
/// Answers to one question before it is given up.
const TRIES: usize = 3;

/// Whom to ask.
pub struct Dialogue<'d> {
    reader: &'d mut dyn BufRead,
    writer: &'d mut dyn Write,
    width: usize,
}

impl<'d> Dialogue<'d> {
    /// Begins to ask.
    pub fn new(reader: &'d mut dyn BufRead, writer: &'d mut dyn Write, width: usize) -> Self {
        Dialogue { reader, writer, width }
    }

    /// Says something, line by line, each wrapped to the width.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn say(&mut self, text: &str) -> Result<()> {
        let lines: String = text.lines().map(|line| plain(line).trim_end().to_owned() + "\n").collect();
        self.write(&wrapped(&lines, self.width, 0))
    }

    /// Says something that is laid out already, line by line.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn show(&mut self, text: &str) -> Result<()> {
        let lines: String = text.lines().map(|line| plain(line).trim_end().to_owned() + "\n").collect();
        self.write(&lines)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()).context("could not ask")
    }

    /// Asks until an answer is understood. An empty one means what is offered, where something is.
    ///
    /// # Errors
    /// When the answers end, and after a few that are not understood.
    pub fn ask<T>(
        &mut self,
        question: &str,
        offered: Option<&str>,
        mut understood: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<T> {
        self.say(&format!("\n{question}"))?;
        for _ in 0..TRIES {
            let brackets = offered.map(|offered| format!("[{}] ", plain(offered))).unwrap_or_default();
            self.write(&format!("  {brackets}> "))?;
            let answer = match (self.line()?, offered) {
                (Ok(line), Some(offered)) if line.is_empty() => Ok(offered.to_owned()),
                (Ok(line), None) if line.is_empty() => Err("this needs an answer".to_owned()),
                (line, _) => line,
            };
            match answer.and_then(|answer| understood(&answer)) {
                Ok(found) => return Ok(found),
                Err(why) => self.say(&format!("  {why}"))?,
            }
        }
        bail!("{TRIES} answers were not understood; nothing is written. Start again when you know the answer")
    }

    /// Returns the next line without blanks around it, or why it is no answer.
    fn line(&mut self) -> Result<Result<String, String>> {
        let mut line = Vec::new();
        let most = LONGEST as u64 + 1;
        (&mut *self.reader).take(most).read_until(b'\n', &mut line).context("could not read the answer")?;
        if line.is_empty() {
            bail!("the answers ended before the last question; nothing is written");
        }
        let is_whole = line.ends_with(b"\n");
        if !is_whole && line.len() > LONGEST {
            self.skip_line()?;
            return Ok(Err(format!("that line is longer than {LONGEST} characters")));
        }
        let Ok(text) = String::from_utf8(line) else { return Ok(Err("that is no text in UTF-8".to_owned())) };
        let text = text.trim();
        if plain(text) != text {
            return Ok(Err("there are control characters in that line; type it again".to_owned()));
        }
        Ok(Ok(text.to_owned()))
    }

    /// Reads to the end of a line, and keeps none of it.
    fn skip_line(&mut self) -> Result<()> {
        loop {
            let (used, done) = match self.reader.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(bytes) => match bytes.iter().position(|byte| *byte == b'\n') {
                    Some(end) => (end + 1, true),
                    None => (bytes.len(), false),
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => (0, false),
                Err(error) => return Err(error).context("could not read the answer"),
            };
            self.reader.consume(used);
            if done {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for a number, and returns the answer and what was said.
    fn asked(answers: &[u8], offered: Option<&str>) -> (Result<u32, String>, String) {
        let (mut reader, mut writer) = (answers, Vec::new());
        let mut dialogue = Dialogue::new(&mut reader, &mut writer, 80);
        let number = |answer: &str| answer.parse::<u32>().map_err(|_| format!("`{answer}` is no number"));
        let answer = dialogue.ask("How many?", offered, number).map_err(|error| error.to_string());
        (answer, String::from_utf8(writer).unwrap())
    }

    #[test]
    fn an_answer_is_taken_and_an_empty_one_is_what_is_offered() {
        assert_eq!(asked(b"7\n", None), (Ok(7), "\nHow many?\n  > ".to_owned()));
        assert_eq!(asked(b"\n", Some("3")), (Ok(3), "\nHow many?\n  [3] > ".to_owned()));
        assert_eq!(asked(b" 12 \r\n", Some("3")).0, Ok(12));
        // The last line of a text may lack its end.
        assert_eq!(asked(b"9", None).0, Ok(9));
        let (answer, said) = asked(b"\n8\n", None);
        assert_eq!((answer, said.contains("this needs an answer")), (Ok(8), true));
    }

    #[test]
    fn answers_that_end_or_are_wrong_thrice_end_it() {
        let ended = "the answers ended before the last question; nothing is written";
        assert_eq!(asked(b"", Some("3")).0, Err(ended.to_owned()));
        assert_eq!(asked(b"x\n", Some("3")).0, Err(ended.to_owned()));
        let (answer, said) = asked(b"x\ny\nz\n4\n", Some("3"));
        assert!(answer.is_err_and(|why| why.starts_with("3 answers were not understood; nothing is written")));
        assert_eq!(said.matches("is no number").count(), 3);
    }

    #[test]
    fn hostile_lines_are_refused_and_the_next_is_heard() {
        let mut long = vec![b'5'; 1 << 20];
        long.extend(b"\n6\n");
        let (answer, said) = asked(&long, None);
        assert_eq!((answer, said.contains("longer than 200 characters")), (Ok(6), true));
        assert!(said.len() < 200, "{said}");
        // A long line that never ends.
        assert!(asked(&vec![b'5'; 1 << 20], None).0.is_err_and(|why| why.contains("ended")));
        for hostile in [&b"\x1b[A\n6\n"[..], b"6\x07\n6\n", b"6\xe2\x80\xae\n6\n", b"6\0\n6\n"] {
            let (answer, said) = asked(hostile, None);
            assert_eq!((answer, said.contains("control characters")), (Ok(6), true), "{hostile:?}");
            assert!(!said.contains('\x1b') && !said.contains('\x07'), "{said:?}");
        }
        assert_eq!(asked(b"\xff\xfe\n6\n", None).0, Ok(6));
    }

    #[test]
    fn what_is_asked_moves_no_cursor() {
        let (mut reader, mut writer) = (&b"1\n"[..], Vec::new());
        let mut dialogue = Dialogue::new(&mut reader, &mut writer, 40);
        dialogue.ask("of \x1b[2J and a name that is longer than the line", Some("\x1b[1m"), |_| Ok(())).unwrap();
        let said = String::from_utf8(writer).unwrap();
        assert!(!said.contains('\x1b') && said.lines().all(|line| line.chars().count() <= 40), "{said:?}");
    }
}
