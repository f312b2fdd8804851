//! Rebuilds the crate when an embedded file is added or removed: the embedding macro only follows
//! changes of the files that it already knows.
#![expect(clippy::print_stdout, reason = "build scripts speak to cargo over stdout")]

fn main() {
    for path in ["../../pipelines", "../../schemas", "../../workspace.toml"] {
        println!("cargo:rerun-if-changed={path}");
    }
}
