//! The kinds of things that may happen in a run.

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// J fell for good, to half or less.
    Collapse,
    /// J fell for good, to more than half.
    Decline,
    /// J fell to half or less and came back, once or again and again.
    Dip,
    /// J fell while the level of comparison for relative steps was taken.
    UnsafeStart,
    /// J hardly moves.
    Stagnation,
    /// The gradient's norm grows far beyond what it was.
    GradientGrowth,
    /// The gradient's norm jumps.
    Spike,
    /// The gradient's norm is no finite number.
    NonFiniteGradient,
    /// Many groups give no gradient.
    DeadGroups,
    /// Many responses are cut at the longest length allowed.
    Truncation,
    /// Responses get much longer or shorter.
    LengthDrift,
    /// The step grows against a safe step.
    StepGrowth,
    /// With a smoothness given: the step is above the safe step.
    AboveSafeStep,
    /// The gradient is of more than J.
    OtherRewards,
    /// A column is missing or of no use.
    MissingColumn,
}

impl Kind {
    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Collapse => "collapse",
            Kind::Decline => "decline",
            Kind::Dip => "dip",
            Kind::UnsafeStart => "unsafe-start",
            Kind::Stagnation => "stagnation",
            Kind::GradientGrowth => "gradient-growth",
            Kind::Spike => "spike",
            Kind::NonFiniteGradient => "non-finite-gradient",
            Kind::DeadGroups => "dead-groups",
            Kind::Truncation => "truncation",
            Kind::LengthDrift => "length-drift",
            Kind::StepGrowth => "step-growth",
            Kind::AboveSafeStep => "above-safe-step",
            Kind::OtherRewards => "other-rewards",
            Kind::MissingColumn => "missing-column",
        }
    }
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What kind of thing happened.
    pub kind: Kind,
    /// The step where it begins; `None` where it is of the whole log.
    pub first_step: Option<u64>,
    /// The step where it is complete, or was seen last; `None` where it is of the whole log.
    pub last_step: Option<u64>,
    /// What happened, with the numbers that show it.
    pub message: String,
    /// What the theory can and cannot conclude.
    pub theory: &'static str,
}
