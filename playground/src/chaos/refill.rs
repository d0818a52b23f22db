//! Gives everybody new atmospheres all the time, so that nearly every davka has an effect that could be doubled.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// In the order in which the workers lock, so that nobody waits in a circle.
const REFILL: &str = "
    WITH empty AS (SELECT user_id FROM players WHERE atm < 12 ORDER BY user_id FOR UPDATE SKIP LOCKED)
    UPDATE players SET atm = 12 FROM empty WHERE players.user_id = empty.user_id";

/// Between two refills: short beside the time between two davkas of a player.
const PAUSE: Duration = Duration::from_millis(200);

/// Refills until `stop`, whether or not the database is there.
pub(super) async fn run(pool: PgPool, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // A database that is away or hangs is no concern of the refill.
        let _ =
            tokio::time::timeout(Duration::from_secs(5), sqlx::query(REFILL).execute(&pool)).await;
        tokio::time::sleep(PAUSE).await;
    }
}
