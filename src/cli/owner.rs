//! Who owns what root's verbs leave behind.

use std::os::unix::fs::{MetadataExt, lchown};
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
pub fn give(folder: &Path, uid: u32, gid: u32) -> std::io::Result<()> {
    let mut rest = vec![folder.to_owned()];
    while let Some(path) = rest.pop() {
        let meta = path.symlink_metadata()?;
        if (meta.uid(), meta.gid()) != (uid, gid) {
            lchown(&path, Some(uid), Some(gid))?;
        }
        if meta.is_dir() {
            rest.extend(std::fs::read_dir(&path)?.filter_map(|entry| entry.ok()).map(|entry| entry.path()));
        }
    }
    Ok(())
}
