//! A queue between the audio clock, which must not wait, and a thread that may. When full, the oldest is dropped.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct DropOldest<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    capacity: usize,
}

/// Nothing comes any more.
#[derive(Debug)]
pub(super) struct Closed;

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> DropOldest<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { items: VecDeque::new(), closed: false };
        Self { state: Mutex::new(state), filled: Condvar::new(), capacity }
    }

    /// Appends an item; returns the oldest one where there was no room for both.
    pub(super) fn push(&self, item: T) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.items.push_back(item);
        let dropped = if state.items.len() > self.capacity { state.items.pop_front() } else { None };
        self.filled.notify_one();
        dropped
    }

    /// The oldest item; waits for one. `None` after [`DropOldest::close`].
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.closed {
                return None;
            }
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The oldest item if there is one; waits for one at most so long. `Err` after [`DropOldest::close`].
    pub(super) fn pop_within(&self, patience: Duration) -> Result<Option<T>, Closed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.items.is_empty() && !state.closed && !patience.is_zero() {
            state = self.filled.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        match state.items.pop_front() {
            None if state.closed => Err(Closed),
            item => Ok(item),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed
    }

    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_dropped_and_named() {
        let queue = DropOldest::new(2);
        assert_eq!(queue.push(1), None);
        assert_eq!(queue.push(2), None);
        assert_eq!(queue.push(3), Some(1));
        assert_eq!((queue.pop(), queue.pop()), (Some(2), Some(3)));
        queue.close();
        assert_eq!(queue.pop(), None);
    }
}
