//! A way to lose a service: a TCP proxy before it that can be told to break connections or to let them hang.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a part of several test binaries, each of which uses some of it"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a [`Proxy`] does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Passes them on.
    Open,
    /// Lets those to the service through and keeps what the service says.
    Deaf,
    /// Keeps all bytes, in both directions, and closes nothing: a firewall that drops packets, a process that hangs.
    Frozen,
    /// Breaks every connection, old and new.
    Cut,
}

/// A TCP proxy before a service.
pub struct Proxy {
    pub address: SocketAddr,
    link: watch::Sender<State>,
    sent: Arc<AtomicU64>,
}

/// The mode, and how often connections have been broken: a cut that is over at once still breaks them.
#[derive(Clone, Copy)]
struct State {
    link: Link,
    cuts: u32,
}

impl Proxy {
    /// A proxy before `service` (`host:port`).
    pub async fn before(service: String, link: Link) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = watch::channel(State { link, cuts: 0 });
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (service, state) = (service.clone(), receiver.clone());
                tokio::spawn(pass(client, service, state, Arc::clone(&counter)));
            }
        });
        Self {
            address,
            link: sender,
            sent,
        }
    }

    /// Bytes that clients have sent to the service.
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    pub fn set(&self, link: Link) {
        self.link.send_modify(|state| {
            state.link = link;
            state.cuts += u32::from(link == Link::Cut);
        });
    }
}

async fn pass(
    client: TcpStream,
    service: String,
    mut state: watch::Receiver<State>,
    sent: Arc<AtomicU64>,
) {
    let State { link, cuts } = *state.borrow();
    if link == Link::Cut {
        return;
    }
    let Ok(service) = TcpStream::connect(service).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_service, to_service) = service.into_split();
    let (up, down) = (state.clone(), state.clone());
    let received = AtomicU64::new(0);
    tokio::select! {
        // First, or what the service said before a short cut might still come through after it.
        biased;
        _ = state.wait_for(|state| state.cuts != cuts) => {}
        () = copy(from_client, to_service, up, |link| link != Link::Frozen, &sent) => {}
        () = copy(from_service, to_client, down, |link| link == Link::Open, &received) => {}
    }
}

/// Passes bytes on while `lets` the link do so, and counts them.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    lets: impl Fn(Link) -> bool,
    passed: &AtomicU64,
) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let _ = state.wait_for(|state| lets(state.link)).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
        passed.fetch_add(count as u64, Relaxed);
    }
}
