//! The product's program, built with failpoints at which a test can end it; see `opendrs_store::failpoint`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    opendrs_cli::run()
}
