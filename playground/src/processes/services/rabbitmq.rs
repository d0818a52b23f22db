//! A private RabbitMQ, with an epmd of its own, and a look at its queues.

use std::fs;
use std::path::Path;

use anyhow::Context;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};

use super::{Service, free_port};
use crate::processes::{Recipe, Slot};

/// Where Debian keeps the program itself; the one in the PATH is a wrapper that changes the user and hides the process.
pub(crate) const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

pub(crate) struct RabbitMq {
    slot: Slot,
    /// Without it the broker would leave one behind.
    epmd: Slot,
    port: u16,
}

/// What a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// Messages that wait.
    pub(crate) messages: u32,
    /// Those who take from it.
    pub(crate) consumers: u32,
}

impl RabbitMq {
    /// Prepares it; nothing runs yet. `server` is the command that becomes the broker: a program, then its arguments.
    ///
    /// # Errors
    /// No port is free, or the folder cannot be written.
    pub(crate) fn new(folder: &Path, server: &str) -> anyhow::Result<Self> {
        let home = folder.join("rabbitmq");
        fs::create_dir(&home)?;
        fs::write(home.join("enabled_plugins"), "[].")?;
        // A machine's memory is shared with a build or two; the broker must not stop publishers because of them.
        fs::write(
            home.join("rabbitmq.conf"),
            "disk_free_limit.absolute = 50MB\n",
        )?;
        let [port, distribution, epmd] = [free_port()?, free_port()?, free_port()?];
        let in_home = |name: &str| home.join(name).to_string_lossy().into_owned();
        let mut words = server.split_whitespace();
        let program = words.next().context("--rabbitmq-server is empty")?;
        let loopback = "-kernel inet_dist_use_interface {127,0,0,1}";
        let recipe = Recipe::new("rabbitmq", program, folder)
            .args(words)
            .var("HOME", in_home(""))
            .var("RABBITMQ_NODENAME", "gofrobot@localhost")
            .var("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .var("RABBITMQ_NODE_PORT", port.to_string())
            .var("RABBITMQ_DIST_PORT", distribution.to_string())
            .var("RABBITMQ_MNESIA_BASE", in_home("data"))
            .var("RABBITMQ_LOG_BASE", in_home("log"))
            .var("RABBITMQ_LOGS", "-")
            .var("RABBITMQ_PID_FILE", in_home("pid"))
            .var("RABBITMQ_ENABLED_PLUGINS_FILE", in_home("enabled_plugins"))
            .var("RABBITMQ_CONFIG_FILE", in_home("rabbitmq.conf"))
            .var("RABBITMQ_CONF_ENV_FILE", in_home("none"))
            .var("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", loopback)
            .var("ERL_EPMD_PORT", epmd.to_string())
            .var("ERL_EPMD_ADDRESS", "127.0.0.1")
            // The script then becomes the broker instead of waiting for it, so signals meet the broker itself.
            .var("RUNNING_UNDER_SYSTEMD", "1");
        let epmd = Recipe::new("epmd", "epmd", folder).args([
            "-port",
            &epmd.to_string(),
            "-address",
            "127.0.0.1",
        ]);
        Ok(Self {
            slot: Slot::new(recipe),
            epmd: Slot::new(epmd),
            port,
        })
    }

    /// Starts what must be there before the broker.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        self.epmd.start().await
    }

    /// Its address, as QUEUE_URL takes it.
    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// What these queues hold.
    ///
    /// # Errors
    /// The broker is away, or has no such queue.
    pub(crate) async fn queues(&self, names: &[String]) -> lapin::Result<Vec<Held>> {
        let broker = self.connect().await?;
        let channel = broker.create_channel().await?;
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let mut held = Vec::with_capacity(names.len());
        for name in names {
            let looked =
                channel.queue_declare(name.as_str().into(), passive, FieldTable::default());
            let queue = looked.await?;
            held.push(Held {
                messages: queue.message_count(),
                consumers: queue.consumer_count(),
            });
        }
        broker.close(200, "looked".into()).await?;
        Ok(held)
    }

    /// What the broker said of itself when it started.
    pub(crate) fn version(&self, folder: &Path) -> Option<String> {
        let log = fs::read_to_string(folder.join("rabbitmq.log")).ok()?;
        let said = log.split("Starting RabbitMQ ").nth(1)?;
        Some(format!("RabbitMQ {}", said.lines().next()?))
    }

    async fn connect(&self) -> lapin::Result<Connection> {
        Connection::connect(&self.url(), ConnectionProperties::default()).await
    }
}

impl Service for RabbitMq {
    fn slot(&self) -> &Slot {
        &self.slot
    }

    async fn serves(&self) -> bool {
        match self.connect().await {
            Ok(broker) => broker.close(200, "looked".into()).await.is_ok(),
            Err(_) => false,
        }
    }
}
