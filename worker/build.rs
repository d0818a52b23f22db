//! Builds the crate again when a migration or a file of texts is added: the compiler alone notices only changes of known
//! files.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=locales");
}
