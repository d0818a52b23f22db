//! The webhook: what Telegram delivers is answered, and whoever knocks otherwise hears why not.

use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use crate::common::address::free_address;
use crate::common::process::Program;
use crate::common::telegram::{FIRST_PERSON, GROUP};
use crate::common::wait::{until, until_answered};
use crate::services::{Cluster, on_cluster};

const SECRET: &str = "secret_of-the-tests";

/// An ingress behind a webhook, and somebody who knocks at it.
struct Door {
    ingress: Program,
    url: String,
    http: Client,
}

impl Door {
    async fn open(cluster: &Cluster) -> Self {
        let address = free_address().to_string();
        let url = format!("http://{address}/telegram");
        let variables = [
            ("WEBHOOK_URL", url.as_str()),
            ("WEBHOOK_SECRET", SECRET),
            ("LISTEN_ADDR", &address),
        ];
        let ingress = cluster.ingress(&variables).await;
        let http = Client::builder().no_proxy().build().unwrap();
        Self { ingress, url, http }
    }

    /// The status that a request gets.
    async fn knock(
        &self,
        method: Method,
        secret: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> StatusCode {
        let mut request = self.http.request(method, &self.url).body(body);
        if let Some(secret) = secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        request.send().await.unwrap().status()
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> StatusCode {
        self.knock(Method::POST, Some(SECRET), body).await
    }

    async fn counted(&self, outcome: &str) -> f64 {
        let labels = [("handler", "webhook"), ("outcome", outcome)];
        self.ingress.metric("bot_requests_total", &labels).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_telegram_posts_is_answered_and_other_callers_are_refused() {
    on_cluster(2, |cluster| async move {
        let mut door = Door::open(&cluster).await;
        let mut worker = cluster.worker().await;
        let (telegram, anna) = (&cluster.telegram, FIRST_PERSON);
        // Ingress has told Telegram by itself where it is, and the secret.
        telegram.ask(anna, anna, "/start").await;
        telegram.ask(anna, GROUP, "/gdavka").await;

        let id = telegram.simulator.reserve_update_ids(1);
        let davka = json!({"update_id": id, "message": {"message_id": 1, "date": 1, "text": "/davka",
            "from": {"id": anna + 1, "is_bot": false, "first_name": "Mallory"}, "chat": {"id": anna + 1, "type": "private"}}});
        let davka = davka.to_string();
        for secret in [None, Some(""), Some("wrong"), Some("secret_of-the-test")] {
            let status = door.knock(Method::POST, secret, davka.clone()).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{secret:?}");
        }
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let status = door.knock(method, Some(SECRET), davka.clone()).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        }
        let huge = vec![b' '; gofrobot_ingress::MAX_UPDATE_BYTES + 1];
        assert_eq!(door.post(huge).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(door.counted("unauthorized").await, 4.0);
        assert_eq!(door.counted("wrong_method").await, 3.0);
        assert_eq!(door.counted("too_large").await, 1.0);

        // Nothing of it came through, and the door still opens for Telegram.
        telegram.ask(anna, anna, "/menu").await;
        assert_eq!(cluster.count("SELECT count(*) FROM players").await, 1);
        assert!(cluster.dead_letters().await.is_empty());
        assert_eq!(door.ingress.stop().await, Some(0));
        assert_eq!(worker.stop().await, Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_can_read_goes_to_the_dead_letters_and_everything_else_goes_on() {
    on_cluster(2, |cluster| async move {
        let mut door = Door::open(&cluster).await;
        let mut worker = cluster.worker().await;
        let (telegram, anna) = (&cluster.telegram, FIRST_PERSON);
        telegram.ask(anna, anna, "/start").await;
        let first = telegram.simulator.reserve_update_ids(100);
        let message = |id: i64, from: &str, text: &str| {
            format!(
                r#"{{"update_id":{},"message":{{"message_id":1,"date":1,"from":{{"id":{from},"is_bot":false,"first_name":"A"}},"chat":{{"id":{from},"type":"private"}},"text":{}}}}}"#,
                first + id,
                json!(text)
            )
        };
        let unreadable = [
            "".to_owned(),
            "{".to_owned(),
            "[1, 2]".to_owned(),
            "null".to_owned(),
            "{\"update_id\": \"seven\"}".to_owned(),
            "{\"update_id\": 1e30, \"message\": {}}".to_owned(),
            message(0, "5001", "cut").split_at(60).0.to_owned(),
            format!(r#"{{"update_id":{},"message":{{}}}}"#, first + 1),
            format!(r#"{{"update_id":{},"callback_query":{{"id":"7"}}}}"#, first + 2),
            message(3, "9223372036854775807", "from nowhere"),
            message(4, "99999999999999999999999", "from further"),
            message(5, "-5001", "from below"),
            message(6, "5001", "x").replace("\"message_id\":1", "\"message_id\":4611686018427387904"),
        ];
        for body in &unreadable {
            assert_eq!(door.post(body.clone()).await, StatusCode::OK, "{body}");
        }
        let ignored = [
            r#""poll":{"id":"1"}"#,
            r#""edited_message":{}"#,
            r#""something_of_the_year_2030":{"a":[1,{"b":null}]}"#,
            r#""message":null"#,
        ];
        for (number, inside) in ignored.iter().enumerate() {
            let body = format!(r#"{{"update_id":{},{inside}}}"#, first + 20 + number as i64);
            assert_eq!(door.post(body).await, StatusCode::OK, "{inside}");
        }
        let long = || async {
            let body = message(40, "5001", &"д\"\\\n".repeat(1 << 18));
            assert_eq!(door.post(body).await, StatusCode::OK);
        };
        let said = telegram.witness.said_in(anna).len();
        long().await;
        until("the mebibyte of text is answered", || telegram.witness.said_in(anna).len() == said + 1).await;

        let dead = || async { cluster.dead_letters().await.len() == unreadable.len() };
        until_answered("the dead letters", dead).await;
        for (reason, body) in cluster.dead_letters().await {
            assert!(unreadable.contains(&body), "{body}");
            assert!(!reason.is_empty() && reason.len() < 30, "{reason}");
        }
        let counted = door.ingress.metric("bot_dead_letters_total", &[]).await
            + worker.metric("bot_dead_letters_total", &[]).await;
        assert_eq!(counted, unreadable.len() as f64);
        let labels = [("outcome", "ignored")];
        let counted = || async { worker.metric("bot_requests_total", &labels).await == ignored.len() as f64 };
        until_answered("what was ignored is counted", counted).await;

        telegram.ask(anna, anna, "/menu").await;
        assert_eq!(door.ingress.stop().await, Some(0));
        assert_eq!(worker.stop().await, Some(0));
    })
    .await;
}
