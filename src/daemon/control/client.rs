//! The command line's end of the control socket. Blocking: the command line has nothing else to do.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{Exit, Frame, Request, SocketPath};
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
    pub fn ask(mut self, request: &Request, each: &mut dyn FnMut(Frame)) -> Result<Exit> {
        let mut line = serde_json::to_vec(request).or_say("writing the request")?;
        line.push(b'\n');
        self.stream.write_all(&line).or_say("asking the daemon")?;
        for line in BufReader::new(self.stream).lines() {
            let line = line.or_say("reading the daemon's answer")?;
            let frame: Frame = serde_json::from_str(&line)
                .or_say("reading the daemon's answer")
                .map_err(|error| error.hint("is the running daemon of the same version as this program?"))?;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::super::requests::{Findings, Resync, Status};
    use super::super::server::Listener;
    use super::super::{Desk, REQUEST_BYTES_MAX};
    use super::*;
    use crate::report::text::Text;
    use crate::settings::Language;

    /// A desk that knows three verbs and notes when nobody listens any more.
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
    fn no_daemon_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Client::connect(&folder.path().join("control.sock")).unwrap().is_none());
        assert!(Client::connect(&folder.path().join("nowhere/control.sock")).unwrap().is_none());
        let left = folder.path().join("left.sock");
        drop(std::os::unix::net::UnixListener::bind(&left).unwrap());
        assert!(Client::connect(&left).unwrap().is_none(), "a socket left by a killed daemon");
    }
}
