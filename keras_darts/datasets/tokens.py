"""Tokens of texts, counted, and the choice of those that are kept."""

import collections
import numbers


def split_words(text, *, eos, end=True):
    """What stands between white space, and `eos` at the end of each line."""
    if eos is None:
        return text.split()
    if end and text and not text.endswith("\n"):
        text += "\n"
    return text.replace("\n", f" {eos} ").split()


def count(texts, split):
    """How often each token appears, in the order of first appearance."""
    counts = collections.Counter()
    for text in [texts] if isinstance(texts, str) else texts:
        counts.update(split(text))
    return counts


def choose(counts, special, max_size, min_count):
    """The tokens to keep, in the order of first appearance.

    Args:
        counts: The `collections.Counter` of `count`.
        special: Dictionary of the tokens or `None` that are `unknown`, `eos`
            and `pad`; they are kept whatever their number.
        max_size: Integer or `None`, the most tokens in all.
        min_count: Integer, how often a token must appear.
    """
    reserved = [token for token in special.values() if token is not None]
    if max_size is not None and max_size <= len(reserved):
        raise ValueError(
            f"`max_size` must be greater than {len(reserved)}, the number of "
            f"tokens with a meaning of their own. Received: {max_size}"
        )
    kept = [t for t in counts if t not in reserved and counts[t] >= min_count]
    if max_size is not None:
        kept.sort(key=counts.__getitem__, reverse=True)
        kept = kept[: max_size - len(reserved)]
    kept = {*kept, *reserved}
    if special["unknown"] is None and not kept >= set(counts):
        raise ValueError(
            "`unknown` must be given where `max_size` or `min_count` leave "
            f"tokens out. Received: unknown=None, max_size={max_size}, "
            f"min_count={min_count}, {len(counts)} tokens"
        )
    first = [special["pad"], special["unknown"]]
    if special["pad"] is None and special["unknown"] in counts:
        first = []
    order = dict.fromkeys([*first, *counts, *reserved])
    return tuple(token for token in order if token in kept)


def check_limits(max_vocabulary, min_count, reserved):
    """Refuses limits of a data set's vocabulary that leave no word."""
    least = {"max_vocabulary": reserved + 1, "min_count": 1}
    given = {"max_vocabulary": max_vocabulary, "min_count": min_count}
    for name, limit in given.items():
        if name == "max_vocabulary" and limit is None:
            continue
        if not isinstance(limit, numbers.Integral) or limit < least[name]:
            raise ValueError(
                f"`{name}` must be an integer of at least {least[name]}. "
                f"Received: {name}={limit!r}"
            )


def check(tokens, level, special):
    """Refuses tokens of which no vocabulary can be made."""
    if level not in ("word", "character"):
        raise ValueError(
            f"`level` must be 'word' or 'character'. Received: level={level!r}"
        )
    if level == "character" and special["eos"] is not None:
        raise ValueError(
            "`eos` must be None for characters, among which lines end in a "
            f"line feed. Received: eos={special['eos']!r}"
        )
    strange = [t for t in tokens if not isinstance(t, str)]
    if strange or not tokens or len(set(tokens)) != len(tokens):
        twice = [t for t, n in collections.Counter(tokens).items() if n > 1]
        raise ValueError(
            "`tokens` must be different strings, one at least. Received: "
            f"{len(tokens)} tokens, not strings {strange[:5]}, more than once "
            f"{twice[:5]}"
        )
    for name, token in special.items():
        if token is not None and token not in tokens:
            raise ValueError(
                f"`{name}` must be one of the tokens. Received: "
                f"{name}={token!r}"
            )
    _check_level(tokens, level, set(special.values()))


def _check_level(tokens, level, special):
    if level == "word":
        wrong = [token for token in tokens if token.split() != [token]]
    else:
        wrong = [t for t in tokens if len(t) != 1 and t not in special]
    if wrong:
        raise ValueError(
            f"`tokens` must each be one {level} for `level`={level!r}. "
            f"Received: {wrong[:5]}"
        )
