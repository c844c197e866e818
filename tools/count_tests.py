#!/usr/bin/env python3
"""Prints "PASSED FAILED" for the log ctest leaves (Testing/Temporary/LastTest.log).

A Catch2 program counts as its test cases, any other test as one. A program that died half-way counts as one failure.
"""
import re
import sys


def count(log):
    passed = failed = 0
    for part in re.split(r"^\d+/\d+ Testing: ", log, flags=re.MULTILINE)[1:]:
        good = re.search(r"^Test Passed\.", part, re.MULTILINE)
        every = re.search(r"All tests passed \(.*? in (\d+) test cases?\)", part)
        some = re.search(r"^test cases:\s*\d+ .*$", part, re.MULTILINE)
        if good and every:
            passed += int(every.group(1))
        elif not good and some:
            numbers = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed)", some.group())}
            passed += numbers.get("passed", 0)
            failed += max(1, numbers.get("failed", 0))
        elif good:
            passed += 1
        else:
            failed += 1
    return passed, failed


if __name__ == "__main__":
    with open(sys.argv[1], errors="replace") as file:
        print(*count(file.read()))
