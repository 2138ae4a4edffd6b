//! `replay`: every quantity of one instance and every claim on it.

use super::conjecture::{quantities_json, quantities_table};
use super::json::quantity;
use super::style::{Style, Tone};
use super::{exact, finish, new_table, number, short};
use crate::check::conjecture::Quantity;
use crate::check::judge::{Certificate, Decision, MAX_WORK, Measured, SAMPLE_PIECES, beyond_limit, certify, measure};
use crate::check::witness::Assertion;
use crate::check::witness::{Origin, Stored};
use crate::claims::{ClaimEntry, Expected, REGISTRY, Relation};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::line::norm;
use crate::number::{Interval, Scalar};
use crate::regularity::{Constant, constants};
use crate::update::{Algorithm, conditional_scores, update};
use serde_json::{Value, json};
use std::fmt::Write;

/// One instance, evaluated in binary64 and in intervals.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Named quantities: binary64 value and enclosure.
    pub quantities: Vec<(&'static str, f64, Interval)>,
    /// ‖w‖₂, and extremes over the step t ∈ \[0, η\], enclosed.
    pub over_the_step: Vec<(&'static str, Interval)>,
    /// g⁺, g⁻, the gap g⁺ − g⁻, ∇J (REINFORCE, Dr. GRPO) and GRPO's gradient.
    pub vectors: Vec<(&'static str, Vec<f64>)>,
    /// The regularity constants, in every reading in which they are known.
    pub constants: Vec<Constant>,
    /// Every claim of the registry: its measure in binary64, and its certificate by intervals.
    pub claims: Vec<(&'static ClaimEntry, Measured, Option<Certificate>)>,
    /// The words and the sides of the conjecture that a witness refutes; empty for anything else.
    pub conjecture: Vec<Quantity>,
    /// What a witness says of it, asked anew; empty for an instance alone.
    pub asserted: Vec<Assertion>,
}

impl Replay {
    /// Evaluates what a file holds, with all that it says.
    ///
    /// # Errors
    /// As [`Witness::asserted`](crate::check::witness::Witness::asserted).
    pub fn of(stored: &Stored) -> Result<Replay, Error> {
        let (asserted, conjecture) = match stored {
            Stored::Instance(_) => (vec![], vec![]),
            Stored::Witness { witness, simplified } => {
                let words = match witness.origin()?.0 {
                    Origin::Conjecture(conjecture) => conjecture.quantities(stored.instance()),
                    Origin::Claim(_) => vec![],
                };
                (witness.asserted(*simplified)?, words)
            }
        };
        Ok(Replay { asserted, conjecture, ..Replay::new(stored.instance()) })
    }

    /// Evaluates a valid instance: every claim of the registry and all quantities, nothing asserted of it.
    pub fn new(instance: &Instance) -> Replay {
        let real = Evaluation::<f64>::new(instance, SAMPLE_PIECES);
        let enclosed = Evaluation::<Interval>::new(instance, 1);
        let (r, e) = (real.start(), enclosed.start());
        let mut quantities = vec![
            ("λ(0)", r.lambda(), e.lambda()),
            ("log J", r.log_success(), e.log_success()),
            ("log(1−J)", r.log_failure(), e.log_failure()),
            ("J", r.success(), e.success()),
            ("1−J", r.failure(), e.failure()),
            ("Δμ = λ'(0)", r.alignment(), e.alignment()),
            ("λ''(0)", r.second(), e.second()),
            ("λ(η)−λ(0)", real.step().change, enclosed.step().change),
            ("λ(η)−λ(0)−ηΔμ", real.step().remainder, enclosed.step().remainder),
        ];
        let sides: [(&'static str, &'static str, [f64; 2], [Interval; 2]); 4] = [
            ("E⁻[s]", "E⁺[s]", r.mean, e.mean),
            ("Var⁻(s)", "Var⁺(s)", r.variance, e.variance),
            ("E⁻[H]", "E⁺[H]", r.curvature, e.curvature),
            ("E⁻|o|", "E⁺|o|", r.length, e.length),
        ];
        for (minus, plus, real, enclosed) in sides {
            quantities.extend([(plus, real[1], enclosed[1]), (minus, real[0], enclosed[0])]);
        }
        quantities.push(("E|o|", r.mean_length(), e.mean_length()));
        let claims = REGISTRY.iter().map(|claim| {
            let measured = measure(claim, &real);
            let certificate = matches!(measured, Measured::Inside { .. }).then(|| certify(claim, instance));
            (claim, measured, certificate)
        });
        let [plus, minus] = conditional_scores(&real);
        let vectors = vec![
            ("g⁺", plus),
            ("g⁻", minus),
            ("g⁺ − g⁻", real.gap().vector.clone()),
            ("∇J (REINFORCE, Dr. GRPO)", update(&real, Algorithm::Reinforce).gradient),
            ("GRPO", update(&real, Algorithm::Grpo).gradient),
        ];
        let pieces = (MAX_WORK / instance.policy.terms()).clamp(1, 64);
        let segment = enclosed.on_line().segment(instance.eta, pieces);
        let over_the_step = vec![
            ("min λ''", segment.least_second),
            ("max λ''", segment.largest_second),
            ("max E⁺|o|", segment.length[1]),
            ("max E⁻|o|", segment.length[0]),
            ("max 1/(1−J)", segment.over_failure()),
            ("max 1/J", segment.over_success()),
            ("‖w‖₂", norm(&instance.direction.iter().map(|&x| Interval::of(x)).collect::<Vec<_>>())),
        ];
        Replay {
            quantities,
            over_the_step,
            vectors,
            constants: constants(instance, pieces),
            claims: claims.collect(),
            conjecture: vec![],
            asserted: vec![],
        }
    }

    /// ‖w‖₂, enclosed: an entry of `over_the_step`; empty where that has none.
    pub fn norm(&self) -> Interval {
        let norm = self.over_the_step.iter().find(|(name, _)| *name == "‖w‖₂");
        norm.map_or(Interval::EMPTY, |&(_, norm)| norm)
    }

    /// Whether no claim that is expected to hold is violated for certain, and binary64 and intervals agree: where intervals
    /// are certain that a claim without sampled constants holds, no binary64 ratio is beyond its limit. Nothing that a witness says
    /// is contradicted.
    pub fn as_expected(&self) -> bool {
        let contradicted = self.asserted.iter().any(|said| said.confirmed == Some(false));
        !contradicted
            && self.claims.iter().all(|(claim, measured, certificate)| {
                let decision = certificate.as_ref().map(|certificate| certificate.decision);
                let beyond = matches!(measured, Measured::Inside { ratio: Some(ratio), .. } if beyond_limit(*ratio));
                let disagree = beyond && decision == Some(Decision::Holds) && claim.statement.reading.is_none();
                let universal = claim.statement.relation != Relation::Existence;
                let violated =
                    decision == Some(Decision::Violated) && claim.statement.expected == Expected::Holds && universal;
                !disagree && !violated
            })
    }
}

fn decision(claim: &ClaimEntry, certificate: &Option<Certificate>) -> &'static str {
    let universal = claim.statement.relation != Relation::Existence;
    match certificate.as_ref().map(|certificate| certificate.decision) {
        Some(Decision::Holds) => "certified",
        Some(Decision::Violated) if !universal => "no witness",
        Some(Decision::Violated) => "refuted",
        Some(Decision::Outside) => "outside",
        Some(Decision::Undecided) => "undecided",
        None => "–",
    }
}

fn tone(claim: &ClaimEntry, certificate: &Option<Certificate>) -> Tone {
    match decision(claim, certificate) {
        "certified" => Tone::Good,
        "refuted" => Tone::refuted(claim.statement.expected),
        _ => Tone::Plain,
    }
}

/// Text: quantities with enclosures, g⁺, g⁻ and the gradients, extremes over the step, the constants in every reading, a
/// line for each claim; then what a witness says, and whether it is so.
pub fn replay_table(replay: &Replay, style: Style) -> String {
    let mut quantities = new_table(&["quantity", "value", "enclosure"]);
    for (name, value, enclosure) in &replay.quantities {
        quantities.add_row(vec![
            (*name).to_string(),
            exact(*value),
            format!("[{}, {}]", exact(enclosure.lo()), exact(enclosure.hi())),
        ]);
    }
    let mut step = new_table(&["over the step", "at least", "at most"]);
    for (name, enclosure) in &replay.over_the_step {
        step.add_row(vec![(*name).to_string(), exact(enclosure.lo()), exact(enclosure.hi())]);
    }
    let mut constants = new_table(&["constant", "reading", "known as", "at least", "at most"]);
    for constant in &replay.constants {
        constants.add_row(vec![
            constant.symbol.to_string(),
            constant.reading.to_string(),
            format!("{:?}", constant.kind).to_lowercase(),
            short(constant.low),
            short(constant.high),
        ]);
    }
    let mut claims = new_table(&["claim", "ratio", "intervals", "part or reason"]);
    for (claim, measured, certificate) in &replay.claims {
        let (ratio, note) = match measured {
            Measured::Outside(name) => ("–".into(), format!("outside: {name}")),
            Measured::Inside { ratio, part } => (ratio.map_or("–".into(), short), (*part).to_string()),
        };
        let intervals = style.cell(tone(claim, certificate), decision(claim, certificate));
        claims.add_row(vec![claim.statement.slug.to_string(), ratio, intervals, note]);
    }
    let mut text = finish(&quantities);
    for (name, vector) in &replay.vectors {
        let entries: Vec<String> = vector.iter().map(|&x| short(x)).collect();
        let _ = writeln!(text, "{name} = ({})", entries.join(", "));
    }
    text.push('\n');
    text += &finish(&step);
    let norm = replay.norm();
    let within = match (norm.surely_le(Interval::one()), Interval::one().surely_lt(norm)) {
        (true, _) => "for certain",
        (_, true) => "certainly not",
        _ => "not decided",
    };
    let _ = writeln!(text, "‖w‖₂ ≤ 1: {within}\n");
    text += &finish(&constants);
    text.push('\n');
    text += &finish(&claims);
    if !replay.conjecture.is_empty() {
        text.push('\n');
        text += &quantities_table(&replay.conjecture, &[]);
    }
    if !replay.asserted.is_empty() {
        text += "\nThe file says:\n";
    }
    for said in &replay.asserted {
        let answer = match said.confirmed {
            Some(true) => style.word(Tone::Good, "confirmed"),
            Some(false) => style.word(Tone::Bad, "CONTRADICTED"),
            None => "not decided".into(),
        };
        let _ = writeln!(text, "  {answer}: {}", said.text);
    }
    text
}

/// JSON of schema `gradient-gap/replay/1` with the keys `schema`, `as_expected`, `quantities`, `over_the_step`, `vectors`,
/// `constants`, `claims`, `conjecture` and `asserted`: the fields of [`Replay`].
///
/// Every float round-trips; [`number`] says how the others are written.
pub fn replay_json(replay: &Replay) -> String {
    let quantities: Vec<Value> =
        (replay.quantities.iter()).map(|(name, value, enclosure)| quantity(name, *value, *enclosure)).collect();
    let over_the_step: Vec<Value> = (replay.over_the_step.iter())
        .map(|(name, x)| json!({"name": name, "low": number(x.lo()), "high": number(x.hi())}))
        .collect();
    let claims: Vec<Value> = (replay.claims.iter())
        .map(|(claim, measured, certificate)| {
            let (covered, ratio, note) = match measured {
                Measured::Outside(name) => (false, None, *name),
                Measured::Inside { ratio, part } => (true, *ratio, *part),
            };
            json!({
                "slug": claim.statement.slug,
                "covered": covered,
                "ratio": ratio.map_or(Value::Null, number),
                "intervals": decision(claim, certificate),
                "note": note,
            })
        })
        .collect();
    let constants: Vec<Value> = (replay.constants.iter())
        .map(|c| {
            json!({"symbol": c.symbol, "reading": c.reading, "kind": c.kind, "low": number(c.low), "high": number(c.high)})
        })
        .collect();
    let vectors: Vec<Value> = (replay.vectors.iter())
        .map(|(name, vector)| json!({"name": name, "entries": vector.iter().map(|&x| number(x)).collect::<Vec<_>>()}))
        .collect();
    let asserted: Vec<Value> =
        replay.asserted.iter().map(|said| json!({"text": said.text, "confirmed": said.confirmed})).collect();
    let document = json!({
        "schema": "gradient-gap/replay/1",
        "version": env!("CARGO_PKG_VERSION"),
        "as_expected": replay.as_expected(),
        "quantities": quantities,
        "over_the_step": over_the_step,
        "vectors": vectors,
        "constants": constants,
        "claims": claims,
        "conjecture": quantities_json(&replay.conjecture),
        "asserted": asserted,
    });
    format!("{document:#}\n")
}
