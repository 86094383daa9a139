//! Distance: what passes a relay takes half a round trip each way, and a connection takes a round trip to be made. Bytes
//! keep their order and their rate. One thread for all relays of a group, because they share the machine with what is measured.
use crate::RigError;
use std::io;
use std::net::Ipv4Addr;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

/// The most that is read at once, in bytes.
const PIECE: usize = 64 << 10;
/// The most pieces on their way in one direction: whoever sends more has to wait, as on a real line.
const UNDER_WAY: usize = 256;

/// Relays on 127.0.0.1, one for each of some servers there. They end with this value, and all connections with them.
#[derive(Debug)]
pub struct Distance {
    ports: Vec<u16>,
    over: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Bytes, and when they are to arrive.
type Piece = (Instant, Vec<u8>);

impl Distance {
    /// Puts the servers at these ports a round trip away, each its own.
    ///
    /// # Errors
    /// There is no port or thread to be had.
    pub fn start(targets: &[(u16, Duration)]) -> Result<Self, RigError> {
        let io = || RigError::io("a relay");
        let runtime = Builder::new_current_thread().enable_all().build().map_err(io())?;
        let bound = runtime.block_on(async {
            let mut bound = Vec::new();
            for target in targets {
                bound.push((TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, *target));
            }
            io::Result::Ok(bound)
        });
        let bound = bound.map_err(io())?;
        let ports = bound.iter().map(|(listener, _)| Ok(listener.local_addr()?.port()));
        let ports = ports.collect::<io::Result<_>>().map_err(io())?;
        let (over, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("distance".to_owned());
        let thread = thread.spawn(move || relay(&runtime, bound, ended)).map_err(io())?;
        Ok(Self { ports, over: Some(over), thread: Some(thread) })
    }

    /// Where the servers are far away, in their order.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }
}

impl Drop for Distance {
    fn drop(&mut self) {
        self.over = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Works until it is told to end, which it is when the sender goes.
fn relay(runtime: &Runtime, bound: Vec<(TcpListener, (u16, Duration))>, ended: oneshot::Receiver<()>) {
    for (listener, (target, round_trip)) in bound {
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection(client, target, round_trip / 2));
            }
        });
    }
    let _ = runtime.block_on(ended);
}

/// One connection. The kernel here says yes to a client at once; a far one learns of it after a round trip, and the server
/// of the client half a round trip later.
async fn connection(client: TcpStream, target: u16, one_way: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (asked, asks) = mpsc::channel(UNDER_WAY);
    let (answered, answers) = mpsc::channel(UNDER_WAY);
    let there = async {
        sleep(one_way * 3).await;
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await?;
        server.set_nodelay(true)?;
        let (from_server, to_server) = server.into_split();
        tokio::join!(take(from_server, answered, one_way), deliver(to_server, asks));
        io::Result::Ok(())
    };
    let here = async {
        sleep(one_way * 2).await;
        take(from_client, asked, one_way).await;
    };
    // Where there is no server the client is hung up on: `answered` goes.
    let (there, (), ()) = tokio::join!(there, here, deliver(to_client, answers));
    there
}

/// Reads until the sender says no more. That this is the end arrives as late as the bytes do.
async fn take(mut from: OwnedReadHalf, under_way: mpsc::Sender<Piece>, one_way: Duration) {
    let mut buffer = vec![0; PIECE];
    while let Ok(length) = from.read(&mut buffer).await {
        let piece = (Instant::now() + one_way, buffer[..length].to_vec());
        if under_way.send(piece).await.is_err() || length == 0 {
            return;
        }
    }
}

/// Hands pieces over when they are due. An empty one is the end of that direction.
async fn deliver(mut to: OwnedWriteHalf, mut under_way: mpsc::Receiver<Piece>) {
    while let Some((due, bytes)) = under_way.recv().await {
        sleep_until(due).await;
        if bytes.is_empty() || to.write_all(&bytes).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::Distance;
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    const ROUND_TRIP: Duration = Duration::from_millis(40);

    /// A server that sends back what it gets, and closes when the client does.
    fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut answers = stream.try_clone().unwrap();
            std::io::copy(&mut stream, &mut answers).unwrap();
        });
        port
    }

    #[test]
    fn bytes_arrive_whole_in_their_order_and_late_but_not_later_for_being_many() {
        let distance = Distance::start(&[(echo(), ROUND_TRIP), (echo(), ROUND_TRIP)]).unwrap();
        for port in distance.ports() {
            let start = Instant::now();
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).unwrap();
            stream.set_nodelay(true).unwrap();
            // Many small pieces and few large ones: more than fits on the line at once.
            let pieces: Vec<Vec<u8>> = (0..200_usize)
                .map(|index| vec![(index % 251) as u8; if index % 2 == 0 { 7 } else { 300_000 }])
                .collect();
            let sent = pieces.concat();
            let mut writer = stream.try_clone().unwrap();
            let writing = thread::spawn(move || {
                pieces.iter().for_each(|piece| writer.write_all(piece).unwrap());
                writer.shutdown(std::net::Shutdown::Write).unwrap();
            });
            let mut first = [0; 7];
            stream.read_exact(&mut first).unwrap();
            // To be connected takes one, to and fro another.
            assert!(start.elapsed() >= ROUND_TRIP * 2, "{:?}", start.elapsed());
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            writing.join().unwrap();
            assert!([&first[..], &rest].concat() == sent, "{} of {} bytes", 7 + rest.len(), sent.len());
            // The end of the connection comes as late: half of it there, half of it back.
            assert!(start.elapsed() >= ROUND_TRIP * 2);
        }
    }

    #[test]
    fn who_asks_a_server_that_is_not_there_is_hung_up_on() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let distance = Distance::start(&[(port, ROUND_TRIP)]).unwrap();
        let start = Instant::now();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, distance.ports()[0])).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
        assert!(start.elapsed() >= ROUND_TRIP);
    }

    #[test]
    fn connections_end_with_it() {
        let distance = Distance::start(&[(echo(), ROUND_TRIP)]).unwrap();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, distance.ports()[0])).unwrap();
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        drop(distance);
        assert!(matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_)));
    }
}
