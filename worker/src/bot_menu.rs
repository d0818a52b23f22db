//! Introduces the bot to Telegram: who it is, and the command menus of private chats, groups and administrators in
//! every language.
//!
//! Every worker does this at its start; each asks first and changes only what differs, so that a rollout of many
//! workers does not run into the flood limits of these calls.

use crate::game::player::{Language, UserId};
use crate::incoming::Bot;
use crate::screens::{self, Audience};
use crate::telegram::Telegram;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::bot_api::BOT_API;
use std::time::Duration;
use teloxide_core::RequestError;
use teloxide_core::payloads::{GetMyCommandsSetters, SetMyCommandsSetters};
use teloxide_core::requests::Requester;
use teloxide_core::types::{BotCommand, BotCommandScope, ChatId};

/// The longest pause between two tries to reach the Bot API.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Asks the Bot API who the bot is, for as long as it takes; `readiness` is told why it takes long.
pub(crate) async fn identity(telegram: &Telegram, readiness: &Readiness) -> Bot {
    let mut pause = Duration::from_millis(200);
    loop {
        match telegram.bot().get_me().await {
            Ok(me) => {
                readiness.set(BOT_API, Ok::<(), String>(()));
                return Bot {
                    id: me.id.0.cast_signed(),
                    username: me.user.username.clone().unwrap_or_default(),
                };
            }
            Err(error) => {
                let remedy = match &error {
                    RequestError::Api(_) => "is BOT_TOKEN right?",
                    _ => "is TELEGRAM_API_URL right, and can the server be reached from here?",
                };
                let (error, server) = (without_token(&error), telegram.server());
                readiness.set(BOT_API, Err(format!("it does not tell who the bot is: {error} (TELEGRAM_API_URL {server}); {remedy}")));
            }
        }
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Registers the command menus where they differ from ours; a failure is told and left for the next start, since the
/// bot understands its commands without a menu.
pub(crate) async fn register_commands(telegram: &Telegram, admins: &[UserId]) {
    let mut scopes = vec![
        (BotCommandScope::AllPrivateChats, Audience::PrivateChats),
        (BotCommandScope::AllGroupChats, Audience::Groups),
    ];
    scopes.extend(admins.iter().map(|id| {
        (
            BotCommandScope::Chat {
                chat_id: ChatId(*id).into(),
            },
            Audience::Administrators,
        )
    }));
    for (scope, commands) in scopes {
        for language in Language::ALL {
            if let Err(error) = register(telegram, &scope, commands, language).await {
                tracing::warn!(scope = ?commands, language = language.code(), error = %without_token(&error), "a command menu was not set");
            }
        }
    }
}

async fn register(
    telegram: &Telegram,
    scope: &BotCommandScope,
    commands: Audience,
    language: Language,
) -> Result<(), RequestError> {
    // English is also what speakers of every other language see: Telegram's empty code.
    let code = if language == Language::En {
        ""
    } else {
        language.code()
    };
    let wanted: Vec<BotCommand> = screens::commands(commands, language)
        .into_iter()
        .map(|(command, description)| BotCommand::new(command, description.into_owned()))
        .collect();
    let bot = telegram.bot();
    let present = bot
        .get_my_commands()
        .scope(scope.clone())
        .language_code(code)
        .await?;
    if present != wanted {
        bot.set_my_commands(wanted)
            .scope(scope.clone())
            .language_code(code)
            .await?;
    }
    Ok(())
}

/// reqwest's errors name the URL, and the URL holds the token.
fn without_token(error: &RequestError) -> String {
    match error {
        RequestError::Network(network) if network.is_timeout() => "no answer in time".to_owned(),
        RequestError::Network(network) if network.is_connect() => "cannot connect".to_owned(),
        RequestError::Network(_) => "the connection broke".to_owned(),
        RequestError::InvalidJson { .. } => "the answer is not Telegram's JSON".to_owned(),
        other => other.to_string(),
    }
}
