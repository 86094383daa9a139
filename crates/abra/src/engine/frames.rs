//! How engines send output of containers: in frames (stream number, three zeros, length in 4 bytes big endian, content),
//! or, of a container with a terminal, as it is.
use super::logs::Stream;

/// The longest frame that is taken, in bytes.
const LONGEST: usize = 16 << 20;

/// Takes a stream apart as it comes.
#[derive(Debug)]
pub(super) struct Frames {
    /// Whether there are frames; else all is standard output.
    framed: bool,
    buffer: Vec<u8>,
    broken: bool,
}

impl Frames {
    pub(super) fn new(framed: bool) -> Self {
        Self { framed, buffer: Vec::new(), broken: false }
    }

    /// Takes in what came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if !self.broken {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Whether it can't be understood: what comes behind is lost.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The next whole frame. Without frames: all that came.
    pub(super) fn next(&mut self) -> Option<(Stream, Vec<u8>)> {
        if !self.framed {
            return (!self.buffer.is_empty()).then(|| (Stream::Stdout, std::mem::take(&mut self.buffer)));
        }
        let (&head, behind) = self.buffer.split_first_chunk::<8>()?;
        let [number, 0, 0, 0, a, b, c, d] = head else { return self.give_up() };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > LONGEST {
            return self.give_up();
        }
        let content = behind.get(..length)?.to_vec();
        self.buffer.drain(..8 + length);
        Some((Stream::of_number(number), content))
    }

    /// The lines of the next whole frame. Without frames: up to the last line end that came.
    pub(super) fn next_lines(&mut self) -> Option<(Stream, Vec<u8>)> {
        if self.framed {
            return self.next();
        }
        let end = self.buffer.iter().rposition(|byte| *byte == b'\n')? + 1;
        Some((Stream::Stdout, self.buffer.drain(..end).collect()))
    }

    fn give_up(&mut self) -> Option<(Stream, Vec<u8>)> {
        self.broken = true;
        self.buffer.clear();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, Stream};

    fn frame(stream: u8, text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[stream, 0, 0, 0], &length[..], text.as_bytes()].concat()
    }

    fn all(frames: &mut Frames) -> Vec<(Stream, Vec<u8>)> {
        std::iter::from_fn(|| frames.next()).collect()
    }

    #[test]
    fn frames_come_out_whole_however_they_came_in() {
        let bytes = [frame(1, "one\n"), frame(2, ""), frame(3, "three")].concat();
        let wanted = [(Stream::Stdout, "one\n"), (Stream::Stderr, ""), (Stream::Engine, "three")]
            .map(|(stream, text)| (stream, text.as_bytes().to_vec()));
        for size in 1..=bytes.len() {
            let mut frames = Frames::new(true);
            let mut found = Vec::new();
            for part in bytes.chunks(size) {
                frames.push(part);
                found.extend(all(&mut frames));
            }
            assert_eq!(found, wanted, "{size}");
        }
    }

    #[test]
    fn what_is_no_frame_ends_it() {
        for bytes in [&b"not frames at all"[..], &[1, 0, 0, 0, 255, 255, 255, 255]] {
            let mut frames = Frames::new(true);
            frames.push(bytes);
            assert_eq!((frames.next(), frames.is_broken()), (None, true));
        }
    }

    #[test]
    fn without_frames_lines_come_when_they_end() {
        let mut frames = Frames::new(false);
        frames.push(b"one\ntw");
        assert_eq!(frames.next_lines(), Some((Stream::Stdout, b"one\n".to_vec())));
        assert_eq!(frames.next_lines(), None);
        frames.push(b"o\n");
        assert_eq!(frames.next_lines(), Some((Stream::Stdout, b"two\n".to_vec())));
    }
}
