"""PATCH: RFC 7644, section 3.5.2, and the choices of docs/conformance.md."""

import copy
import re

from filters import Parser, matches
from model import (ScimError, Unknown, absorb, alone, assigned, canonical,
                   home, inside, is_member, is_primary, means, named, nothing,
                   one, put, same, typed, values)

PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

BLANK = re.compile(r'[ \t]*')
NAME = re.compile(r'[^\s\[\]"]+')
ENDS = re.compile(r'(\[.*\](\.[A-Za-z0-9$_-]+)?)?[ \t]*', re.S)
ATTRIBUTE = re.compile(r'\$?[A-Za-z][A-Za-z0-9_-]*(\.\$?[A-Za-z][\w-]*)?')


class Refused(Exception):
    """The scimTypes that fit what is wrong with a PATCH: where several things
    are, the RFC does not say which of them is told."""

    def __init__(self, kinds):
        super().__init__(', '.join(sorted(kinds)))
        self.kinds = kinds


class Path:
    """Figure 7: schema alone is an extension; all None is the resource."""

    def __init__(self, schema=None, attr=None, filter=None, sub=None):
        self.schema = schema
        self.attr = attr
        self.filter = filter
        self.sub = sub


class Operation:
    def __init__(self, op, path, value, given, bare=False, whole=False):
        self.whole = whole      # of an extension that goes
        self.op = op
        self.path = path
        self.value = value
        self.given = given      # Returns whether there is a value.
        self.bare = bare        # from an object without a path


# --- reading ------------------------------------------------------------------


def member(item, name, default=None):
    for key in item:
        if key.lower() == name:
            return item[key]
    return default


def has(item, name):
    return any(key.lower() == name for key in item)


def parse_path(kind, text):
    bad = ScimError('invalidPath', why=text)
    text = text.strip(' \t')
    head = NAME.match(text)
    if not head:
        raise bad
    head, rest = head[0], text[head.end():]
    try:
        schema, attr, sub = kind.resolve(head)
    except Unknown:
        if (ATTRIBUTE.fullmatch(head[head.rfind(':') + 1:])
                and ENDS.fullmatch(rest)):
            raise
        raise bad
    if rest[:1] != '[':
        if rest:
            raise bad
        if schema is kind.base:
            schema = None
        return Path(schema, attr, None, sub)
    if schema or sub or attr.type != 'complex':
        raise bad
    parser = Parser(kind, text, attr, len(head) + 1, 'invalidPath')
    found = parser.disjunction()
    parser.blank()
    rest = text[parser.at:]
    if rest[:1] != ']':
        raise bad
    if is_member(attr) and not set(names_of(found)) <= {'value', 'type'}:
        raise bad
    rest = rest[1:]
    if rest[:1] == '.':
        if not ATTRIBUTE.fullmatch(rest[1:]) or '.' in rest[1:]:
            raise bad
        sub = attr.sub(rest[1:])
        if sub is None:
            raise Unknown(text)
    elif rest.strip(' \t'):
        raise bad
    return Path(None, attr, found, sub)


def names_of(node):
    """The attributes that a filter on the parts of a value is about."""
    if node[0] == 'term':
        return [node[1][0].name]
    return [name for part in node[1:] if isinstance(part, tuple)
            for name in names_of(part)]


def read_body(body):
    if not isinstance(body, dict):
        raise ScimError('invalidSyntax')
    schemas = member(body, 'schemas')
    if isinstance(schemas, str):
        schemas = [schemas]
    if assigned(schemas) and not (isinstance(schemas, list) and any(
            isinstance(urn, str) and urn.lower() == PATCH_OP.lower()
            for urn in schemas)):
        raise ScimError('invalidValue', why='schemas')
    operations = member(body, 'operations')
    if not isinstance(operations, list):
        raise ScimError('invalidSyntax', why='Operations')
    return operations


def read_operation(kind, item):
    """One operation as a list of those that it comes to."""
    op = member(item, 'op') if isinstance(item, dict) else None
    if not isinstance(op, str) or op.lower() not in ('add', 'replace',
                                                     'remove'):
        raise ScimError('invalidSyntax', why='op')
    op = op.lower()
    given = has(item, 'value')
    value = member(item, 'value')
    path = Path()
    if assigned(member(item, 'path')):
        if not isinstance(member(item, 'path'), str):
            raise ScimError('invalidPath', why='path')
        try:
            path = parse_path(kind, member(item, 'path'))
        except Unknown:
            return []
        except ScimError as error:
            if op != 'remove' and not given:
                error.kinds.add('invalidValue')
            raise
    if op != 'remove' and not given:
        raise ScimError('invalidValue', why='value')
    if path.attr is None and path.schema is None:
        return read_object(kind, op, value)
    if path.schema:
        return read_extension(kind, op, path.schema, value)
    if op == 'remove' and value is None:
        given = False
    return [Operation(op, path, value, given)]


def read_object(kind, op, value):
    """What has no path, or that of the base schema: its keys are paths."""
    if op == 'remove':
        raise ScimError('noTarget', why='path')
    value = alone(value)
    if not isinstance(value, dict):
        raise ScimError('invalidValue', why='value')
    return [found for name in value
            for found in read_key(kind, op, name, value[name])]


def read_extension(kind, op, schema, value):
    """All attributes of an extension, or those that are given."""
    if nothing(value):
        return [Operation('remove', Path(None, attr), None, False, True, True)
                for attr in schema.attributes if not read_only(attr)]
    value = alone(value)
    if not isinstance(value, dict) or (op == 'remove' and not value):
        raise ScimError('invalidValue', why=schema.urn)
    out = []
    for name, item in value.items():
        attr = named(schema.attributes, name)
        if name.lower() == schema.urn.lower():
            out += read_extension(kind, op, schema, item)
        elif attr is None:
            out += read_key(kind, op, schema.urn + ':' + name, item)
        elif not read_only(attr):
            given = op != 'remove' or item is not None
            out.append(Operation(op, Path(None, attr), item, given, True))
    return out


def read_key(kind, op, name, value):
    """A key of an object without a path: a path of its own."""
    try:
        path = parse_path(kind, name)
    except Unknown:
        return []
    if path.attr is None and path.schema is None:
        return read_object(kind, op, value)
    if path.schema:
        return read_extension(kind, op, path.schema, value)
    given = op != 'remove' or value is not None
    return [Operation(op, path, value, given, True)]


# --- applying -----------------------------------------------------------------


def read_only(attr):
    return attr.mutability == 'readOnly'


class Patcher:
    """A document and a membership that operations change."""

    def __init__(self, kind, resource, members):
        self.kind = kind
        self.doc = copy.deepcopy(resource)
        self.before = {item['value']: item for item in members}
        self.members = dict(self.before)

    def apply(self, operation):
        path = operation.path
        if path.attr.name == 'schemas' or path.attr.mutability == 'writeOnly':
            return              # the server's own, and what is dropped
        for attr in (path.attr, path.sub):
            if attr and read_only(attr):
                self.untouchable(operation, attr)
                return
        if self.kind.name == 'Group' and path.attr.name == 'members':
            self.membership(operation)
        elif operation.op == 'remove':
            self.remove(operation)
        elif path.filter:
            self.filtered(operation)
        elif path.sub:
            self.sub_attribute(operation)
        else:
            self.attribute(operation.op, path.attr, operation.value)

    def untouchable(self, operation, attr):
        """readOnly: ignored without a path, or with the value it has."""
        if operation.bare:
            return
        now = self.get(operation.path.attr)
        if operation.op != 'remove' and operation.path.filter is None:
            if operation.path.sub:
                now = (now or {}).get(attr.name)
            if now is not None and typed(now) == typed(operation.value):
                return
        raise ScimError('mutability', why=attr.name)

    # helpers

    def get(self, attr):
        return home(self.kind, self.doc, attr).get(attr.name)

    def set(self, attr, value):
        """Sets a whole attribute; nothing is left of an empty one."""
        now = self.get(attr)
        if not assigned(value):
            value = None
        if (attr.mutability == 'immutable' and now is not None
                and typed(now) != typed(value)):
            raise ScimError('mutability', why=attr.name)
        if (attr.name == 'active' and attr.schema.urn.endswith(':core:2.0:User')
                and now is False and value is None):
            raise ScimError('mutability', why=attr.name)
        put(self.kind, self.doc, attr, value)

    def set_values(self, attr, items, newest=None, changed=False):
        """Values of a multi-valued attribute: no doubles, and one primary,
        which is the newest; of values that were changed it is so before they
        are compared."""
        out = []
        if changed and newest is not None and is_primary(newest):
            for item in items:
                if is_primary(item) and not same(attr, item, newest):
                    item['primary'] = False
        for item in items:
            twin = next((x for x in out if same(attr, item, x)), None)
            if not assigned(item):
                continue
            if twin is None:
                out.append(item)
                continue
            absorb(twin, item)
            if item is newest:
                newest = twin
        if newest is not None and is_primary(newest):
            for item in out:
                if item is not newest and is_primary(item):
                    item['primary'] = False
            # without "value" this can make two of them the same
            out = [item for n, item in enumerate(out)
                   if not any(same(attr, item, x) for x in out[:n])]
        self.set(attr, out or None)

    def set_sub(self, value, sub, given):
        """Sets a sub-attribute of a complex value; None clears it."""
        now = value.get(sub.name)
        if given is None:
            if sub.required and now is not None:
                raise ScimError('mutability', why=sub.name)
            value.pop(sub.name, None)
            if sub.name == 'value':
                value.clear()
            return
        if (sub.mutability == 'immutable' and now is not None
                and typed(now) != typed(given)):
            raise ScimError('mutability', why=sub.name)
        if (sub.name == 'value' and now is not None
                and typed(now) != typed(given)):
            value.pop('$ref', None)
        value[sub.name] = given

    def merge(self, attr, value, given):
        """Puts what a client gives of a complex value into one."""
        if not isinstance(given, dict):
            given = one(attr, given)
        parts = []
        for name in given:
            sub = attr.sub(name)
            if sub is not None and not read_only(sub):
                parts.append((sub, canonical(sub, given[name])))
        parts.sort(key=lambda part: part[0].name != 'value')
        for sub, part in parts:
            self.set_sub(value, sub, part)
            if sub.name == 'value' and part is None:
                return

    # add and replace

    def attribute(self, op, attr, given):
        if attr.multi:
            new = canonical(attr, given)
            if op == 'replace':
                self.set(attr, new)
                return
            self.append(attr, new or [])
        elif attr.type == 'complex':
            new = canonical(attr, given)
            given = alone(inside(attr, given))
            if not isinstance(given, dict):
                given = new
            if self.get(attr) is None or given is None:
                self.set(attr, new)
                return
            value = copy.deepcopy(self.get(attr))
            self.merge(attr, value, given)
            self.set(attr, value)
        else:
            self.set(attr, canonical(attr, given))

    def append(self, attr, new):
        items = copy.deepcopy(self.get(attr) or [])
        newest = None
        for item in new:
            twin = next((x for x in items if same(attr, item, x)), None)
            if twin is None:
                items.append(item)
                twin = item
            elif isinstance(twin, dict):
                twin.update(item)
            if is_primary(item):
                newest = twin
        self.set_values(attr, items, newest)

    def sub_attribute(self, operation):
        attr, sub = operation.path.attr, operation.path.sub
        given = canonical(sub, operation.value)
        if not attr.multi:
            value = copy.deepcopy(self.get(attr) or {})
            self.set_sub(value, sub, given)
            self.set(attr, value)
            return
        items = copy.deepcopy(self.get(attr) or [])
        if not items and given is not None:
            items = [{}]
        for item in items:
            self.set_sub(item, sub, given)
        self.set_values(attr, items, items[-1] if items else None, True)

    def filtered(self, operation):
        path = operation.path
        attr, sub = path.attr, path.sub
        items = copy.deepcopy(values(self.kind, self.doc, attr))
        hits = [item for item in items if matches(None, path.filter, item)]
        template = template_of(path.filter)
        if not hits:
            self.create(operation, template)
            return
        given = canonical(sub, operation.value) if sub else None
        newest = None
        for hit in hits:
            if sub:
                self.set_sub(hit, sub, given)
            elif operation.op == 'add' or not attr.multi:
                self.add_to(attr, hit, operation.value)
            else:
                self.take_place(attr, hit, facts_of(path.filter),
                                operation.value)
            if is_primary(hit):
                newest = hit
        if attr.multi:
            self.set_values(attr, items, newest, True)
        else:
            self.set(attr, items[0])

    def add_to(self, attr, hit, given):
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        new = one(attr, given)
        if not isinstance(given, dict):
            given = new
        if given is None:
            hit.clear()
        else:
            self.merge(attr, hit, given)

    def take_place(self, attr, hit, facts, given):
        """The value instead of the one that matched, with what the filter
        says of it."""
        given = single(attr, given)
        hit.clear()
        if given is None:
            return
        for name, value in facts.items():
            if value != '' and not read_only(attr.sub(name)):
                given.setdefault(name, canonical(attr.sub(name), value))
        hit.update(given)

    def create(self, operation, template):
        """A value that is as the filter says."""
        attr, sub = operation.path.attr, operation.path.sub
        if sub:
            given = canonical(sub, operation.value)
            given = None if given is None else {sub.name: given}
        else:
            given = single(attr, operation.value)
        if given is None:
            return              # there is nothing to be cleared
        if template is None:
            kinds = ['noTarget']
            for name, text in facts_of(operation.path.filter).items():
                kinds += wrong(attr, attr.sub(name), text)
            raise ScimError(*kinds, why=attr.name)
        value = dict(given)
        for name, text in template.items():
            if name not in given and text != '' \
                    and not read_only(attr.sub(name)):
                value[name] = canonical(attr.sub(name), text)
        if attr.multi:
            self.append(attr, [value])
        else:
            now = copy.deepcopy(self.get(attr) or {})
            self.merge(attr, now, value)
            self.set(attr, now)

    # remove

    def remove(self, operation):
        path = operation.path
        attr, sub = path.attr, path.sub
        if attr.required and not (sub or path.filter or operation.given
                                  or operation.whole):
            raise ScimError('mutability', why=attr.name)
        if sub and operation.given:
            canonical(sub, operation.value)
        if path.filter:
            self.remove_filtered(operation)
        elif sub:
            self.remove_sub(operation)
        elif not operation.given:
            self.set(attr, None)
        else:
            self.remove_named(attr, operation.value)

    def remove_named(self, attr, given):
        """Only what the value names."""
        empty = given == []
        given = canonical(attr, given)
        if given is None and attr.multi:
            if not empty:
                raise ScimError('invalidValue', why='nothing is named')
            return
        if given is None:
            if attr.required and self.get(attr) is not None:
                raise ScimError('mutability', why=attr.name)
            self.set(attr, None)
            return
        found = given if attr.multi else [given]
        items = values(self.kind, self.doc, attr)
        left = [item for item in items
                if not any(means(attr, name, item) for name in found)]
        if not attr.multi:
            # a single value is removed only if equal
            left = [item for item in items
                    if not any(means(attr, name, item)
                               and means(attr, item, name)
                               for name in found)]
        if len(left) < len(items):
            if attr.required and not left:
                raise ScimError('mutability', why=attr.name)
            self.set(attr, left)

    def remove_sub(self, operation):
        attr, sub = operation.path.attr, operation.path.sub
        items = copy.deepcopy(values(self.kind, self.doc, attr))
        for item in items:
            self.remove_part(operation, item)
        if attr.multi:
            self.set_values(attr, items)
        elif items:
            self.set(attr, items[0])

    def remove_part(self, operation, item):
        sub = operation.path.sub
        given = None
        if operation.given:
            given = canonical(sub, operation.value)
        if sub.name not in item:
            return
        if given is not None and not means(sub, given, item[sub.name]):
            return
        self.set_sub(item, sub, None)

    def remove_filtered(self, operation):
        path = operation.path
        attr = path.attr
        items = copy.deepcopy(values(self.kind, self.doc, attr))
        for item in items:
            if matches(None, path.filter, item):
                if path.sub:
                    self.remove_part(operation, item)
                else:
                    item.clear()
        if attr.multi:
            self.set_values(attr, items)
        elif items:
            self.set(attr, items[0])

    # the members of a group

    def membership(self, operation):
        path, op = operation.path, operation.op
        if path.sub:
            raise ScimError('mutability', why=path.sub.name)
        if path.filter:
            self.filtered_members(operation)
        elif op == 'remove' and not operation.given:
            self.members = {}
        elif op == 'remove':
            for item in canonical(path.attr, operation.value) or []:
                self.members.pop(item['value'], None)
        else:
            new = canonical(path.attr, operation.value) or []
            if op == 'replace':
                self.members = {}
            self.join(new)

    def join(self, new):
        """Of those who join nothing is known but the id."""
        for name in (item['value'] for item in new):
            self.members[name] = self.before.get(name, {'value': name})

    def filtered_members(self, operation):
        """A member is added or replaced only by its id, for which the value
        may have another."""
        attr, node = operation.path.attr, operation.path.filter
        for name in [name for name, item in self.members.items()
                     if (name in ids_of(node) if ids_of(node)
                         else matches(None, node, item))]:
            if operation.op != 'add':
                del self.members[name]
        if operation.op == 'remove':
            return
        template = template_of(node)
        if node[0] != 'term' or not template or 'value' not in template:
            raise ScimError('noTarget', *wrong(attr, None, operation.value),
                            why='members')
        value = single(attr, operation.value)
        if value is not None or operation.op == 'add':
            self.members.pop(template['value'], None)
            self.join([{**template, **(value or {})}])


def ids_of(node):
    """The ids that "value eq" and "or" name, to be taken as they are."""
    if node[0] == 'or':
        left, right = ids_of(node[1]), ids_of(node[2])
        return left + right if left and right else []
    if node[0] == 'term' and node[1][0].name == 'value' and node[2] == 'eq' \
            and node[3] is not None:
        return [node[4]]
    return []


def wrong(attr, sub, given):
    """What is wrong with a value beside its having no target."""
    try:
        if sub:
            canonical(sub, given)
        else:
            single(attr, given)
    except ScimError as error:
        return error.kinds
    return ()


def single(attr, given):
    """One value, for which a list of one may stand."""
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    return one(attr, given)


def template_of(node):
    """What a filter of "eq" and "and" says of a value; None for another."""
    if node[0] == 'and':
        left, right = template_of(node[1]), template_of(node[2])
        if left is None or right is None:
            return None
        return both(left, right)
    if node[0] == 'term' and node[2] == 'eq' and node[3] is not None:
        return {node[1][0].name: node[4]}
    return None


def both(left, right):
    """The left one comes first, but says nothing by an empty text."""
    return {**right, **{name: text for name, text in left.items()
                        if text != '' or name not in right}}


def facts_of(node):
    """What must be so where the filter matches: "eq" terms, "and" between."""
    if node[0] == 'and':
        return both(facts_of(node[1]), facts_of(node[2]))
    return template_of(node) or {}


# --- a whole PATCH ------------------------------------------------------------


def finish(kind, doc):
    """"schemas", and what is required (RFC 7644, section 3.3)."""
    doc['schemas'] = [kind.base.urn] + [
        schema.urn for schema in kind.extensions if doc.get(schema.urn)]
    for schema in [kind.base] + kind.extensions:
        holder = doc if schema is kind.base else doc.get(schema.urn)
        if holder is None:
            continue
        for attr in schema.attributes:
            check_required(kind, attr, holder.get(attr.name))
    return doc


def check_required(kind, attr, value):
    if attr.required and not assigned(value):
        raise ScimError('invalidValue', why=attr.name + ' is required')
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            for sub in attr.subs:
                check_required(kind, sub, item.get(sub.name))


def patch(kind, resource, body, members):
    """The document and the ids of the members afterwards, or Refused."""
    try:
        items = read_body(body)
    except ScimError as error:
        raise Refused(error.kinds)
    kinds, operations = set(), []
    for item in items:
        try:
            operations.append(read_operation(kind, item))
        except ScimError as error:
            kinds |= error.kinds
    patcher = Patcher(kind, resource, members)
    try:
        for found in operations:
            for operation in found:
                patcher.apply(operation)
        finish(kind, patcher.doc)
    except ScimError as error:
        kinds |= error.kinds
    if kinds:
        raise Refused(kinds)
    return patcher.doc, sorted(patcher.members)
