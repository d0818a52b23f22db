//! A place of its own on the broker for each test, and the command line in this process.

#[path = "../../../shared/tests/broker/removal.rs"]
mod removal;

use chrono::TimeDelta;
use gofrobot_shared::config;
use gofrobot_shared::envelope::Envelope;
use gofrobot_shared::queue::{Publisher, Queue, QueueConfig};
use gofrobot_worker::config::{Cli, Command};
use gofrobot_worker::dead;
use removal::remove_queues;

use super::wait::{WHOLE_TEST, until_answered, within};

pub(crate) const PARTITIONS: u16 = 4;

/// A RabbitMQ on which queues may be created.
pub(crate) fn queue_url() -> String {
    std::env::var("TEST_QUEUE_URL")
        .unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// Queues that live as long as one test.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) prefix: String,
    pub(crate) queue: Queue,
    pub(crate) publisher: Publisher,
}

/// What a command wrote, and whether all could be done.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) done: bool,
}

/// Runs `test`, and removes its queues whatever happens.
pub(crate) async fn on_broker<F>(test: impl FnOnce(Place) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let prefix = format!("test-dead-{:016x}", rand::random::<u64>());
    let config = QueueConfig::new(queue_url().into(), &prefix, PARTITIONS);
    let queue = Queue::connect(config, |_, _| {}).unwrap();
    let publisher = queue.publisher();
    // The queues exist once the publisher is ready, so that they can be removed.
    let accepted = || async { publisher.publish(command(0, 1, "/start")).await.is_ok() };
    until_answered("the queues", accepted).await;
    let place = Place {
        prefix: prefix.clone(),
        queue: queue.clone(),
        publisher,
    };
    take(&queue, 1).await;
    let outcome = tokio::spawn(tokio::time::timeout(WHOLE_TEST, test(place))).await;
    drop(queue);
    remove_queues(&queue_url(), &prefix, PARTITIONS).await;
    match outcome {
        Ok(in_time) => in_time.expect("the test hangs"),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Takes so many updates out of the queue; their ids in the order in which they came.
pub(crate) async fn take(queue: &Queue, count: usize) -> Vec<i64> {
    let (mut consumer, mut ids) = (queue.consumer(), Vec::new());
    while ids.len() < count {
        let mut batch = Vec::new();
        let next = consumer.next_batch(count - ids.len(), &mut batch);
        assert!(within(&format!("{count} updates"), next).await > 0);
        for delivery in batch {
            ids.push(delivery.envelope.update_id);
            delivery.ack();
        }
    }
    consumer.close().await;
    ids
}

impl Place {
    /// Runs a command as it is typed after `gofrobot-worker dead`.
    pub(crate) async fn dead(&self, words: &str) -> Said {
        self.dead_on(&PARTITIONS.to_string(), words).await.unwrap()
    }

    /// As [`Place::dead`], with whatever is given for PARTITIONS.
    pub(crate) async fn dead_on(&self, partitions: &str, words: &str) -> anyhow::Result<Said> {
        let url = queue_url();
        let settings = [
            "gofrobot-worker",
            "--queue-url",
            &url,
            "--queue-prefix",
            &self.prefix,
            "--partitions",
            partitions,
            "dead",
        ];
        let args = settings.into_iter().chain(words.split_whitespace());
        let cli: Cli = config::try_parse(args).unwrap();
        cli.check().unwrap();
        let Some(Command::Dead { command }) = cli.command else {
            panic!("{words} is another command")
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let done = dead::run(&command, &cli.config.broker, &mut out, &mut err);
        let done = done.await?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok(Said {
            out: text(out),
            err: text(err),
            done,
        })
    }

    /// The letters in JSON, as `dead list --json` gives them.
    pub(crate) async fn listed(&self, filters: &str) -> Vec<serde_json::Value> {
        let said = self.dead(&format!("list --json {filters}")).await;
        serde_json::from_str(&said.out).unwrap()
    }

    /// The update ids of all letters, in order.
    pub(crate) async fn left(&self) -> Vec<i64> {
        let letters = self.listed("--limit 100000").await;
        let ids = letters.iter().map(|it| it["update_id"].as_i64().unwrap());
        ids.collect()
    }

    pub(crate) async fn bury(&self, envelope: Envelope, reason: &'static str) {
        let letter = self.publisher.dead_letter(&envelope, reason, Some("E1"), 3);
        letter.await.unwrap();
    }

    pub(crate) async fn bury_of_age(&self, envelope: Envelope, age_ms: i64) {
        put_of_age(format!("{}.dead.v1", self.prefix), &envelope, age_ms).await;
    }
}

/// Puts a letter on the broker whose header tells an age that it need not have.
async fn put_of_age(queue: String, envelope: &Envelope, age_ms: i64) {
    let properties = lapin::ConnectionProperties::default();
    let connection = lapin::Connection::connect(&queue_url(), properties).await;
    let channel = connection.unwrap().create_channel().await.unwrap();
    channel.confirm_select(Default::default()).await.unwrap();
    let mut headers = lapin::types::FieldTable::default();
    headers.insert("gofrobot-age-ms".into(), age_ms.into());
    let properties = lapin::BasicProperties::default().with_headers(headers);
    let options = Default::default();
    let published =
        channel.basic_publish("".into(), queue.into(), options, &envelope.body, properties);
    published.await.unwrap().await.unwrap();
}

/// A command that `user` gives in a group of his own; the message's id is the update's.
pub(crate) fn command(update_id: i64, user: i64, text: &str) -> Envelope {
    let length = text.len();
    read(&format!(
        r#"{{"update_id":{update_id},"message":{{"message_id":{update_id},"date":1780000000,
        "chat":{{"id":-{user},"type":"supergroup","title":"G"}},
        "from":{{"id":{user},"is_bot":false,"first_name":"A"}},"text":"{text}",
        "entities":[{{"type":"bot_command","offset":0,"length":{length}}}]}}}}"#
    ))
}

/// A press of a button.
pub(crate) fn press(update_id: i64, user: i64) -> Envelope {
    read(&format!(
        r#"{{"update_id":{update_id},"callback_query":{{"id":"1","from":{{"id":{user}}},"data":"x"}}}}"#
    ))
}

fn read(json: &str) -> Envelope {
    Envelope::read(json.to_owned().into()).unwrap()
}

/// The update as it would be had it come earlier.
pub(crate) fn aged(mut envelope: Envelope, seconds: i64) -> Envelope {
    envelope.received_at -= TimeDelta::seconds(seconds);
    envelope
}
