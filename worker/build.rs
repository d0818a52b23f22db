//! Builds the crate again when a migration is added: the compiler alone notices only changes of known files.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
