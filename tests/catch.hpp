// The one include for tests: Catch2 3 where it is, Debian 12's Catch2 2 otherwise.
// Only what both spell alike may be used in tests; what differs is made alike here.
// Without exceptions a failed REQUIRE ends the program, and REQUIRE_THROWS does not exist.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
