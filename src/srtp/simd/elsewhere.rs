//! CPUs that nothing has been written for: the portable way.

use super::{Block, Simd, States};

/// There is none.
pub(in crate::srtp) enum Aes128 {}

impl Aes128 {
    pub(super) const fn new(_: Simd, _: &[u8; 16]) -> Option<Self> {
        None
    }

    pub(in crate::srtp) fn xor(&self, _: [u8; 16], _: &[u8], _: &mut [u8]) {
        match *self {}
    }

    pub(in crate::srtp) fn xor_in_place(&self, _: [u8; 16], _: &mut [u8]) {
        match *self {}
    }
}

/// There is none.
pub(in crate::srtp) enum SealKey {}

impl SealKey {
    pub(in crate::srtp) const fn new(_: &[u8]) -> Option<Self> {
        None
    }

    pub(in crate::srtp) fn seal(&self, _: u128, _: &[u8], _: &[u8], _: &mut [u8], _: &mut [u8]) {
        match *self {}
    }

    pub(in crate::srtp) fn seal_in_place(&self, _: u128, _: &[u8], _: &mut [u8], _: &mut [u8]) {
        match *self {}
    }
}

/// There is none.
#[derive(Clone, Copy)]
pub(in crate::srtp) enum Kernel<const N: usize> {}

impl<const N: usize> Kernel<N> {
    pub(in crate::srtp) fn compress(&self, _: &mut States<N>, _: &[&[Block]; N], _: u32) {
        match *self {}
    }

    pub(in crate::srtp) const fn from(&self) -> usize {
        match *self {}
    }

    pub(in crate::srtp) const fn worth(&self) -> usize {
        match *self {}
    }
}

pub(super) const fn detect() -> Simd {
    Simd::PORTABLE
}

pub(super) const fn sixteen(_: Simd) -> Option<Kernel<16>> {
    None
}

pub(super) const fn eight(_: Simd) -> Option<Kernel<8>> {
    None
}

pub(super) const fn two(_: Simd) -> Option<Kernel<2>> {
    None
}
