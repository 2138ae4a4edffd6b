//! x
#![forbid(unsafe_code)]
pub mod claims;
pub mod error;
pub mod evaluation;
pub mod instance;
pub mod line;
pub mod number;
pub mod policy;
pub mod regularity;
pub use error::Error;
pub use evaluation::Evaluation;
pub use instance::Instance;
