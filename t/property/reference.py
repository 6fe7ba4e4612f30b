"""What the answer to a case should be; the cases are those of driver.c."""

import filters
import patches
from model import ScimError, assigned, ordered, same


def answer(types, case):
    """{"match": true}, {"doc": {...}, "members": [...]} or, where it is an
    error, {"error": [...]} with all scimTypes that would do."""
    kind = types[case['type']]
    try:
        if 'filter' in case:
            found = filters.parse_filter(kind, case['filter'])
            return {'match': filters.matches(kind, found, case['resource'])}
        doc, members = patches.patch(kind, case['resource'], case['patch'],
                                     case['members'])
        return {'doc': ordered(kind, doc), 'members': members}
    except ScimError as error:
        return {'error': sorted(error.kinds)}
    except patches.Refused as refused:
        return {'error': sorted(refused.kinds)}


def is_stored(types, case):
    """Can the resource of a case stand in the store: is all assigned, what is
    required there, and nothing twice?"""
    kind = types[case['type']]
    parts = [case['resource']]
    for part in parts:
        if not assigned(part):
            return False
        if isinstance(part, dict):
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
    for attr in kind.base.attributes:
        items = case['resource'].get(attr.name)
        if isinstance(items, list) and any(
                same(attr, item, other) for at, item in enumerate(items)
                for other in items[:at]):
            return False
    try:
        patches.finish(kind, dict(case['resource']))
    except ScimError:
        return False
    return 'id' in case['resource'] and all('value' in member
                                            for member in case['members'])
