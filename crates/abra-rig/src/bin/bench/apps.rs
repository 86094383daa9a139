//! Many apps on the workstation: files only, no server is asked.
use crate::fleet::Fleet;
use crate::ground::{Ground, NOWHERE};
use crate::plot::{Line, plot};
use crate::servers::{APPS, SERVERS};
use crate::table::Row;
use crate::tool::Tools;
use abra_rig::RigError;
use std::time::Duration;

const ROUNDS: usize = 21;

/// Measures with the env files of all servers, which are gone afterwards.
pub(crate) fn measure(ground: &Ground<'_>, report: &mut Fleet) -> Result<(), RigError> {
    for server in 0..SERVERS {
        (0..APPS).try_for_each(|app| ground.env(&name(server), app).map(drop))?;
        ground.context(&name(server), NOWHERE)?;
    }
    let tools = ground.tools;
    let start = tools.alternate(ROUNDS, |tools, tool| tools.run(tool, NOWHERE, &["--version"]))?;
    report.here.push(Row::new("`--version`", start).within(Duration::from_millis(5)));
    let complete = tools.alternate(ROUNDS, |tools, tool| match tool {
        0 => {
            let variables = [("COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "3"), ("_CLAP_IFS", "\n")];
            tools.run_with(0, NOWHERE, &["--", "abra", "app", "deploy", "a"], &variables)
        }
        _ => tools.run(1, NOWHERE, &["__complete", "context", "use", ""]),
    })?;
    let what = format!("completing the names of {} apps", SERVERS * APPS);
    report.here.push(Row::new(&what, complete).within(Duration::from_millis(20)));
    let mut points = Vec::new();
    for servers in [SERVERS, SERVERS / 2, SERVERS / 4, 1] {
        (servers..SERVERS).for_each(|server| ground.forget(&name(server)));
        let times = tools.alternate(ROUNDS, list)?;
        points.push((servers * APPS, times));
        let row = Row::new(&format!("`app ls`, {} apps", servers * APPS), times);
        report.here.push(if servers == SERVERS { row.within(Duration::from_millis(50)) } else { row });
    }
    points.reverse();
    let line = |tool: usize| points.iter().map(|(apps, times)| (*apps, times[tool])).collect();
    let lines = [Line::abra(line(0)), Line::docker(&format!("docker, {SERVERS} contexts"), line(1))];
    report.plots.push(("apps.svg", plot("Time of app ls", "apps", &lines)));
    ground.forget(&name(0));
    Ok(())
}

fn list(tools: &Tools, tool: usize) -> Result<Duration, RigError> {
    tools.run(tool, NOWHERE, if tool == 0 { &["app", "ls"] } else { &["context", "ls"] })
}

fn name(server: usize) -> String {
    format!("s{server}.example")
}
