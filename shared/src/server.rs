//! An HTTP server that slow and silent clients cannot use up: it bounds how many connections are open and how long each may
//! say nothing.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

/// How long the head of a request may take, which begins where the answer before it ends: the library does not tell a
/// client that is slow from one that rests. Telegram and Prometheus rest between requests and shall keep their
/// connections, hence as long as nginx has always left them to Telegram.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Pause after a failure to accept: the process has no file descriptor left, and somebody must give one back first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves `routes` on `listener` until `shutdown`, then finishes the requests that are open. While `connections` are
/// open, others wait in the system's queue until one of them closes.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    connections: u16,
    shutdown: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(connections.into()));
    let accepting = async {
        let mut troubled = false;
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let stream = accept(&listener, &mut troubled).await;
            let connection = connection(stream, routes.clone(), shutdown.clone());
            tokio::spawn(async move {
                connection.await;
                drop(place);
            });
        }
    };
    shutdown.run_until_cancelled(accepting).await;
    drop(listener);
    // All places are free when the last connection is closed.
    let _ = places.acquire_many(connections.into()).await;
}

/// Waits for the next client, however long the system refuses.
async fn accept(listener: &TcpListener, troubled: &mut bool) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if std::mem::take(troubled) {
                    tracing::info!("connections are accepted again");
                }
                return stream;
            }
            // The client has gone already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if !std::mem::replace(troubled, true) {
                    tracing::warn!(%error, "no connection is accepted; it is tried again");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one client.
async fn connection(stream: TcpStream, routes: Router, shutdown: CancellationToken) {
    // An answer is one small packet that the client waits for.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(routes);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    // A connection that breaks concerns its client only.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = shutdown.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    use super::*;

    async fn start(connections: u16) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/", get(async || "answer"));
        let shutdown = CancellationToken::new();
        let serving = serve(listener, routes, connections, shutdown.clone());
        (address, shutdown, tokio::spawn(serving))
    }

    async fn ask(stream: &mut TcpStream) -> String {
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 1024];
        let count = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..count]).into_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn who_dribbles_and_who_says_nothing_is_closed() {
        let (address, ..) = start(8).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut idle).await.ends_with("answer"));
        let started = Instant::now();
        let mut dribbling = TcpStream::connect(address).await.unwrap();
        dribbling.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let (mut read, mut write) = dribbling.into_split();
        let dribble = async {
            while write.write_all(b"x: y\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        };
        let mut rest = Vec::new();
        let closed = async {
            let _ = idle.read_to_end(&mut rest).await;
            let _ = read.read_to_end(&mut Vec::new()).await;
        };
        let closed = async { tokio::join!(closed, dribble) };
        let patience = 2 * HEAD_TIMEOUT;
        tokio::time::timeout(patience, closed).await.expect("open");
        assert!(started.elapsed() >= HEAD_TIMEOUT && rest.is_empty());
    }

    #[tokio::test]
    async fn who_comes_after_the_last_place_waits_until_one_is_free() {
        let (address, shutdown, serving) = start(2).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        for stream in [&mut first, &mut second] {
            assert!(ask(stream).await.ends_with("answer"));
        }
        let mut third = TcpStream::connect(address).await.unwrap();
        let answer = tokio::spawn(async move { ask(&mut third).await });
        // Time enough to take it in, as often as others are answered.
        for _ in 0..100 {
            assert!(ask(&mut second).await.ends_with("answer"));
        }
        assert!(!answer.is_finished(), "a third was let in");
        drop(first);
        assert!(answer.await.unwrap().ends_with("answer"));
        shutdown.cancel();
        serving.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
