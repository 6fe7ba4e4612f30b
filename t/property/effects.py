"""What must hold of every PATCH that is a success, whatever it was made of.

An answer that says that something was done is held against the request itself:
of the last thing that it names the resource must be as was asked. And an unknown
part of a value changes nothing: with it the answer is the same, or a refusal.
"""

import copy

import patches
from filters import matches
from model import alone, canonical, inside, means, typed, values


def missing(kind, case, answer):
    """What the last operation has asked for and the answer has not; None if
    it has all."""
    found = []
    for item in patches.read_body(case['patch']):
        found.extend(patches.read_operation(kind, item))
    found = [operation for operation in found if is_known(operation)]
    if not found:
        same = (typed(answer['doc']) == typed(case['resource'])
                and sorted(answer['members']) == sorted(
                    item['value'] for item in case['members']))
        return None if same else 'nothing that is known is named'
    last = found[-1]
    attr, doc = last.path.attr, answer['doc']
    if patches.is_member(attr):
        return missing_members(last, answer['members'])
    now = values(kind, doc, attr)
    if last.path.filter is not None and last.path.sub is None:
        return missing_filtered(last, now)
    if last.path.sub is not None:
        return missing_part(last, now)
    if last.op == 'remove':
        return missing_removal(last, now)
    return missing_whole(last, now)


def is_known(operation):
    """Is it on something that a client may write?"""
    path = operation.path
    return (path.attr.name != 'schemas'
            and path.attr.mutability != 'writeOnly'
            and not patches.read_only(path.attr)
            and not (path.sub and patches.read_only(path.sub)))


def missing_members(last, members):
    path = last.path
    if path.filter is not None:
        if last.op == 'remove' and set(patches.ids_of(path.filter)) \
                & set(members):
            return 'a member is still there'
        return None
    if last.op == 'remove' and not last.given:
        return 'there are members' if members else None
    named = {item['value'] for item in canonical(path.attr, last.value) or []}
    if last.op == 'remove':
        return 'a member is still there' if named & set(members) else None
    if not named <= set(members):
        return 'a member has not joined'
    if last.op == 'replace' and named != set(members):
        return 'there are other members'
    return None


def missing_removal(last, now):
    attr = last.path.attr
    given = canonical(attr, last.value) if last.given else None
    if given is None:
        if attr.multi and last.given:
            return None         # an empty list of values
        return 'the attribute is still there' if now else None
    if not attr.multi:
        same = [item for item in now
                if means(attr, given, item) and means(attr, item, given)]
        return 'the value is still there' if same else None
    if any(means(attr, name, item) for name in given for item in now):
        return 'a value is still there'
    return None


def missing_whole(last, now):
    attr = last.path.attr
    given = canonical(attr, last.value)
    if attr.multi:
        if last.op == 'replace' and len(now) != len(given or []):
            return 'there are other values'
        return None if all(any(has(item, part) for item in now)
                           for part in given or []) else 'a value is not there'
    sent = alone(inside(attr, last.value))
    if attr.type == 'complex' and isinstance(sent, dict):
        return missing_parts(attr, sent, given, now)
    if given is None:
        return 'the value is still there' if now else None
    return None if now and has(now[0], given) else 'the value is not there'


def missing_parts(attr, sent, given, now):
    """Each part that is given, or none of it where it was cleared."""
    now = now[0] if now else {}
    for name in sent:
        sub = attr.sub(name)
        if sub is None or patches.read_only(sub):
            continue
        part = canonical(sub, sent[name])
        if part is None and sub.name in now:
            return sub.name + ' is still there'
        if part is not None and given is not None \
                and typed(now.get(sub.name)) != typed(part):
            return sub.name + ' is not there'
    return None


def missing_filtered(last, now):
    path = last.path
    if last.op == 'remove':
        gone = not any(matches(None, path.filter, item) for item in now)
        return None if gone else 'a value is still there'
    given = patches.single(path.attr, last.value)
    if given is None:
        return None
    return None if any(has(item, given) for item in now) \
        else 'the value is not there'


def missing_part(last, now):
    path = last.path
    sub = path.sub
    hits = [item for item in now
            if path.filter is None or matches(None, path.filter, item)]
    if last.op == 'remove':
        given = canonical(sub, last.value) if last.given else None
        for item in hits:
            if sub.name in item and (given is None or means(sub, given,
                                                            item[sub.name])):
                return 'the part is still there'
        return None
    given = canonical(sub, last.value)
    if given is None:
        return 'the part is still there' if any(sub.name in item
                                                for item in hits) else None
    return None if any(typed(item.get(sub.name)) == typed(given)
                       for item in now) else 'the part is not there'


def has(item, given):
    """Does a value have what was given? Where it is one with a value, another
    that is the same may have had its own idea of the rest."""
    if not isinstance(given, dict):
        return typed(item) == typed(given)
    names = list(given)
    if 'value' in given:
        names = [name for name in ('value', 'type') if name in given]
        if given.get('primary') is True and item.get('primary') is not True:
            return False
    return all(typed(item.get(name)) == typed(given[name]) for name in names)


# --- unknown parts ------------------------------------------------------------

UNKNOWN = {'nope': 'x', 'shoeSize': [1, None], 'x-y': {'value': '8d1c'}}


def spoiled(case, rng):
    """The case with an unknown part in each object that a value has."""
    case = copy.deepcopy(case)
    operations = case['patch'].get('Operations')
    for item in operations if isinstance(operations, list) else []:
        for name in item if isinstance(item, dict) else []:
            if name.lower() == 'value':
                item[name] = spoil(item[name], rng)
    return case


def spoil(value, rng):
    if isinstance(value, list):
        return [spoil(item, rng) for item in value]
    if not isinstance(value, dict):
        return value
    out = {name: spoil(item, rng) for name, item in value.items()}
    name = rng.choice(sorted(UNKNOWN))
    if rng.random() < 0.5:
        return {name: UNKNOWN[name], **out}
    return {**out, name: UNKNOWN[name]}
