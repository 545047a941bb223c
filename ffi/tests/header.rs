//! `include/lahn.h` is what cbindgen makes of the sources. `LAHN_BLESS=1 cargo test -p lahn-ffi
//! --test header` rewrites it; the change then shows in the diff, as every change of the ABI should.

use std::env;
use std::fs;
use std::path::Path;

#[test]
fn committed_header_is_what_the_sources_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("a good config");
    let bindings = cbindgen::Builder::new()
        .with_crate(root)
        .with_config(config)
        .generate()
        .expect("cbindgen reads the sources");
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let generated = String::from_utf8(generated).expect("the header is UTF-8");

    let path = root.join("include/lahn.h");
    if env::var_os("LAHN_BLESS").is_some() {
        fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = committed.lines().zip(generated.lines()).find(|(old, new)| old != new);
    assert!(
        committed == generated,
        "include/lahn.h is not what the sources say (first difference: {differs:?}); \
         LAHN_BLESS=1 rewrites it"
    );
}
