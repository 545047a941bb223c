//! The 80 steps of SHA-1 (FIPS 180-4 §6.1.2) over vectors, one lane to a message. A macro, because
//! code for instructions that not every CPU has cannot be generic over them: nor may closures with
//! such code be given to functions like `array::map`, which do not have them and are then called
//! for each element.
//!
//! Where it is used, these must be in scope, for one kind of vector: `add`, `rotate::<LEFT>`,
//! `xor4`, `choose`, `parity`, `majority` and `splat`.

/// Takes the states and the 16 words of a block, all of them vectors; gives the states after it.
macro_rules! rounds {
    ($states:expr, $words:expr) => {{
        let start = $states;
        let mut w = $words;
        let [mut a, mut b, mut c, mut d, mut e] = start;
        let k = splat(0x5a82_7999);
        sha1_five!(w, k, choose, a b c d e, 0 1 2 3 4);
        sha1_five!(w, k, choose, a b c d e, 5 6 7 8 9);
        sha1_five!(w, k, choose, a b c d e, 10 11 12 13 14);
        sha1_five!(w, k, choose, a b c d e, 15 16 17 18 19);
        let k = splat(0x6ed9_eba1);
        sha1_five!(w, k, parity, a b c d e, 20 21 22 23 24);
        sha1_five!(w, k, parity, a b c d e, 25 26 27 28 29);
        sha1_five!(w, k, parity, a b c d e, 30 31 32 33 34);
        sha1_five!(w, k, parity, a b c d e, 35 36 37 38 39);
        let k = splat(0x8f1b_bcdc_u32.cast_signed());
        sha1_five!(w, k, majority, a b c d e, 40 41 42 43 44);
        sha1_five!(w, k, majority, a b c d e, 45 46 47 48 49);
        sha1_five!(w, k, majority, a b c d e, 50 51 52 53 54);
        sha1_five!(w, k, majority, a b c d e, 55 56 57 58 59);
        let k = splat(0xca62_c1d6_u32.cast_signed());
        sha1_five!(w, k, parity, a b c d e, 60 61 62 63 64);
        sha1_five!(w, k, parity, a b c d e, 65 66 67 68 69);
        sha1_five!(w, k, parity, a b c d e, 70 71 72 73 74);
        sha1_five!(w, k, parity, a b c d e, 75 76 77 78 79);
        let [a0, b0, c0, d0, e0] = start;
        [add(a, a0), add(b, b0), add(c, c0), add(d, d0), add(e, e0)]
    }};
}

/// Five steps, after which every word is where it was.
macro_rules! sha1_five {
    ($w:ident, $k:ident, $f:ident, $a:ident $b:ident $c:ident $d:ident $e:ident,
     $t0:literal $t1:literal $t2:literal $t3:literal $t4:literal) => {
        sha1_step!($w, $k, $f, $t0, $a $b $c $d $e);
        sha1_step!($w, $k, $f, $t1, $e $a $b $c $d);
        sha1_step!($w, $k, $f, $t2, $d $e $a $b $c);
        sha1_step!($w, $k, $f, $t3, $c $d $e $a $b);
        sha1_step!($w, $k, $f, $t4, $b $c $d $e $a);
    };
}

/// One step. The schedule is kept in a ring of 16 words, in registers: every index is constant.
macro_rules! sha1_step {
    ($w:ident, $k:ident, $f:ident, $t:literal,
     $a:ident $b:ident $c:ident $d:ident $e:ident) => {
        if $t >= 16 {
            $w[$t & 15] = rotate::<1>(xor4(
                $w[($t + 13) & 15],
                $w[($t + 8) & 15],
                $w[($t + 2) & 15],
                $w[$t & 15],
            ));
        }
        $e = add(add($e, $k), $w[$t & 15]);
        $e = add($e, $f($b, $c, $d));
        $e = add($e, rotate::<5>($a));
        $b = rotate::<30>($b);
    };
}

pub(super) use {rounds, sha1_five, sha1_step};
