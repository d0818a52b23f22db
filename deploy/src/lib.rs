//! What the tests of images, compose file, chart and cluster share. They are a crate of their own because they need
//! other machinery than the programs' tests (a container engine, helm, a Kubernetes), so each is started by its own
//! name: see the Makefile.

pub mod command;
pub mod docker;
pub mod http;
pub mod pages;
pub mod wait;
