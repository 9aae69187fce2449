"""Programming languages by the names that datasets give them."""

import re

_SPELLINGS = {
    "bash": "sh shell zsh shellscript",
    "c": "h",
    "commonlisp": "lisp common-lisp",
    "cpp": "c++ cc cxx hpp cplusplus",
    "csharp": "c# cs",
    "css": "",
    "dart": "",
    "elixir": "ex exs",
    "erlang": "erl",
    "fortran": "f90 f95",
    "go": "golang",
    "groovy": "",
    "haskell": "hs",
    "html": "htm",
    "java": "",
    "javascript": "js jsx mjs node nodejs ecmascript",
    "json": "",
    "julia": "jl",
    "kotlin": "kt kts",
    "latex": "tex",
    "lua": "",
    "matlab": "octave",
    "objc": "objective-c objectivec",
    "ocaml": "ml",
    "pascal": "delphi",
    "perl": "pl",
    "php": "",
    "powershell": "ps1 pwsh",
    "python": "py python3 py3 python2 ipython",
    "r": "rlang",
    "racket": "rkt",
    "ruby": "rb",
    "rust": "rs",
    "scala": "sc",
    "solidity": "sol",
    "sql": "mysql postgresql sqlite tsql",
    "swift": "",
    "tsx": "",
    "typescript": "ts",
    "verilog": "v systemverilog sv",
    "yaml": "yml",
    "zig": "",
}
LANGUAGES = tuple(_SPELLINGS)
_NAMES = {name: language for language, names in _SPELLINGS.items() for name in (language, *names.split())}
_TAG = re.compile(r"\s*```[ \t]*(?:\{\.?)?([\w+#.-]{1,40})")


def language_of(code: str, declared: str | None = None) -> str | None:
    """The language of a program: what was declared, else the tag of the Markdown fence that it begins with.

    A name of `LANGUAGES` where it is a spelling of one of these, else as it stands in small letters; None where there is none.

    >>> language_of("x = 1", " C++ "), language_of("```js\\nlet x\\n```"), language_of("x = 1"), language_of("x", "Brainfuck")
    ('cpp', 'javascript', None, 'brainfuck')
    """
    name = (declared or "").strip().casefold()
    if not name:
        tag = _TAG.match(code)
        name = tag[1].casefold() if tag else ""
    return _NAMES.get(name, name[:40] or None)
