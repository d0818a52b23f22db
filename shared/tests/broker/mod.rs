//! A place on the real broker for one test: a prefix of its own, and a way to lose the connection.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a part of several test binaries, each of which uses some of it"
)]

mod address;
mod down;
mod proxy;
mod removal;
pub mod wait;

pub use address::free_address;
pub use down::DownQueue;
pub use proxy::{Link, Proxy};
pub use removal::remove_queues;

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use gofrobot_shared::envelope::Envelope;
use gofrobot_shared::queue::{Consumer, Delivery, PublishError, Publisher, Queue, QueueConfig};
use lapin::BasicProperties;
use lapin::options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;

/// The address for `QUEUE_URL`: another broker than the one on loopback may be named, say to test with another version.
pub fn queue_url() -> String {
    std::env::var("TEST_QUEUE_URL")
        .unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// `host:port` of the broker.
pub fn broker() -> String {
    let uri: AMQPUri = queue_url().parse().expect("TEST_QUEUE_URL");
    format!("{}:{}", uri.authority.host, uri.authority.port)
}

/// A prefix nobody else uses.
pub fn fresh_prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let started = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{}-{count}", std::process::id(), started.as_nanos())
}

/// The configuration of a queue behind `address` (`host:port`), where the broker or a proxy before it listens.
pub fn amqp(address: impl ToString, prefix: &str) -> QueueConfig {
    let url = queue_url().replace(&broker(), &address.to_string());
    QueueConfig::new(url.into(), prefix, 4)
}

/// Runs `test` with a configuration for the broker, and removes its queues whatever happens.
pub async fn on_broker<F: Future<Output = ()> + Send + 'static>(
    test: impl FnOnce(QueueConfig) -> F,
) {
    on_partitions(4, test).await;
}

/// As [`on_broker`], with another number of partitions than 4.
pub async fn on_partitions<F: Future<Output = ()> + Send + 'static>(
    partitions: u16,
    test: impl FnOnce(QueueConfig) -> F,
) {
    let config = QueueConfig {
        partitions,
        ..amqp(broker(), &fresh_prefix())
    };
    let outcome = tokio::spawn(within_patience(test(config.clone()))).await;
    remove_queues(&queue_url(), &config.prefix, config.partitions).await;
    if let Err(error) = outcome {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Ends a test that hangs where nothing in it has a bound of its own.
pub async fn within_patience<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(wait::WHOLE_TEST, work)
        .await
        .expect("the test hangs")
}

pub async fn direct() -> lapin::Channel {
    let address = queue_url();
    let connection =
        lapin::Connection::connect(&address, lapin::ConnectionProperties::default()).await;
    connection
        .expect("RabbitMQ answers")
        .create_channel()
        .await
        .unwrap()
}

pub fn updates_queue(config: &QueueConfig, partition: u16) -> String {
    format!("{}.updates.v1.{partition:02}", config.prefix)
}

pub async fn delete_queue(queue: String) {
    let options = QueueDeleteOptions::default();
    direct()
        .await
        .queue_delete(queue.into(), options)
        .await
        .unwrap();
}

/// Puts raw bytes into a queue, without our headers.
pub async fn put(queue: String, body: &[u8]) {
    put_with(queue, body, FieldTable::default()).await;
}

/// Puts raw bytes into a queue, with these headers.
pub async fn put_with(queue: String, body: &[u8], headers: FieldTable) {
    let options = BasicPublishOptions::default();
    let channel = direct().await;
    channel.confirm_select(Default::default()).await.unwrap();
    let properties = BasicProperties::default().with_headers(headers);
    let published = channel.basic_publish("".into(), queue.into(), options, body, properties);
    published.await.unwrap().await.unwrap();
}

/// How many messages are ready in a queue, 0 if there is none.
pub async fn ready_in(queue: &str) -> u32 {
    let passive = QueueDeclareOptions {
        passive: true,
        durable: true,
        ..Default::default()
    };
    match direct()
        .await
        .queue_declare(queue.into(), passive, Default::default())
        .await
    {
        Ok(queue) => queue.message_count(),
        Err(_) => 0,
    }
}

/// An update of `key`; `update_id` tells its place.
pub fn update(update_id: i64, key: i64) -> Envelope {
    let body = format!(
        r#"{{"update_id":{update_id},"message":{{"from":{{"id":{key}}},"chat":{{"id":1}}}}}}"#
    );
    Envelope::read(body.into()).unwrap()
}

/// Publishes, waiting while the queue cannot be reached; one that is just coming up says that it is full.
pub async fn publish(publisher: &Publisher, envelope: Envelope) {
    let what = format!("the confirm of update {}", envelope.update_id);
    let confirmed = || async {
        match publisher.publish(envelope.clone()).await {
            Ok(()) => true,
            Err(PublishError::Unavailable(_) | PublishError::Timeout | PublishError::Full) => false,
            Err(error) => panic!("{error}"),
        }
    };
    wait::until_answered(&what, confirmed).await;
}

/// Takes exactly `count` deliveries.
pub async fn take(consumer: &mut Consumer, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let what = format!("{count} deliveries, of which {} came", taken.len());
        let next = consumer.next_batch(count - taken.len(), &mut taken);
        let got = wait::within(&what, next).await;
        assert!(
            got > 0,
            "the consumer stopped after {} of {count}",
            taken.len()
        );
    }
    taken
}

pub fn ids(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries
        .iter()
        .map(|delivery| delivery.envelope.update_id)
        .collect()
}

pub fn quiet(_: &'static str, _: Result<(), String>) {}

pub fn connect(config: QueueConfig) -> Queue {
    Queue::connect(config, quiet).unwrap()
}

impl Proxy {
    /// A proxy before the broker.
    pub async fn start(link: Link) -> Self {
        Self::before(broker(), link).await
    }
}
