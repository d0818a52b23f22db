//! The ways in which parameters arrive, and files.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::world::{GOSHA, World};

const MARKUP: &str = r#"{"inline_keyboard":[[{"text":"b","callback_data":"d"}]]}"#;

#[tokio::test]
async fn query_form_json_and_multipart_say_the_same() {
    let world = World::new().await.introduced().await;
    let url = world.url("sendMessage");
    let id = GOSHA.to_string();
    let pairs = [
        ("chat_id", id.as_str()),
        ("text", "да & нет"),
        ("reply_markup", MARKUP),
    ];
    let markup: Value = serde_json::from_str(MARKUP).unwrap();
    let object = json!({ "chat_id": GOSHA, "text": "да & нет", "reply_markup": markup });
    let multipart = pairs.into_iter().fold(Form::new(), |form, (name, value)| {
        form.text(name, value.to_owned())
    });
    let requests = [
        world.http.get(&url).query(&pairs),
        world.http.post(&url).query(&pairs),
        world.http.post(&url).form(&pairs),
        world.http.post(&url).json(&object),
        world.http.post(&url).multipart(multipart),
        world
            .http
            .post(&url)
            .header("Content-Type", "APPLICATION/JSON; charset=UTF-8")
            .body(object.to_string()),
        // The body wins over the query.
        world
            .http
            .post(&url)
            .query(&[("text", "other")])
            .json(&object),
    ];
    for request in requests {
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
        assert_eq!(answer["result"]["text"], "да & нет");
        assert_eq!(answer["result"]["reply_markup"], markup);
    }
}

#[tokio::test]
async fn broken_bodies_are_answered() {
    let world = World::new().await;
    let post = |kind: &str, body: &'static str| {
        world
            .http
            .post(world.url("sendMessage"))
            .header("Content-Type", kind)
            .body(body)
            .send()
    };
    let kinds = [
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ];
    for (kind, body) in kinds.into_iter().zip(["{", "x", "--y"]) {
        let response = post(kind, body).await.unwrap();
        assert_eq!(response.status(), 400, "{kind}");
        let answer: Value = response.json().await.unwrap();
        assert!(
            answer["description"]
                .as_str()
                .unwrap()
                .starts_with("Bad Request: can't parse")
        );
    }
}

#[tokio::test]
async fn uploads_are_measured_and_let_go() {
    let world = World::new().await.introduced().await;
    let upload = |field: &'static str, bytes: Vec<u8>| {
        let part = Part::bytes(bytes)
            .file_name("report.csv")
            .mime_str("text/csv")
            .unwrap();
        Form::new()
            .text("chat_id", GOSHA.to_string())
            .text("caption", "/top")
            .part(field, part)
    };
    let send = |method: &str, form: Form| {
        let request = world.http.post(world.url(method)).multipart(form).send();
        async move { request.await.unwrap().json::<Value>().await.unwrap() }
    };
    // Larger than the two megabytes that a server takes unasked.
    let sent = send("sendDocument", upload("document", vec![7; 3 << 20])).await;
    let document = &sent["result"]["document"];
    assert_eq!(document["file_size"], 3 << 20);
    assert_eq!(
        (&document["file_name"], &document["mime_type"]),
        (&json!("report.csv"), &json!("text/csv"))
    );
    assert_eq!(sent["result"]["caption_entities"][0]["type"], "bot_command");

    let attached = upload("file0", vec![7; 10]).text("photo", "attach://file0");
    let sent = send("sendPhoto", attached).await;
    assert_eq!(sent["result"]["photo"][0]["file_size"], 10);

    let sent = send("sendDocument", upload("document", Vec::new())).await;
    assert_eq!(sent["description"], "Bad Request: file must be non-empty");
    let address = json!({ "chat_id": GOSHA, "photo": "https://a.example/photo.png" });
    assert!(world.ok("sendPhoto", address).await["photo"].is_array());
    let known = json!({ "chat_id": GOSHA, "document": document["file_id"] });
    assert_eq!(world.ok("sendDocument", known).await["document"], *document);
    let nothing = json!({ "chat_id": GOSHA });
    assert_eq!(
        world.refused("sendPhoto", nothing).await,
        "Bad Request: there is no photo in the request"
    );
    for (photo, words) in [
        (json!("x"), "wrong file identifier/HTTP URL specified"),
        (
            document["file_id"].clone(),
            "can't use file of type Document as Photo",
        ),
    ] {
        let params = json!({ "chat_id": GOSHA, "photo": photo });
        assert_eq!(
            world.refused("sendPhoto", params).await,
            format!("Bad Request: {words}")
        );
    }
    let address = "https://a.example/photo.png";
    let long = json!({ "chat_id": GOSHA, "photo": address, "caption": "x".repeat(1025) });
    assert_eq!(
        world.refused("sendPhoto", long).await,
        "Bad Request: message caption is too long"
    );
}
