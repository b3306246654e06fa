//! Who owns what root's verbs leave behind.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown, lchown};
use std::path::{Path, PathBuf};

/// While this lives, root may work in a folder that is another account's; at its end what root made there is that
/// account's too. `sudo rosterd restore` would otherwise leave a store that the service cannot open.
pub struct KeptOwner {
    folder: PathBuf,
    /// Account and group; `None` where nobody else's folder is touched.
    owner: Option<(u32, u32)>,
}

impl KeptOwner {
    pub fn of(folder: &Path) -> KeptOwner {
        KeptOwner::like(folder, folder)
    }

    /// What is made in `folder` belongs to whom `model` belongs.
    pub fn like(model: &Path, folder: &Path) -> KeptOwner {
        // SAFETY: geteuid has no preconditions and cannot fail.
        let root = unsafe { libc::geteuid() } == 0;
        let owner = model.metadata().ok().map(|meta| (meta.uid(), meta.gid()));
        KeptOwner { folder: folder.to_owned(), owner: owner.filter(|(uid, _)| root && *uid != 0) }
    }
}

impl Drop for KeptOwner {
    fn drop(&mut self) {
        if let Some((uid, gid)) = self.owner {
            // What cannot be given shows at the service's next start, with its name.
            let _ = give(&self.folder, uid, gid);
        }
    }
}

/// Gives a folder and all in it to an account; links themselves, not what they point to.
pub fn give(folder: &Path, uid: u32, gid: u32) -> io::Result<()> {
    match enter(folder) {
        Ok(entered) => give_entered(&entered, uid, gid),
        Err(_) => lchown(folder, Some(uid), Some(gid)),
    }
}

/// A folder as it is now. No link is followed to it.
fn enter(folder: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(folder)
}

/// The account may put a link in the place of any folder of its own while root walks there: each is gone through as it was
/// opened, by its descriptor, and never by its name again.
fn give_entered(folder: &File, uid: u32, gid: u32) -> io::Result<()> {
    let owner = folder.metadata()?;
    if (owner.uid(), owner.gid()) != (uid, gid) {
        fchown(folder, Some(uid), Some(gid))?;
    }
    let here = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    for entry in std::fs::read_dir(&here)?.filter_map(Result::ok) {
        let path = here.join(entry.file_name());
        if let Ok(inside) = enter(&path) {
            give_entered(&inside, uid, gid)?;
            continue;
        }
        let meta = path.symlink_metadata()?;
        if (meta.uid(), meta.gid()) != (uid, gid) {
            lchown(&path, Some(uid), Some(gid))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Nobody's, on every Debian.
    const ACCOUNT: u32 = 65_534;

    fn owner(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().uid()
    }

    #[test]
    fn a_link_that_takes_the_place_of_a_folder_leads_root_nowhere() {
        // SAFETY: geteuid has no preconditions and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            println!("SKIPPED: only root can give a folder away");
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let [data, elsewhere, aside] = ["data", "elsewhere", "aside"].map(|name| root.path().join(name));
        for folder in [&data.join("log"), &elsewhere] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("file"), "x").unwrap();
        }
        symlink(&elsewhere, data.join("link")).unwrap();
        give(&data, ACCOUNT, ACCOUNT).unwrap();
        for given in [&data, &data.join("log"), &data.join("log/file"), &data.join("link")] {
            assert_eq!(owner(given), ACCOUNT, "{}", given.display());
        }
        assert_eq!((owner(&elsewhere), owner(&elsewhere.join("file"))), (0, 0));

        // Between the look at a folder and the way into it.
        fs::write(data.join("log/fresh"), "x").unwrap();
        let entered = enter(&data.join("log")).unwrap();
        fs::rename(data.join("log"), &aside).unwrap();
        symlink(&elsewhere, data.join("log")).unwrap();
        give_entered(&entered, ACCOUNT, ACCOUNT).unwrap();
        assert_eq!(owner(&aside.join("fresh")), ACCOUNT);
        give(&data, ACCOUNT, ACCOUNT).unwrap();
        assert_eq!((owner(&elsewhere), owner(&elsewhere.join("file"))), (0, 0));
        assert!(enter(&data.join("log")).is_err());
    }
}
