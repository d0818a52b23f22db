//! How workers tell each other what they changed: one message a batch, over Redis' publish and subscribe.
//!
//! Messages are lost while nobody listens, so the local tier is emptied whenever listening starts or ends.

use std::time::Duration;

use futures_util::StreamExt;
use redis::RedisResult;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::Local;
use crate::redis::{COOL_DOWN, RedisHandle};

/// Longest silence of a connection before it is tested: a peer that vanished without a word is noticed within this.
const PING_EVERY: Duration = Duration::from_secs(5);
/// Longest pause between two attempts to listen.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The channel that all workers of a bot share.
pub(super) fn channel(redis: &RedisHandle) -> String {
    redis.key("cache")
}

/// Who speaks on the first line, then a key a line: ids and areas hold no line breaks.
pub(super) fn message<'a>(origin: u64, keys: impl Iterator<Item = &'a str>) -> String {
    let mut message = origin.to_string();
    for key in keys {
        message.push('\n');
        message.push_str(key);
    }
    message
}

/// Listens for as long as it is run, again and again when the connection breaks.
pub(super) async fn listen(redis: RedisHandle, local: Local, origin: u64) {
    let mut pause = Duration::from_millis(100);
    loop {
        let mut heard = false;
        if let Err(error) = hear(&redis, &local, origin, &mut heard).await {
            tracing::debug!(%error, "not listening for changes of cached values");
        }
        if heard {
            local.set_hears(false);
            pause = Duration::from_millis(100);
        }
        sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One connection's life. `heard` says whether it ever listened.
async fn hear(
    redis: &RedisHandle,
    local: &Local,
    origin: u64,
    heard: &mut bool,
) -> RedisResult<()> {
    let silent = |_| (redis::ErrorKind::Io, "no answer in time");
    let listener = timeout(COOL_DOWN, redis.subscribe(&channel(redis)))
        .await
        .map_err(silent)??;
    local.set_hears(true);
    *heard = true;
    let (mut control, mut messages) = listener.split();
    let mut ticks = interval(PING_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => act_on(message.get_payload_bytes(), local, origin).await,
                None => return Ok(()),
            },
            _ = ticks.tick() => timeout(COOL_DOWN, control.ping::<redis::Value>()).await.map_err(silent)?.map(drop)?,
        }
    }
}

async fn act_on(message: &[u8], local: &Local, origin: u64) {
    let Ok(message) = std::str::from_utf8(message) else {
        return;
    };
    let mut lines = message.lines();
    if lines.next().and_then(|line| line.parse().ok()) != Some(origin) {
        local.forget(lines).await;
    }
}
