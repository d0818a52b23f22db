//! Names and arguments of the queues.
//!
//! One set of arguments serves RabbitMQ 3.10 to 4.x. They are fixed at declaration: other arguments under the same
//! name are refused by the broker, hence the version in the names.

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};

/// Returns after which the broker itself gives a message up. Not the way to deal with poison (a worker counts
/// attempts and writes its own dead letters) but the guard behind it, and on 3.x what keeps returned messages at the
/// head of the queue. Every return counts, also that of a consumer which closes in good order, so it is generous.
const DELIVERY_LIMIT: i32 = 100;

/// Looking at dead letters returns them each time; that must never use them up, yet without a limit 4.x assumes 20.
const DEAD_DELIVERY_LIMIT: i32 = 1_000_000;

/// Dead letters kept. Beyond it new ones are refused, so the updates stay in their queues: loud, but not lost.
const DEAD_MAX_LENGTH: i32 = 100_000;

/// What lies on the broker for one prefix.
#[derive(Debug)]
pub(super) struct Topology {
    prefix: String,
    pub(super) partitions: u16,
    max_length: i32,
}

impl Topology {
    pub(super) fn new(prefix: &str, partitions: u16, max_length: u32) -> Self {
        Self {
            prefix: prefix.to_owned(),
            partitions,
            max_length: i32::try_from(max_length).unwrap_or(i32::MAX),
        }
    }

    /// `{prefix}.updates.v1.NN`: two digits, or as many as the highest partition needs.
    pub(super) fn updates(&self, partition: u16) -> ShortString {
        let width = self.partitions.saturating_sub(1).to_string().len().max(2);
        format!("{}.updates.v1.{partition:0width$}", self.prefix).into()
    }

    pub(super) fn dead(&self) -> ShortString {
        format!("{}.dead.v1", self.prefix).into()
    }

    /// The exchange upon which workers tell each other that they are there.
    pub(super) fn workers(&self) -> ShortString {
        format!("{}.workers.v1", self.prefix).into()
    }

    pub(super) fn lock(&self, name: &str) -> ShortString {
        format!("{}.{name}.v1", self.prefix).into()
    }

    /// Declares the queue of a partition and returns its name. Dead letters go through the default exchange, at
    /// least once, which the broker only grants together with `reject-publish`.
    pub(super) async fn declare_updates(
        &self,
        channel: &Channel,
        partition: u16,
    ) -> lapin::Result<ShortString> {
        let queue = self.updates(partition);
        let arguments = [
            ("x-queue-type", text("quorum")),
            ("x-delivery-limit", DELIVERY_LIMIT.into()),
            ("x-dead-letter-exchange", text("")),
            (
                "x-dead-letter-routing-key",
                AMQPValue::LongString(self.dead().to_string().into()),
            ),
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
            ("x-max-length", self.max_length.into()),
            ("x-single-active-consumer", true.into()),
        ];
        declare(channel, queue, arguments).await
    }

    /// The queue that says how many partitions there are.
    pub(super) fn number(&self) -> ShortString {
        format!("{}.partitions.v1", self.prefix).into()
    }

    /// Declares the queue whose bound is the number of partitions; refused where the broker has another one.
    pub(super) async fn declare_number(&self, channel: &Channel) -> lapin::Result<ShortString> {
        let arguments = [
            ("x-queue-type", text("quorum")),
            ("x-overflow", text("reject-publish")),
            ("x-max-length", i32::from(self.partitions).into()),
        ];
        declare(channel, self.number(), arguments).await
    }

    /// Declares the queue of dead letters and returns its name.
    pub(super) async fn declare_dead(&self, channel: &Channel) -> lapin::Result<ShortString> {
        let arguments = [
            ("x-queue-type", text("quorum")),
            ("x-delivery-limit", DEAD_DELIVERY_LIMIT.into()),
            ("x-overflow", text("reject-publish")),
            ("x-max-length", DEAD_MAX_LENGTH.into()),
        ];
        declare(channel, self.dead(), arguments).await
    }
}

async fn declare<const N: usize>(
    channel: &Channel,
    queue: ShortString,
    arguments: [(&'static str, AMQPValue); N],
) -> lapin::Result<ShortString> {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    channel
        .queue_declare(queue.clone(), QueueDeclareOptions::durable(), table)
        .await?;
    Ok(queue)
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_contract() {
        for (partitions, partition, name) in [
            (32, 0, "gofrobot.updates.v1.00"),
            (32, 31, "gofrobot.updates.v1.31"),
            (1, 0, "gofrobot.updates.v1.00"),
            (100, 99, "gofrobot.updates.v1.99"),
            (101, 7, "gofrobot.updates.v1.007"),
        ] {
            let topology = Topology::new("gofrobot", partitions, 10);
            assert_eq!(topology.updates(partition).as_str(), name);
            assert_eq!(topology.dead().as_str(), "gofrobot.dead.v1");
            assert_eq!(topology.workers().as_str(), "gofrobot.workers.v1");
            assert_eq!(topology.number().as_str(), "gofrobot.partitions.v1");
            assert_eq!(topology.lock("poller").as_str(), "gofrobot.poller.v1");
        }
    }
}
