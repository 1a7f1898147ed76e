"""Words or characters as numbers, and back, chosen by their counts."""

from __future__ import annotations

import collections
import dataclasses
import functools
import json
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from keras_darts.utils.errors import integer
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import PathLike


def split_words(text: str, *, eos: str | None, end: bool = True) -> list[str]:
    """What stands between white space, and `eos` at the end of each line."""
    if eos is None:
        return text.split()
    if end and text and not text.endswith("\n"):
        text += "\n"
    return text.replace("\n", f" {eos} ").split()


def count(
    texts: str | Iterable[str], split: Callable[[str], Iterable[str]]
) -> collections.Counter[str]:
    """How often each token appears, in the order of first appearance."""
    counts = collections.Counter()
    for text in [texts] if isinstance(texts, str) else texts:
        counts.update(split(text))
    return counts


def choose(
    counts: Mapping[str, int],
    special: Mapping[str, str | None],
    max_size: int | None,
    min_count: int,
) -> tuple[str, ...]:
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


def check_limits(
    max_vocabulary: int | None, min_count: int, reserved: int
) -> None:
    """Refuses limits of a data set's vocabulary that leave no word."""
    least = {"max_vocabulary": reserved + 1, "min_count": 1}
    limits = {"max_vocabulary": max_vocabulary, "min_count": min_count}
    for name, limit in limits.items():
        if name == "max_vocabulary" and limit is None:
            continue
        integer(name, limit, least[name])


def check_tokens(
    tokens: Sequence[str], level: str, special: Mapping[str, str | None]
) -> None:
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


EOS = "<eos>"
UNKNOWN = "<unk>"
PAD = "<pad>"

_SCHEMA = "keras_darts/vocabulary"
_VERSION = 1
_SPECIAL = ("unknown", "eos", "pad")
_FIELDS = ("level", *_SPECIAL, "tokens")


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    r"""The tokens that a model knows; the id of each is its place.

    Args:
        tokens: Tuple of strings, all different.
        level: String, `"word"` (what stands between white space) or
            `"character"` (every character, the end of a line too). Defaults
            to `"word"`.
        unknown: String, the token in place of those that are not known.
            Defaults to `None`: such text raises a `ValueError`.
        eos: String, the token at the end of each line of words. Defaults to
            `None`: lines leave no trace.
        pad: String, the token that fills short rows. Defaults to `None`.

    Raises:
        ValueError: If the tokens are not what is asked for above.

    Example:

    >>> vocabulary = Vocabulary.of_words(["the cat saw the dog\n"])
    >>> vocabulary.encode("the dog saw\nthe cat")
    array([0, 3, 2, 4, 0, 1, 4], dtype=int32)
    >>> vocabulary.decode([0, 1, 4, 0, 3])
    'the cat\nthe dog'
    """

    tokens: Sequence[str] = dataclasses.field(repr=False)
    level: str = "word"
    unknown: str | None = None
    eos: str | None = None
    pad: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", tuple(self.tokens))
        special = {name: getattr(self, name) for name in _SPECIAL}
        check_tokens(self.tokens, self.level, special)

    @classmethod
    def of_words(
        cls,
        texts: str | Iterable[str],
        *,
        eos: str | None = EOS,
        unknown: str | None = None,
        pad: str | None = None,
        max_size: int | None = None,
        min_count: int = 1,
    ) -> Vocabulary:
        """The words of texts, numbered as they first appear.

        A vocabulary with padding begins with `pad` and `unknown`. Without it,
        an unknown token that the texts hold keeps its place among the words;
        one that they don't hold comes first.

        Args:
            texts: Iterable of strings.
            eos: String or `None`, as above. Defaults to `"<eos>"`.
            unknown: String, needed where words are left out. Defaults to
                `None`.
            pad: String. Defaults to `None`.
            max_size: Integer, the most tokens, `eos`, `unknown` and `pad`
                among them; the most frequent stay. Defaults to `None`.
            min_count: Integer, how often a word must appear. Defaults to `1`.
        """
        split = functools.partial(split_words, eos=eos)
        counts = count(texts, split)
        special = {"unknown": unknown, "eos": eos, "pad": pad}
        tokens = choose(counts, special, max_size, min_count)
        return cls(tokens, "word", **special)

    @classmethod
    def of_characters(
        cls,
        texts: str | Iterable[str],
        *,
        unknown: str | None = None,
        pad: str | None = None,
        max_size: int | None = None,
        min_count: int = 1,
    ) -> Vocabulary:
        """The characters of texts, as `of_words`."""
        counts = count(texts, list)
        special = {"unknown": unknown, "eos": None, "pad": pad}
        tokens = choose(counts, special, max_size, min_count)
        return cls(tokens, "character", **special)

    def __len__(self) -> int:
        return len(self.tokens)

    @functools.cached_property
    def _ids(self):
        ids = {token: index for index, token in enumerate(self.tokens)}
        if self.unknown is None:
            return ids
        return _WithDefault(ids, ids[self.unknown])

    def id_of(self, token: str) -> int:
        """The id of a token, that of `unknown` if it is not known.

        Raises:
            ValueError: If it is not known and there is no `unknown`.
        """
        return int(self._encoded([token])[0])

    def encode(self, text: str, *, end: bool = True) -> np.ndarray:
        """The ids of a text, an int32 array.

        Args:
            text: String.
            end: Boolean, whether its last line ends in `eos` even if no line
                feed follows; `False` for a text to be continued. Defaults
                to `True`.

        Raises:
            ValueError: If the text holds tokens that are not known and there
                is no `unknown`.
        """
        if not isinstance(text, str):
            raise TypeError(
                "`text` must be a string. Received: an object of type "
                f"{type(text).__name__}"
            )
        if self.level == "character":
            return self._encoded(text)
        return self._encoded(split_words(text, eos=self.eos, end=end))

    def _encoded(self, tokens):
        try:
            ids = map(self._ids.__getitem__, tokens)
            return np.fromiter(ids, "int32", len(tokens))
        except KeyError:
            strange = [t for t in dict.fromkeys(tokens) if t not in self._ids]
        shown = ", ".join(map(repr, strange[:5]))
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        raise ValueError(
            f"`text` must hold only {self.level}s of the vocabulary, which "
            "has no token for unknown ones: build it from all texts, or with "
            f"`unknown={UNKNOWN!r}`. Received: {shown}{more}"
        )

    def decode(self, ids: ArrayLike) -> str:
        """The text of ids: words with a space between them, padding left out.

        Args:
            ids: Integers, of any shape that numpy understands.
        """
        ids = np.asarray(ids).ravel()
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self):
            raise ValueError(
                f"`ids` must lie from 0 to {len(self) - 1}. Received: ids "
                f"from {ids.min()} to {ids.max()}"
            )
        tokens = [self.tokens[index] for index in ids.tolist()]
        tokens = [token for token in tokens if token != self.pad]
        if self.level == "character":
            return "".join(tokens)
        text = " ".join("\n" if t == self.eos else t for t in tokens)
        return re.sub(" ?\n ?", "\n", text)

    def check_matches(
        self, vocabulary_size: int, argument: str = "vocabulary"
    ) -> None:
        """Refuses a vocabulary that is not the model's.

        Args:
            vocabulary_size: Integer, the number of tokens of the model.
            argument: String, what the message calls the vocabulary. Defaults
                to `"vocabulary"`.

        Raises:
            ValueError: If this vocabulary has another number of tokens.
        """
        if len(self) != vocabulary_size:
            raise ValueError(
                f"`{argument}` must have the {vocabulary_size} tokens of the "
                "model: take the vocabulary.json of the run that trained it. "
                f"Received: a vocabulary of {len(self)} tokens"
            )

    def to_json(self) -> str:
        """The versioned JSON form."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        document = {"schema": _SCHEMA, "version": _VERSION, **fields}
        return json.dumps(document)

    @classmethod
    def from_json(cls, string: str) -> Vocabulary:
        """The vocabulary of which `to_json` gave `string`.

        Raises:
            ValueError: If `string` is not the JSON of a vocabulary.
        """
        try:
            document = json.loads(string)
            fields = {name: document[name] for name in _FIELDS}
            known = document["schema"] == _SCHEMA
            if not known or document["version"] != _VERSION:
                raise KeyError("schema or version")
            return cls(**fields)
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise ValueError(
                f"`string` must be the JSON of a vocabulary, of schema "
                f"{_SCHEMA!r} and version {_VERSION}. Received: "
                f"{str(string)[:60]!r} ({error})"
            ) from error

    def save(self, path: PathLike) -> None:
        """Writes `vocabulary.json`, whole or not at all."""
        with atomic_write(path) as scratch:
            scratch.write_text(self.to_json() + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: PathLike) -> Vocabulary:
        """The vocabulary that `save` wrote to `path`."""
        path = user_path(path)
        try:
            return cls.from_json(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(
                "`path` must be the file of a vocabulary. Received: "
                f"{str(path)!r}, where {error}"
            ) from error


class _WithDefault(dict):
    def __init__(self, ids, default):
        super().__init__(ids)
        self._default = default

    def __missing__(self, token):
        return self._default
