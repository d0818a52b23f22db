//! Two grave mistakes, made on purpose: a test of the breaker (`gofrobot chaos`) builds a worker with them and sees that
//! they are found out. They exist only under the feature `broken`, which no other build has; there are three hooks, in
//! `batch`, `found` and `postgres::save`.

use super::error::Failure;
use super::found::Found;
use gofrobot_shared::queue::Delivery;

/// Which mistake is made: the variable `BROKEN`.
fn is(mistake: &str) -> bool {
    std::env::var("BROKEN").is_ok_and(|value| value == mistake)
}

/// `BROKEN=ack-first`: updates are acknowledged before anything of them is committed.
pub(crate) fn acknowledge(deliveries: &mut [Delivery]) {
    if is("ack-first") {
        deliveries.iter_mut().for_each(Delivery::ack_early);
    }
}

/// `BROKEN=no-ledger`: what was played before is not looked up ...
pub(super) fn forget(found: &mut Vec<Found>) {
    if is("no-ledger") {
        found.retain(|row| row.what != "played");
    }
}

/// ... and its row, which exists already, is no reason to stop.
pub(super) fn forgive(written: Result<(), Failure>) -> Result<(), Failure> {
    match written {
        Err(Failure::Conflict(_)) if is("no-ledger") => Ok(()),
        written => written,
    }
}
