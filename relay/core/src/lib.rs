//! Dragoman's domain as pure state machines, and the wire messages.
//!
//! The core decides, the shell does. Nothing here reads a clock, draws a random number, opens a file or awaits:
//! time and fresh identifiers are arguments. So a whole relay can be simulated in one thread from one seed; only the
//! `simulator` draws, from the seed that it is given.

#![forbid(unsafe_code)]

pub mod answer_times;
pub mod availability;
pub mod booking;
pub mod case;
pub mod codes;
mod commands;
mod csv_text;
pub mod dispatch;
pub mod draft;
pub mod event;
pub mod evidence;
pub mod exceptions;
pub mod forecast;
pub mod glossary;
pub mod ids;
pub mod input;
pub mod interpreting;
pub mod language;
pub mod loan;
pub mod matching;
pub mod pivot;
pub mod policy;
mod quantile;
pub mod red;
pub mod refusal;
pub mod relay;
pub mod reports;
pub mod rest;
pub mod rest_desk;
pub mod rest_directory;
pub mod rest_push;
pub mod rest_reports;
pub mod rest_shifts;
pub mod review;
mod ringing_view;
pub mod roster;
pub mod roster_check;
pub mod roster_csv;
pub mod routing;
pub mod session;
pub mod session_types;
pub mod simulator;
pub mod standing;
pub mod standings;
pub mod time;
pub mod transcript;
pub mod turn_frame;
pub mod views;
pub mod wire;

pub use commands::{may_stop, may_write};
