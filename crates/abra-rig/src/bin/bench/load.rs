//! Start-up, and reading, merging and printing compose files; no engine takes part.
use crate::report::Report;
use crate::stacks;
use crate::table::Row;
use crate::tool::{Pair, Tools};
use abra_rig::RigError;
use std::path::Path;
use std::time::Duration;

const ROUNDS: usize = 21;
const GROWTH: [usize; 4] = [30, 100, 300, 1000];
/// Whatever is never asked.
const NOWHERE: &str = "unix:///nonexistent";

pub(crate) fn measure(tools: &Tools, folder: &Path, report: &mut Report) -> Result<(), RigError> {
    let version = |tools: &Tools, tool| tools.run(tool, NOWHERE, &["--version"]);
    let start = tools.alternate(ROUNDS, version)?;
    report.load.push(Row::new("start-up: `--version`", start));
    for services in GROWTH {
        let files = stacks::layered(folder, services)?;
        let mut arguments = vec!["stack", "config"];
        files.iter().for_each(|file| arguments.extend(["-c", file]));
        let rounds = if services > 100 { ROUNDS / 3 } else { ROUNDS };
        let taken = tools.alternate(rounds, |tools, tool| tools.run(tool, NOWHERE, &arguments))?;
        let less: Pair<Duration> = [0, 1].map(|tool| taken[tool].saturating_sub(start[tool]));
        let what = format!("`stack config`, {services} services");
        let row = Row::new(&what, taken);
        report.load.push(if services == 30 { row.at_most(1.0 / 5.0) } else { row });
        report.load.push(Row::new(&format!("{what}, less start-up"), less));
        report.growth.push((services, less));
    }
    Ok(())
}
