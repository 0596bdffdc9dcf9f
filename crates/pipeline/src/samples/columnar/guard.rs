//! Calls of the Parquet library, whose panics on bytes that no program wrote are refusals of the file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use parquet::errors::ParquetError;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What the library makes of a file, or why it makes nothing of it.
pub(super) fn guarded<T>(work: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    QUIET.set(true);
    // Whatever the panic left half done is dropped: the file is read no further.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    match outcome {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(ParquetError::General(why) | ParquetError::EOF(why) | ParquetError::NYI(why))) => Err(one_line(&why)),
        Ok(Err(other)) => Err(one_line(&other.to_string())),
        Err(_) => Err("its bytes contradict each other".to_owned()),
    }
}

fn one_line(text: &str) -> String {
    crate::error::shorten(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_and_errors_become_words() {
        assert_eq!(guarded(|| Ok(3)), Ok(3));
        assert_eq!(guarded::<()>(|| panic!("an index")), Err("its bytes contradict each other".to_owned()));
        let failed = guarded::<()>(|| Err(ParquetError::EOF("too\nshort".to_owned())));
        assert_eq!(failed, Err("too short".to_owned()));
    }
}
