//! Dependency descriptors read and rewritten as publishers write them: by every template, with
//! what differs from templates, with and without structure and mask of active decode targets.

use lahn::wire::ext::dependency_descriptor::{
    FrameDescriptor, Indication, MOST_BYTES, Places, Rewrite, Structure,
};
use proptest::prelude::*;

#[expect(unreachable_pub, reason = "a test crate exports nothing, its modules do")]
#[path = "support/descriptor.rs"]
mod descriptor;

use descriptor::{ALL_MODES, DescriptorWriter, LayerFrame, Mode};

// ---- the writer is a witness -----------------------------------------------------------------

/// First packets of key frames as Chromium sends them.
#[test]
fn structures_are_written_as_chromium_writes_them() {
    let l1t3 = DescriptorWriter::new(Mode::L1T3, 1).with_resolution(480, 270);
    assert_first(l1t3, "800001800214eaa860414d141020842701df010d");
    let l3t3 = DescriptorWriter::new(Mode::L3T3, 0x134).with_template_id_offset(15);
    let hex = "d0013481e81485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040\
               001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca8775\
               3013f00b3027f016704ff02cf";
    assert_first(l3t3, hex);
    let l3t3_key = DescriptorWriter::new(Mode::L3T3Key, 0x85).with_template_id_offset(15);
    let hex = "8f008581e81485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400\
               016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b302\
               7f016704ff02cf";
    assert_first(l3t3_key, hex);
    let s3t3 = DescriptorWriter::new(Mode::S3T3, 1).with_resolution(480, 270);
    let hex = "c1000180081485214ea000a8000600004000100002a000a8000600004000100002a000a800060000400\
               01d954926caa493655248c55fe5d00032a190cc38e58803b2a1954c10e10843b2a1dd4c01dc010803bc\
               0218077c0434";
    assert_first(s3t3, hex);
}

/// The bytes tell whether the frame fits into one packet; the writer has to be told.
#[track_caller]
fn assert_first(mut writer: DescriptorWriter, expected: &str) {
    let ends = expected.as_bytes()[0] >= b'c';
    let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(hex(writer.unit(true)[0].descriptor(true, ends)), expected);
}

#[test]
fn steady_frames_need_nothing_but_their_template() {
    for mode in ALL_MODES {
        let mut writer = DescriptorWriter::new(mode, 0xfff8);
        let mut units: Vec<_> = (0..12).flat_map(|_| writer.unit(false)).collect();
        let key = units.remove(0);
        assert!(key.is_key && key.descriptor(true, true).len() > 16, "two-byte extension");
        for frame in units.iter().filter(|frame| !frame.is_key) {
            assert_eq!(frame.descriptor(true, true).len(), 3, "{mode:?} {frame:?}");
        }
    }
}

// ---- reading ---------------------------------------------------------------------------------

#[test]
fn every_frame_is_read_as_it_was_written_whatever_layers_come_and_go() {
    for mode in ALL_MODES {
        let mut writer = DescriptorWriter::new(mode, 0xffe0);
        let mut newest = None;
        let (mut custom_diffs, mut custom_chains) = (0, 0);
        for step in 0..200 {
            match step {
                20 => writer.set_active(2, 3),
                40 => writer.set_active(1, 2),
                61 => writer.set_active(3, 2),
                80 => writer.set_active(3, 1),
                102 => writer.set_active(3, 3),
                140 => writer.change_templates(),
                _ => {}
            }
            for frame in writer.unit(step % 50 == 49) {
                for (start, end) in [(true, false), (false, true)] {
                    let value = frame.descriptor(start, end);
                    newest = Structure::parse(&value).unwrap().or(newest);
                    let structure = newest.as_ref().expect("the first frame has one");
                    assert_frame(&frame, &value, structure);
                    let flags = value.get(3).copied().unwrap_or_default();
                    custom_diffs += usize::from(flags & 0x10 != 0);
                    custom_chains += usize::from(flags & 0x08 != 0);
                }
            }
        }
        assert!(custom_diffs > 0 && custom_chains > 0, "{mode:?}: templates told it all");
    }
}

#[track_caller]
fn assert_frame(frame: &LayerFrame, value: &[u8], structure: &Structure) {
    let read = FrameDescriptor::parse(value, structure).unwrap();
    assert_eq!(read.mandatory.frame_number, frame.number);
    assert_eq!((read.spatial, read.temporal), (frame.spatial, frame.temporal), "{frame:?}");
    assert_eq!(read.dependencies.frame_diffs(), frame.diffs(), "{frame:?}");
    let chains = 0..structure.chains();
    let chain_diffs: Vec<_> =
        chains.map(|chain| read.dependencies.chain_diff(chain).unwrap()).collect();
    let sent = ..frame.active_chains;
    assert_eq!(chain_diffs[sent], frame.chain_diffs[sent], "{frame:?}");
    let targets = 0..structure.decode_targets();
    let indications: Vec<_> = targets.map(|target| read.indications.get(target)).collect();
    assert_eq!(indications, frame.indications, "{frame:?}");
    let all = u32::MAX >> (32 - structure.decode_targets());
    let active = frame.active.or_else(|| read.mandatory.has_structure.then_some(all));
    assert_eq!(read.active_decode_targets, active, "{frame:?}");
}

#[test]
fn targets_include_those_whose_every_frame_they_have() {
    let included = |mode| {
        let key = DescriptorWriter::new(mode, 0).unit(true).remove(0);
        let structure = Structure::parse(&key.descriptor(true, true)).unwrap().unwrap();
        (0..structure.decode_targets()).map(|t| structure.included_in(t)).collect::<Vec<_>>()
    };
    assert_eq!(included(Mode::L1T3), [0b001, 0b011, 0b111]);
    let full = [
        0o001, 0o003, 0o007, // S0
        0o011, 0o033, 0o077, // S1: S0 up to the same temporal layer
        0o111, 0o333, 0o777, // S2
    ];
    assert_eq!(included(Mode::L3T3), full);
    let apart = [0o001, 0o003, 0o007, 0o010, 0o030, 0o070, 0o100, 0o300, 0o700];
    assert_eq!(included(Mode::L3T3Key), apart, "delta frames of S0 are not for S1");
    assert_eq!(included(Mode::S3T3), apart);
}

// ---- rewriting -------------------------------------------------------------------------------

/// A frame that differs from its template in whatever it likes.
fn any_frame() -> impl Strategy<Value = (Structure, LayerFrame, bool, bool)> {
    let mode = prop::sample::select(ALL_MODES.to_vec());
    let beginning = (mode, any::<u16>(), 0..64u8, 0..6usize);
    let own = (
        prop::option::of(prop::collection::vec(0..4u8, 9)),
        prop::option::of(prop::collection::vec(1..=4096u16, 0..=8)),
        prop::option::of(prop::collection::vec(any::<u8>(), 3)),
        prop::option::of(any::<u32>()),
    );
    (beginning, own, any::<bool>(), any::<bool>()).prop_map(
        |((mode, number, offset, units), (indications, diffs, chains, active), start, end)| {
            let mut writer = DescriptorWriter::new(mode, number).with_template_id_offset(offset);
            let key = writer.unit(true).remove(0);
            let structure = Structure::parse(&key.descriptor(true, true)).unwrap().unwrap();
            let frame = (0..units).flat_map(|_| writer.unit(false)).last();
            let mut frame = frame.unwrap_or(key);
            for (to, from) in frame.indications.iter_mut().zip(indications.unwrap_or_default()) {
                *to = [
                    Indication::NotPresent,
                    Indication::Discardable,
                    Indication::Switch,
                    Indication::Required,
                ][usize::from(from)];
            }
            if let Some(diffs) = diffs {
                frame.references = diffs.iter().map(|d| frame.number.wrapping_sub(*d)).collect();
            }
            for (to, from) in frame.chain_diffs.iter_mut().zip(chains.unwrap_or_default()) {
                *to = from;
            }
            frame.active = active.map(|mask| mask & all(&structure));
            (structure, frame, start, end)
        },
    )
}

fn all(structure: &Structure) -> u32 {
    u32::MAX >> (32 - structure.decode_targets())
}

proptest! {
    #[test]
    fn rewritten_descriptor_has_shifted_numbers_and_is_else_the_same(
        (structure, frame, start, end) in any_frame(),
        frame_number_offset: u16,
        template_id_offset in 0..64u8,
        active_decode_targets in prop::option::of(any::<u32>()),
    ) {
        let value = frame.descriptor(start, end);
        let before = FrameDescriptor::parse(&value, &structure).unwrap();
        let rewrite = Rewrite { frame_number_offset, template_id_offset, active_decode_targets };
        let places = Places::find(&value, &structure).unwrap();
        let places = Places::from_bytes(places.to_bytes());
        let mut out = [0xa5; MOST_BYTES];
        let len = rewrite.apply(&value, places, &mut out).unwrap();
        let rewritten = &out[..len];

        // The structure that a receiver has, itself rewritten.
        let key = DescriptorKey::of(&frame);
        let shifted = key.shifted(&rewrite);
        prop_assert_eq!(
            shifted.template_id_offset(),
            (structure.template_id_offset() + template_id_offset) % 64
        );
        let mut after = FrameDescriptor::parse(rewritten, &shifted).unwrap();
        let tells_itself = value.get(3).is_some_and(|flags| flags & 0x40 != 0);
        let mask = active_decode_targets.map(|mask| {
            let mask = mask & all(&structure);
            let told = before.active_decode_targets.filter(|_| tells_itself).unwrap_or(mask);
            if told & mask == 0 { told } else { told & mask }
        });
        prop_assert_eq!(after.active_decode_targets, mask.or(before.active_decode_targets));
        prop_assert_eq!(
            after.mandatory.frame_number,
            before.mandatory.frame_number.wrapping_add(frame_number_offset)
        );
        prop_assert_eq!(
            after.mandatory.template_id,
            (before.mandatory.template_id + template_id_offset) % 64
        );
        after.mandatory.frame_number = before.mandatory.frame_number;
        after.mandatory.template_id = before.mandatory.template_id;
        after.active_decode_targets = before.active_decode_targets;
        prop_assert_eq!(after, before);

        // No longer than it has to be, and padded with zeros.
        let mut told = frame.clone();
        told.active = mask.or(frame.active);
        told.number = frame.number.wrapping_add(frame_number_offset);
        told.references = told.references.iter().map(|n| n.wrapping_add(frame_number_offset)).collect();
        let mut expected = told.descriptor(start, end);
        expected[0] = rewritten[0];
        if after.mandatory.has_structure {
            expected[3] = expected[3] & 0xf8 | rewritten[3] & 0x07;
            expected[4] = expected[4] & 0x1f | rewritten[4] & 0xe0;
            prop_assert_eq!(Structure::parse(rewritten).unwrap().unwrap(), shifted);
        }
        prop_assert_eq!(rewritten, expected);
    }
}

/// The key frame whose structure a frame follows.
struct DescriptorKey(Vec<u8>);

impl DescriptorKey {
    fn of(frame: &LayerFrame) -> Self {
        let mut key = frame.clone();
        key.is_key = true;
        key.active = None;
        Self(key.descriptor(true, true))
    }

    fn shifted(&self, rewrite: &Rewrite) -> Structure {
        let own = Structure::parse(&self.0).unwrap().unwrap();
        let mut out = [0; MOST_BYTES];
        let places = Places::find(&self.0, &own).unwrap();
        let len = rewrite.apply(&self.0, places, &mut out).unwrap();
        Structure::parse(&out[..len]).unwrap().unwrap()
    }
}
