//! dragoman-relay
