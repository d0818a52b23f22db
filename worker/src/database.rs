//! Whether the database is there: who starts waits for it, and who works looks after it while there is nothing to play.

use crate::config::Config;
use crate::store::{Options, Store, StoreError};
use anyhow::Context;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::backoff::delays;
use gofrobot_shared::config::SecretUrl;
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::sleep;

/// The condition that says whether the database answers and has its tables.
pub(crate) const DATABASE: &str = "database";

/// How often a worker without work asks whether its database is there: as often as orchestrators ask the worker.
const ROUND: Duration = Duration::from_secs(5);

/// Longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Tells the readiness that the database does not do, and what an operator may look at.
pub(crate) fn is_away(readiness: &Readiness, url: &SecretUrl, error: &StoreError) {
    let remedy = error.remedy();
    readiness.set(
        DATABASE,
        Err(format!("{error} (DATABASE_URL {url}){remedy}")),
    );
}

/// Whether somebody may mend it while the worker waits: what is wrong with a server is seen to there, what is wrong with a
/// file here.
fn is_awaited(error: &StoreError, url: &SecretUrl) -> bool {
    let at_server = url.scheme() != "sqlite";
    error.is_transient() || (at_server && matches!(error, StoreError::Misconfigured(_)))
}

/// Opens the database, and waits for one that is away, lets nobody in, or has no tables yet.
pub(crate) async fn open(
    config: &Config,
    migrate: bool,
    readiness: &Readiness,
) -> anyhow::Result<Store> {
    let url = config.database.url();
    let secret = SecretString::from(url.expose());
    let mut delays = delays(LONGEST_WAIT);
    loop {
        let opened = async {
            let store = Store::connect(&secret, &Options::default()).await?;
            if migrate {
                store.migrate().await?;
            }
            store.ping().await?;
            Ok::<_, StoreError>(store)
        };
        match opened.await {
            Ok(store) => {
                readiness.set(DATABASE, Ok::<(), String>(()));
                return Ok(store);
            }
            Err(error) if is_awaited(&error, &url) => is_away(readiness, &url, &error),
            Err(error) => return Err(error).with_context(|| format!("DATABASE_URL {url}")),
        }
        sleep(delays.next().unwrap_or_default()).await;
    }
}

/// Tells the readiness when the database goes away and when it is back. What batches meet beyond that they tell
/// themselves, so a database that answers is no news here.
pub(crate) async fn watch(store: &Store, url: &SecretUrl, readiness: &Readiness) {
    loop {
        sleep(ROUND).await;
        let mut delays = delays(LONGEST_WAIT);
        let mut was_away = false;
        while let Err(error) = store.ping().await {
            was_away = true;
            is_away(readiness, url, &error);
            sleep(delays.next().unwrap_or_default()).await;
        }
        if was_away {
            readiness.set(DATABASE, Ok::<(), String>(()));
        }
    }
}
