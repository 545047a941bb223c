//! Numbers of frames that do not wrap, out of numbers that do, of whatever width.

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbering {
    /// The highest number so far, and how it stood on the wire.
    newest: Option<(u64, u16)>,
    /// The first number of the stream.
    first: u64,
}

/// The first number, and the least distance from one stream to the next: room below for frames
/// that were overtaken by the first that came.
const FIRST: u64 = 1 << 20;

impl Default for Numbering {
    fn default() -> Self {
        Self { newest: None, first: FIRST }
    }
}

impl Numbering {
    /// The number of the frame that carries `wire`, of `bits` bits: the one nearest to the newest.
    pub(super) fn peek(&self, wire: u16, bits: u32) -> u64 {
        let Some((newest, at)) = self.newest else { return self.first };
        // In the upper bits of a word, the difference wraps as the numbers do.
        let up = 16 - bits;
        let ahead = ((wire << up).wrapping_sub(at << up)).cast_signed() >> up;
        newest.saturating_add_signed(i64::from(ahead))
    }

    /// The frame `number` came; it carried `wire`.
    pub(super) fn note(&mut self, number: u64, wire: u16) {
        if self.newest.is_none_or(|(newest, _)| number > newest) {
            self.newest = Some((number, wire));
        }
    }

    /// An encoder started over, and its numbers anywhere: its first frame is the next.
    pub(super) fn begin_anew(&mut self, wire: u16) -> u64 {
        let number = self.newest.map_or(self.first, |(newest, _)| newest + 1);
        self.newest = Some((number, wire));
        number
    }

    /// Of the stream that follows: all its numbers are higher.
    pub(super) fn after(&self) -> Self {
        let highest = self.newest.map_or(self.first, |(number, _)| number);
        Self { newest: None, first: highest + 2 * FIRST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_across_the_wrap_of_any_width_and_late_ones_stay_below() {
        for (bits, top) in [(7, 127), (15, 0x7fff), (16, 0xffff)] {
            let mut numbering = Numbering::default();
            let mut number = |wire| {
                let number = numbering.peek(wire, bits);
                numbering.note(number, wire);
                number - FIRST
            };
            assert_eq!([number(top - 1), number(1), number(top), number(0)], [0, 3, 1, 2]);
            assert_eq!(number(20), 22, "{bits} bits");
        }
    }

    #[test]
    fn encoder_that_starts_over_goes_on_with_the_next_number() {
        let mut numbering = Numbering::default();
        numbering.note(FIRST, 500);
        assert_eq!(numbering.begin_anew(20), FIRST + 1);
        assert_eq!(numbering.peek(21, 15), FIRST + 2);
    }
}
