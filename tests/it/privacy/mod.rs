//! People can be forgotten, and nobody reads them without their keys.

mod erasure;
mod forgotten;
mod place;
mod rotation;
mod sealing;
