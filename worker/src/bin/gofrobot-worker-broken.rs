//! The worker with mistakes made on purpose (see the library's module `store::broken`), under a name of its own: it must never
//! be taken for the real one.

#[path = "../main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
