//! What was measured of many apps and servers, as Markdown.
use crate::servers::{APPS, Many};
use crate::table::{Row, table, word};
use std::fmt::Write as _;
use std::time::Duration;

/// What was measured of many apps and servers.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    /// Files of this workstation only.
    pub here: Vec<Row>,
    /// One server with so many services.
    pub services: Vec<Row>,
    /// So many servers, 50 ms far.
    pub servers: Vec<Many>,
    /// All of them against each alone.
    pub spreads: Vec<Spread>,
    /// Plots, by file name.
    pub plots: Vec<(&'static str, String)>,
}

/// All servers at once against each alone.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    /// Where the servers are, and how they are reached.
    pub place: String,
    /// Whether the goal is for this.
    pub counts: bool,
    pub all: Duration,
    /// The logins and the engines' lists, of which nothing is made.
    pub bare: Duration,
    pub slowest: Duration,
    /// The one in the middle, alone.
    pub usual: Duration,
    /// The processor's time per server, of all at once: on the workstation, and for the servers' own work.
    pub costs: [Duration; 2],
}

impl Spread {
    /// The most that all servers may take, in times of the slowest alone.
    const MOST: f64 = 1.3;

    fn ratio(&self) -> f64 {
        quotient(self.all, self.slowest)
    }

    fn is_met(&self) -> bool {
        self.ratio() <= Self::MOST
    }

    fn line(&self) -> String {
        let goal =
            if self.counts { format!("≤ {}: {}", Self::MOST, word(self.is_met())) } else { String::new() };
        let [all, bare, slowest, usual] = [self.all, self.bare, self.slowest, self.usual].map(millis);
        let ([here, there], place, ratio) = (self.costs.map(millis), &self.place, self.ratio());
        let least = quotient(self.bare, self.slowest);
        format!(
            "| {place} | {all:.0} | {slowest:.0} | {usual:.0} | **{ratio:.2}** | {bare:.0} | {least:.2} | {here:.0} | {there:.0} | {goal} |\n"
        )
    }
}

impl Fleet {
    /// Goals that were not reached, in words.
    pub(crate) fn missed(&self) -> Vec<String> {
        let missed = self.spreads.iter().filter(|spread| spread.counts && !spread.is_met());
        let missed = missed.map(|spread| {
            format!("all servers, {}: ≤ {}, is {:.2}", spread.place, Spread::MOST, spread.ratio())
        });
        self.here.iter().chain(&self.services).flat_map(Row::missed).chain(missed).collect()
    }

    pub(crate) fn markdown(&self, text: &mut String) {
        *text += "\n## Many apps on this workstation\n\n";
        *text += HERE;
        table(text, &self.here);
        *text += "\n![Time of app ls against the number of apps](plots/apps.svg)\n";
        *text += "\n## A server with many services\n\n";
        *text += SERVICES;
        table(text, &self.services);
        *text += "\n![Time of app ls -S against the number of services](plots/services.svg)\n";
        *text += "\n## Many servers\n\n";
        *text += SERVERS;
        self.servers(text);
        *text += "\n![Time of app ls -S against the number of servers](plots/servers.svg)\n";
        *text += SPREAD;
        for spread in &self.spreads {
            *text += &spread.line();
        }
    }

    fn servers(&self, text: &mut String) {
        *text += "| servers | abra, ms | docker at once, ms | docker in turn, ms | abra ÷ at once | abra ÷ in turn | logins abra | \
                  CPU abra, ms per server | CPU docker, ms per server |\n\
                  | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
        for Many { servers, abra, at_once, in_turn, cost, logins } in &self.servers {
            let each = cost.map(|cost| millis(cost) / f64::from(u32::try_from(*servers).unwrap_or(1)));
            let _ = writeln!(
                text,
                "| {servers}, {} apps | {:.0} | {:.0} | {:.0} | **{:.2}** | **{:.2}** | {logins} | {:.0} | {:.0} |",
                servers * APPS,
                millis(*abra),
                millis(*at_once),
                millis(*in_turn),
                quotient(*abra, *at_once),
                quotient(*abra, *in_turn),
                each[0],
                each[1],
            );
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quotient(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON)
}

const HERE: &str = "No server is asked. abra reads an env file for each app; docker, for comparison, lists its 20 contexts and \
    completes\ntheir names.\n\n";

const SERVICES: &str = "`app ls -S` compares what runs with what is recorded, content and all. docker's `service ls` only lists \
    services. Apps\nhave one to three services, two on average: a program, often with a database, sometimes with a cache. Over ssh both\n\
    run the same `ssh` and reach the same sshd; \"50 ms far\": through a relay that holds bytes back for 25 ms each way, and a\n\
    new connection for 50 ms. Requests are counted on this machine.\n\n";

const SERVERS: &str = "Each server has 50 apps with 100 services, an sshd of its own, and is 50 ms far. Behind the sshds is one engine: twenty\n\
    would do the same work on the same cores, and need the memory of twenty besides. So this machine does the work of the\n\
    workstation and of all servers and relays. docker: `service ls` for one server after the other, as in a shell's loop, and\n\
    for all at once, a process each. CPU: time of the processor, user and system, of each tool with its ssh on the workstation;\n\
    the rest is sshd's and the engine's.\n\n";

const SPREAD: &str = "\nAll servers at once against each of them alone (`app ls -S -s SERVER`), in turn, in the same run. CPU: the processor's time for\n\
    each server, on the workstation (abra and ssh), and for the work that is the servers' own elsewhere (sshd, relay, engine).\n\
    A large part of both is the key exchange of the operator's own ssh, which abra leaves as it is: `sntrup761x25519-sha512`,\n\
    which OpenSSH 9 prefers, costs the workstation 50 to 80 ms for each server, `mlkem768x25519-sha256` of OpenSSH 10 next to\n\
    nothing. The goal is for what this ssh prefers. Where all servers are equally far, their work and the workstation's comes at\n\
    the same moment, and two cores are too few for it; where they are not, it hides behind the way there. Bare: ssh alone, to all\n\
    servers at once, and the engines' lists through it, of which nothing is made: what this machine takes before abra does anything.\n\
    Small: OpenSSH's sshd of the same release, built without OpenSSL, PAM, Kerberos and shared libraries. It starts in a third of the\n\
    time, which is nearer to servers that take none of the workstation's.\n\n\
    | where, key exchange | all, ms | slowest alone, ms | usual alone, ms | all ÷ slowest | bare, ms | bare ÷ slowest | \
    CPU here, ms per server | CPU there, ms per server | goal |\n\
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n";
