//! What the commands of all experiments share: options, and where their results go.

use super::{TableOrJson, is_dash, is_no_file, print, write_folder};
use clap::Args;
use gradient_gap::check::campaign::DEFAULT_SEED;
use gradient_gap::check::pool;
use gradient_gap::{Error, report};
use std::path::{Path, PathBuf};

/// The option of every experiment that draws something.
#[derive(Debug, Args)]
pub struct Seed {
    /// The first seed; the same seeds give the same result on any number of threads.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
}

/// Options of every experiment.
#[derive(Debug, Args)]
pub struct Common {
    /// Threads; 0 for as many as there are cores.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1024))]
    threads: u64,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// In this folder, made where it is not there: NAME.json, its rows in NAME.csv (more of them with names of their own), and every figure
    /// as SVG and PNG, where NAME is the command's (-: the figure, where there is but one, as SVG on standard output, and no table).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What an experiment has to show.
pub struct Results<'a> {
    /// The command's name, and that of its files.
    pub command: &'a str,
    /// For people.
    pub table: &'a str,
    /// The whole.
    pub json: &'a str,
    /// Rows: the list's own name, empty for the first one, and CSV.
    pub csv: Vec<(&'a str, String)>,
    /// Every figure's own name, empty where there is but one, and SVG.
    pub figures: Vec<(String, String)>,
    /// Whether nothing was seen that a theorem excludes.
    pub sound: bool,
}

impl Common {
    /// Whether a figure is all that is asked for.
    pub fn alone(&self) -> bool {
        is_dash(self.out.as_deref())
    }

    /// # Errors
    /// One figure is asked for where there are more; a file stands where the folder should be.
    pub fn check(&self, figures: usize, hint: &str) -> Result<(), Error> {
        if self.alone() {
            let one = Err(Error::new(format!("--out -: one figure only; {hint} or a folder")));
            return if figures == 1 { Ok(()) } else { one };
        }
        self.out.as_deref().map_or(Ok(()), is_no_file)
    }

    /// On as many threads as are asked for.
    ///
    /// # Errors
    /// No threads can be had; those of `work`.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
        pool(self.threads as usize)?.install(work)
    }

    /// Files, and what is printed; whether nothing was seen that a theorem excludes.
    ///
    /// # Errors
    /// A file or standard output cannot be written.
    pub fn deliver(&self, results: &Results<'_>) -> Result<bool, Error> {
        if self.alone() {
            return print(&results.figures.iter().map(|(_, svg)| svg.as_str()).collect::<String>()).map(|()| results.sound);
        }
        if let Some(folder) = &self.out {
            results.write(folder)?;
        }
        print(match self.format {
            TableOrJson::Table => results.table,
            TableOrJson::Json => results.json,
        })?;
        Ok(results.sound)
    }
}

impl Results<'_> {
    /// All files, or where one cannot be made or written none.
    fn write(&self, folder: &Path) -> Result<(), Error> {
        let named = |name: &str, ending: &str| {
            let dash = if name.is_empty() { "" } else { "-" };
            format!("{}{dash}{name}{ending}", self.command)
        };
        let mut files = vec![(named("", ".json"), self.json.into())];
        files.extend(self.csv.iter().map(|(name, rows)| (named(name, ".csv"), rows.clone().into_bytes())));
        for (name, svg) in &self.figures {
            files.push((named(name, ".svg"), svg.clone().into_bytes()));
            files.push((named(name, ".png"), report::png(svg)?));
        }
        write_folder(folder, &files)
    }
}
