//! The command line's end of the control socket. Blocking: the command line has nothing else to do.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::{Content, Exit, Frame, Request, SocketPath};
use crate::error::{Context, Error, Result};

/// A connection to a running daemon.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// `None` where no daemon answers at `path`: no socket, or one left by a daemon that is gone.
    ///
    /// # Errors
    /// Where a socket is there but may not be used, as by another account than the daemon's.
    pub fn connect(path: &Path) -> Result<Option<Client>> {
        if !path.parent().is_some_and(Path::exists) {
            return Ok(None);
        }
        match UnixStream::connect(&SocketPath::of(path)?.path) {
            Ok(stream) => Ok(Some(Client { stream })),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(Error::new("talking to the daemon")
                .at(path)
                .because(error)
                .hint("run this as the account of the service: sudo -u rosterd rosterd …")),
            Err(error) => Err(Error::new("talking to the daemon").at(path).because(error)),
        }
    }

    /// Sends `request` and hands every frame to `each` as it comes; gives how it ended.
    ///
    /// # Errors
    /// Where the daemon goes away before the answer's end: nothing is known of what it still did.
    pub fn ask(self, request: &Request, each: &mut dyn FnMut(Frame)) -> Result<Exit> {
        self.exchange(request, &Parcels::default(), each)
    }

    /// The same with files: one that goes along, one that comes back.
    pub fn exchange(mut self, request: &Request, parcels: &Parcels, each: &mut dyn FnMut(Frame)) -> Result<Exit> {
        self.send(request, parcels.send.as_deref())?;
        let mut answer = BufReader::new(self.stream);
        loop {
            let mut line = String::new();
            if answer.read_line(&mut line).or_say("reading the daemon's answer")? == 0 {
                break;
            }
            let frame: Frame = serde_json::from_str(&line)
                .or_say("reading the daemon's answer")
                .map_err(|error| error.hint("is the running daemon of the same version as this program?"))?;
            if let (Frame::File(content), Some(target)) = (&frame, &parcels.target) {
                target.receive(content, &mut answer)?;
            }
            let end = match &frame {
                Frame::End { exit } => Some(*exit),
                Frame::Error(failure) => Some(failure.exit),
                _ => None,
            };
            each(frame);
            if let Some(exit) = end {
                return Ok(exit);
            }
        }
        Err(Error::new("the daemon went away before it had answered")
            .hint("see its log; 'rosterd status' says how it stands now"))
    }
}

impl Client {
    fn send(&mut self, request: &Request, file: Option<&Path>) -> Result<()> {
        let mut request = request.clone();
        let mut file = match file {
            Some(path) => {
                // Before it is opened: to open a pipe waits for somebody who writes into it.
                let meta = fs::metadata(path).or_say_at("reading the file", path)?;
                if meta.is_dir() {
                    let error = std::io::Error::from_raw_os_error(libc::EISDIR);
                    return Err(Error::new("reading the file").at(path).because(error));
                }
                if !meta.is_file() {
                    return Err(Error::new("a pipe or a device is no file")
                        .at(path)
                        .hint("save what it gives as a file"));
                }
                let file = File::open(path).or_say_at("reading the file", path)?;
                request.upload = Some(meta.len());
                Some(file.take(meta.len()))
            }
            None => None,
        };
        let mut line = serde_json::to_vec(&request).or_say("writing the request")?;
        line.push(b'\n');
        self.stream.write_all(&line).or_say("asking the daemon")?;
        if let Some(file) = &mut file {
            match std::io::copy(file, &mut self.stream) {
                Ok(_) => {}
                // It refuses the file without reading it, and says why.
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
                Err(error) => return Err(Error::new("sending the file to the daemon").because(error)),
            }
        }
        Ok(())
    }
}

/// Files that go with a request.
#[derive(Debug, Default)]
pub struct Parcels {
    /// Its content goes along.
    pub send: Option<PathBuf>,
    /// Where the content that comes back belongs.
    pub target: Option<Target>,
}

/// Where a file for the person who asks is written.
#[derive(Debug)]
pub struct Target {
    pub path: PathBuf,
    /// It takes the place of one that is there.
    pub replaces: bool,
}

impl Target {
    /// # Errors
    /// Where the file is there already and is not to be replaced.
    pub fn check(&self) -> Result<()> {
        match !self.replaces && self.path.symlink_metadata().is_ok() {
            true => Err(Error::new("the file is there already").at(&self.path).hint("choose another name")),
            false => Ok(()),
        }
    }

    /// Writes what comes from the daemon.
    fn receive(&self, content: &Content, from: &mut impl Read) -> Result<()> {
        self.place(|file| {
            let mut hash = blake3::Hasher::new();
            let (mut left, mut block) = (content.bytes, vec![0; BLOCK_BYTES]);
            while left > 0 {
                let most = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let read = from.read(&mut block[..most])?;
                if read == 0 {
                    return Ok(false);
                }
                hash.update(&block[..read]);
                file.write_all(&block[..read])?;
                left -= read as u64;
            }
            Ok(hash.finalize().to_string() == content.hash)
        })
    }

    /// Writes what was made here.
    ///
    /// # Errors
    /// As [`Target::check`], and where it cannot be written.
    pub fn write(&self, content: &[u8]) -> Result<()> {
        self.place(|file| file.write_all(content).map(|()| true))
    }

    /// Writes beside its place, for its owner alone, and moves it there when it is whole and on the disk.
    fn place(&self, write: impl FnOnce(&mut File) -> std::io::Result<bool>) -> Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let beside = self.path.with_file_name(name);
        // Left by one that was interrupted.
        let _ = fs::remove_file(&beside);
        let write = || -> std::io::Result<bool> {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            let is_whole = write(&mut file)?;
            file.sync_all()?;
            Ok(is_whole)
        };
        let written = write().or_say_at("writing the file", &self.path).and_then(|whole| match whole {
            true => self.check(),
            false => Err(Error::new("the file changed on its way").at(&self.path)),
        });
        // The folder too: a backup that was said to be there is there after the current went.
        let rename = || -> std::io::Result<()> {
            fs::rename(&beside, &self.path)?;
            File::open(self.path.parent().unwrap_or(Path::new("/")))?.sync_all()
        };
        let placed = written.and_then(|()| rename().or_say_at("writing the file", &self.path));
        if placed.is_err() {
            let _ = fs::remove_file(&beside);
        }
        placed
    }
}

/// Copied at once.
const BLOCK_BYTES: usize = 1 << 18;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::super::requests::{Findings, Resync, Status};
    use super::super::server::Listener;
    use super::super::{CLIENTS_MAX, Desk, REQUEST_BYTES_MAX};
    use super::*;
    use crate::report::text::Text;
    use crate::settings::Language;

    /// A desk that knows four verbs and notes when nobody listens any more.
    #[derive(Default)]
    struct TestDesk {
        left_alone: AtomicBool,
    }

    impl Desk for TestDesk {
        fn handle(&self, request: Request, out: &mut dyn FnMut(Frame) -> bool) -> Exit {
            match request.verb.as_str() {
                "status" => {
                    out(Frame::row(&serde_json::json!({"node": "云岭县"})));
                    Exit::Done
                }
                "resync" => {
                    while out(Frame::progress(1, 0, "entries")) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    self.left_alone.store(true, Ordering::SeqCst);
                    Exit::Failed
                }
                "much" => {
                    let much = "x".repeat(4_096);
                    while out(Frame::progress(1, 0, &much)) {}
                    self.left_alone.store(true, Ordering::SeqCst);
                    Exit::Failed
                }
                verb => {
                    let text = Text::new(Language::English);
                    out(Frame::error(&text, &Error::new(format!("no verb {verb}")).hint("update"), Exit::Usage));
                    Exit::Usage
                }
            }
        }
    }

    /// Runs `office` beside a served socket in a folder whose path is too long for a socket address.
    fn with_daemon(office: impl FnOnce(&Path, &TestDesk) + Send) {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("很长的文件夹名".repeat(8)).join("data");
        std::fs::create_dir_all(&deep).unwrap();
        let path = deep.join("control.sock");
        let desk = Arc::new(TestDesk::default());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let listener = {
            let _inside = runtime.enter();
            Listener::bind(&path).unwrap()
        };
        let served = runtime.spawn(listener.serve(desk.clone(), async move {
            let _ = stopped.await;
        }));
        office(&path, &desk);
        stop.send(()).unwrap();
        runtime.block_on(served).unwrap();
        assert!(!path.exists(), "the socket goes away with the daemon");
    }

    fn ask(path: &Path, request: &Request) -> (Vec<Frame>, Exit) {
        let mut frames = Vec::new();
        let exit = Client::connect(path).unwrap().unwrap().ask(request, &mut |frame| frames.push(frame)).unwrap();
        (frames, exit)
    }

    #[test]
    fn a_question_is_answered_in_rows_and_an_end() {
        with_daemon(|path, _| {
            let (frames, exit) = ask(path, &Request::new(&Status {}, "wang"));
            assert_eq!(exit, Exit::Done);
            assert_eq!(frames.len(), 2);
            assert!(matches!(&frames[0], Frame::Row(row) if row["node"] == "云岭县"));
            let (frames, exit) = ask(path, &Request::new(&Findings::default(), "wang"));
            assert_eq!(exit, Exit::Usage);
            assert_eq!(frames.len(), 1, "after an error nothing is added: {frames:?}");
        });
    }

    #[test]
    fn the_socket_is_closed_to_others_and_taken_once() {
        use std::os::unix::fs::PermissionsExt;
        with_daemon(|path, _| {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let _inside = runtime.enter();
            assert!(Listener::bind(path).is_err_and(|error| error.to_string().contains("another rosterd")));
        });
    }

    #[test]
    fn work_for_a_client_that_went_away_stops() {
        with_daemon(|path, desk| {
            let mut stream = UnixStream::connect(&SocketPath::of(path).unwrap().path).unwrap();
            let request = serde_json::to_string(&Request::new(&Resync::default(), "wang")).unwrap();
            stream.write_all(format!("{request}\n").as_bytes()).unwrap();
            let mut first = String::new();
            BufReader::new(&stream).read_line(&mut first).unwrap();
            drop(stream);
            let started = Instant::now();
            while !desk.left_alone.load(Ordering::SeqCst) {
                assert!(started.elapsed() < Duration::from_secs(10), "the desk never heard of it");
                std::thread::sleep(Duration::from_millis(5));
            }
        });
    }

    #[test]
    fn nonsense_and_endless_lines_are_refused() {
        with_daemon(|path, _| {
            for line in ["nonsense\n".to_owned(), "x".repeat(REQUEST_BYTES_MAX as usize)] {
                let mut stream = UnixStream::connect(&SocketPath::of(path).unwrap().path).unwrap();
                stream.write_all(line.as_bytes()).unwrap();
                let mut answer = String::new();
                BufReader::new(&stream).read_line(&mut answer).unwrap();
                assert!(answer.contains("\"exit\":2"), "{answer}");
            }
        });
    }

    #[test]
    fn clients_that_say_nothing_keep_nobody_out() {
        with_daemon(|path, _| {
            let address = SocketPath::of(path).unwrap();
            let silent: Vec<_> = (0..CLIENTS_MAX).map(|_| UnixStream::connect(&address.path).unwrap()).collect();
            let (frames, exit) = ask(path, &Request::new(&Status {}, "wang"));
            assert_eq!((frames.len(), exit), (2, Exit::Done));
            drop(silent);
        });
    }

    #[test]
    fn clients_that_take_nothing_make_way_for_others() {
        with_daemon(|path, desk| {
            let address = SocketPath::of(path).unwrap();
            // Each is told more and more, and reads nothing of it.
            let mut stalled: Vec<UnixStream> = Vec::new();
            for _ in 0..CLIENTS_MAX {
                let mut client = UnixStream::connect(&address.path).unwrap();
                client.write_all(b"{\"verb\":\"much\"}\n").unwrap();
                stalled.push(client);
            }
            let (frames, exit) = ask(path, &Request::new(&Status {}, "wang"));
            assert_eq!((frames.len(), exit), (2, Exit::Done));
            let until = Instant::now() + Duration::from_secs(20);
            while !desk.left_alone.load(Ordering::SeqCst) {
                assert!(Instant::now() < until, "one of them lost its place");
                std::thread::sleep(Duration::from_millis(5));
            }
            drop(stalled);
        });
    }

    #[test]
    fn no_daemon_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Client::connect(&folder.path().join("control.sock")).unwrap().is_none());
        assert!(Client::connect(&folder.path().join("nowhere/control.sock")).unwrap().is_none());
        let left = folder.path().join("left.sock");
        drop(std::os::unix::net::UnixListener::bind(&left).unwrap());
        assert!(Client::connect(&left).unwrap().is_none(), "a socket left by a killed daemon");
    }
}
