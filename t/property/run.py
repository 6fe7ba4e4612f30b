#!/usr/bin/env python3
"""Compares the protocol library with the reference on random cases.

Prints TAP. Each case is made from the seed, its kind and its number alone, so
that it can be made again: run.py --seed SEED --only filter:NUMBER.
"""

import argparse
import collections
import copy
import json
import os
import random
import subprocess
import sys
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import effects          # noqa: E402
import generate         # noqa: E402
import model            # noqa: E402
import reference        # noqa: E402
import shrink           # noqa: E402

DRIVER = os.path.join(model.TOP, 'build/t/property/driver')
BATCH = 2000
FEW = 1000              # cases of which the shares say nothing
SHOWN = 3               # failures that are told of each kind

TYPES = model.load_types()


def make(seed, kind, number):
    generator = generate.Generator(TYPES, '%s:%s:%d' % (seed, kind, number))
    return getattr(generator, kind + '_case')()


def ask(lines):
    """The answers of the library to cases, a line each."""
    run = subprocess.run([DRIVER] + model.FILES, input='\n'.join(lines) + '\n',
                         capture_output=True, text=True, check=False)
    answers = run.stdout.splitlines()
    if run.returncode != 0 or len(answers) != len(lines):
        raise Crash(lines[len(answers)], run.stderr)
    return [json.loads(line, parse_float=Decimal) for line in answers]


class Crash(Exception):
    """The driver has ended in the middle of a case."""


def expect(line):
    return reference.answer(TYPES, json.loads(line, parse_float=Decimal))


def agree(theirs, ours):
    if 'error' in theirs and 'error' in ours:
        return theirs['error'] in ours['error']
    return comparable(theirs) == comparable(ours)


def comparable(answer):
    """With the order of members, and numbers by what they mean."""
    answer = dict(answer)
    answer['members'] = sorted(answer.get('members') or [])
    return json.dumps(answer, default=str) if 'doc' not in answer else (
        answer['members'], pairs(answer['doc']))


def pairs(value):
    if isinstance(value, dict):
        return [(name, pairs(item)) for name, item in value.items()]
    if isinstance(value, list):
        return [pairs(item) for item in value]
    return model.typed(value)


def differs(case):
    if 'patch' in case and not reference.is_stored(TYPES, case):
        return False
    line = json.dumps(case)
    try:
        return not agree(ask([line])[0], expect(line))
    except Crash:
        return True


# --- what the cases come to ---------------------------------------------------


def outcome(case, answer):
    if 'error' in answer:
        return answer['error']
    if 'match' in answer:
        return 'match' if answer['match'] else 'no match'
    before = sorted(item['value'] for item in case['members'])
    same = (sorted(answer['members']) == before
            and pairs(answer['doc']) == pairs(case['resource']))
    return 'no change' if same else 'change'


def run(kind, seed, numbers):
    """Runs cases; returns how often each outcome was, what disagrees, and of
    successes those that are none."""
    outcomes, failures, hollow = collections.Counter(), [], []
    numbers = list(numbers)
    for start in range(0, len(numbers), BATCH):
        batch = numbers[start:start + BATCH]
        cases = [make(seed, kind, number) for number in batch]
        lines = [json.dumps(case) for case in cases]
        for number, case, line, theirs in zip(batch, cases, lines, ask(lines)):
            outcomes[outcome(json.loads(line, parse_float=Decimal),
                             theirs)] += 1
            if not agree(theirs, expect(line)):
                failures.append((number, case))
            if kind == 'patch' and 'doc' in theirs:
                why = effects.missing(TYPES[case['type']], json.loads(
                    line, parse_float=Decimal), theirs)
                if why:
                    hollow.append((number, case, why))
        if kind == 'patch':
            hollow += spoiled(seed, batch, cases, lines)
    return outcomes, failures, hollow


def spoiled(seed, numbers, cases, lines):
    """What comes of cases with unknown parts in them: the same, or a refusal."""
    changed = []
    worse = [effects.spoiled(case, random.Random('%s:%d' % (seed, number)))
             for number, case in zip(numbers, cases)]
    for number, case, before, after in zip(
            numbers, worse, ask(lines), ask([json.dumps(x) for x in worse])):
        if 'doc' in before and 'doc' in after \
                and comparable(before) != comparable(after):
            changed.append((number, case, 'an unknown part has changed it'))
    return changed


def tell(kind, seed, number, case):
    small = shrink.shrink(copy.deepcopy(case), differs)
    line = json.dumps(small)
    try:
        theirs = ask([line])[0]
    except Crash as crash:
        theirs = str(crash)
    print('# seed %s, %s %d, made small:' % (seed, kind, number))
    print('#   type      %s' % small['type'])
    for name in ('resource', 'filter', 'members', 'patch'):
        if name in small:
            print('#   %-9s %s' % (name, json.dumps(small[name])))
    print('#   library   %s' % json.dumps(theirs, default=str))
    print('#   reference %s' % json.dumps(expect(line), default=str))


# --- results ------------------------------------------------------------------

# of all cases of a kind, the least and the greatest share of an outcome
SHARES = {
    'filter': {'match': (0.2, 0.7), 'no match': (0.2, 0.7),
               'invalidFilter': (0.03, 0.3)},
    'patch': {'change': (0.3, 0.8), 'no change': (0.05, 0.5),
              'invalidSyntax': (0.005, 0.2), 'invalidPath': (0.005, 0.2),
              'invalidValue': (0.02, 0.3), 'mutability': (0.02, 0.3),
              'noTarget': (0.01, 0.2)},
}


def result(passed, number, name):
    print('%sok %d - %s' % ('' if passed else 'not ', number, name))
    return passed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--cases', type=int, default=10000)
    parser.add_argument('--seed', default='1')
    parser.add_argument('--only', help='KIND:NUMBER')
    options = parser.parse_args()
    if options.only:
        kind, number = options.only.split(':')
        case = make(options.seed, kind, int(number))
        print(json.dumps(case))
        tell(kind, options.seed, int(number), case)
        return 0
    print('# seed %s' % options.seed)
    good, number = True, 0
    for kind in ('filter', 'patch'):
        outcomes, failures, hollow = run(kind, options.seed,
                                         range(options.cases))
        number += 1
        good &= result(not failures, number, '%d of %d: library and reference '
                       'agree (%s)' % (options.cases - len(failures),
                                       options.cases, kind))
        for failure in failures[:SHOWN]:
            tell(kind, options.seed, *failure)
        if kind == 'patch':
            number += 1
            good &= result(not hollow, number, 'patch: what is answered with '
                           'success is done, what is unknown changes nothing')
        for at, case, why in hollow[:SHOWN]:
            print('# seed %s, patch %d: %s' % (options.seed, at, why))
            print('#   %s' % json.dumps(case))
            print('#   library   %s' % json.dumps(ask([json.dumps(case)])[0],
                                                  default=str))
        for name, (least, most) in SHARES[kind].items():
            number += 1
            share = outcomes[name] / options.cases
            good &= result(least <= share <= most or options.cases < FEW,
                           number,
                           '%s: %.1f %% %s' % (kind, 100 * share, name))
        for name in sorted(set(outcomes) - set(SHARES[kind])):
            print('# %s: %d %s' % (kind, outcomes[name], name))
    print('1..%d' % number)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
