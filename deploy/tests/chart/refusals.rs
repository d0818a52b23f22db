//! Wrong values are refused before anything is installed: those that the chart judges in these words, those that the schema
//! judges by their path.

use crate::helm::refusal;

/// Refused by the chart: what is set, and what it says.
const OURS: &[(&[&str], &str)] = &[
    (
        &[],
        "telegram.existingSecret.name: missing, the bot needs its token; example: kubectl create secret generic bot-token --from-literal=token=123456789:AbC... and --set telegram.existingSecret.name=bot-token (or play without Telegram: --set simulate=true)",
    ),
    (
        &["telegram.token=nonsense"],
        "telegram.token: not a bot token (the value is not shown); example: 123456789:AbC-dEf_1",
    ),
    (
        &["simulate=true", "telegram.token=1:a"],
        "simulate: true plays without Telegram, but telegram.token, telegram.existingSecret, telegram.apiUrl or webhook.url is set; leave them empty, or leave simulate out (for a simulated webhook: --set webhook.simulated=true)",
    ),
    (
        &["telegram.token=1:a", "telegram.existingSecret.name=b"],
        "telegram.token: given by value and by telegram.existingSecret; leave one of them out",
    ),
    (
        &["telegram.token=1:a", "webhook.url=bot.example.org"],
        "webhook.url: \"bot.example.org\" is not a public address with a path; example: https://bot.example.org/telegram",
    ),
    (
        &[
            "telegram.token=1:a",
            "webhook.url=https://bot.example.org:9443/telegram",
        ],
        "webhook.url: \"https://bot.example.org:9443/telegram\": Telegram posts only to https:// on port 443, 80, 88 or 8443; example: https://bot.example.org/telegram",
    ),
    (
        &[
            "telegram.token=1:a",
            "webhook.httpRoute.enabled=true",
            "webhook.httpRoute.parentRefs[0].name=public",
        ],
        "webhook.url: missing, a route needs its host and path; example: --set webhook.url=https://bot.example.org/telegram",
    ),
    (
        &[
            "telegram.token=1:a",
            "webhook.url=https://b.example.org/telegram",
            "webhook.httpRoute.enabled=true",
        ],
        "webhook.httpRoute.parentRefs: empty, the route needs a gateway; example: [{name: public, namespace: gateways}]",
    ),
    (
        &[
            "telegram.token=1:a",
            "webhook.url=https://b.example.org/hook",
            "webhook.ingress.enabled=true",
        ],
        "webhook.url: an Ingress cannot rewrite \"/hook\" to /telegram, where the bot listens; example: https://bot.example.org/telegram (or webhook.httpRoute, which can)",
    ),
    (
        &["telegram.token=1:a", "webhook.secret=no spaces"],
        "webhook.secret: expected one secret, or two separated by a comma, of characters A-Z a-z 0-9 _ - (the value is not shown); example: openssl rand -hex 24",
    ),
    (
        &["simulate=true", "config.partitions=1001"],
        "config.partitions: 1001 is out of range; expected 1 to 1000",
    ),
    (
        &["simulate=true", "config.logLevel=loud"],
        "config.logLevel: \"loud\": expected error, warn, info, debug, trace or off, or levels by target; example: info,gofrobot_worker=debug",
    ),
    (
        &["simulate=true", "config.queuePrefix=amq.bot"],
        "config.queuePrefix: \"amq.bot\": expected 1 to 64 characters A-Z a-z 0-9 . _ - : and not amq, which RabbitMQ keeps for itself; example: gofrobot",
    ),
    (
        &["simulate=true", "config.adminIds={-5}"],
        "config.adminIds: -5 is not a Telegram user id; expected positive numbers, example: [1001, 1002]",
    ),
    (
        &["simulate=true", "worker.autoscaling.kind=both"],
        "worker.autoscaling.kind: \"both\" is none of keda, hpa",
    ),
    (
        &[
            "simulate=true",
            "worker.autoscaling.kind=keda",
            "worker.autoscaling.maxReplicas=33",
        ],
        "worker.autoscaling.maxReplicas: 33 is more than config.partitions, 32: more workers than partitions have nothing to do; example: --set worker.autoscaling.maxReplicas=32",
    ),
    (
        &[
            "simulate=true",
            "worker.autoscaling.kind=keda",
            "config.partitions=501",
        ],
        "config.partitions: 501, but KEDA asks RabbitMQ's management API for one page of queues, and the largest has 500; example: --set config.partitions=500, or --set worker.autoscaling.kind=hpa",
    ),
    (
        &[
            "simulate=true",
            "worker.autoscaling.kind=hpa",
            "worker.resources.requests.cpu=null",
        ],
        "worker.resources.requests.cpu: missing, the use of the processor is told in percent of it; example: --set worker.resources.requests.cpu=100m",
    ),
    (
        &["simulate=true", "migrate.enabled=true"],
        "migrate.enabled: the Job runs before the PostgreSQL in the chart exists; leave it out (the workers migrate as they start), or use a database of your own: --set postgres.inChart=false",
    ),
    (
        &[
            "simulate=true",
            "gitops=true",
            "redis.password=a",
            "postgres.password=b",
        ],
        "gitops: true renders without a cluster, where a Secret that is made up changes with every rendering; give rabbitmq-password by existingSecret (example: --set redis.existingSecret.name=bot-redis)",
    ),
    (
        &["simulate=true", "redis.host=redis.example.org"],
        "redis.host: set, while the chart runs one of its own; add --set redis.inChart=false",
    ),
    (
        &["simulate=true", "postgres.inChart=false"],
        "postgres.host: missing, with postgres.inChart=false the chart runs none; example: --set postgres.host=postgres.example.org",
    ),
    (
        &[
            "simulate=true",
            "rabbitmq.inChart=false",
            "rabbitmq.host=mq",
        ],
        "rabbitmq.existingSecret.name: missing, the password of mq is needed; example: kubectl create secret generic bot-rabbitmq --from-literal=password=... and --set rabbitmq.existingSecret.name=bot-rabbitmq",
    ),
    (
        &["simulate=true", "postgres.password=p@ss"],
        "postgres.password: becomes part of an address, so it has letters, digits, _ and - only (the value is not shown); another one goes as a whole address into a Secret: postgres.existingSecret.urlKey",
    ),
    (
        &["simulate=true", "rabbitmq.tls=true"],
        "rabbitmq.tls: the one in the chart speaks none; add --set rabbitmq.inChart=false and --set rabbitmq.host=..., or leave tls out",
    ),
    (
        &["simulate=true", "ingress.preStopSleepSeconds=20"],
        "ingress.terminationGracePeriodSeconds: 30 is too short for the sleep before the stop and the 10 s in which ingress drains; expected at least 35",
    ),
    (
        &["simulate=true", "worker.terminationGracePeriodSeconds=5"],
        "worker.terminationGracePeriodSeconds: 5 is too short for the 10 s in which a worker hands its partitions over; expected at least 15",
    ),
    (
        &[
            "simulate=true",
            "metrics.podMonitor=true",
            "metrics.serviceMonitor=true",
        ],
        "metrics.serviceMonitor: with metrics.podMonitor every pod would be scraped twice; leave one of them out",
    ),
    (
        &["simulate=true", "backup.schedule=nightly"],
        "backup.schedule: \"nightly\" is not a time of cron; example: 17 3 * * * (minute, hour, day, month, weekday)",
    ),
    (
        &["simulate=true", "persistence.whenDeleted=Keep"],
        "persistence.whenDeleted: \"Keep\" is none of Retain, Delete",
    ),
    (
        &["simulate=true", "worker.image.digest=latest"],
        "worker.image.digest: \"latest\" is no digest; example: sha256: and 64 characters 0-9 a-f",
    ),
    (
        &["simulate=true", "fullnameOverride=7bot"],
        "fullnameOverride: objects would be called \"7bot\", but a Service's name has a-z 0-9 - and begins with a letter; example: --set fullnameOverride=bot",
    ),
];

/// Refused by the schema: what is set, and the path that it names.
const BY_SCHEMA: &[(&str, &str)] = &[
    ("worker.replicas=many", "/worker/replicas"),
    ("worker.replica=3", "/worker"),
    ("rabbitmq.inChart=maybe", "/rabbitmq/inChart"),
    ("telegram.tokn=1:a", "/telegram"),
    ("config.adminIds=1001", "/config/adminIds"),
    (
        "webhook.httpRoute.parentRefs={public}",
        "/webhook/httpRoute/parentRefs/0",
    ),
    ("ingress.podLabels.team=1", "/ingress/podLabels/team"),
    ("networkPolicy.dnsPorts={dns}", "/networkPolicy/dnsPorts/0"),
    (
        "postgres.server.resources=big",
        "/postgres/server/resources",
    ),
    ("persistence.enabled=1", "/persistence/enabled"),
    ("simulation=true", "''"),
    ("image.pullSecrets={registry}", "/image/pullSecrets/0"),
];

#[test]
fn the_chart_says_what_is_wrong_why_and_what_would_be_right() {
    for (set, words) in OURS {
        let said = refusal(set);
        let told: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_prefix("  "))
            .collect();
        assert_eq!(told, [*words], "{set:?}: {said}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let said = refusal(&["config.partitions=0", "redis.port=70000"]);
    for path in [
        "telegram.existingSecret.name: ",
        "config.partitions: ",
        "redis.port: ",
    ] {
        assert_eq!(said.matches(&format!("\n  {path}")).count(), 1, "{said}");
    }
}

#[test]
fn no_secret_is_shown_when_it_is_refused() {
    let said = refusal(&[
        "telegram.token=sesame",
        "webhook.secret=open sesame",
        "postgres.password=s@sesame",
    ]);
    assert!(
        said.contains("postgres.password") && !said.contains("sesame"),
        "{said}"
    );
}

#[test]
fn the_schema_names_the_path_of_a_wrong_type_or_name() {
    for (set, path) in BY_SCHEMA {
        let said = refusal(&["simulate=true", set]);
        assert!(
            said.contains("values don't meet the specifications of the schema"),
            "{said}"
        );
        assert!(
            said.contains(&format!("at '{path}'")) || said.contains(&format!("at {path}")),
            "{set}: {path} is not in {said}"
        );
    }
}
