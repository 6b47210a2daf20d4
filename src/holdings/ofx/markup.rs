//! The markup of OFX: SGML of version 1, whose values have no end tags, and XML of version 2, read alike.
//!
//! Elements stand in a list in the order of the file, each with the number of those inside it, so that nothing is ever
//! walked by recursion. A value ends where the next tag begins; an element without value and end tag ends with the
//! element around it. For looking things up that makes no difference: what is asked for is inside all the same.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostics::{Place, Source};

/// More elements than these are no household's.
const MOST: usize = 2_000_000;
/// Elements are not nested deeper than this.
const DEEPEST: usize = 64;

/// One element.
struct Element<'a> {
    tag: &'a str,
    value: &'a str,
    span: Range<usize>,
    /// The index behind the last element inside it.
    end: usize,
}

/// The elements of a file.
pub struct Markup<'a> {
    source: &'a Arc<Source>,
    elements: Vec<Element<'a>>,
    /// The element around everything has its end tag: the file is not cut off.
    pub complete: bool,
}

impl<'a> Markup<'a> {
    /// Reads a file; `None` for one with more elements, or more inside one another, than any statement has.
    pub fn of(source: &'a Arc<Source>) -> Option<Self> {
        let text = source.text.as_str();
        let mut markup = Markup { source, elements: Vec::new(), complete: false };
        let mut open: Vec<usize> = Vec::new();
        let mut at = text.find('<').unwrap_or(text.len());
        while let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix('<')) {
            let close = if rest.starts_with("!--") { "-->" } else { ">" };
            let Some(length) = rest.find(close) else { break };
            let (inside, behind) = (rest.get(..length)?, at + 1 + length + close.len());
            let next = text.get(behind..)?.find('<').map_or(text.len(), |next| behind + next);
            let value = text.get(behind..next)?.trim();
            if let Some(tag) = inside.strip_prefix('/') {
                markup.close(tag.trim(), &mut open);
            } else if !inside.starts_with(['!', '?']) {
                let tag = inside.trim_end_matches('/').split_whitespace().next().unwrap_or_default();
                // A value ends here.
                if open.last().and_then(|last| markup.elements.get(*last)).is_some_and(|last| !last.value.is_empty()) {
                    markup.end(open.pop());
                }
                let index = markup.elements.len();
                markup.elements.push(Element { tag, value, span: at..behind + value.len(), end: index + 1 });
                if !inside.ends_with('/') {
                    open.push(index);
                }
                if open.len() > DEEPEST || markup.elements.len() > MOST {
                    return None;
                }
            }
            at = next;
        }
        while let Some(last) = open.pop() {
            markup.end(Some(last));
        }
        Some(markup)
    }

    fn end(&mut self, index: Option<usize>) {
        let behind = self.elements.len();
        if let Some(element) = index.and_then(|index| self.elements.get_mut(index)) {
            element.end = behind;
        }
    }

    /// Ends the innermost element of a name, and with it those inside that have no end tag.
    fn close(&mut self, tag: &str, open: &mut Vec<usize>) {
        let is = |index: &usize| self.elements.get(*index).is_some_and(|found| found.tag.eq_ignore_ascii_case(tag));
        let Some(depth) = open.iter().rposition(is) else { return };
        self.complete |= depth == 0 && tag.eq_ignore_ascii_case("OFX");
        for index in open.split_off(depth) {
            self.end(Some(index));
        }
    }

    /// Returns the whole.
    pub fn root(&self) -> Node<'a, '_> {
        Node { markup: self, inside: 0..self.elements.len(), index: None }
    }
}

/// An element and what is inside it.
#[derive(Clone)]
pub struct Node<'a, 'm> {
    markup: &'m Markup<'a>,
    inside: Range<usize>,
    index: Option<usize>,
}

impl<'a, 'm> Node<'a, 'm> {
    /// Returns the elements inside that have one of the names and are not inside one another.
    pub fn all<'n>(&'n self, tags: &'n [&str]) -> impl Iterator<Item = Node<'a, 'm>> + 'n {
        let mut at = self.inside.start;
        std::iter::from_fn(move || {
            while at < self.inside.end {
                let element = self.markup.elements.get(at)?;
                if tags.iter().any(|tag| element.tag.eq_ignore_ascii_case(tag)) {
                    let node = Node { markup: self.markup, inside: at + 1..element.end, index: Some(at) };
                    at = element.end;
                    return Some(node);
                }
                at += 1;
            }
            None
        })
    }

    /// Returns the first element inside with a name.
    pub fn find(&self, tag: &str) -> Option<Node<'a, 'm>> {
        self.all(&[tag]).next()
    }

    /// Returns the name of the element, in capitals.
    pub fn tag(&self) -> String {
        self.element().map_or_else(String::new, |element| element.tag.to_ascii_uppercase())
    }

    fn element(&self) -> Option<&'m Element<'a>> {
        self.index.and_then(|index| self.markup.elements.get(index))
    }

    /// Returns the value of the first element inside with a name that has one; empty where there is none.
    pub fn value(&self, tag: &str) -> Cow<'a, str> {
        self.all(&[tag]).find_map(|node| Some(node.element()?.value).filter(|value| !value.is_empty())).map_or(
            Cow::Borrowed(""),
            |value| match value.contains('&') {
                true => quick_xml::escape::unescape_with(value, |name| match name {
                    "nbsp" => Some(" "),
                    other => quick_xml::escape::resolve_predefined_entity(other),
                })
                .unwrap_or(Cow::Borrowed(value)),
                false => Cow::Borrowed(value),
            },
        )
    }

    /// Returns where it stands.
    pub fn place(&self) -> Place {
        match self.element() {
            Some(element) => Place::new(self.markup.source, element.span.clone()),
            None => Place::whole(self.markup.source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_the_next_tag_begins_with_and_without_end_tags() {
        for text in [
            "OFXHEADER:100\n\n<OFX><A><B>1<C>x &amp; y\n<EMPTY><D>2</A><A><B>3</A></OFX>",
            "<?xml version=\"1.0\"?><!-- <B>9</B> --><OFX><A><B>1</B><C>x &amp; y</C><EMPTY/><D>2</D></A><A><b>3</b></A></OFX>",
        ] {
            let source = Source::file("x", text);
            let markup = Markup::of(&source).unwrap();
            let root = markup.root();
            let found: Vec<Vec<String>> = root
                .all(&["A"])
                .map(|node| ["B", "C", "D"].iter().map(|tag| node.value(tag).into_owned()).collect())
                .collect();
            assert_eq!(found, [["1", "x & y", "2"], ["3", "", ""]], "{text}");
            assert!(markup.complete && root.find("B").unwrap().place().text().contains(">1"));
        }
        let cut = Source::file("x", "<OFX><A><B>1</A>");
        assert!(!Markup::of(&cut).unwrap().complete);
    }

    #[test]
    fn what_no_statement_has_is_not_read() {
        let deep = Source::file("x", "<A>".repeat(100_000));
        assert!(Markup::of(&deep).is_none());
        for text in ["<", "<A", "<>", "</>", "<A>1</B></A></A>", "<!--", "<A/ ><b c=d>"] {
            assert!(Markup::of(&Source::file("x", text)).is_some(), "{text}");
        }
    }
}
