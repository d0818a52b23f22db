//! Dumps are made, and bring back what was there.

use super::life::figures;
use super::project::Project;
use super::telegram::{ALICE, ask};
use gofrobot_deploy::wait::until_some;
use std::fs;
use std::time::Duration;

const PAGE: &str = "operate/backup.md";

/// The names of the dumps, oldest first.
fn dumps(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.folder.join("backups")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".dump")).collect();
    names.sort();
    names
}

pub(crate) fn are_made_every_night_and_on_demand(project: &mut Project) {
    let said = project.book(PAGE, "Now");
    println!("{said}");
    let first = dumps(project);
    assert_eq!(first.len(), 1, "{said}");

    // A night that begins in a moment, and leaves room for one dump only.
    let soon = project.sh("date -u -d '+20 seconds' +%T");
    project.set("BACKUP_AT", soon.trim());
    project.set("BACKUP_KEEP", "1");
    project.book(PAGE, "Every night");
    let last = until_some("a dump of the night alone", Duration::from_secs(90), || {
        let there = dumps(project);
        (there.len() == 1 && there != first).then_some(there)
    });
    println!(
        "{}",
        project.sh("docker compose --profile backup logs --no-log-prefix backup")
    );
    project.sh("docker compose --profile backup stop backup");
    assert!(last > first, "the newest is kept: {first:?}, {last:?}");
}

pub(crate) fn bring_back_what_was_there(project: &Project) {
    let before = figures(project);
    let gofra = ask(&project.page, ALICE, "/gofra");
    project.sql("UPDATE players SET gofra_mm = 1, davkas = 0");
    project.sql("CREATE TABLE of_a_newer_version (x int)");
    let refused = project.try_sh("docker compose run --rm backup restore latest");
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("stop the workers first"), "{refused}");

    project.book(PAGE, "Restore");
    assert_eq!(figures(project), before);
    assert_eq!(ask(&project.page, ALICE, "/gofra"), gofra);
    let tables =
        project.sql("SELECT count(*) FROM pg_tables WHERE tablename = $$of_a_newer_version$$");
    assert_eq!(tables.trim(), "0", "all of it is as it was");
}

pub(crate) fn survive_the_volume(project: &Project) {
    let before = figures(project);
    let gofra = ask(&project.page, ALICE, "/gofra");
    project.sh("docker compose --profile '*' down --volumes");
    assert_eq!(project.traces(), "");
    project.book(PAGE, "When the volume or the machine is lost");
    assert_eq!(figures(project), before);
    assert_eq!(ask(&project.page, ALICE, "/gofra"), gofra);

    // Half a dump changes nothing.
    let latest = project
        .folder
        .join("backups")
        .join(dumps(project).pop().unwrap());
    let whole = fs::read(&latest).unwrap();
    fs::write(
        latest.with_file_name("gofrobot-9-half.dump"),
        &whole[..whole.len() / 2],
    )
    .unwrap();
    project.sh("docker compose stop ingress worker");
    let refused = project.try_sh("docker compose run --rm backup restore latest");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("nothing was changed"),
        "{said}"
    );
    assert_eq!(figures(project), before);
    fs::remove_file(latest.with_file_name("gofrobot-9-half.dump")).unwrap();
    project.sh("docker compose up -d --wait");
}
