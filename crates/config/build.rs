//! Rebuilds the crate when an embedded file is added or removed: the embedding macro only follows
//! changes of the files that it already knows.

fn main() {
    for path in ["../../pipelines", "../../schemas", "../../workspace.toml"] {
        println!("cargo:rerun-if-changed={path}");
    }
}
