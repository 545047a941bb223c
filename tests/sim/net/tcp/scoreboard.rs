//! What is known of each segment in flight (RFC 6675 §2-4).

use std::collections::VecDeque;

/// Segments that must have arrived beyond a missing one until it counts as lost.
const DUP_THRESHOLD: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Flying,
    /// The receiver has it.
    Selected,
    Lost,
    /// Lost and sent again.
    Again,
}

/// Segments from the first that is not acknowledged to the last that was sent.
#[derive(Debug, Default)]
pub(super) struct Scoreboard {
    first: u64,
    states: VecDeque<State>,
    /// Flying and sent again: what the network holds, as far as is known ("pipe").
    pipe: u64,
    lost: u64,
}

impl Scoreboard {
    /// All before `expected` is there. Returns how many that news covers.
    pub(super) fn advance(&mut self, expected: u64) -> u64 {
        let mut news = 0;
        while self.first < expected {
            let Some(state) = self.states.pop_front() else { break };
            self.forget(state);
            self.first += 1;
            news += 1;
        }
        news
    }

    /// The receiver has this one beyond a hole.
    pub(super) fn select(&mut self, number: u64) {
        let Some(index) = number.checked_sub(self.first) else { return };
        let Some(state) = self.states.get_mut(index as usize) else { return };
        let old = std::mem::replace(state, State::Selected);
        self.forget(old);
        self.find_lost();
    }

    /// After a timeout everything that the receiver is not known to have is lost.
    pub(super) fn lose_all(&mut self) {
        for state in &mut self.states {
            if *state != State::Selected {
                *state = State::Lost;
            }
        }
        self.pipe = 0;
        self.lost = self.states.iter().filter(|state| **state == State::Lost).count() as u64;
    }

    /// Sends the first lost one again.
    pub(super) fn repeat(&mut self) -> Option<u64> {
        if self.lost == 0 {
            return None;
        }
        let index = self.states.iter().position(|state| *state == State::Lost)?;
        self.states[index] = State::Again;
        self.lost -= 1;
        self.pipe += 1;
        Some(self.first + index as u64)
    }

    /// Sends a new one.
    pub(super) fn extend(&mut self) -> u64 {
        self.states.push_back(State::Flying);
        self.pipe += 1;
        self.next() - 1
    }

    /// The first number that was never sent.
    pub(super) fn next(&self) -> u64 {
        self.first + self.states.len() as u64
    }

    /// The first number that is not acknowledged.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn pipe(&self) -> u64 {
        self.pipe
    }

    pub(super) fn has_lost(&self) -> bool {
        self.lost > 0
    }

    fn find_lost(&mut self) {
        let mut beyond = 0;
        for state in self.states.iter_mut().rev() {
            match state {
                State::Selected => beyond += 1,
                State::Flying if beyond >= DUP_THRESHOLD => {
                    *state = State::Lost;
                    self.pipe -= 1;
                    self.lost += 1;
                }
                _ => {}
            }
        }
    }

    fn forget(&mut self, state: State) {
        match state {
            State::Flying | State::Again => self.pipe -= 1,
            State::Lost => self.lost -= 1,
            State::Selected => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_is_lost_once_three_beyond_it_are_there() {
        let mut board = Scoreboard::default();
        (0..6).for_each(|_| _ = board.extend());
        board.select(2);
        board.select(3);
        assert_eq!((board.has_lost(), board.pipe()), (false, 4));
        board.select(4);
        assert_eq!((board.has_lost(), board.pipe()), (true, 1));
        assert_eq!((board.repeat(), board.repeat(), board.repeat()), (Some(0), Some(1), None));
        assert_eq!(board.pipe(), 3);
    }

    #[test]
    fn acknowledgement_forgets_what_it_covers() {
        let mut board = Scoreboard::default();
        (0..5).for_each(|_| _ = board.extend());
        board.select(1);
        assert_eq!((board.advance(2), board.first(), board.next(), board.pipe()), (2, 2, 5, 3));
        assert_eq!(board.advance(2), 0);
    }

    #[test]
    fn after_a_timeout_all_but_what_is_there_goes_again() {
        let mut board = Scoreboard::default();
        (0..4).for_each(|_| _ = board.extend());
        board.select(2);
        board.lose_all();
        assert_eq!(board.pipe(), 0);
        let again: Vec<u64> = std::iter::from_fn(|| board.repeat()).collect();
        assert_eq!(again, [0, 1, 3]);
    }
}
