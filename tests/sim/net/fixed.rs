//! Logarithm and power of two in fixed point: what libm would compute a little differently here and
//! there.

/// Bits behind the point.
pub(super) const BITS: u32 = 24;

/// ln 2.
pub(super) const LN_2: u64 = 11_629_080;

/// The binary logarithm of `x`, which is at least 1: squaring yields a bit of it at a time.
pub(super) fn log2(x: u64) -> u64 {
    let whole = x.ilog2();
    let mut mantissa = u128::from(x) << (63 - whole); // 1.0 is 2^63
    let mut result = u64::from(whole);
    for _ in 0..BITS {
        mantissa = (mantissa * mantissa) >> 63;
        let above_two = mantissa >> 64 != 0;
        result = result << 1 | u64::from(above_two);
        mantissa >>= u32::from(above_two);
    }
    result
}

/// `value` times 2 to the power of `exponent` (fixed point, may be negative).
pub(super) fn times_exp2(value: u64, exponent: i64) -> u64 {
    let whole = exponent >> BITS; // towards minus infinity
    let mut factor = 1u128 << 62;
    for (bit, root) in ROOTS.iter().enumerate() {
        if exponent >> bit & 1 == 1 {
            factor = (factor * root) >> 62;
        }
    }
    let scaled = (u128::from(value) * factor) >> 62;
    if whole >= 0 { (scaled << whole) as u64 } else { (scaled >> -whole) as u64 }
}

/// For each bit behind the point what it stands for, 1.0 being 2^62: the highest is the root of 2,
/// each below the root of the one above.
const ROOTS: [u128; BITS as usize] = {
    let mut roots = [0; BITS as usize];
    let mut root = 2u128 << 62;
    let mut bit = BITS as usize;
    while bit > 0 {
        bit -= 1;
        root = (root << 62).isqrt();
        roots[bit] = root;
    }
    roots
};
