//! How workers know of each other: a fanout exchange upon which each says, every [`BEAT`], that it is there.
//!
//! It is only a hint for sharing the partitions out; that two workers never serve one partition is the queues' own
//! promise. So beats are transient and unconfirmed, and in doubt a member counts as gone: then others stand by for its
//! partitions, which hurts nobody, while a partition without a consumer would.
//!
//! The beats have a connection of their own: a broker short of memory stops reading from those that publish, and the
//! consumers' acknowledgements must not wait behind that.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ExchangeKind};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::assignment::MemberId;
use super::connection::ANSWER_TIMEOUT;
use super::health::Health;
use super::members::{Beat, Members};
use super::strangers::Strangers;
use super::{Link, connection};
use crate::identity::Identity;

/// Time between two beats.
pub(super) const BEAT: Duration = Duration::from_millis(750);

/// Beats that wait for a member which does not read: seven seconds of a hundred workers; older ones give way.
const MAILBOX: i32 = 1_000;

/// This worker's voice and ear.
pub(super) struct Membership {
    own: MemberId,
    partitions: u16,
    bot: Option<Identity>,
    connection: Connection,
    channel: Channel,
    exchange: ShortString,
    mailbox: lapin::Consumer,
}

impl Membership {
    /// Opens everything; nobody hears of us before [`Membership::keep`].
    pub(super) async fn open(link: &Link, own: MemberId) -> lapin::Result<Self> {
        let connection = connection::open_small(&link.uri, "membership").await?;
        connection::within(ANSWER_TIMEOUT, Self::on(connection, link, own)).await
    }

    async fn on(connection: Connection, link: &Link, own: MemberId) -> lapin::Result<Self> {
        let channel = connection.create_channel().await?;
        let exchange = link.topology.workers();
        let options = ExchangeDeclareOptions {
            auto_delete: true,
            ..ExchangeDeclareOptions::default()
        };
        let none = FieldTable::default;
        channel
            .exchange_declare(exchange.clone(), ExchangeKind::Fanout, options, none())
            .await?;
        let options = QueueDeclareOptions {
            exclusive: true,
            auto_delete: true,
            ..QueueDeclareOptions::default()
        };
        let mut bounded = FieldTable::default();
        bounded.insert("x-max-length".into(), MAILBOX.into());
        let queue = channel
            .queue_declare(ShortString::default(), options, bounded)
            .await?
            .name()
            .clone();
        let (from, any) = (exchange.clone(), ShortString::default());
        channel
            .queue_bind(
                queue.clone(),
                from,
                any,
                QueueBindOptions::default(),
                none(),
            )
            .await?;
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let mailbox = channel
            .basic_consume(queue, ShortString::default(), options, none())
            .await?;
        Ok(Self {
            own,
            partitions: link.topology.partitions,
            bot: link.identity(),
            connection,
            channel,
            exchange,
            mailbox,
        })
    }

    /// Beats, listens and shows in `view` who is there, until the connection is lost; returns why. `health` is told of
    /// those who share out another number of partitions, `strangers` of those who play another bot's updates.
    pub(super) async fn keep(
        &mut self,
        view: &watch::Sender<Vec<MemberId>>,
        health: &Health,
        strangers: &Strangers,
    ) -> String {
        let mut members = Members::new(self.own, self.partitions, self.bot);
        let mut rounds = tokio::time::interval(BEAT);
        // After a stall of ours the others are not judged by rounds in which we did not listen.
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = tokio::select! {
                _ = rounds.tick() => {
                    members.end_round();
                    true
                }
                message = self.mailbox.next() => match message {
                    Some(Ok(message)) => match serde_json::from_slice(&message.data) {
                        Ok(beat) => members.hear(beat),
                        Err(error) => {
                            tracing::debug!(%error, "what a worker said of itself is not understood");
                            false
                        }
                    },
                    Some(Err(error)) => return connection::reason(&error),
                    None => return "the membership's connection was closed".to_owned(),
                },
            };
            if due && let Err(error) = self.say(false).await {
                return connection::reason(&error);
            }
            health.disagrees(members.disagreement());
            strangers.heard(members.other_bots());
            let now = members.list();
            view.send_if_modified(|before| {
                let changed = *before != now;
                *before = now;
                changed
            });
        }
    }

    /// Tells the others that our partitions are theirs.
    pub(super) async fn leave(&self) {
        if let Err(error) = self.say(true).await {
            let error = connection::reason(&error);
            tracing::debug!(error, "the others hear of our leaving by our silence");
        }
    }

    pub(super) async fn close(&self) {
        connection::close(&self.connection).await;
    }

    /// Says a beat, or keeps silent while the broker reads nothing: beats that pile up would tell old news.
    async fn say(&self, leaving: bool) -> lapin::Result<()> {
        if self.connection.status().blocked() {
            return Ok(());
        }
        let beat = Beat {
            member: self.own,
            leaving,
            partitions: Some(self.partitions),
            bot: self.bot,
        };
        let body = serde_json::to_vec(&beat).map_err(std::io::Error::other)?;
        let said = self.channel.basic_publish(
            self.exchange.clone(),
            ShortString::default(),
            BasicPublishOptions::default(),
            &body,
            BasicProperties::default(),
        );
        match tokio::time::timeout(BEAT, said).await {
            Ok(said) => said.map(drop),
            // The connection hangs; its heartbeat will end it.
            Err(_) => Ok(()),
        }
    }
}
