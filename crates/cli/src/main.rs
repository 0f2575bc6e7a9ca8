//! The `opendrs` program. All of its code is in the library, where tests can call it.

/// A call makes many small, short-lived allocations, which are often freed on another thread. mimalloc is made for
/// that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    opendrs_cli::run()
}
