//! The `opendrs` program; everything is in the library, so that tests reach it.

/// Most of a call's memory is small and short-lived, given back on another thread than it was taken on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    opendrs_cli::run()
}
