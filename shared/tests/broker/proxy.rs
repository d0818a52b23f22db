//! A way to lose a service: a TCP proxy before it that can be told to break connections or to let them hang.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a part of several test binaries, each of which uses some of it"
)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::wait::until;

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
    passed: Arc<Passed>,
}

/// What has passed through, over all connections.
#[derive(Default)]
struct Passed {
    /// Bytes that clients have sent to the service.
    sent: AtomicU64,
    /// The last of what the service has said.
    said: Mutex<Vec<u8>>,
}

/// Most that is kept of what the service has said.
const KEPT: usize = 64 * 1024;

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
        let passed = Arc::new(Passed::default());
        let all = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (service, state) = (service.clone(), receiver.clone());
                tokio::spawn(pass(client, service, state, Arc::clone(&all)));
            }
        });
        Self {
            address,
            link: sender,
            passed,
        }
    }

    /// Bytes that clients have sent to the service.
    pub fn sent(&self) -> u64 {
        self.passed.sent.load(Relaxed)
    }

    /// Waits until the service has said these words, in plain text, so often.
    pub async fn until_said(&self, words: &str, times: usize) {
        let so_often = || {
            let said = self.passed.said.lock().unwrap();
            let found = said.windows(words.len());
            found.filter(|it| *it == words.as_bytes()).count() >= times
        };
        until(&format!("{words}, {times} times"), so_often).await;
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
    passed: Arc<Passed>,
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
    let sent = |bytes: &[u8]| {
        passed.sent.fetch_add(bytes.len() as u64, Relaxed);
    };
    let said = |bytes: &[u8]| {
        let mut said = passed.said.lock().unwrap();
        said.extend(bytes);
        let old = said.len().saturating_sub(KEPT);
        said.drain(..old);
    };
    tokio::select! {
        // First, or what the service said before a short cut might still come through after it.
        biased;
        _ = state.wait_for(|state| state.cuts != cuts) => {}
        () = copy(from_client, to_service, up, |link| link != Link::Frozen, sent) => {}
        () = copy(from_service, to_client, down, |link| link == Link::Open, said) => {}
    }
}

/// Passes bytes on while `lets` the link do so, and tells of them.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    lets: impl Fn(Link) -> bool,
    passed: impl Fn(&[u8]),
) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let _ = state.wait_for(|state| lets(state.link)).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
        passed(&buffer[..count]);
    }
}
