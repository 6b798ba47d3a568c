//! The wire format: fields by number.

use super::Fault;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Data<'a> {
    Number(u64),
    Double(f64),
    Bytes(&'a [u8]),
}

/// The fields of a message, in the order in which they stand there.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn field(&mut self) -> Result<(u64, Data<'a>), Fault> {
        let tag = number(&mut self.0)?;
        let data = match tag & 7 {
            0 => Data::Number(number(&mut self.0)?),
            1 => {
                let (bytes, rest) = self.0.split_first_chunk().ok_or(CUT_OFF)?;
                self.0 = rest;
                Data::Double(f64::from_le_bytes(*bytes))
            }
            2 => {
                let length = number(&mut self.0)?;
                let length = usize::try_from(length).map_err(|_| CUT_OFF)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(CUT_OFF)?;
                self.0 = rest;
                Data::Bytes(bytes)
            }
            _ => return Err(Fault::Malformed("wrong wireType")),
        };
        match tag >> 3 {
            0 => Err(Fault::Malformed("illegal tag 0")),
            number => Ok((number, data)),
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Data<'a>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

const CUT_OFF: Fault = Fault::Malformed("unexpected EOF");

/// A number of seven bits a byte, the lowest first.
pub(super) fn number(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut number = 0;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first().ok_or(CUT_OFF)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Fault::Malformed("integer overflow"))
}

pub(super) fn text(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| Fault::Malformed("invalid UTF-8"))
}
