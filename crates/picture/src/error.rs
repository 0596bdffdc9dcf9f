//! What can go wrong when a picture becomes a PNG.

/// Why a PNG could not be made. Drawing SVG cannot fail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not an SVG the renderer understands.
    #[error("not an SVG picture: {0}")]
    Svg(String),
    /// The picture would have no pixel, or too many.
    #[error(
        "a picture of {width} x {height} pixels cannot be made: choose a scale that gives 1 to {limit} pixels a side"
    )]
    Size {
        /// Width asked for, in pixels.
        width: f64,
        /// Height asked for, in pixels.
        height: f64,
        /// The longest side possible, in pixels.
        limit: u32,
    },
    /// The PNG encoder refused.
    #[error("the PNG could not be encoded: {0}")]
    Encode(#[from] ::png::EncodingError),
}

/// Shorthand for this crate's results.
pub type Result<T> = std::result::Result<T, Error>;
