//! Command menus by scope and language, chats and members, and what is answered to strangers.

use serde_json::{Value, json};

use crate::world::{GOSHA, GROUP, LENA, TOKEN, World};

fn list(name: &str) -> Value {
    json!([{ "command": name, "description": "does it" }])
}

#[tokio::test]
async fn the_narrowest_scope_and_the_own_language_win() {
    let world = World::new().await;
    let seen = |user: i64, chat: i64| {
        let commands = world.simulator.commands_for(user, chat);
        commands
            .first()
            .map(|command| command.command.clone())
            .unwrap_or_default()
    };
    let set = |scope: Value, language: &'static str, name: &'static str| {
        let params = json!({ "commands": list(name), "scope": scope, "language_code": language });
        world.ok("setMyCommands", params)
    };
    assert_eq!(seen(GOSHA, GOSHA), "");
    set(Value::Null, "", "everywhere").await;
    assert_eq!(seen(GOSHA, GROUP), "everywhere");
    set(json!({ "type": "default" }), "ru", "vezde").await;
    assert_eq!(
        (seen(GOSHA, GOSHA), seen(LENA, LENA)),
        ("vezde".into(), "everywhere".into())
    );
    set(json!({ "type": "all_private_chats" }), "", "private").await;
    assert_eq!(
        (seen(GOSHA, GOSHA), seen(GOSHA, GROUP)),
        ("private".into(), "vezde".into())
    );
    set(json!({ "type": "all_group_chats" }), "", "group").await;
    set(json!({ "type": "all_chat_administrators" }), "", "admin").await;
    assert_eq!(
        (seen(GOSHA, GROUP), seen(LENA, GROUP)),
        ("admin".into(), "group".into())
    );
    set(json!({ "type": "chat", "chat_id": GROUP }), "", "here").await;
    assert_eq!(
        (seen(GOSHA, GROUP), seen(LENA, GROUP)),
        ("here".into(), "here".into())
    );
    set(
        json!({ "type": "chat_member", "chat_id": GROUP.to_string(), "user_id": LENA.to_string() }),
        "",
        "mine",
    )
    .await;
    assert_eq!(seen(LENA, GROUP), "mine");

    let scope = json!({ "scope": { "type": "all_private_chats" } });
    assert_eq!(
        world.ok("getMyCommands", scope.clone()).await,
        list("private")
    );
    world.ok("deleteMyCommands", scope.clone()).await;
    assert_eq!(world.ok("getMyCommands", scope).await, json!([]));
    assert_eq!(seen(GOSHA, GOSHA), "vezde");
}

#[tokio::test]
async fn impossible_commands_are_refused() {
    let world = World::new().await;
    let bad = json!({ "commands": list("Davka!") });
    assert_eq!(
        world.refused("setMyCommands", bad).await,
        "Bad Request: BOT_COMMAND_INVALID"
    );
    let mute = json!({ "commands": [{ "command": "davka", "description": "" }] });
    assert_eq!(
        world.refused("setMyCommands", mute).await,
        "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"
    );
    let scope = json!({ "commands": list("a"), "scope": { "type": "chat", "chat_id": 5 } });
    assert_eq!(
        world.refused("setMyCommands", scope).await,
        "Bad Request: chat not found"
    );
}

#[tokio::test]
async fn chats_and_members_are_described() {
    let world = World::new().await;
    assert_eq!(world.ok("getMe", json!({})).await["username"], "gofrobot");
    let private = world.ok("getChat", json!({ "chat_id": GOSHA })).await;
    assert_eq!(
        (&private["type"], &private["first_name"]),
        (&json!("private"), &json!("Gosha"))
    );
    assert_eq!(
        private["accepted_gift_types"]["gifts_from_channels"],
        json!(false)
    );
    let group = world.ok("getChat", json!({ "chat_id": GROUP })).await;
    assert_eq!(
        (&group["type"], &group["title"]),
        (&json!("supergroup"), &json!("Garage"))
    );
    assert_eq!(
        world
            .ok("getChatMemberCount", json!({ "chat_id": GROUP }))
            .await,
        3
    );
    for (user, status) in [(GOSHA, "creator"), (LENA, "member"), (4200, "member")] {
        let member = json!({ "chat_id": GROUP, "user_id": user });
        assert_eq!(world.ok("getChatMember", member).await["status"], status);
    }
    let stranger = json!({ "chat_id": GROUP, "user_id": 5 });
    assert_eq!(
        world.refused("getChatMember", stranger).await,
        "Bad Request: user not found"
    );
    assert_eq!(
        world.refused("getChat", json!({ "chat_id": 5 })).await,
        "Bad Request: chat not found"
    );
}

#[tokio::test]
async fn typing_is_an_action() {
    let world = World::new().await.introduced().await;
    let mut events = world.simulator.subscribe();
    let typing = json!({ "chat_id": GROUP, "action": "typing" });
    assert_eq!(world.ok("sendChatAction", typing).await, true);
    let event = gofrobot::simulator::Event::Typing { chat: GROUP };
    assert_eq!(events.recv().await.unwrap(), event);
    let dancing = json!({ "chat_id": GROUP, "action": "dancing" });
    assert_eq!(
        world.refused("sendChatAction", dancing).await,
        "Bad Request: wrong parameter action in request"
    );
}

#[tokio::test]
async fn strangers_and_unknown_methods_are_answered() {
    let world = World::new().await;
    let answer = world.call("sendDice", json!({ "chat_id": GOSHA })).await;
    assert_eq!(answer["error_code"], 404);
    assert_eq!(
        answer["description"],
        "Not Found: method \"sendDice\" is not simulated"
    );
    assert!(world.ok("GETME", json!({})).await["is_bot"].is_boolean());
    let url = format!("{}/bot4200:wrong/getMe", world.address);
    let response = world.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({ "ok": false, "error_code": 401, "description": "Unauthorized" })
    );
    for path in ["", "/", "/getMe/x", "/getMe/x/y"] {
        let url = format!("{}/bot{TOKEN}{path}", world.address);
        let response = world.http.get(url).send().await.unwrap();
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            body,
            json!({ "ok": false, "error_code": 404, "description": "Not Found" }),
            "{path}"
        );
    }
}
