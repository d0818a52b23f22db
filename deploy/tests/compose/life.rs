//! From nothing to a bot that somebody plays, and what an operator does to it then.

use super::backups;
use super::crowd;
use super::project::Project;
use super::telegram::{ALICE, ask};

const PAGE: &str = "operate/compose.md";

/// All that grows in the game, of everybody: what may never be lost.
pub(crate) fn figures(project: &Project) -> String {
    let columns = "user_id, gofra_mm, cable_mm, total_zmiy_g, davkas";
    project.sql(&format!("SELECT {columns} FROM players ORDER BY user_id"))
}

#[test]
fn the_shortest_way_leads_to_a_game() {
    let project = Project::in_place("shortest");
    project.book(PAGE, "Play without a token");
    let page = gofrobot_deploy::http::get(&project.page, "/").unwrap();
    assert!(page.0 == 200 && page.1.contains("<html"), "{page:?}");
    let answer = ask(&project.page, ALICE, "/start");
    assert!(answer.contains("Welcome"), "{answer}");
    let answer = ask(&project.page, ALICE, "/davka");
    assert!(answer.contains("of zmiy"), "{answer}");
    project.book(PAGE, "Remove it again");
    assert_eq!(project.traces(), "");
}

#[test]
fn nobody_loses_anything() {
    let mut project = Project::copied("life");
    // The page lets the operator write a token into .env; these stand in its place.
    project.set("BOT_TOKEN", "7000000001:simulated");
    project.set("TELEGRAM_API_URL", "http://simulator:8081");
    project.set("COMPOSE_PROFILES", "simulate");
    project.book(PAGE, "Run your bot");
    for text in ["/start", "/davka", "/gofra"] {
        ask(&project.page, ALICE, text);
    }
    project.book(PAGE, "Look inside");
    println!(
        "{}",
        project.sh("docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}'")
    );

    crowd::plays_while_workers_come_and_die(&project);

    project.set("WEBHOOK_URL", "http://ingress:8080/telegram");
    project.set("WEBHOOK_SECRET", "a-long-random-text");
    project.sh("docker compose up -d --wait");
    let answer = ask(&project.page, ALICE, "/gofra");
    assert!(answer.contains("Gofra"), "{answer}");

    backups::are_made_every_night_and_on_demand(&mut project);
    backups::bring_back_what_was_there(&project);
    backups::survive_the_volume(&project);

    let before = figures(&project);
    project.book(PAGE, "Stop and start");
    assert_eq!(figures(&project), before, "down and up keep everybody");
    let answer = ask(&project.page, ALICE, "/start");
    assert!(answer.contains("There you are"), "{answer}");
}
