//! What the command line keeps from the library, by the limits of its options: calls of the library and how they are refused.

use gradient_gap::bandit::{Bandit, Contexts, Fallback, Plan};
use gradient_gap::check::attack::Attack;
use gradient_gap::check::campaign::Campaign;
use gradient_gap::check::conjecture::Effort;
use gradient_gap::check::shard::{Shard, Shards, Work};
use gradient_gap::check::witness::{MAX_TEXT, read_instance};
use gradient_gap::claims::ClaimEntry;
use gradient_gap::collapse::{Construction, Extra, Resonant, Theorem2, Theorem4};
use gradient_gap::diagnose::{self, Diagnosis};
use gradient_gap::enumerate::{ByPrefix, Table, enumerate};
use gradient_gap::experiments::{bandit, phase, rates, stagnation, train};
use gradient_gap::families::Family;
use gradient_gap::lengths::{Design, Varied, sweep};
use gradient_gap::policy::{Ending, Features, Logits, Policy, Sampler, Shape};
use gradient_gap::transformer::Sizes;
use gradient_gap::{Conjecture, Error, Instance, report};

/// What is said, and what should be.
type Refused = (String, &'static str);
/// A reason, and what it is the reason of.
type Kept = (&'static str, fn() -> Vec<Refused>);

/// A family whose instances are no instances.
const OWN: Family = Family::new("own", "a negative step", 1, |u| {
    let policy = Policy::curve([0.0, 1.0, 0.0], &[])?;
    Ok(Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: -u[0], correct: vec![false, true], then: vec![] })
});

fn refused<T>(result: Result<T, Error>, expected: &'static str) -> Refused {
    (result.err().map_or("not refused".into(), |error| error.to_string()), expected)
}

/// Why no call of the program is refused so, and calls of the library that are.
pub const NOT_FROM_THE_COMMAND_LINE: [Kept; 6] = [
    ("the bandit experiment draws its contexts itself, and --eta and --steps have limits", bandits),
    ("commands name claims and families that there are, finish their work, and read no longer texts", checks),
    ("`collapse` has options for some of the numbers only", collapses),
    ("no command walks through trees", enumerations),
    ("the options of experiments have limits", runs),
    ("no file and no option can hold these numbers, or no command makes use of the constructor, or not with these", numbers),
];

pub fn rows() -> Vec<Refused> {
    NOT_FROM_THE_COMMAND_LINE.into_iter().flat_map(|(_, rows)| rows()).collect()
}

fn bandits() -> Vec<Refused> {
    let contexts = |x: &[f64], correct: &[u32]| Contexts { x: x.to_vec(), correct: correct.to_vec() };
    let one = || contexts(&[1.0], &[0]);
    let new = |theta: &[f64], pool, evaluation| Bandit::new(1, 2, theta.to_vec(), pool, evaluation);
    let good = new(&[0.0, 0.0], one(), one()).expect("a bandit");
    let plan = |change: fn(&mut Plan)| {
        let mut plan = Plan::paper(1, Fallback::Stop);
        change(&mut plan);
        good.run(&plan)
    };
    vec![
        refused(
            new(&[0.0, 0.0], contexts(&[1.0, 2.0], &[0]), one()),
            "pool: 2 coordinates for 1 correct arms, expected 1 each",
        ),
        refused(
            new(&[0.0, 0.0], one(), contexts(&[f64::NAN], &[0])),
            "evaluation: context 0, coordinate 0: NaN, expected a number of size at most 1e60",
        ),
        refused(new(&[0.0, 1e70], one(), one()), "θ, row 0, arm 1: 1e70, expected a number of size at most 1e60"),
        refused(new(&[0.0, 0.0], contexts(&[1.0], &[7]), one()), "pool: context 0: the correct arm is 7, expected 0 to 1"),
        refused(new(&[0.0, 0.0], contexts(&[], &[]), one()), "pool: no context to train on"),
        refused(new(&[0.0], one(), one()), "θ has 1 entries, expected 1 rows of 2"),
        refused(Bandit::new(0, 2, vec![], one(), one()), "contexts of dimension 0, expected at least 1"),
        refused(Bandit::new(1, 1, vec![0.0], one(), one()), "number of arms: 1, expected at least 2 and below 2^32"),
        refused(plan(|plan| plan.eta = -1.0), "η is -1.0, expected a number from 0 to 1e60"),
        refused(plan(|plan| plan.band = [0.8, 0.2]), "the band is [0.8, 0.2], expected 0 ≤ low ≤ high ≤ 1"),
        refused(plan(|plan| plan.steps = 10_000_001), "10000001 updates, expected at most 10000000"),
        refused(plan(|plan| plan.every = 0), "recorded every 0 updates, expected at least 1"),
        refused(
            new(&[0.0, 0.0], one(), contexts(&[1.0; 8], &[0; 8]))
                .and_then(|many| many.run(&Plan { steps: 10_000_000, ..Plan::paper(1, Fallback::Stop) })),
            "8 contexts at 10000001 times to be recorded, expected at most 33554432 points",
        ),
    ]
}

fn checks() -> Vec<Refused> {
    let claim = gradient_gap::claims::find("length-norm").expect("known");
    let claims: [ClaimEntry; 1] = [*claim];
    let campaign = Campaign::new(&claims, 10);
    let conjecture = Conjecture::parse("eta > 0").expect("a comparison");
    let nowhere = Effort { families: vec![], ..Effort::default() };
    let beginning = format!("{{\n\"log_history\": [\n{}", " ".repeat(1 << 20));
    let breaks_off = std::io::Read::chain(beginning.as_bytes(), Broken);
    vec![
        refused(Campaign::new(&[], 10).run(&|_| {}), "a campaign needs at least one claim and one family of each kind"),
        refused(
            Campaign { families: &[OWN, OWN], ..Campaign::new(&claims, 10) }.run(&|_| {}),
            "two families of a campaign are called \"own\"",
        ),
        refused(OWN.decode(&[0.5]), "family own, u = [0.5]: eta is -0.5, expected a finite number ≥ 0"),
        refused(Attack { families: vec![], ..Attack::new(claim) }.run(&|_| {}), "an attack needs at least one family"),
        refused(conjecture.search(&nowhere), "a search needs at least one family"),
        refused(Work::new(&campaign, Shard::WHOLE).conclude(), "shard 1/1, 0 of 28 tasks done, is no whole campaign"),
        refused(Shards::default().whole(), "no shards"),
        refused(read_instance(&" ".repeat(MAX_TEXT + 1)), "67108865 bytes, more than 67108864"),
        refused(Diagnosis::read("a log", Broken, &diagnose::Options::default()), "a log: timed out"),
        refused(Diagnosis::read("a log", breaks_off, &diagnose::Options::default()), "a log: line 3: timed out"),
    ]
}

/// A file that cannot be read.
struct Broken;

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::TimedOut.into())
    }
}

fn collapses() -> Vec<Refused> {
    let two = || Theorem2::new(1.0, 0.005, 0.15);
    let four = || Theorem4::new(1.0, 0.0001, 0.02, 100);
    let extra = |position, correct| Extra { position, bias: 0.0, correct };
    vec![
        refused(Theorem2 { start: f64::NAN, ..two() }.admissible(), "start: is NaN, expected a finite number"),
        refused(Theorem2 { steps: 0, ..two() }.admissible(), "steps: is 0, expected at least 1"),
        refused(Theorem2 { reach: 2.0, ..two() }.admissible(), "reach: 2.0 is above √3 s = 1.7320508075688772"),
        refused(Theorem2 { across: 1.5, ..two() }.admissible(), "across: 1.5 gives ‖w‖² = 2.2869810324502975, above 1"),
        refused(
            Theorem2 { across: 0.01, ..two() }.admissible(),
            "divergence: step A gains ηΔμ = 0.0007500000000000013 and loses only D_K = 1.1249995781252535e-6",
        ),
        refused(
            Theorem2 { extras: vec![extra([1.0, 0.0], true)], ..two() }.admissible(),
            "extras[0]: (1.0, 0.0) is not on φ_c = (0, 0)",
        ),
        refused(
            Theorem2 { extras: vec![extra([0.0, 0.0], false)], ..two() }.admissible(),
            "extras[0]: (0.0, 0.0) is not on the segment from φ_a to φ_b",
        ),
        refused(
            Theorem4 { token: Theorem2 { extras: vec![extra([0.0, 0.0], true)], ..four().token }, ..four() }.admissible(),
            "extras: a token has three options",
        ),
        refused(Resonant { steps: 0, ..Resonant::new(1.0, 0.005, 0.15) }.admissible(), "steps: is 0, expected at least 1"),
    ]
}

fn enumerations() -> Vec<Refused> {
    let shape = |vocabulary, max_length| Shape { vocabulary, max_length, ending: Ending::Cut };
    let by_prefix = |shape| ByPrefix::new(shape, |_: &[u32], _: &mut [f64], _: &mut [f64], _: &mut [f64]| {});
    let undefined = |logit: &mut [f64]| logit[1] = f64::NAN;
    let walked =
        ByPrefix::new(shape(2, 3), move |_: &[u32], logit: &mut [f64], _: &mut [f64], _: &mut [f64]| undefined(logit));
    let walked = walked.and_then(|policy| enumerate(&policy, |o: &[u32]| o.len() > 1));
    vec![
        refused(by_prefix(shape(0, 3)), "vocabulary 0 and maximal length 3 must be at least 1"),
        refused(by_prefix(shape(3, 1025)), "maximal length 1025, expected at most 1024"),
        refused(
            by_prefix(shape(u32::MAX, 2)),
            "vocabulary 4294967295 times maximal length 2 is 8589934590, expected at most 1048576",
        ),
        refused(Table::new(shape(10_000, 2), |_, _, _, _, _| {}), "a table of 200000000 logits, expected at most 67108864"),
        refused(
            Table::new(shape(2, 3), |_, _, logit, _, _| undefined(logit)),
            "position 0 after token 0: the logit of token 1 is NaN, expected at most 1.099511627776e12 in size",
        ),
        refused(walked, "prefix []: the logit of token 1 is NaN, expected at most 1.099511627776e12 in size"),
    ]
}

fn runs() -> Vec<Refused> {
    let bandits = |change: fn(&mut bandit::Setting)| {
        let mut setting = bandit::Setting::default();
        change(&mut setting);
        bandit::run(&setting, &|| {})
    };
    let phases = |change: fn(&mut phase::Setting)| {
        let mut setting = phase::Setting::default();
        change(&mut setting);
        phase::run(&setting, &|| {})
    };
    let rate = |change: fn(&mut rates::Setting)| {
        let mut setting = rates::Setting::default();
        change(&mut setting);
        rates::run(&setting, &|| {})
    };
    let trained = |change: fn(&mut train::Setting)| {
        let mut setting = train::Setting::default();
        change(&mut setting);
        train::run(&setting, &|| {})
    };
    vec![
        refused(bandits(|setting| setting.fallbacks.clear()), "no fallbacks, expected at least one"),
        refused(phases(|setting| setting.columns = 1), "1 columns, expected at least 2"),
        refused(phases(|setting| setting.progress = f64::INFINITY), "progress is inf, expected a finite number > 0"),
        refused(rate(|setting| setting.steps = 99), "99 updates, expected at least 100"),
        refused(rate(|setting| setting.seeds = 0), "no seeds, expected at least one"),
        refused(rate(|setting| setting.groups = vec![4, 1]), "a group of 1, expected at least 2"),
        refused(rate(|setting| setting.responses = 3), "3 responses, expected an even number"),
        refused(rate(|setting| setting.rate = 0.0), "the rate is 0.0, expected 0 < α ≤ 100"),
        refused(
            stagnation::run(&stagnation::Setting { steps: 19, ..Default::default() }, &|| {}),
            "19 steps, expected at least 20",
        ),
        refused(
            stagnation::run(&stagnation::Setting { trials: 0, ..Default::default() }, &|| {}),
            "no trials, expected at least one",
        ),
        refused(trained(|setting| setting.evaluated = 0), "0 for evaluation prompts, expected 1 to 60"),
        refused(trained(|setting| setting.rates[1] = -1.0), "a learning rate of -1.0, expected 0 to 1000"),
    ]
}

fn numbers() -> Vec<Refused> {
    let sizes = train::sizes(5);
    let design = |correct, wrong| Design { max_length: 10, correct, wrong }.validate();
    let empty = |options| Logits {
        dim: 1,
        rows: 1,
        options,
        bias: vec![],
        features: Features::Dense(vec![]),
        quadratic: vec![],
        waves: vec![],
    };
    let listed = Policy::tabular_softmax(2, vec![]).expect("a policy");
    let chain = Theorem4::new(1.0, 0.01, 0.1, 3).finite_state().expect("an instance").policy;
    let wide = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"5000\" height=\"10\"></svg>";
    vec![
        refused(Policy::linear_softmax(2, vec![1.0; 3], vec![]), "3 features do not form rows of dimension 2"),
        refused(
            Policy::linear_softmax(1, vec![1.0, f64::NAN], vec![]),
            "logits: features[1] is NaN, expected a finite number",
        ),
        refused(Policy::cube(0, vec![]), "a cube of dimension 0, expected 1 to 20"),
        refused(Policy::one_token(empty(1 << 33)), "8589934592 responses, more than 4294967295"),
        refused(design(10, 5), "length 10 of correct responses, expected 1 to 9"),
        refused(design(5, 1), "length 1 of wrong responses, expected 2 to 10"),
        refused(Design { max_length: 0, correct: 1, wrong: 2 }.validate(), "length 1 of correct responses, expected 1 to 0"),
        refused(Sampler::new(&listed, &[0.0]).map(|_| ()), "theta has 1 parameters, expected 2"),
        refused(
            Sampler::new(&chain, &[0.0]).map(|_| ()),
            "the responses are not listed, and are drawn by their places in the list",
        ),
        refused(sweep(Varied::MaxLength, 63), "63 tokens, expected at least 64"),
        refused(
            Sizes { heads: 3, ..sizes }.validate(),
            "Sizes { vocabulary: 8, options: 6, positions: 12, width: 32, heads: 3, hidden: 128, layers: 2 } are no sizes of a network",
        ),
        refused(Sizes { layers: 1 << 12, ..sizes }.validate(), "50594656 parameters, expected at most 50000"),
        refused(report::png("no picture"), "SVG: SVG data parsing failed cause unknown token at 1:1"),
        refused(report::png(wide), "a PNG of 10000 × 20 pixels: at most 8192 a side"),
    ]
}
