//! One server with more and more apps, on this machine and over ssh.
use crate::fleet::Fleet;
use crate::ground::{Ground, NOWHERE, Reach, services_of};
use crate::plot::{Line, plot};
use crate::say;
use crate::table::Row;
use crate::tool::Pair;
use abra_rig::{Proxy, RigError};
use std::time::Duration;

/// The server without ssh.
const HERE: &str = "here.example";
/// That many services are answered with so many requests at most.
const HANDFUL: (usize, usize) = (300, 6);

/// The server, with as many apps as it has by now.
pub(crate) struct Growing<'a> {
    ground: &'a Ground<'a>,
    reach: &'a Reach,
    proxy: Proxy,
    apps: usize,
    /// Times near and far by the number of services.
    points: Vec<(usize, Pair<Duration>, Pair<Duration>)>,
}

impl<'a> Growing<'a> {
    /// The first of the servers in reach, without apps.
    pub(crate) fn new(ground: &'a Ground<'a>, reach: &'a Reach) -> Result<Self, RigError> {
        let proxy = Proxy::start(&ground.engine.folder().join("counted.sock"), &ground.engine.socket())?;
        ground.context(HERE, &proxy.address())?;
        Ok(Self { ground, reach, proxy, apps: 0, points: Vec::new() })
    }

    /// Deploys until there are so many apps.
    pub(crate) fn grow(&mut self, apps: usize) -> Result<(), RigError> {
        let address = self.ground.engine.address();
        for app in 0..apps {
            let name = self.ground.env(HERE, app)?;
            if app >= self.apps {
                self.ground.tools.run(0, &address, &["app", "deploy", "-n", "-o", "-c", "-D", &name])?;
            }
            self.ground.env(&self.reach.servers[0].near, app)?;
            self.ground.env(&self.reach.servers[0].far, app)?;
        }
        self.apps = apps;
        Ok(())
    }

    /// Forgets the env files until it grows again; what is deployed stays.
    pub(crate) fn rest(&self) {
        let server = &self.reach.servers[0];
        [HERE, &server.near, &server.far].iter().for_each(|name| self.ground.forget(name));
    }

    /// Looks at all of it.
    pub(crate) fn measure(&mut self, report: &mut Fleet) -> Result<(), RigError> {
        let services = services_of(self.apps);
        say(&format!("a server with {services} services"));
        let here = self.ground.tools.alternate(7, |_, tool| self.look(tool, HERE))?;
        let mut requests = [0, 0];
        for (tool, count) in requests.iter_mut().enumerate() {
            self.proxy.forget();
            self.look(tool, HERE)?;
            *count = self.proxy.seen().len();
        }
        let counted = format!("{services} services");
        let row = Row::new(&format!("{counted}, on this machine"), here).requests(requests);
        report.services.push(if services == HANDFUL.0 { row.requests_at_most(HANDFUL.1) } else { row });
        let server = &self.reach.servers[0];
        let [near, far] =
            [(&server.near, "ssh, near"), (&server.far, "ssh, 50 ms far")].map(|(name, how)| {
                let times = self.ground.tools.alternate(7, |_, tool| self.look(tool, name))?;
                let logins = server.logins(|tool| self.look(tool, name))?;
                report
                    .services
                    .push(Row::new(&format!("{counted}, {how}"), times).requests(requests).logins(logins));
                Ok::<_, RigError>(times)
            });
        self.points.push((services, near?, far?));
        Ok(())
    }

    /// Draws what was measured.
    pub(crate) fn plot(&self, report: &mut Fleet) {
        let line = |tool: usize, is_far: bool| {
            let time =
                |near: &Pair<Duration>, far: &Pair<Duration>| if is_far { far[tool] } else { near[tool] };
            self.points.iter().map(|(services, near, far)| (*services, time(near, far))).collect()
        };
        let lines = [
            Line::abra(line(0, true)).named("abra, 50 ms far"),
            Line::docker("docker, 50 ms far", line(1, true)),
            Line::abra(line(0, false)).named("abra, near").dashed(),
            Line::docker("docker, near", line(1, false)).dashed(),
        ];
        let title = "Time until it is known how all apps of a server are, over ssh";
        report.plots.push(("services.svg", plot(title, "services on the server", &lines)));
    }

    fn look(&self, tool: usize, server: &str) -> Result<Duration, RigError> {
        match tool {
            0 => self.ground.tools.run(0, NOWHERE, &["app", "ls", "-S", "-o", "-s", server]),
            _ => self.ground.tools.run(1, NOWHERE, &["-c", server, "service", "ls"]),
        }
    }
}

impl Drop for Growing<'_> {
    fn drop(&mut self) {
        self.rest();
    }
}
