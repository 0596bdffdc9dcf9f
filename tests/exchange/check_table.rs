//! The judge of sample tables: a good table on which nothing fires, one mutation for each rule, near misses, hostile files.

mod forms;
mod forms_vector;
pub(crate) mod good;
mod hostile;
mod misses;
mod misses_results;
pub(crate) mod mutations;
