//! dragoman-speech
