// The umbrella: everything a program needs but its adapter. Not in it: adapters, interop headers, coro.hpp, and sim.hpp,
// which is for tests.
// A program that is one side only includes siokit/server.hpp or siokit/client.hpp instead and compiles faster.
// single_include/siokit/siokit.hpp is made from this file.
#pragma once

#include <siokit/client.hpp>
#include <siokit/driver.hpp>
#include <siokit/fwd.hpp>
#include <siokit/server.hpp>
