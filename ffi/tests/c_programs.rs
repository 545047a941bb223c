//! The header compiles wherever C and C++ are compiled, and the programs in C do what they say:
//! linked with the static and with the shared library, as they are and under valgrind.
//!
//! Needs `cc` and `c++`. valgrind may be missing, but not where `CI` is set.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

#[test]
fn header_compiles_as_c99() {
    compile_header("cc", "c", "c99");
}

#[test]
fn header_compiles_as_c11() {
    compile_header("cc", "c", "c11");
}

#[test]
fn header_compiles_as_cpp11() {
    compile_header("c++", "c++", "c++11");
}

#[test]
fn two_endpoints_exchange_media_from_c() {
    let said = run_everywhere("examples/two_endpoints.c", &[]);
    assert!(said.contains("all as it should be"), "{said}");
}

#[test]
fn offer_of_a_browser_is_answered_from_c_and_absurd_ones_are_refused() {
    let offer = crate_dir().join("examples/chromium_offer.sdp");
    let said = run_everywhere("examples/sdp.c", &[offer.as_os_str()]);
    assert!(said.contains("all as it should be"), "{said}");
}

#[test]
fn constraints_choose_the_layer_from_c() {
    let said = run_everywhere("examples/layers.c", &[]);
    assert!(said.contains("all as it should be"), "{said}");
}

#[test]
fn mistakes_of_a_program_in_c_are_told() {
    let said = run_everywhere("tests/c/misuse.c", &[]);
    assert!(said.contains("every mistake was told"), "{said}");
}

#[test]
fn shared_library_exports_what_the_header_declares_and_nothing_else() {
    let said = run(Command::new("nm").args(["-D", "--defined-only"]).arg(shared_library()));
    let symbols = said.lines().filter_map(|line| line.split_whitespace().last());
    let mut exported: Vec<&str> = symbols.collect();
    let header = include_str!("../include/lahn.h");
    let mut declared: Vec<&str> = header.lines().filter_map(declared_function).collect();
    exported.sort_unstable();
    declared.sort_unstable();
    assert!(declared.len() > 30, "{declared:?}");
    assert_eq!(exported, declared);
}

/// The name in a line that begins a declaration: `lahn_result lahn_engine_new(const ...`.
fn declared_function(line: &str) -> Option<&str> {
    let (before, _) = line.split_once('(')?;
    let (ty, name) = before.rsplit_once([' ', '*'])?;
    let is_declaration = !line.starts_with(['/', '#', ' ']) && !ty.is_empty();
    (is_declaration && name.starts_with("lahn_")).then_some(name)
}

fn compile_header(compiler: &str, language: &str, standard: &str) {
    let program = scratch(&format!("header-{standard}"));
    run(Command::new(compiler)
        .args(["-x", language, &format!("-std={standard}")])
        .args(STRICT)
        .arg(format!("-I{}", crate_dir().join("include").display()))
        .arg(crate_dir().join("tests/c/header.c"))
        .arg("-o")
        .arg(&program));
    run(&mut Command::new(program));
}

/// Compiles a program with either library, and runs it as it is and under valgrind. What it said.
fn run_everywhere(source: &str, args: &[&OsStr]) -> String {
    let name = Path::new(source).file_stem().expect("a name").to_str().expect("ASCII").to_owned();
    let (with_static, with_shared) =
        (scratch(&format!("{name}-static")), scratch(&format!("{name}-shared")));
    compile(source, &with_static, &[static_library()], &NATIVE_LIBRARIES);
    let rpath = format!("-Wl,-rpath,{}", profile_dir().display());
    compile(source, &with_shared, &[shared_library()], &[&rpath]);

    let said = run(Command::new(&with_static).args(args));
    run(Command::new(&with_shared).args(args));
    for program in [&with_static, &with_shared] {
        run_under_valgrind(program, args);
    }
    said
}

fn compile(source: &str, program: &Path, libraries: &[PathBuf], flags: &[&str]) {
    run(Command::new("cc")
        .args(["-std=c99", "-g"])
        .args(STRICT)
        .arg(format!("-I{}", crate_dir().join("include").display()))
        .arg(format!("-I{}", crate_dir().join("examples").display()))
        .arg(crate_dir().join(source))
        .args(libraries)
        .args(flags)
        .arg("-o")
        .arg(program));
}

fn run_under_valgrind(program: &Path, args: &[&OsStr]) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        assert!(env::var_os("CI").is_none(), "valgrind is missing");
        return;
    }
    run(Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
        .args(["--errors-for-leak-kinds=definite,indirect,possible"])
        .arg(format!("--suppressions={}", crate_dir().join("tests/valgrind.supp").display()))
        .arg(program)
        .args(args));
}

/// Runs to the end and to success, or fails the test with all that was said.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{stderr}");
    stdout.into_owned()
}

/// What the Rust standard library wants of a Unix (`rustc --print native-static-libs`).
const NATIVE_LIBRARIES: [&str; 4] = ["-lpthread", "-ldl", "-lm", "-lgcc_s"];

fn static_library() -> PathBuf {
    profile_dir().join("liblahn_ffi.a")
}

fn shared_library() -> PathBuf {
    profile_dir().join("liblahn_ffi.so")
}

/// Where cargo puts what it builds, with both libraries in it: they are not built for tests.
fn profile_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let test = env::current_exe().expect("a test knows where it is");
        let dir = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
        let profile = match dir.file_name().and_then(OsStr::to_str) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        run(Command::new(env!("CARGO"))
            .args(["build", "--package", "lahn-ffi", "--lib", "--profile", profile])
            .arg("--target-dir")
            .arg(dir.parent().expect("a target directory")));
        dir.to_owned()
    })
}

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
