//! What a run writes: looked at before, staged beside its place, and put there together at the end, or not at all.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use broaden::diagnostics::text::{masked, plain};

use super::disk::{Disk, folder_of};
use super::inputs::{CONFIG, LARGEST, is_holdings};

/// What must not be written over, and where the next run would read what is written.
#[derive(Default)]
pub struct Guard {
    /// Files that were read, by their own paths: a name as shown may be that of another file.
    read: Vec<PathBuf>,
    /// Folders of households.
    households: Vec<PathBuf>,
    /// Folders that are read whatever is in them.
    whole: Vec<PathBuf>,
}

impl Guard {
    /// Adds a file that is read.
    pub fn file(&mut self, path: &Path) {
        self.read.push(path.to_owned());
    }

    /// Adds the folder of a household.
    pub fn household(&mut self, path: &Path) {
        self.households.push(path.to_owned());
    }

    /// Adds a folder all of which is read.
    pub fn whole(&mut self, path: &Path) {
        self.whole.push(path.to_owned());
    }

    /// Adds what another one knows.
    pub fn and(&mut self, other: Guard) {
        self.read.extend(other.read);
        self.households.extend(other.households);
        self.whole.extend(other.whole);
    }

    /// Refuses to write over a file of the run, or where the next run would read it.
    pub fn check<'p>(&self, disk: &dyn Disk, targets: impl IntoIterator<Item = &'p Path>) -> Result<()> {
        let mut seen: Vec<PathBuf> = Vec::new();
        for path in targets {
            let shown = shown(path);
            if disk.metadata(path).is_ok_and(|data| data.is_dir()) {
                bail!("{shown}: a folder of that name is in the way");
            }
            if !disk.metadata(folder_of(path)).is_ok_and(|data| data.is_dir()) {
                bail!("{shown}: there is no such folder");
            }
            let target = resolved(disk, path)?;
            if seen.contains(&target) {
                bail!("{shown} is to be written twice");
            }
            if target.file_name().is_some_and(|name| name == CONFIG) && disk.metadata(&target).is_ok() {
                bail!("{shown} is a config; it is not overwritten");
            }
            if self.read.iter().any(|read| is_same(disk, read, &target)) {
                bail!("{shown} is one of the files that are read; it is not overwritten");
            }
            if self.is_read_next(disk, &target)? {
                bail!("{shown} would be read by the next run on that folder; write it elsewhere");
            }
            seen.push(target);
        }
        Ok(())
    }

    /// Refuses to replace, where that is the verb's job, what is a file of the run by another name: a link to one.
    pub fn check_own(&self, disk: &dyn Disk, target: &Path) -> Result<()> {
        let target_file = resolved(disk, target)?;
        // Where a path leads to by its own name: `a` and `./a` are one.
        let own = |path: &Path| Some((disk.canonical(folder_of(path)).ok()?, path.file_name()?.to_owned()));
        if let Some(read) = self.read.iter().find(|read| own(read) != own(target) && is_same(disk, read, &target_file))
        {
            bail!("{} is {}, which is read as something else; it is not overwritten", shown(target), shown(read));
        }
        Ok(())
    }

    /// Returns whether a file is read.
    pub fn reads(&self, disk: &dyn Disk, path: &Path) -> bool {
        self.read.iter().any(|read| is_same(disk, read, path))
    }

    /// Refuses a folder for records whose contents the next run would read.
    pub fn check_folder(&self, disk: &dyn Disk, folder: &Path) -> Result<()> {
        let own = resolved(disk, folder)?;
        for whole in self.read_whole(disk) {
            if own.starts_with(&whole) {
                let whole = shown(&whole);
                bail!("records in {} would be read by the next run, which reads {whole}", shown(folder));
            }
        }
        Ok(())
    }

    fn read_whole(&self, disk: &dyn Disk) -> Vec<PathBuf> {
        let below = self.households.iter().flat_map(|folder| [folder.join("market"), folder.join("funds")]);
        below.chain(self.whole.iter().cloned()).filter_map(|folder| resolved(disk, &folder).ok()).collect()
    }

    fn is_read_next(&self, disk: &dyn Disk, target: &Path) -> Result<bool> {
        let within = self.read_whole(disk).iter().any(|folder| target.starts_with(folder));
        let beside = self.households.iter().filter_map(|folder| disk.canonical(folder).ok());
        let is_config = target.file_name().is_some_and(|name| name == CONFIG);
        let is_read = is_config || is_holdings(target);
        Ok(within || is_read && beside.into_iter().any(|folder| target.parent() == Some(&folder)))
    }
}

/// A name in a message: on one line, without the number of an account.
pub fn shown(path: &Path) -> String {
    masked(&plain(&path.display().to_string()))
}

/// Refuses to write over a file that somebody else changed since it was read; one that was not there had no text.
///
/// # Errors
/// When it is another, or cannot be read.
pub fn unchanged(disk: &dyn Disk, path: &Path, text: &str) -> Result<()> {
    let there = match disk.metadata(path) {
        Ok(_) => disk.read(path, LARGEST).with_context(|| format!("could not read {}", shown(path)))?,
        Err(_) => Vec::new(),
    };
    if there != text.as_bytes() {
        bail!("{} is another than when it was read; nothing is written. Start again", shown(path));
    }
    Ok(())
}

/// Where a path leads: links followed, also those of folders that are not there yet.
fn resolved(disk: &dyn Disk, path: &Path) -> Result<PathBuf> {
    // Whatever stands behind it: it is written into.
    if is_stream(path) {
        return Ok(path.to_owned());
    }
    if let Ok(found) = disk.canonical(path) {
        return Ok(found);
    }
    if path.is_symlink() {
        bail!("{} is a link to nothing", shown(path));
    }
    let name = path.file_name().with_context(|| format!("{} is no name of a file", shown(path)))?;
    let folder = folder_of(path);
    let above = disk.canonical(folder).or_else(|_| resolved(disk, folder))?;
    Ok(above.join(name))
}

/// Whether a path is a name of a stream or device, or a link to one, such as `/dev/stdout`.
fn is_stream(path: &Path) -> bool {
    let named = |path: &Path| path.starts_with("/dev") || path.starts_with("/proc");
    cfg!(unix) && (named(path) || path.read_link().is_ok_and(|to| named(&to)))
}

/// Whether two paths are one file, by whatever name or hard link.
pub fn is_same(disk: &dyn Disk, read: &Path, target: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(two)) = (disk.metadata(read), disk.metadata(target)) {
        use std::os::unix::fs::MetadataExt;
        return (one.dev(), one.ino()) == (two.dev(), two.ino());
    }
    disk.canonical(read).is_ok_and(|read| read == target)
}

/// The files of a run before they are at their places.
pub struct Outputs<'d> {
    disk: &'d dyn Disk,
    staged: Vec<Staged>,
}

struct Staged {
    target: PathBuf,
    place: Place,
}

enum Place {
    /// Whole, beside its target.
    Beside(PathBuf),
    /// For what is no regular file.
    Into(Vec<u8>),
}

impl<'d> Outputs<'d> {
    /// Begins a set of files.
    pub fn new(disk: &'d dyn Disk) -> Self {
        Outputs { disk, staged: Vec::new() }
    }

    /// Writes a file beside its place.
    ///
    /// # Errors
    /// Whatever the disk says; then none of the set is at its place.
    pub fn stage(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.stage_as(path, bytes, false)
    }

    /// The same for what only the user may read.
    pub fn stage_private(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.stage_as(path, bytes, true)
    }

    fn stage_as(&mut self, path: &Path, bytes: &[u8], private: bool) -> Result<()> {
        let could = || format!("could not write {}", shown(path));
        let target = resolved(self.disk, path)?;
        let place = match self.disk.metadata(&target) {
            Ok(data) if data.is_dir() => bail!("{}: a folder of that name is in the way", shown(path)),
            Ok(data) if !data.is_file() || is_stream(&target) => Place::Into(bytes.to_vec()),
            _ => Place::Beside(self.disk.stage(&target, bytes, private).with_context(could)?),
        };
        self.staged.push(Staged { target, place });
        Ok(())
    }

    /// Puts every file at its place, or, where one cannot be, leaves all as they were.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn commit(mut self) -> Result<()> {
        let mut done: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
        let result = self.put(&mut done);
        if result.is_err() {
            for (target, kept) in done.iter().rev() {
                let undone = match kept {
                    Some(kept) => self.disk.rename(kept, target),
                    None => self.disk.remove(target),
                };
                undone.with_context(|| match kept {
                    Some(kept) => format!("{} is new, and the old one is {}", shown(target), shown(kept)),
                    None => format!("{} is new and could not be removed", shown(target)),
                })?;
            }
        } else {
            // What is kept of the old ones is not needed now; one that stays is hidden and harms nobody.
            done.iter().filter_map(|(_, kept)| kept.as_ref()).for_each(|kept| drop(self.disk.remove(kept)));
            let folders: BTreeSet<&Path> = done.iter().map(|(target, _)| folder_of(target)).collect();
            folders.into_iter().for_each(|folder| self.disk.sweep(folder));
        }
        result
    }

    fn put(&mut self, done: &mut Vec<(PathBuf, Option<PathBuf>)>) -> Result<()> {
        let disk = self.disk;
        // What cannot be taken back comes first, while nothing else is done.
        for staged in &self.staged {
            if let Place::Into(bytes) = &staged.place {
                let written = match disk.write_into(&staged.target, bytes) {
                    // A reader that has read enough.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                    written => written,
                };
                written.with_context(|| format!("could not write into {}", shown(&staged.target)))?;
            }
        }
        while !self.staged.is_empty() {
            let Staged { target, place: Place::Beside(beside) } = self.staged.remove(0) else { continue };
            let could = || format!("could not write {}; nothing is changed", shown(&target));
            let old = disk.metadata(&target).is_ok();
            let kept = if old { disk.keep(&target).map(Some) } else { Ok(None) };
            let moved = kept.and_then(|kept| match disk.rename(&beside, &target) {
                Ok(()) => Ok(kept),
                Err(error) => {
                    kept.iter().for_each(|kept| drop(disk.remove(kept)));
                    Err(error)
                }
            });
            match moved.with_context(could) {
                Ok(kept) => done.push((target, kept)),
                Err(error) => {
                    // Taken out of the set, so nobody else removes it.
                    let _ = disk.remove(&beside);
                    return Err(error);
                }
            }
        }
        for (target, _) in done.iter() {
            let settled = disk.settle(folder_of(target));
            settled.with_context(|| format!("could not write {} to the disk", shown(target)))?;
        }
        Ok(())
    }
}

impl Drop for Outputs<'_> {
    fn drop(&mut self) {
        for staged in &self.staged {
            if let Place::Beside(beside) = &staged.place {
                let _ = self.disk.remove(beside);
            }
        }
    }
}
