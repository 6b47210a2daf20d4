//! A file from disk. A long one by all cores and into large pages: to touch so much new memory takes longer than to read
//! does.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use memmap2::MmapMut;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// From so many bytes on the cores are worth waking.
const LONG: usize = 1 << 20;
/// Bytes of a large page, on most machines.
const LARGE_PAGE: usize = 2 << 20;

/// Returns the bytes of a file that has about so many.
pub fn read(path: &Path, length: u64) -> io::Result<Bytes> {
    let as_one = || fs::read(path).map(Bytes::from);
    match usize::try_from(length) {
        // A file that changes while it is read is read again.
        Ok(length) if length >= LONG => in_parts(path, length).or_else(|_| as_one()),
        _ => as_one(),
    }
}

/// Reads parts at the same time.
///
/// # Errors
/// Whatever reading says, and when the file is not as long as it was.
fn in_parts(path: &Path, length: usize) -> io::Result<Bytes> {
    // No file is mapped: this is memory like any other, which nobody else can change. It has whole large pages, or the
    // last part of it would be in small ones.
    let mut memory = MmapMut::map_anon(length.next_multiple_of(LARGE_PAGE))?;
    #[cfg(target_os = "linux")]
    memory.advise(memmap2::Advice::HugePage).ok();
    let part = length.div_ceil(rayon::current_num_threads().max(1));
    memory.get_mut(..length).unwrap_or_default().par_chunks_mut(part).enumerate().try_for_each(|(index, bytes)| {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start((index * part) as u64))?;
        file.read_exact(bytes)
    })?;
    let mut behind = File::open(path)?;
    behind.seek(SeekFrom::Start(length as u64))?;
    match behind.read(&mut [0])? {
        0 => Ok(Bytes::from_owner(memory).slice(..length)),
        _ => Err(io::Error::other("it grew")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_is_whatever_length_was_expected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.csv");
        let bytes: Vec<u8> = (0..3 * LONG as u32 + 7).map(|index| (index % 251) as u8).collect();
        fs::write(&path, &bytes).unwrap();
        assert!(in_parts(&path, bytes.len()).unwrap() == bytes);
        for expected in [0, LONG, bytes.len() - 1, bytes.len(), bytes.len() + 1, 9 * LONG] {
            assert!(read(&path, expected as u64).unwrap() == bytes, "{expected}");
        }
        assert!(in_parts(&path, bytes.len() - 1).is_err() && in_parts(&path, bytes.len() + 1).is_err());
        assert!(read(&folder.path().join("none"), LONG as u64).is_err());
    }
}
