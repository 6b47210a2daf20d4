//! The disk, behind a trait, so that a test can let any operation on it fail.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that a run does with files and folders.
pub trait Disk: Sync {
    /// What a path names, links followed.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;
    /// The path without links and dots.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
    /// Reads a regular file, of at most so many bytes. Nothing else is opened: a pipe would wait, and a device never end.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;
    /// Opens a regular file to be read piece by piece.
    fn open(&self, path: &Path) -> io::Result<File>;
    /// Opens a file that grows as a run goes on, made where there is none; it can be read too.
    fn grow(&self, path: &Path) -> io::Result<File>;
    /// What is in a folder, in the order of names.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
    /// Makes a folder and those above it; a private one is for the user alone.
    fn make_folder(&self, folder: &Path, private: bool) -> io::Result<()>;
    /// Writes bytes beside their target, under a name of its own, to be renamed: to the last byte on the disk. The mode is
    /// that of the target where there is one.
    fn stage(&self, target: &Path, bytes: &[u8], private: bool) -> io::Result<PathBuf>;
    /// Gives a file or folder another name; what has that name is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Keeps a file under a second name, beside it.
    fn keep(&self, path: &Path) -> io::Result<PathBuf>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes what runs that were stopped a day ago or more left staged in a folder, as far as that is possible.
    fn sweep(&self, folder: &Path);
    /// Returns when the names in a folder are on the disk.
    fn settle(&self, folder: &Path) -> io::Result<()>;
    /// Writes into what is there and no regular file, such as a pipe or `/dev/null`.
    fn write_into(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Whether nobody but its owner may read or write a file.
    fn is_private(&self, path: &Path) -> io::Result<bool>;
    /// Whether a file itself, no link to one, is the user's and nobody else may change it.
    fn is_ours(&self, path: &Path) -> io::Result<bool>;
}

/// The real one.
pub struct Real;

/// What beginnings of names the files have that are not whole yet; folders are read without hidden files.
pub const STAGED: &str = ".broaden-";

/// How old they are before no run can be at work on them.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

impl Disk for Real {
    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let data = fs::metadata(path)?;
        if !data.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        let large = || io::Error::new(ErrorKind::FileTooLarge, "it is too large");
        if data.len() > most {
            return Err(large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or_default());
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(large()) } else { Ok(bytes) }
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        File::open(path)
    }

    fn grow(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        found.sort();
        Ok(found)
    }

    fn make_folder(&self, folder: &Path, private: bool) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        if private {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        }
        #[cfg(not(unix))]
        let _ = private;
        builder.create(folder)
    }

    fn stage(&self, target: &Path, bytes: &[u8], private: bool) -> io::Result<PathBuf> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(STAGED);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(if private { 0o600 } else { 0o666 }));
        let mut file = builder.tempfile_in(folder_of(target))?;
        if let Ok(data) = fs::metadata(target) {
            file.as_file().set_permissions(data.permissions())?;
        }
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file.into_temp_path().keep()?)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn keep(&self, path: &Path) -> io::Result<PathBuf> {
        let name = tempfile::Builder::new().prefix(STAGED).tempfile_in(folder_of(path))?.into_temp_path();
        let kept = name.to_path_buf();
        name.close()?;
        // Not every file system has second names.
        fs::hard_link(path, &kept).or_else(|_| fs::copy(path, &kept).map(|_| ()))?;
        Ok(kept)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sweep(&self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_staged = entry.file_name().to_string_lossy().starts_with(STAGED);
            let Some(data) = is_staged.then(|| entry.metadata().ok()).flatten() else { continue };
            let age = data.modified().ok().and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age >= LEFT) {
                let path = entry.path();
                let _ = if data.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            }
        }
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        // Where a folder cannot be opened as a file it need not be, and some file systems have nothing to do.
        match File::open(folder) {
            Ok(open) => match open.sync_all() {
                Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
                done => done,
            },
            Err(_) if cfg!(not(unix)) => Ok(()),
            // A folder that may be written but not read.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn write_into(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().append(true).open(path)?.write_all(bytes)
    }

    fn is_private(&self, path: &Path) -> io::Result<bool> {
        let data = fs::metadata(path)?;
        #[cfg(unix)]
        return Ok(std::os::unix::fs::MetadataExt::mode(&data) & 0o077 == 0);
        #[cfg(not(unix))]
        Ok(data.is_file())
    }

    fn is_ours(&self, path: &Path) -> io::Result<bool> {
        let data = fs::symlink_metadata(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // Whose the files are that this process makes.
            let own = tempfile::tempfile()?.metadata()?.uid();
            Ok(data.is_file() && data.uid() == own && data.mode() & 0o022 == 0)
        }
        #[cfg(not(unix))]
        Ok(data.is_file())
    }
}

/// The folder that a path stands in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
