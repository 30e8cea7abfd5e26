//! Personal values within MessagePack, found without knowing what holds them.
//!
//! Lists and maps say how many items they have, not how many bytes: any value
//! can be replaced by another of a different size, and nothing around it
//! changes. So one pass over the tokens is enough.

use std::fmt;

use ulid::Ulid;

/// The extension type of a personal value that can be read.
pub const OPEN: i8 = 80;
/// The extension type of a personal value that its subject's key seals.
pub const SEALED: i8 = 83;

/// A personal value that can be read, apart from the value's type.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Opened {
    /// Whose it is; nobody's yet while it is fresh.
    pub subject: Option<Ulid>,
    /// The value as MessagePack.
    pub value: Vec<u8>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The first byte of a value that is nobody's yet, and of one that is known
/// to be somebody's.
const FRESH: u8 = 0;
const OWNED: u8 = 1;

impl Opened {
    /// The body of the extension: whose it is, then the value.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(17 + self.value.len());
        match self.subject {
            None => body.push(FRESH),
            Some(subject) => {
                body.push(OWNED);
                body.extend_from_slice(&subject.0.to_be_bytes());
            }
        }
        body.extend_from_slice(&self.value);
        body
    }

    /// Reads the body of an extension.
    ///
    /// # Errors
    /// When it is neither fresh nor anybody's.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        match body.split_first() {
            Some((&FRESH, value)) => Ok(Self { subject: None, value: value.to_vec() }),
            Some((&OWNED, rest)) => {
                let (subject, value) = rest.split_first_chunk::<16>().ok_or(WireError)?;
                let subject = Some(Ulid(u128::from_be_bytes(*subject)));
                Ok(Self { subject, value: value.to_vec() })
            }
            _ => Err(WireError),
        }
    }

    /// The whole extension.
    #[must_use]
    pub fn extension(&self) -> Vec<u8> {
        let mut bytes = vec![];
        Replacement::Extension(OPEN, self.body()).write(&mut bytes);
        bytes
    }
}

/// What takes the place of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Nothing: the value has been forgotten.
    Nil,
    /// Another extension.
    Extension(i8, Vec<u8>),
}

impl Replacement {
    fn write(&self, to: &mut Vec<u8>) {
        let (tag, body) = match self {
            Self::Nil => return to.push(0xc0),
            Self::Extension(tag, body) => (tag, body),
        };
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
        match length {
            [0, 0, 0, one] => to.extend_from_slice(&[0xc7, one]),
            [0, 0, two @ ..] => {
                to.push(0xc8);
                to.extend_from_slice(&two);
            }
            four => {
                to.push(0xc9);
                to.extend_from_slice(&four);
            }
        }
        to.extend_from_slice(&tag.to_be_bytes());
        to.extend_from_slice(body);
    }
}

/// Bytes that are not what they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not MessagePack, or no personal value")]
pub struct WireError;

/// Replaces every extension of a type, in the order in which they stand, and
/// leaves all else as it is.
///
/// # Errors
/// When the bytes are not MessagePack, or `replace` fails.
pub fn rewrite<E: From<WireError>>(
    bytes: &[u8],
    of: i8,
    mut replace: impl FnMut(&[u8]) -> Result<Replacement, E>,
) -> Result<Vec<u8>, E> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut rest = bytes;
    while !rest.is_empty() {
        let token = Token::read(rest)?;
        let (this, next) = rest.split_at_checked(token.length).ok_or(WireError)?;
        match token.extension {
            Some((tag, header)) if tag == of => {
                replace(this.get(header..).ok_or(WireError)?)?.write(&mut out);
            }
            _ => out.extend_from_slice(this),
        }
        rest = next;
    }
    Ok(out)
}

/// One token: a scalar with its bytes, or the head of a list or map.
struct Token {
    length: usize,
    /// Its type and where its body begins, if it is an extension.
    extension: Option<(i8, usize)>,
}

impl Token {
    fn read(bytes: &[u8]) -> Result<Self, WireError> {
        let marker = *bytes.first().ok_or(WireError)?;
        // Where a length stands, in how many bytes.
        let sized = |width: usize| -> Result<usize, WireError> {
            let length = bytes.get(1..=width).ok_or(WireError)?;
            Ok(length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        };
        let plain = |length| Ok(Self { length, extension: None });
        let extension = |width: usize, body: usize| {
            let tag = *bytes.get(1 + width).ok_or(WireError)?;
            let header = 2 + width;
            let extension = Some((i8::from_be_bytes([tag]), header));
            Ok(Self { length: header + body, extension })
        };
        match marker {
            0x00..=0x9f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => plain(1),
            0xa0..=0xbf => plain(1 + usize::from(marker & 0x1f)),
            0xc4 | 0xd9 => plain(2 + sized(1)?),
            0xc5 | 0xda => plain(3 + sized(2)?),
            0xc6 | 0xdb => plain(5 + sized(4)?),
            0xc7 => extension(1, sized(1)?),
            0xc8 => extension(2, sized(2)?),
            0xc9 => extension(4, sized(4)?),
            0xcc | 0xd0 => plain(2),
            0xcd | 0xd1 | 0xdc | 0xde => plain(3),
            0xca | 0xce | 0xd2 | 0xdd | 0xdf => plain(5),
            0xcb | 0xcf | 0xd3 => plain(9),
            0xd4..=0xd8 => extension(0, 1 << (marker - 0xd4)),
            0xc1 => Err(WireError),
        }
    }
}
