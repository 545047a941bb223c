//! Writes field after field into a slice whose length was settled before.

/// Fills a slice from front to back. Whoever makes one has reserved exactly what will be put.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    rest: &'a mut [u8],
}

impl<'a> Writer<'a> {
    pub(super) const fn new(out: &'a mut [u8]) -> Self {
        Self { rest: out }
    }

    /// Puts `bytes`; more than was reserved is our own mistake, and left out.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= self.rest.len(), "more put than reserved");
        if let Some((here, rest)) = std::mem::take(&mut self.rest).split_at_mut_checked(bytes.len())
        {
            here.copy_from_slice(bytes);
            self.rest = rest;
        }
    }

    /// Puts a number of 32 bits, most significant byte first.
    pub(super) fn put_u32(&mut self, number: u32) {
        self.put(&number.to_be_bytes());
    }

    /// Zeroes what is left: padding up to the next 32 bits.
    pub(super) fn finish(self) {
        self.rest.fill(0);
    }
}
