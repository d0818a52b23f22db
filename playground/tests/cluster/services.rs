//! A place for one test on the real services: a database, a prefix on the broker and one in Redis, and a Telegram.

use std::sync::Arc;

use lapin::options::BasicGetOptions;
use lapin::types::AMQPValue;
use lapin::{Connection as Broker, ConnectionProperties};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool};
use tempfile::TempDir;

use crate::common::process::Program;
use crate::common::telegram::{TOKEN, Telegram};
use crate::common::wait::WHOLE_TEST;
use crate::programs::program;
use crate::removal::remove_queues;

/// Queues of a test: enough to be shared among workers, few enough to be declared quickly.
pub(crate) const PARTITIONS: u16 = 8;

/// Everything that one test needs of a cluster.
pub(crate) struct Cluster {
    pub(crate) telegram: Arc<Telegram>,
    pub(crate) postgres: PgPool,
    name: String,
    pub(crate) database_url: String,
    folder: TempDir,
}

fn url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

fn postgres_url() -> String {
    let default = "postgres://root@127.0.0.1:5432/postgres";
    url("TEST_DATABASE_URL", default)
}

pub(crate) fn redis_url() -> String {
    url("TEST_REDIS_URL", "redis://127.0.0.1:6379")
}

pub(crate) fn queue_url() -> String {
    let default = "amqp://guest:guest@127.0.0.1:5672/%2f";
    url("TEST_QUEUE_URL", default)
}

/// Runs a test with that many people, and cleans up after it whatever happens.
pub(crate) async fn on_cluster<F: Future<Output = ()> + Send + 'static>(
    people: i64,
    test: impl FnOnce(Arc<Cluster>) -> F,
) {
    let name = format!("gofrobot_e2e_{:016x}", rand::random::<u64>());
    on_server(&format!("CREATE DATABASE {name}")).await;
    let server = postgres_url();
    let database_url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let postgres = PgPoolOptions::new().max_connections(2);
    let cluster = Arc::new(Cluster {
        telegram: Arc::new(Telegram::start(people).await),
        postgres: postgres.connect(&database_url).await.unwrap(),
        name: name.clone(),
        database_url,
        folder: tempfile::tempdir().unwrap(),
    });
    let test = tokio::time::timeout(WHOLE_TEST, test(cluster));
    let outcome = tokio::spawn(async move { test.await.expect("the test hangs") }).await;
    remove_queues(&queue_url(), &name, PARTITIONS).await;
    // Keys in Redis go by themselves: each has a time to live.
    on_server(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(error) = outcome {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn on_server(statement: &str) {
    let mut connection = PgConnection::connect(&postgres_url()).await.unwrap();
    let done = sqlx::query(statement);
    done.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

impl Cluster {
    /// Starts an ingress, which polls unless the variables say otherwise.
    pub(crate) async fn ingress(&self, variables: &[(&str, &str)]) -> Program {
        self.start("gofrobot-ingress", variables).await
    }

    /// Starts a worker and waits until it is ready: one that is alone owns all partitions then.
    pub(crate) async fn worker(&self) -> Program {
        self.start("gofrobot-worker", &[]).await
    }

    async fn start(&self, name: &str, more: &[(&str, &str)]) -> Program {
        let program = self.launch(name, more);
        program.until_ready().await;
        program
    }

    /// Starts a program and waits for nothing.
    pub(crate) fn launch(&self, name: &str, more: &[(&str, &str)]) -> Program {
        let (queue, partitions) = (queue_url(), PARTITIONS.to_string());
        let redis = redis_url();
        let prefix = format!("{}:", self.name);
        let variables = [
            ("BOT_TOKEN", TOKEN),
            ("TELEGRAM_API_URL", &self.telegram.url),
            ("QUEUE_URL", &queue),
            ("QUEUE_PREFIX", &self.name),
            ("PARTITIONS", &partitions),
            ("REDIS_URL", &redis),
            ("REDIS_PREFIX", &prefix),
            ("DATABASE_URL", &self.database_url),
            ("MAX_REQUESTS_PER_MINUTE", "1000"),
        ];
        let variables: Vec<_> = variables.iter().chain(more).copied().collect();
        Program::start(name, program(name), self.folder.path(), &variables)
    }

    /// One number out of the database.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        let counted = sqlx::query_scalar(query).fetch_one(&self.postgres).await;
        counted.unwrap()
    }

    /// What lies among the dead letters, as reason and body. It stays there.
    pub(crate) async fn dead_letters(&self) -> Vec<(String, String)> {
        let properties = ConnectionProperties::default();
        let broker = Broker::connect(&queue_url(), properties).await.unwrap();
        let channel = broker.create_channel().await.unwrap();
        let queue = format!("{}.dead.v1", self.name);
        let mut letters = Vec::new();
        let next = || channel.basic_get(queue.as_str().into(), BasicGetOptions::default());
        while let Some(letter) = next().await.unwrap() {
            let headers = letter.properties.headers().clone().unwrap_or_default();
            let reason = match headers.inner().get("gofrobot-reason") {
                Some(AMQPValue::LongString(reason)) => reason.to_string(),
                other => panic!("a dead letter without its reason: {other:?}"),
            };
            let body = String::from_utf8(letter.delivery.data).unwrap();
            letters.push((reason, body));
        }
        letters
    }
}
