//! Dependency descriptors: whatever is read, rewritten, reads as told; any places do no harm.
//! Input: a descriptor with a structure, what to rewrite, and a descriptor that follows it.
#![no_main]

use lahn::wire::ext::dependency_descriptor::{
    FrameDescriptor, MOST_BYTES, Places, Rewrite, Structure,
};

libfuzzer_sys::fuzz_target!(|input: (&[u8], [u8; 4], u16, u8, Option<u32>, &[u8])| {
    let (key, places, frame_number_offset, template_id_offset, active, value) = input;
    let Ok(Some(newest)) = Structure::parse(key) else { return };
    let rewrite =
        Rewrite { frame_number_offset, template_id_offset, active_decode_targets: active };
    let mut out = [0; MOST_BYTES];
    let _ = rewrite.apply(value, Places::from_bytes(places), &mut out);

    let Ok(before) = FrameDescriptor::parse(value, &newest) else { return };
    let places = Places::find(value, &newest).expect("what can be read, can be found");
    let Some(len) = rewrite.apply(value, places, &mut out) else { return };
    let rewritten = out.get(..len).expect("within the buffer");
    // Unless it brings its own, it follows a structure that was rewritten, too.
    let structure = match Structure::parse(rewritten).expect("it could be read before") {
        Some(own) => own,
        None => match shifted(key, &newest, template_id_offset) {
            Some(shifted) => shifted,
            None => return,
        },
    };
    let after = FrameDescriptor::parse(rewritten, &structure).expect("it could be read before");
    let number = before.mandatory.frame_number.wrapping_add(frame_number_offset);
    assert_eq!(after.mandatory.frame_number, number);
    assert_eq!((after.spatial, after.temporal), (before.spatial, before.temporal));
    assert_eq!(after.indications, before.indications);
    assert_eq!(after.dependencies, before.dependencies);
    let all = u32::MAX >> (32 - structure.decode_targets());
    let told = active.map(|mask| mask & all).or(before.active_decode_targets);
    assert_eq!(after.active_decode_targets, told);
});

/// The structure of `key` with other template ids; `None` if its frame follows no template of it.
fn shifted(key: &[u8], structure: &Structure, template_id_offset: u8) -> Option<Structure> {
    let rewrite = Rewrite { template_id_offset, ..Rewrite::default() };
    let mut out = [0; MOST_BYTES];
    let len = rewrite.apply(key, Places::find(key, structure).ok()?, &mut out)?;
    Structure::parse(out.get(..len)?).ok().flatten()
}
