//! What a map means.
