//! The product's own program, built so that it dies where a test tells it to; see `opendrs_store::failpoint`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    opendrs_cli::run()
}
