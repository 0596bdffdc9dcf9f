//! Soilscope's side of `make bench-peers`.
//!
//! The peers are run by the scripts beside this crate. Here are the samples that all of them read ([`field`]), the work as
//! a program that embeds the library would do it ([`work`]), what the machine can do at all ([`limits`]), and how far two
//! answers are apart ([`compare`]), with what excuses a difference ([`ties`]).

pub mod compare;
pub mod field;
pub mod limits;
pub mod setting;
pub mod ties;
pub mod work;
