//! Pictures that cannot be judged by a number are looked at (`cargo run -p soilscope-picture --example look`); these
//! tests hold what a program can judge: well-formed, finite, nothing overlaps, same bytes every time.

mod map;
mod plots;
mod support;
mod two_way;
