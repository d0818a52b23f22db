//! A private Redis. Nothing is kept on disk: limits and cache may be lost at any time.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Service, free_port};
use crate::processes::{Recipe, Slot};

pub(crate) struct Redis {
    slot: Slot,
    port: u16,
}

impl Redis {
    /// Prepares it; nothing runs yet.
    ///
    /// # Errors
    /// No port is free.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let arguments = format!("--port {port} --bind 127.0.0.1 --appendonly no --save");
        let recipe = Recipe::new("redis", "redis-server", folder)
            .args(arguments.split(' '))
            .args([""]);
        Ok(Self {
            slot: Slot::new(recipe),
            port,
        })
    }

    /// Its address, as REDIS_URL takes it.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn ping(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        Ok(&answer == b"+PONG")
    }
}

impl Service for Redis {
    fn slot(&self) -> &Slot {
        &self.slot
    }

    async fn serves(&self) -> bool {
        matches!(self.ping().await, Ok(true))
    }
}
