"""Filters: RFC 7644, section 3.4.2.2, and the choices of docs/conformance.md.

A filter is parsed to tuples:

    ('and', left, right), ('or', left, right), ('not', filter),
    ('term', attributes, operator, literal, text)
    ('path', attribute, filter)     attribute[filter]

The attributes of a term begin with the outer one; the literal is what values
are compared with, the text what stands in the filter.
"""

import json
import re
from decimal import Decimal

from model import (DECIMAL, NUMBER, ScimError, Unknown, assigned, fold,
                   instant, key, values)

LENGTH = 8192
DEPTH = 32
TERMS = 128

BLANK = re.compile(r'[ \t]*')
WORD = re.compile(r'[^\s()\[\]"]+')
BARE = re.compile(r'[^\s)\]"]+')      # text without quotes
SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.S)
MARKS = "'`\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
OPERATORS = ('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr')
ORDER = ('gt', 'ge', 'lt', 'le')
PARTS = ('co', 'sw', 'ew')

# table 3, and "boolean and binary attributes SHALL cause a failed response"
REFUSED = {'boolean': ORDER + PARTS, 'binary': ORDER, 'integer': PARTS,
           'decimal': PARTS, 'dateTime': PARTS}


class Parser:
    """Parses a filter on a resource type or, with an attribute, the inside of
    a value path, whose errors are of that kind."""

    def __init__(self, kind, text, attr=None, at=0, error='invalidFilter'):
        self.kind = kind
        self.text = text
        self.attr = attr
        self.at = at
        self.error = error
        self.depth = 0
        self.terms = 0

    def fail(self, expected):
        raise ScimError(self.error,
                        why='expected %s at %d' % (expected, self.at))

    def whole(self):
        if len(self.text.encode()) > LENGTH:
            self.fail('less text')
        found = self.disjunction()
        if self.at < len(self.text):
            self.fail('the end')
        return found

    def blank(self):
        self.at = BLANK.match(self.text, self.at).end()

    def peek(self):
        return self.text[self.at:self.at + 1]

    def word(self):
        found = WORD.match(self.text, self.at)
        return found[0] if found else ''

    def take(self, expected):
        """A keyword, whatever its case."""
        if self.word().lower() != expected:
            return False
        self.at += len(expected)
        self.blank()
        return True

    def close(self, bracket):
        self.blank()
        if self.peek() != bracket:
            self.fail(bracket)
        self.at += 1
        self.depth -= 1

    def open(self):
        self.at += 1
        self.depth += 1
        if self.depth > DEPTH:
            self.fail('less depth')

    def disjunction(self):
        self.blank()
        left = self.conjunction()
        while self.take('or'):
            left = ('or', left, self.conjunction())
        return left

    def conjunction(self):
        left = self.factor()
        while self.take('and'):
            left = ('and', left, self.factor())
        return left

    def factor(self):
        negated = self.take('not')
        if self.peek() == '(':
            self.open()
            inner = self.disjunction()
            self.close(')')
            self.blank()
            return ('not', inner) if negated else inner
        if negated:
            self.fail('(')
        return self.expression()

    def expression(self):
        name = self.word()
        if not name:
            self.fail('an attribute')
        if self.text[self.at + len(name):][:1] == '[':
            return self.value_path(name)
        chain = self.chain(name)
        self.at += len(name)
        return self.term(chain)

    def chain(self, name):
        """The attributes that a name stands for, the outer one first."""
        if self.attr:
            found = [self.attr.sub(name)]
        else:
            try:
                _, attr, sub = self.kind.resolve(name)
            except Unknown:
                attr = sub = None
            found = [attr, sub] if sub else [attr]
        if found[-1] is None or found[-1].never():
            self.fail('an attribute')
        return found

    def value_path(self, name):
        chain = self.chain(name)
        if self.attr or len(chain) > 1 or chain[0].type != 'complex':
            self.fail('a complex attribute')
        outer = chain[0]
        self.at += len(name)
        self.open()
        self.attr = outer
        inner = self.disjunction()
        self.close(']')
        if self.peek() == '.':
            # beyond the grammar: attr[filter].sub eq "x"
            self.at += 1
            sub = self.word()
            chain = self.chain(sub)
            self.at += len(sub)
            inner = ('and', inner, self.term(chain))
        self.attr = None
        self.blank()
        return ('path', outer, inner)

    def term(self, chain):
        self.terms += 1
        if self.terms > TERMS:
            self.fail('fewer terms')
        self.blank()
        operator = self.word().lower()
        if operator not in OPERATORS:
            self.fail('an operator')
        self.at += len(operator)
        self.blank()
        if operator == 'pr':
            return ('term', chain, operator, None, None)
        if chain[-1].type == 'complex':
            # a complex attribute means its "value"
            if chain[-1].sub('value') is None:
                self.fail('a sub-attribute')
            chain = chain + [chain[-1].sub('value')]
        if operator in REFUSED.get(chain[-1].type, ()):
            self.fail('another operator')
        literal, text = self.literal(chain[-1], operator)
        self.blank()
        return ('term', chain, operator, literal, text)

    def literal(self, attr, operator):
        if self.peek() == '"':
            text = self.string()
        elif self.peek() == "'":
            text = self.apostrophes()
        else:
            found = BARE.match(self.text, self.at)
            text = found[0] if found else ''
            self.at += len(text)
            if not text or text[0] in '([' or self.peek() == '"' \
                    or text[0] in MARKS or text[-1] in MARKS:
                self.fail('a value')
            if text == 'null':
                if operator not in ('eq', 'ne'):
                    self.fail('a value')
                return None, None
        return self.comparable(attr, text), text

    def string(self):
        try:
            text, end = json.decoder.scanstring(self.text, self.at + 1)
        except ValueError:
            self.fail('a string')
        if re.search('[\0\ud800-\udfff]', text):
            self.fail('a string')
        self.at = end
        return text

    def apostrophes(self):
        """Text as some clients quote it: "\\'" is an apostrophe in it."""
        found = SINGLE.match(self.text, self.at)
        if not found:
            self.fail('an apostrophe')
        inner = re.sub(r'\\.|"', lambda part: {"\\'": "'", '"': '\\"'}.get(
            part[0], part[0]), found[1], flags=re.S)
        try:
            text, end = json.decoder.scanstring(inner + '"', 0)
        except ValueError:
            self.fail('a string')
        if end != len(inner) + 1 or re.search('[\0\ud800-\udfff]', text):
            self.fail('a string')
        self.at = found.end()
        if self.peek() not in ('', ' ', '\t', ')', ']'):
            self.fail('an end')
        return text

    def comparable(self, attr, text):
        if attr.type == 'boolean':
            if text.lower() not in ('true', 'false'):
                self.fail('true or false')
            return text.lower() == 'true'
        if attr.type in ('integer', 'decimal'):
            if not (DECIMAL.fullmatch(text) or NUMBER.fullmatch(text)):
                self.fail('a number')
            return Decimal(text)
        if attr.type == 'dateTime':
            if instant(text) is None:
                self.fail('a dateTime')
            return instant(text)
        return fold(text, attr.exact)


def parse_filter(kind, text):
    return Parser(kind, text).whole()


def matches(kind, node, resource):
    """Does a resource match, or (kind None) a complex value?"""
    how = node[0]
    if how == 'and':
        return (matches(kind, node[1], resource)
                and matches(kind, node[2], resource))
    if how == 'or':
        return (matches(kind, node[1], resource)
                or matches(kind, node[2], resource))
    if how == 'not':
        return not matches(kind, node[1], resource)
    if how == 'path':
        return any(matches(None, node[2], value)
                   for value in values(kind, resource, node[1]))
    return term_matches(kind, resource, *node[1:4])


def term_matches(kind, resource, chain, operator, literal):
    """One value that matches is enough; absent is what has no value at all,
    a sub-attribute of a multi-valued attribute if no value has it."""
    found = values(kind, resource, chain[0])
    for sub in chain[1:]:
        found = [inner for value in found
                 for inner in values(None, value, sub)]
    return any(compare(chain[-1], operator, value, literal)
               for value in found or [None])


def compare(attr, operator, value, literal):
    if operator == 'pr':
        return assigned(value)
    if literal is None:
        return (value is None) == (operator == 'eq')
    if value is None:
        return operator == 'ne'
    value = key(attr, value)
    return {
        'eq': lambda: value == literal,
        'ne': lambda: value != literal,
        'co': lambda: literal in value,
        'sw': lambda: value.startswith(literal),
        'ew': lambda: value.endswith(literal),
        'gt': lambda: value > literal,
        'ge': lambda: value >= literal,
        'lt': lambda: value < literal,
        'le': lambda: value <= literal,
    }[operator]()
