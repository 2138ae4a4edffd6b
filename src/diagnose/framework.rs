//! What training frameworks call the values of a step. The names are from their public sources.

/// What a column of a log is for, beside the success value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The number of the step.
    Step,
    /// ‖∇‖, the norm of the gradient before clipping.
    GradNorm,
    /// The learning rate α.
    LearningRate,
    /// The mean length of responses, in tokens.
    Length,
    /// The length of the longest response of a batch, in tokens.
    MaxLength,
    /// The share, in \[0, 1\], of responses cut at the longest length allowed.
    Truncated,
    /// The share, in \[0, 1\], of groups (or responses) without any advantage, because all of the group got the same reward.
    Dead,
    /// The share, in \[0, 1\], of groups with different rewards: what is not dead.
    Mixed,
    /// The standard deviation of rewards, in groups or in the batch: 0 where all groups are dead.
    RewardStd,
}

/// All of them.
pub(super) const ROLES: [Role; 9] = [Step, GradNorm, LearningRate, Length, MaxLength, Truncated, Dead, Mixed, RewardStd];

/// A framework: what it calls things, and its defaults.
#[derive(Debug, PartialEq)]
pub struct Framework {
    /// Its name on the command line.
    pub name: &'static str,
    /// The names of the success value, best first; `*` stands for anything.
    pub success: &'static [&'static str],
    /// The names of everything else, best first.
    pub keys: &'static [(Role, &'static [&'static str])],
    /// The loss of its default settings (a name in [`super::LOSSES`]).
    pub loss: &'static str,
    /// A name that only older versions write, and the loss of their default settings.
    pub older: Option<(&'static str, &'static str)>,
    /// The norm at which gradients are clipped by its default settings; `None` for not at all.
    pub clip: Option<f64>,
    /// What is to be known of its logs.
    pub remark: &'static str,
}

use Role::{Dead, GradNorm, LearningRate, Length, MaxLength, Mixed, RewardStd, Step, Truncated};

/// All frameworks that are known, those with names of their own first; between equals the first one is chosen.
pub const FRAMEWORKS: &[Framework] = &[
    Framework {
        name: "trl",
        success: &[
            "rewards/*correct*/mean",
            "rewards/*accura*/mean",
            "rewards/*solve*/mean",
            "rewards/*correct*",
            "rewards/*accura*",
            "rewards/*solve*",
            "rewards/*/mean",
            "rewards/*",
            "reward",
        ],
        keys: &[
            (Step, &["step"]),
            (GradNorm, &["grad_norm"]),
            (LearningRate, &["learning_rate"]),
            (Length, &["completions/mean_length", "completion_length"]),
            (MaxLength, &["completions/max_length"]),
            (Truncated, &["completions/clipped_ratio"]),
            (Dead, &["frac_reward_zero_std"]),
            (RewardStd, &["reward_std"]),
        ],
        loss: "dapo",
        older: Some(("completion_length", "grpo")),
        clip: Some(1.0),
        remark: "over several steps, rewards and lengths are means, grad_norm and learning_rate are those of the last step",
    },
    Framework {
        name: "verl",
        success: &["critic/score/mean", "critic/rewards/mean"],
        keys: &[
            (Step, &["step", "training/global_step"]),
            (GradNorm, &["actor/grad_norm"]),
            (LearningRate, &["actor/lr"]),
            (Length, &["response_length/mean"]),
            (MaxLength, &["response_length/max"]),
            (Truncated, &["response_length/clip_ratio"]),
        ],
        loss: "token-mean",
        older: None,
        clip: Some(1.0),
        remark: "actor/grad_norm is a mean over the updates of a step; critic/rewards may have a KL term in it, critic/score has none",
    },
    Framework {
        name: "roll",
        success: &["reward/hard_pass_rate", "critic/correct/mean", "critic/score/mean"],
        keys: &[
            (Step, &["step", "system/step", "system/global_step"]),
            (GradNorm, &["actor_train/grad_norm"]),
            (LearningRate, &["actor/lr"]),
            (Length, &["length/mean", "token/response_length/mean"]),
            (MaxLength, &["token/response_length/max"]),
            (Truncated, &["length/cap_hit_rate"]),
            (Dead, &["advantage/zero_rate"]),
            (Mixed, &["group/mixed_groups_ratio"]),
        ],
        loss: "grpo",
        older: None,
        clip: Some(1.0),
        remark: "actor_train/grad_norm is a mean over the updates of a step; older versions do not divide by a length: --loss token-sum",
    },
    Framework {
        name: "openrlhf",
        success: &["rollout/reward_mean", "reward"],
        keys: &[
            (Step, &["step"]),
            (GradNorm, &["actor_grad_norm"]),
            (LearningRate, &["actor_lr"]),
            (Length, &["rollout/response_length_mean", "response_length"]),
            (Truncated, &["truncated"]),
            (RewardStd, &["group_reward_std"]),
        ],
        loss: "token-mean",
        older: None,
        clip: Some(1.0),
        remark: "actor_grad_norm is that of the last update of a step; before version 0.8 each response was divided by its own length",
    },
    Framework {
        name: "nemo-rl",
        success: &["reward", "accuracy"],
        keys: &[
            (Step, &["step"]),
            (GradNorm, &["grad_norm"]),
            (LearningRate, &["lr"]),
            (Length, &["mean_gen_tokens_per_sample", "gen_tokens_per_sample/mean"]),
            (MaxLength, &["max_gen_tokens_per_sample", "gen_tokens_per_sample/max"]),
            (Truncated, &["truncation_rate"]),
        ],
        loss: "token-mean",
        older: None,
        clip: Some(1.0),
        remark: "with several updates a step grad_norm may be their sum, or that of the last one, by version",
    },
    Framework {
        name: "tinker",
        success: &["env/all/correct", "env/all/reward/total"],
        keys: &[
            (Step, &["step", "progress/batch"]),
            (GradNorm, &["unclipped_grad_l2:mean"]),
            (LearningRate, &["optim/lr"]),
            (Length, &["env/all/ac_tokens_per_turn"]),
            (Mixed, &["env/all/by_group/frac_mixed"]),
        ],
        loss: "reinforce",
        older: None,
        clip: None,
        remark: "lengths are tokens per turn",
    },
    Framework {
        name: "csv",
        success: &["success_rate", "J", "accuracy", "acc", "correct", "pass_rate", "solve_rate", "score", "reward"],
        keys: &[
            (Step, &["step"]),
            (GradNorm, &["grad_norm", "gradient_norm"]),
            (LearningRate, &["learning_rate", "lr"]),
            (Length, &["mean_length", "length", "response_length", "completion_length"]),
            (MaxLength, &["max_length"]),
            (Truncated, &["truncated", "clip_ratio", "clipped_ratio"]),
            (Dead, &["dead", "zero_std"]),
        ],
        loss: "grpo",
        older: None,
        clip: None,
        remark: "a table of nobody's: the loss and the clipping are guesses",
    },
];

/// What tables and loggers call the step, whatever the framework.
const STEPS: &[&str] = &["step", "global_step", "iteration", "iter", "_step"];

/// The run that a name of a table of several runs belongs to.
pub(super) fn run_of(name: &str) -> Option<&str> {
    name.rsplit_once(" - ").map(|(run, _)| run)
}

/// A name without what loggers put before it: `train/`, the name of the run and ` - `.
fn bare(name: &str) -> &str {
    let name = name.rsplit_once(" - ").map_or(name, |(_, name)| name);
    name.strip_prefix("train/").unwrap_or(name)
}

/// Whether it is this name, but for what loggers put before it, capitals, and blanks and hyphens for underscores (`Grad Norm`).
pub(super) fn is(name: &str, key: &str) -> bool {
    let plain = |c: char| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() };
    let name = bare(name);
    name.len() == key.len() && name.chars().map(plain).eq(key.chars().map(plain))
}

/// Whether `*` in a pattern can stand for what the name has there.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return is(name, pattern) };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return name.ends_with(piece);
        }
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    true
}

impl Framework {
    /// The framework of this name; `None` where none has it.
    pub fn find(name: &str) -> Option<&'static Framework> {
        FRAMEWORKS.iter().find(|framework| framework.name == name)
    }

    /// The first of `names` that is known for a role, best first: its index.
    pub(super) fn key<'n>(&self, role: Role, names: impl Iterator<Item = &'n str> + Clone) -> Option<usize> {
        let known = self.keys.iter().filter(|(one, _)| *one == role).flat_map(|(_, keys)| *keys);
        let steps = if role == Step { STEPS } else { &[] };
        let known = known.chain(steps);
        let as_written = |name: &str, key: &str| bare(name) == key;
        [as_written, is].iter().find_map(|same| known.clone().find_map(|key| names.clone().position(|name| same(name, key))))
    }

    /// The best success key among `names`: its index. Spreads (`/std`) are none.
    pub(super) fn success_key<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Option<usize> {
        let fit = |pattern: &str, name: &str| !name.ends_with("/std") && fits(pattern, bare(name));
        self.success.iter().find_map(|pattern| names.clone().position(|name| fit(pattern, name)))
    }

    /// Of how many kinds of values it has a name among `names`.
    pub(super) fn score<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> usize {
        let keys = self.keys.iter().filter(|(role, _)| self.key(*role, names.clone()).is_some()).count();
        keys + usize::from(self.success_key(names).is_some())
    }
}

/// Whether a framework has this very name: of these there are few.
pub(super) fn is_exact(name: &str) -> bool {
    let among = |keys: &[&str]| keys.iter().any(|key| is(name, key));
    let has = |framework: &Framework| framework.keys.iter().any(|(_, keys)| among(keys));
    FRAMEWORKS.iter().any(|framework| has(framework) || among(framework.success))
}

/// Whether any framework has a use for the value of this name.
pub(super) fn is_wanted(name: &str) -> bool {
    let name = bare(name);
    let among = |keys: &[&str]| keys.iter().any(|key| is(name, key));
    if among(STEPS) {
        return true;
    }
    let ends = ["/min", "/max"].iter().find_map(|end| name.strip_suffix(end)).map(|start| format!("{start}/mean"));
    FRAMEWORKS.iter().any(|framework| {
        let success = |name: &str| framework.success.iter().any(|pattern| fits(pattern, name));
        framework.keys.iter().any(|(_, keys)| among(keys)) || success(name) || ends.as_deref().is_some_and(success)
    })
}

/// Whether some framework calls its step so.
pub(super) fn is_step(name: &str) -> bool {
    let own = FRAMEWORKS.iter().flat_map(|framework| framework.keys).filter(|(role, _)| *role == Step);
    own.map(|(_, keys)| *keys).chain([STEPS]).any(|keys| keys.iter().any(|key| is(name, key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::LOSSES;

    #[test]
    fn patterns() {
        assert!(fits("rewards/*correct*/mean", "rewards/correctness_reward_func/mean"));
        assert!(fits("rewards/*", "rewards/x") && fits("a", "a") && fits("*", ""));
        assert!(!fits("rewards/*correct*/mean", "rewards/correctness/std") && !fits("a*b", "ac") && !fits("a", "ab"));
    }

    #[test]
    fn every_framework_is_consistent() {
        for framework in FRAMEWORKS {
            let losses = [Some(framework.loss), framework.older.map(|(_, loss)| loss)];
            for loss in losses.into_iter().flatten() {
                assert!(LOSSES.iter().any(|known| known.name == loss), "{} {loss}", framework.name);
            }
            for (_, keys) in framework.keys {
                assert!(keys.iter().all(|key| is_wanted(key)), "{keys:?}");
            }
            assert!(!framework.success.is_empty() && Framework::find(framework.name) == Some(framework));
        }
        assert!(is_wanted("train/rewards/f/mean") && is_wanted("critic/score/max") && is_step("train/global_step"));
        assert!(is_wanted("Grad Norm") && is_wanted("Learning-Rate") && is_step("Global Step") && is_exact("Success Rate"));
        assert!(!is_wanted("Grad  Norm") && !is_wanted("gradnorm"));
        assert!(!is_wanted("eval_reward") && !is_wanted("val-core/x/acc/mean@1") && !is_wanted("validation/accuracy"));
    }

    #[test]
    fn the_best_success_key() {
        let trl = Framework::find("trl").unwrap();
        let names =
            ["reward", "rewards/format/mean", "rewards/format/std", "rewards/is_correct/std", "rewards/is_correct/mean"];
        assert_eq!(trl.success_key(names.into_iter()), Some(4));
        assert_eq!(trl.success_key(names[..3].iter().copied()), Some(1));
        assert_eq!(trl.success_key(names[..1].iter().copied()), Some(0));
        assert_eq!(trl.success_key([].into_iter()), None);
    }
}
