//! What of sampled places may be seen, and how the rest is hidden.
//!
//! A site is shown by its own access level and that of the bundle, the stricter of the two for its place and for its values. Places are
//! displaced by a shift that only the holder of a secret can compute: nothing that is published, and no public identifier, gives it back.
//! What protection was achieved is measured on what is published ([`measure`]), because a declared radius is a promise and a distance is a
//! fact.

mod displace;
mod level;
pub mod measure;
mod secret;
mod units;

pub use displace::{Displacement, Site, displace};
pub use level::{Place, Shown, Values};
pub use secret::Secret;
pub use units::Units;
