//! One module a claim, named after its slug, and what all of them share.
//!
//! Every module states which families reach the claim and how often, checks it on random instances (failing seeds land in
//! `proptest-regressions/<slug>.txt`), on every family's edge set and on the smallest and most extreme instances, checks that
//! each hypothesis can hold and can fail, and then its own equality cases, values by hand and second routes.
//!
//! `GRADIENT_GAP_CASES=100000 cargo test --test claims` makes a long campaign of the random part.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test, in a helper as in a test")]

#[path = "../common/long.rs"]
mod long;
#[macro_use]
mod support;
mod instances;
mod reach;

mod ascent_threshold;
mod attacked;
mod chains;
mod conditional_policies;
mod convergence;
mod curvature_window;
mod gap_alignment_angle;
mod gradient_gap_identity;
mod grpo_direction;
mod grpo_effective_step;
mod identities_at_extremes;
mod length_norm;
mod linear_rate;
mod linear_softmax_step;
mod log_odds_step;
mod log_odds_step_tight;
mod mean_energy;
mod metamorphic;
mod no_universal_collapse;
mod overshoot_collapse;
mod pg_rates;
mod policy_normalises;
mod rare_failure_step;
mod reinforce_gradient;
mod safe_step_scaling;
mod score_decomposes;
mod second_order;
mod second_order_printed;
mod self_bounding;
mod self_test;
mod smooth_only_step;
mod stagnation;
mod stagnation_printed;
mod threshold_match;
mod token_convergence;
mod token_log_odds_step;
mod token_overshoot_collapse;
mod token_smooth_only_step;
mod token_to_trajectory;
