//! What a timer of the network means to the world: a word of 64 bits each way.

/// See the module; numbers are places among publishers, receivers, happenings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// The engine's deadline.
    Engine,
    /// Everybody's estimates are looked at.
    Sample,
    PublisherJoins(usize),
    PublisherLeaves(usize),
    /// Its next frame comes to the engine.
    Frame(usize),
    /// Its sender reports do.
    Report(usize),
    ReceiverJoins(usize),
    Tick(usize),
    Begin(usize),
    End(usize),
    /// A change at random.
    Drag(usize),
}

impl Wake {
    pub fn to_token(self) -> u64 {
        let (kind, place) = match self {
            Self::Engine => (0, 0),
            Self::Sample => (1, 0),
            Self::PublisherJoins(place) => (2, place),
            Self::PublisherLeaves(place) => (3, place),
            Self::Frame(place) => (4, place),
            Self::Report(place) => (5, place),
            Self::ReceiverJoins(place) => (6, place),
            Self::Tick(place) => (7, place),
            Self::Begin(place) => (8, place),
            Self::End(place) => (9, place),
            Self::Drag(place) => (10, place),
        };
        kind << 32 | place as u64
    }

    pub fn of_token(token: u64) -> Self {
        let place = (token & 0xffff_ffff) as usize;
        match token >> 32 {
            0 => Self::Engine,
            1 => Self::Sample,
            2 => Self::PublisherJoins(place),
            3 => Self::PublisherLeaves(place),
            4 => Self::Frame(place),
            5 => Self::Report(place),
            6 => Self::ReceiverJoins(place),
            7 => Self::Tick(place),
            8 => Self::Begin(place),
            9 => Self::End(place),
            10 => Self::Drag(place),
            _ => unreachable!("no such timer was set"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wake_survives_its_word() {
        for wake in [Wake::Engine, Wake::Frame(7), Wake::Drag(99), Wake::End(0), Wake::Tick(3)] {
            assert_eq!(Wake::of_token(wake.to_token()), wake);
        }
    }
}
