//! Files that are complete or absent, one or a folder of them.

use gradient_gap::Error;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file that is complete or absent: written beside its place, then renamed.
pub struct Output {
    path: PathBuf,
    /// `None` where the place is no regular file (a pipe, /dev/stdout): written to as it is, never replaced.
    draft: Option<PathBuf>,
    file: std::fs::File,
}

/// Whether the file that is asked for is standard output.
pub fn is_dash(path: Option<&Path>) -> bool {
    path == Some(Path::new("-"))
}

/// The file that is asked for, if it is one.
pub fn but_dash(path: Option<&Path>) -> Option<&Path> {
    path.filter(|_| !is_dash(path))
}

impl Output {
    /// The file that is asked for, if it is one, to be written.
    pub fn of(path: Option<&Path>) -> Result<Option<Output>, Error> {
        but_dash(path).map(Output::create).transpose()
    }

    pub fn create(path: &Path) -> Result<Output, Error> {
        let place = |e: std::io::Error| Error::new(e.to_string()).at(path.display());
        let name = path.file_name().ok_or_else(|| Error::new("not a file name").at(path.display()))?;
        if path.is_dir() || path.to_string_lossy().ends_with(std::path::is_separator) {
            return Err(Error::new("is a folder, expected a file").at(path.display()));
        }
        if path.metadata().is_ok_and(|known| !known.is_file()) {
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(place)?;
            return Ok(Output { path: path.into(), draft: None, file });
        }
        // Through a link, it is the file behind it that is replaced, there or not.
        let path = behind_links(path);
        if path.metadata().is_ok_and(|known| known.permissions().readonly()) {
            return Err(Error::new("is read-only").at(path.display()));
        }
        let mut draft_name = std::ffi::OsString::from(".");
        draft_name.push(path.file_name().unwrap_or(name));
        draft_name.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(draft_name);
        // A draft with this process's number can only be left over from one that was interrupted.
        let file = match std::fs::File::create_new(&draft) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                std::fs::remove_file(&draft).and_then(|()| std::fs::File::create_new(&draft))
            }
            other => other,
        };
        let file = file.map_err(place)?;
        if let Ok(known) = path.metadata() {
            file.set_permissions(known.permissions()).map_err(place)?;
        }
        Ok(Output { path, draft: Some(draft), file })
    }

    /// Whether two names are those of one file, there or not.
    pub fn is_same(first: &Path, second: &Path) -> bool {
        let place = |path: &Path| {
            let path = behind_links(path);
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            folder.canonicalize().map(|folder| (folder, path.file_name().map(std::ffi::OsStr::to_os_string)))
        };
        first == second || matches!((place(first), place(second)), (Ok(first), Ok(second)) if first == second)
    }

    pub fn finish(self, content: impl AsRef<[u8]>) -> Result<(), Error> {
        self.finish_by(|out| out.write_all(content.as_ref()))
    }

    pub fn finish_by(mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Error> {
        self.fill(write)?;
        self.keep()
    }

    /// Writes the whole content, to a draft where the place is a regular file.
    pub fn fill(&mut self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Error> {
        let mut out = std::io::BufWriter::new(&mut self.file);
        let written = write(&mut out).and_then(|()| out.flush());
        drop(out);
        let written = written.and_then(|()| if self.draft.is_some() { self.file.sync_all() } else { Ok(()) });
        if self.draft.is_none() && written.as_ref().is_err_and(|e| e.kind() == ErrorKind::BrokenPipe) {
            return Ok(());
        }
        written.map_err(|e| Error::new(e.to_string()).at(self.path.display()))
    }

    /// Puts what was written in its place.
    pub fn keep(self) -> Result<(), Error> {
        let moved = self.draft.as_ref().map_or(Ok(()), |draft| std::fs::rename(draft, &self.path));
        moved.map_err(|e| Error::new(e.to_string()).at(self.path.display()))
    }
}

/// All files, or where one cannot be made or written none; the folder is made where it is not there.
pub fn write_folder(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
    make_folder(folder)?;
    let drafts = files.iter().map(|(name, _)| Output::create(&folder.join(name))).collect::<Result<Vec<_>, Error>>();
    let mut drafts = drafts?;
    drafts.iter_mut().zip(files).try_for_each(|(draft, (_, content))| draft.fill(|out| out.write_all(content)))?;
    drafts.into_iter().try_for_each(Output::keep)
}

/// The place that a chain of links leads to.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..40 {
        let Ok(target) = std::fs::read_link(&path) else { break };
        path = path.parent().map_or(target.clone(), |folder| folder.join(&target));
    }
    path
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            let _ = std::fs::remove_file(draft); // gone already after a rename
        }
    }
}

/// A folder to write into, made where it is not there.
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    is_no_file(folder)?;
    std::fs::create_dir_all(folder).map_err(|e| Error::new(e.to_string()).at(folder.display()))
}

/// # Errors
/// A file stands where the folder should be, or one above it.
pub fn is_no_file(folder: &Path) -> Result<(), Error> {
    match folder.ancestors().find(|place| place.exists()) {
        Some(place) if !place.is_dir() => Err(Error::new("is a file, expected a folder").at(place.display())),
        _ => Ok(()),
    }
}
