//! XML written element by element, everything escaped.

/// A document while it is written.
#[derive(Debug)]
pub(crate) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// Only the declaration.
    pub(crate) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(), depth: 0 }
    }

    /// An element with what `inside` writes.
    pub(crate) fn within(&mut self, tag: &str, inside: impl FnOnce(&mut Self)) {
        self.within_with(tag, &[], inside);
    }

    /// The same with attributes.
    pub(crate) fn within_with(&mut self, tag: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Self)) {
        self.start(tag, attributes, ">\n");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.indent();
        self.text.push_str(&format!("</{tag}>\n"));
    }

    /// Elements one in another, the last with what `inside` writes.
    pub(crate) fn path(&mut self, tags: &[&str], inside: impl FnOnce(&mut Self)) {
        match tags {
            [] => inside(self),
            [first, rest @ ..] => self.within(first, |x| x.path(rest, inside)),
        }
    }

    /// An element with text.
    pub(crate) fn leaf(&mut self, tag: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(tag, attributes, ">");
        self.text.push_str(&escaped(text));
        self.text.push_str(&format!("</{tag}>\n"));
    }

    /// An element with nothing in it.
    pub(crate) fn empty(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.start(tag, attributes, "/>\n");
    }

    fn start(&mut self, tag: &str, attributes: &[(&str, &str)], end: &str) {
        self.indent();
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            self.text.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
        self.text.push_str(end);
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n(' ', 2 * self.depth));
    }

    /// The document.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Text as XML and HTML can hold it. Characters that XML 1.0 has no place for are left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_nothing_is_an_element_that_was_text() {
        let mut x = Xml::new();
        x.within_with("a", &[("k", "\"<&'>")], |x| {
            x.leaf("b", &[], "<script>alert('x')</script> & \u{0}\u{8}é");
            x.path(&["c", "d"], |x| x.empty("e", &[]));
        });
        let text = x.into_text();
        let read = roxmltree::Document::parse(&text).unwrap();
        assert_eq!(read.root_element().attribute("k"), Some("\"<&'>"));
        let b = read.descendants().find(|n| n.has_tag_name("b")).unwrap();
        assert_eq!(b.text(), Some("<script>alert('x')</script> & é"));
        assert!(read.descendants().any(|n| n.has_tag_name("e")));
    }
}
