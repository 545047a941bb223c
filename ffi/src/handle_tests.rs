use std::ptr;

use super::*;

fn engine() -> lahn_engine {
    let clock = Clock::new();
    let engine = lahn::Engine::new(lahn::Config::default(), clock.zero());
    lahn_engine::new(State { engine, clock, kept: KeptTexts::default() })
}

fn change(
    engine: &lahn_engine,
    body: impl FnOnce(&mut State) -> Result<(), Failure>,
) -> lahn_result {
    // SAFETY: the engine is alive; it is only ever shared.
    unsafe { exclusive(ptr::from_ref(engine).cast_mut(), body) }
}

fn look(engine: &lahn_engine, body: impl FnOnce(&State) -> Result<(), Failure>) -> lahn_result {
    // SAFETY: the engine is alive.
    unsafe { shared(engine, body) }
}

#[test]
fn null_handle_is_refused() {
    // SAFETY: NULL is allowed.
    let (changed, looked) =
        unsafe { (exclusive(ptr::null_mut(), |_| Ok(())), shared(ptr::null(), |_| Ok(()))) };
    assert_eq!((changed, looked), (LAHN_ERR_NULL as i32, LAHN_ERR_NULL as i32));
}

#[test]
fn panic_poisons_the_handle_and_its_text_stays_to_be_read() {
    for panicking in [
        |engine: &lahn_engine| change(engine, |_| panic!("a beam broke")),
        |engine: &lahn_engine| look(engine, |_| panic!("a beam broke")),
    ] {
        let engine = engine();
        assert_eq!(panicking(&engine), LAHN_ERR_PANIC as i32);
        assert!(engine.last_error().contains("a beam broke"), "{}", engine.last_error());
        assert_eq!(change(&engine, |_| Ok(())), LAHN_ERR_POISONED as i32);
        assert_eq!(look(&engine, |_| Ok(())), LAHN_ERR_POISONED as i32);
    }
}

#[test]
fn call_inside_a_call_is_refused_and_touches_nothing() {
    let engine = engine();
    let outer = change(&engine, |_| {
        assert!(engine.is_busy());
        assert_eq!(change(&engine, |_| panic!("never run")), LAHN_ERR_REENTRANT as i32);
        assert_eq!(look(&engine, |_| panic!("never run")), LAHN_ERR_REENTRANT as i32);
        Ok(())
    });
    assert_eq!(outer, LAHN_OK as i32);
    assert!(!engine.is_busy());
    assert_eq!(change(&engine, |_| Ok(())), LAHN_OK as i32);
}

#[test]
fn calls_that_only_look_run_side_by_side() {
    let engine = engine();
    let outer = look(&engine, |_| {
        assert_eq!(look(&engine, |_| Ok(())), LAHN_OK as i32);
        assert_eq!(change(&engine, |_| Ok(())), LAHN_ERR_REENTRANT as i32);
        Ok(())
    });
    assert_eq!(outer, LAHN_OK as i32);
}

#[test]
fn text_of_an_error_stays_until_the_next_one() {
    let engine = engine();
    change(&engine, |_| Err(Failure::argument("first")));
    change(&engine, |_| Ok(()));
    assert_eq!(*engine.last_error(), "first");
    look(&engine, |_| Err(Failure::argument("second")));
    assert_eq!(*engine.last_error(), "second");
}
