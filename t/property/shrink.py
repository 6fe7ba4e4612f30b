"""Makes a case small, as long as the two still disagree about it."""

import re

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\]]|[^\s()\[\]"]+|\s+|"')


ATTEMPTS = 1500


def shrink(case, differs):
    """The case with as much left out as can be, within bounds."""
    smaller, left = True, ATTEMPTS
    while smaller:
        smaller = False
        for candidate in candidates(case):
            left -= 1
            if left < 0:
                return case
            if differs(candidate):
                case, smaller = candidate, True
                break
    return case


def candidates(case):
    """Cases with a part less."""
    for name in ('resource', 'members', 'patch'):
        if name in case:
            for less in without(case[name]):
                yield {**case, name: less}
    if 'filter' in case:
        tokens = TOKEN.findall(case['filter'])
        for width in (8, 4, 3, 2, 1):
            for at in range(0, len(tokens) - width + 1):
                yield {**case,
                       'filter': ''.join(tokens[:at] + tokens[at + width:])}


def without(value):
    """The value with one member or item less, at any depth."""
    if isinstance(value, dict):
        for name in value:
            yield {n: v for n, v in value.items() if n != name}
        for name in value:
            for less in without(value[name]):
                yield {**value, name: less}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield value[:at] + value[at + 1:]
        for at, item in enumerate(value):
            for less in without(item):
                yield value[:at] + [less] + value[at + 1:]
