//! A TCP proxy that breaks connections where it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::dice::Dice;

/// What goes wrong on every connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Cut after this many bytes from the child.
    pub cut_up_after: Option<usize>,
    /// Cut after this many bytes from the parent.
    pub cut_down_after: Option<usize>,
    /// Hold every piece back this long.
    pub delay: Duration,
    /// Of a hundred connections so many are reset in their first questions, and the others later; where is decided by
    /// their number. 0: none is.
    pub reset_percent: u64,
    /// Pass on no more than this, each way. 0: as much as comes.
    pub bytes_per_sec: u64,
}

/// Handshake, hello, and some pushes.
const RESET_EARLY_BYTES: u64 = 3_000;
const RESET_LATE_BYTES: u64 = 8_000;

impl Faults {
    /// What the `number`-th connection meets.
    fn of_connection(self, number: u64) -> Faults {
        if self.reset_percent == 0 {
            return self;
        }
        let mut dice = Dice(number);
        let within = if dice.percent(self.reset_percent) { RESET_EARLY_BYTES } else { RESET_LATE_BYTES };
        let at = Some(dice.below(within) as usize);
        if dice.percent(50) { Faults { cut_up_after: at, ..self } } else { Faults { cut_down_after: at, ..self } }
    }
}

pub struct Proxy {
    pub address: String,
    faults: Arc<Mutex<Faults>>,
    /// Bytes of the last connection: from the child, from the parent.
    pub last: Arc<Mutex<(usize, usize)>>,
}

impl Proxy {
    pub async fn open(target: String, faults: Faults) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let faults = Arc::new(Mutex::new(faults));
        let last = Arc::new(Mutex::new((0, 0)));
        let (kept, counted) = (faults.clone(), last.clone());
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((child, _)) = listener.accept().await {
                number += 1;
                let faults = kept.lock().unwrap().of_connection(number);
                *counted.lock().unwrap() = (0, 0);
                let (target, counted) = (target.clone(), counted.clone());
                tokio::spawn(async move {
                    let Ok(parent) = TcpStream::connect(target).await else { return };
                    carry(child, parent, faults, counted).await;
                });
            }
        });
        Proxy { address, faults, last }
    }

    pub fn set(&self, faults: Faults) {
        *self.faults.lock().unwrap() = faults;
    }

    pub fn heal(&self) {
        self.set(Faults::default());
    }
}

async fn carry(child: TcpStream, parent: TcpStream, faults: Faults, counted: Arc<Mutex<(usize, usize)>>) {
    let (mut child_in, mut child_out) = child.into_split();
    let (mut parent_in, mut parent_out) = parent.into_split();
    let (ups, downs) = (counted.clone(), counted);
    let up = pump(&mut child_in, &mut parent_out, faults.cut_up_after, faults, move |n| ups.lock().unwrap().0 = n);
    let down =
        pump(&mut parent_in, &mut child_out, faults.cut_down_after, faults, move |n| downs.lock().unwrap().1 = n);
    // A cut or an end on either side ends both.
    tokio::select! { _ = up => {}, _ = down => {} }
}

async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    cut_after: Option<usize>,
    faults: Faults,
    count: impl Fn(usize),
) {
    let mut seen = 0;
    let mut buffer = [0; 16 << 10];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        let left = cut_after.map_or(usize::MAX, |limit| limit - seen);
        let passed = read.min(left);
        let carrying = (passed as u64 * 1_000_000).checked_div(faults.bytes_per_sec).unwrap_or(0);
        let delay = faults.delay + Duration::from_micros(carrying);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..passed]).await.is_err() {
            return;
        }
        seen += passed;
        count(seen);
        if passed < read || Some(seen) == cut_after {
            let _ = to.flush().await;
            return;
        }
    }
}
