//! Shards as files: one JSON document each, finished or not, with a checksum; and several of them as one campaign.

use super::campaign::{Campaign, CampaignResult};
use super::found::Found;
use super::numbers;
use super::read::one_line;
use super::shard::{Shard, Work};
use crate::claims::{self, ClaimEntry, Scope};
use crate::error::Error;
use crate::families::Family;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The schema of shards.
pub(crate) const SHARD_SCHEMA: &str = "gradient-gap/verify-shard/1";

/// What makes two campaigns the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Slugs, in their order.
    claims: Vec<String>,
    instances: u64,
    seed: u64,
    attack: u64,
    certify: u64,
    /// Names with versions.
    families: Vec<String>,
    runs: Vec<String>,
}

impl Parameters {
    fn of(campaign: &Campaign<'_>) -> Parameters {
        let named = |families: &[Family]| families.iter().map(|f| format!("{} {}", f.name, f.version)).collect();
        Parameters {
            claims: campaign.claims.iter().map(|claim| claim.statement.slug.to_string()).collect(),
            instances: campaign.instances,
            seed: campaign.seed,
            attack: campaign.attack,
            certify: campaign.certified,
            families: named(campaign.families),
            runs: named(campaign.runs),
        }
    }

    /// # Errors
    /// The first that differs from the `other` ones, which are those of `whose`.
    fn expect(&self, other: &Parameters, whose: &str) -> Result<(), Error> {
        let shown = |p: &Parameters| {
            let numbers = [("instances", p.instances), ("seed", p.seed), ("attack", p.attack), ("certify", p.certify)];
            let lists = [("claims", &p.claims), ("families", &p.families), ("runs", &p.runs)];
            let numbers = numbers.map(|(name, number)| (name, number.to_string()));
            numbers.into_iter().chain(lists.map(|(name, list)| (name, list.join(", ")))).collect::<Vec<_>>()
        };
        match shown(self).into_iter().zip(shown(other)).find(|(own, other)| own != other) {
            Some(((name, own), (_, other))) => {
                Err(Error::new(format!("another campaign: {name} is {own}, but {other} in {whose}")))
            }
            None => Ok(()),
        }
    }
}

/// A shard as it stands in its file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    schema: Cow<'a, str>,
    /// Of everything else: FNV-1a of the document without blanks, this field empty, in hexadecimal digits.
    checksum: String,
    /// Of the program.
    version: Cow<'a, str>,
    shard: String,
    /// How many of its tasks are done.
    done: u64,
    tasks: u64,
    #[serde(with = "numbers")]
    seconds: f64,
    campaign: Parameters,
    found: Cow<'a, Found>,
}

/// Of a document that may be another one.
#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

/// FNV-1a with 64 bits: no two texts of equal length that differ in one byte have the same.
fn checksum(text: &str) -> String {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

fn json(error: serde_json::Error) -> Error {
    Error::new(format!("damaged, or no shard: {error}"))
}

impl<'a> Document<'a> {
    fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|e| Error::new(e.to_string()))
    }

    /// The text with its checksum.
    fn sealed(mut self) -> Result<String, Error> {
        self.checksum.clear();
        self.checksum = checksum(&self.text()?);
        Ok(self.text()? + "\n")
    }

    fn parse(text: &str) -> Result<Document<'static>, Error> {
        let Header { schema, version } = serde_json::from_str(text).map_err(json)?;
        let expect = |name: &str, found: Option<String>, expected: &str| match found.as_deref() {
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(Error::new(format!("{name} is {found:?}, expected {expected:?}"))),
            None => Err(Error::new(format!("no {name}, expected {expected:?}"))),
        };
        expect("schema", schema, SHARD_SCHEMA)?;
        expect("version", version, env!("CARGO_PKG_VERSION"))?;
        let mut document: Document<'static> = serde_json::from_str(text).map_err(json)?;
        let stored = std::mem::take(&mut document.checksum);
        let own = checksum(&document.text()?);
        if stored != own {
            return Err(Error::new(format!("damaged: its checksum is {stored:?}, that of its contents {own:?}")));
        }
        Ok(document)
    }

    /// The work that it holds, if it is of this campaign.
    fn work<'c>(self, campaign: &'c Campaign<'c>, whose: &str) -> Result<Work<'c>, Error> {
        self.campaign.expect(&Parameters::of(campaign), whose)?;
        let mut work = Work::new(campaign, self.shard.parse()?);
        let sizes = |i: usize| campaign.families_of(campaign.claims[i].scope).len();
        let spreads = [Scope::Step, Scope::Run].map(|scope| campaign.families_of(scope).len());
        let consistent = self.tasks == work.tasks && self.done <= self.tasks && self.seconds >= 0.0;
        if !consistent || !self.found.fits(campaign.claims.len(), sizes, spreads) {
            return Err(Error::new("damaged: numbers that no campaign has"));
        }
        (work.done, work.seconds, work.found) = (self.done, self.seconds, self.found.into_owned());
        Ok(work)
    }
}

impl<'a> Work<'a> {
    /// What was done so far, as JSON, schema "gradient-gap/verify-shard/1"; floats come back bit for bit.
    ///
    /// # Errors
    /// None that is known: everything that is found can be written.
    pub fn document(&self) -> Result<String, Error> {
        let document = Document {
            schema: SHARD_SCHEMA.into(),
            checksum: String::new(),
            version: env!("CARGO_PKG_VERSION").into(),
            shard: self.shard.to_string(),
            done: self.done,
            tasks: self.tasks,
            seconds: self.seconds,
            campaign: Parameters::of(self.campaign),
            found: Cow::Borrowed(&self.found),
        };
        document.sealed()
    }

    /// Goes on from a [document](Work::document) of the same campaign and shard.
    ///
    /// # Errors
    /// A text that is no such document, or a damaged one; one of another campaign, shard or version.
    pub fn resumed(campaign: &'a Campaign<'a>, shard: Shard, text: &str) -> Result<Work<'a>, Error> {
        let resume = || {
            let work = Document::parse(text)?.work(campaign, "this one")?;
            match work.shard == shard {
                true => Ok(work),
                false => Err(Error::new(format!("shard {}, but this is shard {shard}", work.shard))),
            }
        };
        resume().map_err(one_line)
    }
}

/// Shards of one campaign, in any order.
#[derive(Debug, Default)]
pub struct Shards {
    whole: Option<Whole>,
    /// The number of shards.
    of: u64,
    /// The files by the number of their shard.
    files: BTreeMap<u64, String>,
}

/// All shards of a campaign.
#[derive(Debug)]
pub struct Whole {
    claims: Vec<ClaimEntry>,
    parameters: Parameters,
    found: Found,
    seconds: f64,
}

impl Whole {
    /// The campaign that the shards are of, as it was run.
    pub fn campaign(&self) -> Campaign<'_> {
        let Parameters { instances, seed, attack, certify: certified, .. } = self.parameters;
        Campaign { seed, attack, certified, ..Campaign::new(&self.claims, instances) }
    }

    /// Wall time of all shards, added up, in seconds.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Judges the whole campaign.
    ///
    /// # Errors
    /// Threads that cannot be started.
    pub fn conclude(&self) -> Result<CampaignResult, Error> {
        self.campaign().conclude(self.found.clone())
    }

    /// Nothing yet of the campaign that a document is about, over the families there are.
    fn of(document: &Document<'_>) -> Result<Whole, Error> {
        let parameters = document.campaign.clone();
        let known = |slug: &String| claims::find(slug).ok_or_else(|| Error::new(format!("unknown claim {slug:?}")));
        let claims: Result<Vec<ClaimEntry>, Error> = parameters.claims.iter().map(|slug| known(slug).copied()).collect();
        let (claims, found) = (claims?, Found::of(parameters.claims.len()));
        if claims.is_empty() || parameters.instances == 0 {
            let (claims, instances) = (claims.len(), parameters.instances);
            return Err(Error::new(format!("a campaign of {claims} claims and {instances} instances")));
        }
        Ok(Whole { claims, parameters, found, seconds: 0.0 })
    }
}

impl Shards {
    /// Adds the shard in a file called `name`, whose text is `text`.
    ///
    /// # Errors
    /// A text that is no shard, or a damaged or unfinished one; one of another version or campaign, or one that is there
    /// already. The message begins with `name`.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.add_one(name, text).map_err(|e| one_line(e).at(name))
    }

    fn add_one(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let document = Document::parse(text)?;
        let first = self.files.values().next().map_or("this program", String::as_str);
        let mut begun = None;
        let whole = match &self.whole {
            Some(whole) => whole,
            None => begun.insert(Whole::of(&document)?),
        };
        let campaign = whole.campaign();
        let Work { shard, tasks, done, found, seconds, .. } = document.work(&campaign, first)?;
        if done < tasks {
            let how = "run the command that wrote it again, with --resume";
            return Err(Error::new(format!("unfinished: {done} of {tasks} tasks are done ({how})")));
        }
        if self.of != 0 && self.of != shard.of() {
            return Err(Error::new(format!("shard {shard}, but {first} is one of {}", self.of)));
        }
        if let Some(known) = self.files.get(&shard.number()) {
            return Err(Error::new(format!("shard {shard} is there already, in {known}")));
        }
        self.of = shard.of();
        self.files.insert(shard.number(), name.into());
        self.whole = self.whole.take().or(begun).map(|whole| Whole {
            seconds: whole.seconds + seconds,
            found: whole.found.merge(found),
            ..whole
        });
        Ok(())
    }

    /// All shards together.
    ///
    /// # Errors
    /// No shard, or shards that are missing, by their numbers.
    pub fn whole(self) -> Result<Whole, Error> {
        let missing: Vec<u64> = (1..=self.of).filter(|number| !self.files.contains_key(number)).collect();
        if !missing.is_empty() {
            let shown: Vec<String> = missing.iter().take(5).map(|number| format!("{number}/{}", self.of)).collect();
            let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
            let (shown, is) = (shown.join(", "), if missing.len() == 1 { "is" } else { "are" });
            return Err(Error::new(format!("shard {shown}{more} {is} in none of the {} files", self.files.len())));
        }
        self.whole.ok_or_else(|| Error::new("no shards"))
    }
}
