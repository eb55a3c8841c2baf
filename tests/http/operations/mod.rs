//! Operations (`$name`), one file each.

mod asking;
mod meta;
mod terminology;
