//! dragoman-client
