//! The `soilscope` program.
fn main() {}
