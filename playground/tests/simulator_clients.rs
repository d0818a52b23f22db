//! Two Bot API libraries, written by different people in different languages, talk to the simulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

#[path = "common/node.rs"]
mod node;
#[path = "../../shared/tests/broker/wait.rs"]
mod wait;

use std::process::Stdio;

use gofrobot::simulator::{Event, Options, Person, Simulator};
use teloxide_core::payloads::{
    AnswerCallbackQuerySetters, GetUpdatesSetters, SendDocumentSetters, SendMessageSetters,
    SetMessageReactionSetters, SetMyCommandsSetters,
};
use teloxide_core::requests::Requester;
use teloxide_core::types::{
    BotCommand, BotCommandScope, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile,
    MessageId, ParseMode, ReactionType, ReplyParameters, UpdateKind, UserId,
};
use teloxide_core::{ApiError, Bot, RequestError};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::{CancellationToken, DropGuard};
use wait::within;

const TOKEN: &str = "4200:token-for-tests";
const GOSHA: i64 = 1001;
const GROUP: i64 = -1_001_000_000_001;

async fn simulator() -> (Simulator, String, DropGuard) {
    let simulator = Simulator::new(Options {
        token: TOKEN.into(),
        ..Options::default()
    });
    for (id, name) in [(GOSHA, "Gosha"), (1002, "Lena")] {
        simulator.add_person(Person {
            id,
            is_bot: false,
            first_name: name.to_owned(),
            username: None,
            language_code: Some("ru".to_owned()),
        });
    }
    simulator.add_group(GROUP, "Garage", &[GOSHA, 1002]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(simulator.clone().serve(listener, stop.clone()));
    (simulator, address, stop.drop_guard())
}

async fn next(events: &mut Receiver<Event>) -> Event {
    within("an event", events.recv()).await.unwrap()
}

#[tokio::test]
async fn teloxide_plays_through_every_method() {
    let (simulator, address, _stop) = simulator().await;
    // The machine's proxy settings are not for this: nothing here is meant to leave it.
    let client = teloxide_core::net::default_reqwest_settings()
        .no_proxy()
        .build()
        .unwrap();
    let bot = Bot::with_client(TOKEN, client).set_api_url(address.parse().unwrap());
    let (gosha, group) = (ChatId(GOSHA), ChatId(GROUP));

    assert_eq!(bot.get_me().await.unwrap().username(), "gofrobot");
    simulator.say(GOSHA, GOSHA, "/start", None).unwrap();
    simulator.say(GOSHA, GROUP, "/gmenu", None).unwrap();
    simulator.send_photo(GOSHA, GOSHA).unwrap();
    simulator.set_blocked(1002, true);
    let updates = bot.get_updates().limit(10).timeout(5).await.unwrap();
    let [start, gmenu, photo, member] = &updates[..] else {
        panic!("{updates:?}")
    };
    let UpdateKind::Message(message) = &start.kind else {
        panic!("{start:?}")
    };
    assert_eq!(message.text(), Some("/start"));
    assert_eq!(
        message.from.as_ref().unwrap().language_code.as_deref(),
        Some("ru")
    );
    let UpdateKind::Message(message) = &gmenu.kind else {
        panic!("{gmenu:?}")
    };
    assert!(message.chat.is_supergroup());
    let UpdateKind::Message(message) = &photo.kind else {
        panic!("{photo:?}")
    };
    assert!(message.photo().is_some());
    assert!(
        matches!(member.kind, UpdateKind::MyChatMember(_)),
        "{member:?}"
    );

    let button = InlineKeyboardButton::callback("Davka", "v1:davka");
    let sent = bot
        .send_message(gosha, "<i>Hello</i>")
        .parse_mode(ParseMode::Html)
        .reply_markup(InlineKeyboardMarkup::new([[button]]))
        .reply_parameters(ReplyParameters::new(MessageId(1)))
        .await
        .unwrap();
    assert_eq!(sent.reply_to_message().unwrap().id, MessageId(1));
    simulator
        .press(GOSHA, GOSHA, sent.id.0.into(), "v1:davka")
        .unwrap();
    let updates = bot.get_updates().offset(-1).await.unwrap();
    let UpdateKind::CallbackQuery(query) = &updates[0].kind else {
        panic!("{updates:?}")
    };
    assert_eq!(query.data.as_deref(), Some("v1:davka"));
    bot.answer_callback_query(query.id.clone())
        .text("Caught")
        .await
        .unwrap();
    let edited = bot.edit_message_text(gosha, sent.id, "Bye").await.unwrap();
    assert_eq!(edited.text(), Some("Bye"));

    let errors = [
        (
            bot.edit_message_text(gosha, sent.id, "Bye").await.err(),
            ApiError::MessageNotModified,
        ),
        (
            bot.edit_message_reply_markup(gosha, MessageId(99))
                .await
                .err(),
            ApiError::MessageToEditNotFound,
        ),
        (
            bot.delete_message(gosha, MessageId(99)).await.err(),
            ApiError::MessageToDeleteNotFound,
        ),
        (
            bot.send_message(gosha, "x".repeat(5000)).await.err(),
            ApiError::MessageIsTooLong,
        ),
        (
            bot.send_message(ChatId(5), "x").await.err(),
            ApiError::ChatNotFound,
        ),
        (
            bot.send_message(ChatId(1002), "x").await.err(),
            ApiError::BotBlocked,
        ),
    ];
    for (error, expected) in errors {
        let Some(RequestError::Api(error)) = error else {
            panic!("{error:?}, not {expected:?}")
        };
        assert_eq!(error, expected);
    }
    // Telegram writes "query ID", teloxide expects "query id": so it is unknown there, as in reality.
    let stale = bot.answer_callback_query("17".to_owned().into()).await;
    let words = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    let unknown = ApiError::Unknown(words.to_owned());
    assert!(matches!(stale, Err(RequestError::Api(error)) if error == unknown));
    let parse = bot
        .send_message(gosha, "<b>")
        .parse_mode(ParseMode::Html)
        .await;
    assert!(
        matches!(
            parse,
            Err(RequestError::Api(ApiError::CantParseEntities(_)))
        ),
        "{parse:?}"
    );

    let document = InputFile::memory("a,b").file_name("table.csv");
    let sent = bot
        .send_document(gosha, document)
        .caption("A table")
        .await
        .unwrap();
    assert_eq!(sent.document().unwrap().file.size, 3);
    let sent = bot
        .send_photo(group, InputFile::memory("png"))
        .await
        .unwrap();
    assert!(sent.photo().is_some());
    let thumb = ReactionType::Emoji {
        emoji: "👍".to_owned(),
    };
    bot.set_message_reaction(group, sent.id)
        .reaction([thumb])
        .await
        .unwrap();
    let _ = ReactionType::Emoji {
        emoji: "👍".to_owned(),
    };
    bot.delete_message(group, sent.id).await.unwrap();
    bot.set_my_commands([BotCommand::new("davka", "Push")])
        .scope(BotCommandScope::AllPrivateChats)
        .await
        .unwrap();
    assert_eq!(simulator.commands_for(GOSHA, GOSHA)[0].command, "davka");
    assert!(bot.get_my_commands().await.unwrap().is_empty());
    assert_eq!(bot.get_chat(group).await.unwrap().title(), Some("Garage"));
    assert_eq!(
        bot.get_chat(gosha).await.unwrap().first_name(),
        Some("Gosha")
    );
    assert_eq!(bot.get_chat_member_count(group).await.unwrap(), 3);
    assert!(
        bot.get_chat_member(group, UserId(1001))
            .await
            .unwrap()
            .is_owner()
    );

    bot.set_webhook("http://127.0.0.1:1/".parse().unwrap())
        .await
        .unwrap();
    assert!(bot.get_webhook_info().await.unwrap().url.is_some());
    let conflict = bot.get_updates().await;
    assert!(conflict.is_err());
    bot.delete_webhook().await.unwrap();
}

#[tokio::test]
async fn grammy_plays_by_long_polling() {
    let folder = node::scripts().await;
    let (simulator, address, _stop) = simulator().await;
    let mut events = simulator.subscribe();
    let mut bot = Command::new("node")
        .arg("grammy.mjs")
        .current_dir(&folder)
        .env("API_ROOT", address)
        .env("BOT_TOKEN", TOKEN)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("node 20 or newer must be installed");

    // The bot has come up: a menu is there, for Russians alone.
    assert_eq!(next(&mut events).await, Event::CommandsChanged);
    assert_eq!(simulator.commands_for(GOSHA, GOSHA)[0].command, "davka");
    simulator.say(GOSHA, GOSHA, "/start", None).unwrap();
    let Event::MessageSent(_) = next(&mut events).await else {
        panic!()
    };
    let Event::MessageSent(hello) = next(&mut events).await else {
        panic!()
    };
    assert_eq!(hello.text, "Hello there");
    assert_eq!(hello.reply_to.as_ref().unwrap().text, "/start");
    assert_eq!(
        hello.keyboard.as_ref().unwrap()[0][0].data.as_deref(),
        Some("v1:davka")
    );

    let query = simulator
        .press(GOSHA, GOSHA, hello.id, "v1:davka")
        .unwrap()
        .callback_query_id;
    let (text, show_alert) = ("Caught".to_owned(), true);
    let answer = Event::CallbackAnswered {
        user: GOSHA,
        query,
        text,
        show_alert,
    };
    assert_eq!(next(&mut events).await, answer);
    let Event::MessageEdited(edited) = next(&mut events).await else {
        panic!()
    };
    assert_eq!(
        (edited.id, edited.text.as_str()),
        (hello.id, "A zmiy of 80 g")
    );

    simulator.say(GOSHA, GOSHA, "/files", None).unwrap();
    let Event::MessageSent(_) = next(&mut events).await else {
        panic!()
    };
    assert_eq!(next(&mut events).await, Event::Typing { chat: GOSHA });
    let Event::MessageSent(document) = next(&mut events).await else {
        panic!()
    };
    assert_eq!(document.text, "📎 table.csv\nA table");
    let Event::MessageSent(photo) = next(&mut events).await else {
        panic!()
    };
    assert!(photo.photo);

    simulator.say(GOSHA, GROUP, "/group", None).unwrap();
    let Event::MessageSent(_) = next(&mut events).await else {
        panic!()
    };
    let Event::MessageSent(sent) = next(&mut events).await else {
        panic!()
    };
    let gone = Event::MessageDeleted {
        chat: GROUP,
        message_id: sent.id,
    };
    assert_eq!(next(&mut events).await, gone);

    simulator.say(GOSHA, GOSHA, "/quit", None).unwrap();
    let status = within("the bot's end", bot.wait()).await.unwrap();
    assert!(status.success());
    // Its last call confirmed all it had seen.
    assert_eq!(simulator.undelivered(), 0);
}
