//! GDAL in silence: what it says of a stranger's file goes into findings, not to the terminal.

use std::marker::PhantomData;

/// While it lives, GDAL prints nothing in this thread.
pub(super) struct Quiet {
    /// Handlers belong to a thread, so this is not sent to another.
    thread: PhantomData<*const ()>,
}

impl Quiet {
    #[allow(
        unsafe_code,
        reason = "the gdal crate can only set the handler of the whole process, which is the program's"
    )]
    pub(super) fn new() -> Self {
        // SAFETY: pushes a handler of GDAL's own on this thread's stack; `drop` takes it off in the same thread, since this is not `Send`.
        unsafe { gdal_sys::CPLPushErrorHandler(Some(gdal_sys::CPLQuietErrorHandler)) };
        Self { thread: PhantomData }
    }
}

impl Drop for Quiet {
    #[allow(unsafe_code, reason = "as in `new`")]
    fn drop(&mut self) {
        let _ = self.thread;
        // SAFETY: takes off what `new` put on.
        unsafe { gdal_sys::CPLPopErrorHandler() };
    }
}
