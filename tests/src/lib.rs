//! What the end-to-end tests and the load benchmark share: a real relay, real HTTP and sockets, real UDP peers.

pub mod agencies;
pub mod call;
pub mod client;
pub mod correlation;
pub mod ladder;
pub mod natives;
pub mod peer;
pub mod push;
pub mod relay;
pub mod scribe;
pub mod speech;
pub mod telephone;
pub mod turn;
pub mod weak;
pub mod written;
