//! `gofrobot check`: whether a bot that runs elsewhere is well, asked from outside. `helm test` runs it in a pod; a person
//! can as well at a desk.
//!
//! Everything is asked even when something has failed already, so that one run tells all. Whatever is not well yet is
//! asked again for a while: a pod may have been started a moment ago.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use gofrobot_shared::bot_api::BotApi;
use gofrobot_shared::config;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::lookup_host;
use tokio::time::{Instant, sleep, timeout_at};

/// The longest that one question may take.
const QUESTION: Duration = Duration::from_secs(10);
/// Between two tries of what was not well.
const PAUSE: Duration = Duration::from_millis(500);

/// What to ask.
#[derive(Debug, Clone, clap::Args)]
pub struct Check {
    /// Name and port of /ready; every address that the name has is asked. May be given more than once.
    ///
    /// Example: --ready bot-gofrobot-worker-admin:8000
    #[arg(long, value_name = "HOST:PORT")]
    pub ready: Vec<String>,
    /// Webhook that must refuse a request without its secret (401).
    ///
    /// Example: --webhook http://bot-gofrobot-ingress:8080/telegram
    #[arg(long, value_name = "URL")]
    pub webhook: Option<Url>,
    /// Chat page of `gofrobot simulate` on which a newcomer plays a round.
    ///
    /// Example: --play http://bot-gofrobot-simulator:8081
    #[arg(long, value_name = "URL")]
    pub play: Option<Url>,
    /// Seconds in which each of them must become well: 1 to 3600.
    #[arg(long, default_value = "60", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub patience: u16,
    /// The bot that the Bot API must know, where there is a token.
    #[command(flatten)]
    pub telegram: config::Telegram,
}

/// Asks everything, tells each answer in a line of `out`, and returns whether all is well.
///
/// # Errors
/// `out` cannot be written to, or there is nothing to ask.
pub async fn run(check: &Check, out: &mut impl Write) -> anyhow::Result<bool> {
    let http = Client::builder().timeout(QUESTION).no_proxy().build()?;
    let patience = Duration::from_secs(check.patience.into());
    let token = check.telegram.bot_token.as_ref();
    let (webhook, page) = (check.webhook.as_ref(), check.play.as_ref());
    let asked = check.ready.len()
        + [token.is_some(), webhook.is_some(), page.is_some()]
            .map(usize::from)
            .iter()
            .sum::<usize>();
    ensure!(
        asked > 0,
        "nothing to check: give --ready, --webhook, --play or BOT_TOKEN"
    );
    let mut well = true;
    for name in &check.ready {
        let answer = insist(patience, || ready(&http, name)).await;
        well &= tell(out, &format!("ready {name}"), answer)?;
    }
    if let Some(token) = token {
        let url = &check.telegram.telegram_api_url;
        let api = BotApi::new(url.expose(), token)?;
        let answer = insist(patience, || known(&api)).await;
        well &= tell(out, &format!("Bot API {url}"), answer)?;
    }
    if let Some(url) = webhook {
        let answer = insist(patience, || guarded(&http, url)).await;
        well &= tell(out, &format!("webhook {url}"), answer)?;
    }
    if let Some(url) = page {
        let answer = play(&http, url, patience).await;
        well &= tell(out, &format!("play {url}"), answer)?;
    }
    Ok(well)
}

fn tell(
    out: &mut impl Write,
    what: &str,
    answer: anyhow::Result<impl Display>,
) -> std::io::Result<bool> {
    match answer {
        Ok(good) => writeln!(out, "ok      {what}: {good}").map(|()| true),
        Err(error) => writeln!(out, "failed  {what}: {error:#}").map(|()| false),
    }
}

/// The first good answer, or the last bad one.
async fn insist<T>(
    patience: Duration,
    mut ask: impl AsyncFnMut() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let end = Instant::now() + patience;
    loop {
        let answer = timeout_at(end, ask()).await;
        match answer {
            Ok(Err(_)) if Instant::now() + PAUSE < end => sleep(PAUSE).await,
            Ok(answer) => return answer,
            Err(_) => bail!("no answer within {} s", patience.as_secs()),
        }
    }
}

/// All addresses of a name are ready: in a cluster, all pods of a headless Service.
async fn ready(http: &Client, name: &str) -> anyhow::Result<String> {
    let found = lookup_host(name)
        .await
        .context("its address is not known")?;
    let addresses: BTreeSet<SocketAddr> = found.collect();
    ensure!(!addresses.is_empty(), "it has no address");
    for address in &addresses {
        let url = format!("http://{address}/ready");
        let answer = http.get(url).send().await;
        let answer = answer.with_context(|| format!("{address} does not answer"))?;
        let status = answer.status();
        if status != StatusCode::OK {
            let reasons = answer.text().await.unwrap_or_default();
            bail!("{address} is not ready ({status}): {}", reasons.trim());
        }
    }
    let all: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    Ok(all.join(", "))
}

/// The Bot API knows the bot.
async fn known(api: &BotApi) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Me {
        username: String,
    }
    let me: Me = api.call("getMe", &json!({})).await?;
    Ok(format!("it knows @{}", me.username))
}

/// The webhook refuses whoever does not know its secret.
async fn guarded(http: &Client, url: &Url) -> anyhow::Result<&'static str> {
    let answer = http.post(url.clone()).json(&json!({})).send().await?;
    let status = answer.status();
    ensure!(
        status == StatusCode::UNAUTHORIZED,
        "a request without the secret got {status}, expected 401"
    );
    Ok("refuses a request without the secret")
}

/// A newcomer begins, plays once and is answered each time.
async fn play(http: &Client, url: &Url, patience: Duration) -> anyhow::Result<String> {
    // The page answers only to localhost and to numbers, so that no foreign site can use it.
    let (host, port) = (url.host_str(), url.port_or_known_default());
    let place = (host.context("no host")?, port.context("no port")?);
    let mut found = lookup_host(place)
        .await
        .context("its address is not known")?;
    let api = format!("http://{}/api", found.next().context("it has no address")?);
    let newcomer = json!({"first_name": "Checker", "language_code": "en"});
    let person = post(http, &format!("{api}/people"), &newcomer).await?;
    let person = person["id"]
        .as_i64()
        .context("the page does not tell who came")?;
    for text in ["/start", "/davka"] {
        let words = json!({"as": person, "chat": person, "text": text});
        let said = post(http, &format!("{api}/messages"), &words).await?;
        let said = said["id"]
            .as_i64()
            .context("the page does not tell what was said")?;
        let chat = format!("{api}/messages?as={person}&chat={person}");
        insist(patience, || answered(http, &chat, said))
            .await
            .with_context(|| format!("{text} is not answered"))?;
    }
    Ok("a newcomer plays and is answered".to_owned())
}

async fn post(http: &Client, url: &str, body: &Value) -> anyhow::Result<Value> {
    let answer = http.post(url).json(body).send().await?;
    Ok(answer.error_for_status()?.json().await?)
}

/// The bot has said something after message `after`.
async fn answered(http: &Client, chat: &str, after: i64) -> anyhow::Result<()> {
    let answer = http.get(chat).send().await?.error_for_status()?;
    let messages: Vec<Value> = answer.json().await?;
    let by_bot = |message: &Value| message["from"]["is_bot"] == true;
    let later = |message: &Value| message["id"].as_i64() > Some(after);
    let answered = messages
        .iter()
        .any(|message| by_bot(message) && later(message));
    ensure!(answered, "the bot has said nothing");
    Ok(())
}
