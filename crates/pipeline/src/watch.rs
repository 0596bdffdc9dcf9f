//! How a caller follows a long run and stops it.

/// Follows a run: all methods may be called from any thread, and often, so they should be quick.
pub trait Watch: Send + Sync {
    /// A stage of `total` cells begins; earlier stages are over.
    fn stage(&self, _name: &str, _total: u64) {}

    /// `cells` more cells of the stage are done.
    fn advance(&self, _cells: u64) {}

    /// Whether to stop. Once true it should stay true; the run ends with [`Error::Interrupted`](crate::Error) after
    /// the tiles in work.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing and never stops a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}
