use std::process::ExitCode;

fn main() -> ExitCode {
    // Two providers could be compiled in by different crates; naming ours keeps the first connection from panicking.
    let _ = rustls::crypto::ring::default_provider().install_default();
    rosterd::cli::main()
}
