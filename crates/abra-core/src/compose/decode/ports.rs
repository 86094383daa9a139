//! `ports`.
use super::Decoder;
use super::fields::text;
use crate::compose::model::{Field, Port};
use crate::compose::short::port;
use crate::finding::Spanned;
use crate::yaml::{Data, Node, Problem};

impl Decoder<'_> {
    /// All ports in long form; a short form stands for one or more.
    pub(super) fn ports(&mut self, node: Option<&Node>) -> Vec<Port> {
        let mut ports = Vec::new();
        for item in node.and_then(Node::as_list).unwrap_or_default() {
            match &item.data {
                Data::Map(_) => ports.push(self.long_port(item)),
                Data::Text(text) => self.short_port(item, text, &mut ports),
                Data::Int { value, .. } => self.short_port(item, &value.to_string(), &mut ports),
                Data::Float { raw, .. } => {
                    let problem = Problem::blocker(item.place, format!("{raw} is not a port"));
                    self.report(problem.help("write a whole number, or text like \"8080:80\""));
                }
                _ => {}
            }
        }
        ports
    }

    fn short_port(&mut self, item: &Node, text: &str, ports: &mut Vec<Port>) {
        let Ok(found) = port::parse(text) else { return };
        let place = item.place;
        if let Some(ip) = found.ignored_ip {
            let message = format!(
                "the address {ip} is ignored: in a swarm the port is open on all addresses of every node"
            );
            self.report(Problem::warning(place, message));
        }
        if !self.spend(found.count(), place) {
            return;
        }
        ports.extend(found.ports().into_iter().map(|port| Port {
            place,
            mode: Some(Spanned::new("ingress".to_owned(), place)),
            target: Some(Spanned::new(port.target.into(), place)),
            published: Some(Spanned::new(port.published.into(), place)),
            protocol: Some(Spanned::new(port.protocol, place)),
        }));
    }

    fn long_port(&mut self, item: &Node) -> Port {
        Port {
            place: item.place,
            mode: text(item.get("mode")),
            target: self.port_number(item.get("target")),
            published: self.port_number(item.get("published")),
            protocol: text(item.get("protocol")),
        }
    }

    /// A port number of a long form. Docker lets numbers of more than 32 bits wrap around; that is refused here. What
    /// lies between is the engine's to refuse.
    fn port_number(&mut self, node: Option<&Node>) -> Field<u64> {
        let port = self.whole::<u32>(node)?;
        if port.value > u32::from(u16::MAX) {
            self.report(Problem::warning(
                port.place,
                format!("the port {} is larger than 65535", port.value),
            ));
        }
        Some(port.map(u64::from))
    }
}
