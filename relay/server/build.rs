//! The web app is part of the program: a new build of it means a new build of the relay.

fn main() {
    println!("cargo:rerun-if-changed=../../client/web/dist");
    println!("cargo:rerun-if-changed=migrations");
}
