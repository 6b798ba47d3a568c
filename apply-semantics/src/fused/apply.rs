//! An apply: the live object, the configuration and what the manager owned are walked together.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{
    Fields, Fused, GiveUp, Plan,
    lists::{self, Texts},
    maps_are_sorted,
    plan::{NONE, Way, look_up},
    trie::is_member,
    walk::{Cursor, Join},
};
use crate::{
    fieldset::{Element, FieldSet, Level},
    managed_fields::{self, is_never_owned},
    path::PathElement,
    schema::{ListNode, MapNode, Schema, Target, Type},
    typed::{
        Duplicates, Fit, Kind, field_set::field_set_at, is_empty_map, item, valid::is_valid,
        validate::check_scalar,
    },
    value::equal,
};

/// An apply in one version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Apply<'a> {
    /// The type of the object.
    pub(crate) ty: &'a Type,
    /// The live object, and what is applied.
    pub(crate) live: &'a Value,
    pub(crate) config: &'a Value,
    /// What the manager owned; it and all others are settled ([`super::trie::is_settled`]).
    pub(crate) own: Option<&'a Fields>,
    pub(crate) others: &'a [&'a Fields],
    /// Fields that nobody owns, with all below them, by a filter; and whether [`managed_fields::never_owned`] are left out too.
    pub(crate) excluded: Excluded<'a>,
    pub(crate) strip: bool,
}

/// What an apply changes, if that can be told in one walk.
pub(crate) fn plan(apply: Apply<'_>) -> Fused<Plan> {
    apply.stays_clear_of_filters()?;
    let mut walk = Walk {
        schema: &apply.ty.schema,
        sorted: maps_are_sorted(),
        others: apply.others,
        way: Vec::with_capacity(16),
        texts: String::with_capacity(1024),
        spans: Vec::with_capacity(64),
        pairs: Vec::with_capacity(64),
        plan: Plan::default(),
    };
    let area = if apply.strip { Area::Root } else { Area::Deep };
    let owns = walk.node(apply.ty.root, apply.live, apply.config, apply.own, area)?;
    if owns.leaf || (apply.own.is_some() && !owns.below) {
        return Err(GiveUp);
    }
    Ok(walk.plan)
}

/// All that the configuration makes the manager own, as FieldsV1, where it owned nothing before.
pub(crate) fn first(ty: &Type, config: &Value, strip: bool) -> Fused<Value> {
    let set = ty.field_set(Some(config)).map_err(|_| GiveUp)?;
    let set = if strip {
        managed_fields::strip(&set)
    } else {
        set
    };
    Ok(set.to_value())
}

impl Apply<'_> {
    /// A filter does nothing if nothing is applied, nor was, where it begins.
    fn stays_clear_of_filters(&self) -> Fused<()> {
        let clear = match self.excluded {
            Excluded::Nothing => true,
            Excluded::AllBut => false,
            Excluded::Set(fields) => is_clear(self.config, self.own, fields.level()),
            Excluded::Paths(paths) => paths.iter().all(|path| self.is_clear_of(path.split('.'))),
        };
        if clear { Ok(()) } else { Err(GiveUp) }
    }

    fn is_clear_of<'n>(&self, mut path: impl Iterator<Item = &'n str> + Clone) -> bool {
        let config = path
            .clone()
            .try_fold(self.config, |value, name| value.get(name));
        let own = self.own.is_some_and(|own| {
            let found = path.try_fold(own, |level, name| {
                level.get(&format!("f:{name}"))?.as_object()
            });
            found.is_some()
        });
        config.is_none() && !own
    }
}

/// Fields that nobody owns, with all below them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Excluded<'a> {
    Nothing,
    Set(&'a FieldSet),
    /// Names with dots between them.
    Paths(&'static [&'static str]),
    /// All but a few.
    AllBut,
}

fn is_clear(config: &Value, own: Option<&Fields>, excluded: Level<'_>) -> bool {
    excluded.entries().all(|entry| {
        let Element::Field(name) = entry.element() else {
            return false;
        };
        let config = config.get(name);
        let own = own
            .and_then(|own| own.get(&*entry.key()))
            .and_then(Value::as_object);
        match (config, own) {
            (None, None) => true,
            _ if entry.member => false,
            (config, own) => is_clear(config.unwrap_or(&Value::Null), own, entry.level),
        }
    })
}

/// Where the walk is, with regard to fields that nobody owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Area {
    Root,
    Metadata,
    Deep,
}

impl Area {
    fn below(self, name: &str) -> Self {
        if self == Self::Root && name == "metadata" {
            Self::Metadata
        } else {
            Self::Deep
        }
    }

    fn is_never_owned(self, name: &str) -> bool {
        match self {
            Self::Root => is_never_owned(false, name),
            Self::Metadata => is_never_owned(true, name),
            Self::Deep => false,
        }
    }
}

/// What the configuration makes the manager own of a node.
#[derive(Debug, Clone, Copy)]
struct Owns {
    /// The node itself.
    leaf: bool,
    /// Something below it.
    below: bool,
}

impl Owns {
    const LEAF: Self = Self {
        leaf: true,
        below: false,
    };
}

/// What the manager owned of an entry of a map or list.
#[derive(Debug, Clone, Copy)]
enum Owned<'a> {
    /// Nothing, and neither of what is above, which is seen to there.
    Nowhere,
    Nothing,
    Some(&'a Fields),
}

impl<'a> Owned<'a> {
    fn of(level: Option<&'a Fields>, entry: Option<&'a Fields>) -> Self {
        match (level, entry) {
            (None, _) => Self::Nowhere,
            (Some(_), None) => Self::Nothing,
            (Some(_), Some(entry)) => Self::Some(entry),
        }
    }

    fn level(self) -> Option<&'a Fields> {
        match self {
            Self::Some(level) => Some(level),
            _ => None,
        }
    }
}

/// What is known of an entry besides its values.
#[derive(Debug, Clone, Copy)]
struct Entry {
    target: Target,
    /// Whether the entry is in the set of the configuration, whatever is below it.
    marked: bool,
    /// Whether nobody can own the entry itself.
    never: bool,
    /// The area that the entry is in, and that of what is below it.
    area: Area,
    inner: Area,
}

struct Walk<'a> {
    schema: &'a Schema,
    sorted: bool,
    others: &'a [&'a Fields],
    way: Vec<Way<'a>>,
    /// The texts of the elements of the lists that the walk is in, and where in it each text is.
    texts: String,
    spans: Vec<Range<usize>>,
    /// Which elements of those lists are the same.
    pairs: Vec<usize>,
    plan: Plan,
}

impl<'a> Walk<'a> {
    fn node(
        &mut self,
        target: Target,
        live: &'a Value,
        config: &'a Value,
        own: Option<&'a Fields>,
        area: Area,
    ) -> Fused<Owns> {
        let kind = self.kind(target, config)?;
        match (kind, self.kind(target, live)?, live, config) {
            (Kind::Scalar(scalar), Kind::Scalar(_), ..) => {
                let fits = |value| check_scalar(scalar, Some(value)).is_none();
                if !fits(live) || !fits(config) {
                    return Err(GiveUp);
                }
            }
            (Kind::Map(map), Kind::Map(_), Value::Object(live), Value::Object(config))
                if !map.atomic =>
            {
                let below = self.map(map, live, config, own, area)?;
                return Ok(Owns { leaf: false, below });
            }
            (Kind::List(list), Kind::List(_), Value::Array(live), Value::Array(config))
                if !list.atomic =>
            {
                let below = self.list(list, live, config, own)?;
                return Ok(Owns { leaf: false, below });
            }
            (Kind::Map(_), Kind::Map(_), Value::Object(_), Value::Object(_))
            | (Kind::List(_), Kind::List(_), Value::Array(_), Value::Array(_)) => {
                self.valid(target, config, Duplicates::Forbid)?;
                if live != config {
                    self.valid(target, live, Duplicates::Allow)?;
                }
            }
            _ => return Err(GiveUp),
        }
        if live != config {
            self.leaf(live, config);
        }
        Ok(Owns::LEAF)
    }

    /// The kind of a value. Null has one only where nothing but scalars can be.
    fn kind(&self, target: Target, value: &Value) -> Fused<Kind<'a>> {
        let node = self.schema.node(target).map_err(|_| GiveUp)?;
        match Fit::of(node, Some(value)) {
            Fit::One(kind) => Ok(kind),
            Fit::All(node) if value.is_null() && node.map.is_none() && node.list.is_none() => {
                node.scalar.map(Kind::Scalar).ok_or(GiveUp)
            }
            Fit::All(_) => Err(GiveUp),
        }
    }

    fn valid(&self, target: Target, value: &Value, duplicates: Duplicates) -> Fused<()> {
        if is_valid(self.schema, target, value, duplicates) {
            Ok(())
        } else {
            Err(GiveUp)
        }
    }

    /// The configuration has another value, or the same number in another spelling.
    fn leaf(&mut self, live: &Value, config: &Value) {
        self.plan.put(&self.way, &self.texts);
        if equal(live, config) {
            return;
        }
        self.plan.is_change = true;
        let mut key = String::new();
        for (index, other) in self.others.iter().enumerate() {
            if look_up(other, &self.way, &self.texts, &mut key) == Some(true) {
                self.plan.take(index, &self.way, &self.texts);
            }
        }
    }

    fn map(
        &mut self,
        map: &'a MapNode,
        live: &'a Map<String, Value>,
        config: &'a Map<String, Value>,
        own: Option<&'a Fields>,
        area: Area,
    ) -> Fused<bool> {
        let mut owned = own.map(|own| Cursor::new(own, self.sorted));
        let (mut owns, mut removed) = (false, 0);
        for (name, live, config) in Join::new(Some(live), Some(config), self.sorted) {
            let entry = owned.as_mut().and_then(|owned| owned.field(name));
            let (target, declared) = map.lookup(name);
            if target == Target::Absent {
                return Err(GiveUp);
            }
            self.way.push(Way::Field(name));
            match (live, config) {
                (_, Some(config)) => {
                    let never = area.is_never_owned(name);
                    let empty =
                        config.is_null() || (config.is_object() && is_empty_map(Some(config)));
                    let facts = Entry {
                        target,
                        marked: !never && (!declared || empty),
                        never,
                        area,
                        inner: area.below(name),
                    };
                    owns |= self.entry(facts, live, config, Owned::of(own, entry))?;
                }
                (Some(live), None) => {
                    if self.only_live(target, live, entry, declared)? {
                        removed += 1;
                        self.plan.remove(&self.way, &self.texts);
                    }
                }
                (None, None) => {}
            }
            self.way.pop();
        }
        if removed > 0 && config.is_empty() && removed == live.len() {
            return Err(GiveUp);
        }
        if let (Some(own), Some(owned)) = (own, owned)
            && owned.has_more()
        {
            let is_there = |name: &str| live.contains_key(name) || config.contains_key(name);
            self.disown_others(own, |key| key.strip_prefix("f:").map(is_there))?;
        }
        Ok(owns)
    }

    /// An entry of the configuration. Answers whether the manager owns it or something below it.
    fn entry(
        &mut self,
        entry: Entry,
        live: Option<&'a Value>,
        config: &'a Value,
        owned: Owned<'a>,
    ) -> Fused<bool> {
        let Some(live) = live else {
            self.only_config(entry.target, config)?;
            return self.own_anew(entry, config, owned);
        };
        let owns = self.node(entry.target, live, config, owned.level(), entry.inner)?;
        let Owned::Some(level) = owned else {
            return self.own_anew(entry, config, owned);
        };
        let member = entry.marked || (owns.leaf && !entry.never);
        if !(member || owns.below) || member != is_member(level) {
            return Err(GiveUp);
        }
        Ok(true)
    }

    /// The manager comes to own an entry, as far as it does not already.
    fn own_anew(&mut self, entry: Entry, config: &Value, owned: Owned<'a>) -> Fused<bool> {
        let level = match owned {
            Owned::Nowhere => return Ok(true),
            Owned::Nothing => None,
            Owned::Some(level) => Some(level),
        };
        let nothing = entry.never && !config.is_object() && !config.is_array();
        let below = if nothing {
            None
        } else {
            self.owns(entry, config)?
        };
        match (&below, level) {
            (None, None) => return Ok(false),
            (None, Some(_)) => return Err(GiveUp),
            (Some(Value::Object(new)), Some(level)) if new == level => {}
            (Some(_), _) => self.plan.own(&self.way, &self.texts, below),
        }
        Ok(true)
    }

    /// What the configuration makes the manager own of an entry, as FieldsV1.
    fn owns(&self, entry: Entry, config: &Value) -> Fused<Option<Value>> {
        let last = match self.way.last() {
            Some(Way::Field(name)) => PathElement::field(*name),
            Some(Way::Item { text, .. }) => {
                let text = self.texts.get(text.clone()).unwrap_or_default();
                PathElement::parse(text).map_err(|_| GiveUp)?
            }
            None => return Err(GiveUp),
        };
        let above = (entry.area == Area::Metadata).then(|| PathElement::field("metadata"));
        let path: Vec<_> = above.into_iter().chain([last]).collect();
        let Some(length) = path.len().checked_sub(1) else {
            return Err(GiveUp);
        };
        let set = field_set_at(
            self.schema,
            path.into_iter(),
            entry.target,
            config,
            entry.marked,
        );
        let mut set = set.map_err(|_| GiveUp)?;
        if entry.area != Area::Deep {
            set = managed_fields::strip(&set);
        }
        let mut level = set.level();
        for _ in 0..length {
            level = level.entries().next().map_or(level, |entry| entry.level);
        }
        let below = level.entries().next();
        Ok(below.map(crate::fieldset::Entry::to_value))
    }

    /// What is not applied: it stays, unless the manager applied it last time. Answers whether it goes away.
    fn only_live(
        &mut self,
        target: Target,
        live: &Value,
        owned: Option<&Fields>,
        declared: bool,
    ) -> Fused<bool> {
        self.valid(target, live, Duplicates::Allow)?;
        let Some(level) = owned else {
            return Ok(false);
        };
        if !(declared || is_member(level)) || self.is_anybodys() {
            return Err(GiveUp);
        }
        // What leaves no trace in the set of the object cannot be taken out of it: empty lists.
        let trace = declared
            .then(|| self.schema_set(target, live))
            .transpose()?;
        if trace.is_some_and(|trace| trace.is_empty()) {
            return Err(GiveUp);
        }
        self.plan.is_change = true;
        self.plan.own(&self.way, &self.texts, None);
        Ok(true)
    }

    /// The set of a value of a declared field.
    fn schema_set(&self, target: Target, value: &Value) -> Fused<FieldSet> {
        let field = [PathElement::field("")].into_iter();
        let marked = value.is_null() || (value.is_object() && is_empty_map(Some(value)));
        field_set_at(self.schema, field, target, value, marked).map_err(|_| GiveUp)
    }

    /// What is new comes as it is.
    fn only_config(&mut self, target: Target, config: &Value) -> Fused<()> {
        self.valid(target, config, Duplicates::Forbid)?;
        if self.is_anybodys() {
            return Err(GiveUp);
        }
        self.plan.is_change = true;
        if let Some(Way::Field(_)) = self.way.last() {
            self.plan.put(&self.way, &self.texts);
        }
        Ok(())
    }

    /// Whether others own this, or something below it.
    fn is_anybodys(&self) -> bool {
        let mut key = String::new();
        let mut others = self.others.iter();
        others.any(|other| look_up(other, &self.way, &self.texts, &mut key).is_some())
    }

    /// The manager owned what is in neither object any more.
    fn disown_others(
        &mut self,
        own: &Fields,
        is_there: impl Fn(&str) -> Option<bool>,
    ) -> Fused<()> {
        for key in own.keys().filter(|key| *key != ".") {
            match is_there(key) {
                None => return Err(GiveUp),
                Some(true) => {}
                Some(false) => self.plan.disown(&self.way, &self.texts, key),
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        list: &'a ListNode,
        live: &'a [Value],
        config: &'a [Value],
        own: Option<&'a Fields>,
    ) -> Fused<bool> {
        let (text, span, pair) = (self.texts.len(), self.spans.len(), self.pairs.len());
        self.name(list, live, false)?;
        let middle = self.spans.len();
        self.name(list, config, true)?;
        let texts = Texts {
            all: &self.texts,
            live: self.spans.get(span..middle).unwrap_or_default(),
            config: self.spans.get(middle..).unwrap_or_default(),
        };
        texts.pair(&mut self.pairs)?;
        let mut items = Items {
            list,
            live,
            config,
            own,
            spans: span,
            pairs: pair,
            found: 0,
        };
        let result = self.items(&mut items);
        self.texts.truncate(text);
        self.spans.truncate(span);
        self.pairs.truncate(pair);
        result
    }

    /// Writes down the texts of the elements of a list. Those of the configuration must have a key of their own.
    fn name(&mut self, list: &ListNode, items: &[Value], explicit: bool) -> Fused<()> {
        for item in items {
            let start = self.texts.len();
            let named = item::write_plain(self.schema, list, item, &mut self.texts);
            if named.is_none_or(|named| explicit && !named.explicit) {
                return Err(GiveUp);
            }
            self.spans.push(start..self.texts.len());
        }
        Ok(())
    }

    fn items(&mut self, items: &mut Items<'a>) -> Fused<bool> {
        let matched = items.live.len();
        self.pairs.resize(self.pairs.len() + matched, NONE);
        for (at, config) in items.config.iter().enumerate() {
            let live = self.partner(items, at);
            if let Some(place) = self
                .pairs
                .get_mut(items.pairs + items.config.len() + live.min(matched))
            {
                *place = at;
            }
            let text = self.span(items.spans + items.live.len() + at);
            let owned = items.own.and_then(|own| self.owned(own, text.clone()));
            items.found += usize::from(owned.is_some());
            self.way.push(Way::Item {
                text,
                live,
                config: at,
            });
            let entry = Entry {
                target: items.list.element,
                marked: true,
                never: false,
                area: Area::Deep,
                inner: Area::Deep,
            };
            self.entry(
                entry,
                items.live.get(live),
                config,
                Owned::of(items.own, owned),
            )?;
            self.way.pop();
        }
        let removed = self.only_live_items(items)?;
        if removed > 0 && items.config.is_empty() && removed == items.live.len() {
            return Err(GiveUp);
        }
        self.order(items);
        if let Some(own) = items.own
            && items.found < own.len() - usize::from(own.contains_key("."))
        {
            let spans = self.spans.get(items.spans..).unwrap_or_default();
            let there = spans.iter().filter_map(|span| self.texts.get(span.clone()));
            let there: std::collections::HashSet<String> = there.map(ToOwned::to_owned).collect();
            self.disown_others(own, |key| {
                let item = key.starts_with("k:") || key.starts_with("v:");
                item.then(|| there.contains(key))
            })?;
        }
        Ok(!items.config.is_empty())
    }

    /// The elements that are not applied. Those that go away are marked. Answers how many do.
    fn only_live_items(&mut self, items: &mut Items<'a>) -> Fused<usize> {
        let mut removed = 0;
        for (at, live) in items.live.iter().enumerate() {
            let place = items.pairs + items.config.len() + at;
            if self.pairs.get(place) != Some(&NONE) {
                continue;
            }
            let text = self.span(items.spans + at);
            let owned = items.own.and_then(|own| self.owned(own, text.clone()));
            items.found += usize::from(owned.is_some());
            self.way.push(Way::Item {
                text,
                live: at,
                config: NONE,
            });
            if self.only_live(items.list.element, live, owned, false)? {
                removed += 1;
                if let Some(place) = self.pairs.get_mut(place) {
                    *place = GONE;
                }
            }
            self.way.pop();
        }
        Ok(removed)
    }

    /// Writes the order of the merged list down, if it is not that of the live one.
    fn order(&mut self, items: &Items<'a>) {
        let pairs = self.pairs.get(items.pairs..).unwrap_or_default();
        let Some((over, under)) = pairs.split_at_checked(items.config.len()) else {
            return;
        };
        let stays =
            !under.contains(&GONE) && over.is_sorted_by(|a, b| a < b) && over.last() != Some(&NONE);
        if stays {
            return;
        }
        let gone = |at: usize| under.get(at) == Some(&GONE);
        let left: Vec<usize> = under
            .iter()
            .map(|at| if *at == GONE { NONE } else { *at })
            .collect();
        let mut order = lists::merged(&left, over);
        order.retain(|(live, _)| !gone(*live));
        let same = order.len() == items.live.len()
            && order.iter().enumerate().all(|(at, (live, _))| at == *live);
        if !same {
            self.plan.is_change = true;
            self.plan.order(&self.way, &self.texts, &order);
        }
    }

    /// Which element of the live list an element of the configuration is.
    fn partner(&self, items: &Items<'_>, at: usize) -> usize {
        self.pairs.get(items.pairs + at).copied().unwrap_or(NONE)
    }

    fn span(&self, at: usize) -> Range<usize> {
        self.spans.get(at).cloned().unwrap_or_default()
    }

    fn owned(&self, own: &'a Fields, text: Range<usize>) -> Option<&'a Fields> {
        own.get(self.texts.get(text)?)?.as_object()
    }
}

/// What goes away; in the place of the index of an element of the configuration.
const GONE: usize = NONE - 1;

/// A list in both objects, and where what is known of its elements begins in the space that all lists share.
struct Items<'a> {
    list: &'a ListNode,
    live: &'a [Value],
    config: &'a [Value],
    own: Option<&'a Fields>,
    /// The texts of the live elements, then those of the configuration.
    spans: usize,
    /// For each element of the configuration its place in the live object, then the other way round.
    pairs: usize,
    /// How many of the elements the manager owned.
    found: usize,
}
