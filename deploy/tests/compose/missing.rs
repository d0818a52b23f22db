//! What is missing is told in one line, before anything starts.

use super::project::Project;

#[test]
fn a_missing_password_is_told_in_one_line_that_names_it() {
    let needed = [
        "BOT_TOKEN",
        "POSTGRES_PASSWORD",
        "RABBITMQ_PASSWORD",
        "REDIS_PASSWORD",
    ];
    for missing in needed {
        let mut project = Project::copied("missing");
        for name in needed.into_iter().filter(|name| *name != missing) {
            project.set(name, "1:given");
        }
        let ended = project.try_sh("docker compose up -d");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{missing}");
        let lines: Vec<_> = said
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        assert_eq!(lines.len(), 1, "{said}");
        assert!(
            lines[0].ends_with(&format!(
                "required variable {missing} is missing a value: put it into .env, see .env.example"
            )),
            "{said}"
        );
        assert_eq!(project.traces(), "", "nothing was started");
    }
}
