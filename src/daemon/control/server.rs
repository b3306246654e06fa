//! The daemon's end of the control socket.

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::super::room;
use super::asker::asker;
use super::spool::{self, Spooled};
use super::{
    CLIENTS_MAX, Content, Desk, Exit, FRAMES_WAITING_MAX, Failure, Frame, REQUEST_BYTES_MAX, REQUEST_WAIT, Request,
    STANDSTILL_MAX, SocketPath, UPLOAD_WAIT,
};
use crate::error::{Context, Error, Result};
use crate::report::text::Text;
use crate::settings::Language;

/// Taken on a disk that is nearly full too: receipts come in small files, and the rest of the disk is kept for them.
const SMALL_FILE_BYTES_MAX: u64 = 1 << 20;

/// Bytes written to a client, or read from it, at once.
const PIECE_BYTES: usize = 64 << 10;

/// A bound control socket. The file goes away with it.
pub struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Binds `path` with mode 0600. A socket left by a daemon that was killed is replaced; one that answers is
    /// another daemon on the same data, and an error. Needs a tokio runtime.
    pub fn bind(path: &Path) -> Result<Listener> {
        let address = SocketPath::of(path)?;
        if path.exists() {
            if std::os::unix::net::UnixStream::connect(&address.path).is_ok() {
                return Err(Error::new("another rosterd runs on this data folder")
                    .at(path)
                    .hint("stop it first (systemctl stop rosterd), or give this node a folder of its own"));
            }
            std::fs::remove_file(path).or_say_at("removing the control socket of a daemon that is gone", path)?;
        }
        if let Some(data) = path.parent() {
            spool::clear(data);
        }
        let listener = UnixListener::bind(&address.path).or_say_at("binding the control socket", path)?;
        // Bound first, closed to others second: the data folder itself is 0700, so nobody gets in between.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .or_say_at("closing the control socket to others", path)?;
        Ok(Listener { listener, path: path.to_owned() })
    }

    /// Answers clients by `desk` until `shutdown` is ready, then lets those being answered finish.
    pub async fn serve(self, desk: Arc<dyn Desk>, shutdown: impl Future<Output = ()>) {
        let room = Arc::new(Semaphore::new(CLIENTS_MAX));
        let mut clients = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let permit = tokio::select! {
                permit = room.clone().acquire_owned() => permit.expect("the semaphore is never closed"),
                () = &mut shutdown => break,
            };
            let stream = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut shutdown => break,
            };
            match stream {
                Ok((stream, _)) => {
                    let desk = desk.clone();
                    let data = self.path.parent().unwrap_or(Path::new("/")).to_owned();
                    let places = Places(room.clone());
                    clients.spawn(async move {
                        if let Err(error) = answer(stream, desk, &data, &places).await {
                            tracing::debug!(%error, "a control client went away");
                        }
                        drop(permit);
                    });
                }
                // Out of file descriptors, say: the daemon's work matters more than this client.
                Err(error) => {
                    tracing::warn!(%error, "the control socket could not take a client");
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            }
            while clients.try_join_next().is_some() {}
        }
        while clients.join_next().await.is_some() {}
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Nobody can be told here; a file left behind is replaced by the next `bind`.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The places of all clients.
struct Places(Arc<Semaphore>);

impl Places {
    /// Waits for a client to take or give something, for as long as it likes while nobody else wants its place.
    async fn wait<T>(&self, step: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
        tokio::pin!(step);
        loop {
            match tokio::time::timeout(STANDSTILL_MAX, &mut step).await {
                Ok(done) => return done,
                // The next client has its place before it comes.
                Err(_) if self.0.available_permits() == 0 => return Err(std::io::ErrorKind::TimedOut.into()),
                Err(_) => {}
            }
        }
    }

    async fn write_all(&self, to: &mut (impl AsyncWriteExt + Unpin), mut bytes: &[u8]) -> std::io::Result<()> {
        while !bytes.is_empty() {
            let written = self.wait(to.write(&bytes[..bytes.len().min(PIECE_BYTES)])).await?;
            if written == 0 {
                return Err(std::io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

/// One client: its request line in, frames out.
async fn answer(mut stream: UnixStream, desk: Arc<dyn Desk>, data: &Path, places: &Places) -> std::io::Result<()> {
    let peer = stream.peer_cred().ok();
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader.take(REQUEST_BYTES_MAX));
    let mut line = String::new();
    tokio::time::timeout(REQUEST_WAIT, lines.read_line(&mut line)).await??;
    let mut request: Request = match serde_json::from_str(&line) {
        Ok(request) => request,
        Err(error) => {
            let what = "the request is not one JSON line with a verb";
            let because = vec![error.to_string()];
            let failure = Failure { what: what.into(), because, hint: None, exit: Exit::Usage };
            return write(&mut writer, &Frame::Error(failure), places).await;
        }
    };
    request.who = asker(peer.as_ref(), request.who);
    if let Some(bytes) = request.upload {
        match receive(&mut lines, bytes, data, places).await {
            Ok(spooled) => request.received = Some(Arc::new(spooled)),
            // In English, which is what the one who asked puts into the words of the office.
            Err(error) => {
                let error = Error::new("receiving a file").because(error.renamed(&spool::folder(data), data));
                let failure = Frame::error(&Text::new(Language::English), &error, Exit::Failed);
                return write(&mut writer, &failure, places).await;
            }
        }
    }
    let (sender, mut frames) = mpsc::channel(FRAMES_WAITING_MAX);
    let work = tokio::task::spawn_blocking(move || {
        let _received = request.received.clone();
        let mut ended = false;
        let exit = desk.handle(request, &mut |frame| {
            ended |= matches!(frame, Frame::Error(_) | Frame::End { .. });
            sender.blocking_send(frame).is_ok()
        });
        if !ended {
            let _ = sender.blocking_send(Frame::End { exit });
        }
    });
    // A client that says nothing more and closes its end has gone: without this a long resync nobody reads
    // would only notice at its next frame.
    let mut rest = [0u8; 1];
    let mut reader = lines.into_inner().into_inner();
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => write(&mut writer, &frame, places).await?,
                None => break,
            },
            gone = reader.read(&mut rest) => if !matches!(gone, Ok(1)) {
                frames.close();
                break;
            },
        }
    }
    drop(frames);
    if work.await.is_err() {
        let failure = Failure {
            what: "the daemon failed inside while answering".into(),
            because: Vec::new(),
            hint: Some("its log says where".into()),
            exit: Exit::Failed,
        };
        write(&mut writer, &Frame::Error(failure), places).await?;
    }
    Ok(())
}

/// The `bytes` after a request's line, laid down in the spool.
async fn receive(
    lines: &mut BufReader<tokio::io::Take<impl AsyncReadExt + Unpin>>,
    bytes: u64,
    data: &Path,
    places: &Places,
) -> Result<Spooled> {
    if bytes > spool::FILE_BYTES_MAX {
        return Err(Error::new(format!("more than {} bytes", spool::FILE_BYTES_MAX)));
    }
    if bytes > SMALL_FILE_BYTES_MAX {
        room::must_hold(data, bytes)?;
    }
    let spooled = Spooled::new(data)?;
    let mut file = tokio::fs::File::from_std(spooled.create()?);
    // What was read ahead counts: the limit is set anew for the rest.
    let ahead = lines.buffer().len() as u64;
    lines.get_mut().set_limit(bytes.saturating_sub(ahead));
    let writing = "writing the file";
    let (mut taken, mut piece) = (0, vec![0; PIECE_BYTES]);
    let mut content = lines.take(bytes);
    while taken < bytes {
        let read = tokio::time::timeout(UPLOAD_WAIT, places.wait(content.read(&mut piece))).await;
        let read = read.or_say("the file was not taken to its end")?.or_say_at(writing, spooled.path())?;
        if read == 0 {
            return Err(Error::new("the file was not taken to its end"));
        }
        file.write_all(&piece[..read]).await.or_say_at(writing, spooled.path())?;
        taken += read as u64;
    }
    file.flush().await.or_say_at(writing, spooled.path())?;
    Ok(spooled)
}

async fn write(writer: &mut (impl AsyncWriteExt + Unpin), frame: &Frame, places: &Places) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(frame)?;
    line.push(b'\n');
    places.write_all(writer, &line).await?;
    if let Frame::File(Content { bytes, spooled: Some(spooled), .. }) = frame {
        let mut file = tokio::fs::File::open(spooled.path()).await?.take(*bytes);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = file.read(&mut piece).await?;
            if read == 0 {
                break;
            }
            places.write_all(writer, &piece[..read]).await?;
        }
    }
    Ok(())
}
