//! A file as a thread of its own reads it out, piece by piece: see [`Errand`].

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::SystemTime;

use super::errand::Errand;

/// Read at once. Pieces begin at multiples of it, so that a small file is one, wherever in it somebody looks.
const PIECE_BYTES: usize = 256 << 10;

/// An open file. Reading it takes as long as the file takes, and fails where it gives no answer.
pub struct Feed {
    errand: Arc<Errand>,
    /// Where the next piece begins, and room for it.
    wanted: Sender<(u64, Vec<u8>)>,
    pieces: Receiver<io::Result<Vec<u8>>>,
    kind: Kind,
    piece: Vec<u8>,
    /// Where `piece` begins.
    from: u64,
    /// Where the piece begins that was asked for and not taken yet: the next one, while the one at hand is used up.
    ahead: Option<u64>,
    at: u64,
}

/// What it was when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub is_file: bool,
    pub bytes: u64,
    /// `None` where the file system keeps no times.
    pub modified: Option<SystemTime>,
}

/// Opens a file for reading.
type Opener = fn(&Path) -> io::Result<File>;

impl Feed {
    /// # Errors
    /// Where it does not open, or gives no answer.
    pub fn open(path: &Path, errand: Arc<Errand>) -> io::Result<Feed> {
        Feed::opened_by(open, path, errand)
    }

    /// With another way to open it, for tests in which it hangs.
    fn opened_by(how: Opener, path: &Path, errand: Arc<Errand>) -> io::Result<Feed> {
        let (wanted, asked) = channel();
        let (give, pieces) = channel();
        let (tell, told) = channel();
        let (path, mine) = (path.to_owned(), errand.clone());
        std::thread::Builder::new().name("feed".to_owned()).spawn(move || {
            let opened = how(&path).and_then(|file| Ok((kind_of(&file)?, file)));
            mine.goes_on();
            let (kind, file) = match opened {
                Ok((kind, file)) => (Ok(kind), Some(file)),
                Err(error) => (Err(error), None),
            };
            // Whoever does not want it any more says so by going.
            if tell.send(kind).is_ok()
                && let Some(file) = file
            {
                for (at, room) in asked {
                    let piece = piece(&file, at, room);
                    mine.goes_on();
                    if give.send(piece).is_err() {
                        break;
                    }
                }
            }
        })?;
        let kind = errand.wait(&told)?.inspect_err(|error| errand.failed(error))?;
        Ok(Feed { errand, wanted, pieces, kind, piece: Vec::new(), from: 0, ahead: None, at: 0 })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn errand(&self) -> Arc<Errand> {
        self.errand.clone()
    }

    /// blake3 of the whole content. It is left at its beginning.
    ///
    /// # Errors
    /// Where it does not read to its end.
    pub fn hash(&mut self) -> io::Result<[u8; 32]> {
        let mut hash = blake3::Hasher::new();
        self.rewind()?;
        loop {
            let piece = self.fill_buf()?;
            if piece.is_empty() {
                break;
            }
            hash.update(piece);
            let length = piece.len();
            self.consume(length);
        }
        self.rewind()?;
        Ok(*hash.finalize().as_bytes())
    }

    fn ask(&mut self, from: u64, room: Vec<u8>) {
        // Where the thread is gone, waiting for it says so.
        let _ = self.wanted.send((from, room));
        self.ahead = Some(from);
    }

    /// The piece that begins at `from`.
    fn take(&mut self, from: u64) -> io::Result<Vec<u8>> {
        loop {
            let Some(asked) = self.ahead.take() else {
                self.ask(from, Vec::new());
                continue;
            };
            let piece = self.errand.wait(&self.pieces)?;
            // What was read ahead, and nobody wants after all, may not even be there.
            if asked == from {
                return piece.inspect_err(|error| self.errand.failed(error));
            }
        }
    }

    /// Where in the piece at hand the next byte stands.
    fn within(&self) -> Option<usize> {
        let within = usize::try_from(self.at.checked_sub(self.from)?).ok()?;
        (within < self.piece.len()).then_some(within)
    }
}

/// Another program may keep a file to itself (a lease of a file server): to be told so at once is better than to wait in the
/// system until it gives way. It is asked to, all the same.
fn open(path: &Path) -> io::Result<File> {
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    opened.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => io::Error::other("another program keeps the file to itself"),
        _ => error,
    })
}

fn kind_of(file: &File) -> io::Result<Kind> {
    let meta = file.metadata()?;
    Ok(Kind { is_file: meta.is_file(), bytes: meta.len(), modified: meta.modified().ok() })
}

/// What stands from `at` on, put into `room`; empty behind the end.
fn piece(file: &File, at: u64, mut room: Vec<u8>) -> io::Result<Vec<u8>> {
    room.resize(PIECE_BYTES, 0);
    let mut filled = 0;
    while filled < PIECE_BYTES {
        match file.read_at(&mut room[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    room.truncate(filled);
    Ok(room)
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.within().is_none() {
            if self.errand.failure().is_some() {
                // Told already.
                return Err(io::ErrorKind::Other.into());
            }
            let from = self.at - self.at % PIECE_BYTES as u64;
            let goes_on = from == 0 || from == self.from + PIECE_BYTES as u64;
            let used = std::mem::take(&mut self.piece);
            (self.piece, self.from) = (self.take(from)?, from);
            if goes_on && self.piece.len() == PIECE_BYTES {
                self.ask(from + PIECE_BYTES as u64, used);
            }
        }
        Ok(self.within().map_or(&[], |within| &self.piece[within..]))
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes as u64;
    }
}

impl Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let length = piece.len().min(into.len());
        into[..length].copy_from_slice(&piece[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl Seek for Feed {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.kind.bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};
    use std::time::{Duration, Instant};

    use super::*;

    static HANGS: Mutex<bool> = Mutex::new(true);
    static COMES_BACK: Condvar = Condvar::new();

    /// As on a mount whose server is gone.
    fn hang(path: &Path) -> io::Result<File> {
        drop(COMES_BACK.wait_while(HANGS.lock().unwrap(), |hangs| *hangs).unwrap());
        File::open(path)
    }

    #[test]
    fn a_file_that_gives_no_answer_is_given_up_and_its_thread_ends_once_it_is_answered() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let errand = Arc::new(Errand::new(Duration::from_millis(50), Arc::default()));
        let left = Arc::downgrade(&errand);
        assert!(Feed::opened_by(hang, file.path(), errand.clone()).is_err());
        assert!(errand.is_given_up() && errand.failure().unwrap().transient);
        drop(errand);
        assert!(left.upgrade().is_some(), "it still waits");
        *HANGS.lock().unwrap() = false;
        COMES_BACK.notify_all();
        let until = Instant::now() + Duration::from_secs(20);
        while left.upgrade().is_some() {
            assert!(Instant::now() < until);
            std::thread::yield_now();
        }
    }

    #[test]
    fn it_reads_as_the_file_does_from_wherever_somebody_looks() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> =
            (0..PIECE_BYTES as u32 * 2 + 7).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        std::fs::write(file.path(), &bytes).unwrap();
        let mut feed = Feed::open(file.path(), Arc::default()).unwrap();
        assert_eq!((feed.kind().bytes, feed.kind().is_file), (bytes.len() as u64, true));
        assert_eq!(feed.hash().unwrap(), *blake3::hash(&bytes).as_bytes());
        let mut read = Vec::new();
        feed.read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        for (to, from) in [
            (SeekFrom::Start(PIECE_BYTES as u64 - 3), PIECE_BYTES - 3),
            (SeekFrom::End(-9), bytes.len() - 9),
            (SeekFrom::Start(5), 5),
        ] {
            feed.seek(to).unwrap();
            let mut some = [0; 6];
            feed.read_exact(&mut some).unwrap();
            assert_eq!(some[..], bytes[from..from + 6], "{to:?}");
        }
        assert_eq!(feed.seek(SeekFrom::Current(-6)).unwrap(), 5);
        feed.seek(SeekFrom::End(100)).unwrap();
        assert_eq!(feed.read(&mut [0; 4]).unwrap(), 0, "nothing stands behind the end");
        assert!(feed.seek(SeekFrom::Current(i64::MIN)).is_err());
    }

    #[test]
    fn what_keeps_it_from_reading_on_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let errand = Arc::new(Errand::default());
        assert!(Feed::open(&folder.path().join("gone.csv"), errand.clone()).is_err());
        assert!(!errand.failure().unwrap().transient, "there is nothing to wait for");
        // A folder opens, and does not read.
        let mut feed = Feed::open(folder.path(), Arc::default()).unwrap();
        assert!(!feed.kind().is_file);
        assert!(feed.read(&mut [0; 4]).is_err() && feed.read(&mut [0; 4]).is_err());
        assert!(feed.errand().failure().is_some() && !feed.errand().is_given_up());
    }
}
