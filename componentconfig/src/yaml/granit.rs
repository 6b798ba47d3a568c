//! YAML text as events, by way of granit-parser. The only place that knows that library.

use std::borrow::Cow;

use granit_parser::{Options, Parser, ScalarStyle, StrInput, Tag as ParsedTag};

use super::scalar::{self, Tag};
use crate::{
    Span,
    load::{Event, Events, SyntaxError, loader::MAX_DEPTH},
};

/// The tags that `!!` stands for.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// The first document of a text.
pub(crate) struct YamlEvents<'a> {
    parser: Parser<'a, StrInput<'a>>,
    done: bool,
}

impl<'a> YamlEvents<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.emit_unresolved_aliases = true;
        // What libyaml does, which is what Kubernetes reads with.
        options.block_scalar_eof_without_line_feed = true;
        // The loader says more precisely what is too deep.
        options.flow_nesting_limit = MAX_DEPTH * 2;
        options.block_nesting_limit = MAX_DEPTH * 2;
        Self {
            parser: Parser::new_from_str_with_options(text, options),
            done: false,
        }
    }
}

impl<'a> Events<'a> for YamlEvents<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        use granit_parser::Event as Parsed;
        while !self.done {
            let Some(parsed) = self.parser.next_event() else {
                break;
            };
            let (parsed, at) = parsed.map_err(|error| syntax_error(&error))?;
            let span = span_of(at);
            let event = match parsed {
                Parsed::DocumentStart(_, Some(version))
                    if (version.major, version.minor) != (1, 1) =>
                {
                    return Err(SyntaxError {
                        message: "found incompatible YAML document".to_owned(),
                        span,
                    });
                }
                Parsed::DocumentEnd | Parsed::StreamEnd => break,
                Parsed::Scalar(text, style, anchor, tag) => {
                    scalar_event(text, style, anchor, tag.as_deref(), at)
                }
                Parsed::SequenceStart(_, anchor, _) => Event::ListStart { anchor },
                Parsed::MappingStart(_, anchor, _) => Event::MapStart { anchor },
                Parsed::SequenceEnd | Parsed::MappingEnd => Event::End,
                Parsed::Alias(anchor) => Event::Alias { anchor },
                Parsed::UnresolvedAlias(name) => Event::UnknownAlias { name },
                _ => continue,
            };
            return Ok((event, span));
        }
        self.done = true;
        Ok((Event::Done, Span::default()))
    }
}

fn scalar_event<'a>(
    text: Cow<'a, str>,
    style: ScalarStyle,
    anchor: usize,
    tag: Option<&ParsedTag>,
    at: granit_parser::Span,
) -> Event<'a> {
    let plain = style == ScalarStyle::Plain;
    let tag = tag.map(|tag| match tag.suffix_in_namespace(NAMESPACE) {
        Some(name) => (Tag::core(&name), name == "merge"),
        None => (Tag::Text, false),
    });
    let merge = text == "<<" && tag.map_or(plain, |(_, merge)| merge);
    let empty = plain && tag.is_none() && text.is_empty() && at.is_empty();
    let value = match tag {
        Some((tag, _)) => scalar::tagged(tag, text),
        None if plain => Ok(scalar::plain(text)),
        None => Ok(crate::load::Scalar::Text(text)),
    };
    Event::Scalar {
        value,
        anchor,
        merge,
        empty,
    }
}

fn span_of(at: granit_parser::Span) -> Span {
    let len = if at.start.line() == at.end.line() {
        at.end.index().saturating_sub(at.start.index())
    } else {
        0
    };
    Span::new(
        saturate(at.start.line()),
        saturate(at.start.col() + 1),
        saturate(len),
    )
}

fn syntax_error(error: &granit_parser::ScanError) -> SyntaxError {
    let at = error.marker();
    SyntaxError {
        message: error.info(),
        span: Span::new(saturate(at.line()), saturate(at.col() + 1), 1),
    }
}

fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
