//! The logs in Redis: sorted sets that a script reads and writes in one step, so that two workers cannot both grant the
//! last request. Keys expire a window after their last use.

use std::sync::LazyLock;

use redis::{Pipeline, Script};

use super::{REFUSALS_KEPT, Request, Verdict, WINDOW_MS};
use crate::redis::{Away, RedisHandle};

static WINDOW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("window.lua")));

/// All of `requests` in one round trip. Asking again after a half-done attempt changes no verdict.
pub(super) async fn check(
    redis: &RedisHandle,
    requests: &[Request],
    now_ms: i64,
) -> Result<Vec<Verdict>, Away> {
    let mut pipeline = Pipeline::with_capacity(requests.len());
    for Request {
        update_id,
        user_id,
        class,
        limit,
    } in requests
    {
        let allowed = redis.key(&format!("limit:{class}:{user_id}"));
        let refused = format!("{allowed}:refused");
        let call = pipeline
            .cmd("EVALSHA")
            .arg(WINDOW.get_hash())
            .arg(2)
            .arg(allowed)
            .arg(refused);
        call.arg(now_ms)
            .arg(WINDOW_MS)
            .arg(limit)
            .arg(update_id)
            .arg(REFUSALS_KEPT);
    }
    let waits: Vec<i64> = redis.query_script(&pipeline, &WINDOW).await?;
    Ok(waits.into_iter().map(Verdict::after).collect())
}
