use gradient_gap::{check::campaign::*, claims, families};
fn main() {
    let n = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(20000);
    let t = std::time::Instant::now();
    let c = Campaign { claims: claims::REGISTRY, families: families::REGISTRY, instances: n, seed: 1, threads: 0 };
    let r = c.run(&|_| {}).unwrap();
    for c in &r.claims {
        println!(
            "{:24} {:12} {} {:8} {:?} {:?} {}",
            c.claim.statement.slug,
            c.verdict,
            c.as_expected,
            c.cases,
            c.max_ratio,
            c.worst_case,
            c.reason.clone().unwrap_or_default()
        );
        if let Some(w) = &c.witness {
            println!("    {}", w.summary());
        }
        for (f, t) in &c.families {
            println!("      {f:20} {:7} {:?} und {}", t.cases, t.worst, t.undecided);
        }
    }
    for (f, s) in &r.families {
        println!(
            "{f:20} {} J {:?} {:?} F {:?} step {:?} {:?}",
            s.cases,
            s.success.quantile_log10(0.),
            s.success.quantile_log10(0.5),
            s.failure.quantile_log10(0.),
            s.step.quantile_log10(0.05),
            s.step.quantile_log10(1.)
        );
    }
    println!("{:?}", t.elapsed());
}
