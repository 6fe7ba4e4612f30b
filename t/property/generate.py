"""Random cases, drawn from the schemas: resources, filters and PATCHes.

Most of what is drawn is right, and near to what the resource holds, so that
filters match and patches change something; a share is wrong on purpose.
"""

import base64
import datetime
import json
import random
import unicodedata

from model import ordered, same

PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

# texts of a line are the same without regard to case, or nearly so
TEXTS = [
    ['Kim', 'kim', 'KIM', '\u212aim'],
    ['kim@example.com', 'KIM@Example.com', 'kim@example.org'],
    ['Stra\u00dfe', 'STRASSE', 'strasse', 'Stra\u1e9ee'],
    ['K\u00c9nig', 'k\u00e9nig', 'ke\u0301nig', 'KE\u0301NIG', 'konig'],
    ['\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2',
     '\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3'],
    ['\ufb01sh', 'fish', 'FISH', 'fis'],
    ['\u00c5sa', '\u212bsa', 'a\u030asa', '\u00e5SA'],
    ['\u0130zmir', 'i\u0307zmir', 'izmir', '\u0131zmir'],
    ['\u01c4ep', '\u01c5ep', '\u01c6ep'],
    ['\u1f80\u03b9', '\u1f88\u0399', '\u1f00\u03b9\u03b9'],
    ['\u13a0\u13a1', '\uab70\uab71'],
    ['\uc548\ub155', '\u110b\u1161\u11ab\u1102\u1167\u11bc'],
    ['\u674e\U0001f600', '\u674e', '\U00010400\U00010428'],
    ['O\'Brion', 'o\'brion', 'O"Brion\\', 'a [b] (c)'],
    ['work', 'Work', 'home', 'HOME', 'other'],
    ['true', 'null', 'and', '007', '7', 'a.b:c', 'x'],
    ['Tour Guides', 'tour guides', 'Tour', 'guides '],
]
IDS = ['8d1c', '77aa', 'g1', 'g2', '5b1f']
LINKS = ['https://x.example/a', 'https://X.example/a', '../Users/8d1c', 'b']
BYTES = [b'', b'foo', b'fop', b'\x00\x01', b'\xff\xfe\xfd']
INTEGERS = [0, 1, 2, 3, 7, 48, -1, -7, 2 ** 53, 2 ** 53 + 1, 2 ** 53 + 2,
            -2 ** 53 - 1, 12345678901234567890]
DECIMALS = [0.5, 1.5, -1.5, 1.25, 2.0, 1e3, 0.001, 1e-7, 3, 0]
MOMENTS = [1305258154, 1305258155, 0, -86400, 1443000000, 951782400]
ZONES = [0, 0, 0, 120, -420, 330, 840, -660]
FRACTIONS = ['', '', '.0', '.5', '.500', '.793', '.8617979', '.000001']


class Generator:
    def __init__(self, types, seed):
        self.types = types
        self.rng = random.Random(seed)

    # helpers

    def chance(self, share):
        return self.rng.random() < share

    def pick(self, items):
        return self.rng.choice(items)

    def letters(self, text):
        """A name in another case, sometimes."""
        if self.chance(0.8):
            return text
        return self.pick([text.lower(), text.upper(), text.swapcase(),
                          text[:1].upper() + text[1:]])

    # values

    def text(self):
        return self.pick(self.pick(TEXTS))

    def moment(self, seconds=None):
        seconds = self.pick(MOMENTS) if seconds is None else seconds
        zone = self.pick(ZONES)
        days, rest = divmod(seconds + zone * 60, 86400)
        year, month, day = civil(days)
        zone = ('%s%02d:%02d' % ('-' if zone < 0 else '+',
                                 *divmod(abs(zone), 60))
                if zone or self.chance(0.2) else 'Z')
        return '%04d-%02d-%02dT%02d:%02d:%02d%s%s' % (
            year, month, day, rest // 3600, rest // 60 % 60, rest % 60,
            self.pick(FRACTIONS), zone)

    def simple(self, attr):
        """A value of a simple attribute, as it is stored."""
        if attr.type == 'boolean':
            return self.chance(0.5)
        if attr.type == 'integer':
            return self.pick(INTEGERS)
        if attr.type == 'decimal':
            return self.pick(DECIMALS)
        if attr.type == 'dateTime':
            return self.moment()
        if attr.type == 'binary':
            return base64.b64encode(self.pick(BYTES[1:])).decode()
        if attr.type == 'reference':
            return self.pick(LINKS)
        if attr.canonical and self.chance(0.8):
            return self.pick(attr.canonical)
        if attr.name == 'value' and attr.parent.name in ('members', 'groups',
                                                         'manager', 'site'):
            return self.pick(IDS)
        return self.text()

    def complex(self, attr, share):
        out = {}
        for sub in attr.subs:
            if sub.required or self.chance(share):
                out[sub.name] = self.value(sub, share)
        if not out:
            sub = attr.sub('value') or self.pick(attr.subs)
            out[sub.name] = self.value(sub, share)
        return out

    def value(self, attr, share=0.6):
        """A canonical value of an attribute."""
        if attr.type == 'complex':
            make = lambda: self.complex(attr, share)
        else:
            make = lambda: self.simple(attr)
        if not attr.multi:
            return make()
        items = [make() for _ in range(self.pick([1, 1, 2, 2, 3, 4]))]
        primaries = [item for item in items
                     if isinstance(item, dict) and item.get('primary')]
        for item in primaries[1:]:
            item['primary'] = False
        out = []
        for item in items:
            if not any(same(attr, item, other) for other in out):
                out.append(item)
        return out

    # resources

    def stored(self, kind):
        """A resource as it is stored."""
        share = self.pick([0.1, 0.3, 0.6])
        doc = {'schemas': [kind.base.urn], 'id': self.pick(IDS)}
        if self.chance(0.5):
            doc['externalId'] = self.text()
        for schema in [kind.base] + kind.extensions:
            holder = {}
            for attr in schema.attributes:
                if attr.name in ('members', 'groups') or attr.never():
                    continue
                if attr.required or self.chance(share):
                    holder[attr.name] = self.writable(attr)
            if schema is kind.base:
                doc.update(holder)
            elif holder:
                doc['schemas'].append(schema.urn)
                doc[schema.urn] = holder
        return ordered(kind, doc)

    def writable(self, attr):
        """A value without what only the server sets."""
        value = self.value(attr)
        if attr.type == 'complex' and not attr.multi:
            for sub in attr.subs:
                if sub.mutability == 'readOnly':
                    value.pop(sub.name, None)
            main = attr.sub('value') or attr.subs[0]
            return value or {main.name: self.simple(main)}
        return value

    def shown(self, kind):
        """A resource as a client sees it, sometimes with unassigned values."""
        doc = self.stored(kind)
        share = self.pick([0.2, 0.7])
        for schema in [kind.common, kind.base]:
            for attr in schema.attributes:
                if attr.name in ('meta', 'groups', 'members') \
                        and self.chance(share):
                    doc[attr.name] = self.value(attr)
        while self.chance(0.15):
            attr = self.pick(kind.base.attributes)
            doc[attr.name] = self.pick([None, [], '', {}])
        return doc

    # filters

    def filter_case(self):
        kind = self.types[self.pick(sorted(self.types))]
        resource = self.shown(kind)
        tokens = self.filter(kind, resource, self.pick([0, 0, 1, 1, 2, 3]))
        if self.chance(0.004):
            tokens = self.large(tokens)
        if self.chance(0.08):
            tokens = self.damaged(tokens)
        return {'type': kind.name, 'resource': resource,
                'filter': self.spaced(tokens)}

    def spaced(self, tokens):
        out = ''
        for token in tokens:
            if not out or out[-1] in '([' and self.chance(0.9) \
                    or token in ')]' and self.chance(0.9):
                out += token
            else:
                out += self.pick([' '] * 20 + ['  ', '\t']) + token
        return out

    def large(self, tokens):
        """About as large as a filter may be."""
        if self.chance(0.5):
            depth = self.rng.randint(26, 34)
            return ['('] * depth + tokens + [')'] * depth
        tokens = ['id', 'pr']
        for _ in range(self.rng.randint(120, 134)):
            tokens = tokens + [self.pick(['and', 'or']), 'id', 'pr']
        return tokens

    def damaged(self, tokens):
        tokens = list(tokens)
        at = self.rng.randrange(len(tokens))
        how = self.pick(['drop', 'double', 'swap', 'bracket', 'name', 'quote'])
        if how == 'drop':
            del tokens[at]
        elif how == 'double':
            tokens.insert(at, tokens[at])
        elif how == 'swap':
            other = self.rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif how == 'bracket':
            tokens.insert(at, self.pick(['(', ')', ']', '[']))
        elif how == 'name':
            tokens[at] = self.pick(['nothing', 'and', 'xx', 'not', 'a.b.c'])
        else:
            tokens[at] += '"'
        return tokens

    def filter(self, kind, resource, depth):
        if depth == 0 or self.chance(0.3):
            return self.expression(kind, resource, depth)
        how = self.pick(['and', 'or', 'and', 'or', 'not', '('])
        if how in ('and', 'or'):
            return (self.filter(kind, resource, depth - 1)
                    + [self.letters(how)]
                    + self.filter(kind, resource, depth - 1))
        return ([self.letters('not')] if how == 'not' else []) + [
            '('] + self.filter(kind, resource, depth - 1) + [')']

    def expression(self, kind, resource, depth):
        """A comparison or a value path."""
        attrs = [a for s in kind.schemas() for a in s.attributes]
        there = [a for a in attrs if self.present(kind, resource, a)]
        attr = self.pick(there if there and self.chance(0.8) else attrs)
        if attr.type == 'complex' and self.chance(0.4):
            return self.value_path(kind, resource, attr, depth)
        sub = None
        if attr.type == 'complex' and self.chance(0.8):
            sub = self.pick(attr.subs)
        values = self.present(kind, resource, attr)
        return self.term(self.name(kind, attr, sub), sub or attr,
                         inner_values(values, sub) if sub else values)

    def value_path(self, kind, resource, attr, depth):
        value = self.pick(self.present(kind, resource, attr) or [{}])
        tokens = [self.name(kind, attr) + '['] + self.inner(attr, value,
                                                            depth) + [']']
        if self.chance(0.2):
            sub = self.pick(attr.subs)
            term = self.term(self.letters(sub.name), sub,
                             inner_values([value], sub))
            tokens[-1] += '.' + term[0]
            tokens += term[1:]
        return tokens

    def inner(self, attr, value, depth, operators=None):
        """A filter on the sub-attributes of one value."""
        if depth > 0 and self.chance(0.5):
            if self.chance(0.2):
                return ['not', '('] + self.inner(attr, value, depth - 1) + [')']
            return (self.inner(attr, value, depth - 1)
                    + [self.pick(['and', 'and', 'or'])]
                    + self.inner(attr, value, depth - 1))
        subs = [s for s in attr.subs if s.name in value]
        sub = self.pick(subs if subs and self.chance(0.8) else attr.subs)
        return self.term(self.letters(sub.name), sub,
                         inner_values([value], sub), operators)

    def present(self, kind, resource, attr):
        holder = resource
        if attr.schema in kind.extensions:
            holder = resource.get(attr.schema.urn, {})
        value = holder.get(attr.name)
        found = value if isinstance(value, list) else [value]
        return [v for v in found if v not in (None, '', {}, [])]

    def name(self, kind, attr, sub=None):
        text = attr.name + ('.' + sub.name if sub else '')
        text = self.letters(text)
        urn = attr.schema.urn
        if attr.schema is kind.common:
            urn = kind.base.urn
        ambiguous = kind.attribute(attr.name) is not attr
        if ambiguous or self.chance(
                0.6 if attr.schema in kind.extensions else 0.1):
            text = self.letters(urn) + self.pick(':::::::::.') + text
        return text

    def term(self, name, attr, values, operators=None):
        main = attr
        if attr.type == 'complex':
            main = attr.sub('value') or attr.subs[0]
            values = inner_values(values, main)
        if operators is None:
            operators = ['eq'] * 6 + ['ne', 'pr']
            if main.type not in ('boolean', 'binary') or self.chance(0.1):
                operators += ['gt', 'ge', 'lt', 'le']
            if main.type in ('string', 'reference', 'binary') \
                    or self.chance(0.1):
                operators += ['co', 'sw', 'ew'] * 2
        operator = self.pick(operators)
        if operator == 'pr':
            return [name, self.letters('pr')]
        return [name, self.letters(operator), self.literal(main, values)]

    def literal(self, attr, values):
        if self.chance(0.04):
            return 'null'
        if self.chance(0.03):
            return self.pick(['"x"', '5', 'true', '"2011-13-01T00:00:00Z"',
                              '""', '"\\u0041\\ud83d\\ude00"', '1x', "'a'"])
        value = self.simple(attr)
        if values and self.chance(0.75):
            value = self.near(attr, self.pick(values))
        if attr.type == 'boolean':
            return self.pick(['%s', '%s', '"%s"']) % self.letters(
                str(bool(value)).lower())
        if attr.type in ('integer', 'decimal'):
            return self.pick(['%s', '%s', '%s', '"%s"']) % json.dumps(value)
        if attr.type == 'dateTime':
            return self.pick(['"%s"', '"%s"', '%s']) % value
        if self.chance(0.15) and value.isalnum() and value != 'null':
            return value
        if self.chance(0.1):
            return self.quoted(value)
        return json.dumps(value, ensure_ascii=self.chance(0.5))

    def quoted(self, value):
        """Text in other quotes than those of JSON."""
        if self.chance(0.8):
            text = json.dumps(value, ensure_ascii=False)[1:-1]
            if self.chance(0.5):
                text = text.replace('\\"', '"')
            if self.chance(0.9):
                text = text.replace("'", "\\'")
            return "'" + text + "'"
        return self.pick(['\u201c%s\u201d', '\u2018%s\u2019', '`%s`', "%s'",
                          '\u00ab%s\u00bb', "'%s", "'%s'x"]) % value

    def near(self, attr, value):
        """A value that may compare in an interesting way with that one."""
        if attr.type == 'dateTime':
            return (self.moment() if self.chance(0.6) else value)
        if attr.type in ('integer', 'decimal'):
            return value + self.pick([0, 0, 0, 1, -1])
        if attr.type == 'boolean' or not isinstance(value, str):
            return value
        if attr.type == 'binary' and self.chance(0.4):
            return value
        length = self.rng.randrange(len(value) + 1)
        return self.pick([
            value, value, value, value.upper(), value.lower(),
            value.swapcase(), value[:length], value[length:], value + 'x',
            unicodedata.normalize('NFD', value),
            unicodedata.normalize('NFC', value).lower(),
            self.pick(next((t for t in TEXTS if value in t), [value]))])

    # patches

    def patch_case(self):
        kind = self.types[self.pick(sorted(self.types) + ['User', 'User'])]
        resource = self.stored(kind)
        members = []
        if kind.name == 'Group' and self.chance(0.8):
            members = [{'value': name, 'type': self.pick(['User', 'Group'])}
                       for name in self.rng.sample(IDS,
                                                   self.rng.randint(1, 4))]
        ops = [self.operation(kind, resource, members)
               for _ in range(self.pick([1, 1, 1, 1, 2, 2, 3]))]
        body = {'schemas': [PATCH_OP], 'Operations': ops}
        if self.chance(0.03):
            self.damage_body(body)
        return {'type': kind.name, 'resource': resource, 'patch': body,
                'members': members}

    def damage_body(self, body):
        how = self.rng.randrange(7)
        if how == 6:
            body['schemas'] = self.pick([PATCH_OP, 'urn:x', 1, {}])
        elif how == 0:
            del body['Operations']
        elif how == 1:
            body['Operations'] = self.pick([{}, 'x', 1])
        elif how == 2:
            body['schemas'] = self.pick([['urn:x'], [], [PATCH_OP.upper()]])
        elif how == 3:
            body['Operations'] = []
        elif how == 4:
            body['OPERATIONS'] = body.pop('Operations')
            del body['schemas']
        else:
            body['id'] = 'x'

    def operation(self, kind, resource, members):
        op = self.pick(['add', 'add', 'replace', 'replace', 'remove'])
        if op != 'remove' and self.chance(0.25):
            item = {'op': op, 'value': self.bag(kind, resource, members)}
            if self.chance(0.1):
                item['path'] = self.letters(kind.base.urn)
        else:
            item = self.with_path(kind, resource, members, op)
        if self.chance(0.3):
            item['op'] = op.capitalize()
        if self.chance(0.03):
            self.damage_operation(item)
        if self.chance(0.05):
            item['name'] = 'x'
        if self.chance(0.05):
            item = {self.letters(name): item[name] for name in item}
        return item

    def damage_operation(self, item):
        how = self.rng.randrange(5)
        if how == 0:
            item['op'] = self.pick(['move', '', 1, None])
        elif how == 1:
            del item['op']
        elif how == 2:
            item.pop('value', None)
        elif how == 3:
            item.pop('path', None)
        else:
            item['path'] = self.pick([1, [], 'a.b.c', 'name.', 'emails[',
                                      'emails[type eq "x"', 'title x',
                                      'userName[value eq "x"]',
                                      'emails[type xx "x"]', 'emails[]',
                                      'emails[foo pr]', 'ti tle',
                                      'name. givenName', 'name .givenName',
                                      'nope[a eq 1] x', 'nope[a eq 1].x',
                                      'nope x', 'emails[type eq "x"]. value'])

    def bag(self, kind, resource, members, depth=0):
        """The value of an operation without a path."""
        if self.chance(0.02):
            return self.pick(['x', 1, None, [], True, [{}, {}]])
        if depth < 2 and self.chance(0.06):
            return {self.letters(kind.base.urn): self.bag(kind, resource,
                                                          members, depth + 1)}
        if self.chance(0.05):
            return [self.bag(kind, resource, members, 2)]
        out = {}
        for _ in range(self.pick([1, 1, 2, 3])):
            item = self.with_path(kind, resource, members, 'replace')
            name = item['path']
            if name.lower() not in [other.lower() for other in out]:
                out[name] = item['value']
        return out

    def with_path(self, kind, resource, members, op):
        if self.chance(0.03):
            return {'op': op, 'path': self.pick(['shoeSize', 'name.shoeSize',
                                                 'urn:x:y:shoeSize']),
                    'value': 1}
        if kind.extensions and self.chance(0.05):
            return self.extension(kind, op)
        if self.chance(0.01):
            return {'op': op, 'path': 'id', 'value': resource['id']}
        attrs = [a for s in kind.schemas() for a in s.attributes]
        attr = self.pick(attrs)
        if attr.mutability == 'readOnly' or attr.name == 'schemas':
            attr = self.pick(attrs)
        if kind.name == 'Group' and self.chance(0.5):
            attr = kind.attribute('members')
            resource = {'members': members}
        elif attr.type != 'complex' and self.chance(0.3):
            attr = self.pick([a for a in attrs if a.type == 'complex'
                              and a.mutability != 'readOnly'] or attrs)
        values = self.present(kind, resource, attr)
        path, target = self.path(kind, attr, values, op)
        item = {'op': op, 'path': path}
        if op != 'remove' or self.chance(0.35) and '[' not in path:
            item['value'] = self.wrapped(target.name, self.given(
                target, inner_values(values, target)
                if target is not attr else values, '[' in path))
        elif self.chance(0.1):
            item['value'] = self.pick([None, None, '', []])
        return item

    def extension(self, kind, op):
        schema = self.pick(kind.extensions)
        value = {}
        for attr in schema.attributes:
            if self.chance(0.4):
                value[self.letters(attr.name)] = self.given(attr, [], False)
        if self.chance(0.15):
            attr = self.pick(schema.attributes)
            name = attr.name
            if attr.subs:
                attr = self.pick(attr.subs)
                name += '.' + attr.name
            if name.lower() not in [other.lower() for other in value]:
                value[name] = self.given(attr, [], False)
        item = {'op': op, 'path': self.letters(schema.urn)}
        if op != 'remove' or self.chance(0.3):
            item['value'] = self.wrapped(schema.urn, value)
            if self.chance(0.15):
                item['value'] = self.pick([None, '', [], {}, 'x', 1, [[]],
                                           {'nope': 1}, {'ti tle': 1}])
        return item

    def wrapped(self, name, value):
        """A value as some clients wrap it."""
        if self.chance(0.06):
            value = {self.letters(name): value}
        if self.chance(0.05) and not isinstance(value, list):
            value = [value]
        return value

    def path(self, kind, attr, values, op):
        """A path, and the attribute that its value is for."""
        name = self.name(kind, attr)
        if attr.type != 'complex':
            return name, attr
        how = self.pick(['whole', 'sub', 'filter', 'filter', 'both', 'both'])
        if not attr.multi:
            how = self.pick(['whole', 'whole', 'sub', 'sub', how])
        if attr.name == 'members' and how in ('sub', 'both'):
            how = self.pick(['filter', 'filter', 'filter', how])
        sub = self.pick(attr.subs)
        if how == 'whole':
            return name, attr
        if how == 'sub':
            return name + '.' + self.letters(sub.name), sub
        value = self.pick(values) if values and self.chance(0.85) else {}
        tokens = self.path_filter(attr, value, op)
        text = name + '[' + self.spaced(tokens) + ']'
        if how == 'filter':
            return text, attr
        return text + '.' + self.letters(sub.name), sub

    def path_filter(self, attr, value, op):
        if self.chance(0.3):
            return self.inner(attr, value, self.pick([0, 1]))
        names = [n for n in ('type', 'value', 'primary') if attr.sub(n)] \
            or [sub.name for sub in attr.subs]
        if attr.name == 'members' and op != 'remove':
            names = ['value']
        sub = attr.sub(self.pick(names))
        tokens = self.term(sub.name, sub, inner_values([value], sub), ['eq'])
        if self.chance(0.2) and attr.name != 'members':
            other = self.pick([s for s in attr.subs if s is not sub])
            tokens += ['and'] + self.term(
                other.name, other, inner_values([value], other), ['eq'])
        return tokens

    def given(self, attr, values, single):
        """A value as clients send it."""
        if self.chance(0.06):
            return self.pick([None, None, '', [], {}])
        if self.chance(0.05):
            return self.pick([1, True, 'perhaps', {'a': 1}, [[1]], ['a', 'b'],
                              {'value': 1}, '1.5', 2.5, {'nonsense': 1},
                              {'displayName': 'x'}, {'value': None},
                              [{'id': '8d1c'}], {'$ref': '../Users/8d1c'},
                              [{'display': 'x'}], [{}], [None], [123],
                              [[{'value': '8d1c'}]], {'nope': None}])
        if attr.multi and not single:
            items = [self.given_one(attr, values)
                     for _ in range(self.pick([1, 1, 1, 2, 3]))]
            return items[0] if len(items) == 1 and self.chance(0.2) else items
        item = self.given_one(attr, values)
        return [item] if self.chance(0.05) else item

    def given_one(self, attr, values):
        known = values and self.chance(0.4)
        if attr.type != 'complex':
            value = self.pick(values) if known else self.simple(attr)
            return self.as_sent(attr, value)
        value = dict(self.pick(values)) if known else self.complex(attr, 0.5)
        if known and self.chance(0.5):
            sub = self.pick(attr.subs)
            value[sub.name] = self.simple(sub)
        if attr.sub('value') and 'value' in value and self.chance(0.12):
            return value['value']
        out = {}
        for name in value:
            sub = attr.sub(name)
            if self.chance(0.85):
                out[self.letters(name)] = (
                    self.pick([None, '']) if self.chance(0.04)
                    else self.as_sent(sub, value[name]))
        if self.chance(0.03):
            out['nonsense'] = 1
        return out

    def as_sent(self, attr, value):
        if attr.type == 'boolean' and self.chance(0.4):
            return self.letters(str(value))
        if attr.type == 'integer' and self.chance(0.2):
            return str(value)
        if attr.type == 'decimal' and self.chance(0.2):
            return json.dumps(value)
        if attr.type == 'string' and self.chance(0.03):
            return self.pick([7, 157663, -1.5, 2 ** 53 + 1])
        return value


def inner_values(values, sub):
    """The values of a sub-attribute in complex values."""
    return [value[sub.name] for value in values
            if isinstance(value, dict) and value.get(sub.name) is not None]


def civil(days):
    """Year, month and day of so many days since 1970."""
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days)
    return date.year, date.month, date.day
