//! Has the crate compiled again when GraphiQL was bundled anew, or for the
//! first time.

use std::path::Path;

fn main() {
    // What is missing would count as changed, always.
    let bundle = "graphiql/dist";
    let watched = if Path::new(bundle).exists() { bundle } else { "graphiql" };
    println!("cargo:rerun-if-changed={watched}");
}
