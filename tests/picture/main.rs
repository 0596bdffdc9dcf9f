//! Tests of the pictures.
fn main() {}
