//! One lane a chat: what is to be said in a chat is said in order, one after another, and a chat that has to wait
//! (flood control, a server that does not answer) keeps nobody else waiting.
//!
//! A lane exists only while it has work: the first job starts a task, the task ends with the lane's last job.

use crate::game::player::ChatId;
use futures_util::future::BoxFuture;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::task::TaskTracker;

/// Jobs waiting in one lane. A chat that is frozen for Telegram's usual 30 to 60 seconds gathers this many only when
/// it is being flooded; the oldest then gives way. Less than a partition's prefetch, so that such a chat cannot hold
/// up the players who share its partition.
const LANE_BOUND: usize = 32;

type Run<J> = dyn Fn(J) -> BoxFuture<'static, ()> + Send + Sync;

/// All lanes of one worker.
pub(crate) struct Lanes<J> {
    waiting: Mutex<HashMap<ChatId, VecDeque<J>>>,
    tasks: TaskTracker,
    run: Box<Run<J>>,
}

impl<J: Send + 'static> Lanes<J> {
    /// Lanes whose jobs are done by `run`.
    pub(crate) fn new(
        run: impl Fn(J) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            tasks: TaskTracker::new(),
            run: Box::new(run),
        })
    }

    /// Puts a job at the end of a chat's lane; returns the job that had to give way to it, if the lane was full.
    pub(crate) fn push(self: &Arc<Self>, chat: ChatId, job: J) -> Option<J> {
        let mut waiting = self.lock();
        match waiting.entry(chat) {
            Entry::Occupied(mut lane) => {
                let lane = lane.get_mut();
                lane.push_back(job);
                if lane.len() > LANE_BOUND {
                    lane.pop_front()
                } else {
                    None
                }
            }
            Entry::Vacant(place) => {
                place.insert(VecDeque::new());
                drop(waiting);
                self.tasks.spawn(Arc::clone(self).drive(chat, job));
                None
            }
        }
    }

    /// Does a job at once, in no lane: what no chat has to wait for.
    pub(crate) fn at_once(&self, job: J) {
        self.tasks.spawn((self.run)(job));
    }

    /// Number of lanes and of jobs in none that are at work.
    pub(crate) fn busy(&self) -> usize {
        self.tasks.len()
    }

    /// Completes when every lane is empty. Nothing may be pushed any more by then.
    pub(crate) async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn drive(self: Arc<Self>, chat: ChatId, first: J) {
        let mut next = Some(first);
        while let Some(job) = next {
            (self.run)(job).await;
            next = self.next(chat);
        }
    }

    fn next(&self, chat: ChatId) -> Option<J> {
        let mut waiting = self.lock();
        let job = waiting.get_mut(&chat).and_then(VecDeque::pop_front);
        if job.is_none() {
            waiting.remove(&chat);
        }
        job
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ChatId, VecDeque<J>>> {
        // No job runs under this lock, so a panic elsewhere cannot have left the map half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::{Notify, mpsc};

    type Word = (i64, u32);
    type Heard = mpsc::UnboundedReceiver<Word>;

    fn recording() -> (Arc<Lanes<Word>>, Heard, Arc<Notify>) {
        let (done, seen) = mpsc::unbounded_channel();
        let thaw = Arc::new(Notify::new());
        let gate = Arc::clone(&thaw);
        let lanes = Lanes::new(move |(chat, number)| {
            let (done, gate) = (done.clone(), Arc::clone(&gate));
            Box::pin(async move {
                if chat == 0 {
                    gate.notified().await;
                }
                let _ = done.send((chat, number));
            })
        });
        (lanes, seen, thaw)
    }

    #[tokio::test]
    async fn a_chat_is_served_in_order() {
        let (lanes, mut seen, _) = recording();
        for number in 0..LANE_BOUND as u32 {
            lanes.push(7, (7, number));
        }
        for number in 0..LANE_BOUND as u32 {
            assert_eq!(seen.recv().await, Some((7, number)));
        }
        lanes.drained().await;
        assert_eq!(lanes.busy(), 0);
    }

    #[tokio::test]
    async fn a_frozen_chat_delays_nobody_else() {
        let (lanes, mut seen, thaw) = recording();
        lanes.push(0, (0, 1));
        lanes.push(5, (5, 1));
        assert_eq!(seen.recv().await, Some((5, 1)));
        thaw.notify_one();
        assert_eq!(seen.recv().await, Some((0, 1)));
    }

    #[tokio::test]
    async fn what_is_done_at_once_waits_for_no_lane() {
        let (lanes, mut seen, thaw) = recording();
        lanes.push(0, (0, 1));
        lanes.at_once((5, 2));
        assert_eq!(seen.recv().await, Some((5, 2)));
        thaw.notify_one();
        assert_eq!(seen.recv().await, Some((0, 1)));
        // It is waited for all the same.
        lanes.at_once((0, 3));
        let drained = lanes.drained();
        tokio::pin!(drained);
        tokio::select! {
            biased;
            () = &mut drained => panic!("a job was left"),
            () = tokio::task::yield_now() => {}
        }
        thaw.notify_one();
        drained.await;
    }

    #[tokio::test]
    async fn a_full_lane_lets_the_oldest_go() {
        let (lanes, _seen, _) = recording();
        for number in 0..=LANE_BOUND as u32 {
            assert_eq!(lanes.push(0, (0, number)), None);
        }
        assert_eq!(lanes.push(0, (0, 99)), Some((0, 1)));
    }
}
