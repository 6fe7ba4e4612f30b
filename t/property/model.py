"""Schemas, data types and values, as RFC 7643 tells of them.

Written from the text of the RFC and from docs/conformance.md, not from the C
code, which it is compared with. Nothing here is meant to be fast.
"""

import datetime
import glob
import json
import os
import re
import unicodedata
from decimal import Decimal

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
SCHEMAS = 'ngx_scim_module/scim/schema/'

# beside the built-in ones; the driver gets the same files
FILES = [os.path.join(TOP, name) for name in (
    'docs/examples/newrelic-user.json',
    't/data/device-schema.json',
    't/data/device.json',
    't/property/sensor-schema.json',
    't/property/sensor.json')]

DECIMAL = re.compile(r'[+-]?(\d+(\.\d+)?|\.\d+)')
NUMBER = re.compile(r'-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?')
INTEGER = re.compile(r'[+-]?(0|[1-9]\d*)')
DATETIME = re.compile(r'(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?'
                      r'(Z|[+-]\d\d:\d\d)?')
EPOCH = datetime.datetime(1970, 1, 1)


class ScimError(Exception):
    """An error with the scimTypes that fit it, RFC 7644, table 9."""

    def __init__(self, *kinds, why=''):
        super().__init__(' or '.join(kinds) + ': ' + why)
        self.kinds = set(kinds)


class Unknown(Exception):
    """A name that no schema knows."""


# --- schemas (RFC 7643, sections 2 and 7) -------------------------------------


class Attribute:
    def __init__(self, description, schema, parent=None):
        get = description.get
        self.name = description['name']
        self.schema = schema
        self.parent = parent
        self.type = get('type', 'string')
        self.multi = get('multiValued', False)
        self.required = get('required', False)
        self.mutability = get('mutability', 'readWrite')
        self.returned = get('returned', 'default')
        self.canonical = get('canonicalValues', [])
        # 2.3.6, 2.3.7: binary and reference are case exact
        self.exact = get('caseExact', self.type in ('binary', 'reference'))
        self.subs = [Attribute(sub, schema, self)
                     for sub in get('subAttributes', [])]

    def sub(self, name):
        return named(self.subs, name)

    def never(self):
        return self.returned == 'never' or (
            self.parent is not None and self.parent.never())


class Schema:
    def __init__(self, description):
        self.urn = description['id']
        self.attributes = [Attribute(a, self)
                           for a in description['attributes']]


class Type:
    """A resource type with its schemas, in their order."""

    def __init__(self, name, common, base):
        self.name = name
        self.common = common
        self.base = base
        self.extensions = []

    def schemas(self):
        return [self.common, self.base] + self.extensions

    def schema(self, urn):
        for schema in [self.base] + self.extensions:
            if schema.urn.lower() == urn.lower():
                return schema
        return None

    def attribute(self, name):
        for schema in self.schemas():
            found = named(schema.attributes, name)
            if found:
                return found
        return None

    def resolve(self, text):
        """[URN:]attribute[.sub] as (schema, attribute, sub): a schema alone
        is its URN alone. The URN ends at the last colon, or dot, that leaves a
        schema of the type in front."""
        if self.schema(text):
            return self.schema(text), None, None
        look = self.attribute
        for at in range(len(text) - 1, 0, -1):
            schema = self.schema(text[:at]) if text[at] in ':.' else None
            if schema:
                text = text[at + 1:]
                within = ([self.common, schema] if schema is self.base
                          else [schema])
                look = lambda name: next(filter(None, (
                    named(s.attributes, name) for s in within)), None)
                break
        name, dot, rest = text.partition('.')
        attr = look(name)
        sub = attr.sub(rest) if attr and dot else None
        if attr is None or (dot and sub is None):
            raise Unknown(text)
        return None, attr, sub


def named(attributes, name):
    for attr in attributes:
        if attr.name.lower() == name.lower():
            return attr
    return None


def load_types():
    """All resource types, by name."""
    schemas, types = {}, {}

    def read(name):
        with open(name, encoding='utf-8') as file:
            return json.load(file)

    def add_type(description):
        kind = Type(description['name'], schemas[common],
                    schemas[description['schema']])
        for extension in description.get('schemaExtensions', []):
            kind.extensions.append(schemas[extension['schema']])
        types[kind.name] = kind

    for name in sorted(glob.glob(os.path.join(TOP, SCHEMAS, '*.json'))):
        if not name.endswith('resource_types.json'):
            schema = Schema(read(name))
            schemas[schema.urn] = schema
            if name.endswith('common.json'):
                common = schema.urn
    for description in read(os.path.join(TOP, SCHEMAS, 'resource_types.json')):
        add_type(description)
    for name in FILES:
        description = read(name)
        if 'attributes' not in description:
            add_type(description)
            continue
        schema = Schema(description)
        schemas[schema.urn] = schema
        owner = types.get(schema.urn.rpartition(':')[2])
        if owner:
            owner.extensions.append(schema)
    return types


# --- data types (RFC 7643, section 2.3) ---------------------------------------


def fold(text, exact):
    """The key under which two strings are the same text."""
    text = unicodedata.normalize('NFC', text)
    if exact:
        return text
    return unicodedata.normalize('NFC', text.casefold())


def instant(text):
    """Microseconds since 1970; a missing zone is UTC. None if it is none."""
    parts = DATETIME.fullmatch(text)
    if not parts:
        return None
    try:
        moment = datetime.datetime(*(int(part) for part in parts.groups()[:6]))
    except ValueError:
        return None
    since = moment - EPOCH
    usec = (since.days * 86400 + since.seconds) * 1000000
    usec += int(((parts[7] or '.')[1:] + '000000')[:6])
    zone = parts[8] or 'Z'
    if zone != 'Z':
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 14 or minutes > 59 or (hours == 14 and minutes > 0):
            return None
        offset = (hours * 60 + minutes) * 60000000
        usec -= offset if zone[0] == '+' else -offset
    return usec


def is_base64(text):
    """RFC 4648, sections 4 and 5; the latter may leave the padding out."""
    bare = text.rstrip('=')
    if re.fullmatch('[A-Za-z0-9+/]*={0,2}', text) and len(text) % 4 == 0:
        return True
    return bool(re.fullmatch('[A-Za-z0-9_-]*', bare)) and (
        len(bare) % 4 != 1 and text in (bare, bare + '=' * (-len(bare) % 4)))


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def key(attr, value):
    """What two values of a simple attribute are compared by; None for one
    that is not of the attribute's type."""
    if attr.type == 'boolean':
        return value if isinstance(value, bool) else None
    if attr.type in ('integer', 'decimal'):
        return Decimal(value) if is_number(value) else None
    if not isinstance(value, str):
        return None
    if attr.type == 'dateTime':
        return instant(value)
    return fold(value, attr.exact)


def assigned(value):
    """RFC 7643, section 2.5: null, "" and what is empty are no value."""
    if isinstance(value, list):
        return any(assigned(item) for item in value)
    if isinstance(value, dict):
        return any(assigned(item) for item in value.values())
    return value is not None and value != ''


# --- a resource ---------------------------------------------------------------


def home(kind, resource, attr):
    """The object that holds a top-level attribute."""
    if attr.schema in kind.extensions:
        return resource.get(attr.schema.urn) or {}
    return resource


def values(kind, resource, attr):
    """The values of an attribute of a resource, or of a sub-attribute of a
    complex value (kind None)."""
    holder = resource if kind is None else home(kind, resource, attr)
    value = holder.get(attr.name) if isinstance(holder, dict) else None
    found = value if isinstance(value, list) else [value]
    return [item for item in found if assigned(item)]


def put(kind, resource, attr, value):
    """Sets a top-level attribute; None removes it."""
    holder = resource
    if attr.schema in kind.extensions:
        holder = resource.setdefault(attr.schema.urn, {})
    if value is None:
        holder.pop(attr.name, None)
    else:
        holder[attr.name] = value
    if attr.schema in kind.extensions and not holder:
        del resource[attr.schema.urn]


def ordered(kind, resource):
    """The resource with its members in the order of the schemas."""
    def arrange(attributes, source):
        out = {}
        for attr in attributes:
            if attr.name not in source:
                continue
            value = source[attr.name]
            if attr.subs and isinstance(value, list):
                value = [arrange(attr.subs, item) for item in value]
            elif attr.subs:
                value = arrange(attr.subs, value)
            out[attr.name] = value
        return out

    out = arrange(kind.common.attributes + kind.base.attributes, resource)
    for extension in kind.extensions:
        if resource.get(extension.urn):
            out[extension.urn] = arrange(extension.attributes,
                                         resource[extension.urn])
    return out


# --- what a client sends, made canonical --------------------------------------


def nothing(value):
    """How clients say that there is no value."""
    return value is None or value == [] or (isinstance(value, str)
                                            and value == '')


def alone(value):
    """A list of one is what is in it."""
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def inside(attr, value):
    """{"emails": x}, in a list of one or not, is x for "emails", unless the
    object has a part of the attribute."""
    held = alone(value)
    if not isinstance(held, dict) or any(
            attr.sub(name) for name in held) or (
            attr.type != 'complex' and 'value' in map(str.lower, held)):
        return value
    for name in held:
        if name.lower() == attr.name.lower():
            return held[name]
    return value


def absorb(value, other):
    """What an equal value has more, and that it is the primary one."""
    for name in other if isinstance(value, dict) else ():
        if name not in value or (name == 'primary' and other[name] is True):
            value[name] = other[name]


def is_member(attr):
    return attr.name == 'members' and attr.schema.urn.endswith(':Group')


def canonical(attr, value):
    """The value that an attribute gets; None for an unassigned one."""
    value = inside(attr, value)
    if not attr.multi:
        return one(attr, alone(value))
    if value is None:
        return None
    out = []
    for item in value if isinstance(value, list) else [value]:
        item = one(attr, item)
        if is_member(attr) and 'value' not in (item or {}):
            raise ScimError('invalidValue', why='a member without an id')
        if item is None:
            continue
        twin = next((x for x in out if same(attr, item, x)), None)
        if twin is None:
            out.append(item)
        else:
            absorb(twin, item)
    if sum(is_primary(item) for item in out) > 1:
        raise ScimError('invalidValue', why='primary values of ' + attr.name)
    return out or None


def one(attr, value):
    """One value of an attribute."""
    if nothing(value):
        return None
    if attr.type == 'complex':
        return complex_value(attr, value)
    return simple_value(attr, value)


def complex_value(attr, value):
    if isinstance(value, list):
        raise ScimError('invalidValue', why=attr.name)
    if not isinstance(value, dict):
        main = attr.sub('value')
        if main is None:
            raise ScimError('invalidValue', why=attr.name)
        value = {'value': value}
    out, cleared, known = {}, False, not value
    for name, given in value.items():
        sub = attr.sub(name)
        if sub is None or sub.mutability == 'readOnly':
            known |= sub is not None and not attr.multi
            continue
        known = True
        given = canonical(sub, given)
        if given is not None:
            out[sub.name] = given
        elif sub.name == 'value':
            cleared = True
    if not known and (attr.multi or attr.sub('value')):
        raise ScimError('invalidValue', why='nothing known of ' + attr.name)
    return None if cleared or not out else out


def simple_value(attr, value):
    bad = ScimError('invalidValue', why=attr.name)
    if isinstance(value, dict):
        inner = [v for k, v in value.items() if k.lower() == 'value']
        if not inner:
            raise bad
        value = inner[0]
        if nothing(value):
            return None
    if attr.type == 'boolean':
        if isinstance(value, str) and value.lower() in ('true', 'false'):
            return value.lower() == 'true'
        if not isinstance(value, bool):
            raise bad
    elif attr.type == 'integer':
        if isinstance(value, str) and INTEGER.fullmatch(value):
            return int(value)
        if not is_number(value) or value != int(value):
            raise bad
        return int(value)
    elif attr.type == 'decimal':
        if isinstance(value, str) and (DECIMAL.fullmatch(value)
                                       or NUMBER.fullmatch(value)):
            return Decimal(value)
        if not is_number(value):
            raise bad
    else:
        if is_number(value) and attr.type == 'string' and not (
                attr.parent and is_member(attr.parent)):
            return digits(value)
        if not isinstance(value, str):
            raise bad
        if attr.type == 'dateTime' and instant(value) is None:
            raise bad
        if attr.type == 'binary' and not is_base64(value):
            raise bad
    return value


def digits(number):
    """A number as the text that it is in JSON."""
    if isinstance(number, int):
        return str(number)
    text = '%.15g' % float(number)
    return text if float(text) == float(number) else '%.17g' % float(number)


def is_primary(value):
    return isinstance(value, dict) and value.get('primary') is True


def typed(value):
    """A value in a form in which 1 is not true, and 1.0 is 1."""
    if is_number(value):
        return ('number', Decimal(value))
    if isinstance(value, list):
        return ('list', [typed(item) for item in value])
    if isinstance(value, dict):
        return ('object', {name: typed(item) for name, item in value.items()})
    return (type(value).__name__, value)


def same(attr, left, right):
    """Are two values of a multi-valued attribute the same one? RFC 7643,
    section 2.4: by value and type."""
    if isinstance(left, dict) and ('value' in left or 'value' in right):
        return all(typed(left.get(name)) == typed(right.get(name))
                   for name in ('value', 'type'))
    return typed(left) == typed(right)


def means(attr, given, value):
    """Does a value that is to be removed mean this one? By "value", and by
    "type" where it is given; without "value" by all that is given."""
    if attr.type != 'complex':
        return key(attr, given) == key(attr, value)
    names = list(given)
    if 'value' in given:
        names = [name for name in ('value', 'type') if name in given]
    return all(name in value
               and means(attr.sub(name), given[name], value[name])
               for name in names)
