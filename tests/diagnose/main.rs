//! `diagnose`: formats, damage, findings. Excerpts are made up; real logs are read where `GRADIENT_GAP_LOGS` names their folder.

mod findings;
mod formats;
mod real;
mod support;
