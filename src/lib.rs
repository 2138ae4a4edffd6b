//! x
#![forbid(unsafe_code)]
pub mod check;
pub mod claims;
pub mod error;
pub mod evaluation;
pub mod families;
pub mod instance;
pub mod line;
pub mod number;
pub mod policy;
pub mod regularity;
pub use error::Error;
pub use evaluation::Evaluation;
pub use instance::Instance;
