//! What the images are: built from dependencies that lie apart, nothing but one program above the base, and able to run
//! where a container may do nothing. `make test-images` builds them first.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod building;
mod contents;
mod running;
