//! dragoman-tests
