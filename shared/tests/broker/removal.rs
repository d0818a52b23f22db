//! Removes a test's queues without harm to the broker.
//!
//! RabbitMQ runs a process for each queue that dead-letters at least once, and two of them that crash at once take
//! their supervisor with them: from then on the broker opens no such queue any more, until it is restarted
//! (rabbitmq-server issue 16652). They crash when their queue is deleted while they are starting. So a queue is
//! deleted only once it has answered a message, which it does when that process is under way.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a part of several test binaries"
)]

use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};

/// What the process needs to look its queue up, many times over.
const LOOK_UP: Duration = Duration::from_millis(50);

/// A queue that does not answer in this time is down; then there is no such process.
const ANSWER: Duration = Duration::from_secs(5);

/// Deletes the queues of `prefix`, also those that somebody who has just been killed is still declaring.
pub async fn remove_queues(url: &str, prefix: &str, partitions: u16) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await;
    let connection = connection.expect("RabbitMQ answers");
    let mut queues: Vec<String> = (0..partitions)
        .map(|number| format!("{prefix}.updates.v1.{number:02}"))
        .chain(["dead", "partitions"].map(|name| format!("{prefix}.{name}.v1")))
        .collect();
    while !queues.is_empty() {
        let mut found = Vec::new();
        for queue in queues {
            if let Some(channel) = find(&connection, &queue).await {
                let _ = tokio::time::timeout(ANSWER, touch(&channel, &queue)).await;
                found.push(queue);
            }
        }
        tokio::time::sleep(LOOK_UP).await;
        let channel = connection.create_channel().await.unwrap();
        for queue in &found {
            let name = queue.as_str().into();
            channel
                .queue_delete(name, Default::default())
                .await
                .unwrap();
        }
        queues = found;
    }
}

/// A channel on which to talk to the queue, if there is one of that name.
async fn find(connection: &Connection, queue: &str) -> Option<Channel> {
    let channel = connection.create_channel().await.unwrap();
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let found = channel.queue_declare(queue.into(), passive, Default::default());
    found.await.is_ok().then_some(channel)
}

/// Publishes a message and waits until the queue takes or refuses it.
async fn touch(channel: &Channel, queue: &str) -> lapin::Result<()> {
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    let published = channel.basic_publish("".into(), queue.into(), options, b"", properties);
    published.await?.await?;
    Ok(())
}
