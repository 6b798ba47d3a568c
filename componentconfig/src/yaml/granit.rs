//! YAML text as events, by way of granit-parser. The only place that knows that library.

use std::borrow::Cow;

use granit_parser::{
    Event as Parsed, Options, Parser, ScalarStyle, Span as ParsedSpan, StrInput, StructureStyle,
    Tag as ParsedTag,
};

use super::{
    legacy,
    scalar::{self, Tag},
};
use crate::{
    Span,
    load::{Event, Events, Scalar, SyntaxError, loader::MAX_DEPTH},
};

/// The tags that `!!` stands for.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// The first document of a text.
pub(crate) struct YamlEvents<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    /// The open collections, and which of them are in flow style.
    flow: Vec<bool>,
    refused: Option<SyntaxError>,
    has_tabs: bool,
    done: bool,
}

impl<'a> YamlEvents<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.emit_unresolved_aliases = true;
        options.emit_anchor_events = true;
        // What libyaml does, which is what Kubernetes reads with.
        options.block_scalar_eof_without_line_feed = true;
        options.bom_inside_document_as_content = true;
        // The loader says more precisely what is too deep.
        options.flow_nesting_limit = MAX_DEPTH * 2;
        options.block_nesting_limit = MAX_DEPTH * 2;
        Self {
            text,
            parser: Parser::new_from_str_with_options(text, options),
            flow: Vec::new(),
            refused: legacy::control_character(text),
            has_tabs: text.contains('\t'),
            done: false,
        }
    }

    /// The event for what was parsed; `None` if it is none of the first document's content.
    fn event(
        &mut self,
        parsed: Parsed<'a>,
        at: ParsedSpan,
    ) -> Result<Option<Event<'a>>, SyntaxError> {
        let event = match parsed {
            Parsed::DocumentStart(_, Some(version)) if (version.major, version.minor) != (1, 1) => {
                return Err(refuse("found incompatible YAML document", at));
            }
            Parsed::Scalar(text, style, anchor, tag) => {
                self.check_scalar(&text, style, at)?;
                scalar_event(text, style, anchor, tag.as_deref(), at)
            }
            Parsed::SequenceStart(style, anchor, _) => {
                self.open(style, at)?;
                Event::ListStart { anchor }
            }
            Parsed::MappingStart(style, anchor, _) => {
                self.open(style, at)?;
                Event::MapStart { anchor }
            }
            Parsed::SequenceEnd | Parsed::MappingEnd => {
                self.flow.pop();
                Event::End
            }
            Parsed::Alias(anchor) => {
                self.check_indentation(at)?;
                check_anchor(self.raw(at).trim_start_matches('*'), at)?;
                Event::Alias { anchor }
            }
            Parsed::UnresolvedAlias(name) => {
                check_anchor(&name, at)?;
                Event::UnknownAlias { name }
            }
            Parsed::Anchor(_, name) => {
                check_anchor(&name, at)?;
                return Ok(None);
            }
            _ => return Ok(None),
        };
        Ok(Some(event))
    }

    fn raw(&self, at: ParsedSpan) -> &'a str {
        at.slice(self.text).unwrap_or_default()
    }

    fn in_flow(&self) -> bool {
        self.flow.last() == Some(&true)
    }

    fn open(&mut self, style: StructureStyle, at: ParsedSpan) -> Result<(), SyntaxError> {
        self.check_indentation(at)?;
        self.flow.push(style == StructureStyle::Flow);
        Ok(())
    }

    fn check_scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        at: ParsedSpan,
    ) -> Result<(), SyntaxError> {
        if !at.is_empty() {
            self.check_indentation(at)?;
        }
        match style {
            ScalarStyle::Plain if self.in_flow() && text.contains('?') => Err(refuse(
                "a scalar with '?' inside [] or {} has to be in quotes",
                at,
            )),
            ScalarStyle::DoubleQuoted if legacy::escapes_surrogate(self.raw(at)) => {
                Err(refuse("found invalid Unicode character escape code", at))
            }
            _ => Ok(()),
        }
    }

    fn check_indentation(&self, at: ParsedSpan) -> Result<(), SyntaxError> {
        if !self.has_tabs || self.in_flow() {
            return Ok(());
        }
        let before = at.start.byte_offset().and_then(|end| self.text.get(..end));
        if before.is_some_and(legacy::is_indented_by_tab) {
            return Err(refuse("a tab cannot indent: use blanks", at));
        }
        Ok(())
    }
}

fn check_anchor(name: &str, at: ParsedSpan) -> Result<(), SyntaxError> {
    if legacy::is_anchor_name(name) {
        return Ok(());
    }
    Err(refuse(
        "the name of an anchor has letters, digits, '-' and '_' only",
        at,
    ))
}

impl<'a> Events<'a> for YamlEvents<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        while !self.done {
            let Some(parsed) = self.parser.next_event() else {
                break;
            };
            let (parsed, at) = parsed.map_err(|error| syntax_error(&error))?;
            if matches!(parsed, Parsed::DocumentEnd | Parsed::StreamEnd) {
                break;
            }
            if let Some(event) = self.event(parsed, at)? {
                return Ok((event, span_of(at)));
            }
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
    at: ParsedSpan,
) -> Event<'a> {
    let plain = style == ScalarStyle::Plain;
    let tag = tag.map(|tag| match tag.suffix_in_namespace(NAMESPACE) {
        Some(name) => (Tag::core(&name), name == "merge"),
        None => (Tag::Text, false),
    });
    let merge = text == "<<" && tag.map_or(plain, |(_, merge)| merge);
    let empty = plain && tag.is_none() && at.is_empty();
    let value = match tag {
        Some((tag, _)) => scalar::tagged(tag, text),
        None if plain => Ok(scalar::plain(text)),
        None => Ok(Scalar::Text(text)),
    };
    Event::Scalar {
        value,
        anchor,
        merge,
        empty,
    }
}

fn span_of(at: ParsedSpan) -> Span {
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

fn refuse(message: &str, at: ParsedSpan) -> SyntaxError {
    SyntaxError {
        message: message.to_owned(),
        span: span_of(at),
    }
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
