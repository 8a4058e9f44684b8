//! The relay: a thin shell around `dragoman-core`.

#![forbid(unsafe_code)]

pub mod bookings;
pub mod clock;
pub mod config;
pub mod demo;
pub mod directory;
pub mod duties;
pub mod engine;
mod files;
pub mod http;
pub mod links;
pub mod loans;
pub mod media;
pub mod notify;
pub mod record;
pub mod review;
pub mod secrets;
pub mod serve;
pub mod simulate;
pub mod store;
pub mod throttle;
pub mod tls;
pub mod turn;
pub mod vault;
