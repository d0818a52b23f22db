//! Redis that answers, dies, hangs and comes back.

use super::{testing::*, *};

async fn ping(redis: &RedisHandle) -> Result<(String,), Away> {
    redis.query(redis::pipe().cmd("PING")).await
}

#[tokio::test]
async fn a_server_that_dies_is_away_until_it_is_back() {
    let mut server = Own::start().await;
    let redis = server.handle();
    assert_eq!(ping(&redis).await, Ok(("PONG".to_owned(),)));
    server.kill();
    assert_eq!(ping(&redis).await, Err(Away));
    // Within the cool-down nobody asks: the failure comes without a connection attempt.
    assert_eq!(redis.health.may_try(), Err(Away));
    server.restart().await;
    eventually(async || ping(&redis).await.is_ok()).await;
    assert!(!redis.health.away.load(Ordering::Acquire));
}

#[tokio::test]
async fn a_server_that_hangs_is_away_and_its_late_answers_confuse_nobody() {
    let server = Own::start().await;
    let redis = server.handle();
    let echo = async |text: &str| {
        redis
            .query::<(String,)>(redis::pipe().cmd("ECHO").arg(text))
            .await
    };
    assert_eq!(echo("one").await, Ok(("one".to_owned(),)));
    server.hang(true);
    assert_eq!(echo("two").await, Err(Away));
    server.hang(false);
    eventually(async || echo("three").await == Ok(("three".to_owned(),))).await;
}

#[tokio::test]
async fn an_encrypted_connection_to_a_plain_server_is_away() {
    let server = Own::start().await;
    let redis = handle(&format!("rediss://127.0.0.1:{}", server.port), "x:");
    assert_eq!(ping(&redis).await, Err(Away));
}

#[tokio::test]
async fn after_the_cool_down_one_caller_tries() {
    let redis = handle("redis://127.0.0.1:1", "x:");
    assert_eq!(ping(&redis).await, Err(Away));
    redis.health.retry_at_ms.store(0, Ordering::Release);
    assert_eq!(redis.health.may_try(), Ok(()));
    assert_eq!(redis.health.may_try(), Err(Away));
}

#[test]
fn an_impossible_address_is_a_configuration_error() {
    let config = config::Redis {
        redis_url: Some("redis://:s3cret@host/notanumber".parse().unwrap()),
        redis_prefix: "x:".to_owned(),
    };
    let error = RedisHandle::connect(&config).err().unwrap().to_string();
    assert_eq!(
        error,
        "REDIS_URL: 'redis://:***@host/notanumber' is not a Redis address"
    );
}
