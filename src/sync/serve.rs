//! The parent's open port: connections, their limits, and one route for all asks.
//!
//! Every limit here answers somebody who is slow, many or wrong; what is right is for [`super::receive`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::authority::Authority;
use super::batch::BODY_BYTES_MAX;
use super::client::{PROTOCOL_HEADER, SLOW_BYTES_PER_SEC_MIN};
use super::line::blocking;
use super::pace::{Asker, BUSY_RETRY_SECS, Pace, site};
use super::protocol::{Answer, Ask, Code, META_BYTES_MAX, Message, NoticesHead, PROTOCOL, Refusal};
use super::receive::Parent;
use super::seats::Seats;
use super::tls::{self, Peer};
use crate::domain::Area;
use crate::error::Result;

/// Bounds of the open port. The defaults serve a county of some hundred villages on 2 cores.
#[derive(Debug, Clone)]
pub struct DoorLimits {
    pub connections_max: usize,
    /// Of one [`site`]: a township behind one address may hold some 30 villages.
    pub connections_per_address_max: usize,
    pub connections_per_child_max: usize,
    pub handshake_secs: u64,
    /// Also how long an idle connection is kept.
    pub header_secs: u64,
    /// A body may take this long, and one more second for every kilobyte.
    pub body_secs: u64,
    /// After this a connection is ended between two asks; children come back at once.
    pub connection_secs_max: u64,
    /// Bodies read or worked on at one time; each may be [`BODY_BYTES_MAX`]. More wait a moment.
    pub bodies_max: usize,
    pub bodies_per_child_max: usize,
    /// Bodies of those who ask to join, beside the others: whoever has no certificate keeps no child waiting.
    pub joining_bodies_max: usize,
    pub asks_per_sec_max: f64,
    pub asks_burst_max: f64,
    /// The longest a child is kept waiting for notices.
    pub notices_wait_secs_max: u16,
}

impl Default for DoorLimits {
    fn default() -> DoorLimits {
        DoorLimits {
            connections_max: 1024,
            connections_per_address_max: 128,
            connections_per_child_max: 6,
            handshake_secs: 10,
            header_secs: 30,
            body_secs: 30,
            connection_secs_max: 3600,
            bodies_max: 24,
            bodies_per_child_max: 2,
            joining_bodies_max: 4,
            asks_per_sec_max: 100.0,
            asks_burst_max: 300.0,
            notices_wait_secs_max: 25,
        }
    }
}

const ENROL_BYTES_MAX: usize = 8 << 10;
/// As `body_secs`, for those few bytes: a seat that nobody vouches for is soon free again.
const ENROL_BODY_SECS: u64 = 10;
/// How long an ask waits for its turn before it is sent away.
const BODY_SEAT_WAIT: Duration = Duration::from_secs(10);
/// How long connections may finish what they do when the daemon stops.
const DRAIN_SECS: u64 = 5;

/// Everything behind the open port.
pub struct Door {
    authority: Arc<Authority>,
    parent: Arc<Parent>,
    limits: DoorLimits,
    bodies: Semaphore,
    joining_bodies: Semaphore,
    addresses: Seats<IpAddr>,
    children_bodies: Seats<Area>,
    pace: Pace,
}

/// Who is at the other end of a connection.
#[derive(Clone)]
struct Caller {
    peer: Option<Arc<Peer>>,
    address: IpAddr,
}

impl Door {
    pub fn new(authority: Arc<Authority>, parent: Arc<Parent>, limits: DoorLimits) -> Arc<Door> {
        Arc::new(Door {
            authority,
            parent,
            bodies: Semaphore::new(limits.bodies_max),
            joining_bodies: Semaphore::new(limits.joining_bodies_max),
            addresses: Seats::default(),
            children_bodies: Seats::default(),
            pace: Pace::of_children(limits.asks_per_sec_max, limits.asks_burst_max),
            limits,
        })
    }
}

/// Serves children on `listener` until `shutdown` turns true, then lets running answers finish.
pub async fn serve(listener: TcpListener, door: Arc<Door>, mut shutdown: watch::Receiver<bool>) -> Result<()> {
    let acceptor = TlsAcceptor::from(tls::server(&door.authority)?);
    let router = Router::new().route("/v1/{ask}", post(answer)).with_state(door.clone());
    let connections = Arc::new(Semaphore::new(door.limits.connections_max));
    let stop = shutdown.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = shutdown.wait_for(|stop| *stop) => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or the caller is gone already. Neither ends the service.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = connections.clone().try_acquire_owned() else { continue };
        let Some(seat) = door.addresses.take(site(from.ip()), door.limits.connections_per_address_max) else {
            continue;
        };
        let (acceptor, router, door, stop) = (acceptor.clone(), router.clone(), door.clone(), stop.clone());
        tokio::spawn(async move {
            let _held = (permit, seat);
            attend(stream, from.ip(), &acceptor, router, &door, stop).await;
        });
    }
    let all = u32::try_from(door.limits.connections_max).unwrap_or(u32::MAX);
    let _ = timeout(Duration::from_secs(DRAIN_SECS), connections.acquire_many(all)).await;
    Ok(())
}

/// One connection from handshake to end.
async fn attend(
    stream: TcpStream,
    address: IpAddr,
    acceptor: &TlsAcceptor,
    router: Router,
    door: &Door,
    mut stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let handshake = timeout(Duration::from_secs(door.limits.handshake_secs), acceptor.accept(stream));
    let Ok(Ok(stream)) = handshake.await else { return };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let peer = match certificate {
        None => None,
        // A certificate of ours that names no child (a server's) opens nothing.
        Some(certificate) => match tls::peer(certificate) {
            Some(peer) => Some(Arc::new(peer)),
            None => return,
        },
    };
    let mut _seat = None;
    if let Some(peer) = &peer {
        _seat = door.parent.connections.take(peer.area, door.limits.connections_per_child_max);
        if _seat.is_none() {
            door.parent.count(Some(peer.area), Code::Busy);
            return;
        }
    }
    let caller = Caller { peer, address };
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(caller.clone());
        router.clone().call(request.map(Body::new))
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(door.limits.header_secs))
        .max_headers(32)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let age = Duration::from_secs(door.limits.connection_secs_max);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = tokio::time::sleep(age) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(Duration::from_secs(DRAIN_SECS), connection).await;
}

/// The one route.
async fn answer(
    State(door): State<Arc<Door>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let refused = match answer_ask(&door, &caller, &name, &headers, body).await {
        Ok(answer) => return answer.to_bytes().into_response(),
        Err(refused) => refused,
    };
    let status = StatusCode::from_u16(refused.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, serde_json::to_vec(&refused).unwrap_or_default()).into_response();
    if let Some(secs) = refused.retry_secs {
        response.headers_mut().insert(header::RETRY_AFTER, secs.into());
    }
    if matches!(refused.code, Code::TooLarge | Code::Busy | Code::Malformed) {
        // The rest of an unread body is nobody's next question.
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    response
}

async fn answer_ask(
    door: &Arc<Door>,
    caller: &Caller,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Message<Answer>, Refusal> {
    let peer = caller.peer.as_deref();
    let area = peer.map(|peer| peer.area);
    let counted = |refusal: Refusal| {
        door.parent.count(area, refusal.code);
        refusal
    };
    if headers.get(PROTOCOL_HEADER).and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(0) > PROTOCOL {
        return Err(counted(Refusal::new(
            Code::ProtocolNewer,
            "this parent speaks an older protocol: update it first",
        )));
    }
    let enrolling = name == "enrol";
    let asker = area.filter(|_| !enrolling).map_or_else(|| Asker::stranger(caller.address), Asker::Child);
    door.pace.take(asker, name).map_err(counted)?;
    let peer = match peer {
        _ if enrolling => None,
        Some(peer) => {
            door.authority.admit(peer, name == "renew").map_err(counted)?;
            Some(peer.clone())
        }
        None => return Err(counted(Refusal::new(Code::NoCertificate, "join first: this needs a certificate"))),
    };
    let busy = || counted(Refusal::new(Code::Busy, "the parent is busy").retry_after(BUSY_RETRY_SECS));
    let own_seat = match &peer {
        Some(peer) => Some(door.children_bodies.take(peer.area, door.limits.bodies_per_child_max).ok_or_else(busy)?),
        None => None,
    };
    let seats = if enrolling { &door.joining_bodies } else { &door.bodies };
    let Ok(Ok(seat)) = timeout(BODY_SEAT_WAIT, seats.acquire()).await else { return Err(busy()) };
    let bytes_max = if enrolling { ENROL_BYTES_MAX } else { BODY_BYTES_MAX + META_BYTES_MAX };
    let body_secs = if enrolling { ENROL_BODY_SECS } else { door.limits.body_secs };
    let message = read_body(body, headers, bytes_max, body_secs).await.map_err(counted)?;
    if let Some(peer) = &peer {
        // Who was revoked while the body was under way comes too late.
        door.authority.admit(peer, name == "renew").map_err(counted)?;
    }
    let message: Message<Ask> = Message::from_bytes(message).map_err(counted)?;
    if message.meta.name() != name {
        return Err(counted(Refusal::new(Code::Malformed, "the question is another than the path says")));
    }
    let (authority, parent) = (door.authority.clone(), door.parent.clone());
    match (message.meta, peer) {
        (Ask::Enrol { area, secret, csr }, _) => {
            let enrolled = blocking(move || {
                let (answer, replaces) = authority.enrol(area, &secret, &csr)?;
                parent.joined(area, replaces);
                Ok(answer)
            });
            enrolled.await.map(Message::bare).map_err(counted)
        }
        (Ask::Renew { csr }, Some(peer)) => {
            blocking(move || authority.renew(&peer, &csr)).await.map(Message::bare).map_err(counted)
        }
        (Ask::Notices { mark, wait_secs }, Some(peer)) => {
            // Waiting takes no seat among the bodies.
            drop((seat, own_seat));
            wait_for_notices(door, peer, Ask::Notices { mark, wait_secs }, wait_secs).await
        }
        (meta, Some(peer)) => {
            let ask = Message { meta, payload: message.payload };
            blocking(move || parent.answer(&peer, ask, authority.now())).await
        }
        (_, None) => Err(counted(Refusal::new(Code::NoCertificate, "join first: this needs a certificate"))),
    }
}

/// Answers at once where there is something to tell, else when there is, else empty-handed after a while.
async fn wait_for_notices(door: &Arc<Door>, peer: Peer, ask: Ask, secs: u16) -> Result<Message<Answer>, Refusal> {
    let patience = Duration::from_secs(secs.min(door.limits.notices_wait_secs_max).into());
    let until = tokio::time::Instant::now() + patience;
    let mut news = door.parent.listen();
    loop {
        news.mark_unchanged();
        let (parent, authority, peer) = (door.parent.clone(), door.authority.clone(), peer.clone());
        let ask = Message::bare(ask.clone());
        let answer = blocking(move || {
            // Waiting may take longer than the certificate is good for.
            authority.admit(&peer, false).inspect_err(|refusal| parent.count(Some(peer.area), refusal.code))?;
            parent.answer(&peer, ask, authority.now())
        });
        let answer = answer.await?;
        let quiet = match &answer.meta {
            Answer::Notices(NoticesHead { reset, more, resync, verify, .. }) => {
                answer.payload.is_empty() && !reset && !more && !resync && !verify
            }
            _ => false,
        };
        if !quiet || !matches!(tokio::time::timeout_at(until, news.changed()).await, Ok(Ok(()))) {
            return Ok(answer);
        }
    }
}

async fn read_body(body: Body, headers: &HeaderMap, bytes_max: usize, secs: u64) -> Result<Vec<u8>, Refusal> {
    let too_large = || Refusal::new(Code::TooLarge, format!("the body is longer than {bytes_max} bytes"));
    let told = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| told > bytes_max as u64) {
        return Err(too_large());
    }
    let patience = Duration::from_secs(secs + told.unwrap_or(0) / SLOW_BYTES_PER_SEC_MIN);
    match timeout(patience, axum::body::to_bytes(body, bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Refusal::new(Code::Busy, "the body came too slowly").retry_after(BUSY_RETRY_SECS)),
    }
}
