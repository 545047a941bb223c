#![expect(clippy::indexing_slicing, reason = "tests may panic")]

use proptest::prelude::*;

use crate::wire::Malformed;

use super::bits::{BitReader, write};
use super::*;

// ---- what Chromium sent: L3T3, of which 2 spatial layers are sent, behind a key frame ----------

const KEY: &str = "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a8000600004\
                   0001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca8\
                   77530077004200ef008601df010d";

/// L1T3, 480 x 270.
const L1T3_KEY: &str = "800001800214eaa860414d141020842701df010d";

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn structure() -> Structure {
    Structure::parse(&bytes(KEY)).unwrap().unwrap()
}

fn frame(hex: &str) -> FrameDescriptor {
    FrameDescriptor::parse(&bytes(hex), &structure()).unwrap()
}

fn chain_diffs(frame: &FrameDescriptor) -> Vec<u8> {
    (0..8).map_while(|chain| frame.dependencies.chain_diff(chain)).collect()
}

#[test]
fn structure_of_a_chromium_stream() {
    let structure = structure();
    assert_eq!((structure.template_id_offset(), structure.template_count()), (0, 15));
    assert_eq!((structure.decode_targets(), structure.chains()), (9, 3));
    assert_eq!((structure.spatial_layers(), structure.temporal_layers()), (3, 3));
    let resolutions: Vec<_> = (0..4).map(|spatial| structure.resolution(spatial)).collect();
    assert_eq!(resolutions, [Some((120, 67)), Some((240, 135)), Some((480, 270)), None]);
    let layers: Vec<_> = (0..9).map(|target| structure.layer_of(target).unwrap()).collect();
    let expected = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)];
    assert_eq!(layers, expected);
    let chains: Vec<_> = (0..9).map(|target| structure.chain_of(target).unwrap()).collect();
    assert_eq!(chains, [0, 0, 0, 1, 1, 1, 2, 2, 2]);
    assert_eq!((structure.layer_of(9), structure.chain_of(9)), (None, None));
}

#[test]
fn frames_of_a_chromium_stream() {
    let key = frame(KEY);
    assert!(key.mandatory.start_of_frame && key.mandatory.end_of_frame);
    assert_eq!((key.mandatory.template_id, key.mandatory.frame_number), (1, 0x172));
    assert!((0..9).all(|target| key.indications.get(target) == Indication::Switch));
    assert_eq!(key.indications.get(9), Indication::NotPresent);
    assert_eq!(key.dependencies.frame_diffs(), []);
    assert_eq!(chain_diffs(&key), [0, 0, 0]);
    assert_eq!(key.active_decode_targets, Some(0x1ff), "all, with a structure");

    // S1 of the key picture, in two packets; only S0 and S1 are active from here on.
    for (hex, start) in [("86017340fc", true), ("46017340fc", false)] {
        let frame = frame(hex);
        assert_eq!(frame.mandatory.start_of_frame, start);
        assert_eq!(frame.mandatory.end_of_frame, !start);
        assert_eq!((frame.spatial, frame.temporal), (1, 0));
        assert_eq!(frame.dependencies.frame_diffs(), [1]);
        assert_eq!(chain_diffs(&frame), [1, 1, 1]);
        assert_eq!(frame.active_decode_targets, Some(0b000_111_111));
        assert_eq!(frame.indications.present(), 0b111_111_000);
    }
    let t2 = frame("880176");
    assert_eq!((t2.spatial, t2.temporal), (1, 2));
    assert_eq!(t2.dependencies.frame_diffs(), [3, 1]);
    assert_eq!(chain_diffs(&t2), [4, 3, 2]);
    assert_eq!(t2.indications.get(5), Indication::Discardable);
    assert_eq!(t2.indications.get(8), Indication::Required);
    assert_eq!(t2.active_decode_targets, None, "as before");
}

#[test]
fn frame_of_another_structure_is_refused() {
    let (structure, value) = (structure(), bytes("8f0174"));
    assert!(FrameDescriptor::parse(&value, &structure).is_err());
    assert!(Places::find(&value, &structure).is_err());
    // Template ids go around at 64: 62 is the first, 0 the third.
    let mut key = bytes(KEY);
    (key[0], key[3], key[4]) = (0xc0 | 63, 0x87, 0xc8 & 0x1f | 62 << 5);
    let around = Structure::parse(&key).unwrap().unwrap();
    assert_eq!(around.template_id_offset(), 62);
    let third = FrameDescriptor::parse(&[0x80, 0, 0], &around).unwrap();
    assert_eq!((third.spatial, third.temporal), (0, 1));
    assert!(FrameDescriptor::parse(&[0x80 | 61, 0, 0], &around).is_err());
}

#[test]
fn own_structure_counts_more_than_the_newest_one() {
    let l1t3 = Structure::parse(&bytes(L1T3_KEY)).unwrap().unwrap();
    assert_eq!((l1t3.decode_targets(), l1t3.chains(), l1t3.spatial_layers()), (3, 1, 1));
    assert_eq!(FrameDescriptor::parse(&bytes(KEY), &l1t3), Ok(frame(KEY)));
    assert_eq!(Places::find(&bytes(KEY), &l1t3), Places::find(&bytes(KEY), &structure()),);
}

// ---- what differs from a template --------------------------------------------------------------

#[test]
fn frame_may_tell_its_own_indications_diffs_and_chains() {
    // Flags 00111; 9 indications; diffs of 4, 8 and 12 bits and no more; 3 chains.
    let mut value = [0; 16];
    value[..3].copy_from_slice(&[0x80, 0, 9]);
    let fields = [
        (5, 0b00111),
        (18, 0b00_01_10_11_00_00_00_00_11),
        (2, 1),
        (4, 15),
        (2, 2),
        (8, 255),
        (2, 3),
        (12, 4095),
        (2, 0),
        (8, 0),
        (8, 7),
        (8, 255),
    ];
    let mut at = 24;
    for (count, bits) in fields {
        write(&mut value, at, count, bits).unwrap();
        at += count;
    }
    let value = &value[..at.div_ceil(8)];
    let frame = FrameDescriptor::parse(value, &structure()).unwrap();
    let indications: Vec<_> = (0..9).map(|target| frame.indications.get(target)).collect();
    use Indication::{Discardable, NotPresent, Required, Switch};
    let none = NotPresent;
    assert_eq!(
        indications,
        [none, Discardable, Switch, Required, none, none, none, none, Required]
    );
    assert_eq!(frame.dependencies.frame_diffs(), [16, 256, 4096]);
    assert_eq!(chain_diffs(&frame), [0, 7, 255]);
    for len in 0..value.len() {
        let cut = FrameDescriptor::parse(&value[..len], &structure());
        assert_eq!(cut.is_ok(), len == 3, "cut to {len}: only 3 bytes are complete");
    }
}

#[test]
fn references_beyond_what_is_stored_are_refused() {
    let with = |references: usize| {
        let mut value = [0; 16];
        value[3] = 0x10;
        for each in 0..references {
            write(&mut value, 29 + 6 * each, 2, 1).unwrap();
        }
        FrameDescriptor::parse(&value, &structure()).map(|frame| {
            assert_eq!(frame.dependencies.frame_diffs().len(), references);
        })
    };
    assert!(with(MOST_DIFFS).is_ok());
    assert!(with(MOST_DIFFS + 1).is_err());
}

#[test]
fn structures_beyond_what_is_stored_are_refused() {
    let read = |set: &dyn Fn(&mut [u8])| {
        let mut value = [0; 255];
        value[3] = HAS_STRUCTURE;
        set(&mut value);
        Structure::parse(&value).map(|structure| structure.expect("the flag is set"))
    };
    let layers_at = MANDATORY_BITS + FLAG_BITS + 11;
    // One decode target; templates on and on in one layer, then 64 of them.
    assert_eq!(read(&|_| {}).err(), Some(Malformed("more templates than ids")));
    let most = read(&|value| write(value, layers_at + 2 * 63, 2, 3).unwrap()).unwrap();
    assert_eq!((most.template_count(), most.spatial_layers()), (64, 1));
    assert_eq!((most.chains(), most.chain_of(0), most.resolution(0)), (0, None, None));
    // Spatial layers.
    let spatial = |count: usize| {
        read(&|value| {
            for layer in 0..count - 1 {
                write(value, layers_at + 2 * layer, 2, 2).unwrap();
            }
            write(value, layers_at + 2 * (count - 1), 2, 3).unwrap();
        })
    };
    assert_eq!(spatial(MOST_SPATIAL_LAYERS).unwrap().spatial_layers(), 8);
    assert!(spatial(MOST_SPATIAL_LAYERS + 1).is_err());
    // 32 decode targets, one template without references; chains are ns(33).
    let chains = |count: u32| {
        read(&|value| {
            write(value, MANDATORY_BITS + FLAG_BITS + 6, 5, 31).unwrap();
            write(value, layers_at, 2, 3).unwrap();
            write(value, layers_at + 2 + 64 + 1, 5, count).unwrap();
        })
    };
    assert_eq!(chains(8).unwrap().chains(), 8);
    assert_eq!(chains(8).unwrap().all_targets(), u32::MAX);
    assert!(chains(9).is_err());
}

#[test]
fn structure_cut_short_is_refused() {
    let whole = bytes(KEY);
    for len in 4..whole.len() {
        assert!(Structure::parse(&whole[..len]).is_err(), "cut to {len}");
    }
    assert_eq!(Structure::parse(&whole[..3]), Ok(None), "no flag, no structure");
    assert!(Structure::parse(&whole[..2]).is_err());
}

#[test]
fn numbers_below_n_take_a_bit_less_where_they_can() {
    // The table of §A.8.2 for n = 5: 00 01 10 110 111.
    let mut reader = BitReader::new(&[0b0001_1011, 0b0111_0000], 0);
    let read: Vec<_> = (0..5).map(|_| reader.below(5).unwrap()).collect();
    assert_eq!((read, reader.at()), (vec![0, 1, 2, 3, 4], 12));
    assert_eq!(BitReader::new(&[], 0).below(1), Ok(0), "one value needs no bit");
}

// ---- rewriting ---------------------------------------------------------------------------------

fn rewritten(rewrite: Rewrite, hex: &str) -> Vec<u8> {
    let mut out = [0xff; MOST_BYTES];
    let places = Places::find(&bytes(hex), &structure()).unwrap();
    let len = rewrite.apply(&bytes(hex), places, &mut out).unwrap();
    out[..len].to_vec()
}

#[test]
fn numbers_are_shifted_around_their_ends_and_flags_stay() {
    let shift =
        Rewrite { frame_number_offset: 0xfff0, template_id_offset: 60, ..Rewrite::default() };
    assert_eq!(rewritten(shift, "8b0005"), bytes("87fff5"));
    assert_eq!(rewritten(shift, "4b0174"), bytes("470164"));
    assert_eq!(rewritten(Rewrite::default(), "46017340fc"), bytes("46017340fc"));
}

#[test]
fn structure_is_shifted_with_its_frame() {
    let shift = Rewrite { template_id_offset: 15, ..Rewrite::default() };
    let value = rewritten(shift, KEY);
    assert_eq!((value[0], &value[3..5]), (0xd0, &[0x81, 0xe8][..]), "as Chromium writes 15");
    assert_eq!(value[5..], bytes(KEY)[5..]);
    let own = Structure::parse(&value).unwrap().unwrap();
    let shifted = FrameDescriptor::parse(&value, &own).unwrap();
    assert_eq!(shifted.dependencies, frame(KEY).dependencies);
}

#[test]
fn mask_of_active_targets_is_put_in_or_replaced() {
    let active = |mask| Rewrite { active_decode_targets: Some(mask), ..Rewrite::default() };
    // Into the bare three bytes: Chromium's own five.
    assert_eq!(rewritten(active(0b000_111_111), "860173"), bytes("86017340fc"));
    // In place of what stands there; bits of targets that do not exist are cut off.
    assert_eq!(rewritten(active(u32::MAX << 9 | 0b111), "86017340fc"), bytes("860173401c"));
    // Behind a structure, which moves up what follows it.
    let value = rewritten(active(0b111), KEY);
    assert_eq!(value.len(), (8 * bytes(KEY).len() + 9).div_ceil(8));
    let told = FrameDescriptor::parse(&value, &structure()).unwrap();
    assert_eq!(told.active_decode_targets, Some(0b111));
    assert_eq!(FrameDescriptor { active_decode_targets: Some(0x1ff), ..told }, frame(KEY));
}

#[test]
fn places_of_another_value_are_refused() {
    let tell = Rewrite { active_decode_targets: Some(1), ..Rewrite::default() };
    let mut out = [0; MOST_BYTES];
    let key = Places::find(&bytes(KEY), &structure()).unwrap();
    let bare = Places::find(&bytes("860173"), &structure()).unwrap();
    assert_eq!(tell.apply(&bytes("860173"), key, &mut out), None);
    assert_eq!(tell.apply(&bytes("86017340fc"), key, &mut out), None);
    assert_eq!(tell.apply(&bytes("86017340fc"), bare, &mut out), None, "its mask is further on");
    assert_eq!(tell.apply(&[], bare, &mut out), None);
    assert_eq!(tell.apply(&[0x80, 0], bare, &mut out), None);
    assert_eq!(tell.apply(&[0; 256], bare, &mut out), None);
}

#[test]
fn mask_for_which_there_is_no_room_is_refused() {
    let mut long = vec![0; MOST_BYTES];
    long[..3].copy_from_slice(&bytes("860173"));
    // Flags 00001 and chains, then padding up to the end: the padding gives way.
    long[3] = 0x08;
    let places = Places::find(&long, &structure()).unwrap();
    let tell = Rewrite { active_decode_targets: Some(1), ..Rewrite::default() };
    assert_eq!(
        tell.apply(&long, places, &mut [0; MOST_BYTES]),
        Some(3 + (5 + 9 + 24_usize).div_ceil(8))
    );
    // Were the content that long, it would not fit.
    let places = Places::new(29, 2040, 9);
    assert_eq!(tell.apply(&long, places, &mut [0; MOST_BYTES]), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_rewritten_without_panic(
        mut value in prop::collection::vec(any::<u8>(), 0..300),
        flags in prop::option::of(any::<u8>()),
        places: [u8; 4],
        mask: u32,
    ) {
        if let (Some(flags), Some(byte)) = (flags, value.get_mut(3)) {
            *byte = flags;
        }
        let newest = Structure::parse(&value).ok().flatten().unwrap_or_else(structure);
        for target in 0..=255 {
            let _ = (newest.chain_of(target), newest.layer_of(target), newest.resolution(target));
            prop_assert!(newest.included_in(target) & !newest.all_targets() == 0);
        }
        let read = FrameDescriptor::parse(&value, &newest);
        let found = Places::find(&value, &newest);
        prop_assert_eq!(read.is_ok(), found.is_ok());
        for active_decode_targets in [None, Some(mask)] {
            let rewrite = Rewrite { frame_number_offset: 7, template_id_offset: 9, active_decode_targets };
            for places in [Places::from_bytes(places)].into_iter().chain(found) {
                if let Some(len) = rewrite.apply(&value, places, &mut [0; MOST_BYTES]) {
                    prop_assert!(len >= 3 && len <= value.len() + 5);
                }
            }
        }
    }

    #[test]
    fn what_a_damaged_descriptor_still_tells_survives_a_rewrite(
        hex in prop::sample::select(vec![KEY, L1T3_KEY, "86017340fc"]),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        more in prop::collection::vec(any::<u8>(), 0..20),
        frame_number_offset: u16,
        mask: u32,
    ) {
        let mut value = bytes(hex);
        value.extend(more);
        for flip in flips {
            // All but the flag of a structure, which would leave nothing to test.
            let bit = flip.index(value.len() * 8);
            value[bit / 8] ^= if bit == 24 { 0 } else { 0x80 >> (bit % 8) };
        }
        let Ok(newest) = Structure::parse(&value) else { return Ok(()) };
        let newest = newest.unwrap_or_else(structure);
        let Ok(mut before) = FrameDescriptor::parse(&value, &newest) else { return Ok(()) };
        let active_decode_targets = Some(mask);
        let rewrite = Rewrite { frame_number_offset, active_decode_targets, ..Rewrite::default() };
        let mut out = [0xff; MOST_BYTES];
        let places = Places::find(&value, &newest).unwrap();
        let len = rewrite.apply(&value, places, &mut out).unwrap();
        let after = FrameDescriptor::parse(&out[..len], &newest).unwrap();
        let number = &mut before.mandatory.frame_number;
        *number = number.wrapping_add(frame_number_offset);
        let tells_itself = value.get(3).is_some_and(|flags| flags & 0x40 != 0);
        let mask = mask & newest.all_targets();
        let told = before.active_decode_targets.filter(|_| tells_itself).unwrap_or(mask);
        before.active_decode_targets = Some(if told & mask == 0 { told } else { told & mask });
        prop_assert_eq!(after, before);
        if before.mandatory.has_structure {
            prop_assert_eq!(Structure::parse(&out[..len]).unwrap().unwrap(), newest);
        }
    }

    #[test]
    fn frame_is_present_where_it_is_indicated(pairs: u64) {
        let indications = Indications(pairs);
        for target in 0..32 {
            let is_present = indications.get(target) != Indication::NotPresent;
            prop_assert_eq!(indications.present() >> target & 1 != 0, is_present);
        }
    }

    #[test]
    fn bits_are_written_where_they_are_read_and_nowhere_else(
        before: [u8; 12],
        at in 0..64usize,
        count in 0..=32usize,
        bits: u32,
    ) {
        let mut value = before;
        write(&mut value, at, count, bits).unwrap();
        let expected = if count == 0 { 0 } else { bits & u32::MAX >> (32 - count) };
        prop_assert_eq!(BitReader::new(&value, at).bits(count), Ok(expected));
        let was = BitReader::new(&before, at).bits(count).unwrap();
        write(&mut value, at, count, was).unwrap();
        prop_assert_eq!(value, before);
    }
}

#[test]
fn mandatory_fields_are_read_bit_by_bit() {
    let fields = mandatory_fields(&[0x80 | 5, 0x12, 0x34]).unwrap();
    assert!(fields.start_of_frame && !fields.end_of_frame && !fields.has_structure);
    assert_eq!((fields.template_id, fields.frame_number), (5, 0x1234));
    assert!(mandatory_fields(&[0x40, 0, 0]).unwrap().end_of_frame);
    assert!(mandatory_fields(&[0x80, 0, 1, 0x80]).unwrap().has_structure);
    assert!(!mandatory_fields(&[0x80, 0, 1, 0x7f]).unwrap().has_structure);
    assert_eq!(mandatory_fields(&[0x80, 0]), None);
}
