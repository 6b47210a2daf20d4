//! Zip archives within bounds: a file of a few kilobytes can claim to be gigabytes.
//!
//! What an archive says of itself is not believed: each part is inflated once and counted before anything else reads it.

use std::io::Read;

/// All parts of an archive together may not inflate to more.
pub(crate) const LARGEST: u64 = 64 << 20;
/// Bytes of the 64-bit end record and of what points at it, which stand before the end record.
const ZIP64_END: usize = 56 + 20;

/// A file of an archive.
pub(crate) struct Part<'b> {
    /// Its path inside the archive.
    pub name: &'b [u8],
    deflated: bool,
    packed: &'b [u8],
}

impl Part<'_> {
    /// Returns what it inflates to, no more than the limit and one byte; a damaged part as far as it goes.
    pub(crate) fn content(&self) -> Vec<u8> {
        if !self.deflated {
            return self.packed.to_vec();
        }
        let mut content = Vec::new();
        let _ = flate2::read::DeflateDecoder::new(self.packed).take(LARGEST + 1).read_to_end(&mut content);
        content
    }

    fn size(&self) -> u64 {
        let mut open = flate2::read::DeflateDecoder::new(self.packed).take(LARGEST + 1);
        // A damaged part is the reader's to report.
        if self.deflated {
            std::io::copy(&mut open, &mut std::io::sink()).unwrap_or(0)
        } else {
            self.packed.len() as u64
        }
    }
}

/// Returns the parts of an archive; `None` for what is none, has a 64-bit directory or inflates to more than the limit.
pub(crate) fn parts(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize);
    // The end record is the last thing in the file, before a comment of at most 64 KiB.
    let tail = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = tail + bytes.get(tail..)?.windows(4).rposition(|mark| mark == b"PK\x05\x06")?;
    // The 64-bit end record would be believed over this one, and no workbook of holdings or funds needs it.
    let mut large = bytes.get(tail.saturating_sub(ZIP64_END)..)?.windows(4);
    if large.any(|mark| mark == b"PK\x06\x06" || mark == b"PK\x06\x07") {
        return None;
    }
    let (count, mut at) = (word(end + 10)?, long(end + 16)?);
    let (mut parts, mut total) = (Vec::new(), 0);
    for _ in 0..count {
        let (method, packed, header) = (word(at + 10)?, long(at + 20)?, long(at + 42)?);
        let start = header.checked_add(30 + usize::from(word(header + 26)?) + usize::from(word(header + 28)?))?;
        let name = bytes.get(at + 46..at + 46 + usize::from(word(at + 28)?))?;
        let part = Part { name, deflated: method == 8, packed: bytes.get(start..start.checked_add(packed)?)? };
        total += part.size();
        if total > LARGEST {
            return None;
        }
        parts.push(part);
        at += 46 + usize::from(word(at + 28)?) + usize::from(word(at + 30)?) + usize::from(word(at + 32)?);
    }
    Some(parts)
}

/// Returns whether the sheets of a workbook have cells that a sheet can have: the reader of the crate reckons with the
/// references that it finds without looking.
pub(crate) fn has_plain_sheets(parts: &[Part<'_>]) -> bool {
    let mut sheets = parts.iter().filter(|part| part.name.starts_with(b"xl/worksheets/"));
    sheets.all(|part| has_plain_references(&part.content()))
}

/// Looks at each reference of a sheet: `r="B12"`, `ref="A1:C3"`.
fn has_plain_references(content: &[u8]) -> bool {
    let is_cell = |text: &[u8]| {
        let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        letters <= 3 && text.len() <= letters + 7 && text.iter().skip(letters).all(u8::is_ascii_digit)
    };
    let equals = content.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at);
    equals.filter_map(|at| Some((content.get(..at)?.trim_ascii_end(), content.get(at + 1..)?.trim_ascii_start()))).all(
        |(before, behind)| {
            let named = |name: &[u8]| {
                before.strip_suffix(name).is_some_and(|rest| rest.ends_with(b" ") || rest.ends_with(b"\n"))
            };
            let Some((quote, value)) = behind.split_first().filter(|_| named(b"r") || named(b"ref")) else {
                return true;
            };
            value.split(|byte| byte == quote).next().is_none_or(|value| value.split(|byte| *byte == b':').all(is_cell))
        },
    )
}

#[cfg(test)]
pub(crate) mod testing {
    //! Archives written by hand.

    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    /// Returns an archive of texts under their paths.
    pub(crate) fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        for (name, text) in parts {
            let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
            packer.write_all(text.as_bytes()).unwrap();
            let (packed, mut sum) = (packer.finish().unwrap(), flate2::Crc::new());
            sum.update(text.as_bytes());
            let at = u32::try_from(file.len()).unwrap();
            let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
            common.extend(sum.sum().to_le_bytes());
            common.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
            common.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            common.extend([0, 0]);
            file.extend(b"PK\x03\x04");
            file.extend(&common);
            file.extend(name.as_bytes());
            file.extend(packed);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&common);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (start, size) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
        let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
        file.extend(directory);
        file.extend(b"PK\x05\x06\0\0\0\0");
        file.extend(count);
        file.extend(count);
        file.extend(size.to_le_bytes());
        file.extend(start.to_le_bytes());
        file.extend([0, 0]);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::testing::zip;
    use super::*;

    #[test]
    fn parts_have_the_content_that_was_packed() {
        let file = zip(&[("a/b.xml", "one"), ("c", "two")]);
        let parts = parts(&file).unwrap();
        let read: Vec<_> = parts.iter().map(|part| (part.name, part.content())).collect();
        assert_eq!(read, [(b"a/b.xml".as_slice(), b"one".to_vec()), (b"c".as_slice(), b"two".to_vec())]);
    }

    #[test]
    fn a_reference_to_no_cell_is_seen() {
        for (sheet, plain) in [
            (r#"<row r="1"><c r="A1" t="s"><v>1</v></c></row><mergeCell ref="A1:XFD1048576"/>"#, true),
            (r#"<c r="AAAAAAAAA1"/>"#, false),
            ("<row r = '99999999999'/>", false),
            (r#"<dimension ref="A1:Z99999999999"/>"#, false),
            (r#"<c s="99999999999" r="B2"><f>IF(A1="x",2,3)</f></c>"#, true),
        ] {
            assert_eq!(has_plain_references(sheet.as_bytes()), plain, "{sheet}");
        }
    }

    #[test]
    fn a_part_that_inflates_without_end_is_refused() {
        let blanks = " ".repeat(usize::try_from(LARGEST).unwrap() + 1);
        let bomb = zip(&[("xl/sharedStrings.xml", &blanks)]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        assert!(parts(&bomb).is_none() && parts(b"PK\x03\x04 nothing").is_none());
    }

    /// The end record says that there is nothing, and a 64-bit one before it, which readers prefer, has the truth.
    #[test]
    fn an_archive_with_a_64_bit_end_is_refused() {
        let plain = zip(&[("a", "b")]);
        assert!(parts(&plain).is_some());
        let (parts_of_it, end) = plain.split_at(plain.len() - 22);
        let (count, size, start) = (u64::from(end[10]), &end[12..16], &end[16..20]);
        let mut file = parts_of_it.to_vec();
        file.extend(b"PK\x06\x06");
        file.extend(44_u64.to_le_bytes());
        file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        file.extend([size, &[0; 4], start, &[0; 4]].concat());
        file.extend(b"PK\x06\x07\0\0\0\0");
        file.extend((parts_of_it.len() as u64).to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0");
        assert!(parts(&file).is_none());
    }
}
