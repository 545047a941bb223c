//! Packet status chunks (§3.1.3-3.1.4): 16 bits for a run of one status, for 14 statuses of one
//! bit, or for 7 of two bits.

/// The status of one packet (§3.1.1), and so the kind of delta it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Symbol {
    /// Not received: no delta.
    Missing,
    /// Received, 0-63.75 ms after the one before: a delta of one byte.
    SmallDelta,
    /// Received, later than that or earlier: a delta of two bytes with sign.
    LargeDelta,
    /// Reserved: no delta.
    Reserved,
}

impl Symbol {
    const fn from_bits(bits: u16) -> Self {
        match bits & 0b11 {
            0 => Self::Missing,
            1 => Self::SmallDelta,
            2 => Self::LargeDelta,
            _ => Self::Reserved,
        }
    }

    const fn bits(self) -> u16 {
        match self {
            Self::Missing => 0,
            Self::SmallDelta => 1,
            Self::LargeDelta => 2,
            Self::Reserved => 3,
        }
    }

    /// Bytes of the delta.
    pub(super) const fn delta_len(self) -> usize {
        match self {
            Self::Missing | Self::Reserved => 0,
            Self::SmallDelta => 1,
            Self::LargeDelta => 2,
        }
    }
}

/// One chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Chunk {
    /// `length` times the same; 0-8191.
    Run { symbol: Symbol, length: u16 },
    /// Fourteen of one bit, the first one uppermost.
    OneBit(u16),
    /// Seven of two bits, the first one uppermost.
    TwoBit(u16),
}

impl Chunk {
    pub(super) const fn from_bytes(bytes: [u8; 2]) -> Self {
        let word = u16::from_be_bytes(bytes);
        match word >> 14 {
            0 | 1 => Self::Run { symbol: Symbol::from_bits(word >> 13), length: word & MAX_RUN },
            2 => Self::OneBit(word & VECTOR_MASK),
            _ => Self::TwoBit(word & VECTOR_MASK),
        }
    }

    pub(super) const fn to_bytes(self) -> [u8; 2] {
        let word = match self {
            Self::Run { symbol, length } => symbol.bits() << 13 | (length & MAX_RUN),
            Self::OneBit(bits) => 0b10 << 14 | (bits & VECTOR_MASK),
            Self::TwoBit(bits) => 0b11 << 14 | (bits & VECTOR_MASK),
        };
        word.to_be_bytes()
    }

    /// How many statuses it holds.
    pub(super) const fn len(self) -> u16 {
        match self {
            Self::Run { length, .. } => length,
            Self::OneBit(_) => ONE_BIT_LEN,
            Self::TwoBit(_) => TWO_BIT_LEN,
        }
    }

    /// Bytes of the deltas of its first `count` statuses.
    pub(super) fn delta_len(self, count: u16) -> usize {
        match self {
            Self::Run { symbol, .. } => usize::from(count) * symbol.delta_len(),
            _ => self.symbols().take(count.into()).map(Symbol::delta_len).sum(),
        }
    }

    /// Its statuses in order.
    pub(super) fn symbols(self) -> impl Iterator<Item = Symbol> + Clone {
        (0..self.len()).map(move |nth| match self {
            Self::Run { symbol, .. } => symbol,
            Self::OneBit(bits) => Symbol::from_bits(bits >> (ONE_BIT_LEN - 1 - nth) & 1),
            Self::TwoBit(bits) => Symbol::from_bits(bits >> (2 * (TWO_BIT_LEN - 1 - nth))),
        })
    }

    /// Packs as many statuses from the front as one chunk can hold, and says how many; `None` if
    /// there are none. A vector that is not full ends the feedback, so it must reach the end.
    pub(super) fn pack(symbols: impl Iterator<Item = Symbol> + Clone) -> Option<(Self, u16)> {
        let first = symbols.clone().next()?;
        let run = count(symbols.clone().take(MAX_RUN.into()).take_while(|symbol| *symbol == first));
        let mut next_14 = symbols.clone().take(ONE_BIT_LEN.into());
        let one_bit = if next_14.all(|symbol| symbol.bits() < 2) {
            count_up_to(ONE_BIT_LEN, &symbols)
        } else {
            0
        };
        let two_bit = count_up_to(TWO_BIT_LEN, &symbols);

        if run >= one_bit && run >= two_bit {
            return Some((Self::Run { symbol: first, length: run }, run));
        }
        if one_bit >= two_bit {
            let symbols = symbols.take(one_bit.into());
            let bits = (0..one_bit)
                .zip(symbols)
                .fold(0, |bits, (nth, symbol)| bits | symbol.bits() << (ONE_BIT_LEN - 1 - nth));
            return Some((Self::OneBit(bits), one_bit));
        }
        let bits = (0..two_bit)
            .zip(symbols)
            .fold(0, |bits, (nth, symbol)| bits | symbol.bits() << (2 * (TWO_BIT_LEN - 1 - nth)));
        Some((Self::TwoBit(bits), two_bit))
    }

    /// Packs all statuses.
    pub(super) fn pack_all(
        mut symbols: impl Iterator<Item = Symbol> + Clone,
    ) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let (chunk, covered) = Self::pack(symbols.clone())?;
            symbols.by_ref().take(covered.into()).for_each(drop);
            Some(chunk)
        })
    }
}

fn count_up_to(limit: u16, symbols: &(impl Iterator<Item = Symbol> + Clone)) -> u16 {
    count(symbols.clone().take(limit.into()))
}

/// For no more than fit the number.
fn count(symbols: impl Iterator<Item = Symbol>) -> u16 {
    symbols.fold(0, |count, _| count + 1)
}

const MAX_RUN: u16 = 0x1fff;
const VECTOR_MASK: u16 = 0x3fff;
const ONE_BIT_LEN: u16 = 14;
const TWO_BIT_LEN: u16 = 7;
