//! A broker one of whose queues is down, played by a proxy before a real one: whoever consumes that queue is told what
//! RabbitMQ says then, and loses the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::wait::until;

/// What a connection begins with, before its frames.
const GREETING: usize = 8;

/// A frame's type, channel and size.
const HEAD: usize = 7;

/// The method's class and number at the beginning of `basic.consume`.
const CONSUME: [u8; 4] = [0, 60, 0, 20];

/// `connection.close` on channel 0: 541, INTERNAL_ERROR, because of `basic.consume`.
const CLOSE: &[u8] =
    b"\x01\x00\x00\x00\x00\x00\x19\x00\x0a\x00\x32\x02\x1d\x0eINTERNAL_ERROR\x00\x3c\x00\x14\xce";

/// The proxy.
pub struct DownQueue {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    down: AtomicBool,
    /// How often somebody has been told so.
    told: AtomicU32,
}

impl DownQueue {
    /// Before `broker` (`host:port`), where `queue` is down until [`DownQueue::mend`].
    pub async fn before(broker: String, queue: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            down: AtomicBool::new(true),
            told: AtomicU32::new(0),
        });
        let of_all = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let broker = TcpStream::connect(&broker).await.unwrap();
                tokio::spawn(pass(client, broker, queue.clone(), Arc::clone(&of_all)));
            }
        });
        Self { address, state }
    }

    pub fn mend(&self) {
        self.state.down.store(false, Relaxed);
    }

    /// Waits until somebody tries once more to consume the queue, and is told that it is down.
    pub async fn until_tried_again(&self) {
        let before = self.state.told.load(Relaxed);
        let again = || self.state.told.load(Relaxed) > before;
        until("another attempt at the queue that is down", again).await;
    }
}

async fn pass(client: TcpStream, broker: TcpStream, queue: String, state: Arc<State>) {
    let (from_client, mut to_client) = client.into_split();
    let (mut from_broker, to_broker) = broker.into_split();
    let asks = tokio::select! {
        asks = until_consumed(from_client, to_broker, &queue, &state.down) => asks.is_ok(),
        _ = tokio::io::copy(&mut from_broker, &mut to_client) => false,
    };
    if asks {
        state.told.fetch_add(1, Relaxed);
        let _ = to_client.write_all(CLOSE).await;
    }
}

/// Passes frames on until one consumes `queue` while it is down; an error is the end of the connection.
async fn until_consumed(
    mut client: OwnedReadHalf,
    mut broker: OwnedWriteHalf,
    queue: &str,
    down: &AtomicBool,
) -> std::io::Result<()> {
    let mut frame = vec![0; GREETING];
    client.read_exact(&mut frame).await?;
    loop {
        broker.write_all(&frame).await?;
        frame.resize(HEAD, 0);
        client.read_exact(&mut frame).await?;
        let size = u32::from_be_bytes([frame[3], frame[4], frame[5], frame[6]]);
        frame.resize(HEAD + size as usize + 1, 0);
        client.read_exact(&mut frame[HEAD..]).await?;
        let names_it = || frame.windows(queue.len()).any(|it| it == queue.as_bytes());
        if down.load(Relaxed) && frame[HEAD..].starts_with(&CONSUME) && names_it() {
            return Ok(());
        }
    }
}
