//! An update over which the machinery always fails, among neighbours.

use super::harness::{PARTITIONS, Place, command, on_broker, queue_url};
use super::wait::{until_answered, within};
use axum::Json;
use axum::extract::{Path, State};
use futures_util::{FutureExt, StreamExt};
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::config;
use gofrobot_shared::telemetry::Metrics;
use gofrobot_worker::config::Cli;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use std::panic::AssertUnwindSafe;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn server() -> String {
    std::env::var("TEST_DATABASE_URL")
        .unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/postgres".to_owned())
}

async fn sql(url: &str, statement: &str) -> Vec<sqlx::postgres::PgRow> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(statement)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows
}

/// Answers every call of the Bot API with success and tells of the messages.
async fn bot_api() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (said, heard) = mpsc::unbounded_channel();
    let call = |State(said): State<mpsc::UnboundedSender<Value>>,
                Path((_, method)): Path<(String, String)>,
                body: String| async move {
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let result = match method.to_lowercase().as_str() {
            "getme" => {
                json!({"id": 1, "is_bot": true, "first_name": "G", "username": "gofrobot", "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false, "can_connect_to_business": false, "has_main_web_app": false})
            }
            "sendmessage" => {
                let _ = said.send(body);
                json!({"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}})
            }
            _ => json!(true),
        };
        Json(json!({"ok": true, "result": result}))
    };
    let router = axum::Router::new()
        .route("/{bot}/{method}", axum::routing::any(call))
        .with_state(said);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, heard)
}

/// A worker in this process, until the token is cancelled.
fn worker(
    place: &Place,
    database: &str,
    api: &str,
) -> (
    CancellationToken,
    tokio::task::JoinHandle<anyhow::Result<()>>,
) {
    let (url, partitions) = (queue_url(), PARTITIONS.to_string());
    let cli: Cli = config::try_parse([
        "gofrobot-worker",
        "--queue-url",
        &url,
        "--queue-prefix",
        &place.prefix,
        "--partitions",
        &partitions,
        "--database-url",
        database,
        "--telegram-api-url",
        api,
        "--bot-token",
        "1:a",
        "--max-attempts",
        "2",
    ])
    .unwrap();
    let (stop, queue) = (CancellationToken::new(), place.queue.clone());
    let readiness = Readiness::new(["database"]);
    let shutdown = stop.clone();
    let work = async move {
        gofrobot_worker::run(
            &cli.config,
            true,
            &queue,
            Metrics::new(),
            readiness,
            shutdown,
        )
        .await
    };
    (stop, tokio::spawn(work))
}

/// The next messages: the chat of each, what it answers, and its text.
async fn answers(
    heard: &mut mpsc::UnboundedReceiver<Value>,
    count: usize,
) -> Vec<(i64, i64, String)> {
    let mut answers = Vec::new();
    while answers.len() < count {
        let what = format!("{count} answers, of which {} came", answers.len());
        let message = within(&what, heard.recv()).await.unwrap();
        let chat = &message["chat_id"];
        let chat = chat
            .as_i64()
            .or_else(|| chat.as_str()?.parse().ok())
            .unwrap();
        let asked = message["reply_parameters"]["message_id"].as_i64().unwrap();
        answers.push((-chat, asked, message["text"].as_str().unwrap().to_owned()));
    }
    answers
}

#[tokio::test]
async fn an_update_that_always_fails_dies_alone_and_is_played_when_replayed() {
    on_broker(|place| async move {
        let name = format!("gofrobot_dead_{:016x}", rand::random::<u64>());
        sql(&server(), &format!("CREATE DATABASE {name}")).await;
        let (address, _) = server()
            .rsplit_once('/')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let outcome = AssertUnwindSafe(dies_alone(place, format!("{address}/{name}")))
            .catch_unwind()
            .await;
        sql(&server(), &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    })
    .await;
}

async fn dies_alone(place: Place, database: String) {
    let (api, mut heard) = bot_api().await;
    // The tables first, by a worker that has nothing to do.
    let (stop, worked) = worker(&place, &database, &api);
    let ledger = "SELECT 1 FROM information_schema.tables WHERE table_name = 'ledger'";
    let made = || async { !sql(&database, ledger).await.is_empty() };
    until_answered("the tables", made).await;
    stop.cancel();
    worked.await.unwrap().unwrap();
    sql(&database, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$").await;
    sql(&database, "CREATE TRIGGER poison BEFORE INSERT ON ledger FOR EACH ROW WHEN (NEW.update_id = 107) EXECUTE FUNCTION refuse()").await;

    // Three players in turn; the failing update is in the middle of the first one's.
    let updates = (101..=112).map(|id| command(id, 11 + (id - 101) % 3, "/gdavka"));
    for update in updates {
        place.publisher.publish(update).await.unwrap();
    }
    let victim = 11;
    let (stop, worked) = worker(&place, &database, &api);
    let answered = answers(&mut heard, 12).await;
    for player in 11..=13 {
        let asked: Vec<i64> = answered
            .iter()
            .filter(|it| it.0 == player)
            .map(|it| it.1)
            .collect();
        let expected: Vec<i64> = (101..=112)
            .filter(|id| 11 + (id - 101) % 3 == player)
            .collect();
        assert_eq!(asked, expected, "each answered once, in order");
    }
    let played: Vec<i64> = sql(&database, "SELECT update_id FROM ledger ORDER BY 1")
        .await
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(
        played,
        [101, 102, 103, 104, 105, 106, 108, 109, 110, 111, 112]
    );

    let letters = place.listed("").await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let error_id = letters[0]["error_id"].as_str().unwrap();
    assert_eq!(
        (
            &letters[0]["update_id"],
            &letters[0]["reason"],
            &letters[0]["attempts"]
        ),
        (&json!(107), &json!("failed"), &json!(2))
    );
    let apologies: Vec<_> = answered
        .iter()
        .filter(|it| it.2.contains(error_id))
        .collect();
    assert_eq!(apologies.len(), 1, "{answered:?}");
    assert_eq!((apologies[0].0, apologies[0].1), (victim, 107));
    let told = sql(
        &database,
        &format!("SELECT detail FROM errors WHERE id = '{error_id}'"),
    )
    .await;
    assert!(told[0].get::<String, _>(0).contains("not this one"));

    // Replayed too early it dies again, and is told again; replayed after the repair it is played.
    assert!(place.dead("replay --all").await.done);
    assert_eq!(answers(&mut heard, 1).await[0].1, 107);
    let dead = || async { !place.left().await.is_empty() };
    until_answered("a dead letter", dead).await;
    sql(&database, "DROP TRIGGER poison ON ledger").await;
    assert!(place.dead("replay --update-id 107").await.done);
    assert_eq!(answers(&mut heard, 1).await[0].1, 107);
    assert_eq!(
        sql(&database, "SELECT 1 FROM ledger WHERE update_id = 107")
            .await
            .len(),
        1
    );
    stop.cancel();
    worked.await.unwrap().unwrap();
    assert!(place.left().await.is_empty());
    assert!(heard.try_recv().is_err(), "nobody is told anything twice");
}

/// Lets a consumer have everything and vanish, so often.
async fn returned(queue: &str, updates: usize, times: usize) {
    let properties = lapin::ConnectionProperties::default();
    let connection = lapin::Connection::connect(&queue_url(), properties)
        .await
        .unwrap();
    for _ in 0..times {
        let channel = connection.create_channel().await.unwrap();
        let mut consumer = channel
            .basic_consume(
                queue.into(),
                "".into(),
                Default::default(),
                Default::default(),
            )
            .await
            .unwrap();
        for _ in 0..updates {
            consumer.next().await.unwrap().unwrap();
        }
        channel.close(200, "OK".into()).await.unwrap();
    }
}

#[tokio::test]
async fn an_update_over_which_workers_die_is_given_up_and_its_neighbours_are_not() {
    on_broker(|place| async move {
        let player = 11;
        for id in 201..=205 {
            place
                .publisher
                .publish(command(id, player, "/gdavka"))
                .await
                .unwrap();
        }
        let partition = gofrobot_shared::envelope::partition(player, PARTITIONS);
        let queue = format!("{}.updates.v1.{partition:02}", place.prefix);
        returned(&queue, 5, 50).await;
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("game.db").display());
        let (api, mut heard) = bot_api().await;
        let (stop, worked) = worker(&place, &database, &api);
        let answered = answers(&mut heard, 5).await;
        let asked: Vec<i64> = answered.iter().map(|it| it.1).collect();
        assert_eq!(asked, [201, 202, 203, 204, 205]);
        let letters = place.listed("").await;
        assert_eq!(
            letters.len(),
            1,
            "all had come back as often, but one was at the head: {letters:?}"
        );
        assert_eq!(
            (
                &letters[0]["update_id"],
                &letters[0]["reason"],
                &letters[0]["attempts"]
            ),
            (&json!(201), &json!("crash"), &json!(50))
        );
        let error_id = letters[0]["error_id"].as_str().unwrap();
        let apologies: Vec<i64> = answered
            .iter()
            .filter(|it| it.2.contains(error_id))
            .map(|it| it.1)
            .collect();
        assert_eq!(apologies, [201]);
        stop.cancel();
        worked.await.unwrap().unwrap();
        assert!(heard.try_recv().is_err(), "nobody is told anything twice");
    })
    .await;
}
