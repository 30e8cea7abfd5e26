//! The messages of both directions, with the names of statements taken out.
//!
//! Of the protocol this knows just what it needs: a message is a letter, a
//! length and a body; `Parse` makes a statement, `Bind` and `Describe` use it,
//! `Close` ends it; a `Sync` or a `Query` ends an exchange, and the server
//! answers each of those with one `ReadyForQuery`.

use std::{
    collections::{HashMap, VecDeque},
    io,
};

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A letter and a length.
const HEADER: usize = 5;

pub(super) struct Translator {
    started: bool,
    /// What `Parse` said after the name: the text and the types of parameters.
    statements: HashMap<Bytes, Bytes>,
    /// The name for which the unnamed statement stands in this exchange.
    standing: Option<Bytes>,
    /// What the server has yet to answer, the oldest first; the last is still
    /// being said.
    exchanges: VecDeque<Exchange>,
    /// Bytes of a message of the server that are passed on as they come.
    rest: usize,
}

#[derive(Default)]
struct Exchange {
    /// Who asked for each `Parse`.
    parses: VecDeque<Asked>,
    by_sync: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The driver, who waits for the answer.
    Driver,
    /// This translator, in front of a use.
    Here,
}

impl Translator {
    pub(super) fn new() -> Self {
        Self {
            started: false,
            statements: HashMap::new(),
            standing: None,
            // The greeting ends with a ReadyForQuery of its own.
            exchanges: [Exchange::default(), Exchange::default()].into(),
            rest: 0,
        }
    }

    /// Takes the driver's whole messages and tells the server.
    pub(super) fn forward(&mut self, from: &mut BytesMut, to: &mut BytesMut) -> io::Result<()> {
        if !self.started {
            // The first message has no letter.
            let Some(length) = length_at(from, 0).filter(|length| from.len() >= *length) else {
                return Ok(());
            };
            to.put(from.split_to(length));
            self.started = true;
        }
        while let Some(length) = length_at(from, 1)
            && from.len() > length
        {
            let mut message = from.split_to(length + 1).freeze();
            let whole = message.clone();
            let letter = message.get_u8();
            message.advance(HEADER - 1);
            self.say(letter, message, &whole, to).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "a message without its end")
            })?;
        }
        Ok(())
    }

    fn say(&mut self, letter: u8, mut body: Bytes, whole: &Bytes, to: &mut BytesMut) -> Option<()> {
        match letter {
            b'P' => {
                let name = text(&mut body)?;
                self.parse(&body, Asked::Driver, to);
                if !name.is_empty() {
                    self.statements.insert(name.clone(), body);
                }
                self.standing = Some(name);
            }
            b'B' => {
                let portal = text(&mut body)?;
                let name = text(&mut body)?;
                self.stand_for(name, to);
                put(to, b'B', &[&portal, b"\0", b"\0", &body]);
            }
            b'D' if body.first() == Some(&b'S') => {
                body.advance(1);
                let name = text(&mut body)?;
                self.stand_for(name, to);
                put(to, b'D', &[b"S\0"]);
            }
            b'C' if body.first() == Some(&b'S') => {
                body.advance(1);
                self.statements.remove(&text(&mut body)?);
                self.standing = None;
                put(to, b'C', &[b"S\0"]);
            }
            b'S' | b'Q' => {
                to.put_slice(whole);
                self.standing = None;
                if let Some(exchange) = self.exchanges.back_mut() {
                    exchange.by_sync = letter == b'S';
                }
                self.exchanges.push_back(Exchange::default());
            }
            _ => to.put_slice(whole),
        }
        Some(())
    }

    /// Makes the unnamed statement the one of a name, unless it is already.
    fn stand_for(&mut self, name: Bytes, to: &mut BytesMut) {
        if name.is_empty() || self.standing.as_ref() == Some(&name) {
            return;
        }
        // A name nobody knows is left to the server, who says so.
        if let Some(statement) = self.statements.get(&name).cloned() {
            self.parse(&statement, Asked::Here, to);
            self.standing = Some(name);
        }
    }

    fn parse(&mut self, statement: &Bytes, asked: Asked, to: &mut BytesMut) {
        put(to, b'P', &[b"\0", statement]);
        if let Some(exchange) = self.exchanges.back_mut() {
            exchange.parses.push_back(asked);
        }
    }

    /// Passes on what the server says, but for answers to what the driver did
    /// not ask.
    pub(super) fn backward(&mut self, from: &mut BytesMut, to: &mut BytesMut) {
        loop {
            let passing = self.rest.min(from.len());
            to.put(from.split_to(passing));
            self.rest -= passing;
            let (Some(letter), Some(length)) = (from.first().copied(), length_at(from, 1)) else {
                return;
            };
            if self.rest > 0 {
                return;
            }
            match letter {
                b'1' if self.parsed() == Some(Asked::Here) => {
                    from.advance(HEADER);
                    continue;
                }
                b'Z' => drop(self.exchanges.pop_front()),
                // While it takes a copy in, the server passes over the Sync
                // that came with the statement.
                b'G' if self.exchanges.front().is_some_and(|exchange| exchange.by_sync) => {
                    self.exchanges.pop_front();
                }
                _ => {}
            }
            self.rest = length + 1;
        }
    }

    fn parsed(&mut self) -> Option<Asked> {
        self.exchanges.front_mut()?.parses.pop_front()
    }
}

/// The length that a message tells of itself at this place.
fn length_at(bytes: &[u8], place: usize) -> Option<usize> {
    let length = bytes.get(place..place + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}

/// Takes a text and the zero behind it.
fn text(body: &mut Bytes) -> Option<Bytes> {
    let end = body.iter().position(|byte| *byte == 0)?;
    let text = body.split_to(end);
    body.advance(1);
    Some(text)
}

fn put(to: &mut BytesMut, letter: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    to.put_u8(letter);
    to.put_u32(u32::try_from(length + 4).unwrap_or(u32::MAX));
    for part in parts {
        to.put_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(letter: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        put(&mut bytes, letter, &[body]);
        bytes.to_vec()
    }

    const GREETING: [u8; 8] = [0, 0, 0, 8, 0, 3, 0, 0];

    /// A translator after its greeting.
    fn greeted() -> Translator {
        let mut translator = Translator::new();
        assert_eq!(sent(&mut translator, &GREETING), GREETING);
        let ready = message(b'Z', b"I");
        assert_eq!(heard(&mut translator, &ready), ready);
        translator
    }

    /// What arrives, however the bytes are cut.
    fn sent(translator: &mut Translator, bytes: &[u8]) -> Vec<u8> {
        let (mut from, mut to) = (BytesMut::new(), BytesMut::new());
        for byte in bytes {
            from.put_u8(*byte);
            translator.forward(&mut from, &mut to).unwrap();
        }
        to.to_vec()
    }

    fn heard(translator: &mut Translator, bytes: &[u8]) -> Vec<u8> {
        let (mut from, mut to) = (BytesMut::new(), BytesMut::new());
        for byte in bytes {
            from.put_u8(*byte);
            translator.backward(&mut from, &mut to);
        }
        to.to_vec()
    }

    fn prepared() -> Translator {
        let mut translator = greeted();
        let prepare =
            [message(b'P', b"s1\0SELECT 1\0\0\0"), message(b'D', b"Ss1\0"), message(b'S', b"")];
        let unnamed =
            [message(b'P', b"\0SELECT 1\0\0\0"), message(b'D', b"S\0"), message(b'S', b"")];
        assert_eq!(sent(&mut translator, &prepare.concat()), unnamed.concat());
        let answers = [message(b'1', b""), message(b'n', b""), message(b'Z', b"I")].concat();
        assert_eq!(heard(&mut translator, &answers), answers, "the driver asked for it");
        translator
    }

    #[test]
    fn a_use_of_a_name_parses_the_statement_in_front_of_it() {
        let mut translator = prepared();
        let bind = message(b'B', b"p\0s1\0rest");
        let used = [bind, message(b'E', b"p\0\0\0\0\0"), message(b'S', b"")].concat();
        let expected = [
            message(b'P', b"\0SELECT 1\0\0\0"),
            message(b'B', b"p\0\0rest"),
            message(b'E', b"p\0\0\0\0\0"),
            message(b'S', b""),
        ];
        // Twice, one behind the other, before the first is answered.
        assert_eq!(sent(&mut translator, &used), expected.concat());
        assert_eq!(sent(&mut translator, &used), expected.concat());
        let result = [message(b'2', b""), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")];
        let answers = [&[message(b'1', b"")][..], &result].concat().concat();
        for _ in 0..2 {
            assert_eq!(heard(&mut translator, &answers), result.concat());
        }
    }

    #[test]
    fn an_error_takes_the_expected_answers_with_it() {
        let mut translator = prepared();
        let used = [message(b'B', b"\0s1\0"), message(b'S', b"")].concat();
        sent(&mut translator, &[used.clone(), used].concat());
        let failed = [message(b'E', b"C25P02\0\0"), message(b'Z', b"E")].concat();
        assert_eq!(heard(&mut translator, &failed), failed);
        let result = [message(b'2', b""), message(b'Z', b"I")].concat();
        let answers = [message(b'1', b""), result.clone()].concat();
        assert_eq!(heard(&mut translator, &answers), result);
    }

    #[test]
    fn a_copy_in_swallows_the_first_sync() {
        let mut translator = prepared();
        let used = [message(b'B', b"\0s1\0"), message(b'E', b"\0\0\0\0\0"), message(b'S', b"")];
        sent(&mut translator, &used.concat());
        let copying = message(b'G', b"\0\0\0");
        let answers = [message(b'1', b""), message(b'2', b""), copying.clone()].concat();
        assert_eq!(heard(&mut translator, &answers), [message(b'2', b""), copying].concat());
        sent(&mut translator, &[message(b'c', b""), message(b'S', b"")].concat());
        let done = [message(b'C', b"COPY 1\0"), message(b'Z', b"I")].concat();
        assert_eq!(heard(&mut translator, &done), done);
        // In step again.
        sent(&mut translator, &used.concat());
        assert_eq!(heard(&mut translator, &message(b'1', b"")), b"");
    }

    #[test]
    fn a_closed_name_is_forgotten() {
        let mut translator = prepared();
        let close = [message(b'C', b"Ss1\0"), message(b'S', b"")].concat();
        assert_eq!(
            sent(&mut translator, &close),
            [message(b'C', b"S\0"), message(b'S', b"")].concat()
        );
        assert!(translator.statements.is_empty());
    }
}
