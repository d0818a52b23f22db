//! Publishing with confirms.
//!
//! A channel for each queue: a fault of one leaves the others alone, and since the library hands a returned message
//! to whichever confirm of the channel comes next, everything on a channel must share one fate.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, Connection, Event, PublisherConfirm};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Condition, Link, agreement, connection, headers};
use crate::envelope::{Envelope, partition};
use crate::queue::{DeadLetter, PUBLISH, PublishError, check_size};

/// Well above the slowest confirm of a healthy broker, well below the 60 s after which Telegram hangs up.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);

/// Declaring all queues for the first time takes a cluster seconds; what has been declared stays for the next attempt.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Time between two words about queues that refuse.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Unconfirmed messages at a time: at 0.2 ms a confirm this is far more than the broker can take; beyond it callers
/// wait, which bounds the memory that the connection holds.
const IN_FLIGHT: usize = 4_096;

/// Publishes to RabbitMQ; clones share the connection, which closes with the last of them.
#[derive(Clone)]
pub struct AmqpPublisher {
    link: Arc<Link>,
    state: Arc<State>,
    _stop: Arc<DropGuard>,
}

struct State {
    /// The channels, or why there are none.
    lanes: RwLock<Result<Arc<Lanes>, String>>,
    in_flight: Semaphore,
    /// When it was last told that a queue refuses.
    refusal_told: Mutex<Option<Instant>>,
}

/// The channels of one connection.
struct Lanes {
    updates: Vec<Lane>,
    dead: Lane,
    /// Cancelled when a channel fails: all are opened anew.
    lost: CancellationToken,
}

struct Lane {
    channel: Channel,
    queue: ShortString,
}

impl AmqpPublisher {
    pub(super) fn start(link: &Arc<Link>) -> Self {
        let state = Arc::new(State {
            lanes: RwLock::new(Err("connecting to the broker".to_owned())),
            in_flight: Semaphore::new(IN_FLIGHT),
            refusal_told: Mutex::default(),
        });
        let stop = CancellationToken::new();
        tokio::spawn(supervise(
            Arc::clone(link),
            Arc::clone(&state),
            stop.clone(),
        ));
        Self {
            link: Arc::clone(link),
            state,
            _stop: Arc::new(stop.drop_guard()),
        }
    }

    pub(crate) async fn publish(&self, envelope: &Envelope) -> Result<(), PublishError> {
        check_size(envelope)?;
        let lanes = self.state.lanes()?;
        let place = partition(envelope.key, self.link.topology.partitions);
        let lane = &lanes.updates[usize::from(place)];
        let properties = headers::write(envelope, self.link.identity());
        self.send(&lanes, lane, properties, &envelope.body).await
    }

    pub(crate) async fn dead_letter(
        &self,
        envelope: &Envelope,
        reason: &str,
        error_id: Option<&str>,
        attempts: u32,
    ) -> Result<(), PublishError> {
        check_size(envelope)?;
        let lanes = self.state.lanes()?;
        let letter = DeadLetter::of(envelope.clone(), reason, error_id, attempts);
        let properties = headers::write_dead(&letter, self.link.identity());
        self.send(&lanes, &lanes.dead, properties, &envelope.body)
            .await
    }

    async fn send(
        &self,
        lanes: &Lanes,
        lane: &Lane,
        properties: BasicProperties,
        body: &[u8],
    ) -> Result<(), PublishError> {
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let confirmed = async {
            let _permit = self.state.in_flight.acquire().await;
            let queue = lane.queue.clone();
            let published = lane.channel.basic_publish(
                ShortString::default(),
                queue,
                options,
                body,
                properties,
            );
            Unconfirmed(Some(published.await?)).confirm().await
        };
        match tokio::time::timeout(CONFIRM_TIMEOUT, confirmed).await {
            Ok(Ok(Confirmation::Ack(None))) => Ok(()),
            Err(_) => Err(self.state.refused(lane, PublishError::Timeout)),
            Ok(Ok(Confirmation::Nack(_))) => Err(self.state.refused(lane, PublishError::Full)),
            Ok(Ok(Confirmation::Ack(Some(_)))) => {
                lanes.lost.cancel();
                Err(PublishError::Unroutable)
            }
            Ok(Ok(Confirmation::NotRequested)) => Err(PublishError::Unavailable(
                "the channel has no confirms".into(),
            )),
            Ok(Err(error)) => {
                lanes.lost.cancel();
                Err(PublishError::Unavailable(connection::reason(&error)))
            }
        }
    }
}

/// A confirm that somebody always waits for. The library keeps confirms that were dropped early until it is asked for
/// them; callers that hang up or time out would let that list grow for as long as the connection lives.
struct Unconfirmed(Option<PublisherConfirm>);

impl Unconfirmed {
    async fn confirm(mut self) -> lapin::Result<Confirmation> {
        let Some(confirm) = self.0.as_mut() else {
            return Ok(Confirmation::NotRequested);
        };
        let result = confirm.await;
        self.0 = None;
        result
    }
}

impl Drop for Unconfirmed {
    fn drop(&mut self) {
        if let (Some(confirm), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(confirm);
        }
    }
}

impl State {
    fn lanes(&self) -> Result<Arc<Lanes>, PublishError> {
        let lanes = self.lanes.read().unwrap_or_else(PoisonError::into_inner);
        lanes.clone().map_err(PublishError::Unavailable)
    }

    /// Tells an operator that a queue takes nothing, which the broker does not say of itself. Now and then is enough: a
    /// queue at its brim refuses and accepts by turns.
    fn refused(&self, lane: &Lane, error: PublishError) -> PublishError {
        let mut told = self
            .refusal_told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| at.elapsed() >= TELL_AGAIN) {
            *told = Some(Instant::now());
            let queue = lane.queue.as_str();
            tracing::warn!(queue, %error, "a queue takes nothing at present; see `rabbitmqctl list_queues name state messages`");
        }
        error
    }

    fn set(&self, lanes: Result<Arc<Lanes>, String>) {
        *self.lanes.write().unwrap_or_else(PoisonError::into_inner) = lanes;
    }
}

/// Keeps a connection open until `stop`.
async fn supervise(link: Arc<Link>, state: Arc<State>, stop: CancellationToken) {
    let condition = Condition::new(PUBLISH, &link);
    let mut delays = connection::backoff();
    loop {
        let opening = connection::within(OPEN_TIMEOUT, Lanes::open(&link));
        let reason = match opening.await {
            Ok((connection, lanes)) => {
                delays = connection::backoff();
                let reason = serve(&connection, &Arc::new(lanes), &state, &condition, &stop).await;
                connection::close(&connection).await;
                reason
            }
            Err(error) => connection::reason(&error),
        };
        state.set(Err(reason.clone()));
        condition.set(Err(reason));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(delays.next().unwrap_or_default()) => {}
        }
    }
}

/// Offers the lanes to publishers until the connection or a channel is lost; returns why.
async fn serve(
    connection: &Connection,
    lanes: &Arc<Lanes>,
    state: &State,
    condition: &Condition,
    stop: &CancellationToken,
) -> String {
    let mut events = connection.events_listener();
    if !connection.status().connected() {
        return "the connection was lost".to_owned();
    }
    state.set(Ok(Arc::clone(lanes)));
    condition.set(Ok(()));
    loop {
        tokio::select! {
            () = stop.cancelled() => return "stopped".to_owned(),
            () = lanes.lost.cancelled() => return "a channel was closed".to_owned(),
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(why)) => {
                    let reason = format!("the broker accepts nothing at present: {why}");
                    state.set(Err(reason.clone()));
                    condition.set(Err(reason));
                }
                Some(Event::ConnectionUnblocked) => {
                    state.set(Ok(Arc::clone(lanes)));
                    condition.set(Ok(()));
                }
                Some(Event::Error(error)) => return connection::reason(&error),
                Some(_) => {}
                None => return "the connection was closed".to_owned(),
            },
        }
    }
}

impl Lanes {
    async fn open(link: &Link) -> lapin::Result<(Connection, Self)> {
        let connection = connection::open_small(&link.uri, "publisher").await?;
        agreement::agree(&connection, &link.topology).await?;
        let channel = confirming(&connection).await?;
        let queue = link.topology.declare_dead(&channel).await?;
        let dead = Lane { channel, queue };
        let updates = try_join_all((0..link.topology.partitions).map(|partition| {
            let connection = &connection;
            async move {
                let channel = confirming(connection).await?;
                let queue = link.topology.declare_updates(&channel, partition).await?;
                lapin::Result::Ok(Lane { channel, queue })
            }
        }))
        .await?;
        let lost = CancellationToken::new();
        Ok((
            connection,
            Self {
                updates,
                dead,
                lost,
            },
        ))
    }
}

async fn confirming(connection: &Connection) -> lapin::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok(channel)
}
