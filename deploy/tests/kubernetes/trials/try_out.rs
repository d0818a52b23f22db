//! From nothing to the first answer with everything in the chart, as somebody does who tries it out: install, play, test,
//! the commands of the notes, uninstall, and install again to find the player there.

use crate::cluster::{Cluster, until};
use crate::door::Door;
use crate::failure;
use crate::ledger;
use crate::release::Release;
use crate::stage::{PATIENCE, RELEASE, Stage};
use crate::watch::Watch;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

/// The simulated Telegram, with its page's way of speaking for people.
fn simulator(cluster: &Cluster) -> anyhow::Result<Door> {
    Door::to(cluster, "gofrobot-simulator", 8081)
}

/// The whole way, in a namespace of its own.
pub(crate) fn try_out(_: &mut Option<Stage>) -> anyhow::Result<String> {
    let cluster = Cluster::new("gofrobot-test-try-out")?;
    let seen = way(&cluster).inspect_err(|_| {
        let folder = failure::dump(&cluster, "try-out");
        println!("  events, descriptions and logs: {}", folder.display());
    });
    cluster.leave()?;
    seen
}

fn way(cluster: &Cluster) -> anyhow::Result<String> {
    let watch = Watch::new(cluster)?;
    let release = Release::new(cluster, RELEASE, json!({"simulate": true}))?;
    let begun = Instant::now();
    release.install()?;
    let telegram = simulator(cluster)?;
    let player = newcomer(&telegram)?;
    let answer = say(&telegram, player, "/start")?;
    let first_answer = begun.elapsed().as_secs_f64();
    println!("  the first answer, {first_answer:.1} s after `helm install`: {answer}");
    let davka = say(&telegram, player, "/davka")?;
    println!("  and a davka: {davka}");

    cluster.helm(&["test", RELEASE, "--timeout=2m"])?;
    let notes = cluster.helm(&["get", "notes", RELEASE])?;
    // The last of them forgets everything, and is for the end.
    let (forget, commands): (Vec<_>, Vec<_>) = notes_commands(&notes)
        .into_iter()
        .partition(|command| command.contains(" delete "));
    ensure!(
        commands.len() >= 3 && forget.len() == 1,
        "three next steps and one to forget it all were expected of the notes:\n{notes}"
    );
    for command in &commands {
        obey(cluster, command)?;
    }
    watch.quiet(cluster)?;

    release.uninstall()?;
    release.settled()?;
    let left = left_over(cluster)?;
    println!("  uninstalled; kept: {}", left.join(", "));
    let promised = [
        "persistentvolumeclaim/data-gofrobot-postgres-0",
        "persistentvolumeclaim/data-gofrobot-rabbitmq-0",
        "secret/gofrobot-generated",
    ];
    ensure!(
        left == promised,
        "uninstalling left {left:?}, not {promised:?}"
    );

    release.install()?;
    // The simulator begins anew, and this person is known by the same id.
    let telegram = simulator(cluster)?;
    let again = newcomer(&telegram)?;
    ensure!(again == player, "another person: {again}, not {player}");
    let held = say(&telegram, player, "/profile")?;
    let davkas = format!("SELECT davkas FROM players WHERE user_id = {player}");
    let davkas = ledger::query(cluster, &davkas)?;
    ensure!(
        davkas.trim() == "1",
        "the player's davka is gone: {davkas}; {held}"
    );

    release.uninstall()?;
    release.settled()?;
    obey(cluster, &forget[0])?;
    let left = left_over(cluster)?;
    ensure!(
        left.is_empty(),
        "forgotten for good, but {left:?} are there"
    );
    Ok(format!(
        "first answer {first_answer:.1} s after `helm install`, {} commands of the notes, players kept and then forgotten",
        commands.len() + 1
    ))
}

/// The first of the simulator's people.
fn newcomer(telegram: &Door) -> anyhow::Result<i64> {
    let people: Value = serde_json::from_str(&telegram.get("/api/people")?)?;
    people[0]["id"]
        .as_i64()
        .context("the simulator has no people")
}

/// Says something to the bot in private and returns its answer's first line.
fn say(telegram: &Door, player: i64, text: &str) -> anyhow::Result<String> {
    let said = telegram.post(
        "/api/messages",
        &json!({"as": player, "chat": player, "text": text}),
    )?;
    let said = said["id"].as_i64().context("the message has no id")?;
    until(&format!("an answer to {text}"), PATIENCE, || {
        let path = format!("/api/messages?as={player}&chat={player}");
        let messages: Value = serde_json::from_str(&telegram.get(&path)?)?;
        let messages = messages.as_array().context("no list of messages")?;
        let answer = messages.iter().find(|message| {
            message["from"]["is_bot"] == true && message["id"].as_i64() > Some(said)
        });
        let text = answer.and_then(|answer| answer["text"].as_str());
        Ok(text.and_then(|text| text.lines().next()).map(str::to_owned))
    })
}

/// The lines of the notes that are commands: indented, and beginning with a program's name.
fn notes_commands(notes: &str) -> Vec<String> {
    let command = |line: &&str| line.starts_with("kubectl ") || line.starts_with("helm ");
    notes
        .lines()
        .map(str::trim)
        .filter(command)
        .map(str::to_owned)
        .collect()
}

/// Runs a command of the notes as printed. One that forwards a port goes on until it is stopped: it has done what it
/// promises when the page comes through.
fn obey(cluster: &Cluster, line: &str) -> anyhow::Result<()> {
    if !line.contains("port-forward") {
        return cluster.shell(line).map(drop);
    }
    println!("  $ {line}");
    let door = Door::by(cluster.shell_command(line))?;
    let page = door.get("/")?;
    ensure!(page.contains("<title>"), "no page comes through: {page}");
    Ok(())
}

/// What an uninstalled release left, but for what every namespace has.
fn left_over(cluster: &Cluster) -> anyhow::Result<Vec<String>> {
    let kinds = "all,configmap,secret,serviceaccount,pvc,pdb,networkpolicy,role,rolebinding,cronjob,job,hpa,ingress";
    let names = cluster.look(["get", kinds, "-o", "name"])?;
    let ours =
        |name: &&str| !["configmap/kube-root-ca.crt", "serviceaccount/default"].contains(name);
    Ok(names
        .lines()
        .filter(ours)
        .map(str::to_owned)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect())
}
