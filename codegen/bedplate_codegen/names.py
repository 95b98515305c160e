"""Names in the model -> C++ identifiers, deterministic and free of collisions."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Keywords of C++23, and macros of the system headers that are spelled like members or values.
_RESERVED = frozenset(
    """alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
    char32_t class compl concept const consteval constexpr constinit const_cast continue co_await
    co_return co_yield decltype default delete do double dynamic_cast else enum explicit export
    extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq
    nullptr operator or or_eq private protected public register reinterpret_cast requires return
    short signed sizeof static static_assert static_cast struct switch template this thread_local
    throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while
    xor xor_eq NULL EOF major minor unix linux stdin stdout stderr errno signals slots""".split()
)
# What generated code declares beside the shapes.
_TAKEN_TYPES = frozenset({"Handler", "Register"})


def namespace(service: str) -> str:
    return service.replace("-", "_")


def member(name: str) -> str:
    name = re.sub(r"\W", "_", name)
    return name + "_" if name in _RESERVED or name[0].isdigit() else name


def types(shapes: Iterable[str]) -> dict[str, str]:
    """Shape name -> type name: capitalised, and apart where only the case differed."""
    used = set(_TAKEN_TYPES)
    result = {}
    for shape in sorted(shapes):
        name = re.sub(r"\W", "_", shape)
        name = name[0].upper() + name[1:]
        while name in used:
            name += "_"
        used.add(name)
        result[shape] = name
    return result


def _enumerator(text: str) -> str:
    words = [word for word in re.split(r"[^0-9A-Za-z]+", text) if word]
    capitalised = [
        word[0].upper() + (word[1:].lower() if word.isupper() else word[1:]) for word in words
    ]
    return "k" + ("".join(capitalised) or "Empty")


def enumerators(texts: list[str]) -> list[str]:
    """One name for each text. `kUnrecognized` is the generator's own, for all other texts."""
    used = {"kUnrecognized"}
    result = []
    for text in texts:
        name = _enumerator(text)
        while name in used:
            name += "_"
        used.add(name)
        result.append(name)
    return result
