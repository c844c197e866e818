"""What the checks share: the text of a C++ file without comments and literals, and the includes of a file.

Not a parser: it knows comments, literals and preprocessor lines, nothing else.
"""
import re

_TOKENS = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<raw>\b(?:u8|[uUL])?R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)")'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    # An apostrophe after a digit or letter is a digit separator (1'000), unless it follows a literal's prefix.
    r"|(?P<char>(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')",
    re.DOTALL)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def without_comments(text):
    """Comments become spaces; line numbers stay."""
    return _TOKENS.sub(lambda m: _blank(m.group()) if m.group("comment") else m.group(), text)


def code_only(text):
    """Comments become spaces, literals keep only their quotes; line numbers stay."""
    def replace(m):
        if m.group("comment"):
            return _blank(m.group())
        quote = "'" if m.group("char") else '"'
        return quote + _blank(m.group())[1:-1] + quote
    return _TOKENS.sub(replace, text)


def without_preprocessor(code):
    """Directives, with their continuation lines, become empty lines: only braces of the language remain."""
    return re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', lambda m: _blank(m.group()), code, flags=re.MULTILINE)


def includes(text):
    """(line, '<' or '"', path) of each include that is not in a comment."""
    code = without_comments(text)
    return [(line_of(code, m.start(1)), m.group(1), m.group(2)) for m in INCLUDE.finditer(code)]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def _blank(text):
    return re.sub(r"[^\n]", " ", text)
