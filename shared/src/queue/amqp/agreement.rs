//! How many partitions there are: all programs of a bot must mean the same number, for it decides in which queue a player's
//! updates lie.
//!
//! Whoever comes first writes it down on the broker, as the bound of a queue that nobody ever puts anything into: the broker
//! creates a queue once, however many ask at the same moment, keeps it over its restarts, and refuses everybody who asks
//! for it with another bound, telling what the bound is. An operator sees it in `rabbitmqctl list_queues name arguments` and
//! removes it with `rabbitmqctl delete_queue`. (The broker compares no argument of an update queue that could say it, and
//! one compares exchanges by nothing but the name of another.)

use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::{Connection, ErrorKind};

use super::connection;
use super::topology::Topology;

/// Agrees with everybody else on the number of partitions, before anything is declared, published or consumed.
///
/// # Errors
/// Another number counts, in words for an operator; or the broker cannot be asked.
pub(super) async fn agree(connection: &Connection, topology: &Topology) -> lapin::Result<()> {
    let asking = async {
        let channel = connection.create_channel().await?;
        topology.declare_number(&channel).await?;
        channel.close(200, "OK".into()).await
    };
    let answer = connection::within(connection::ANSWER_TIMEOUT, asking).await;
    answer.map_err(|error| match declared(&error) {
        Some(other) => std::io::Error::other(words(topology, &other)).into(),
        None => error,
    })
}

/// The number on the broker, if that is why it refuses.
fn declared(error: &lapin::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::ProtocolError(refusal)
            if *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) =>
        {
            Some(current(refusal.get_message().as_str()).to_owned())
        }
        _ => None,
    }
}

/// The number in the broker's sentence: "... received '16' but current is '32'", or, as it tells arguments of other types, "...
/// but current is the value '32' of type 'signedint'".
fn current(sentence: &str) -> &str {
    let value = sentence.rsplit_once("but current is ");
    let number = value.and_then(|(_, rest)| rest.split('\'').nth(1));
    number
        .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or("another number")
}

fn words(topology: &Topology, other: &str) -> String {
    format!(
        "PARTITIONS is {} here and {other} on the broker, which counts: set PARTITIONS={other}; \
         or, to change the number, stop ingress, let the workers empty the queues, stop them, delete the queue {} and start anew",
        topology.partitions,
        topology.number()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_sentence_is_understood() {
        let start = "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'g.partitions.v1' in vhost '/': received";
        for (end, number) in [
            (" '16' but current is '32'", "32"),
            (
                " the value '16' of type 'signedint' but current is the value '32' of type 'signedint'",
                "32",
            ),
            (" '16' but current is none", "another number"),
            ("", "another number"),
        ] {
            assert_eq!(current(&format!("{start}{end}")), number);
        }
        let words = words(&Topology::new("g", 16, 1), "32");
        assert!(
            words.starts_with("PARTITIONS is 16 here and 32 on the broker"),
            "{words}"
        );
        assert!(
            words.contains("delete the queue g.partitions.v1"),
            "{words}"
        );
    }
}
