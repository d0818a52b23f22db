//! Faults on demand and flood limits.

use gofrobot::simulator::{Faults, Options};
use serde_json::{Value, json};

use crate::world::{GOSHA, GROUP, World};

#[tokio::test]
async fn switches_are_thrown_over_http() {
    let world = World::new().await.introduced().await;
    let url = format!("{}/simulator/faults", world.address);
    let set = |faults: Value| world.http.post(&url).json(&faults).send();
    let response = set(json!({ "too_many_rate": 1.0, "retry_after": 7 }))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let response = world.http.get(world.url("getMe")).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "7");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["description"], "Too Many Requests: retry after 7");
    assert_eq!(answer["parameters"]["retry_after"], 7);
    set(json!({ "error_rate": 1.0 })).await.unwrap();
    assert_eq!(world.call("getMe", json!({})).await["error_code"], 500);
    let bad = set(json!({ "error_rate": 2.0 })).await.unwrap();
    assert_eq!(bad.status(), 422);
    assert_eq!(world.simulator.faults().error_rate, 1.0);
    assert!(
        set(json!({ "no_such_switch": 1 }))
            .await
            .unwrap()
            .status()
            .is_client_error()
    );
    let foreign = world.http.post(&url).json(&json!({}));
    let foreign = foreign.header("Origin", "http://evil.example").send();
    assert_eq!(foreign.await.unwrap().status(), 403);
    set(json!({})).await.unwrap();
    world.ok("getMe", json!({})).await;
}

#[tokio::test]
async fn a_dropped_call_has_no_answer_and_takes_effect_half_the_time() {
    let world = World::new().await.introduced().await;
    world
        .simulator
        .set_faults(Faults {
            drop_rate: 1.0,
            ..Faults::default()
        })
        .unwrap();
    let before = world.simulator.history(GOSHA, GOSHA, 300).len();
    for n in 0..40 {
        let params = json!({ "chat_id": GOSHA, "text": n.to_string() });
        let sent = world
            .http
            .post(world.url("sendMessage"))
            .json(&params)
            .send()
            .await;
        let answer = match sent {
            Ok(response) => response.bytes().await,
            Err(error) => Err(error),
        };
        assert!(answer.is_err());
    }
    let arrived = world.simulator.history(GOSHA, GOSHA, 300).len() - before;
    assert!((5..=35).contains(&arrived), "{arrived} of 40 took effect");
}

#[tokio::test]
async fn flood_limits_name_the_seconds_to_wait() {
    let options = Options {
        flood_limits: true,
        ..Options::default()
    };
    let world = World::with(options).await.introduced().await;
    // Faster than one a second by far, so that the burst is soon used up.
    let refusal = loop {
        let answer = world
            .call("sendMessage", json!({ "chat_id": GOSHA, "text": "x" }))
            .await;
        if answer["ok"] == false {
            break answer;
        }
    };
    assert_eq!(refusal["error_code"], 429);
    assert_eq!(refusal["parameters"]["retry_after"], 1);
    assert_eq!(refusal["description"], "Too Many Requests: retry after 1");
    assert!(world.simulator.history(GOSHA, GOSHA, 100).len() >= 3);
    // Another chat is not held up by this one.
    world.bot_says(GROUP, "free").await;
}
